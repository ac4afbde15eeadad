# SPDX-License-Identifier: Apache-2.0
"""The agent's end with its DaemonSet: an uninstall leaves nothing on the node, a restart all."""

import json
import os
import subprocess

import pytest

import manifests
import peers
import wait
from cluster_fixtures import AGENT_NAME, AGENT_NAMESPACE, MANIFESTS, documents, plane_fixtures
from raw_http import ask

DAEMONSETS = f"/apis/apps/v1/namespaces/{AGENT_NAMESPACE}/daemonsets"
DAEMONSET = f"{DAEMONSETS}/{AGENT_NAME}"
ROLES = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{AGENT_NAMESPACE}"
plane, admin, installed = plane_fixtures("module")
FOUND = f"DaemonSet {AGENT_NAME}: found"


@pytest.fixture
def home(installed):
    """The administrator; what a test deletes of deploy/manifests is there again for the next."""
    yield installed
    installed.kubectl("apply", "-k", MANIFESTS)


def start(lab):
    """The shop, its agent as the DaemonSet starts it."""
    lab.serve()
    lab.apply_shop()
    lab.agent.options = ["--daemonset", AGENT_NAME, "--lease-namespace", AGENT_NAMESPACE]
    lab.agent.start()
    return lab


@pytest.fixture
def cluster(make_cluster, home):
    """The shop; its agent has found the DaemonSet."""
    lab = start(make_cluster())
    wait.until(lambda: FOUND in lab.agent.log(), "the agent to find its DaemonSet")
    return lab


def kernel_ids(kind):
    done = subprocess.run(["bpftool", "-j", kind, "show"], text=True, capture_output=True,
                          check=True)
    return {entry["id"] for entry in json.loads(done.stdout)}


def is_routed(cluster):
    try:
        return ask(cluster["client"], manifests.WEB_IPV4, "/api/", timeout=2).pod == "api"
    except OSError:
        return False


def program_and_maps(agent):
    maps = {agent.map_id(os.path.basename(path)) for path in agent.pins()
            if not os.path.basename(path).startswith(("link", "prog"))
            and subprocess.run(["bpftool", "map", "show", "pinned", path], check=False,
                               capture_output=True).returncode == 0}
    return agent.program_ids(), maps


def expect_nothing_left(cluster, end):
    """After end(): neither pin nor program nor map, the plain way to a pod is open."""
    programs, maps = program_and_maps(cluster.agent)
    assert programs and len(maps) > 5
    end()
    assert cluster.agent.process.popen.returncode == 0, cluster.agent.log()
    assert cluster.agent.pins() == []
    wait.until(lambda: not programs & kernel_ids("prog"), "the programs to go")
    wait.until(lambda: not maps & kernel_ids("map"), "the maps to go")
    assert not is_routed(cluster)
    assert ask(cluster["client"], cluster["api"].ipv4, port=peers.POD_PORT).pod == "api"


def expect_traffic_goes_on(cluster):
    cluster.agent.stop()
    assert "traffic goes on" in cluster.agent.log()
    assert is_routed(cluster)


def test_sigterm_after_the_deletion_of_the_daemonset_leaves_nothing(cluster, home):
    home.request("DELETE", DAEMONSET)
    assert is_routed(cluster)
    expect_nothing_left(cluster, cluster.agent.stop)


def test_rights_that_go_with_the_daemonset_do_not_matter(cluster, home):
    """As `helm uninstall` does it: the pods end last."""
    def end():
        home.request("DELETE", DAEMONSET)
        home.request("DELETE", f"{ROLES}/rolebindings/{AGENT_NAME}")
        home.request("DELETE", f"{ROLES}/roles/{AGENT_NAME}")
        home.request("DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/"
                               f"{AGENT_NAME}")
        cluster.agent.stop()

    expect_nothing_left(cluster, end)


def test_a_daemonset_that_waits_for_its_pods_is_deleted_already(cluster, home):
    home.request("DELETE", DAEMONSET, {"kind": "DeleteOptions", "apiVersion": "v1",
                                       "propagationPolicy": "Foreground"})
    try:
        assert home.request("GET", DAEMONSET)["metadata"]["deletionTimestamp"]
        expect_nothing_left(cluster, cluster.agent.stop)
    finally:
        # The garbage collector does not run here.
        home.request("PATCH", DAEMONSET, {"metadata": {"finalizers": None}},
                     "application/merge-patch+json")


def test_leases_belong_to_the_daemonset(cluster, home):
    """Kubernetes deletes them with it; its garbage collector does not run here."""
    uid = home.request("GET", DAEMONSET)["metadata"]["uid"]
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": AGENT_NAME, "uid": uid}

    def are_owned():
        leases = home.list("Lease", AGENT_NAMESPACE)
        return len(leases) == 2 and all(
            lease["metadata"].get("ownerReferences") == [owner] for lease in leases)

    wait.until(are_owned, "the Leases of node and leader to have an owner")


def test_a_restart_leaves_traffic_running(cluster, home):
    home.request("PATCH", DAEMONSET, {"spec": {"template": {"metadata": {"annotations": {
        "pathroute.io/restarted": "now"}}}}}, "application/merge-patch+json")
    expect_traffic_goes_on(cluster)
    cluster.agent.start()
    assert is_routed(cluster)


def test_a_daemonset_that_was_made_anew_is_no_uninstall(cluster, home):
    home.request("DELETE", DAEMONSET)
    daemonset = documents(os.path.join(MANIFESTS, "daemonset.yaml"))[0]
    home.request("POST", DAEMONSETS, daemonset)
    expect_traffic_goes_on(cluster)


def test_an_api_server_that_is_away_leaves_traffic_running(cluster):
    cluster.way.cut()
    expect_traffic_goes_on(cluster)


def test_an_api_server_that_is_silent_does_not_keep_the_agent(cluster):
    """The kubelet kills after 30 seconds; Process.stop() gives up after 10."""
    cluster.way.swallow()
    expect_traffic_goes_on(cluster)


def test_a_deletion_seen_before_the_server_went_away_counts(cluster, home):
    home.request("DELETE", DAEMONSET)
    wait.until(lambda: "deleted" in cluster.agent.log(), "the agent to see the deletion")
    cluster.way.cut()
    expect_nothing_left(cluster, cluster.agent.stop)


def test_a_daemonset_that_was_never_seen_is_no_uninstall(make_cluster, home):
    """Its name may be wrong."""
    home.request("DELETE", DAEMONSET)
    lab = start(make_cluster())
    wait.until(lambda: "there is none of this name" in lab.agent.log(), "a warning")
    expect_traffic_goes_on(lab)
