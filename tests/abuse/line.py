"""One TCP connection to the server, bytes as they are: what no well-behaved client library would send."""

import asyncio
import contextlib
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

GONE = (ConnectionError, ssl.SSLError)  # how a server's end looks to a client, over TLS as well
PATIENCE_SECONDS = 90.0  # a deadline against hanging; no case waits for it where all is well
_SMALL_BUFFER = 65_536
_MASK = b"\x1d\x07\x5a\xe3"
# What no refusal may tell: where our code lies, what it is written in, what it asked its database.
_INTERNALS = re.compile(
    rb"Traceback|\.py\b|site-packages|/app/| at 0x|Error\b|Exception|sqlite|SELECT |INSERT |hypercorn"
)
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
FIN, RSV1 = 0x80, 0x40


class Answer(Struct, frozen=True):
    """A response as it came."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a refusal, or an empty string."""
        return str(self.json().get("code", "")) if "problem+json" in self.fields.get("content-type", "") else ""

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Line:
    """Writes what it is told; reads answers of known length, and frames of a socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def write(self, data: bytes) -> bool:
        """Whether the server still took it."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except GONE:
            return False
        return not self.writer.is_closing()

    async def answer(self) -> Answer:
        """The next response; an interim one is passed over."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.rstrip("\r\n").split("\r\n")
            fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            status = int(first.split()[1])
            if status == 100:
                return await self.answer()
            answer = Answer(status, fields, await self.reader.readexactly(int(fields.get("content-length", "0"))))
            assert status < 400 or not _INTERNALS.search(answer.body), answer
            return answer

    async def ended(self) -> bytes:
        """What still comes until the server closes or drops the connection."""
        rest = b""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with contextlib.suppress(*GONE):
                while piece := await self.reader.read(65_536):
                    rest = rest[-1_024:] + piece
        return rest

    async def frame(self) -> tuple[int, bytes]:
        """Opcode and payload of the server's next frame."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            first, size = await self.reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return first & 0x0F, await self.reader.readexactly(size)

    async def told(self, kind: str) -> dict[str, Any]:
        """The server's next JSON frame of this type; others are passed over."""
        while True:
            opcode, payload = await self.frame()
            assert opcode != CLOSE, payload
            found = msgspec.json.decode(payload) if opcode == TEXT else {"t": ""}
            if found["t"] == "ping":
                await self.write(frame(b'{"t":"pong"}'))
            if found["t"] == kind:
                return dict(found)
            assert found["t"] != "error", found

    async def close_code(self) -> int:
        """The code of the server's close frame, 1006 where the connection just ended; what came before is dropped."""
        with contextlib.suppress(*GONE, asyncio.IncompleteReadError):
            while True:
                opcode, payload = await self.frame()
                if opcode == CLOSE:
                    assert not _INTERNALS.search(payload), payload
                    return int.from_bytes(payload[:2], "big")
        return 1006


@asynccontextmanager
async def line(port: int, *, small_buffer: bool = False, tls: ssl.SSLContext | None = None) -> AsyncIterator[Line]:
    """A new connection; `small_buffer` so that the kernel keeps little for a client that does not read."""
    raw = socket.socket()
    raw.setblocking(False)
    if small_buffer:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
    try:
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=raw, ssl=tls, server_hostname=tls and "127.0.0.1")
    except BaseException:
        raw.close()
        raise
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


def head(method: str, path: str, fields: Mapping[str, str] = {}) -> bytes:
    """A request head with a Host."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "desk.lan", **fields}.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")


async def ask(port: int, request: bytes, *, tls: ssl.SSLContext | None = None) -> Answer:
    """One request on a connection of its own."""
    async with line(port, tls=tls) as one:
        await one.write(request)
        return await one.answer()


def frame(payload: bytes, opcode: int = TEXT, *, first: int = FIN, masked: bool = True) -> bytes:
    """A frame of RFC 6455 §5.2 with these first bits; a client's are masked."""
    size = len(payload)
    bit = 0x80 if masked else 0
    if size < 126:
        head = struct.pack(">BB", first | opcode, bit | size)
    elif size < 65_536:
        head = struct.pack(">BBH", first | opcode, bit | 126, size)
    else:
        head = struct.pack(">BBQ", first | opcode, bit | 127, size)
    return head + _MASK + mask(payload) if masked else head + payload


def mask(payload: bytes) -> bytes:
    """XOR with our one mask."""
    whole = _MASK * (len(payload) // 4 + 1)
    number = int.from_bytes(payload, "big") ^ int.from_bytes(whole[: len(payload)], "big")
    return number.to_bytes(len(payload), "big")
