# SPDX-License-Identifier: Apache-2.0
"""Frames made by hand, and a look at those that pass a device."""

import ipaddress
import socket
import struct
import threading

ETH_P_ALL = 3
SYN = 0x02
# MSS 1460, SACK, timestamps, window scale 7.
_SYN_OPTIONS = bytes.fromhex("020405b4 0402 080a 00003039 00000000 01 030307")


def _checksum(*parts):
    total = sum(sum(struct.unpack(f"!{len(part) // 2}H", part)) for part in parts)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def _ethernet(source_mac, destination_mac, kind):
    return (bytes.fromhex(destination_mac.replace(":", "")) +
            bytes.fromhex(source_mac.replace(":", "")) + struct.pack("!H", kind))


def tcp_syn(peer, source, destination, source_port, sequence, port=80):
    """A whole SYN frame with the usual options, from any address, to the peer's gateway."""
    source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    size = 20 + len(_SYN_OPTIONS)
    tcp = struct.pack("!HHIIBBHHH", source_port, port, sequence, 0, size // 4 << 4, SYN, 64240,
                      0, 0) + _SYN_OPTIONS
    pseudo = source.packed + destination.packed + struct.pack("!II", size, socket.IPPROTO_TCP)
    tcp = tcp[:16] + struct.pack("!H", _checksum(pseudo, tcp)) + tcp[18:]
    if source.version == 6:
        header = struct.pack("!IHBB", 6 << 28, size, socket.IPPROTO_TCP, 64)
        kind = 0x86dd
        header += source.packed + destination.packed
    else:
        kind = 0x0800
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 0, 0x4000, 64, socket.IPPROTO_TCP, 0)
        header += source.packed + destination.packed
        header = header[:10] + struct.pack("!H", _checksum(header)) + header[12:]
    return _ethernet(peer.mac, peer.node_mac, kind) + header + tcp


def tagged(frame, vlan):
    """The frame with an IEEE 802.1Q tag."""
    return frame[:12] + struct.pack("!HH", 0x8100, vlan) + frame[12:]


def open_device(namespace, device="eth0", protocol=0):
    """A raw socket on a device; with protocol 0 it only sends."""
    raw = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    with namespace.entered():
        raw.bind((device, protocol))
    return raw


class Watch:
    """Calls seen(frame) in a thread for each frame that comes in by a device."""

    def __init__(self, namespace, seen, device="eth0"):
        self.seen = seen
        self.raw = open_device(namespace, device, ETH_P_ALL)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.raw.close()

    def _run(self):
        while True:
            try:
                frame, address = self.raw.recvfrom(65536)
            except OSError:
                return
            if address[2] != socket.PACKET_OUTGOING:
                self.seen(frame)


def is_tcp_syn(frame):
    """A SYN without ACK, over IPv4 without options or IPv6 without extension headers."""
    kind = frame[12:14]
    tcp = 14 + (20 if kind == b"\x08\x00" else 40)
    protocol = frame[23:24] if kind == b"\x08\x00" else frame[20:21]
    return (kind in (b"\x08\x00", b"\x86\xdd") and protocol == b"\x06" and
            frame[tcp + 13] & 0x12 == SYN)
