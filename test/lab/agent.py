# SPDX-License-Identifier: Apache-2.0
"""The agent under test: started, asked, killed; and its maps, read by their pins."""

import collections
import ipaddress
import json
import os
import signal
import socket
import subprocess

import wait
from processes import Process

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, os.environ.get("BUILD_DIR") or "build")
HTTP_PORT = 9180


class Agent:
    """pathroute-agent in the node's namespace, with a bpffs of the lab's own."""

    def __init__(self, node, directory, bpffs, manifests, devices=("veth*",)):
        self.node = node
        self.directory = directory
        self.bpffs = bpffs
        self.manifests = manifests
        self.devices = devices
        self.options = os.environ.get("LAB_AGENT", "").split()
        self.process = None

    def command(self):
        argv = [os.path.join(BUILD, "pathroute-agent"), "--bpffs", self.bpffs, *self.source()]
        for pattern in self.devices:
            argv += ["--device", pattern]
        return argv + self.options

    def source(self):
        """Options that say where its objects come from."""
        return ["--manifests", self.manifests]

    def start(self, ready=True):
        self.process = Process(self.node, self.directory, "agent", self.command())
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=30):
        def is_ready():
            assert self.process.is_alive(), f"the agent has ended:\n{self.process.log()}"
            return self.get("/readyz")[0] == 200

        wait.until(is_ready, "the agent's /readyz", timeout)

    def get(self, path):
        """(status, body) from the agent's own HTTP port; (0, "") while it does not listen."""
        with self.node.socket(socket.AF_INET) as connection:
            connection.settimeout(5)
            try:
                connection.connect(("127.0.0.1", HTTP_PORT))
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: agent\r\n"
                                   "Connection: close\r\n\r\n".encode())
                reply = b""
                while piece := connection.recv(65536):
                    reply += piece
            except OSError:
                return 0, ""
        head, _, body = reply.partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()

    def metric(self, name, **labels):
        """Sum of the samples of a metric that carry these labels."""
        total = 0.0
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        for line in self.get("/metrics")[1].splitlines():
            if line.split("{")[0].split(" ")[0] == name and all(text in line for text in wanted):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def kill(self):
        """kill -9: nothing of the agent's own clean-up runs."""
        self.process.stop(signal.SIGKILL)

    def stop(self):
        if self.process:
            self.process.stop(signal.SIGTERM)

    def uninstall(self):
        """Detaches and unpins everything, as `pathroute-agent uninstall` does."""
        return self.node.run(os.path.join(BUILD, "pathroute-agent"), "uninstall", "--bpffs",
                             self.bpffs)

    def ctl(self, *arguments):
        """Output of pathroutectl."""
        return self.node.run(os.path.join(BUILD, "pathroutectl"), *arguments, "--bpffs",
                             self.bpffs).stdout

    def pins(self):
        """Paths of all pins; the kernel's own *.debug files are none."""
        return [os.path.join(base, name) for base, _, names in os.walk(self.bpffs)
                for name in names if not name.endswith(".debug")]

    def log(self):
        return self.process.log() if self.process else ""

    def map_path(self, name):
        for path in self.pins():
            if os.path.basename(path) == name:
                return path
        raise AssertionError(f"no pin of map {name} below {self.bpffs}")

    def map_entries(self, name):
        done = subprocess.run(["bpftool", "-j", "map", "dump", "pinned", self.map_path(name)],
                              text=True, capture_output=True, check=True)
        return json.loads(done.stdout)

    def verdicts(self):
        """{label: packets}, 0 where none was seen; pathroutectl works without the agent, too."""
        packets = json.loads(self.ctl("status", "-o", "json"))["packets"]
        return collections.Counter({entry["verdict"]: entry["packets"] for entry in packets})

    def verdicts_text(self):
        try:
            counts = self.verdicts()
        except (OSError, RuntimeError, ValueError) as error:
            return f"not readable: {error}"
        return "\n".join(f"{count:10} {label}" for label, count in counts.items() if count)

    def flow_count(self):
        """Entries of the flow index: one for the client's side, one for each pod's."""
        return len(self.map_entries("flows"))

    def flow_clients(self):
        """Source addresses in the flow index, pods' among them."""
        return [_address(entry["key"]) for entry in self.map_entries("flows")]

    def map_id(self, name):
        done = subprocess.run(["bpftool", "-j", "map", "show", "pinned", self.map_path(name)],
                              text=True, capture_output=True, check=True)
        return json.loads(done.stdout)["id"]

    def program_ids(self):
        """Programs that use the flow index."""
        done = subprocess.run(["bpftool", "-j", "prog", "show"], text=True, capture_output=True,
                              check=True)
        wanted = self.map_id("flows")
        return {entry["id"] for entry in json.loads(done.stdout)
                if wanted in entry.get("map_ids", [])}


def _address(key):
    """The address at the start of a map key as bpftool prints it."""
    address = ipaddress.IPv6Address(bytes(int(byte, 16) for byte in key[:16]))
    return str(address.ipv4_mapped or address)
