# SPDX-License-Identifier: Apache-2.0
"""Requests to Deployments that are all on node1: from pods, nodes, and outside."""

import json

import pytest

import images
import objects
import wait
from raw_http import Connection, ask
from shop import BACKENDS, PATHS, inside, on_node

NODE_PORT = 8088
SOON = 3  # seconds after which a request that is not answered has failed

@pytest.fixture(scope="module")
def shop(make_shop):
    return make_shop(node="node1", node_port=NODE_PORT)


def check_all_paths(client, address, port=80):
    for path, pods in PATHS.items():
        reply = ask(client, address, path, port, timeout=SOON)
        assert reply.status == 200 and reply.pod in pods, f"{path}: {reply}"


def test_a_pod_reaches_pods_of_its_node(shop, near):
    check_all_paths(near, shop.web)


def test_a_pod_reaches_pods_of_another_node(shop, far):
    check_all_paths(far, shop.web)


def test_a_client_outside_reaches_pods_of_the_node_it_enters(shop, cluster):
    check_all_paths(cluster["outside1"], shop.web)


def test_a_client_outside_reaches_pods_of_another_node(shop, cluster):
    check_all_paths(cluster["outside2"], shop.web)


def test_a_pod_reaches_itself(shop):
    pod, = shop.pods("api")
    check_all_paths(inside(pod), shop.web)


def test_each_request_of_a_connection_is_routed(shop, near, far, cluster):
    for client in (near, far, cluster["outside1"], cluster["outside2"]):
        with Connection(client, shop.web) as connection:
            for path in (*PATHS, *PATHS):
                assert connection.ask(path).pod in PATHS[path]


def test_a_pod_sees_who_asks(shop, near, far, cluster):
    for client in (near, far, cluster["outside1"]):
        assert ask(client, shop.web, "/api/").seen["remote"] == client.ipv4


def test_a_pod_of_another_node_than_the_client_enters_sees_that_node(shop, cluster):
    seen = ask(cluster["outside2"], shop.web, "/api/").seen
    assert seen["remote"] == cluster["node2"].address


@pytest.mark.parametrize("client", ["near", "far", "outside1", "outside2"])
def test_the_listener_of_a_node_takes_requests(shop, cluster, client, request):
    found = cluster[client] if client.startswith("outside") else request.getfixturevalue(client)
    check_all_paths(found, cluster["node1"].address, NODE_PORT)


def test_kubectl_exec_reaches_pods(shop, near):
    """As a user tries it first."""
    told = shop.kubectl("exec", near.name, "--", "/bin/busybox", "wget", "-q", "-O", "-",
                        "--header", f"Host: {objects.HOST}", f"http://{shop.web}/blog/2026")
    assert "pod=blog-" in told and "uri=/blog/2026" in told


def test_unknown_hosts_are_refused(shop, near):
    assert ask(near, shop.web, "/", host="other.example.com").status == 404


def test_a_service_without_a_path_route_is_left_to_kube_proxy(shop, near, far, cluster):
    for client in (near, far, cluster["outside1"], on_node(cluster["node2"])):
        assert ask(client, shop.address("api"), "/whatever").pod in PATHS["/api/"]


def test_the_status_counts_both_nodes(shop):
    found = shop.kube.get("PathRoute", shop.name, "shop")
    assert found["status"]["nodes"] == {"desired": 2, "programmed": 2}


def test_both_agents_know_the_route(shop, cluster):
    for node in cluster.nodes:
        told = cluster.release.execute(node, "pathroutectl", "trace", objects.HOST, "/api/x")
        assert f"{shop.name}/shop" in told and "api" in told


def test_the_agents_find_nothing_missing(cluster):
    for node in cluster.nodes:
        told = cluster.release.execute(node, "pathroute-agent", "check", "--device", "eth*",
                                       "--output", "json")
        assert [found for found in json.loads(told) if not found["ok"]] == []


def test_the_agents_run_what_was_built(cluster):
    for pod in cluster.release.agents().values():
        container, = pod["spec"]["containers"]
        assert container["image"].startswith(images.AGENT)
        assert not container["securityContext"]["privileged"]


@pytest.mark.parametrize("name", ["node1", "node2"])
def test_a_node_reaches_pods_past_kube_proxy(shop, cluster, name):
    """In its mode iptables on node1, nftables on node2. It refuses until it has heard of pods."""
    client = on_node(cluster[name])
    wait.until(lambda: wait.accepts(client.namespace, shop.web, 80), "kube-proxy to refuse no more")
    check_all_paths(client, shop.web)


def test_a_pod_on_the_network_of_its_node_reaches_pods(shop):
    shop.apply(objects.deployment("asks", node="node2", host_network=True))
    shop.wait_for_rollout("asks")
    pod, = shop.pods("asks")
    check_all_paths(inside(pod), shop.web)


@pytest.mark.parametrize("name", ["node1", "node2"])
def test_a_node_reaches_pods_behind_a_service_that_selects_none(shop, cluster, name):
    """kube-proxy refuses what is for a Service without endpoints."""
    bare = objects.service("bare")
    del bare["spec"]["selector"]
    route = objects.route(BACKENDS, name="bare")
    route["spec"]["listeners"] = [{"service": {"name": "bare", "port": 80}}]
    shop.apply(bare, route)
    shop.wait_for_route("bare")
    check_all_paths(on_node(cluster[name]), shop.address("bare"))


@pytest.mark.parametrize("client", ["near", "outside1"])
def test_a_pod_on_the_network_of_its_node_answers(shop, cluster, client, request):
    found = cluster[client] if client.startswith("outside") else request.getfixturevalue(client)
    shop.apply(objects.deployment("host", node="node1", host_network=True),
               objects.service("host"), objects.route([*BACKENDS, "host"]))
    shop.wait_for_rollout("host")
    shop.wait_for_route()
    assert ask(found, shop.web, "/host/", timeout=SOON).pod == "node1"
