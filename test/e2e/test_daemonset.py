# SPDX-License-Identifier: Apache-2.0
"""The DaemonSet of deploy/manifests starts an agent that works, with no more than it is given."""

import os

import pytest

import wait
from cluster_fixtures import AGENT_NAME, AGENT_NAMESPACE, account_token
from pod_sandbox import SandboxedAgent

FIELDS = {"spec.nodeName": "node-1", "metadata.name": "pathroute-agent-x7k2p",
          "metadata.namespace": AGENT_NAMESPACE, "status.hostIP": "192.0.2.1",
          "metadata.labels['topology.kubernetes.io/zone']": "zone-a"}


@pytest.fixture
def sandbox(make_cluster, installed):
    """(lab, its agent), started; the shop is applied."""
    lab = make_cluster()
    lab.serve()
    lab.apply_shop()
    daemonset = installed.request("GET", f"/apis/apps/v1/namespaces/{AGENT_NAMESPACE}/daemonsets/"
                                  f"{AGENT_NAME}")
    agent = SandboxedAgent(lab, daemonset,
                           account_token(installed, AGENT_NAMESPACE, AGENT_NAME), FIELDS)
    agent.start()
    return lab, agent


def capabilities(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("CapEff")).split()[1], 16)


def test_the_daemonset_routes_with_what_it_is_given(sandbox):
    lab, agent = sandbox

    def is_ready():
        assert lab.agent.process.is_alive(), lab.agent.log()
        return agent.probe("readinessProbe") == 200

    wait.until(is_ready, "the readiness probe", timeout=30)
    assert agent.probe("livenessProbe") == 200
    assert "zone zone-a" in lab.agent.log()
    lab.wait_for("/api/", "api")
    # PERFMON, NET_ADMIN and BPF by their numbers.
    assert capabilities(lab.agent.process.pid) == 1 << 38 | 1 << 12 | 1 << 39
    assert os.path.basename(os.readlink(f"/proc/{lab.agent.process.pid}/exe")) == "pathroute-agent"
    lab.add_rule("later", "/later/", "blog")
    lab.wait_for("/later/", "blog")
