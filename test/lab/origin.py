# SPDX-License-Identifier: Apache-2.0
"""A pod that reads HTTP/1.1 strictly and remembers all that it has read."""

import dataclasses
import errno
import hashlib
import threading

import servers
import wait
from stream import Stream

KEPT_BYTES = 1 << 20
CUT_SHORT = "FIN in mid-message"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclasses.dataclass
class Request:
    line: str
    fields: dict
    length: int = 0
    digest: str = ""
    trailer: list = dataclasses.field(default_factory=list)

    @property
    def path(self):
        return self.line.split(" ")[1]

    @property
    def wants_close(self):
        """HTTP/1.1 goes on unless told otherwise, HTTP/1.0 does not."""
        default = "close" if self.line.endswith("/1.0") else "keep-alive"
        return self.fields.get("connection", default).lower() == "close"


def parse(head):
    line, *lines = head[:-4].decode("latin-1").split("\r\n")
    pairs = [entry.split(":", 1) for entry in lines]
    return Request(line, {name.lower(): value.strip() for name, value in pairs})


def reply(name, body=b"", status="200 OK", fields=()):
    lines = [f"HTTP/1.1 {status}", f"X-Pod: {name}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Memory:
    """What an origin keeps of the connections of one test."""

    def __init__(self):
        self.requests, self.ends, self.raw = [], [], bytearray()

    def see(self, piece):
        if len(self.raw) < KEPT_BYTES:
            self.raw += piece


class Origin:
    """Answers with its name, and the request line or the SHA-256 of the request's body.

    answers: {path: function(connection, request, stream)}; it answers in place of the usual reply,
    before the body is read, and returns True if the connection is to end.

    lines: all request lines; requests: the same, parsed; raw: what was received, up to KEPT_BYTES;
    ends: how each ended connection ended: "FIN", CUT_SHORT, or the name of an error.
    """

    def __init__(self, peer, answers=None, port=8080):
        self.name = peer.name
        self.answers = answers or {}
        self.forget()
        self._lock = threading.Lock()
        self.server = servers.Server(peer, self._serve, port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()

    def forget(self):
        """Nothing is remembered any more of the connections up to now, nor of their ends."""
        self._memory = Memory()

    @property
    def requests(self):
        return self._memory.requests

    @property
    def ends(self):
        return self._memory.ends

    @property
    def raw(self):
        return self._memory.raw

    @property
    def lines(self):
        return [request.line for request in self.requests]

    @property
    def paths(self):
        return [request.path for request in self.requests]

    def _serve(self, connection):
        end = "FIN"
        memory = self._memory
        try:
            stream = Stream(connection, memory.see)
            while head := stream.read_head():
                request = parse(head)
                with self._lock:
                    memory.requests.append(request)
                if self._answer(connection, request, stream):
                    end = "closed by the pod"
                    break
        except OSError as error:
            end = errno.errorcode.get(error.errno, CUT_SHORT)
        connection.close()
        with self._lock:
            memory.ends.append(end)

    def _answer(self, connection, request, stream):
        special = self.answers.get(request.path)
        if special:
            return special(connection, request, stream)
        if "100-continue" in request.fields.get("expect", ""):
            connection.sendall(CONTINUE)
        self.read_body(request, stream)
        body = (request.digest or request.line).encode()
        data = reply(self.name, body, fields=self._persistence(request))
        connection.sendall(data[:-len(body)] if request.line.startswith("HEAD ") else data)
        return request.wants_close

    @staticmethod
    def _persistence(request):
        if request.wants_close:
            return ["Connection: close"]
        return ["Connection: keep-alive"] * request.line.endswith("/1.0")

    @staticmethod
    def read_body(request, stream, take=None):
        """Fills in the request's length, digest and trailer; take(bytes) gets the body instead of
        the digest."""
        digest = hashlib.sha256()
        take = take or digest.update

        def count(piece):
            request.length += len(piece)
            take(piece)

        if "chunked" in request.fields.get("transfer-encoding", "").lower():
            request.trailer = stream.read_chunked(count)
        else:
            stream.read_body(int(request.fields.get("content-length", 0)), count)
        request.digest = digest.hexdigest() if request.length else ""

    def wait_for_ends(self, count, timeout=15):
        """How the first `count` connections ended."""
        wait.until(lambda: len(self.ends) >= count, f"{count} ended connections at {self.name}",
                   timeout)
        return self.ends[:count]


def constant(data, close=False):
    """An answer: these bytes, whatever the request is."""
    def answer(connection, request, stream):
        Origin.read_body(request, stream)
        connection.sendall(data)
        return close
    return answer
