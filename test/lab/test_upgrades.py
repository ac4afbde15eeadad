# SPDX-License-Identifier: Apache-2.0
"""WebSocket passes; other protocols are refused or become plain HTTP/1.1."""

import contextlib
import hashlib
import os
import threading

import pytest

import forwarder
import manifests
import origin
import topology
import websocket
from lab_fixtures import opened, origins_started
from origin import Origin, constant
from raw_http import Connection, request

FALSE_FRIEND = request("/blog/smuggled") * 3
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"


class Late:
    """Switches protocols when the test says so."""

    def __init__(self):
        self.asked, self.go_on = threading.Event(), threading.Event()

    def __call__(self, connection, message, stream):
        self.asked.set()
        self.go_on.wait(20)
        websocket.echo(connection, message, stream)


def refuse(connection, message, stream):
    connection.sendall(origin.reply("api", b"no", "403 Forbidden"))


@pytest.fixture(scope="module")
def pods():
    with opened() as make:
        lab = make()
        lab.late = Late()
        answers = {"/api/echo": websocket.echo, "/api/refuse": refuse, "/api/late": lab.late,
                   "/api/plain": constant(origin.reply("api", b"plain"))}
        lab.manifests.write("any.yaml", manifests.path_route(
            "any", [manifests.rule(name, f"/{name}/", name) for name in ("api", "blog")]))
        with origins_started(lab, lambda pod: answers):
            yield lab


def switch(connection):
    connection.send(websocket.offer("/api/echo"))
    expect_switched(connection)


def expect_switched(connection):
    reply = connection.reply()
    assert (reply.status, reply.fields["upgrade"]) == (101, "websocket")
    assert reply.fields["sec-websocket-accept"] == websocket.accept_value(websocket.KEY)


def expect_echo(connection, payload):
    connection.send(websocket.frame(payload, masked=True))
    assert websocket.read_frame(connection.stream) == payload


@pytest.mark.parametrize("before", [(), ("/blog/1",), ("/api/1", "/blog/2", "/3")])
def test_frames_that_look_like_requests_are_echoed(connection, origins, before):
    for path in before:
        assert connection.ask(path).status == 200
    switch(connection)
    for _ in range(100):
        expect_echo(connection, FALSE_FRIEND)
    assert not any("smuggled" in path for entry in origins.values() for path in entry.paths)


def test_bytes_on_the_wire_may_be_a_bare_request(connection, origins):
    """Not even a frame: the pod reads whatever follows 101."""
    switch(connection)
    connection.send(websocket.frame(request("/blog/x") * 40, masked=True) * 3)
    for _ in range(3):
        assert websocket.read_frame(connection.stream) == request("/blog/x") * 40
    assert origins["blog"].lines == []


def test_megabytes_are_echoed_both_ways(connection):
    switch(connection)
    payload = os.urandom(5 << 20)
    expect_echo(connection, payload)
    expect_echo(connection, payload[::-1])


def test_a_frame_behind_the_offer_waits_for_the_switch(pods, origins, connection):
    pods.late.asked.clear()
    pods.late.go_on.clear()
    connection.send(websocket.offer("/api/late") + websocket.frame(FALSE_FRIEND, masked=True))
    assert pods.late.asked.wait(10)
    assert b"smuggled" not in origins["api"].raw, "the pod may still refuse"
    pods.late.go_on.set()
    expect_switched(connection)
    assert websocket.read_frame(connection.stream) == FALSE_FRIEND
    assert origins["blog"].lines == []


def test_a_refused_offer_ends_the_wait(connection):
    for path, status in (("/api/refuse", 403), ("/api/plain", 200)):
        connection.send(websocket.offer(path) + request("/blog/next"))
        assert connection.reply().status == status
        assert connection.reply().body == b"GET /blog/next HTTP/1.1"


def test_the_end_of_a_switched_connection_is_passed_on(connection, origins):
    switch(connection)
    expect_echo(connection, b"x")
    connection.finish()
    assert connection.read_to_end() == b""
    assert origins["api"].wait_for_ends(1) == [origin.CUT_SHORT]


# ---- Offers of HTTP/2 ----


def curl(pods, web, *arguments):
    host = topology.in_url(web)
    return pods["client"].namespace.run(
        "curl", "-sS", "-H", "Host: shop.example.com", "-w",
        " HTTP/%{http_version} connects=%{num_connects}\n", *arguments,
        *[f"http://{host}{path}" for path in ("/api/1", "/blog/2", "/3", "/api/4")]).stdout


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_curls_offer_of_h2c_becomes_plain_http(pods, origins, web, method):
    body = ["--data", "a=b"] if method == "POST" else []
    lines = curl(pods, web, "--http2", *body).splitlines()
    assert all(" HTTP/1.1 connects=" in line for line in lines), lines
    assert [line[-1] for line in lines] == ["1", "0", "0", "0"]
    assert [len(origins[name].paths) for name in ("frontend", "api", "blog")] == [1, 2, 1]
    first = origins["api"].requests[0].fields
    assert "upgrade" not in first and first["x-upgrd"] == "h2c"


@pytest.mark.parametrize("value", ["h2c", "TLS/1.0", "h2c, websocket", "websocket, h2c",
                                   "websocketx", "HTTP/2.0"])
def test_other_offers_are_hidden_from_the_pod(connection, origins, value):
    for path in ("/api/1", "/blog/2"):
        assert connection.ask(path, fields=["Connection: Upgrade", f"uPGRADE: {value}",
                                            "Upgrade-Insecure-Requests: 1"]).status == 200
    for name in ("api", "blog"):
        fields = origins[name].requests[0].fields
        assert "upgrade" not in fields and fields["x-upgrd"] == value
        assert fields["upgrade-insecure-requests"] == "1"


def test_a_pod_that_switches_to_h2c_all_the_same_is_reset(make_lab, web):
    lab = make_lab(pods=("frontend",))
    lab.write_shop()
    lab.agent.start()
    with Origin(lab["frontend"], {"/": constant(SWITCH)}), \
         Connection(lab["client"], web) as connection:
        connection.send(request("/", fields=["Connection: Upgrade", "Upgrade: h2c"]))
        with pytest.raises(ConnectionResetError):
            connection.read_to_end()


def test_javas_offer_of_h2c_becomes_plain_http(pods, origins):
    """Its HttpClient offers HTTP/2 on clear text unless told otherwise, and breaks if refused."""
    program = os.path.join(forwarder.HERE, "programs", "Fetch.java")
    done = pods["client"].namespace.run("/usr/bin/java", program, manifests.WEB_IPV4, 30,
                                        "/api/", "/blog/")
    expected = [f"200 HTTP_1_1 {('api', 'blog')[number % 2]} "
                f"GET /{('api', 'blog')[number % 2]}/{number} HTTP/1.1" for number in range(30)]
    assert done.stdout.splitlines() == expected


# ---- Other protocols ----


def test_the_http_2_preface_is_answered_505(connection):
    connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
    assert connection.reply().status == 505
    assert connection.read_to_end() == b""


def test_a_tls_client_hello_is_reset(connection):
    connection.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(512))
    with pytest.raises(ConnectionResetError):
        connection.read_to_end()


@pytest.mark.parametrize("line", [b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n",
                                  b"PROXY UNKNOWN\r\n"])
def test_a_proxy_line_is_answered_400(connection, origins, line):
    connection.send(line + request("/api/"))
    assert connection.reply().status == 400
    assert connection.read_to_end() == b""
    assert origins["api"].lines == []


def test_a_binary_proxy_header_reaches_no_pod(connection, origins):
    connection.send(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12) + request("/api/"))
    with contextlib.suppress(ConnectionResetError):
        assert connection.reply().status == 400
    assert origins["api"].lines == []


@pytest.mark.parametrize("data", [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PROXY UNKNOWN\r\n",
                                  b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(80)],
                         ids=["HTTP/2", "PROXY", "TLS"])
def test_other_protocols_on_a_later_request_reach_no_pod(connection, origins, data):
    assert connection.ask("/blog/").pod == "blog"
    assert connection.ask("/api/").pod == "api"
    connection.send(data)
    with contextlib.suppress(ConnectionResetError):
        assert connection.reply().status in (400, 505)
    assert data[:5] not in origins["api"].raw


def test_a_digest_survives_a_connection_that_switched_late(connection):
    """Requests, an upload, then the switch: counts of either direction go on."""
    data = os.urandom(1 << 20)
    connection.send(request("/api/up", method="POST", body=data))
    assert connection.reply().body.decode() == hashlib.sha256(data).hexdigest()
    assert connection.ask("/blog/").pod == "blog"
    switch(connection)
    expect_echo(connection, data)
