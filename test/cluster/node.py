# SPDX-License-Identifier: Apache-2.0
"""A node: its configuration files and its process tree. See node_init.py for what is inside."""

import contextlib
import json
import os
import re
import shutil
import subprocess

import yaml

import cgroups
import container_store
import wait
from cluster_plane import OF_NODES, PODS, POLICY_AGENT, PROXY, SERVICES, node_user
from control_plane import Here
from held_namespace import HeldNamespace
from processes import Process

INIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_init.py")
# As the node itself sees them.
FILES = "/var/lib/node"
PROGRAMS = "/run/programs"
CONTAINERD = "/run/containerd/containerd.sock"
PROXY_PORT = 10256
HAS_POLICY_AGENT = "has-policy-agent"
# Of kube-proxy, by the node's number: the modes that need no IPVS.
PROXY_MODES = {1: "iptables", 2: "nftables"}


class Node:
    """number: 1 for 198.18.28.11 with the pods of 10.244.1.0/24."""

    def __init__(self, plane, directory, number, mtu):
        self.plane, self.number, self.mtu = plane, number, mtu
        self.name = f"node{number}"
        self.address = f"198.18.28.{10 + number}"
        self.pods = f"10.244.{number}.0/24"
        self.directory = os.path.join(directory, self.name)
        self.var = os.path.join(self.directory, "var")
        self.files = self.var + FILES.removeprefix("/var")
        self.process = self.pid = self.namespace = None

    # ---- Files ----

    def _write(self, name, content):
        with open(os.path.join(self.files, name), "w", encoding="ascii") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))

    def write_files(self, store):
        for path in (os.path.join(self.directory, "root"), self.files, f"{self.var}/log",
                     f"{self.var}/tmp", f"{self.var}/lib/kubelet", f"{self.files}/cni"):
            os.makedirs(path)
        container_store.copy(store, f"{self.var}/lib/containerd")
        self._write_identity()
        self._write_containerd()
        self._write("kubelet.yaml", yaml.safe_dump(self._kubelet()))
        self._write("proxy.yaml", yaml.safe_dump(self._proxy()))
        with open(os.path.join(self.directory, "spec.json"), "w", encoding="ascii") as file:
            json.dump(self._spec(), file)

    def _write_identity(self):
        authority = self.plane.authority
        authority.sign(self.name, f"/O=system:nodes/CN={node_user(self.name)}",
                       f"subjectAltName=IP:{self.address},DNS:{self.name}")
        for source, name in (("ca.crt", "ca.crt"), (f"{self.name}.crt", "kubelet.crt"),
                             (f"{self.name}.key", "kubelet.key")):
            shutil.copy(authority.path(source), os.path.join(self.files, name))
        for user, name in ((node_user(self.name), "kubelet.conf"), (PROXY, "proxy.conf"),
                           (POLICY_AGENT, f"{POLICY_AGENT}.conf")):
            self.plane.write_kubeconfig(user, os.path.join(self.files, name), f"{FILES}/ca.crt")

    def _write_containerd(self):
        self._write("containerd.toml", container_store.containerd_config(f"""\
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{container_store.PAUSE}"
# Root of this machine may not be allowed to lower it.
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{FILES}/cni"
"""))
        self._write("cni/10-pods.conflist", {
            "cniVersion": "1.0.0", "name": "pods", "plugins": [
                {"type": "ptp", "ipMasq": False, "mtu": self.mtu,
                 "ipam": {"type": "host-local", "dataDir": "/run/cni",
                          "ranges": [[{"subnet": self.pods}]], "routes": [{"dst": "0.0.0.0/0"}]}},
                {"type": "portmap", "capabilities": {"portMappings": True}}]})

    def _kubelet(self):
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                               "x509": {"clientCAFile": f"{FILES}/ca.crt"}},
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": f"{FILES}/kubelet.crt", "tlsPrivateKeyFile": f"{FILES}/kubelet.key",
            "containerRuntimeEndpoint": f"unix://{CONTAINERD}",
            "cgroupDriver": "cgroupfs", "cgroupRoot": cgroups.root(self.name),
            "failCgroupV1": False, "failSwapOn": False, "oomScoreAdj": 0,
            # There is no DNS in this cluster.
            "resolvConf": "",
            # The default is below /usr, which a node cannot write.
            "volumePluginDir": "/var/lib/kubelet/plugins",
            # A full disk of the machine must not cost images that nobody can pull.
            "imageGCHighThresholdPercent": 100,
            "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%",
                             "imagefs.available": "1%"},
            "nodeStatusUpdateFrequency": "2s", "registerWithTaints": [],
        }

    def _proxy(self):
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": f"{FILES}/proxy.conf"},
            "mode": PROXY_MODES[self.number], "clusterCIDR": PODS,
            "iptables": {"minSyncPeriod": "0s"}, "nftables": {"minSyncPeriod": "0s"},
            # These settings of the kernel cannot be written in a namespace.
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s",
                          "tcpCloseWaitTimeout": "0s"},
        }

    def _spec(self):
        kubelet, proxy = (f"{PROGRAMS}/{name}" for name in OF_NODES)
        return {
            "name": self.name, "cgroups": cgroups.make(self.name),
            "programs": os.path.dirname(self.plane.programs["kubelet"]),
            "services": [
                {"name": "containerd", "after": f"{FILES}/has-network",
                 "argv": ["containerd", "--config", f"{FILES}/containerd.toml"]},
                {"name": "kubelet", "after": f"{FILES}/has-server",
                 "argv": [kubelet, f"--config={FILES}/kubelet.yaml",
                          f"--kubeconfig={FILES}/kubelet.conf",
                          f"--hostname-override={self.name}", f"--node-ip={self.address}"]},
                {"name": "kube-proxy", "after": f"{FILES}/has-server",
                 "argv": [proxy, f"--config={FILES}/proxy.yaml",
                          f"--hostname-override={self.name}"]},
                # Only while tests of NetworkPolicy ask for it: policy_agents.py.
                {"name": POLICY_AGENT, "after": f"{FILES}/{HAS_POLICY_AGENT}",
                 "argv": [f"{FILES}/{POLICY_AGENT}", "--run-firewall=true", "--run-router=false",
                          "--run-service-proxy=false", f"--kubeconfig={FILES}/{POLICY_AGENT}.conf",
                          f"--hostname-override={self.name}", "--health-port=0",
                          f"--service-cluster-ip-range={SERVICES}"]}],
        }

    # ---- Life ----

    def start(self):
        self.process = Process(Here, self.directory, "init", ["/usr/bin/python3", INIT,
                                                              self.directory])
        self.pid = int(wait.until(self._read_pid, f"{self.name}"))
        self.namespace = HeldNamespace(self.name, self.pid)

    def _read_pid(self):
        assert self.process.is_alive(), f"{self.name} has ended:\n{self.process.log()}"
        try:
            with open(os.path.join(self.directory, "pid"), encoding="ascii") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def tell(self, name):
        """"has-network" or "has-server": services may start that need it."""
        self._write(name, "")

    def take_back(self, name):
        """What was told, if it was: services that need it end."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(self.files, name))

    def has_containerd(self):
        self.check()
        return self.command_ends_well("ctr", "version")

    def has_proxy(self):
        self.check()
        return self.proxy_answers()

    def proxy_answers(self):
        return self.command_ends_well("curl", "-fs", f"http://127.0.0.1:{PROXY_PORT}/healthz")

    def check(self):
        assert self.process.is_alive(), f"{self.name} has ended:\n{self.process.log()}"
        ended = re.findall(r"^(.*) has ended", self.process.log(), re.M)
        assert not ended, f"{self.name}: {self.process.log()}\n{self.log(ended[0])[-4000:]}"

    def command(self, *argv):
        """The command in all of the node's namespaces, its root too."""
        return ["nsenter", f"--target={self.pid}", "--all", "--", *map(str, argv)]

    def run(self, *argv, timeout=60):
        """Its standard output."""
        done = subprocess.run(self.command(*argv), text=True, capture_output=True, check=False,
                              timeout=timeout)
        assert done.returncode == 0, f"{self.name}: {' '.join(argv)}: {done.stdout}{done.stderr}"
        return done.stdout

    def command_ends_well(self, *argv):
        return subprocess.run(self.command(*argv), capture_output=True,
                              check=False).returncode == 0

    def log(self, name):
        """Of a service."""
        path = os.path.join(self.var, "log", f"{name}.log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    # ---- The kernel ----

    def bpf_ids(self):
        """{(kind, id)} of what is pinned on this node, and of the maps that its programs use."""
        found = set()
        for kind in ("prog", "map", "link"):
            for entry in json.loads(self.run("bpftool", "-j", "-f", kind, "show")):
                if entry.get("pinned"):
                    found.add((kind, entry["id"]))
                    found.update(("map", number) for number in entry.get("map_ids", []))
                    found.update([("prog", entry["prog_id"])] if "prog_id" in entry else [])
        return found


def existing_bpf_ids():
    """As Node.bpf_ids(), of all this machine."""
    return {(kind, entry["id"]) for kind in ("prog", "map", "link")
            for entry in json.loads(subprocess.run(
                ["bpftool", "-j", kind, "show"], capture_output=True, check=True).stdout)}
