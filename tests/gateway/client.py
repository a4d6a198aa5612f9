"""Clients of the tests: a WebSocket by wsproto (nobody's code that is under test), and HTTP by hand."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Message,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)

PATIENCE_SECONDS = 60.0  # against hanging


class Closed(Exception):
    """The server closed: code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Socket:
    """One WebSocket; `frames` are JSON objects."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._events: list[Event] = []
        self._text = ""
        self.host = ""

    @classmethod
    async def connect(cls, port: int) -> "Socket":
        """Connected, not yet upgraded."""
        socket = cls(*await asyncio.open_connection("127.0.0.1", port))
        socket.host = f"127.0.0.1:{port}"
        return socket

    async def upgrade(self, headers: Mapping[str, str], path: str = "/ws") -> None:
        """The opening handshake; raises `Closed` with the HTTP status where it was refused."""
        lines = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._write(Request(host=self.host, target=path, extra_headers=lines))
        event = await self._event()
        if isinstance(event, RejectConnection):
            raise Closed(event.status_code, "refused")
        assert isinstance(event, AcceptConnection), event

    async def send(self, **frame: Any) -> None:
        self._write(Message(data=msgspec.json.encode(frame).decode()))
        await self.writer.drain()

    def send_text(self, text: str) -> None:
        self._write(Message(data=text))

    def send_binary(self, data: bytes) -> None:
        self._write(Message(data=data))

    def ping(self) -> None:
        self._write(Ping(payload=b"are you there"))

    async def receive(self) -> dict[str, Any]:
        """The next JSON frame; raises `Closed` where the server closes instead."""
        while True:
            event = await self._event()
            if isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    text, self._text = self._text, ""
                    frame: dict[str, Any] = msgspec.json.decode(text)
                    return frame
            elif isinstance(event, CloseConnection):
                if self._protocol.state is ConnectionState.REMOTE_CLOSING:
                    self._write(event.response())
                raise Closed(event.code, event.reason or "")

    async def receive_type(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; others are passed over."""
        while True:
            frame = await self.receive()
            if frame["t"] == kind:
                return frame

    async def pong(self) -> bytes:
        """The payload of the next pong of the protocol."""
        while True:
            event = await self._event()
            if isinstance(event, Pong):
                return bytes(event.payload)

    async def closed(self) -> Closed:
        """How the server closed it; frames before are passed over."""
        try:
            while True:
                await self.receive()
        except Closed as closed:
            return closed

    async def greet(self, token: str, inbox: str = "i" * 26) -> dict[str, Any]:
        """Say hello as a visitor."""
        await self.send(t="hello", inbox=inbox, token=token)
        return await self.receive_type("welcome")

    async def close(self) -> None:
        self._write(CloseConnection(code=1000))
        await self.closed()
        self.writer.close()

    def drop(self) -> None:
        """Gone without a word."""
        self.writer.transport.abort()

    def _write(self, event: Event) -> None:
        self.writer.write(self._protocol.send(event))

    async def _event(self) -> Event:
        while not self._events:
            data = await asyncio.wait_for(self.reader.read(65_536), PATIENCE_SECONDS)
            self._protocol.receive_data(data or None)
            self._events += self._protocol.events()
        return self._events.pop(0)


class Response:
    """A response as it came."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Browser:
    """One HTTP/1.1 connection, kept from request to request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int) -> "Browser":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def open_from(cls, address: str, port: int) -> "Browser":
        """From another address of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0)))

    async def get(self, path: str, method: str = "GET", body: bytes = b"", /, **headers: str) -> Response:
        lines = {"host": "desk.lan", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body:
            lines["content-length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)
        return await self.response(method)

    async def response(self, method: str = "GET") -> Response:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE_SECONDS)
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        status = int(first.split()[1])
        if status < 200:
            return await self.response(method)
        return Response(status, headers, await self._body(method, status, headers))

    async def gone(self) -> bytes:
        """What still comes until the server closes."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE_SECONDS)

    def close(self) -> None:
        self.writer.close()

    async def _body(self, method: str, status: int, headers: dict[str, str]) -> bytes:
        if method == "HEAD" or status in (204, 304):
            return b""
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await self.reader.readline(), 16):
                body += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readline()
            return body
        return await self.reader.readexactly(int(headers["content-length"]))


async def until(true: Any, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until `true()`; the time only bounds a failure."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)
