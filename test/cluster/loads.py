# SPDX-License-Identifier: Apache-2.0
"""Steady requests from several clients at once, while something happens to the cluster."""

import contextlib

from load import Load
from measured import note
from shop import PATHS

STEP = 200  # requests of each client before and after
PAUSE = 0.002  # the machine has other things to do as well


class Loads:
    """Fails if one request of one client does.

        with Loads(clients, address, "scaled") as loads:
            ...                       # what happens between STEP requests and STEP requests
    """

    def __init__(self, clients, address, what, paths=None, kind=Load):
        self.what = what
        self.loads = [kind(client, address, dict(paths or PATHS), threads=2, pause=PAUSE)
                      for client in clients]
        self._exit = contextlib.ExitStack()

    def __enter__(self):
        for load in self.loads:
            self._exit.enter_context(load)
        self.wait_for_more()
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.wait_for_more()
        finally:
            self._exit.close()
        if kind is None:
            self.check()

    def wait_for_more(self, count=STEP):
        for load in self.loads:
            load.wait_for_more(count, timeout=60)

    @property
    def failures(self):
        return [failure for load in self.loads for failure in load.failures]

    @property
    def done(self):
        return sum(load.done for load in self.loads)

    def check(self):
        note(f"{self.what}: {self.done} requests, {len(self.failures)} failed")
        for load in self.loads:
            load.check()


class Counted(Loads):
    """Failures are only counted."""

    def wait_for_more(self, count=STEP):
        """There is nothing to wait for that a failure would not end."""

    def check(self):
        note(f"{self.what}: {self.done} requests, {len(self.failures)} failed")


class MayBeEmpty(Load):
    """503 of the router is an answer, too: there may be no pod."""

    def _judge(self, path, stage, reply):
        if reply.status == 503 and not reply.pod:
            self.done += 1
        else:
            super()._judge(path, stage, reply)
