# SPDX-License-Identifier: Apache-2.0
"""Network namespaces that live as long as a process: after kill -9 nothing is left of them."""

import subprocess

import wait
from control_plane import Here
from namespace import Namespace
from processes import Process


class HeldNamespace(Namespace):
    """That of a running process."""

    def __init__(self, name, pid):
        super().__init__(name, create=False)
        self.pid = pid
        self.path = f"/proc/{pid}/ns/net"

    def ip(self, *lines):
        done = subprocess.run(self.command("ip", "-batch", "-"), input="\n".join(lines) + "\n",
                              text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {done.stderr.strip()}: {' ; '.join(lines)}")


class NewNamespace(HeldNamespace):
    """A new one, with a process that does nothing but hold it."""

    def __init__(self, name, directory):
        self.holder = Process(Here, directory, f"holder-{name}", ["unshare", "--net", "sleep",
                                                                  "infinity"])
        super().__init__(name, self.holder.pid)
        wait.until(self._is_new, f"namespace {name}")
        self.ip("link set lo up")

    def _is_new(self):
        with open(f"/proc/{self.pid}/comm", encoding="ascii") as file:
            return file.read().strip() == "sleep"

    def delete(self):
        self.holder.stop(timeout=5)
