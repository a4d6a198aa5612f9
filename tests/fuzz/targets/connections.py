"""Whatever a client says on its connection, through the real front: heads, bodies, upgrades, HTTP/2 behind its fence.

Behind the front stand a server that says "ok" and the real HTTP/2 session. When the client is gone nothing of it is
left: no connection, no socket, no stream, no place in the crowd.
"""

import asyncio
import struct
from typing import Any

from hpack import Encoder

from app.gateway.connection import Connection
from app.gateway.core import FileGrant, Opened, Peer, Replies
from app.gateway.crowd import Crowd
from app.gateway.front import Front
from app.gateway.http2_frames import PREFACE
from app.gateway.http2_session import Service, Waiting
from app.gateway.http2_session import Session as Http2Session
from app.gateway.proxies import Trusted
from app.gateway.upstream import Addresses, Downstream, Stream
from app.model.frames import ClientFrame, Hello
from app.model.ids import Ids
from app.model.principals import Agent, Visitor
from app.settings import Limits, Settings
from app.web.assets import Asset, Assets
from tests.clock import ManualClock
from tests.fuzz.line import Line, pieces
from tests.fuzz.targets.sockets import masked
from tests.fuzz.watch import Fault, demand_discretion
from tests.gateway.small_core import SmallCore

_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
_STARTS = (b"HTTP/1.1 ", b"\0\0\0\4", b"\0\0")  # an answer, SETTINGS of HTTP/2
_TURNS = 6  # of the loop: what is spawned comes to its end


class Server:
    """Opens streams: HTTP/1.1 is answered at each head, HTTP/2 by the real session."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.open_now = 0

    def open(self, addresses: Addresses, downstream: Downstream) -> Stream:
        if addresses.http2:
            return Http2Session(self.service, addresses, downstream)
        self.open_now += 1
        return Canned(self, downstream)


class Canned:
    """A stream on which every head is answered."""

    closing = False

    def __init__(self, server: Server, downstream: Downstream) -> None:
        self._server = server
        self._downstream = downstream

    def send(self, data: bytes) -> None:
        if b" HTTP/1." in data and data.endswith(b"\r\n\r\n"):
            asyncio.get_running_loop().call_soon(self._downstream.answered, _OK)

    def pause_response(self) -> None:
        pass

    def resume_response(self) -> None:
        pass

    def drop(self) -> None:
        self._server.open_now -= 1


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads its request and says how much it was."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
    await send({"type": "http.response.body", "body": str(size).encode()})


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """One frame of HTTP/2."""
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBL", kind, flags, stream) + payload


def _request(stream: int, method: str = "GET") -> bytes:
    fields = [(":method", method), (":path", "/api/x"), (":scheme", "http"), (":authority", "a")]
    end = 0x5 if method == "GET" else 0x4
    return frame(1, end, stream, Encoder().encode(fields))


_SETTINGS = frame(4, 0, 0, b"")


class ForgetfulCore(SmallCore):
    """Takes every command and keeps nothing of it."""

    async def open(self, peer: Peer, hello: Hello, link: str = "") -> Opened:
        self.peers.clear()
        return await super().open(peer, hello, link)

    async def command(self, principal: Visitor | Agent, frame: ClientFrame, language: str) -> Replies:
        return Replies()

    async def flooded(self, visitor: Visitor) -> None:
        pass

    async def file(self, peer: Peer, file_id: str) -> FileGrant:
        self.peers.clear()
        return await super().file(peer, file_id)


class Connections:
    seeds = (
        b"\x00GET / HTTP/1.1\r\nhost: a\r\n\r\nGET /healthz HTTP/1.1\r\nhost: a\r\n\r\n",
        b"\x09POST /api/x HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nhost: a\r\n\r\n",
        b"\x00PUT /api/x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"\x00GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        + masked(0x81, b'{"t":"hello","inbox":"iiiiiiiiiiiiiiiiiiiiiiiiii","token":"vvvvvvvvvvvvvvvvvvvvvvvvvv"}')
        + masked(0x81, b'{"t":"pong"}'),
        b"\x40GET /api/v1/visitor/files/01234567890123456789012345 HTTP/1.1\r\nhost: a\r\nauthorization: x\r\n\r\n",
        b"\x00GET /chat/iiiiiiiiiiiiiiiiiiiiiiiiii HTTP/1.1\r\nhost: a\r\n\r\n",
        b"\x00" + PREFACE + _SETTINGS + _request(1) + frame(6, 0, 0, bytes(8)) + frame(8, 0, 0, b"\0\0\1\0"),
        b"\x11"
        + PREFACE
        + _SETTINGS
        + _request(1, "POST")
        + frame(0, 0, 1, b"abc")
        + frame(0, 1, 1, b"")
        + _request(3),
        b"\x00" + PREFACE + _SETTINGS + _request(1)[:-3] + frame(9, 4, 1, b"abc") + frame(3, 0, 1, bytes(4)),
    )
    words = (
        b"GET ",
        b" HTTP/1.1\r\n",
        b"\r\n\r\n",
        b"host: a\r\n",
        b"content-length: 1\r\n",
        b"transfer-encoding: chunked\r\n",
        b"expect: 100-continue\r\n",
        b"connection: close\r\n",
        b"upgrade: h2c\r\n",
        b"/assets/",
        b"/chat/",
        b"/ws",
        PREFACE,
        _SETTINGS,
        _request(5),
        frame(3, 0, 1, bytes(4)),
        frame(7, 0, 0, bytes(8)),
        frame(2, 0, 1, bytes(5)),
        b"\x81\x80",
    )

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        settings, clock = Settings(), ManualClock()
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        server = self._server = Server(self._service(settings.limits, clock))
        page = Asset("chat", "text/html", '"e"', {"": b"<!doctype html>"})
        assets = Assets({"/assets/a.js": Asset("asset", "text/javascript", '"a"', {"": b"1"})}, (page,), (page,))
        core = ForgetfulCore()
        self._front = Front(core, assets, server, settings, clock, Ids(clock))
        core.listen(self._front.hub.deliver)

    def _service(self, limits: Limits, clock: ManualClock) -> Service:
        return Service(
            application, limits, {}, Ids(clock), self._spawn, lambda: "date: now\r\n", lambda session: None,
            Waiting(limits), Trusted((), 1), Crowd(limits.connections_per_address_max, 1, lambda address: None),
        )  # fmt: skip

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        self._loop.close()

    def one(self, data: bytes) -> None:
        self._loop.run_until_complete(self._connect(data))

    async def _connect(self, data: bytes) -> None:
        connection = Connection(self._front)
        line = Line(connection)
        connection.connection_made(line)
        for piece in pieces(data):
            line.say(piece)
            await asyncio.sleep(0)
        await self._turn()
        self._clock.advance(1)
        self._front.sweep()
        self._front.hub.sweep()
        line.lose()
        await self._turn()
        self._look(bytes(line.written))

    async def _turn(self) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    def _look(self, written: bytes) -> None:
        if written and not written.startswith(_STARTS):
            raise Fault(f"the first words are {written[:60]!r}")
        if self._front.connections or self._server.open_now or self._front.crowd._open:
            raise Fault("something is left of a client that is gone")
        demand_discretion(written.decode(errors="replace"))


TARGET = Connections()
