# SPDX-License-Identifier: Apache-2.0
"""What a TCP connection negotiated, as the kernel tells it (struct tcp_info of <linux/tcp.h>)."""

import dataclasses
import json
import socket
import struct

_TIMESTAMPS, _SACK, _WINDOW_SCALE = 1, 2, 4


@dataclasses.dataclass
class TcpInfo:
    timestamps: bool
    sack: bool
    window_scaling: bool
    peer_scale: int
    own_scale: int
    send_mss: int

    def __str__(self):
        return json.dumps(dataclasses.asdict(self))


def read(connection):
    raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    options, scales = raw[5], raw[6]
    return TcpInfo(timestamps=bool(options & _TIMESTAMPS), sack=bool(options & _SACK),
                   window_scaling=bool(options & _WINDOW_SCALE), peer_scale=scales & 15,
                   own_scale=scales >> 4, send_mss=struct.unpack_from("I", raw, 16)[0])


def parse(text):
    return TcpInfo(**json.loads(text))


def counters(namespace, group="TcpExt"):
    """Counters of /proc/net/netstat (TcpExt) or /proc/net/snmp (Tcp) of a namespace."""
    path = "/proc/net/netstat" if group == "TcpExt" else "/proc/net/snmp"
    path = path.replace("/proc", "/proc/thread-self")
    with namespace.entered(), open(path, encoding="ascii") as file:
        lines = [line.split() for line in file if line.startswith(f"{group}:")]
    return dict(zip(lines[0][1:], map(int, lines[1][1:])))
