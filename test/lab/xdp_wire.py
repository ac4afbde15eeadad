# SPDX-License-Identifier: Apache-2.0
"""A veth that behaves as a card on a wire does, as far as XDP on its other end can tell.

Checksums are whole when they leave. What XDP sends back by a veth is received only if there is an
XDP program at the receiving end as well: one that lets everything pass.
"""

import ctypes
import os
import platform
import socket
import struct

_BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}[platform.machine()]
_PROG_LOAD, _LINK_CREATE = 5, 28
_PROG_TYPE_XDP, _ATTACH_XDP, _FLAGS_DRV_MODE = 6, 37, 1 << 2
_XDP_PASS = 2
# r0 = XDP_PASS; exit
_PASS = struct.pack("<BBhi", 0xb7, 0, 0, _XDP_PASS) + struct.pack("<BBhi", 0x95, 0, 0, 0)
_libc = ctypes.CDLL(None, use_errno=True)


def _bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    result = _libc.syscall(_BPF_SYSCALL, command, buffer, len(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _load_pass():
    code, license_text = ctypes.create_string_buffer(_PASS), ctypes.create_string_buffer(b"GPL")
    return _bpf(_PROG_LOAD, struct.pack("<IIQQ", _PROG_TYPE_XDP, len(_PASS) // 8,
                                        ctypes.addressof(code), ctypes.addressof(license_text)))


class Wire:
    """To be adopted by the peer's lab: it lasts until stop()."""

    def __init__(self, peer):
        peer.namespace.run("ethtool", "-K", "eth0", "tx", "off")
        program = _load_pass()
        try:
            with peer.namespace.entered():
                index = socket.if_nametoindex("eth0")
                self._link = _bpf(_LINK_CREATE, struct.pack("<IIII", program, index, _ATTACH_XDP,
                                                            _FLAGS_DRV_MODE))
        finally:
            os.close(program)

    def stop(self):
        os.close(self._link)
