# SPDX-License-Identifier: Apache-2.0
"""examples/between-services: pods ask other Services by path, without a proxy beside them."""

import collections
import os

import pytest
import yaml

import container_store
from agent import ROOT
from raw_http import Connection, ask
from shop import Namespaced

EXAMPLE = os.path.join(ROOT, "examples/between-services/services.yaml")
HOST = "api"  # as a pod of the namespace calls it
REQUESTS = 400


def documents():
    """The example's, with a web server of this cluster."""
    with open(EXAMPLE, encoding="utf-8") as file:
        found = list(yaml.safe_load_all(file))
    for document in found:
        if document["kind"] == "Deployment":
            document["spec"]["template"]["spec"]["containers"][0].update(
                image=container_store.WEB, imagePullPolicy="Never")
    return found


@pytest.fixture(scope="module")
def store(cluster):
    store = Namespaced(cluster)
    try:
        store.apply(*documents())
        for name in ("carts", "carts-next", "orders-reader", "orders"):
            store.wait_for_rollout(name)
        store.wait_for_route("api")
        yield store
    finally:
        store.close()


@pytest.fixture(scope="module")
def caller(store):
    """A pod of another Service, on a node that has some of the pods only."""
    return store.client("node2")


def app(reply):
    """carts-next-7d9f-x2b4 is of carts-next."""
    return reply.pod.rsplit("-", 2)[0]


def test_the_method_leads_to_the_reader_or_the_writer(store, caller):
    address = store.address("api")
    assert app(ask(caller, address, "/orders/7", host=HOST)) == "orders-reader"
    assert app(ask(caller, address, "/orders/7", host=HOST, method="POST", body=b"x")) == "orders"


def test_one_request_in_ten_tries_the_next_version(store, caller):
    """Of one connection: kube-proxy would choose once."""
    with Connection(caller, store.address("api")) as connection:
        seen = collections.Counter(app(connection.ask("/carts/7", host=HOST))
                                   for _ in range(REQUESTS))
    assert set(seen) == {"carts", "carts-next"}
    # Six standard deviations.
    assert 0.01 * REQUESTS < seen["carts-next"] < 0.19 * REQUESTS


def test_pods_see_who_asks(store, caller):
    for path in ("/carts/7", "/orders/7"):
        assert ask(caller, store.address("api"), path, host=HOST).seen["remote"] == caller.ipv4


def test_no_pod_has_a_second_container(store):
    pods = store.kube.list("Pod", store.name)
    assert len(pods) >= 8 and {len(pod["spec"]["containers"]) for pod in pods} == {1}


def test_what_no_rule_names_is_told_so(store, caller):
    assert ask(caller, store.address("api"), "/payments/", host=HOST).status == 404
