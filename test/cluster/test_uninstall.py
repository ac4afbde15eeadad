# SPDX-License-Identifier: Apache-2.0
"""helm uninstall takes everything off the nodes, and the chart can be installed again."""

import pytest

import wait
from cluster_fixtures import AGENT_NAMESPACE
from loads import Loads
from node import existing_bpf_ids
from raw_http import ask
from shop import PATHS, OfDeployment


@pytest.fixture(scope="module")
def shop(make_shop):
    return make_shop(replicas=2)


@pytest.fixture(scope="module")
def clients(shop, cluster):
    return [shop.client(node.name) for node in cluster.nodes]


@pytest.fixture(scope="module")
def uninstalled(shop, clients, cluster):
    """The ids that were in the kernel before; a Service without PathRoute did not notice."""
    before = {node.name: node.bpf_ids() for node in cluster.nodes}
    with Loads(clients, shop.address("blog"), "helm uninstall, a Service without PathRoute",
               {"/": OfDeployment("blog")}):
        cluster.release.uninstall()
    return before


def test_no_program_map_or_link_is_left(uninstalled):
    for name, before in uninstalled.items():
        assert {kind for kind, _ in before} == {"prog", "map", "link"}, name
        wait.until(lambda: not before & existing_bpf_ids(), f"programs of {name} to be freed")


def test_no_pin_is_left(uninstalled, cluster):
    for node in cluster.nodes:
        assert node.run("find", "/sys/fs/bpf", "-mindepth", "1", "-not", "-name", "*.debug") == ""


def test_no_lease_is_left(uninstalled, cluster):
    """They go with the DaemonSet, by Kubernetes' garbage collector."""
    wait.until(lambda: not cluster.admin.list("Lease", AGENT_NAMESPACE), "the Leases to go", 60)


def test_requests_are_left_to_kube_proxy(uninstalled, shop, clients, cluster):
    for client in (*clients, cluster["outside1"], cluster["outside2"]):
        assert ask(client, shop.web, "/api/").pod in PATHS["/"]


def test_routes_outlive_it_and_are_served_by_the_next(uninstalled, shop, clients, cluster):
    assert shop.kubectl("get", "pathroutes", "-o", "name") == "pathroute.pathroute.io/shop\n"
    cluster.release.install()
    shop.wait_for_route()
    for client in clients:
        for path, pods in PATHS.items():
            assert ask(client, shop.web, path).pod in pods
