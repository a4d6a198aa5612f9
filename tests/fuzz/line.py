"""A client's line without a socket: what a protocol of asyncio's sees of one, and what was written to it."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any, cast

from app.gateway.port import feed

_PEER = {"peername": ("127.0.0.1", 40_000), "sockname": ("127.0.0.1", 8_080)}


_NO_SOCKET = os.open(os.devnull, os.O_RDWR)


class Descriptor:
    """Stands for the socket; what is asked of it is refused, as of one that is gone."""

    def fileno(self) -> int:
        return _NO_SOCKET


class Line(asyncio.Transport):
    """Keeps what is written; `lose` ends it, as the loop does after `close` or `abort`."""

    def __init__(self, protocol: asyncio.BaseProtocol, bytes_kept: int = 65_536) -> None:
        super().__init__()
        self._protocol = protocol
        self._bytes_kept = bytes_kept
        self.written = bytearray()
        self.ended = False
        self.lost = False
        self.paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return Descriptor() if name == "socket" else _PEER.get(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def say(self, data: bytes) -> None:
        """Bytes of the client, to whoever listens now."""
        if not self.ended:
            feed(cast("asyncio.BufferedProtocol", self._protocol), data)

    def lose(self) -> None:
        if not self.lost:
            self.ended = self.lost = True
            self._protocol.connection_lost(None)

    def write(self, data: Any) -> None:
        if len(self.written) < self._bytes_kept:
            self.written += data

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self.ended

    def close(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.ended = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


def pieces(data: bytes) -> Iterator[bytes]:
    """The input cut as its first byte says: 0 whole, else into pieces of so many bytes."""
    step, rest = (data[0] if data else 0), data[1:]
    if not step:
        yield rest
        return
    for at in range(0, len(rest), step):
        yield rest[at : at + step]


def frames(written: bytes) -> Iterator[tuple[int, bytes]]:
    """First byte and payload of each whole WebSocket frame that a server wrote."""
    at = 0
    while at + 2 <= len(written):
        size, begin = written[at + 1], at + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, begin = int.from_bytes(written[begin : begin + width], "big"), begin + width
        if begin + size > len(written):
            return
        yield written[at], written[begin : begin + size]
        at = begin + size
