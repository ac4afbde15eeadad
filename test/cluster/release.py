# SPDX-License-Identifier: Apache-2.0
"""The chart, installed by Helm as a user would, with the values that this cluster needs."""

import os
import subprocess

import images
import wait
from agent import ROOT
from cluster_fixtures import AGENT_NAME, AGENT_NAMESPACE
from container_store import AGENT_TAGS
from wires import VXLAN_DEVICE

CHART = os.path.join(ROOT, "deploy/helm/pathroute")
NAME = "pathroute"
WAIT_SECONDS = 90


class Release:
    def __init__(self, cluster):
        self.cluster = cluster
        self.kube = cluster.admin
        self.helm_path = images.run(os.path.join(ROOT, "deps/helm/build")).strip()
        self.config = self.kube.kubeconfig(cluster.plane.authority.path("helm.conf"))

    def helm(self, command, *arguments):
        place = ["--kubeconfig", self.config, "--namespace", AGENT_NAMESPACE]
        home = self.cluster.plane.authority.path("helm")
        environment = {**os.environ, **{f"HELM_{name}_HOME": home
                                        for name in ("CACHE", "CONFIG", "DATA")}}
        done = subprocess.run([self.helm_path, command, NAME, *arguments, *place], text=True,
                              capture_output=True, check=False, env=environment)
        assert done.returncode == 0, f"helm {command}: {done.stdout}{done.stderr}"
        return done.stdout

    def _values(self, tag, more=()):
        devices = ["eth*", "veth*"] + [VXLAN_DEVICE] * self.cluster.vxlan
        values = {"image.repository": images.AGENT, "image.tag": tag, "image.pullPolicy": "Never",
                  "devices": f"{{{','.join(devices)}}}",
                  "updateStrategy.rollingUpdate.maxUnavailable": "1", **dict(more)}
        return [part for name, value in values.items() for part in ("--set", f"{name}={value}")]

    def install(self):
        self.helm("install", CHART, "--create-namespace", *self._values(AGENT_TAGS[0]))
        self.wait()

    def upgrade(self):
        self.helm("upgrade", CHART, *self._values(AGENT_TAGS[1]))
        self.wait()

    def set(self, more):
        """The same agents with further values; {}: without those of before."""
        self.helm("upgrade", CHART, *self._values(AGENT_TAGS[0], more))

    def rollback(self):
        self.helm("rollback")
        self.wait()

    def uninstall(self):
        self.helm("uninstall", "--wait", f"--timeout={WAIT_SECONDS}s")
        wait.until(lambda: not self.agents(), "the agents' pods to end", WAIT_SECONDS)

    # ---- The DaemonSet ----

    def kubectl(self, *arguments, **options):
        return self.kube.kubectl("--namespace", AGENT_NAMESPACE, *arguments, **options).stdout

    def wait(self):
        self.kubectl("rollout", "status", f"daemonset/{AGENT_NAME}",
                     f"--timeout={WAIT_SECONDS}s", timeout=WAIT_SECONDS + 10)

    def restart(self):
        self.kubectl("rollout", "restart", f"daemonset/{AGENT_NAME}")
        self.wait()

    def agents(self):
        """{node name: pod} of the agents."""
        return {pod["spec"]["nodeName"]: pod for pod in self.kube.list("Pod", AGENT_NAMESPACE)
                if "deletionTimestamp" not in pod["metadata"] and "nodeName" in pod["spec"]}

    def execute(self, node, *command):
        """Output of a command in the agent's container."""
        return self.kubectl("exec", self.agents()[node.name]["metadata"]["name"], "--", *command)
