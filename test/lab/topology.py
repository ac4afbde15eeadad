# SPDX-License-Identifier: Apache-2.0
"""How peers are joined to the node: routed veth, bridge, a wire to impair, or another router.

All addresses follow from a peer's number, so that a manifest can be read without a map:
pod 11 is 10.244.0.11 and fd00:244::11, client 1 is 10.9.1.2 and fd00:9:1::2. Node-side devices
are called veth<peer>. Service addresses are assigned nowhere: the router answers for them.
"""

import dataclasses
import ipaddress

from namespace import Namespace

NODE_IPV4 = "10.0.0.1"
NODE_IPV6 = "fd00::1"
LINK_GATEWAY_IPV4 = "169.254.1.1"
LINK_GATEWAY_IPV6 = "fe80::1"
UPLINK = "vethup"
UPLINK_IPV4, UPLINK_IPV6 = "10.7.0.1", "fd00:7::1"
OUTSIDE_IPV4, OUTSIDE_IPV6 = "10.7.0.2", "fd00:7::2"
BRIDGE = "cni0"
BRIDGE_IPV4 = "10.244.0.1"
BRIDGE_IPV6 = "fd00:244::1"

_QUIET = {
    "net__ipv6__conf__all__accept_dad": 0,
    "net__ipv6__conf__default__accept_dad": 0,
    "net__ipv6__conf__default__router_solicitations": 0,
    "net__ipv4__tcp_congestion_control": "reno",
}
_FORWARDING = {
    "net__ipv4__ip_forward": 1,
    "net__ipv6__conf__all__forwarding": 1,
    "net__ipv4__conf__all__send_redirects": 0,
    "net__ipv4__conf__default__send_redirects": 0,
    "net__ipv4__conf__all__rp_filter": 0,
    "net__ipv4__conf__default__rp_filter": 0,
    "net__ipv4__icmp_ratelimit": 0,
    "net__ipv6__icmp__ratelimit": 0,
}


@dataclasses.dataclass
class Peer:
    """A client or a pod: a namespace with one device, eth0."""

    name: str
    number: int
    namespace: Namespace
    ipv4: str
    ipv6: str
    mtu: int = 1500
    middle: Namespace = None

    @property
    def device(self):
        """The node's end of the link."""
        return f"veth{self.name}"

    @property
    def mac(self):
        return f"02:00:00:00:{self.number:02x}:02"

    @property
    def node_mac(self):
        return f"02:00:00:00:{self.number:02x}:01"

    def address(self, version):
        return self.ipv6 if version == 6 else self.ipv4


def in_url(address):
    return f"[{address}]" if ":" in address else address


def make_router(name):
    """Nothing but a namespace that forwards."""
    router = Namespace(name)
    router.set_sysctl(**_QUIET, **_FORWARDING)
    return router


def make_node(name):
    node = make_router(name)
    node.ip(f"addr add {NODE_IPV4}/32 dev lo", f"addr add {NODE_IPV6}/128 dev lo nodad")
    return node


def make_bridge(node, mtu=1500, ipv4=BRIDGE_IPV4, ipv6=BRIDGE_IPV6):
    node.ip(f"link add {BRIDGE} address 02:00:00:00:00:01 mtu {mtu} type bridge",
            f"link set {BRIDGE} up",
            f"addr add {ipv4}/24 dev {BRIDGE}",
            f"addr add {ipv6}/64 dev {BRIDGE} nodad")


def make_peer(prefix, name, number, pod, mtu):
    namespace = Namespace(f"{prefix}-{name}")
    namespace.set_sysctl(**_QUIET)
    if pod:
        ipv4, ipv6 = f"10.244.0.{number}", f"fd00:244::{number}"
    else:
        ipv4, ipv6 = f"10.9.{number}.2", f"fd00:9:{number}::2"
    return Peer(name, number, namespace, ipv4, ipv6, mtu)


def _plug(node, peer):
    node.ip(f"link add {peer.device} address {peer.node_mac} mtu {peer.mtu} type veth "
            f"peer name eth0 address {peer.mac} mtu {peer.mtu} netns {peer.namespace.name}",
            f"link set {peer.device} up")
    peer.namespace.ip("link set eth0 up")


def _route_pod(node, peer, source=(NODE_IPV4, NODE_IPV6)):
    node.ip(f"addr add {LINK_GATEWAY_IPV6}/64 dev {peer.device} nodad",
            f"route add {peer.ipv4}/32 dev {peer.device} src {source[0]}",
            f"route add {peer.ipv6}/128 dev {peer.device} src {source[1]}")
    peer.namespace.ip(
        f"addr add {peer.ipv4}/32 dev eth0",
        f"addr add {peer.ipv6}/128 dev eth0 nodad",
        f"route add {LINK_GATEWAY_IPV4} dev eth0 scope link",
        f"route add default via {LINK_GATEWAY_IPV4} dev eth0",
        f"neigh replace {LINK_GATEWAY_IPV4} lladdr {peer.node_mac} dev eth0 nud permanent",
        f"route add default via {LINK_GATEWAY_IPV6} dev eth0",
        f"neigh replace {LINK_GATEWAY_IPV6} lladdr {peer.node_mac} dev eth0 nud permanent")


def plug_routed(node, peer):
    """As Calico does it: /32 and /128 routes, a link-local gateway with a static neighbour."""
    _plug(node, peer)
    _route_pod(node, peer)


def _route_peer(peer, gateways):
    peer.namespace.ip(f"addr add {peer.ipv4}/24 dev eth0",
                      f"addr add {peer.ipv6}/64 dev eth0 nodad",
                      f"route add default via {gateways[0]}",
                      f"route add default via {gateways[1]}")


def plug_bridged(node, peer, gateways=(BRIDGE_IPV4, BRIDGE_IPV6)):
    """As flannel does it: one subnet, the bridge is the gateway."""
    _plug(node, peer)
    node.ip(f"link set {peer.device} master {BRIDGE}")
    _route_peer(peer, gateways)


def _address_subnet(node, peer):
    gateways = [str(ipaddress.ip_address(peer.address(version)) - 1) for version in (4, 6)]
    node.ip(f"addr add {gateways[0]}/24 dev {peer.device}",
            f"addr add {gateways[1]}/64 dev {peer.device} nodad")
    _route_peer(peer, gateways)


def plug_subnet(node, peer):
    """A machine on a network of its own, the node being its gateway."""
    _plug(node, peer)
    _address_subnet(node, peer)


def _plug_middle(node, peer):
    """eth0 of the peer - near, far of the middle - the node's device."""
    peer.middle.ip(f"link add near mtu {peer.mtu} type veth "
                   f"peer name eth0 address {peer.mac} mtu {peer.mtu} "
                   f"netns {peer.namespace.name}",
                   f"link add far mtu {peer.mtu} type veth peer name {peer.device} "
                   f"address {peer.node_mac} mtu {peer.mtu} netns {node.name}",
                   "link set near up", "link set far up")
    peer.namespace.ip("link set eth0 up")
    node.ip(f"link set {peer.device} up")


def _make_wire(node, peer, prefix):
    """A namespace in which a forwarder joins near (the peer's side) and far (the node's side);
    without a forwarder nothing passes."""
    peer.middle = Namespace(f"{prefix}-{peer.name}-wire")
    peer.middle.set_sysctl(net__ipv6__conf__all__disable_ipv6=1,
                           net__ipv6__conf__default__disable_ipv6=1)
    _plug_middle(node, peer)


def plug_wire(node, peer, prefix):
    """As plug_subnet(), behind a wire."""
    _make_wire(node, peer, prefix)
    _address_subnet(node, peer)


def plug_wired_pod(node, peer, prefix):
    """As plug_routed(), behind a wire."""
    _make_wire(node, peer, prefix)
    _route_pod(node, peer)


def plug_hop(node, peer, prefix):
    """Behind another router, which is the peer's gateway: near .1 of the peer's subnet."""
    peer.middle = Namespace(f"{prefix}-{peer.name}-hop")
    peer.middle.set_sysctl(**_QUIET, **_FORWARDING)
    _plug_middle(node, peer)
    ipv4, ipv6 = f"10.8.{peer.number}", f"fd00:8:{peer.number}:"
    gateways = [str(ipaddress.ip_address(peer.address(version)) - 1) for version in (4, 6)]
    node.ip(f"addr add {ipv4}.1/24 dev {peer.device}",
            f"addr add {ipv6}:1/64 dev {peer.device} nodad",
            f"route add {peer.ipv4}/32 via {ipv4}.2", f"route add {peer.ipv6}/128 via {ipv6}:2")
    peer.middle.ip(f"addr add {ipv4}.2/24 dev far", f"addr add {ipv6}:2/64 dev far nodad",
                   f"addr add {gateways[0]}/24 dev near",
                   f"addr add {gateways[1]}/64 dev near nodad",
                   f"route add default via {ipv4}.1", f"route add default via {ipv6}:1")
    _route_peer(peer, gateways)


def make_outside(node, prefix, mtu=1500):
    """What lies behind the node's uplink: a router that knows clients and pods of its own, and
    reaches the listeners' addresses by the node, whose default route leads here. What its clients
    and pods say to each other does not pass the node."""
    outside = make_router(f"{prefix}-uplink")
    node.ip(f"link add {UPLINK} mtu {mtu} type veth peer name node mtu {mtu} "
            f"netns {outside.name}", f"link set {UPLINK} up",
            f"addr add {UPLINK_IPV4}/24 dev {UPLINK}",
            f"addr add {UPLINK_IPV6}/64 dev {UPLINK} nodad")
    outside.ip("link set node up", f"addr add {OUTSIDE_IPV4}/24 dev node",
               f"addr add {OUTSIDE_IPV6}/64 dev node nodad",
               f"route add default via {UPLINK_IPV4}", f"route add default via {UPLINK_IPV6}")
    node.ip(f"route add default via {OUTSIDE_IPV4}", f"route add default via {OUTSIDE_IPV6}")
    return outside


def plug_outside(outside, peer, pod):
    """A client's or a pod's link to what is outside, which routes it as a node does."""
    if pod:
        _plug(outside, peer)
        _route_pod(outside, peer, (OUTSIDE_IPV4, OUTSIDE_IPV6))
    else:
        plug_subnet(outside, peer)


def add_addresses(peer, count):
    """Gives a client `count` more IPv4 addresses, .10 and up, of its subnet; returns them."""
    base = peer.ipv4.rsplit(".", 1)[0]
    addresses = [f"{base}.{10 + index}" for index in range(count)]
    peer.namespace.ip(*[f"addr add {address}/24 dev eth0" for address in addresses])
    return addresses


def set_mtu(node, peer, mtu):
    """Changes both ends of a peer's link."""
    node.ip(f"link set {peer.device} mtu {mtu}")
    peer.namespace.ip(f"link set eth0 mtu {mtu}")
