# SPDX-License-Identifier: Apache-2.0
"""Request heads that come in pieces."""

import hashlib
import socket

import pytest

import servers
from lab_fixtures import opened
from forwarder import Forwarder
from raw_http import Connection, ask, request

HEAD = request("/api/items?page=2", fields=["Accept: */*"])
LONG_HEAD = 15900


@pytest.fixture(scope="module")
def pods():
    """The routed shop, its pods answering with the head they have read."""
    with opened() as make:
        lab = make(clients=("client", "wired"), wired=("wired",))
        started = [servers.Server(pod, servers.pod(pod.name)) for pod in lab.pods]
        lab.write_shop()
        lab.agent.start()
        yield lab
        for server in started:
            server.close()


def long_head(size):
    """A head of exactly `size` bytes in lines of about 200."""
    lines, rest = [], size - len(request("/api/long"))
    while rest:
        length = rest if rest < 400 else 200
        lines.append(f"X-Filler-{len(lines):03}: ".ljust(length - 2, "x"))
        rest -= length
    head = request("/api/long", fields=lines)
    assert len(head) == size
    return head


def small_segments(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)


def test_a_head_cut_at_every_offset_is_routed(pods, web):
    for cut in range(1, len(HEAD)):
        with Connection(pods["client"], web) as connection:
            connection.send_segments([HEAD[:cut], HEAD[cut:]])
            reply = connection.reply()
        assert (reply.pod, reply.body) == ("api", HEAD), f"cut at {cut}"


def test_a_head_of_one_byte_a_segment_is_routed(pods, web):
    with Connection(pods["client"], web) as connection:
        connection.send_segments([bytes([byte]) for byte in HEAD])
        reply = connection.reply()
    assert (reply.pod, reply.body) == ("api", HEAD)


def test_a_head_typed_line_by_line_with_nagle_is_routed(pods, web):
    with Connection(pods["client"], web) as connection:
        for line in HEAD.splitlines(keepends=True):
            connection.send(line)
        reply = connection.reply()
    assert (reply.pod, reply.body) == ("api", HEAD)


@pytest.mark.parametrize("offloads", ["on", "off"])
def test_a_15900_byte_head_from_a_client_with_mss_536_is_routed(pods, web, offloads):
    client = pods["client"].namespace
    client.run("ethtool", "-K", "eth0", "tso", offloads, "gso", offloads)
    head = long_head(LONG_HEAD)
    try:
        with Connection(pods["client"], web, set_up=small_segments) as connection:
            connection.send(head)
            reply = connection.reply()
    finally:
        client.run("ethtool", "-K", "eth0", "tso", "on", "gso", "on")
    assert reply.body == head


def test_a_head_of_16384_bytes_is_routed_and_a_longer_one_is_answered_431(pods, web):
    head = long_head(16384)
    with Connection(pods["client"], web) as connection:
        connection.send(head)
        assert connection.reply().body == head
    with Connection(pods["client"], web) as connection:
        connection.send(long_head(16385))
        assert connection.reply().status == 431


def test_a_target_of_8000_bytes_is_routed_and_a_longer_one_is_answered_414(pods, web):
    prefix = "/api/"
    assert ask(pods["client"], web, prefix + "a" * (8000 - len(prefix))).pod == "api"
    assert ask(pods["client"], web, prefix + "a" * (8001 - len(prefix))).status == 414


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_long_head_survives_a_bad_wire(pods, web, seed):
    forwarder = Forwarder(pods, pods["wired"], seed=seed, loss=5, duplicate=5, reorder=10,
                          corrupt=2)
    try:
        for size in (60, 1000, 3000, LONG_HEAD):
            head = HEAD if size == 60 else long_head(size)
            with Connection(pods["wired"], web, set_up=small_segments, timeout=30) as connection:
                connection.send(head)
                assert connection.reply().body == head, f"{size} bytes, seed {seed}"
    finally:
        print(forwarder.stop())


def test_body_bytes_behind_the_head_reach_the_pod_in_order(pods, web):
    body = bytes(range(256)) * 16
    whole = request("/api/up", method="POST", body=body)
    for cut in (10, len(whole) - len(body), len(whole) - len(body) + 1, len(whole) - 1):
        with Connection(pods["client"], web) as connection:
            connection.send_at_once()
            connection.send(whole[:cut])
            connection.send(whole[cut:])
            digest = connection.reply().body
        assert digest == hashlib.sha256(body).hexdigest().encode(), f"cut at {cut}"


def test_an_end_inside_the_head_is_answered_400(pods, web):
    with Connection(pods["client"], web) as connection:
        connection.send(HEAD[:20])
        connection.finish()
        assert connection.read_to_end().startswith(b"HTTP/1.1 400 ")


def test_a_connection_that_ends_without_a_request_ends_in_silence(pods, web):
    with Connection(pods["client"], web) as connection:
        connection.finish()
        assert connection.read_to_end() == b""


def test_a_tls_greeting_is_reset(pods, web):
    with Connection(pods["client"], web) as connection:
        connection.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(80))
        with pytest.raises(ConnectionResetError):
            connection.read_to_end()


def test_an_http2_preface_is_answered_505(pods, web):
    with Connection(pods["client"], web) as connection:
        connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert connection.reply().status == 505
