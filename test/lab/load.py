# SPDX-License-Identifier: Apache-2.0
"""Steady requests in the background, each failure of which is remembered."""

import threading
import time

import wait
from raw_http import Connection, request

KEPT_REQUESTS = 20


class Load:
    """Half of the threads use a connection for each request, half keep theirs for some requests.

        with Load(client, address, paths) as load:
            ...
            load.wait_for_more(500)
        load.check()

    paths: {path: set of pods that may answer it}; the sets may be changed meanwhile.
    """

    def __init__(self, peer, address, paths, threads=4, timeout=10):
        self.peer, self.address, self.paths, self.timeout = peer, address, paths, timeout
        self.done = 0
        self.failures = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._start = time.monotonic()
        self._threads = [threading.Thread(target=self._run, args=(index,), daemon=True)
                         for index in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(self.timeout + 5)

    def _run(self, index):
        kept = KEPT_REQUESTS if index % 2 else 1
        paths = list(self.paths)
        turn = index
        while not self._stop.is_set():
            turn += 1
            self._use_connection(paths[turn % len(paths)], kept)

    def _use_connection(self, path, kept):
        sent = time.monotonic()
        stage = "connect"
        try:
            with Connection(self.peer, self.address, timeout=self.timeout) as connection:
                for number in range(1, kept + 1):
                    if self._stop.is_set():
                        return
                    sent = time.monotonic()
                    stage = f"request {number} from port {connection.source_port}"
                    connection.send(request(path))
                    self._judge(path, number, connection.reply())
        except OSError as error:
            self._fail(f"{path}: {stage} after {time.monotonic() - sent:.3f} s: {error!r}")

    def _judge(self, path, number, reply):
        # A kept connection stays with its first pod, whatever the routes say by now.
        if reply.status == 200 and (number > 1 or reply.pod in self.paths[path]):
            with self._lock:
                self.done += 1
        else:
            self._fail(f"{path}: {reply}")

    def _fail(self, text):
        with self._lock:
            self.failures.append(f"{time.monotonic() - self._start:.3f} s: {text}")

    def wait_for_more(self, count, timeout=30):
        """Until `count` more requests have succeeded."""
        target = self.done + count
        wait.until(lambda: self.done >= target or self.failures, f"{count} more requests", timeout)

    def check(self):
        assert not self.failures, (f"{len(self.failures)} of {self.done + len(self.failures)} "
                                   "requests failed:\n" + "\n".join(self.failures[:20]))
