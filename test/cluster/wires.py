# SPDX-License-Identifier: Apache-2.0
"""How the nodes are joined: a switch, a port for each node, for this machine and for clients
outside. Pods' subnets are reached by routes, or by VXLAN.
"""

import subprocess

from cluster_plane import ADDRESS, SERVICES
from held_namespace import NewNamespace

HOST_LINK = "prcluster"
VXLAN_DEVICE = "vx0"
VXLAN_ID, VXLAN_PORT = 42, 4789
VXLAN_OVERHEAD = 50


class Outside:
    """A client that is no part of the cluster; it reaches Services by one of the nodes."""

    def __init__(self, switch, directory, number, node):
        self.name = f"outside{number}"
        self.ipv4 = f"198.18.28.{100 + number}"
        self.namespace = NewNamespace(self.name, directory)
        plug(switch, self.namespace, self.ipv4)
        self.namespace.ip(f"route add {SERVICES} via {node.address}", f"route add default via "
                          f"{node.address}")


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True)


def make_switch(directory):
    """Its end of the link to this machine, too."""
    switch = NewNamespace("switch", directory)
    switch.ip("link add br0 type bridge", "link set br0 up")
    ip("link", "add", HOST_LINK, "type", "veth", "peer", "name", "host", "netns", switch.pid)
    ip("address", "add", f"{ADDRESS}/24", "dev", HOST_LINK)
    ip("link", "set", HOST_LINK, "up")
    switch.ip("link set host master br0 up")
    return switch


def plug(switch, namespace, address):
    """eth0 of the namespace, on the switch."""
    port = namespace.name
    switch.ip(f"link add {port} type veth peer name eth0 netns {namespace.pid}",
              f"link set {port} master br0 up")
    namespace.ip("link set lo up", f"address add {address}/24 dev eth0", "link set eth0 up")


def plug_node(switch, node):
    plug(switch, node.namespace, node.address)
    # Without a route to a Service's address a node gives up before kube-proxy's rules are seen.
    node.namespace.ip(f"route add default via {ADDRESS}")


def _mac(node):
    return f"02:00:00:00:28:{node.number:02x}"


def _inner_address(node):
    return node.pods.split("/", maxsplit=1)[0]


def add_routes(node, others):
    node.namespace.ip(*[f"route add {other.pods} via {other.address}" for other in others])


def add_vxlan(node, others):
    """Everything about the other nodes is said here: there is no flooding and no learning."""
    node.namespace.ip(
        f"link add {VXLAN_DEVICE} address {_mac(node)} type vxlan id {VXLAN_ID} "
        f"dstport {VXLAN_PORT} local {node.address} dev eth0 nolearning",
        f"address add {_inner_address(node)}/32 dev {VXLAN_DEVICE}",
        f"link set {VXLAN_DEVICE} up")
    for other in others:
        node.namespace.run("bridge", "fdb", "append", _mac(other), "dev", VXLAN_DEVICE, "dst",
                           other.address)
        node.namespace.ip(
            f"neigh add {_inner_address(other)} lladdr {_mac(other)} dev {VXLAN_DEVICE}",
            f"route add {other.pods} via {_inner_address(other)} dev {VXLAN_DEVICE} onlink")
