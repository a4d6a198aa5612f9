"""The server under abuse, and its innocent users: one process over a fresh folder, an owner, an inbox, visitors."""

import asyncio
import json
import secrets
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.abuse.line import Answer, Line, ask, frame, head, line
from tests.journeys.appliance import SOURCE, Appliance
from tests.journeys.desk import Desk

UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version": "13",
}


class Doors:
    """What a client needs to know to come in."""

    def __init__(self, port: int, cookie: str, inbox: str, authority: str = "") -> None:
        self.port = port
        self.authority = authority  # whom to trust, the path of a certificate; empty where the server speaks no TLS
        self.tls = ssl.create_default_context(cafile=authority) if authority else None
        self.cookie = cookie  # the owner's session
        self.inbox = inbox

    def line(self, *, small_buffer: bool = False) -> AbstractAsyncContextManager[Line]:
        """A connection that has said nothing yet."""
        return line(self.port, small_buffer=small_buffer, tls=self.tls)

    async def ask(self, request: bytes) -> Answer:
        """One request on a connection of its own."""
        return await ask(self.port, request, tls=self.tls)

    async def post(self, path: str, value: object, fields: dict[str, str] = {}) -> Answer:
        """A JSON body on a connection of its own."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **fields}
        return await self.ask(head("POST", path, lines) + body)

    @asynccontextmanager
    async def upgraded(self, fields: dict[str, str] = {}, *, small_buffer: bool = False) -> AsyncIterator[Line]:
        """A WebSocket that has said nothing yet."""
        async with self.line(small_buffer=small_buffer) as one:
            await one.write(head("GET", "/ws", {**UPGRADE, **fields}))
            answer = await one.answer()
            assert answer.status == 101, answer
            assert "sec-websocket-extensions" not in answer.fields
            yield one

    async def newcomer(self) -> str:
        """A visitor whom nobody knows yet; his token. Who abuses rests for a while, so no two cases share one."""
        told: str = (await self.post("/api/v1/visitor/session", {"inbox": self.inbox})).json()["token"]
        return told

    @asynccontextmanager
    async def visitor(self, token: str = "") -> AsyncIterator[Line]:
        """A visitor's WebSocket after its welcome; a newcomer's where no token is named."""
        token = token or await self.newcomer()
        async with self.upgraded() as one:
            await one.write(text({"t": "hello", "inbox": self.inbox, "token": token}))
            await one.told("welcome")
            yield one

    @asynccontextmanager
    async def agent(self, *, small_buffer: bool = False) -> AsyncIterator[Line]:
        """The owner's WebSocket, live."""
        host = f"127.0.0.1:{self.port}"
        own = {"Host": host, "Origin": f"{'https' if self.tls else 'http'}://{host}", "Cookie": self.cookie}
        async with self.upgraded(own, small_buffer=small_buffer) as one:
            await one.write(text({"t": "hello"}))
            await one.write(text({"t": "resume"}))
            await one.told("live")
            yield one


class Ground(Doors):
    """A running server, its owner and some visitors."""

    def __init__(
        self,
        folder: Path,
        config: str = "",
        *,
        visitors: int = 4,
        command: Sequence[str] = SOURCE,
        workers: int = 0,
        tls: bool = False,
    ) -> None:
        """With `tls` it is set up in plain and started again with a certificate of its own authority."""
        options = ("--workers", str(workers))
        self.appliance = Appliance(folder / "data", command=command, options=options)
        self.appliance.data.mkdir(parents=True)
        (self.appliance.data / "config.toml").write_text(f"[limits]\nvisitors_burst = 100000\n{config}")
        self.appliance.start()
        with Desk.founded(self.appliance.data, self.appliance.port) as desk:
            inbox = desk.inbox()
            self.tokens = [desk.visitor(inbox)[0] for _ in range(visitors)]
            cookie = desk.sign_in()
        if not tls:
            super().__init__(self.appliance.port, cookie, inbox)
            return
        assert self.appliance.stop() == 0
        authority = str(self.appliance.data / "keys" / "authority.crt")
        self.appliance = Appliance(
            self.appliance.data,
            command=command,
            options=options,
            environment={"MONODESK_TLS_MODE": "own"},
            secure=lambda: ssl.create_default_context(cafile=authority),
        )
        self.appliance.start()
        super().__init__(self.appliance.port, cookie, inbox, authority)

    @property
    def server(self) -> psutil.Process:
        """The process that speaks: of a onefile the bootloader's child."""
        process = psutil.Process(self.appliance.pid)
        children = process.children()
        return children[0] if children and children[0].name() == process.name() else process

    @property
    def family(self) -> list[psutil.Process]:
        """Every process of it."""
        process = psutil.Process(self.appliance.pid)
        return [process, *process.children(recursive=True)]

    def bearer(self, visitor: int = 0) -> dict[str, str]:
        """How this visitor proves himself over HTTP."""
        return {"Authorization": f"Bearer {self.tokens[visitor]}"}

    async def say(self, text: str, visitor: int = 1) -> Answer:
        """An innocent visitor writes."""
        key = {"Idempotency-Key": secrets.token_hex(16)}
        return await self.post("/api/v1/visitor/messages", {"text": text}, {**self.bearer(visitor), **key})

    def forget_peak(self) -> int:
        """Begin to measure anew; what is resident now, in bytes (proc(5): clear_refs)."""
        Path(f"/proc/{self.server.pid}/clear_refs").write_text("5")
        return self._status("VmRSS")

    def peak(self) -> int:
        """The most that was resident since, in bytes."""
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.server.pid}/status").read_text().splitlines()
        return next(int(one.split()[1]) * 1_024 for one in lines if one.startswith(f"{name}:"))


async def still_well(ground: Ground) -> None:
    """Whatever was done to it, the server answers, and somebody else's message is taken and stored."""
    health, ready, said = await asyncio.gather(
        ground.ask(head("GET", "/healthz")), ground.ask(head("GET", "/readyz")), ground.say("still there?")
    )
    assert (health.status, ready.status, said.status) == (200, 200, 200), said.body


def text(value: Any) -> bytes:
    """A text frame: JSON of a value, or bytes as they are."""
    return frame(value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode())
