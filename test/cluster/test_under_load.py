# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to pods, agents and API server, no request fails. Web servers and clients are on
both nodes; no pod waits in a preStop hook.
"""

import os
import signal
import time

import pytest

import cgroups
import objects
import wait
from cluster_fixtures import AGENT_NAME
from loads import Counted, Loads, MayBeEmpty
from measured import note
from raw_http import Connection, ask
from shop import BACKENDS, PATHS, OfDeployment

REPLICAS = 3
OUTAGE_SECONDS = int(os.environ.get("OUTAGE_SECONDS", "60"))
# The first attempt that succeeds may come a minute after the one before.
CATCH_UP_SECONDS = 70
NODE_PORT = 8099
API_ONLY = {"/api/": OfDeployment("api")}
OTHERS = {path: pods for path, pods in PATHS.items() if path != "/api/"}


@pytest.fixture(scope="module")
def shop(make_shop):
    shop = make_shop(replicas=REPLICAS)
    shop.apply(objects.deployment("plain", REPLICAS), objects.service("plain"))
    shop.wait_for_rollout("plain")
    return shop


@pytest.fixture(scope="module")
def clients(shop, cluster):
    return [shop.client(node.name) for node in cluster.nodes]


def scale(shop, replicas, name="api"):
    shop.kubectl("scale", f"deployment/{name}", f"--replicas={replicas}")
    shop.wait_for_rollout(name)


def test_a_rolling_update(shop, clients):
    """Beside it the same behind a Service that kube-proxy balances."""
    plain = {"/": OfDeployment("plain")}
    with Loads(clients, shop.web, "rolling update"), \
            Counted(clients[:1], shop.address("plain"), "rolling update, plain Service", plain):
        for name in ("api", "plain"):
            shop.kubectl("rollout", "restart", f"deployment/{name}")
        for name in ("api", "plain"):
            shop.wait_for_rollout(name)


def test_scaling_up_and_down(shop, clients):
    with Loads(clients, shop.web, "scaled 3 to 1 to 10 to 3"):
        for replicas in (1, 10, REPLICAS):
            scale(shop, replicas)


def test_scaling_to_nothing_and_back(shop, clients):
    """The pods' rule has no endpoint for a while, and says so; other rules do not notice."""
    with Loads(clients, shop.web, "scaled to 0, the other rules", OTHERS), \
            Loads(clients, shop.web, "scaled to 0, the rule itself", API_ONLY, MayBeEmpty):
        scale(shop, 0)
        wait.until(lambda: ask(clients[0], shop.web, "/api/").status == 503, "503")
        scale(shop, REPLICAS)
        wait.until(lambda: ask(clients[0], shop.web, "/api/").status == 200, "200")
    with Loads(clients, shop.web, "scaled from 0", API_ONLY):
        pass


@pytest.mark.parametrize("how", [["--grace-period=20"], ["--grace-period=0", "--force"]],
                         ids=["gently", "at_once"])
def test_pods_are_deleted(shop, clients, how):
    with Loads(clients, shop.web, f"pods deleted {' '.join(how)}"):
        for pod in shop.pods("api")[:2]:
            shop.kubectl("delete", "pod", pod["metadata"]["name"], "--wait=false", *how)
            shop.wait_for_rollout("api")


def program(pid):
    """"" of one that has ended."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


# ---- Agents ----

def agent_process(pod):
    """None while there is none."""
    pids = cgroups.processes_of_pod(pod["metadata"]["uid"])
    return next((pid for pid in pids if program(pid) == AGENT_NAME), None)


def test_agents_are_killed(shop, clients, cluster):
    release = cluster.release
    with Loads(clients, shop.web, "agents killed"):
        for name, pod in release.agents().items():
            before = agent_process(pod)
            os.kill(before, signal.SIGKILL)
            wait.until(lambda: agent_process(pod) not in (None, before), f"another agent on {name}",
                       60)
        release.wait()


def test_agents_pods_are_deleted(shop, clients, cluster):
    release = cluster.release
    with Loads(clients, shop.web, "agents' pods deleted"):
        for pod in release.agents().values():
            release.kubectl("delete", "pod", pod["metadata"]["name"])
        release.wait()


def test_the_daemonset_is_rolled(shop, clients, cluster):
    with Loads(clients, shop.web, "DaemonSet rolled"):
        cluster.release.restart()


def test_the_chart_is_upgraded_and_rolled_back(shop, clients, cluster):
    with Loads(clients, shop.web, "helm upgrade and rollback"):
        cluster.release.upgrade()
        cluster.release.rollback()


def test_open_connections_outlive_the_agents(shop, clients, cluster):
    with Connection(clients[0], shop.web) as near, Connection(clients[1], shop.web) as far:
        assert near.ask("/api/").pod and far.ask("/blog/").pod
        cluster.release.restart()
        assert near.ask("/blog/").pod in PATHS["/blog/"]
        assert far.ask("/api/").pod in PATHS["/api/"]


# ---- API server ----

def answers(client, address, port):
    try:
        return ask(client, address, "/api/", port, timeout=1).status == 200
    except OSError:
        return False


def test_the_api_server_is_away(shop, clients, cluster):
    with Loads(clients, shop.web, f"no API server for {OUTAGE_SECONDS} s") as loads:
        cluster.plane.kill_server()
        end = time.monotonic() + OUTAGE_SECONDS
        wait.until(lambda: time.monotonic() > end or loads.failures, "the end of the outage",
                   OUTAGE_SECONDS + 10)
        cluster.plane.start_server()
    began = time.monotonic()
    cluster.plane.restart_controllers()
    shop.apply(objects.route(["api"], NODE_PORT, "later"))
    for node in cluster.nodes:
        wait.until(lambda: answers(clients[0], node.address, NODE_PORT),
                   f"{node.name} to follow changes again", CATCH_UP_SECONDS)
    note(f"API server back -> changes are served on both nodes: {time.monotonic() - began:.1f} s")
    with Loads(clients, shop.web, "after the outage"):
        scale(shop, REPLICAS + 1)
        scale(shop, REPLICAS)


# ---- Nodes ----

def proxy_process(node):
    """None while there is none."""
    pids = cgroups.processes(f"{cgroups.root(node.name)}/")
    return next((pid for pid in pids if program(pid) == "kube-proxy"), None)


def test_kube_proxy_is_restarted(shop, clients, cluster):
    with Loads(clients, shop.web, "kube-proxy killed"):
        for node in cluster.nodes:
            before = proxy_process(node)
            os.kill(before, signal.SIGKILL)
            wait.until(lambda: proxy_process(node) not in (None, before) and node.proxy_answers(),
                       f"another kube-proxy on {node.name}", 60)


def test_a_node_is_drained(shop, clients, cluster):
    """Of web servers: those who ask there go on. Beside it a Service that kube-proxy balances."""
    plain = {"/": OfDeployment("plain")}
    node = cluster["node2"].name
    with Loads(clients, shop.web, "node drained"), \
            Counted(clients[:1], shop.address("plain"), "node drained, plain Service", plain):
        shop.kubectl("drain", node, "--ignore-daemonsets", "--pod-selector=app",
                     "--timeout=90s", timeout=100)
        for name in (*BACKENDS, "plain"):
            shop.wait_for_rollout(name)
            assert {pod["spec"]["nodeName"] for pod in shop.pods(name)} == {"node1"}
    shop.kubectl("uncordon", node)
