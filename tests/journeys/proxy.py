"""A proxy between browser and server that misbehaves on purpose, on the loopback address.

It relays bytes, reads WebSocket frames on their way (RFC 6455 §5.2) and can lose the server's answers, refuse
upgrades, as company proxies do, or lose the line in the middle of an upload.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

Frame = dict[str, Any]
_TEXT = 0x1
_REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_HEAD_END = b"\r\n\r\n"


class FaultProxy:
    """Stands before a server; `url` is what the browser opens."""

    def __init__(
        self,
        port: int,
        *,
        upgrades: bool = True,
        drop: Callable[[Frame], bool] = lambda frame: False,
        at: int = 0,
    ) -> None:
        self.sent: list[Frame] = []  # frames from browsers
        self.received: list[Frame] = []  # frames from the server that were let through
        self.dropped: list[Frame] = []
        self.refused = 0
        self.uploaded = 0  # bytes that came from browsers outside of sockets
        self.cut_at: int | None = None  # when so many have come, their line is cut, once
        self.hold_at: int | None = None  # or nothing more of it goes on, once
        self.cuts = 0
        self.holds = 0
        self._server_port = port
        self._upgrades = upgrades
        self._drop = drop
        self._at = at  # the port it listens on: any, or the one of a proxy that has gone
        self._tasks: set[asyncio.Task[None]] = set()
        self._passed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self._at)
        self.port: int = self._listener.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until(self, fact: Callable[[], bool], seconds_max: float = 30.0) -> None:
        """Waits until frames have made `fact` true."""
        async with asyncio.timeout(seconds_max), self._passed:
            await self._passed.wait_for(fact)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._relay(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, browser: asyncio.StreamReader, to_browser: asyncio.StreamWriter) -> None:
        to_server: asyncio.StreamWriter | None = None
        try:
            head = await browser.readuntil(_HEAD_END)
            upgrade = b"upgrade: websocket" in head.lower()
            if upgrade and not self._upgrades:
                self.refused += 1
                to_browser.write(_REFUSAL)
                await to_browser.drain()
                return
            server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
            to_server.write(head)
            if upgrade:
                to_browser.write(await server.readuntil(_HEAD_END))
                await _both(self._frames(browser, to_server, self._up), self._frames(server, to_browser, self._down))
            else:
                await _both(self._upload(browser, to_server), _bytes(server, to_browser))
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side went away: so does the other
        finally:
            to_browser.close()
            if to_server is not None:
                to_server.close()

    async def _upload(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
            self.uploaded += len(data)
            if self.cut_at is not None and self.uploaded >= self.cut_at:
                self.cut_at, self.cuts = None, self.cuts + 1
                return
            if self.hold_at is not None and self.uploaded >= self.hold_at:
                self.hold_at, self.holds = None, self.holds + 1
                async with self._passed:
                    self._passed.notify_all()
                await asyncio.Event().wait()

    async def _frames(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, let: Callable[[Frame], bool]
    ) -> None:
        while True:
            raw, opcode, payload = await _frame(reader)
            if opcode != _TEXT or let(json.loads(payload)):
                writer.write(raw)
                await writer.drain()
            async with self._passed:
                self._passed.notify_all()

    def _up(self, frame: Frame) -> bool:
        self.sent.append(frame)
        return True

    def _down(self, frame: Frame) -> bool:
        lost = self._drop(frame)
        (self.dropped if lost else self.received).append(frame)
        return not lost


async def _both(one: Any, other: Any) -> None:
    """Run two directions until either ends."""
    tasks = {asyncio.create_task(one), asyncio.create_task(other)}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _bytes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


async def _frame(reader: asyncio.StreamReader) -> tuple[bytes, int, bytes]:
    """One frame as it came, its opcode, its payload without the mask."""
    raw = await reader.readexactly(2)
    opcode, masked, length = raw[0] & 0x0F, raw[1] >> 7, raw[1] & 0x7F
    if length >= 126:
        extended = await reader.readexactly(2 if length == 126 else 8)
        raw, length = raw + extended, int.from_bytes(extended)
    mask = await reader.readexactly(4) if masked else b"\0\0\0\0"
    body = await reader.readexactly(length)
    raw += (mask if masked else b"") + body
    return raw, opcode, bytes(byte ^ mask[index % 4] for index, byte in enumerate(body))
