# SPDX-License-Identifier: Apache-2.0
"""Bodies of every framing, both ways, and the request behind them that goes to another pod."""

import contextlib
import hashlib
import os
import re
import statistics
import time

import pytest

import origin
import tcp_info
import topology
from lab_fixtures import opened, origins_started
from forwarder import Forwarder
from origin import Origin, constant
from raw_http import Connection, request
from stream import chunked

BAD_WIRE = {"loss": 1, "duplicate": 1, "reorder": 2}
DATA = os.urandom(1 << 20) * 10
CHUNKED = ["Transfer-Encoding: chunked"]
EXTENSION = b";name=value;quoted=\"a b\""
TRAILER = b"X-Sum: 5\r\nContent-Length: 7\r\nHost: other.example.com\r\n"
# name: (data, bytes of a chunk, extension of each: up to 16 KiB a message, trailer). Less data in
# small chunks: each lost segment with a size line costs a pod its retransmission timeout.
CHUNKINGS = {
    "1 B": (DATA[:10000], 1, b"", b""),
    "100 B": (DATA[:1 << 20], 100, b"", b""),
    "100 B with extensions": (DATA[:60000], 100, EXTENSION, TRAILER),
    "4 KiB with trailer": (DATA[:1 << 20], 4096, b"", TRAILER),
    "64 KiB with extensions and trailer": (DATA, 65536, EXTENSION, TRAILER),
}
# Where nothing is lost.
WHOLE = {"10 MB in 100 B": (DATA, 100, b"", b""), "10 MB in 4 KiB": (DATA, 4096, b"", TRAILER)}
HUGE = 5 << 30
DELAYED_ACK = 0.04  # seconds: the least that a kernel waits with an acknowledgement
ZEROS = memoryview(bytes(1 << 20))


def digest_of(data):
    return hashlib.sha256(data).hexdigest()


def send_zeros(send, size):
    for _ in range(size >> 20):
        send(ZEROS)


def huge_reply(connection, message, stream):
    connection.sendall(f"HTTP/1.1 200 OK\r\nX-Pod: api\r\nContent-Length: {HUGE}\r\n\r\n".encode())
    send_zeros(connection.sendall, HUGE)


def huge_upload(connection, message, stream):
    Origin.read_body(message, stream, take=lambda piece: None)
    connection.sendall(origin.reply("api", str(message.length).encode()))


def early_refusal(*fields):
    """413 before the body is read; the body is read and thrown away, then the pod closes."""
    def answer(connection, message, stream):
        connection.sendall(origin.reply("api", b"too large", "413 Payload Too Large", fields))
        Origin.read_body(message, stream)
        return True
    return answer


def answer_early(connection, message, stream):
    """200 before the body is read; the connection goes on."""
    connection.sendall(origin.reply("api", b"early"))
    Origin.read_body(message, stream)


def refuse_expectation(connection, message, stream):
    connection.sendall(origin.reply("api", b"", "417 Expectation Failed"))
    return True


def content_answers(name):
    head = f"HTTP/1.1 200 OK\r\nX-Pod: {name}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    answers = {f"/{name}/{chunking.replace(' ', '-')}": constant(head + chunked(*values))
               for chunking, values in CHUNKINGS.items()}
    if name == "api":
        answers |= {f"/api/{chunking.replace(' ', '-')}": constant(head + chunked(*values))
                    for chunking, values in WHOLE.items()}
    return {f"/{name}/plain": constant(origin.reply(name, DATA)), **answers}


ANSWERS = {"/api/huge": huge_reply, "/api/huge-upload": huge_upload,
           "/api/413": early_refusal("Connection: close"), "/api/413-silent": early_refusal(),
           "/api/417": refuse_expectation, "/api/early": answer_early}


@pytest.fixture(scope="module")
def pods():
    """Pods of the test's own, of which `lossy` is behind a bad wire, as is the client `wired`."""
    with opened() as make:
        lab = make(pods=("frontend", "api", "blog", "lossy"), clients=("client", "wired"),
                   wired=("lossy", "wired"))
        with origins_started(lab, lambda pod: ANSWERS | content_answers(pod.name)):
            yield lab


@pytest.fixture(params=["good wires", "client's wire bad", "pod's wire bad"])
def way(request, pods, origins, web):
    """(connection, name of the pod to ask)."""
    client, pod, bad = {"good wires": ("client", "api", None),
                        "client's wire bad": ("wired", "api", "wired"),
                        "pod's wire bad": ("client", "lossy", "lossy")}[request.param]
    forwarder = Forwarder(pods, pods[bad], seed=42, **BAD_WIRE) if bad else None
    try:
        with Connection(pods[client], web, timeout=30) as made:
            yield made, pod
    finally:
        print(forwarder.stop() if forwarder else "")


def expect_digest(connection, pod, data):
    reply = connection.reply()
    assert (reply.status, reply.pod, reply.body.decode()) == (200, pod, digest_of(data))


# ---- Uploads, the next request right behind ----


def test_a_request_behind_an_upload_goes_to_its_own_pod(way):
    connection, pod = way
    for _ in range(2):
        connection.send(request(f"/{pod}/up", method="POST", body=DATA) + request("/blog/next"))
        expect_digest(connection, pod, DATA)
        assert connection.reply().body == b"GET /blog/next HTTP/1.1"


def upload_chunked(connection, origins, pod, data, *rest):
    connection.send(request(f"/{pod}/up", method="POST", fields=CHUNKED) +
                    chunked(data, *rest) + request("/blog/next"))
    expect_digest(connection, pod, data)
    assert connection.reply().body == b"GET /blog/next HTTP/1.1"
    assert b"".join(line + b"\r\n" for line in origins[pod].requests[0].trailer) == rest[2]
    assert origins[pod].lines == [f"POST /{pod}/up HTTP/1.1"]


@pytest.mark.parametrize("chunking", CHUNKINGS)
def test_a_request_behind_a_chunked_upload_goes_to_its_own_pod(way, origins, chunking):
    upload_chunked(way[0], origins, way[1], *CHUNKINGS[chunking])


@pytest.mark.parametrize("chunking", WHOLE)
def test_a_request_behind_many_chunks_goes_to_its_own_pod(connection, origins, chunking):
    upload_chunked(connection, origins, "api", *WHOLE[chunking])


def test_uploads_of_both_framings_alternate_over_pods(connection, origins):
    data = DATA[:300000]
    for number in range(12):
        pod = ("api", "blog", "frontend")[number % 3]
        path = f"/{pod}/{number}"
        if number % 2:
            connection.send(request(path, method="PUT", fields=CHUNKED) +
                            chunked(data, 1 + 1000 * number, b"", TRAILER))
        else:
            connection.send(request(path, method="PUT", body=data))
        expect_digest(connection, pod, data)


def test_a_body_that_looks_like_requests_stays_a_body(connection, origins):
    body = request("/blog/inside") * 2000
    for fields, data in ([f"Content-Length: {len(body)}"], body), (CHUNKED, chunked(body, 5000)):
        connection.send(request("/api/up", method="POST", fields=fields) + data +
                        request("/blog/behind"))
        expect_digest(connection, "api", body)
        assert connection.reply().pod == "blog"
    assert origins["api"].paths == ["/api/up"] * 2
    assert origins["blog"].paths == ["/blog/behind"] * 2


def test_empty_bodies_are_followed_by_the_next_request(connection):
    for fields, data in (["Content-Length: 0"], b""), (CHUNKED, b"0\r\n\r\n"):
        connection.send(request("/api/up", method="POST", fields=fields) + data +
                        request("/blog/next"))
        assert [connection.reply().pod for _ in range(2)] == ["api", "blog"]


def test_a_chunked_upload_of_one_byte_segments_is_followed(connection):
    data = request("/api/up", method="POST", fields=CHUNKED) + \
        chunked(b"some data", 4, b";a=b", TRAILER)
    connection.send_segments([data[index:index + 1] for index in range(len(data))])
    expect_digest(connection, "api", b"some data")
    assert connection.ask("/blog/").pod == "blog"


def test_a_small_body_right_behind_its_head_costs_no_retransmission(pods, connection):
    """Two writes, as many clients do it: the body comes while the pod is being changed."""
    connection.send_at_once()
    before = tcp_info.counters(pods["client"].namespace, "Tcp")["RetransSegs"]
    for number in range(30):
        pod = ("api", "blog", "frontend")[number % 3]
        head, mark, body = request(f"/{pod}/up", method="POST", body=bytes(100)).partition(
            b"\r\n\r\n")
        connection.send(head + mark)
        connection.send(body)
        assert connection.reply().status == 200
    after = tcp_info.counters(pods["client"].namespace, "Tcp")["RetransSegs"]
    assert after - before <= 2, f"{after - before} retransmissions for 30 requests"


def test_many_chunked_uploads_with_a_request_behind_never_hang(pods, web):
    """How the bytes meet in the router is up to chance: each time on a connection of its own."""
    data, *rest = CHUNKINGS["100 B with extensions"]
    for _ in range(50):
        with Connection(pods["client"], web) as connection:
            connection.send(request("/api/up", method="POST", fields=CHUNKED) +
                            chunked(data, *rest) + request("/blog/next"))
            expect_digest(connection, "api", data)
            assert connection.reply().pod == "blog"


@pytest.mark.parametrize("size", [100, 4096])
def test_a_client_need_not_wait_for_its_timer_when_a_chunked_upload_loses_segments(
        pods, origins, web, size):
    forwarder = Forwarder(pods, pods["wired"], seed=42, loss=1)
    before = tcp_info.counters(pods["wired"].namespace)["TCPTimeouts"]
    try:
        with Connection(pods["wired"], web, timeout=30) as connection:
            connection.send(request("/api/up", method="POST", fields=CHUNKED) +
                            chunked(DATA, size))
            expect_digest(connection, "api", DATA)
    finally:
        lost = forwarder.stop()["lost"]
    timeouts = tcp_info.counters(pods["wired"].namespace)["TCPTimeouts"] - before
    print(f"{lost} segments lost, {timeouts} timeouts")
    assert timeouts * 4 < lost, f"{timeouts} timeouts for {lost} lost segments"


# ---- Replies ----


def test_a_request_after_ten_megabytes_goes_to_its_own_pod(way):
    connection, pod = way
    for _ in range(2):
        connection.send(request(f"/{pod}/plain"))
        reply, digest = connection.download()
        assert (reply.pod, digest) == (pod, digest_of(DATA))
        assert connection.ask("/blog/next").pod == "blog"


def download_chunked(connection, pod, chunking, data):
    connection.send(request(f"/{pod}/{chunking.replace(' ', '-')}"))
    reply, digest = connection.download()
    assert (reply.pod, digest) == (pod, digest_of(data))
    assert connection.ask("/blog/next").pod == "blog"


@pytest.mark.parametrize("chunking", CHUNKINGS)
def test_a_request_after_a_chunked_reply_goes_to_its_own_pod(way, chunking):
    download_chunked(*way, chunking, CHUNKINGS[chunking][0])


@pytest.mark.parametrize("chunking", WHOLE)
def test_a_request_after_many_chunks_of_a_reply_goes_to_its_own_pod(connection, chunking):
    download_chunked(connection, "api", chunking, WHOLE[chunking][0])


# ---- More than 32 bits ----


def test_five_gibibytes_down_are_framed_right(connection):
    start = time.monotonic()
    size = 0

    def count(piece):
        nonlocal size
        size += len(piece)

    connection.send(request("/api/huge"))
    connection.reply(sink=count)
    print(f"{time.monotonic() - start:.1f} s")
    assert size == HUGE
    assert connection.ask("/blog/next").pod == "blog"


def test_five_gibibytes_up_are_framed_right(connection):
    start = time.monotonic()
    connection.send(request("/api/huge-upload", method="POST",
                            fields=[f"Content-Length: {HUGE}"]))
    send_zeros(connection.send, HUGE)
    connection.send(request("/blog/next"))
    assert connection.reply().body.decode() == str(HUGE)
    print(f"{time.monotonic() - start:.1f} s")
    assert connection.reply().pod == "blog"


# ---- Replies before the request is complete ----


def test_a_large_post_without_rule_on_a_later_request_reads_the_404(connection):
    for path, pod in (("/api/", "api"), ("/blog/", "blog")):
        assert connection.ask(path).pod == pod
    connection.send(request("/", method="POST", host="other.example.com", body=DATA[:3 << 20]))
    assert connection.reply().status == 404


def test_a_pods_early_reply_with_close_is_read_and_is_the_last(connection, origins):
    assert connection.ask("/blog/first").pod == "blog"
    connection.send(request("/api/413", method="POST", fields=[f"Content-Length: {3 << 20}"]))
    reply = connection.reply()
    assert (reply.status, reply.body) == (413, b"too large")
    connection.send(DATA[:3 << 20] + request("/blog/behind"))
    assert connection.read_to_end() == b""
    assert origins["blog"].paths == ["/blog/first"]
    assert b"/blog/behind" not in origins["api"].raw


def test_a_request_after_an_early_reply_goes_to_its_own_pod(connection, origins):
    connection.send(request("/api/413-silent", method="POST",
                            fields=[f"Content-Length: {3 << 20}"]))
    assert connection.reply().status == 413
    connection.send(DATA[:3 << 20] + request("/blog/behind"))
    assert connection.reply().body == b"GET /blog/behind HTTP/1.1"
    assert b"/blog/behind" not in origins["api"].raw


def test_a_request_in_the_segment_of_a_body_that_was_answered_early_is_answered(connection):
    """The pod closes behind the body, which is complete by then."""
    connection.send(request("/api/413-silent", method="POST", fields=["Content-Length: 100"]))
    assert connection.reply().status == 413
    connection.send(bytes(100) + request("/blog/behind"))
    assert connection.reply().pod == "blog"


def test_a_body_that_comes_behind_its_reply_does_not_delay_the_next_request(pods, connection):
    """The next request waits for the pod's acknowledgement of the body, and for no timer."""
    connection.send_at_once()
    before = tcp_info.counters(pods["client"].namespace, "Tcp")["RetransSegs"]
    took = []
    for number in range(50):
        start = time.monotonic()
        head, mark, body = request("/api/early", method="POST", body=bytes(100)).partition(
            b"\r\n\r\n")
        connection.send(head + mark)
        assert connection.reply().body == b"early"
        connection.send(body)
        assert connection.ask("/blog/next").pod == "blog"
        took.append(time.monotonic() - start)
    after = tcp_info.counters(pods["client"].namespace, "Tcp")["RetransSegs"]
    assert after - before <= 2, f"{after - before} retransmissions for 100 requests"
    assert statistics.median(took) < DELAYED_ACK / 2, took


def test_a_refused_expectation_is_the_last(connection, origins):
    assert connection.ask("/blog/first").pod == "blog"
    connection.send(request("/api/417", method="POST",
                            fields=["Expect: 100-continue", "Content-Length: 100"]))
    assert connection.reply().status == 417
    with contextlib.suppress(ConnectionError):  # the pod has closed: either is right
        connection.send(request("/blog/behind"))
        assert connection.read_to_end() == b""
    assert origins["blog"].paths == ["/blog/first"]


def test_curls_upload_after_100_continue_is_followed_by_another_pod(pods, origins, web):
    host = topology.in_url(web)
    path = os.path.join(pods.directory, "upload")
    with open(path, "wb") as file:
        file.write(DATA)
    common = ["-sS", "-H", "Host: shop.example.com", "-w", " connects=%{num_connects}\n"]
    done = pods["client"].namespace.run(
        "curl", *common, "-v", "-H", "Expect: 100-continue", "--expect100-timeout", "20",
        "-T", path, f"http://{host}/api/up", "--next", *common, f"http://{host}/blog/next")
    assert done.stdout.splitlines() == [f"{digest_of(DATA)} connects=1",
                                        "GET /blog/next HTTP/1.1 connects=0"]
    assert re.search(r"< HTTP/1.1 100 ", done.stderr)
