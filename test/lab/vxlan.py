# SPDX-License-Identifier: Apache-2.0
"""Two nodes whose pods reach each other through VXLAN, as flannel has it: a bridge on each, a
subnet for each, everything about the other node said beforehand. Between them is the router of
topology.make_outside(), with the clients; it knows nothing of pods.

Each node has an agent. The clients' packets come to the first one; pods "far" are on the second.
"""

import os

import topology
from agent import Agent
from lab import Lab

DEVICE = "flannel.1"
DEVICES = ("veth*", "flannel*")
OVERHEAD = {4: 50, 6: 70}  # Ethernet, VXLAN, UDP, and the outer IP header
SUBNETS = (("10.244.0.0", "fd00:244::"), ("10.244.1.0", "fd00:244:1::"))
FAR_UPLINK = ("10.7.1.1", "fd00:7:1::1")
FAR_GATEWAY = ("10.7.1.2", "fd00:7:1::2")
FAR_BRIDGE = ("10.244.1.1", "fd00:244:1::1")
MACS = ("02:00:00:f1:00:00", "02:00:00:f1:00:01")


class VxlanLab(Lab):
    """underlay: the IP version of the outer header; one device carries both versions."""

    def __init__(self, pods=("frontend",), far=("api", "blog"), underlay=4, pod_mtu=None):
        self.underlay = underlay
        self.tunnel_mtu = 1500 - OVERHEAD[underlay]
        mtu = pod_mtu or self.tunnel_mtu
        super().__init__(pods=pods, kind="bridge", pod_mtu=mtu, outside=("client",))
        try:
            self._make_far_node(mtu)
            for name in far:
                self._add_far_pod(name, mtu)
        except BaseException:
            self.close()
            raise
        self.agent.devices = DEVICES
        directory = os.path.join(self.directory, "far")
        os.mkdir(directory)
        self.far_agent = self.adopt(Agent(self.far, directory, os.path.join(self.bpffs, "far"),
                                          self.manifests.path, DEVICES))

    def start_agents(self):
        for agent in (self.agent, self.far_agent):
            agent.start()

    def shrink_underlay(self, mtu):
        """On the way of outer packets, at the far node."""
        self.outside.ip(f"link set far mtu {mtu}")
        self.far.ip(f"link set {topology.UPLINK} mtu {mtu}")

    def _make_far_node(self, mtu):
        self.far = topology.make_router(f"{self.prefix}-far")
        topology.make_bridge(self.far, mtu, *FAR_BRIDGE)
        self.far.ip(f"link add {topology.UPLINK} type veth peer name far netns "
                    f"{self.outside.name}",
                    f"link set {topology.UPLINK} up",
                    f"addr add {FAR_UPLINK[0]}/24 dev {topology.UPLINK}",
                    f"addr add {FAR_UPLINK[1]}/64 dev {topology.UPLINK} nodad",
                    *[f"route add default via {gateway}" for gateway in FAR_GATEWAY])
        self.outside.ip("link set far up", f"addr add {FAR_GATEWAY[0]}/24 dev far",
                        f"addr add {FAR_GATEWAY[1]}/64 dev far nodad")
        ends = (topology.UPLINK_IPV4, topology.UPLINK_IPV6), FAR_UPLINK
        add_tunnel(self.node, 0, [pair[self.underlay == 6] for pair in ends])
        add_tunnel(self.far, 1, [pair[self.underlay == 6] for pair in ends])

    def _add_far_pod(self, name, mtu):
        pod = self._add(name, 11 + len(self.pods), True, mtu)
        pod.ipv4 = SUBNETS[1][0].removesuffix(".0") + f".{pod.number}"
        pod.ipv6 = SUBNETS[1][1] + str(pod.number)
        topology.plug_bridged(self.far, pod, FAR_BRIDGE)
        self._capture(pod)


def add_tunnel(node, this, ends):
    """The device of node `this` (0 or 1); ends: the addresses of the outer headers."""
    other = 1 - this
    node.ip(f"link add {DEVICE} address {MACS[this]} type vxlan id 1 dstport 8472 "
            f"local {ends[this]} dev {topology.UPLINK} nolearning",
            f"address add {SUBNETS[this][0]}/32 dev {DEVICE}",
            f"address add {SUBNETS[this][1]}/128 dev {DEVICE} nodad",
            f"link set {DEVICE} up")
    node.run("bridge", "fdb", "append", MACS[other], "dev", DEVICE, "dst", ends[other])
    for address, length in zip(SUBNETS[other], (24, 64)):
        node.ip(f"neigh add {address} lladdr {MACS[other]} dev {DEVICE} nud permanent",
                f"route add {address}/{length} via {address} dev {DEVICE} onlink")
