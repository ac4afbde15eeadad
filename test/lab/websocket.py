# SPDX-License-Identifier: Apache-2.0
"""WebSocket (RFC 6455), as far as an echo needs it: binary frames, one message a frame."""

import base64
import hashlib
import struct

from raw_http import request

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_FINAL_BINARY, _MASKED = 0x82, 0x80
OFFER = ("Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
         f"Sec-WebSocket-Key: {KEY}")


def offer(path):
    return request(path, fields=OFFER)


def accept_value(key):
    return base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()


def frame(payload, masked):
    """A client masks; with a mask of noughts the payload stands on the wire as it is."""
    bit = _MASKED if masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", _FINAL_BINARY, bit | len(payload))
    elif len(payload) < 1 << 16:
        head = struct.pack("!BBH", _FINAL_BINARY, bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", _FINAL_BINARY, bit | 127, len(payload))
    return head + (bytes(4) if masked else b"") + payload


def _read(stream, length):
    pieces = []
    stream.read_body(length, pieces.append)
    return b"".join(pieces)


def read_frame(stream):
    """The payload of the next frame."""
    _, short = _read(stream, 2)
    length = short & 127
    if length > 125:
        length, = struct.unpack("!H" if length == 126 else "!Q",
                                _read(stream, 2 if length == 126 else 8))
    if short & _MASKED:
        assert _read(stream, 4) == bytes(4), "only masks of noughts are understood"
    return _read(stream, length)


def echo(connection, message, stream):
    """A pod's answer (see origin.py): switches protocols, then sends every message back."""
    connection.sendall(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"X-Pod: echo\r\nSec-WebSocket-Accept: "
        f"{accept_value(message.fields['sec-websocket-key'])}\r\n\r\n".encode())
    while True:
        connection.sendall(frame(read_frame(stream), masked=False))
