# SPDX-License-Identifier: Apache-2.0
"""Honest requests while SYNs with forged addresses pour in: by the router, and by NGINX as a proxy
on a kernel that is left as it is, SYN cookies on."""

import os

import generator
import workloads
from agent import BUILD
from processes import Process
from stage import OURS, PLAIN

# RFC 2544: addresses of benchmarks. Each island's replies go back to its own attacker.
NETWORKS = {PLAIN: "198.18.0.0", OURS: "198.19.0.0"}
WORKLOAD = workloads.BY_NAME[workloads.NEW]
WAYS = ("ours", "nginx")


def route_back(lab):
    for letter, network in NETWORKS.items():
        attacker = lab[letter + "flood"]
        lab.node.ip(f"route replace {network}/16 via {attacker.ipv4} dev {attacker.device}")
        # It is no host that answers: it drops what comes back.
        attacker.namespace.set_sysctl(net__ipv4__ip_forward=0)


def start(stage, way, rate, seconds):
    letter = way.client.name[0]
    attacker = stage.lab[letter + "flood"]
    address, _, port = way.address.partition(":")
    return Process(attacker.namespace, stage.lab.directory, f"flood-{way.name}",
                   [os.path.join(BUILD, "bench", "flood"), "eth0", attacker.mac,
                    attacker.node_mac, NETWORKS[letter], address, port or 80, rate, seconds])


def _flows_of(stage, letter):
    prefix = NETWORKS[letter].rsplit(".", 2)[0] + "."
    return sum(client.startswith(prefix) for client in stage.lab.agent.flow_clients())


def under(stage, way, plan, idle):
    """One run while the flood is on."""
    flood = start(stage, way, plan.flood_rate, plan.flood_seconds + 2)
    before = os.path.getsize(flood.log_path)
    try:
        result = generator.run(way, WORKLOAD, plan.flood_seconds, idle)
        if way.name == "ours":
            result["flood_entries"] = _flows_of(stage, OURS)
    finally:
        # It ends by itself.
        flood.popen.wait(plan.flood_seconds + 10)
    with open(flood.log_path, encoding="ascii") as file:
        file.seek(before)
        sent = file.read().strip()
    result["flood_syns"] = int(sent) if sent.isdigit() else 0
    return result


def measure(stage, plan, idle):
    """{way: {"off": [run…], "on": [run…]}}, in turns."""
    route_back(stage.lab)
    found = {name: {"off": [], "on": []} for name in WAYS if name in stage.ways}
    for _ in range(min(3, plan.rounds)):
        for name, runs in found.items():
            way = stage.ways[name]
            runs["off"].append(generator.run(way, WORKLOAD, plan.flood_seconds, idle))
            runs["on"].append(under(stage, way, plan, idle))
    return found
