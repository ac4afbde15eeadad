# SPDX-License-Identifier: Apache-2.0
"""Requests to Deployments on one node, from pods on both and from outside."""

import pytest

from raw_http import ask
from shop import PATHS

NODE_PORT = 8088


@pytest.fixture(scope="module")
def shop(make_shop):
    return make_shop(node="node1", node_port=NODE_PORT)


@pytest.fixture(scope="module", params=["node1", "node2"])
def client(request, shop):
    return shop.client(request.param)


def check_all_paths(client, address, port=80):
    for path, pods in PATHS.items():
        reply = ask(client, address, path, port)
        assert reply.status == 200 and reply.pod in pods, f"{path}: {reply}"


def test_a_pod_reaches_pods(shop, client):
    check_all_paths(client, shop.web)
