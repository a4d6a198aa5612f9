"""A server that answers every message with itself: the WebSocket class alone, without the front and the hub."""

import asyncio
import socket as sockets
from collections.abc import Callable
from typing import cast

from app.gateway.framing import accept_key, binary_frame, text_frame
from app.gateway.websocket import Listener, Shared, WebSocket
from app.settings import Limits
from tests.gateway.picows_socket import PicowsSocket

Mount = Callable[[Shared, Listener], WebSocket | PicowsSocket]


class Echo:
    """Sends back what it gets; remembers how the socket ended."""

    def __init__(self) -> None:
        self.socket: WebSocket | None = None
        self.ended = asyncio.get_running_loop().create_future()
        self.received: list[str | bytes] = []
        self.drains = 0
        self.controls = 0

    def opened(self, socket: WebSocket) -> None:
        self.socket = socket

    def text(self, text: str) -> None:
        assert self.socket is not None
        self.received.append(text)
        self.socket.send(text_frame(text.encode()))

    def binary(self, data: bytes) -> None:
        assert self.socket is not None
        self.socket.send(binary_frame(data))

    def control(self) -> None:
        self.controls += 1

    def drained(self) -> None:
        self.drains += 1

    def closing(self) -> None:
        assert self.socket is not None
        asyncio.get_running_loop().call_later(3, self.socket.abort)

    def closed(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


class Handshake(asyncio.BufferedProtocol):
    """Reads one request head, answers it, and hands the transport to a WebSocket."""

    def __init__(self, mount: Mount, shared: Shared, sockets_seen: list[Echo]) -> None:
        self._mount = mount
        self._shared = shared
        self._seen = sockets_seen
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._shared.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._head += bytes(self._shared.buffer[:nbytes])
        head, found, rest = self._head.partition(b"\r\n\r\n")
        if not found:
            return
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        key = {name.lower(): value for name, value in lines.items()}["sec-websocket-key"]
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + (accept_key(key) or "").encode() + b"\r\n\r\n"
        )
        listener = Echo()
        self._seen.append(listener)
        socket = self._mount(self._shared, listener)
        if isinstance(socket, WebSocket):
            self._transport.set_protocol(socket)
        socket.connection_made(self._transport)
        if rest:
            socket.receive(rest)


class EchoServer:
    """Listens on a free port of loopback; `mount` makes the sockets."""

    def __init__(self, limits: Limits, mount: Mount = WebSocket) -> None:
        self._mount = mount
        self._shared = Shared(limits)
        self.seen: list[Echo] = []

    async def start(self) -> int:
        listening = sockets.create_server(("127.0.0.1", 0), backlog=256)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Handshake(self._mount, self._shared, self.seen), sock=listening)
        return int(listening.getsockname()[1])

    async def stop(self) -> None:
        self._server.close()
        for echo in self.seen:
            if echo.socket is not None:
                echo.socket.abort()
        await self._server.wait_closed()
