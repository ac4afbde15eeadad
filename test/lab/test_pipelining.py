# SPDX-License-Identifier: Apache-2.0
"""Requests that do not wait for the reply before are answered in their order."""

import threading

import pytest

import origin
from origin import Origin
from raw_http import Connection, request

POD_OF = {"/": "frontend", "/api/": "api", "/blog/": "blog"}
CYCLE = list(POD_OF)
OTHER_HOST = "other.example.com"


def send_in_one_write(connection, paths, **options):
    connection.send(b"".join(request(path, **options) for path in paths))


def expect(connection, paths):
    for path in paths:
        reply = connection.reply()
        assert (reply.status, reply.pod) == (200, pod_of(path)), f"{path}: {reply}"
        assert reply.seen["uri"] == path


def pod_of(path):
    return next(pod for prefix, pod in reversed(POD_OF.items()) if path.startswith(prefix))


def alternating(count):
    return [f"{CYCLE[number % 3]}{number}" for number in range(count)]


@pytest.mark.parametrize("count", [2, 16, 40, 300])
def test_requests_to_one_rule_are_answered_in_order(shop, web, count):
    """Sixteen may be outstanding at one pod; the others wait for a retransmission."""
    paths = [f"/api/{number}" for number in range(count)]
    with Connection(shop["client"], web, timeout=30) as connection:
        send_in_one_write(connection, paths)
        expect(connection, paths)


@pytest.mark.parametrize("count", [2, 3, 12])
def test_requests_to_different_rules_are_answered_in_order(shop, web, count):
    paths = alternating(count)
    with Connection(shop["client"], web) as connection:
        send_in_one_write(connection, paths)
        expect(connection, paths)


def test_a_later_burst_to_different_rules_is_answered_in_order(shop, web):
    with Connection(shop["client"], web) as connection:
        for path in alternating(6):
            connection.send(request(path))
            expect(connection, [path])
        send_in_one_write(connection, alternating(4))
        expect(connection, alternating(4))


def test_requests_in_segments_of_their_own_are_answered_in_order(shop, web):
    paths = alternating(9)
    with Connection(shop["client"], web, timeout=30) as connection:
        connection.send_at_once()
        for path in paths:
            connection.send(request(path))
        expect(connection, paths)


def test_a_request_cut_anywhere_follows_another_one(shop, web):
    """The segment of the first request brings a piece of the second, to another pod."""
    data = request("/api/1") + request("/blog/2")
    with Connection(shop["client"], web, timeout=30) as connection:
        connection.send_at_once()
        for cut in range(len(request("/api/1")) - 2, len(data), 7):
            connection.send(data[:cut])
            expect(connection, ["/api/1"] if cut >= len(request("/api/1")) else [])
            connection.send(data[cut:])
            expect(connection, ["/blog/2"] if cut >= len(request("/api/1")) else
                   ["/api/1", "/blog/2"])


def test_a_later_head_of_one_byte_segments_finds_its_rule(shop, web):
    data = request("/blog/slow")
    with Connection(shop["client"], web, timeout=30) as connection:
        assert connection.ask("/api/").pod == "api"
        connection.send_segments([data[index:index + 1] for index in range(len(data))])
        expect(connection, ["/blog/slow"])


def test_a_later_head_of_fifteen_kilobytes_finds_its_rule(shop, web):
    with Connection(shop["client"], web, timeout=30) as connection:
        for path in alternating(6):
            reply = connection.ask(path, fields=[f"X-Fill-{index}: {'x' * 3000}"
                                                 for index in range(5)])
            assert reply.pod == pod_of(path)


def test_pipelined_head_requests_leave_no_body_behind(shop, web):
    methods = ["GET", "HEAD", "HEAD", "GET", "HEAD", "GET"] * 2
    with Connection(shop["client"], web, timeout=30) as connection:
        connection.send(b"".join(request(f"/api/{number}", method=method)
                                 for number, method in enumerate(methods)))
        for number, method in enumerate(methods):
            reply = connection.reply(head_only=method == "HEAD")
            assert reply.pod == "api"
            assert method == "HEAD" or reply.seen["uri"] == f"/api/{number}"
        assert connection.ask("/blog/").pod == "blog"


def test_pipelined_posts_to_different_rules_keep_their_bodies(shop, web):
    paths = alternating(6)
    with Connection(shop["client"], web, timeout=30) as connection:
        send_in_one_write(connection, paths, method="POST", body=b"GET /api/x HTTP/1.1\r\n" * 50)
        expect(connection, paths)


def test_up_to_two_empty_lines_between_requests_are_skipped(shop, web):
    with Connection(shop["client"], web, timeout=30) as connection:
        for path in alternating(6):
            connection.send(b"\r\n\r\n" + request(path))
            expect(connection, [path])


# ---- The router's own replies ----


def test_a_404_on_a_later_request_closes_the_connection(shop, web):
    with Connection(shop["client"], web) as connection:
        for path in alternating(4):
            connection.ask(path)
        reply = connection.ask("/", host=OTHER_HOST)
        assert (reply.status, reply.pod) == (404, "")
        assert reply.fields["connection"].lower() == "close"
        assert connection.read_to_end() == b""


def test_a_redirect_on_a_later_request_closes_the_connection(shop, web):
    with Connection(shop["client"], web) as connection:
        for path in alternating(4):
            connection.ask(path)
        reply = connection.ask("/old?a=b")
        assert (reply.status, reply.pod) == (301, "")
        assert reply.fields["location"] == "http://shop.example.com/new?a=b"
        assert connection.read_to_end() == b""


def test_a_404_to_head_on_a_later_request_has_no_body(shop, web):
    with Connection(shop["client"], web) as connection:
        connection.ask("/api/")
        connection.send(request("/", host=OTHER_HOST, method="HEAD"))
        head, _, body = connection.read_to_end().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ") and body == b""


def test_a_400_on_a_later_request_closes_the_connection(shop, web):
    with Connection(shop["client"], web) as connection:
        connection.ask("/api/")
        assert connection.ask("/blog/../api/").status == 400
        assert connection.read_to_end() == b""


def test_requests_behind_one_with_an_own_reply_are_never_answered(shop, web):
    with Connection(shop["client"], web, timeout=30) as connection:
        connection.send(request("/api/1") + request("/old") + request("/blog/2"))
        expect(connection, ["/api/1"])
        assert connection.reply().status == 301
        assert connection.read_to_end() == b""


def expect_silence(connection, seconds=1):
    """Nothing comes, although the client repeats what is not acknowledged."""
    before = connection.socket.gettimeout()
    connection.socket.settimeout(seconds)
    with pytest.raises(TimeoutError):
        connection.reply()
    connection.socket.settimeout(before)


class Gate:
    """A pod's answer that waits until the test opens the gate."""

    def __init__(self, data):
        self.data = data
        self.asked = threading.Event()
        self.open = threading.Event()

    def __call__(self, connection, message, stream):
        self.asked.set()
        self.open.wait(30)
        connection.sendall(self.data)


@pytest.fixture
def gate(make_lab):
    """A lab whose pod api answers /api/slow when gate.open is set."""
    lab = make_lab()
    gate = Gate(origin.reply("api", b"slow"))
    gate.lab = lab
    with Origin(lab["api"], {"/api/slow": gate}), Origin(lab["blog"]) as gate.blog:
        lab.write_shop(api=[lab["api"]], blog=[lab["blog"]])
        lab.agent.start()
        yield gate
        gate.open.set()


def test_an_own_reply_does_not_overtake_the_reply_before_it(gate, web):
    with Connection(gate.lab["client"], web, timeout=30) as connection:
        connection.send(request("/api/slow") + request("/", host=OTHER_HOST))
        assert gate.asked.wait(10)
        expect_silence(connection)
        gate.open.set()
        assert connection.reply().body == b"slow"
        assert connection.reply().status == 404
        assert connection.read_to_end() == b""


def test_a_request_to_another_pod_waits_for_the_reply_before_it(gate, web):
    with Connection(gate.lab["client"], web, timeout=30) as connection:
        connection.send(request("/api/slow"))
        assert gate.asked.wait(10)
        connection.send(request("/blog/next"))
        expect_silence(connection)
        assert gate.blog.lines == []
        gate.open.set()
        assert connection.reply().body == b"slow"
        assert connection.reply().pod == "blog"
    assert gate.blog.lines == ["GET /blog/next HTTP/1.1"]
