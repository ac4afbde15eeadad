# SPDX-License-Identifier: Apache-2.0
"""Network namespaces: made, entered as nsenter --net does (bpffs stays visible), removed."""

import contextlib
import ctypes
import os
import socket
import subprocess

CLONE_NEWNET = 0x40000000
DIRECTORY = "/run/netns"

_libc = ctypes.CDLL(None, use_errno=True)


def _set_namespace(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), "setns")


class Namespace:
    """A named network namespace. Entering changes the calling thread only."""

    def __init__(self, name, create=True):
        self.name = name
        self.path = f"{DIRECTORY}/{name}"
        if create:
            subprocess.run(["ip", "netns", "add", name], check=True)
            self.ip("link set lo up")

    def delete(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False, stderr=subprocess.DEVNULL)

    @contextlib.contextmanager
    def entered(self):
        """Sockets that this thread opens inside the block belong to the namespace for good."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            target = os.open(self.path, os.O_RDONLY)
            try:
                _set_namespace(target)
            finally:
                os.close(target)
            try:
                yield self
            finally:
                _set_namespace(home)
        finally:
            os.close(home)

    def command(self, *argv):
        return ["nsenter", f"--net={self.path}", *map(str, argv)]

    def run(self, *argv, check=True, timeout=60, **options):
        """Runs a command to its end; returns its CompletedProcess with text output."""
        done = subprocess.run(self.command(*argv), text=True, capture_output=True,
                              timeout=timeout, check=False, **options)
        if check and done.returncode != 0:
            raise RuntimeError(f"{self.name}: {' '.join(map(str, argv))}: "
                               f"status {done.returncode}: {done.stderr.strip()}")
        return done

    def ip(self, *lines):
        """Runs lines of `ip` commands, without the word ip, in one process."""
        done = subprocess.run(["ip", "-netns", self.name, "-batch", "-"],
                              input="\n".join(lines) + "\n", text=True, capture_output=True,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {done.stderr.strip()}: {' ; '.join(lines)}")

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
        with self.entered():
            return socket.socket(family, kind, protocol)

    def set_sysctl(self, **values):
        """Names with dots written as double underscores: net__ipv4__ip_forward=1."""
        with self.entered():
            for name, value in values.items():
                path = "/proc/sys/" + name.replace("__", "/")
                with open(path, "w", encoding="ascii") as file:
                    file.write(str(value))

    def pids(self):
        done = subprocess.run(["ip", "netns", "pids", self.name], text=True,
                              capture_output=True, check=False)
        return [int(word) for word in done.stdout.split()]
