# SPDX-License-Identifier: Apache-2.0
"""What an idle connection costs in memory, and the router's maps for a million of them."""

import json
import os
import resource
import socket
import subprocess

import machine
import stage
import wait
from generator import HOST
from lab import Lab

MILLION = 1000000
SETTLE = 1 << 20


def raise_descriptors():
    """As many files as this machine allows; what is started later inherits them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _connect(way):
    host, _, port = way.address.partition(":")
    connection = socket.socket()
    connection.settimeout(10)
    try:
        connection.connect((host, int(port or 80)))
        connection.sendall(f"GET /api/ HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = connection.recv(4096)
            if not piece:
                raise OSError("closed before its reply")
            answer += piece
    except OSError:
        connection.close()
        raise
    return connection


def _is_open(connection):
    connection.setblocking(False)
    try:
        # What is left of a reply does not matter; the end of the connection does.
        while connection.recv(4096):
            pass
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def _open_all(way, count):
    held = []
    with way.client.namespace.entered():
        for _ in range(count):
            held.append(_connect(way))
    return held


def _settled_memory():
    """Once two readings are alike: what earlier connections held is given back late."""
    last = [machine.used_memory()]

    def is_settled():
        now, before = machine.used_memory(), last[0]
        last[0] = now
        return abs(now - before) < SETTLE

    try:
        wait.until(is_settled, "memory to settle", timeout=3, interval=0.3)
    except AssertionError:
        pass
    return last[0]


def _process_memory(way):
    return machine.process_memory(way.process.pid) if way.process else 0


def measure(way, count, quiet=True):
    """Bytes a connection: of the way's own processes, and, if nothing else is going on, of the
    whole machine, both ends' sockets and the pod's part among it. {"error": …} where connections
    are not kept."""
    held = []
    try:
        machine_before, own_before = _settled_memory(), _process_memory(way)
        held = _open_all(way, count)
        kept = sum(map(_is_open, held))
        if kept < count:
            return {"error": f"{count - kept} of {count} connections were closed"}
        return {"connections": count, "process_bytes": (_process_memory(way) - own_before) / count,
                "machine_bytes": (_settled_memory() - machine_before) / count if quiet else None}
    except OSError as error:
        return {"error": f"after {len(held)} connections: {error}"}
    finally:
        for connection in held:
            connection.close()


def map_memory(bpffs):
    """Bytes of all maps below a bpffs."""
    total = 0
    for folder, _, names in os.walk(bpffs):
        for name in names:
            done = subprocess.run(["bpftool", "-j", "map", "show", "pinned",
                                   os.path.join(folder, name)], text=True, check=False,
                                  capture_output=True)
            if done.returncode == 0:
                total += json.loads(done.stdout).get("bytes_memlock", 0)
    return total


def million_flows():
    """Bytes of maps that hold a million connections: they are there from the start, so nothing
    has to connect."""
    sizes = {}
    for flows in (131072, MILLION):
        with Lab(pods=("oapi",), clients=("oclient",)) as lab:
            stage.start_ours(lab, "--max-flows", str(flows))
            sizes[flows] = map_memory(lab.bpffs)
    few, many = sizes
    return {"connections": many, "map_bytes": sizes[many],
            "bytes_a_connection": (sizes[many] - sizes[few]) / (many - few)}
