# SPDX-License-Identifier: Apache-2.0
"""Programs of somebody else on the node's devices, by the tools that people have: tc, ip, bpftool.

bpftool of Debian 12 knows no tcx; there the system call itself is made.
"""

import ctypes
import ipaddress
import json
import os
import socket
import struct
import subprocess

from agent import BUILD

OBJECT = os.path.join(BUILD, "foreign.bpf.o")
BPF_OBJ_GET = 7
BPF_LINK_CREATE = 28
BPF_OBJ_PIN = 6
BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
TCX_INGRESS = 46
TCX_EGRESS = 47
XDP = 37
XDP_NATIVE = 1 << 2
TCX_BEFORE = 1 << 3
TCX_AFTER = 1 << 4

_libc = ctypes.CDLL(None, use_errno=True)


def _bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    result = _libc.syscall(BPF_SYSCALL, command, buffer, len(attributes))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _path_attributes(path, descriptor=0):
    name = ctypes.create_string_buffer(os.fsencode(path))
    return name, struct.pack("=QIIII", ctypes.addressof(name), descriptor, 0, 0, 0)


class Foreign:
    """One loaded program, with a count of its own of what it has seen."""

    def __init__(self, lab, name="foreign"):
        self.lab = lab
        self.name = name
        self.pin = os.path.join(lab.bpffs, f"{name}-program")
        self.maps = os.path.join(lab.bpffs, f"{name}-maps")
        os.mkdir(self.maps)
        subprocess.run(["bpftool", "prog", "loadall", OBJECT, self.pin, "pinmaps", self.maps],
                       check=True)
        self.program = os.path.join(self.pin, "foreign_tc")

    def attach_tcx(self, device, flags=0, kind=TCX_INGRESS):
        """The link is pinned, and so lives on; its pin is returned."""
        return self._attach(self.program, device, kind, flags)

    def attach_xdp(self, device):
        """The same in native mode; OSError (EBUSY) where a program is already."""
        return self._attach(os.path.join(self.pin, "foreign_xdp"), device, XDP, XDP_NATIVE)

    def _attach(self, path, device, kind, flags):
        name, attributes = _path_attributes(path)
        program = _bpf(BPF_OBJ_GET, attributes)
        link = os.path.join(self.lab.bpffs, f"{self.name}-link-{device}-{kind}")
        with self.lab.node.entered():
            index = socket.if_nametoindex(device)
            try:
                descriptor = _bpf(BPF_LINK_CREATE, struct.pack("=IIIIIIQ", program, index, kind,
                                                               flags, 0, 0, 0))
            finally:
                os.close(program)
        name, attributes = _path_attributes(link, descriptor)
        _bpf(BPF_OBJ_PIN, attributes)
        os.close(descriptor)
        del name
        return link

    def seen(self):
        """{(source, destination, destination port): packets}"""
        done = subprocess.run(["bpftool", "-j", "map", "dump", "pinned",
                               os.path.join(self.maps, "seen")],
                              text=True, capture_output=True, check=True)
        return _counts(json.loads(done.stdout))


def _counts(entries):
    counts = {}
    for entry in entries:
        key = bytes(int(byte, 16) for byte in entry["key"])
        value = int.from_bytes(bytes(int(byte, 16) for byte in entry["value"]), "little")
        flow = (_address(key[:16]), _address(key[16:32]), int.from_bytes(key[34:36], "big"))
        counts[flow] = counts.get(flow, 0) + value
    return counts


def _address(data):
    return str(ipaddress.ip_address(data[:4] if not any(data[4:]) else data))


def tc(lab, *words):
    """Runs tc on the node; answers with what it printed."""
    return lab.node.run("tc", *words).stdout


def filters(lab, device):
    """BPF filters of a device's ingress, in their order: {"pref", "options": {"handle", ...}}"""
    shown = json.loads(tc(lab, "-j", "filter", "show", "dev", device, "ingress") or "[]")
    return [entry for entry in shown if "handle" in entry.get("options", {})]
