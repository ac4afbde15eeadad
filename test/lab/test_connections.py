# SPDX-License-Identifier: Apache-2.0
"""Many connections, and port numbers that come again."""

import contextlib
import resource
import socket

import pytest

import manifests
import servers
import topology
import wait
from lab_fixtures import opened
from raw_http import Connection, ask, request

SECOND_WEB = {4: "10.96.0.20", 6: "fd00:96::20"}
FEW_PORTS = "20000 25999"
TCP_REPAIR = 19
REUSED_PORT = 35555


@pytest.fixture(scope="module")
def busy():
    """The NGINX shop with a second Service in front of the same pods."""
    with opened() as make:
        lab = make(clients=("client", "few"))
        lab["few"].namespace.set_sysctl(net__ipv4__ip_local_port_range=FEW_PORTS)
        lab.serve()
        lab.write_shop()
        lab.manifests.write(
            "second.yaml", manifests.service("second", tuple(SECOND_WEB.values())),
            manifests.path_route("second", [manifests.rule("all", "/", "api")],
                                 listener="second"))
        lab.agent.start()
        yield lab


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_connections_at_once_are_all_answered(busy, web, many_files):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(Connection(busy["client"], web)) for _ in range(1000)]
        for turn in range(2):
            for number, connection in enumerate(connections):
                connection.send(request(f"/api/{turn}/{number}"))
            for number, connection in enumerate(connections):
                assert connection.reply().seen["uri"] == f"/api/{turn}/{number}"


@pytest.mark.parametrize("first_to_close", ["pod", "client"])
def test_twenty_thousand_connections_follow_each_other_from_one_address(busy, first_to_close):
    """6,000 ports for 10,000 connections a way of closing: each port comes again."""
    fields = ["Connection: close"] if first_to_close == "pod" else []
    for number in range(10000):
        with Connection(busy["few"], manifests.WEB_IPV4) as connection:
            connection.send(request("/blog/", fields=fields))
            reply = connection.reply()
            assert reply.pod == "blog", f"connection {number}: {reply}"
            if first_to_close == "pod":
                assert connection.read_to_end() == b""
            else:
                connection.reset()


def test_ended_connections_leave_the_flow_table(busy, web):
    for _ in range(20):
        ask(busy["client"], web, "/api/")
    wait.until(lambda: busy.agent.flow_count() == 0, "an empty flow table", timeout=60,
               interval=0.5)


def test_two_listeners_keep_one_client_port_apart(busy, version, web):
    with Connection(busy["client"], web, source=("", 33333)) as first, \
         Connection(busy["client"], SECOND_WEB[version], source=("", 33333)) as second:
        for turn in range(5):
            first.send(request(f"/api/first/{turn}"))
            second.send(request(f"/api/second/{turn}"))
            assert first.reply().seen["uri"] == f"/api/first/{turn}"
            assert second.reply().seen["uri"] == f"/api/second/{turn}"


def test_two_listeners_and_one_pod_share_hundreds_of_client_ports(busy, version, web):
    with contextlib.ExitStack() as stack:
        for port in range(34000, 34300):
            pair = [stack.enter_context(Connection(busy["client"], address,
                                                   source=("", port)))
                    for address in (web, SECOND_WEB[version])]
            for connection in pair:
                connection.send(request("/api/"))
            for connection in pair:
                assert connection.reply().pod == "api", f"port {port}"


def reuse(lab, web, end, times=30):
    """Connects again and again from one port; end(connection) ends each connection."""
    for turn in range(times):
        connection = Connection(lab["client"], web, source=("", REUSED_PORT))
        with connection:
            connection.send(request(f"/api/{turn}"))
            assert connection.reply().seen["uri"] == f"/api/{turn}", f"turn {turn}"
            end(connection)


def sockets(peer, *terms):
    """The sockets of a peer that ss finds by these terms, a line each."""
    return peer.namespace.run("ss", "-Htan", *terms).stdout


def test_a_port_comes_again_while_the_pod_is_in_time_wait(busy, version, web):
    """To the client a connection has ended when its FIN is acknowledged; if that is lost, the pod
    is in TIME_WAIT before."""
    ours = f"{topology.in_url(busy['client'].address(version))}:{REUSED_PORT}"

    def end(connection):
        connection.send(request("/api/last", fields=["Connection: close"]))
        connection.reply()
        assert connection.read_to_end() == b""
        connection.close()
        wait.until(lambda: sockets(busy["api"], "state", "time-wait", "dst", ours),
                   "TIME_WAIT at the pod")
        wait.until(lambda: not sockets(busy["client"], "src", ours), "the end at the client")

    reuse(busy, web, end)


def test_a_port_comes_again_after_a_reset(busy, web):
    reuse(busy, web, lambda connection: connection.reset())


def test_a_port_comes_again_after_the_client_vanished_without_a_word(busy, web):
    def vanish(connection):
        connection.socket.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        connection.close()

    reuse(busy, web, vanish, times=10)


def test_a_port_comes_again_while_the_first_reply_is_still_under_way(make_lab, web):
    lab = make_lab(pods=("frontend",))
    lab.write_shop()
    lab.agent.start()
    with servers.Server(lab["frontend"], servers.pod("frontend", bytes(4 << 20))):
        for turn in range(5):
            connection = Connection(lab["client"], web, source=("", 36666))
            connection.send(request("/content"))
            connection.socket.recv(1000)
            connection.socket.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            connection.close()
            with Connection(lab["client"], web, source=("", 36666)) as again:
                again.send(request(f"/{turn}"))
                assert again.reply().body == request(f"/{turn}")
                again.reset()
