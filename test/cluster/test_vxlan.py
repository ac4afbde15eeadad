# SPDX-License-Identifier: Apache-2.0
"""Nodes whose pods reach each other through VXLAN. The last file: then the cluster ends."""

import hashlib

import pytest

import wait
from loads import Loads
from measured import note
from node import existing_bpf_ids
from raw_http import Connection, ask, request
from shop import PATHS
from test_boot import traces

CLUSTER = {"vxlan": True}
BIG = 10_000_000


@pytest.fixture(scope="module")
def shop(make_shop):
    return make_shop(node="node1")


def test_pods_reach_pods_of_another_node(shop, far):
    for path, pods in PATHS.items():
        reply = ask(far, shop.web, path)
        assert reply.status == 200 and reply.pod in pods


def test_a_pod_sees_who_asks(shop, far):
    assert ask(far, shop.web, "/api/").seen["remote"] == far.ipv4


def test_a_client_outside_reaches_pods_of_another_node(shop, cluster):
    for path, pods in PATHS.items():
        reply = ask(cluster["outside2"], shop.web, path)
        assert reply.status == 200 and reply.pod in pods


@pytest.mark.parametrize("name", ["far", "outside2"])
def test_large_replies_and_uploads_pass(shop, cluster, far, name):
    content = (b"pathroute\n" * (BIG // 10 + 1))[:BIG]
    with Connection(far if name == "far" else cluster[name], shop.web) as connection:
        connection.send(request("/blog/big.bin"))
        reply, digest = connection.download()
        assert (reply.status, digest) == (200, hashlib.sha256(content).hexdigest())
        assert connection.ask("/api/", method="POST", body=content[:1_000_000]).status == 200


def test_a_rolling_update(shop, far):
    with Loads([far], shop.web, "rolling update, VXLAN"):
        shop.kubectl("rollout", "restart", "deployment/api")
        shop.wait_for_rollout("api")


def test_nothing_is_left_of_the_cluster(shop, far, cluster, current):
    before = set().union(*[node.bpf_ids() for node in cluster.nodes])
    assert before
    note(f"cluster down in {current.close():.1f} s")
    assert traces() == []
    wait.until(lambda: not before & existing_bpf_ids(), "its programs to be freed")
