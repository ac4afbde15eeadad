# SPDX-License-Identifier: Apache-2.0
"""One lab with all ways to the pods in it.

Three islands share a node: each has a client and pods of its own, all alike. On the devices of the
first nothing is attached (direct routing, and all proxies), on those of the second the bare
program, on those of the third the router. So none pays for a program that it does not need.
"""

import dataclasses
import os
import socket
import struct
import subprocess

import peers
import proxies
import topology
import wait
from agent import BUILD
from generator import HOST
from lab import Lab
from manifests import WEB_IPV4
from peers import POD_PORT
from processes import Process
from workloads import FILES, ROUTED
from ways import TITLES

SERVICES = ("frontend", "api", "blog")
PLAIN, BARE, OURS = "p", "b", "o"
FIRST_PORT = 8001
ROUTES_TIMEOUT = 5  # seconds from listening to the first request that is routed
REPLY_SIZE = 100
# Short connections by the ten thousand: nothing may wait for a port, and nothing that one run has
# left behind may meet the next.
PORTS = {"net__ipv4__tcp_max_tw_buckets": 0, "net__ipv4__ip_local_port_range": "10000 65535",
         "net__core__somaxconn": 4096}


@dataclasses.dataclass
class Way:
    """Requests go from the client's namespace to the address."""

    name: str
    client: topology.Peer
    address: str
    process: Process = None
    balances: bool = True
    closes: bool = False

    def takes(self, workload):
        if workload.ways != ROUTED:
            return True
        return self.name not in ("direct", "bare") and (
            self.balances or workload.paths != ("/every/",))


def reply(pod):
    """What a pod answers."""
    return f"pod={pod.name} ".ljust(REPLY_SIZE, ".")


def start_pod(lab, pod):
    directory = os.path.join(lab.directory, f"pod-{pod.name}")
    os.makedirs(directory)
    config = os.path.join(directory, "pod.conf")
    with open(os.path.join(proxies.CONFIGS, "pod.conf"), encoding="ascii") as file:
        text = proxies.render(file.read(), {"DIRECTORY": directory, "PORT": POD_PORT,
                                            "FILES": lab.files, "REPLY": reply(pod)})
    with open(config, "w", encoding="ascii") as file:
        file.write(text)
    process = lab.start(pod, f"nginx-{pod.name}", "nginx", "-e", f"{directory}/error.log", "-c",
                        config)
    wait.until(lambda: wait.accepts(pod.namespace, pod.ipv4, POD_PORT), f"NGINX in {pod.name}")
    return process


def prepare(lab):
    """Files, ports and pods of a lab."""
    for name, size in FILES.items():
        peers.make_file(lab.files, name, size)
    for namespace in (lab.node, *(peer.namespace for peer in lab.peers.values())):
        namespace.set_sysctl(**PORTS)
    for pod in lab.pods:
        start_pod(lab, pod)


def island(lab, letter):
    """{service: pod}."""
    return {name: lab[letter + name] for name in SERVICES if letter + name in lab.peers}


def attach_bare(lab):
    """The bare program on the devices of its island."""
    pin, maps = os.path.join(lab.bpffs, "bare"), os.path.join(lab.bpffs, "bare_maps")
    os.mkdir(maps)
    subprocess.run(["bpftool", "prog", "load", os.path.join(BUILD, "bare.bpf.o"), pin, "type",
                    "classifier", "pinmaps", maps], check=True)
    for name in (f"{BARE}client", f"{BARE}api"):
        peer = lab[name]
        with lab.node.entered():
            index = socket.if_nametoindex(peer.device)
        subprocess.run(["bpftool", "map", "update", "pinned", os.path.join(maps, "bare_links"),
                        "key", *map(str, socket.inet_aton(peer.ipv4)),
                        "value", *map(str, struct.pack("=I", index))], check=True)
        lab.node.run("tc", "qdisc", "add", "dev", peer.device, "clsact")
        lab.node.run("tc", "filter", "add", "dev", peer.device, "ingress", "bpf", "direct-action",
                     "pinned", pin)


def start_ours(lab, *options):
    pods = island(lab, OURS)
    lab.write_shop(**{name: [pod] for name, pod in pods.items()}, every=list(pods.values()))
    lab.agent.devices = (f"veth{OURS}*",)
    lab.agent.options += options
    lab.agent.start()


class Stage:
    """The lab; ways: {name: Way}; skipped: {name: why}; versions: {name: text}."""

    def __init__(self, names):
        self.ways, self.skipped, self.versions = {}, {}, {}
        pods = [PLAIN + name for name in SERVICES] + [BARE + "api"] + \
               [OURS + name for name in SERVICES]
        clients = [letter + "client" for letter in (PLAIN, BARE, OURS)] + \
                  [letter + "flood" for letter in (PLAIN, OURS)]
        self.lab = Lab(pods=pods, clients=clients)
        try:
            prepare(self.lab)
            for name in names:
                self._add(name)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.lab.close()

    def plain_pods(self):
        return {name: pod.ipv4 for name, pod in island(self.lab, PLAIN).items()}

    def next_port(self):
        return FIRST_PORT + len(self.lab.processes)

    def _add(self, name):
        lab = self.lab
        if name == "direct":
            way = Way(name, lab[PLAIN + "client"], f"{lab[PLAIN + 'api'].ipv4}:{POD_PORT}")
        elif name == "bare":
            attach_bare(lab)
            way = Way(name, lab[BARE + "client"], f"{lab[BARE + 'api'].ipv4}:{POD_PORT}")
        elif name == "ours":
            start_ours(lab)
            way = Way(name, lab[OURS + "client"], WEB_IPV4, lab.agent.process)
        else:
            way = self._add_proxy(proxies.BY_NAME[name])
        if way and self._is_right(way):
            self.ways[name] = way

    def _is_right(self, way):
        """Whether a request reaches the pod that it is for; a way that fails is left out."""
        pod = self.lab[way.client.name[0] + "api"]
        answers = []

        def is_right():
            answers.append(way.client.namespace.run(
                "curl", "-s", "--max-time", "2", "-H", f"Host: {HOST}",
                f"http://{way.address}/api/", check=False).stdout)
            return answers[-1] == reply(pod)

        try:
            return wait.until(is_right, f"{way.name} to reach the pod", ROUTES_TIMEOUT, 0.1)
        except AssertionError:
            words = (way.process.log() if way.process else "").strip() or answers[-1].strip()
            self.skip(way.name, "GET /api/ is not answered by its pod: " +
                      (words.splitlines() or ["no reply"])[0])
            return False

    def skip(self, name, why):
        self.skipped[name] = why.replace(self.lab.directory, "")
        print(f"SKIPPED {TITLES[name]}: {self.skipped[name]}", flush=True)

    def start_proxy(self, proxy, **options):
        """Another instance of it; (process, port). Missing if it cannot be."""
        path = proxies.find_program(proxy)
        self.versions[proxy.name] = proxies.version_of(proxy, path)
        port = self.next_port()
        return proxies.start(self.lab, proxy, path, port, self.plain_pods(), **options), port

    def _add_proxy(self, proxy):
        try:
            process, port = self.start_proxy(proxy)
        except proxies.Missing as error:
            self.skip(proxy.name, str(error))
            return None
        return Way(proxy.name, self.lab[PLAIN + "client"], f"{topology.NODE_IPV4}:{port}", process,
                   proxy.balances, proxy.closes)
