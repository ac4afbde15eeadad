# SPDX-License-Identifier: Apache-2.0
"""What runs on the node's own network: clients, whose requests leave by a device, and pods, whose
replies do. Strict reverse path filters are on."""

import os

import pytest

import peers
import topology
from lab_fixtures import opened
from raw_http import Connection, ask, request

PATHS = {"/": "frontend", "/api/": "api", "/host/": "host"}
CLIENTS = ("node", "inside", "outside")


@pytest.fixture(scope="module")
def shop():
    """Pod frontend is on the node, api is elsewhere, host is on the node's own network."""
    with opened() as make:
        lab = make(pods=("frontend", "api"), clients=("inside", "outside"),
                   outside=("outside", "api"))
        lab.node.set_sysctl(net__ipv4__conf__all__rp_filter=1)
        lab.itself = topology.Peer("node", 0, lab.node, topology.UPLINK_IPV4,
                                   topology.UPLINK_IPV6)
        host = topology.Peer("host", 0, lab.node, topology.NODE_IPV4, topology.NODE_IPV6)
        lab.digest = peers.make_file(lab.files, "10m.bin", 10 << 20)
        lab.serve()
        lab.adopt(peers.start_nginx_pod(host, lab.directory, lab.files))
        lab.write_shop(frontend=[lab["frontend"]], api=[lab["api"]], host=[host])
        lab.agent.start()
        yield lab


@pytest.fixture(params=CLIENTS)
def client(shop, request):
    return shop.itself if request.param == "node" else shop[request.param]


def test_each_request_of_a_connection_reaches_its_pod(client, web):
    with Connection(client, web) as connection:
        for path in (*PATHS, *PATHS):
            assert connection.ask(path).pod == PATHS[path]


def test_pods_see_the_nodes_address(shop, web, version):
    for path in ("/", "/api/"):
        assert ask(shop.itself, web, path).seen["remote"] == shop.itself.address(version)


def test_a_pod_on_the_nodes_network_sees_who_asks(shop, web, version):
    for name in ("inside", "outside"):
        assert ask(shop[name], web, "/host/").seen["remote"] == shop[name].address(version)


@pytest.mark.parametrize("path", PATHS)
def test_large_replies_arrive_whole(shop, client, web, path):
    with Connection(client, web, timeout=30) as connection:
        connection.send(request(f"{path}10m.bin"))
        assert connection.download()[1] == shop.digest


@pytest.mark.parametrize("path", PATHS)
def test_large_uploads_are_taken(client, web, path):
    body = os.urandom(4 << 20)
    with Connection(client, web, timeout=30) as connection:
        for _ in range(2):
            assert connection.ask(path, method="POST", body=body).pod == PATHS[path]


def test_one_port_serves_connection_after_connection(client, web):
    for turn in range(10):
        for path in PATHS:
            with Connection(client, web, source=("", 25555)) as connection:
                connection.send(request(f"{path}{turn}"))
                assert connection.reply().seen["uri"] == f"{path}{turn}"
                connection.reset()


def test_unknown_hosts_are_refused(client, web):
    assert ask(client, web, "/", host="other.example.com").status == 404


def test_a_head_in_pieces_is_gathered(client, web):
    with Connection(client, web) as connection:
        connection.send_segments([b"GET /a", b"pi/x HTTP/1.1\r\nHo", b"st: shop.example.com\r\n",
                                  b"\r\n"])
        assert connection.reply().pod == "api"


def test_what_is_not_for_a_listener_leaves_as_before(shop, version):
    assert ask(shop.itself, shop["api"].address(version), port=peers.POD_PORT).pod == "api"
