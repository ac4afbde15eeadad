# SPDX-License-Identifier: Apache-2.0
"""A lab: a node, clients and pods as network namespaces, real servers, the agent.

    with Lab(pods=("frontend", "api", "blog")) as lab:
        lab.serve_shop()
        lab.agent.start()
        print(lab.curl("client", "http://10.96.0.10/api/").body)

Everything a lab makes carries its prefix and is gone when the block ends, however it ends. A lab
whose process was killed is removed by the next one that starts.
"""

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile

import manifests
import peers
import topology
from agent import Agent
from namespace import DIRECTORY, Namespace
from processes import Process

PREFIX = "prlab"
KEEP_MARK = "keep"
FIRST_POD = 11

_serial = itertools.count(1)


class Lab:
    """kind of the pods' links: "routed" (veth and host routes) or "bridge".

    The wired peers are behind a forwarder, the distant clients behind a router. The peers outside,
    pods as well, are behind the node's uplink.
    """

    def __init__(self, pods=("frontend", "api", "blog"), clients=("client",), kind="routed",
                 mtu=1500, pod_mtu=None, wired=(), distant=(), outside=()):
        sweep()
        self.prefix = f"{PREFIX}{os.getpid()}x{next(_serial)}"
        self.directory = os.path.join(tempfile.gettempdir(), self.prefix)
        self.peers = {}
        self.processes = []
        self.kept = False
        self._wired = wired
        self._outside = outside
        self._exit = contextlib.ExitStack()
        try:
            self._make_node(kind, pod_mtu or mtu)
            for name in pods:
                self.add_pod(name, pod_mtu or mtu)
            for number, name in enumerate(clients, 1):
                self._add_client(name, number, mtu, name in distant)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __getitem__(self, name):
        return self.peers[name]

    def _make_node(self, kind, mtu):
        os.makedirs(self.directory)
        self._exit.callback(remove, self.prefix)
        self.bpffs = os.path.join(self.directory, "bpf")
        os.mkdir(self.bpffs)
        subprocess.run(["mount", "-t", "bpf", "bpf", self.bpffs], check=True)
        self.files = os.path.join(self.directory, "files")
        os.mkdir(self.files)
        self.manifests = manifests.Directory(os.path.join(self.directory, "manifests"))
        self.node = topology.make_node(f"{self.prefix}-node")
        if kind == "bridge":
            topology.make_bridge(self.node, mtu)
        self.outside = (topology.make_outside(self.node, self.prefix) if self._outside
                        else None)
        self.plug_pod = topology.plug_bridged if kind == "bridge" else topology.plug_routed
        self.agent = Agent(self.node, self.directory, self.bpffs, self.manifests.path)

    def _add_client(self, name, number, mtu, distant):
        client = self._add(name, number, False, mtu)
        if name in self._outside:
            topology.plug_outside(self.outside, client, False)
        elif name in self._wired:
            topology.plug_wire(self.node, client, self.prefix)
        elif distant:
            topology.plug_hop(self.node, client, self.prefix)
        else:
            topology.plug_subnet(self.node, client)
        self._capture(client)

    def _capture(self, peer):
        if os.environ.get("LAB_CAPTURE"):
            self.start(peer, f"tcpdump-{peer.name}", "tcpdump", "-i", "eth0", "-U", "-Z", "root",
                       "-w", os.path.join(self.directory, f"{peer.name}.pcap"))

    def add_pod(self, name, mtu=1500):
        """A pod may come at any time; it gets the next free number."""
        pod = self._add(name, FIRST_POD + len(self.pods), True, mtu)
        if name in self._outside:
            topology.plug_outside(self.outside, pod, True)
        elif name in self._wired:
            topology.plug_wired_pod(self.node, pod, self.prefix)
        else:
            self.plug_pod(self.node, pod)
        self._capture(pod)
        return pod

    def _add(self, name, number, pod, mtu):
        self.peers[name] = topology.make_peer(self.prefix, name, number, pod, mtu)
        return self.peers[name]

    @property
    def pods(self):
        return [peer for peer in self.peers.values() if peer.number >= FIRST_POD]

    def close(self):
        """Ends all processes, then removes namespaces, mounts and files; not of a kept lab."""
        if self.kept:
            return
        if hasattr(self, "agent"):
            self.agent.stop()
        for process in reversed(self.processes):
            process.stop()
        self._exit.close()

    def keep(self):
        """Leaves the lab standing when this process ends."""
        with open(os.path.join(self.directory, KEEP_MARK), "w", encoding="ascii"):
            self.kept = True

    def adopt(self, process):
        """Has close() end the process."""
        self.processes.append(process)
        return process

    def start(self, where, name, *argv):
        """Starts a program in a peer's namespace or another one."""
        namespace = where.namespace if hasattr(where, "namespace") else where
        return self.adopt(Process(namespace, self.directory, name, argv))

    def serve(self, *names, keepalive="600s"):
        """Starts an NGINX in each of these pods (all if none is named)."""
        for pod in [self[name] for name in names] or self.pods:
            self.adopt(peers.start_nginx_pod(pod, self.directory, self.files,
                                             keepalive=keepalive))

    def write_shop(self, **backends):
        """Writes manifests.shop(): each of these Services, by default one for each pod."""
        groups = backends or {pod.name: [pod] for pod in self.pods}
        return self.manifests.write("shop.yaml", *manifests.shop(groups))


def sweep():
    """Removes labs whose process has died without cleaning up, except kept ones."""
    found = {name.split("-")[0] for name in _namespaces()} | set(os.listdir(tempfile.gettempdir()))
    for prefix in found:
        owner = re.fullmatch(PREFIX + r"(\d+)x\d+", prefix)
        kept = os.path.join(tempfile.gettempdir(), prefix, KEEP_MARK)
        if owner and not os.path.exists(f"/proc/{owner[1]}") and not os.path.exists(kept):
            remove(prefix)


def _namespaces():
    return os.listdir(DIRECTORY) if os.path.isdir(DIRECTORY) else []


def remove(prefix):
    """Removes what a lab of this prefix has made, its processes first."""
    names = [name for name in _namespaces() if name.startswith(f"{prefix}-")]
    for namespace in [Namespace(name, create=False) for name in names]:
        for pid in namespace.pids():
            if pid != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        namespace.delete()
    directory = os.path.join(tempfile.gettempdir(), prefix)
    subprocess.run(["umount", "-q", os.path.join(directory, "bpf")], check=False,
                   stderr=subprocess.DEVNULL)
    shutil.rmtree(directory, ignore_errors=True)
