# SPDX-License-Identifier: Apache-2.0
"""Servers in the test's own process, for pods whose every byte and close a test decides."""

import hashlib
import re
import socket
import threading

import tcp_info
from stream import Stream


class Server:
    """Calls serve(connection) in a thread for each connection that is accepted in the pod."""

    def __init__(self, peer, serve, port=8080, backlog=1024, set_up=None):
        self.serve = serve
        self.accepted = 0
        self.errors = []
        self.sockets = []
        self._open = []
        for family, any_address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            listener = peer.namespace.socket(family)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if set_up:
                set_up(listener)
            listener.bind((any_address, port))
            listener.listen(backlog)
            self.sockets.append(listener)
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._open.append(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            with connection:
                self.serve(connection)
        except OSError as error:
            self.errors.append(error)

    def close(self):
        for listener in self.sockets:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        for connection in self._open:
            connection.close()


def answer(connection, name, body, fields=()):
    lines = ["HTTP/1.1 200 OK", f"X-Pod: {name}", f"Content-Length: {len(body)}", *fields]
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def content_length(head):
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
    return int(found[1]) if found else 0


def pod(name, content=b""):
    """serve() of a pod: GET /…/content sends the content, other GETs the head that was read, byte
    for byte; a request with a body is answered with the SHA-256 of the body. X-Tcp tells what the
    pod's side of the connection negotiated (see tcp_info.py).
    """
    def serve(connection):
        stream = Stream(connection)
        while head := stream.read_head():
            digest, length = hashlib.sha256(), content_length(head)
            stream.read_body(length, digest.update)
            if length:
                body = digest.hexdigest().encode()
            else:
                body = content if b"/content " in head else head
            close = b"\r\nConnection: close\r\n" in head
            answer(connection, name, body, [f"X-Tcp: {tcp_info.read(connection)}"] +
                   ["Connection: close"] * close)
            if close:
                return
    return serve
