# SPDX-License-Identifier: Apache-2.0
"""A client on the node that sends pages of its own memory without a copy: they lie in the packet,
and in the pod's socket, while it changes them. The pod reads what was routed."""

import mmap
import os
import threading

import pytest

import wait
from lab_fixtures import opened
from raw_http import Connection, request
from servers import Server, answer
from stream import Stream

READ = b"/api/public"
EVIL = b"/admin/only"


class SlowPod:
    """Answers with the head that it reads, or the body; the second one only when it is told to."""

    def __init__(self, pod):
        self.may_read = threading.Event()
        self.server = Server(pod, self.serve)

    def serve(self, connection):
        stream = Stream(connection)
        answer(connection, "api", stream.read_head())
        self.may_read.wait(30)
        answer(connection, "api", connection.recv(65536))


@pytest.fixture(scope="module")
def lab():
    with opened() as make:
        made = make(pods=("frontend", "api", "blog"))
        made.write_shop()
        made.agent.start()
        yield made


def send_pages(connection, data):
    """By sendfile(), which copies nothing. Yields the memory."""
    file = os.memfd_create("pages")
    os.write(file, data)
    memory = mmap.mmap(file, len(data))
    assert os.sendfile(connection.socket.fileno(), file, 0, len(data)) == len(data)
    os.close(file)
    return memory


@pytest.mark.parametrize("data", [
    pytest.param(request(READ.decode()), id="head"),
    pytest.param(request("/api/", body=b"x" * 3000) + request(READ.decode()), id="behind a body"),
    pytest.param(b"POST /api/ HTTP/1.1\r\nHost: shop.example.com\r\nTransfer-Encoding: chunked\r\n"
                 b"\r\n" + b"b;e=" + READ + b"\r\n0123456789a\r\n0\r\n\r\n", id="chunk line"),
])
def test_a_pod_reads_what_was_routed(lab, web, data):
    slow = SlowPod(lab["api"])
    with slow.server, Connection(lab["client"], web) as connection:
        connection.send(request("/api/"))
        assert connection.reply().status == 200
        memory = send_pages(connection, data)
        wait.until(lambda: connection.unacknowledged() == 0, "the pod's acknowledgement")
        at = memory.find(READ)
        memory[at:at + len(READ)] = EVIL
        slow.may_read.set()
        seen = connection.reply().body
    assert READ in seen
    assert EVIL not in seen
