# SPDX-License-Identifier: Apache-2.0
"""The way from an agent to the API server, which tests can cut, choke and slow down.

A TCP forwarder: it listens on loopback in the agent's network namespace and connects in that of
the test. TLS passes through unread.
"""

import contextlib
import socket
import struct
import threading
import time

RESET = struct.pack("ii", 1, 0)


class FaultyWay:
    """connections: how many were ever accepted. delay: seconds that each piece of data waits."""

    def __init__(self, namespace, port):
        self.target = ("127.0.0.1", port)
        self.connections = 0
        self.delay = 0.0
        self._namespace = namespace
        self._flowing = threading.Event()
        self._flowing.set()
        self._pairs = set()
        self._lock = threading.Lock()
        self.port = 0
        self._listener = None
        self.open()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    # ---- Faults ----

    def open(self):
        """Connections are accepted again, on the same port."""
        self._listener = self._namespace.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def refuse(self):
        """New connections are refused; those that exist stay."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self):
        """All connections are reset; returns how many there were."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _reset(end)
        return len(pairs)

    def swallow(self):
        """Nothing passes any more, and nobody is told: no FIN, no RST, also on new connections."""
        self._flowing.clear()

    def release(self):
        """What was swallowed flows on."""
        self._flowing.set()

    def renew(self):
        """New connections pass; those that swallow do so for good."""
        self._flowing = threading.Event()
        self._flowing.set()

    @contextlib.contextmanager
    def closed(self):
        """Inside the block there is no way: all connections are cut, new ones refused."""
        self.refuse()
        self.cut()
        try:
            yield
        finally:
            self.open()

    def close(self):
        self.refuse()
        self.cut()
        self.release()

    # ---- Forwarding ----

    def open_count(self):
        with self._lock:
            return len(self._pairs)

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near):
        try:
            far = socket.create_connection(self.target)
        except OSError:
            _reset(near)
            return
        pair = (near, far)
        with self._lock:
            self._pairs.add(pair)
        for end in pair:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        flowing = self._flowing
        other = threading.Thread(target=self._pump, args=(far, near, flowing), daemon=True)
        other.start()
        self._pump(near, far, flowing)
        other.join()
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            end.close()

    def _pump(self, source, sink, flowing):
        try:
            while data := source.recv(1 << 16):
                flowing.wait()
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            # One end is gone, so the other is told.
            for end in (source, sink):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


def _reset(end):
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        # A thread that reads from it wakes up; close() alone would leave it there.
        end.shutdown(socket.SHUT_RD)
        end.close()
