"""Another system's server, which answers as it is told: each connection gets bytes, slowly, without end, or nothing."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from msgspec import Struct

Say = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Heard(Struct):
    """One request as it came: its first line, its headers in lower case, its body."""

    line: str
    headers: dict[str, str]
    body: bytes


class Far:
    """Answers by `say`; `heard` is what it was asked."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.heard: list[Heard] = []
        self.port = 0
        self.connections = 0
        self._open: set[asyncio.Task[None] | None] = set()

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator["Far"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in list(self._open):
                if task is not None:
                    task.cancel()
            async with asyncio.timeout(10):
                while self._open:
                    await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        self._open.add(task)
        try:
            while await self._one(reader):
                await self.say(writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._open.discard(task)

    async def _one(self, reader: asyncio.StreamReader) -> bool:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:
            return False
        line, *rest = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest if one)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.heard.append(Heard(line, headers, body))
        return True


def answer(body: bytes, status: str = "200 OK", *headers: str) -> Say:
    """A whole answer."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + b"\r\n\r\n" + body)

    return say


async def without_end(writer: asyncio.StreamWriter) -> None:
    """A body that never ends, as fast as it is taken."""
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def stalled(writer: asyncio.StreamWriter) -> None:
    """A head, half a body, and silence."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await asyncio.sleep(3_600)


async def silent(writer: asyncio.StreamWriter) -> None:
    """Nothing at all."""
    await asyncio.sleep(3_600)
