# SPDX-License-Identifier: Apache-2.0
"""Clients and pods that are both behind the node's uplink, and pods that ask themselves: the pod's
reply would not come back through the router if the client's address were kept."""

import contextlib
import json
import os

import pytest

import peers
import topology
import wait
from agent import BUILD
from lab_fixtures import opened, start_shop
from raw_http import Connection, ask, request

PATHS = {"/": "frontend", "/api/": "api", "/blog/": "blog"}
NAT_PORTS = range(10000, 30000)


@pytest.fixture(scope="module")
def shop():
    """Pod frontend is on the node, the others are elsewhere; so is the client."""
    with opened() as make:
        yield start_shop(make(clients=("client", "inside"), outside=("client", "api", "blog")))


def node_address(version):
    return topology.UPLINK_IPV6 if version == 6 else topology.UPLINK_IPV4


def test_each_request_of_a_connection_reaches_its_pod(shop, web):
    with Connection(shop["client"], web) as connection:
        for path in (*PATHS, *PATHS):
            assert connection.ask(path).pod == PATHS[path]


def test_a_pod_elsewhere_sees_the_node_for_a_client_elsewhere(shop, web, version):
    seen = ask(shop["client"], web, "/api/").seen
    assert seen["remote"] == node_address(version)


def test_a_pod_on_the_node_sees_a_client_elsewhere(shop, web, version):
    assert ask(shop["client"], web, "/").seen["remote"] == shop["client"].address(version)


def test_a_pod_elsewhere_sees_a_client_on_the_node(shop, web, version):
    assert ask(shop["inside"], web, "/api/").seen["remote"] == shop["inside"].address(version)


def test_one_client_port_serves_connection_after_connection(shop, web):
    for turn in range(20):
        with Connection(shop["client"], web, source=("", 35555)) as connection:
            connection.send(request(f"/api/{turn}"))
            assert connection.reply().seen["uri"] == f"/api/{turn}"
            connection.reset()


def test_connections_at_one_time_have_ports_of_the_nat(shop, web):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(Connection(shop["client"], web)) for _ in range(50)]
        ports = [int(connection.ask("/api/").seen["port"]) for connection in connections]
    assert len(set(ports)) == 50 and set(ports) <= set(NAT_PORTS)


@pytest.mark.parametrize("peer", ["client", "api"])
def test_a_link_that_shrinks_far_from_the_node_is_found_out(make_lab, web, peer):
    lab = make_lab(outside=("client", "api", "blog"))
    digest = peers.make_file(lab.files, "3m.bin", 3 << 20)
    start_shop(lab)
    with Connection(lab["client"], web) as connection:
        assert connection.ask("/api/").pod == "api"
        topology.set_mtu(lab.outside, lab[peer], 1300)
        connection.send(request("/api/3m.bin"))
        assert connection.download()[1] == digest
        assert connection.ask("/api/", method="POST", body=os.urandom(1 << 20)).status == 200
        assert connection.ask("/blog/").pod == "blog"
    assert lab.agent.verdicts()["icmp_translated"] > 0


def test_a_pod_that_has_gone_is_replaced_between_requests(make_lab, web):
    lab = make_lab(pods=("frontend", "api", "blog"), outside=("client", "api", "blog"))
    lab.serve("frontend")
    servers = {name: lab.adopt(peers.start_nginx_pod(lab[name], lab.directory, lab.files))
               for name in ("api", "blog")}
    lab.write_shop(frontend=[lab["frontend"]], api=[lab["api"], lab["blog"]])
    lab.agent.start()
    with Connection(lab["client"], web) as connection:
        first = connection.ask("/api/").pod
        servers[first].stop()
        assert {connection.ask("/api/").pod for _ in range(10)} == {"api", "blog"} - {first}
        servers[first] = lab.adopt(peers.start_nginx_pod(lab[first], lab.directory, lab.files))
        for _ in range(20):
            assert connection.ask("/api/").status == 200


def test_the_node_moves_to_another_address(make_lab, version, web):
    """The next connection comes from it."""
    lab = make_lab(outside=("client", "api", "blog"))
    start_shop(lab)
    old, new, length = (("fd00:7::1", "fd00:7::9", 64) if version == 6 else
                        ("10.7.0.1", "10.7.0.9", 24))
    nodad = "nodad" if version == 6 else ""
    lab.node.ip(f"addr add {new}/{length} dev {topology.UPLINK} {nodad}",
                f"addr del {old}/{length} dev {topology.UPLINK}",
                *([f"addr add {new}/{length} dev {topology.UPLINK}",
                   "route replace default via 10.7.0.2"] if version == 4 else []))
    lab.outside.ip(f"route replace default via {new}")
    wait.until(lambda: ask(lab["client"], web, "/api/").seen["remote"] == new, "the new address")


@pytest.mark.parametrize("kind", ["routed", "bridge"])
def test_a_pod_reaches_itself_and_others(make_shop, kind, version, web):
    shop = make_shop(kind=kind)
    with Connection(shop["api"], web) as connection:
        for path in (*PATHS, *PATHS):
            assert connection.ask(path).pod == PATHS[path]
        assert connection.ask("/api/").seen["remote"] != shop["api"].address(version)
        assert connection.ask("/blog/").seen["remote"] == shop["api"].address(version)


def ports_are_free(lab, ports):
    """What `pathroute-agent check` says of them."""
    told = lab.node.run(os.path.join(BUILD, "pathroute-agent"), "check", "--bpffs", lab.bpffs,
                        "--nat-ports", ports, "-o", "json", check=False).stdout
    finding, = [entry for entry in json.loads(told) if entry["name"] == "nat-ports"]
    return finding["ok"]


def test_check_tells_of_ports_that_the_node_uses_itself(make_lab):
    lab = make_lab()
    lab.node.set_sysctl(net__ipv4__ip_local_port_range="40000 50000")
    assert ports_are_free(lab, "39000-39999")
    assert not ports_are_free(lab, "39000-40010")
    lab.node.set_sysctl(net__ipv4__ip_local_reserved_ports="40000-40005,40006,40007-40010")
    assert ports_are_free(lab, "39000-40010")
    assert not ports_are_free(lab, "39000-40011")
