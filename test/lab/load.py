# SPDX-License-Identifier: Apache-2.0
"""Steady requests in the background, each failure of which is remembered."""

import threading
import time

import packets
import wait
from raw_http import Connection

FOREVER = 1 << 62


class Load:
    """Half of the threads use a connection for each request, half keep theirs for some requests,
    which go through all paths.

        with Load(client, address, paths) as load:
            ...
            load.wait_for_more(500)
        load.check()

    paths: {path: set of pods that may answer it}; the sets may be changed meanwhile.
    kept: requests on a connection, for the threads in turn. A connection that ends before is a
    failure, unless the last reply has announced it by Connection: close (`announced` counts them).
    pause: seconds after each request.
    """

    def __init__(self, peer, address, paths, threads=4, timeout=10, kept=(1, 20), pause=0):
        self.peer, self.address, self.paths, self.timeout = peer, address, paths, timeout
        self.kept, self.pause = kept, pause
        self.done = self.announced = 0
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
        turn = index
        while not self._stop.is_set():
            turn = self._use_connection(turn, self.kept[index % len(self.kept)])

    def _use_connection(self, turn, kept):
        """Each request takes the path whose turn it is; returns the next turn."""
        paths = list(self.paths)
        sent = time.monotonic()
        stage = "connect"
        try:
            with Connection(self.peer, self.address, timeout=self.timeout) as connection:
                for number in range(1, kept + 1):
                    if self._stop.is_set():
                        break
                    path = paths[turn % len(paths)]
                    sent = time.monotonic()
                    stage = f"{path}: request {number} from port {connection.source_port}"
                    turn += 1
                    reply = connection.ask(path)
                    self._judge(path, stage, reply)
                    self._stop.wait(self.pause)
                    if reply.fields.get("connection", "").lower() == "close":
                        self.announced += 1
                        break
        except OSError as error:
            self._fail(f"{stage} after {time.monotonic() - sent:.3f} s: {error!r}")
        return turn

    def _judge(self, path, stage, reply):
        if reply.status == 200 and reply.pod in self.paths[path]:
            with self._lock:
                self.done += 1
        else:
            self._fail(f"{stage}: {reply}")

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


def serve_in_flood(lab, address, paths, frames):
    """The peer `attacker` sends the frames, and not one request of the peer `client` fails."""
    with packets.open_device(lab["attacker"].namespace) as raw, \
         Load(lab["client"], address, paths, threads=2) as load:
        load.wait_for_more(20)
        for frame in frames:
            raw.send(frame)
        load.wait_for_more(100)
    load.check()
