"""A WebSocket client on a plain transport, as cheap as can be: it shares two cores with the server it loads.

RFC 6455 §5.3 asks for an unpredictable mask against caches on the way; on loopback a mask of zeros spares the XOR.
"""

import asyncio
import base64
import ssl
import struct
from collections.abc import Callable
from functools import partial
from typing import cast

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_FIN = 0x80
_MASKED = 0x80
_KEY = base64.b64encode(bytes(16)).decode()

Told = Callable[[bytes], None]


class Refused(Exception):
    """The server answered the upgrade with something else."""


class Wire(asyncio.Protocol):
    """One connection to `/ws`: texts go to `told`; `closed` resolves with the close code (1006: it just ended)."""

    def __init__(self, told: Told, host: str, cookie: str = "") -> None:
        self._told = told
        self._host = host
        self._cookie = cookie
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int] = loop.create_future()
        self.reason = b""
        self._upgraded = False

    @classmethod
    async def connect(
        cls, port: int, told: Told, *, host: str = "127.0.0.1", cookie: str = "", tls: ssl.SSLContext | None = None
    ) -> "Wire":
        """Connect and upgrade; raises `OSError` or `Refused`."""
        make = partial(cls, told, f"{host}:{port}", cookie)
        _, wire = await asyncio.get_running_loop().create_connection(make, host, port, ssl=tls)
        try:
            await wire.opened
        except BaseException:  # also where the client leaves before it was let in
            wire.abort()
            raise
        return wire

    def send(self, text: bytes) -> None:
        """Send one text; nothing once the connection is over."""
        if self._transport is not None:
            self._transport.write(_frame(_TEXT, text))

    def abort(self) -> None:
        """Cut the line without a word."""
        if self._transport is not None:
            self._transport.abort()

    def deafen(self) -> None:
        """From now on what arrives is read and forgotten, pings too: whoever listens no more must pong by himself."""
        if self._transport is not None:
            self._transport.set_protocol(_Deaf(self))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._transport = transport
        lines = [
            "GET /ws HTTP/1.1",
            f"Host: {self._host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {_KEY}",
            "Sec-WebSocket-Version: 13",
            *([f"Cookie: {self._cookie}", f"Origin: http://{self._host}"] if self._cookie else []),
        ]
        transport.write("\r\n".join((*lines, "", "")).encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded and not self._head():
            return
        self._frames()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if not self.opened.done():
            self.opened.set_exception(ConnectionResetError("closed before the upgrade"))
        if not self.closed.done():
            self.closed.set_result(1006)

    def _head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        status = bytes(self._buffer[: self._buffer.find(b"\r\n")])
        del self._buffer[: end + 4]
        if b" 101 " not in status:
            if not self.opened.done():
                self.opened.set_exception(Refused(status.decode()))
            self.abort()
            return False
        self._upgraded = True
        self.opened.set_result(None)
        return True

    def _frames(self) -> None:
        """Every whole frame in the buffer; the server masks nothing and fragments nothing."""
        buffer = self._buffer
        start, held = 0, len(buffer)
        while held - start >= 2:
            size, body = buffer[start + 1], start + 2
            if size == 126:
                body += 2
                if held < body:
                    break
                size = int.from_bytes(buffer[body - 2 : body], "big")
            elif size == 127:
                body += 8
                if held < body:
                    break
                size = int.from_bytes(buffer[body - 8 : body], "big")
            if held - body < size:
                break
            self._frame(buffer[start], bytes(buffer[body : body + size]))
            start = body + size
        del buffer[:start]

    def _frame(self, first: int, payload: bytes) -> None:
        if first == _FIN | _TEXT:
            self._told(payload)
        elif first == _FIN | _CLOSE:
            self.reason = payload[2:]
            if not self.closed.done():
                self.closed.set_result(int.from_bytes(payload[:2], "big") if payload else 1005)
            if self._transport is not None:
                self._transport.write(_frame(_CLOSE, payload[:2]))
                self._transport.close()
        elif first == _FIN | _PING and self._transport is not None:
            self._transport.write(_frame(_PONG, payload))


class _Deaf(asyncio.Protocol):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def connection_lost(self, error: Exception | None) -> None:
        self._wire.connection_lost(error)


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((_FIN | opcode, _MASKED | size, 0, 0, 0, 0)) + payload
    if size < 65_536:
        return struct.pack(">BBHI", _FIN | opcode, _MASKED | 126, size, 0) + payload
    return struct.pack(">BBQI", _FIN | opcode, _MASKED | 127, size, 0) + payload
