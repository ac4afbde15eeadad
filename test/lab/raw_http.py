# SPDX-License-Identifier: Apache-2.0
"""An HTTP client that decides itself which bytes leave in which segment."""

import dataclasses
import fcntl
import hashlib
import socket
import struct
import termios

import wait
from stream import Stream

SIOCOUTQ = termios.TIOCOUTQ
LINGER_RESET = struct.pack("ii", 1, 0)


@dataclasses.dataclass
class Reply:
    status: int
    fields: dict
    body: bytes

    @property
    def pod(self):
        """The pod that answered; empty if the router itself did."""
        return self.fields.get("x-pod", "")

    @property
    def seen(self):
        """What the pod saw of the request, line by line: pod, uri, host, remote, port."""
        lines = self.body.decode(errors="replace").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def __str__(self):
        return f"{self.status} from {self.pod or 'no pod'}: {self.body[:200]!r}"


def request(path="/", method="GET", host="shop.example.com", body=None, fields=(), version="1.1"):
    lines = [f"{method} {path} HTTP/{version}", f"Host: {host}", *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


class Connection:
    """A TCP connection from a peer's namespace. set_up(socket) runs before connect()."""

    def __init__(self, peer, address, port=80, source=("", 0), set_up=None, timeout=10):
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = peer.namespace.socket(self.family)
        self.stream = Stream(self.socket)
        try:
            self.socket.settimeout(timeout)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if source != ("", 0):
                self.socket.bind(source)
            if set_up:
                set_up(self.socket)
            self.socket.connect((address, port))
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def source_port(self):
        return self.socket.getsockname()[1]

    def send(self, data):
        self.socket.sendall(data)

    def send_at_once(self):
        """No waiting for more (Nagle off)."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def unacknowledged(self):
        """Bytes written that the other side has not acknowledged."""
        return struct.unpack("i", fcntl.ioctl(self.socket, SIOCOUTQ, b"\0" * 4))[0]

    def send_segments(self, pieces):
        """Each piece in a segment of its own: the next waits for the acknowledgement."""
        self.send_at_once()
        for piece in pieces[:-1]:
            self.send(piece)
            wait.until(lambda: self.unacknowledged() == 0, f"acknowledgement of {piece!r}",
                       interval=0.0001)
        self.send(pieces[-1])

    def finish(self):
        """FIN: nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        self.socket.close()

    def close(self):
        self.socket.close()

    def _head(self):
        head = self.stream.read_head()
        if not head:
            raise ConnectionError("connection ended before a reply")
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        fields = dict((line.split(":", 1)[0].lower(), line.split(":", 1)[1].strip())
                      for line in lines)
        return int(first.split()[1]), fields

    def _body(self, fields, take):
        if "chunked" in fields.get("transfer-encoding", ""):
            self.stream.read_chunked(take)
        elif "content-length" in fields:
            self.stream.read_body(int(fields["content-length"]), take)
        else:
            self.stream.read_to_end(take)

    def reply(self, sink=None, head_only=False):
        """The next reply, an interim one too; its body goes to sink(bytes) if one is given."""
        status, fields = self._head()
        body = []
        if not head_only and status >= 200 and status not in (204, 304):
            self._body(fields, sink or body.append)
        return Reply(status, fields, b"".join(body))

    def ask(self, path="/", **options):
        """One request, and its reply."""
        self.send(request(path, **options))
        return self.reply(head_only=options.get("method") == "HEAD")

    def download(self):
        """(reply without body, SHA-256 of its body)."""
        digest = hashlib.sha256()
        return self.reply(sink=digest.update), digest.hexdigest()

    def read_to_end(self):
        """All bytes up to the peer's FIN."""
        data = []
        self.stream.read_to_end(data.append)
        return b"".join(data)


def ask(peer, address, path="/", port=80, **options):
    """One request on a connection of its own."""
    connect = {key: options.pop(key) for key in ("source", "set_up", "timeout") if key in options}
    with Connection(peer, address, port, **connect) as connection:
        return connection.ask(path, **options)
