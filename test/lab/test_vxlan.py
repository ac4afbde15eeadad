# SPDX-License-Identifier: Apache-2.0
"""Pods of another node that are reached through VXLAN, in both IP versions, inside and outside."""

import hashlib
import os

import pytest

import manifests
import peers
import servers
import topology
import vxlan
from lab_fixtures import opened
from raw_http import Connection, ask, request

PATHS = {"/": "frontend", "/api/": "api", "/blog/": "blog"}
BIG = "3m.bin"


class Ending:
    """A server that its lab ends."""

    def __init__(self, server):
        self.stop = server.close


def start(lab):
    """api answers an upload with its sum, the others are NGINX."""
    lab.digest = peers.make_file(lab.files, BIG, 3 << 20)
    lab.serve("frontend", "blog")
    lab.adopt(Ending(servers.Server(lab["api"], servers.pod("api"))))
    lab.write_shop()
    lab.start_agents()
    return lab


@pytest.fixture(scope="module", params=[4, 6], ids=["over-ipv4", "over-ipv6"])
def shop(request):
    with opened(vxlan.VxlanLab) as make:
        yield start(make(underlay=request.param))


@pytest.fixture(params=["frontend", "client"])
def asker(shop, request):
    """A pod of this node, and a client outside."""
    return shop[request.param]


def upload_on(connection):
    body = os.urandom(1 << 20)
    reply = connection.ask("/api/up", method="POST", body=body)
    assert reply.body == hashlib.sha256(body).hexdigest().encode()


def upload(peer, web):
    with Connection(peer, web, timeout=30) as connection:
        upload_on(connection)


def download_on(connection, digest):
    connection.send(request(f"/blog/{BIG}"))
    assert connection.download()[1] == digest


def download(peer, web, digest):
    with Connection(peer, web, timeout=30) as connection:
        download_on(connection, digest)


def test_each_request_of_a_connection_reaches_its_pod(asker, web):
    with Connection(asker, web) as connection:
        for path in (*PATHS, *PATHS):
            assert connection.ask(path).pod == PATHS[path]


def test_a_pod_far_away_sees_a_pod_of_this_node(shop, web, version):
    assert ask(shop["frontend"], web, "/blog/").seen["remote"] == shop["frontend"].address(version)


def test_a_pod_far_away_sees_the_nodes_end_of_the_tunnel_for_a_client_outside(shop, web, version):
    seen = ask(shop["client"], web, "/blog/").seen["remote"]
    assert seen == vxlan.SUBNETS[0][version == 6]


def test_a_download_larger_than_the_tunnels_mtu(shop, asker, web):
    download(asker, web, shop.digest)


def test_an_upload_larger_than_the_tunnels_mtu(asker, web):
    upload(asker, web)


@pytest.fixture
def make_small():
    """start(VxlanLab(...)) for one test that changes MTUs."""
    with opened(vxlan.VxlanLab) as make:
        yield lambda **options: start(make(**options))


@pytest.mark.parametrize("name", ["frontend", "client"])
def test_pods_with_an_mtu_beyond_the_tunnels(make_small, name, web):
    lab = make_small(pod_mtu=1500)
    download(lab[name], web, lab.digest)
    upload(lab[name], web)


@pytest.mark.parametrize("name", ["frontend", "client"])
def test_a_link_that_shrinks_behind_the_tunnel_is_found_out(make_small, name, web):
    lab = make_small()
    with Connection(lab[name], web, timeout=30) as connection:
        assert connection.ask("/api/").status == 200
        topology.set_mtu(lab.far, lab["api"], 1300)
        upload_on(connection)
    assert lab.agent.verdicts()["icmp_translated"] > 0


def test_a_link_that_shrinks_towards_a_client_outside_is_found_out(make_small, web):
    lab = make_small()
    with Connection(lab["client"], web, timeout=30) as connection:
        assert connection.ask("/blog/").pod == "blog"
        topology.set_mtu(lab.outside, lab["client"], 1300)
        download_on(connection, lab.digest)
    assert lab.agent.verdicts()["icmp_translated"] > 0


@pytest.mark.parametrize("name", ["frontend", "client"])
def test_a_link_that_shrinks_below_a_tunnel_over_ipv4_cuts_outer_packets(make_small, name, web):
    """The kernel fragments them; over IPv6 it does not."""
    lab = make_small()
    with Connection(lab[name], web, timeout=30) as connection:
        assert connection.ask("/blog/").pod == "blog"
        lab.shrink_underlay(1300)
        download_on(connection, lab.digest)
        upload_on(connection)


def test_nodes_without_ipv4(make_small):
    lab = make_small(underlay=6)
    for node in (lab.node, lab.far):
        for device in (topology.UPLINK, topology.BRIDGE, vxlan.DEVICE):
            node.run("ip", "-4", "addr", "flush", "dev", device)
    lab.node.ip(f"addr del {topology.NODE_IPV4}/32 dev lo")
    for name in ("frontend", "client"):
        for path, pod in PATHS.items():
            assert ask(lab[name], manifests.WEB_IPV6, path).pod == pod
        download(lab[name], manifests.WEB_IPV6, lab.digest)
        upload(lab[name], manifests.WEB_IPV6)
