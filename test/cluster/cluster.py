# SPDX-License-Identifier: Apache-2.0
"""A Kubernetes of two nodes on this machine: up in ten seconds, down in a few, nothing left.

    with Cluster() as cluster:
        cluster.admin.kubectl("get", "nodes")

Everything has fixed names, so there is one at a time: a lock is taken and what a killed run left
is removed first.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time

import cgroups
import container_store
import wait
import wires
from cluster_plane import ClusterPlane
from kube import ApiError
from node import Node

DIRECTORY = os.path.join(tempfile.gettempdir(), "pathroute-cluster")
LOCK = "/run/lock/pathroute-cluster"
LOCK_SECONDS = 900
NODES = 2
MTU = 1500


class Cluster:
    """vxlan: pods of the other node are reached through VXLAN, else by routes."""

    def __init__(self, vxlan=False):
        self.vxlan = vxlan
        self.times = []
        self.nodes, self.outside = [], []
        self._began = None
        self._exit = contextlib.ExitStack()

    def __enter__(self):
        return self.up()

    def __exit__(self, *_):
        self.down()

    def up(self):
        try:
            self._exit.enter_context(locked())
            # The images first: it may take minutes, and be interrupted.
            store = container_store.prepare()
            remove_all()
            self._exit.callback(remove_all)
            self._begin(store)
        except BaseException:
            self._exit.close()
            raise
        return self

    def down(self):
        self._exit.close()

    def __getitem__(self, name):
        """A node or an outside client."""
        return next(found for found in (*self.nodes, *self.outside) if found.name == name)

    def _step(self, what):
        self.times.append((time.monotonic() - self._began, what))

    def _begin(self, store):
        self._began = time.monotonic()
        os.mkdir(DIRECTORY)
        names = [f"node{number + 1}" for number in range(NODES)]
        switch = wires.make_switch(DIRECTORY)
        self._exit.callback(switch.delete)
        self.plane = ClusterPlane(DIRECTORY, names)
        self._exit.callback(self.plane.stop)
        self.plane.start_etcd()
        self.plane.start_server(ready=False)
        self._step("control plane started")
        self._make_nodes(switch, store)
        self._step("nodes made")
        self._wait_for_server()
        self._step("API server ready")
        self._wait_for_nodes()
        self._step("nodes ready")

    def _make_nodes(self, switch, store):
        mtu = MTU - wires.VXLAN_OVERHEAD if self.vxlan else MTU
        self.nodes = [Node(self.plane, DIRECTORY, number + 1, mtu) for number in range(NODES)]
        for node in self.nodes:
            node.write_files(store)
            node.start()
            wires.plug_node(switch, node)
        for node in self.nodes:
            others = [other for other in self.nodes if other is not node]
            (wires.add_vxlan if self.vxlan else wires.add_routes)(node, others)
            node.tell("has-network")
            self.outside.append(wires.Outside(switch, DIRECTORY, node.number, node))
            self._exit.callback(self.outside[-1].namespace.delete)

    def _wait_for_server(self):
        wait.until(self.plane.is_ready, "the API server", timeout=60, interval=0.05)
        self.plane.start_controllers()
        self.admin = self.plane.admin()
        for node in self.nodes:
            # Made here, a node has the pods' addresses that are routed to it.
            self.admin.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name},
                               "spec": {"podCIDR": node.pods, "podCIDRs": [node.pods]}})
            wait.until(node.has_containerd, f"containerd of {node.name}", timeout=30)
            node.tell("has-server")

    def _wait_for_nodes(self):
        for node in self.nodes:
            wait.until(lambda: self.is_ready(node), f"{node.name} to be ready", timeout=60,
                       interval=0.1)
            wait.until(node.has_proxy, f"kube-proxy of {node.name}", timeout=60, interval=0.1)
        wait.until(self._has_account, "the default service account", timeout=60)

    def is_ready(self, node):
        self.plane.have_controllers()
        node.check()
        conditions = self.admin.get("Node", name=node.name).get("status", {}).get("conditions", [])
        return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)

    def _has_account(self):
        """Before it is there pods are refused."""
        try:
            return self.admin.get("ServiceAccount", "default", "default")
        except ApiError as error:
            if error.status != 404:
                raise
            return None


@contextlib.contextmanager
def locked():
    with open(LOCK, "w", encoding="ascii") as file:
        wait.until(lambda: _lock(file), "another cluster on this machine to end", LOCK_SECONDS,
                   interval=0.5)
        yield


def _lock(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


# ---- The end ----

def _network_namespaces(pids):
    """Open descriptors of those that are not this process' own; one for each."""
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            if found.setdefault(os.fstat(descriptor).st_ino, descriptor) != descriptor:
                os.close(descriptor)
    own = os.stat("/proc/self/ns/net").st_ino
    if own in found:
        os.close(found.pop(own))
    return list(found.values())


def _reset_connections(descriptor):
    """One whose other side went first would keep the namespace for minutes, waiting for answers."""
    subprocess.run(["nsenter", f"--net=/proc/self/fd/{descriptor}", "ss", "-K", "-t", "-a"],
                   pass_fds=[descriptor], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=False)


def _end_processes():
    def are_gone():
        for pid in cgroups.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not cgroups.processes()

    wait.until(are_gone, "the cluster's processes to end", timeout=30, interval=0.05)


def remove_all():
    """Everything that any cluster has made on this machine, whoever started it."""
    namespaces = _network_namespaces(cgroups.processes())
    try:
        _end_processes()
        for descriptor in namespaces:
            _reset_connections(descriptor)
    finally:
        for descriptor in namespaces:
            os.close(descriptor)
    wait.until(_removed_groups, "the cluster's control groups to be removed", timeout=30)
    subprocess.run(["ip", "link", "delete", wires.HOST_LINK], stderr=subprocess.DEVNULL,
                   check=False)
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    assert not os.path.exists(DIRECTORY), f"{DIRECTORY} cannot be removed"


def _removed_groups():
    try:
        cgroups.remove()
    except OSError:
        # A process that was killed is still in it.
        return False
    return not cgroups.are_there()
