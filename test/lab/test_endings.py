# SPDX-License-Identifier: Apache-2.0
"""How connections end that have reached several pods, and what a pod that ends costs them."""

import hashlib
import os
import socket

import pytest

import origin
import wait
from lab_fixtures import opened, origins_started
from origin import constant
from raw_http import Connection, request

CONTENT = os.urandom(1 << 20) * 4
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PATHS = {"frontend": "/", "api": "/api/", "blog": "/blog/"}


def bare(status, *fields):
    """A reply that has no body, whatever its fields say."""
    lines = [f"HTTP/1.1 {status}", "X-Pod: api", *fields]
    return constant("\r\n".join(lines).encode() + b"\r\n\r\n")


OK = origin.reply("api", b"done")
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x.css>; rel=preload\r\n\r\n"
ANSWERS = {
    "/api/204": bare("204 No Content"),
    "/api/204-with-length": bare("204 No Content", "Content-Length: 5"),
    "/api/304": bare("304 Not Modified", "Content-Length: 5000", 'ETag: "x"'),
    "/api/304-chunked": bare("304 Not Modified", "Transfer-Encoding: chunked"),
    "/api/103": constant(HINTS + OK),
    "/api/100": constant(b"HTTP/1.1 100 Continue\r\n\r\n" + OK),
    "/api/many-hints": constant(HINTS * 20 + OK),
    "/api/hangs-up": constant(origin.reply("api", b"bye", fields=["Connection: close"]),
                              close=True),
    "/api/hangs-up-silently": constant(OK, close=True),
    "/api/old": constant(b"HTTP/1.0 200 OK\r\nX-Pod: api\r\nContent-Length: 3\r\n\r\nold",
                         close=True),
    "/blog/content": constant(origin.reply("blog", CONTENT)),
}


@pytest.fixture(scope="module")
def pods():
    """Three pods of the test's own."""
    with opened() as make, origins_started(make(), lambda pod: ANSWERS) as lab:
        yield lab


def visit(connection, *pods):
    for name in pods or PATHS:
        assert connection.ask(PATHS[name]).pod == name


# ---- Replies without body ----


@pytest.mark.parametrize("path", ["/api/204", "/api/204-with-length", "/api/304",
                                  "/api/304-chunked"])
def test_after_a_reply_without_body_the_next_request_is_routed(connection, path):
    for _ in range(10):
        reply = connection.ask(path)
        assert (str(reply.status), reply.pod) == (path[5:8], "api")
        visit(connection, "blog")


@pytest.mark.parametrize("path, interims", [("/api/100", [100]), ("/api/103", [103]),
                                            ("/api/many-hints", [103] * 20)])
def test_interim_replies_do_not_end_a_request(connection, path, interims):
    for _ in range(10):
        connection.send(request(path))
        assert [connection.reply().status for _ in interims] == interims
        reply = connection.reply()
        assert (reply.status, reply.body) == (200, b"done")
        visit(connection, "blog")


# ---- The client ends ----


def test_no_pod_keeps_a_connection_that_the_client_has_closed(pods, origins, web):
    with Connection(pods["client"], web) as connection:
        for _ in range(5):
            visit(connection)
    for name, entry in origins.items():
        assert entry.wait_for_ends(1) == ["FIN"], name


def test_a_client_that_closes_in_turn_with_replies_resets_no_pod(pods, origins, web):
    for turn in range(30):
        with Connection(pods["client"], web) as connection:
            visit(connection, *list(PATHS)[:1 + turn % 3])
    for name, count in (("frontend", 30), ("api", 20), ("blog", 10)):
        assert set(origins[name].wait_for_ends(count)) == {"FIN"}, name


def test_no_pod_keeps_a_connection_that_the_client_has_reset(pods, origins, web):
    connection = Connection(pods["client"], web)
    visit(connection)
    connection.reset()
    for name, entry in origins.items():
        assert entry.wait_for_ends(1)[0] in ("FIN", "ECONNRESET"), name


def test_no_pod_keeps_a_connection_after_the_routers_own_reply(pods, origins, connection):
    visit(connection)
    assert connection.ask("/", host="other.example.com").status == 404
    assert connection.read_to_end() == b""
    connection.close()
    for name, entry in origins.items():
        assert entry.wait_for_ends(1)[0] in ("FIN", "ECONNRESET"), name


def test_connections_leave_no_flow_behind(pods, web):
    for _ in range(10):
        with Connection(pods["client"], web) as connection:
            visit(connection)
    wait.until(lambda: pods.agent.flow_count() == 0, "an empty flow table", timeout=60,
               interval=0.5)


@pytest.mark.parametrize("before", [(), ("blog", "api"), ("api", "blog", "api")])
def test_half_close_after_the_request_gets_the_whole_reply(connection, before):
    visit(connection, *before) if before else None
    connection.send(request("/blog/content"))
    connection.finish()
    assert connection.download()[1] == DIGEST
    assert connection.read_to_end() == b""


def test_half_close_in_the_requests_segment_gets_the_whole_reply(connection):
    visit(connection)
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    connection.send(request("/blog/content"))
    connection.finish()
    assert connection.download()[1] == DIGEST
    assert connection.read_to_end() == b""


def test_half_close_after_pipelined_requests_gets_all_replies(connection):
    connection.send(b"".join(request(path) for path in ("/api/1", "/blog/content", "/2")))
    connection.finish()
    assert connection.reply().pod == "api"
    assert connection.download()[1] == DIGEST
    assert connection.reply().pod == "frontend"
    assert connection.read_to_end() == b""


def test_half_close_while_idle_ends_the_connection(connection, origins):
    visit(connection)
    connection.finish()
    assert connection.read_to_end() == b""
    for name, entry in origins.items():
        assert entry.wait_for_ends(1) == ["FIN"], name


# ---- Connection: close ----


def test_a_request_with_connection_close_is_the_last(connection, origins):
    visit(connection)
    connection.send(request("/api/last", fields=["Connection: close"]) + request("/api/more") +
                    request("/blog/more"))
    assert connection.reply().pod == "api"
    assert connection.read_to_end() == b""
    assert all("/more" not in path for entry in origins.values() for path in entry.paths)
    assert b"/more" not in origins["api"].raw


def test_a_request_of_http_1_0_is_the_last(connection, origins):
    visit(connection)
    connection.send(request("/api/last", version="1.0") + request("/blog/more"))
    assert connection.reply().pod == "api"
    assert connection.read_to_end() == b""
    assert "/blog/more" not in origins["blog"].paths


@pytest.mark.parametrize("path", ["/api/hangs-up", "/api/old"])
def test_a_reply_with_connection_close_is_the_last(connection, origins, path):
    visit(connection)
    connection.send(request(path) + request("/blog/more"))
    assert connection.reply().pod == "api"
    assert connection.read_to_end() == b""
    assert "/blog/more" not in origins["blog"].paths


# ---- The pod ends ----


def test_a_pod_that_closes_an_idle_leg_does_not_end_the_connection(connection, origins):
    for number in range(10):
        assert connection.ask("/api/hangs-up-silently").body == b"done"
        origins["api"].wait_for_ends(number + 1)
        if number % 2:
            visit(connection, "blog")
    visit(connection, "api", "frontend")


def test_a_pod_may_close_an_idle_leg_while_another_one_replies(connection, origins):
    for number in range(10):
        connection.ask("/api/hangs-up-silently")
        connection.send(request("/blog/content"))
        assert connection.download()[1] == DIGEST
        origins["api"].wait_for_ends(number + 1)
    visit(connection)
