# SPDX-License-Identifier: Apache-2.0
"""Buffered reading of HTTP messages from a socket, for clients and pods alike; and writing chunks.

What is read is strict: CRLF ends lines, a chunk ends where its size says.
"""

RECEIVE = 1 << 18
_HEX_DIGITS = b"0123456789abcdefABCDEF"


class Stream:
    """seen(bytes) is called with whatever is received."""

    def __init__(self, connection, seen=None):
        self.connection = connection
        self.buffer = bytearray()
        self.seen = seen

    def receive(self, size=RECEIVE):
        """More bytes; b"" at the end of the stream."""
        piece = self.connection.recv(size)
        if self.seen and piece:
            self.seen(piece)
        return piece

    def _fill(self):
        piece = self.receive()
        if not piece:
            raise ConnectionError(f"connection ended after {bytes(self.buffer[:200])!r}")
        self.buffer += piece

    def _take_through(self, mark):
        """What is in front of the mark; the mark is taken too."""
        start = 0
        while (end := self.buffer.find(mark, start)) < 0:
            start = max(0, len(self.buffer) - len(mark) + 1)
            self._fill()
        taken = bytes(self.buffer[:end])
        del self.buffer[:end + len(mark)]
        return taken

    def read_head(self):
        """The next message's head with its empty line; b"" at the end of the stream."""
        if not self.buffer:
            piece = self.receive()
            if not piece:
                return b""
            self.buffer += piece
        return self._take_through(b"\r\n\r\n") + b"\r\n\r\n"

    def read_line(self):
        return self._take_through(b"\r\n")

    def read_body(self, length, take):
        """Calls take(bytes) for `length` bytes, in pieces."""
        while length:
            if self.buffer:
                piece = bytes(self.buffer[:length])
                del self.buffer[:length]
            else:
                piece = self.receive(min(length, RECEIVE))
            if not piece:
                raise ConnectionError(f"{length} bytes of the body are missing")
            length -= len(piece)
            take(piece)

    def read_chunked(self, take):
        """Calls take(bytes) for the data of all chunks; returns the lines of the trailer."""
        while size := self._read_size():
            self.read_body(size, take)
            if self.read_line():
                raise ConnectionError("no line end behind a chunk")
        trailer = []
        while line := self.read_line():
            trailer.append(line)
        return trailer

    def _read_size(self):
        line = self.read_line()
        digits = line.partition(b";")[0].rstrip(b" \t")
        if not digits or digits.strip(_HEX_DIGITS):
            raise ConnectionError(f"not the size of a chunk: {line!r}")
        return int(digits, 16)

    def read_to_end(self, take):
        if self.buffer:
            take(bytes(self.buffer))
            self.buffer.clear()
        while piece := self.receive():
            take(piece)


def chunked(data, size, extension=b"", trailer=b""):
    """The data in chunks of this size; the trailer's lines with their ends."""
    chunks = []
    for start in range(0, len(data), size):
        piece = data[start:start + size]
        chunks.append(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece))
    return b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"
