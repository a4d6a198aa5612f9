"""The real rooms over a real database behind the real front: `/ws` as the appliance serves it, on a clock that stands.

A client here says exactly the bytes it is told to, since most of what it says is wrong.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.gateway import connection
from app.gateway.framing import unmask
from app.gateway.front import Front
from app.gateway.relay import Relay
from app.model.ids import Ids
from app.settings import Limits, Settings
from app.web.assets import Assets
from tests.clock import ManualClock
from tests.domain import Domain
from tests.gateway.client import PATIENCE_SECONDS, until
from tests.gateway.echo import Mount

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
MASK = b"\x37\xfa\x21\x3d"  # RFC 6455 §5.7
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
NO_CODE = 1005
CUT = 1006  # the connection ended without a close frame
_PATIENCE = 3 * PATIENCE_SECONDS


class Ended(NamedTuple):
    """How the server ended a connection: its close code, or the status with which it refused the handshake."""

    code: int
    reason: str = ""


class Line:
    """A raw client of `/ws`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self.reader = reader
        self.writer = writer
        self._host = host
        self.head = ""  # of the answer to the handshake

    async def shake_hands(self, **fields: str) -> int:
        """Ask for the upgrade, `fields` among its header lines; the status of the answer."""
        lines = {
            "Host": self._host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": KEY,
            "Sec-WebSocket-Version": "13",
        } | {name.replace("_", "-"): value for name, value in fields.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.writer.write(f"GET /ws HTTP/1.1\r\n{head}\r\n".encode())
        answer = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), _PATIENCE)
        self.head = answer.decode().lower()
        return int(self.head.split()[1])

    def say(self, first: int, payload: bytes = b"", *, masked: bool = True) -> None:
        """One frame that begins with this byte."""
        size = len(payload)
        bit = 0x80 if masked else 0
        length = bytes((bit | size,)) if size < 126 else bytes((bit | 126,)) + size.to_bytes(2, "big")
        if size > 0xFFFF:
            length = bytes((bit | 127,)) + size.to_bytes(8, "big")
        self.writer.write(bytes((first,)) + length + (MASK + unmask(MASK, payload) if masked else payload))

    def text(self, text: str) -> None:
        self.say(TEXT, text.encode("utf-8", "surrogatepass"))

    def frame(self, **frame: Any) -> None:
        """One frame of the protocol."""
        self.text(json.dumps(frame))

    async def heard(self) -> tuple[int, bytes]:
        """First byte and payload of the next frame."""
        first, size = await asyncio.wait_for(self.reader.readexactly(2), _PATIENCE)
        if size >= 126:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        return first, await self.reader.readexactly(size)

    async def told(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; others are passed over."""
        while True:
            first, payload = await self.heard()
            assert first == TEXT, payload
            frame: dict[str, Any] = json.loads(payload)
            if frame["t"] == kind:
                return frame

    async def ended(self) -> Ended:
        """How the server closes; what it says before is passed over."""
        while True:
            try:
                first, payload = await self.heard()
            except (asyncio.IncompleteReadError, ConnectionError):
                return Ended(CUT)
            if first == CLOSE:
                code = int.from_bytes(payload[:2], "big") if payload else NO_CODE
                return Ended(code, payload[2:].decode())

    def drop(self) -> None:
        self.writer.transport.abort()


class Gate:
    """A house with one inbox, one agent at her socket, and visitors who come and go."""

    def __init__(self, domain: Domain, front: Front, clock: ManualClock, port: int) -> None:
        self.domain = domain
        self.front = front
        self.clock = clock
        self.port = port
        self.inbox = ""
        self.agent: Line
        self.bystander: Line  # a visitor who does no wrong
        self._lines: list[Line] = []
        self._heard = 0

    async def line(self) -> Line:
        """Connected, no more."""
        line = Line(*await asyncio.open_connection("127.0.0.1", self.port), f"127.0.0.1:{self.port}")
        self._lines.append(line)
        return line

    async def open(self, **fields: str) -> Line:
        """Upgraded."""
        line = await self.line()
        assert await line.shake_hands(**fields) == 101, line.head
        return line

    async def token(self) -> str:
        """Of a new visitor."""
        return (await self.domain.visitors.session(self.inbox)).token

    async def visitor(self, token: str = "") -> Line:
        """A visitor after his welcome; a new one where no token is given."""
        line = await self.open()
        line.frame(t="hello", inbox=self.inbox, token=token or await self.token())
        await line.told("welcome")
        return line

    async def cookie(self, name: str = "Ann") -> str:
        """Of a new agent's new session."""
        agent = await self.domain.agent(name, "owner")
        signed = await self.domain.sessions.begin(agent.agent_id, "", "")
        return f"monodesk_session={signed.secret}"

    async def staff(self, cookie: str) -> Line:
        """An agent's socket after its welcome."""
        line = await self.open(Cookie=cookie, Origin=f"http://127.0.0.1:{self.port}")
        line.frame(t="hello")
        await line.told("welcome")
        return line

    async def talk(self, visitor: Line, words: str) -> None:
        """This visitor's message is stored, acknowledged, and reaches the agent."""
        self._heard += 1
        visitor.frame(t="send", cid=f"{self._heard:032x}", text=words)
        await visitor.told("ack")
        while (await self.agent.told("msg")).get("text") != words:
            pass

    def drop_all(self) -> None:
        for line in self._lines:
            line.drop()

    def pass_time(self, seconds: float) -> None:
        """The clock goes on, and the door looks at its deadlines."""
        self.clock.advance(seconds)
        self.front.sweep()
        self.front.hub.sweep()


@asynccontextmanager
async def opened(path: Path, limits: Limits, mount: Mount, patch: pytest.MonkeyPatch) -> AsyncIterator[Gate]:
    """The gate over the migrated database at `path`; `mount` makes its sockets."""
    patch.setattr(connection, "WebSocket", mount)
    clock = ManualClock()
    settings = Settings(data=path.parent, limits=limits)
    async with Domain(path, settings, clock) as domain:
        front = Front(domain.core, Assets({}), Relay(path.parent / "http.sock"), settings, clock, Ids(clock))
        gate = Gate(domain, front, clock, await front.start("127.0.0.1:0"))
        try:
            gate.inbox = await domain.inbox()
            gate.agent = await gate.staff(await gate.cookie())
            gate.bystander = await gate.visitor()
            yield gate
        finally:
            gate.drop_all()
            await until(lambda: front.hub.sockets == 0)
            await front.stop()
