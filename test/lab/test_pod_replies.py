# SPDX-License-Identifier: Apache-2.0
"""Replies of careless and hostile pods: none becomes the answer to another request."""

import contextlib
import threading

import pytest

import origin
from lab_fixtures import opened
from origin import Origin, constant
from raw_http import Connection, request

STRAY = origin.reply("api", b"stray")
GOOD = origin.reply("api", b"good")
HEAD = b"HTTP/1.1 200 OK\r\nX-Pod: api\r\n"


def raw(text):
    return constant(text.encode())


# What the client reads; the next request is routed.
LENIENT = {
    "bare-lf": raw("HTTP/1.1 200 OK\nX-Pod: api\nContent-Length: 4\n\ngood"),
    "mixed-lf": raw("HTTP/1.1 200 OK\r\nX-Pod: api\nContent-Length: 4\r\n\ngood"),
    "no-reason": raw("HTTP/1.1 200\r\nContent-Length: 4\r\n\r\ngood"),
    "empty-reason": raw("HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\ngood"),
    "odd-reason": raw("HTTP/1.1 200 \xe4 HTTP/1.1 404\r\nContent-Length: 4\r\n\r\ngood"),
    "equal-lengths": raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\ngood"),
    "spaces": raw("HTTP/1.1 200 OK\r\ncontent-length: \t 4 \r\n\r\ngood"),
    "long-head": raw("HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 5000 + "Content-Length: 4\r\n\r\ngood"),
    "chunk-extensions": constant(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
                                 b"4;a=b\r\ngood\r\n0\r\nX: y\r\n\r\n"),
}

# Their end is not known: all bytes pass, and no later request does.
OPAQUE = {
    "both-framings": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                            b"4\r\ngood\r\n0\r\n\r\n",
    "two-lengths": HEAD + b"Content-Length: 4\r\nContent-Length: 40\r\n\r\ngood",
    "length-list": HEAD + b"Content-Length: 4, 40\r\n\r\ngood",
    "bad-length": HEAD + b"Content-Length: four\r\n\r\ngood",
    "chunked-in-1-0": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n",
    "chunked-not-last": HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n4\r\ngood\r\n0\r\n\r\n",
    "bad-chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\ngood\r\n0\r\n\r\n",
    "chunk-data-too-long": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\ngood\r\n0\r\n\r\n",
    "no-length": HEAD + b"\r\ngood",
    "head-of-70-kb": HEAD + b"X: y\r\n" * 12000 + b"Content-Length: 4\r\n\r\ngood",
    "many-interims": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 40 + GOOD,
    "no-http": b"good\r\n\r\ngood",
}


class Evil:
    """Answers of pod api, some of which wait for a word of the test."""

    def __init__(self):
        self.go_on = threading.Event()
        self.sent = threading.Event()
        self.answers = {f"/api/{name}": answer for name, answer in LENIENT.items()}
        self.answers |= {f"/api/{name}": self.and_then_close(data) for name, data in OPAQUE.items()}
        self.answers["/api/two"] = constant(GOOD + STRAY)
        self.answers["/api/three"] = constant(GOOD + STRAY + STRAY)
        self.answers["/api/body-too-long"] = constant(GOOD + b"stray" * 1000)
        self.answers["/api/stray-later"] = self.stray_later
        self.answers["/api/101"] = constant(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nstray")

    def and_then_close(self, data):
        """The reply, then nothing until the test says so, then FIN."""
        def answer(connection, message, stream):
            connection.sendall(data)
            self.go_on.wait(20)
            return True
        return answer

    def stray_later(self, connection, message, stream):
        connection.sendall(GOOD)
        self.go_on.wait(20)
        connection.sendall(STRAY)
        self.sent.set()


@pytest.fixture(scope="module")
def pods():
    with opened() as make, contextlib.ExitStack() as stack:
        lab = make()
        lab.evil = Evil()
        lab.origins = {pod.name: stack.enter_context(
            Origin(pod, lab.evil.answers if pod.name == "api" else None)) for pod in lab.pods}
        lab.write_shop()
        lab.agent.start()
        yield lab


@pytest.fixture
def evil(pods):
    """Pod api, waiting for a word."""
    for entry in pods.origins.values():
        entry.forget()
    pods.evil.go_on.clear()
    pods.evil.sent.clear()
    yield pods.evil
    pods.evil.go_on.set()


@pytest.fixture
def connection(pods, evil, web):
    with Connection(pods["client"], web) as made:
        yield made


def read_while(connection, unfinished):
    """All bytes up to the end of a reply that only its bytes tell."""
    seen = b""
    while unfinished(seen):
        piece = connection.stream.receive()
        assert piece, f"ended after {seen[:200]!r}"
        seen += piece
    return seen


def good_replies_follow(connection):
    for path, pod in (("/blog/1", "blog"), ("/api/1", "api"), ("/2", "frontend"),
                      ("/api/2", "api")):
        reply = connection.ask(path)
        assert (reply.pod, reply.body.decode()) == (pod, f"GET {path} HTTP/1.1")


@pytest.mark.parametrize("path", ["/api/two", "/api/three", "/api/body-too-long"])
@pytest.mark.parametrize("times", [1, 5])
def test_a_second_reply_never_answers_the_next_request(connection, path, times):
    for _ in range(times):
        assert connection.ask(path).body == b"good"
        assert connection.ask("/blog/between").body == b"GET /blog/between HTTP/1.1"
    good_replies_follow(connection)


def test_a_second_reply_never_answers_the_next_request_to_the_same_pod(connection):
    for _ in range(5):
        assert connection.ask("/api/two").body == b"good"
        assert connection.ask("/api/next").body == b"GET /api/next HTTP/1.1"


def test_bytes_with_nothing_outstanding_reset_the_pod_and_not_the_client(pods, evil, connection):
    before = pods.agent.verdicts()["unsolicited_reply"]
    assert connection.ask("/api/stray-later").body == b"good"
    evil.go_on.set()
    assert pods.origins["api"].wait_for_ends(1) == ["ECONNRESET"]
    good_replies_follow(connection)
    assert pods.agent.verdicts()["unsolicited_reply"] > before


def test_bytes_of_a_parked_pod_do_not_reach_the_client(pods, evil, connection):
    assert connection.ask("/api/stray-later").body == b"good"
    assert connection.ask("/blog/between").pod == "blog"
    evil.go_on.set()
    assert pods.origins["api"].wait_for_ends(1) == ["ECONNRESET"]
    good_replies_follow(connection)


@pytest.mark.parametrize("form", LENIENT)
def test_a_sloppy_reply_is_read_and_the_next_request_is_routed(connection, form):
    for _ in range(3):
        connection.send(request(f"/api/{form}"))
        assert b"good" in read_while(connection, lambda seen: not seen.endswith(
            b"0\r\nX: y\r\n\r\n" if form == "chunk-extensions" else b"good"))
        assert connection.ask("/blog/next").body == b"GET /blog/next HTTP/1.1"


@pytest.mark.parametrize("form", OPAQUE)
def test_after_a_reply_without_a_known_end_no_request_passes(pods, evil, connection, form):
    assert connection.ask("/blog/before").pod == "blog"
    connection.send(request(f"/api/{form}"))
    seen = read_while(connection, lambda seen: len(seen) < len(OPAQUE[form]))
    connection.send(request("/blog/behind") + request("/api/behind"))
    evil.go_on.set()
    assert connection.read_to_end() == b""
    assert seen == OPAQUE[form]
    assert pods.origins["blog"].paths == ["/blog/before"]
    assert b"behind" not in pods.origins["api"].raw


@pytest.mark.parametrize("fields", [(), ("Connection: Upgrade", "Upgrade: h2c"),
                                    ("Upgrade: x", "Connection: Upgrade")])
def test_an_upgrade_that_nobody_asked_for_resets_the_connection(connection, fields):
    connection.send(request("/api/101", fields=fields))
    with pytest.raises(ConnectionResetError):
        connection.read_to_end()


def test_a_pod_that_ends_in_mid_reply_ends_the_connection(make_lab, web):
    lab = make_lab(pods=("frontend", "api"))
    lab.write_shop()
    lab.agent.start()
    half = constant(HEAD + b"Content-Length: 100\r\n\r\nhalf", close=True)
    with Origin(lab["api"], {"/api/half": half}), Origin(lab["frontend"]) as other:
        with Connection(lab["client"], web) as connection:
            assert connection.ask("/first").pod == "frontend"
            connection.send(request("/api/half"))
            assert connection.read_to_end().endswith(b"\r\n\r\nhalf")
            with contextlib.suppress(ConnectionError):
                connection.send(request("/behind"))
        other.wait_for_ends(1)
        assert other.paths == ["/first"]
