# SPDX-License-Identifier: Apache-2.0
"""Much data, on good and bad wires; half-close; idle connections."""

import hashlib
import os
import socket

import pytest

import servers
import tcp_info
import wait
from lab_fixtures import opened
from forwarder import Forwarder
from raw_http import Connection, request

BODY = os.urandom(1 << 20) * 10
DIGEST = hashlib.sha256(BODY).hexdigest()
BAD_WIRE = {"loss": 1, "duplicate": 1, "reorder": 2}


@pytest.fixture(scope="module")
def pods():
    """The routed shop, its pods sending and taking 10 MB."""
    with opened() as make:
        lab = make(clients=("client", "wired"), wired=("wired",))
        started = [servers.Server(pod, servers.pod(pod.name, BODY)) for pod in lab.pods]
        lab.write_shop()
        lab.agent.start()
        yield lab
        for server in started:
            server.close()


@pytest.fixture(params=["good wire", "bad wire"])
def client(request, pods):
    if request.param == "good wire":
        yield pods["client"]
        return
    forwarder = Forwarder(pods, pods["wired"], seed=42, **BAD_WIRE)
    yield pods["wired"]
    print(forwarder.stop())


def test_ten_megabytes_come_down_unharmed(client, web):
    with Connection(client, web, timeout=30) as connection:
        connection.send(request("/api/content"))
        reply, digest = connection.download()
    assert (reply.pod, digest) == ("api", DIGEST)


def test_ten_megabytes_go_up_unharmed(client, web):
    with Connection(client, web, timeout=30) as connection:
        connection.send(request("/api/up", method="POST", body=BODY))
        assert connection.reply().body.decode() == DIGEST


def test_both_directions_follow_each_other_on_one_connection(client, web):
    with Connection(client, web, timeout=30) as connection:
        for _ in range(3):
            connection.send(request("/api/up", method="POST", body=BODY[:1 << 20]))
            assert connection.reply().body.decode() == \
                hashlib.sha256(BODY[:1 << 20]).hexdigest()
            connection.send(request("/api/content"))
            assert connection.download()[1] == DIGEST


def test_many_short_connections_survive_a_bad_wire(pods, web):
    forwarder = Forwarder(pods, pods["wired"], seed=5, loss=3, duplicate=3, reorder=5, corrupt=1)
    try:
        for number in range(60):
            head = request(f"/blog/{number}")
            with Connection(pods["wired"], web, timeout=30) as connection:
                connection.send(head)
                reply = connection.reply()
            assert (reply.pod, reply.body) == ("blog", head)
    finally:
        print(forwarder.stop())


def test_half_close_right_after_the_request_still_gets_the_whole_reply(client, web):
    with Connection(client, web, timeout=30) as connection:
        connection.send(request("/api/content"))
        connection.finish()
        assert connection.download()[1] == DIGEST
        assert connection.read_to_end() == b"", "the pod's FIN follows"


def test_a_request_and_fin_in_one_segment_are_answered(pods, web):
    def cork(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)

    with Connection(pods["client"], web, set_up=cork) as connection:
        connection.send(request("/api/content"))
        connection.finish()
        assert connection.download()[1] == DIGEST


def test_a_pod_that_closes_first_delivers_all_it_sent(client, web):
    with Connection(client, web, timeout=30) as connection:
        connection.send(request("/api/content", fields=["Connection: close"]))
        assert connection.download()[1] == DIGEST
        assert connection.read_to_end() == b""


def small_buffer(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)


def test_a_client_that_reads_slowly_stops_the_pod_and_loses_nothing(pods, web):
    with Connection(pods["client"], web, set_up=small_buffer, timeout=30) as connection:
        connection.send(request("/api/content"))
        digest = hashlib.sha256()
        reply = connection.reply(sink=digest.update)
    assert (reply.status, digest.hexdigest()) == (200, DIGEST)


def test_a_zero_window_is_probed_and_opens_again(pods, web):
    with Connection(pods["client"], web, set_up=small_buffer, timeout=30) as connection:
        connection.send(request("/api/content"))

        def probes():
            return tcp_info.counters(pods["api"].namespace)["TCPWinProbe"]

        before = probes()
        wait.until(lambda: probes() >= before + 3, "three window probes of the pod")
        assert connection.download()[1] == DIGEST


def probe_often(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1),
                          (socket.TCP_KEEPCNT, 2)):
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


def wait_for_probes(client, count):
    def probes():
        return tcp_info.counters(client.namespace)["TCPKeepAlive"]

    before = probes()
    wait.until(lambda: probes() >= before + count, f"{count} keep-alive probes", timeout=20)


def test_an_idle_connection_lives_on_beyond_keepalive_probes(pods, web):
    with Connection(pods["client"], web, set_up=probe_often) as connection:
        connection.send(request("/api/1"))
        connection.reply()
        wait_for_probes(pods["client"], 4)
        connection.send(request("/api/2"))
        assert connection.reply().body == request("/api/2")


def test_an_idle_connection_without_a_request_lives_on_beyond_keepalive_probes(pods, web):
    with Connection(pods["client"], web, set_up=probe_often) as connection:
        wait_for_probes(pods["client"], 3)
        connection.send(request("/api/1"))
        assert connection.reply().body == request("/api/1")
