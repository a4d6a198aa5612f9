"""Frames of JSON into a visitor's and an agent's session, carried out by the real rooms over a real database."""

import asyncio
import json
import tempfile
from pathlib import Path

from app.gateway.core import Peer
from app.gateway.hub import Hub
from app.gateway.session import Session
from app.gateway.websocket import Shared, WebSocket
from app.model.ids import Ids
from app.settings import Limits, Settings
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock
from tests.domain import Domain
from tests.fuzz.line import Line, frames
from tests.fuzz.watch import Fault, demand_discretion

_FRAMES_MAX = 6  # of an input
_OPENED_A_SESSION = 1_000
_INPUTS_A_VISITOR = 100
_SECONDS_MAX = 60
_CLOSE = 0x88
_ID = "0123456789abcdefghjkmnpqrs"
_CONV, _MESSAGE = b"@CONVERSATION_________ID@@", b"@MESSAGE______________ID@@"  # as long as ids are


def _lines(*frames: object) -> bytes:
    return b"\n".join(json.dumps(frame).encode() for frame in frames)


_C, _M = _CONV.decode(), _MESSAGE.decode()


class Commands:
    """The first byte says whose session; then a frame a line."""

    seeds = tuple(
        who + frames
        for who in (b"v", b"a")
        for frames in (
            _lines({"t": "resume"}, {"t": "send", "cid": "0" * 32, "text": "hello"}),
            _lines({"t": "resume", "epoch": "x", "convs": {_C: 1}}, {"t": "resume", "pos": 1}),
            _lines({"t": "send", "cid": "1" * 32, "conv": _C, "text": "你好", "files": [_ID], "expected": 3}),
            _lines({"t": "send", "cid": "2" * 32, "conv": _C, "text": "note", "note": True}),
            _lines({"t": "edit", "cid": "3" * 32, "conv": _C, "id": _M, "text": "other"}),
            _lines({"t": "delete", "cid": "4" * 32, "conv": _C, "id": _M}),
            _lines({"t": "fetch", "conv": _C, "first": 1, "last": 9}, {"t": "read", "conv": _C, "seq": 1}),
            _lines({"t": "delivered", "conv": _C, "seq": 2**53}, {"t": "typing", "conv": _C, "on": True, "text": "x"}),
            _lines({"t": "page", "url": "http://a/", "title": "b"}, {"t": "pong"}, {"t": "hello"}),
        )
    )
    words = (
        _CONV,
        _MESSAGE,
        _ID.encode(),
        b'"t":"',
        b'"conv":"',
        b'"cid":"',
        b'"text":"',
        b'"files":[',
        b"null",
        b"true",
        b"1e400",
        b"9007199254740992",
        b"-1",
        b"\\u0000",
        b"\\ud800",
        b"\n",
        b"[[[[[[[[",
        b'{"a":{"a":',
        b"0" * 32,
        b"\xef\xbf\xbf",
        b"\\n",
    )

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._build(Path(self._folder.name)))

    async def _build(self, folder: Path) -> None:
        clock = self._clock = ManualClock()
        # SQLite's pages in memory grow with the database up to 56 MiB, 140 B an input: small, so what grows is ours
        limits = Limits(replay_events_max=50, sqlite_cache_kib=512, sqlite_writer_cache_kib=512)
        settings = Settings(data=folder, durability="normal", limits=limits)
        path = folder / "monodesk.db"
        await (await SqliteDatabase.open(path, settings, clock, lambda events: None)).close()
        domain = self._domain = await Domain(path, settings, clock).__aenter__()
        self._shared = Shared(settings.limits)
        self._hub = Hub(domain.core, settings.limits, clock, Ids(clock))
        domain.core.listen(self._hub.deliver)
        self._inbox = await domain.inbox()
        self._inputs = 0
        self._agent = await domain.agent("Ann", "owner")
        self._peers = {b"v": Peer("192.0.2.1")}
        self._opened = 0
        self._open: dict[bytes, tuple[Session, Line]] = {}

    def close(self) -> None:
        self._loop.run_until_complete(self._domain.__aexit__(None, None, None))
        self._loop.close()
        self._folder.cleanup()

    def one(self, data: bytes) -> None:
        self._loop.run_until_complete(self._speak(b"a" if data[:1] == b"a" else b"v", data[1:]))

    async def _speak(self, who: bytes, data: bytes) -> None:
        self._clock.advance(5)
        if self._inputs % _INPUTS_A_VISITOR == 0:
            await self._come()
        self._inputs += 1
        self._hub.sweep()
        session, line = await self._session(who)
        for placeholder, known in self._known.items():
            data = data.replace(placeholder, known)
        for text in data.split(b"\n", _FRAMES_MAX)[:_FRAMES_MAX]:
            if line.ended or not self._is_heard(session, text):
                break
        await self._quiet()
        for other in tuple(self._open):
            self._hear(other)

    def _is_heard(self, session: Session, text: bytes) -> bool:
        try:
            session.text(text.decode())
        except UnicodeDecodeError:
            return False  # the socket has refused it before: targets/sockets.py
        return True

    async def _session(self, who: bytes) -> tuple[Session, Line]:
        if who not in self._open:
            await self._sign_in()
            session = self._hub.session(self._peers[who])
            socket = WebSocket(self._shared, session)
            line = Line(socket)
            socket.connection_made(line)
            session.text(self._hello if who == b"v" else '{"t":"hello"}')
            await self._quiet()
            if b'"welcome"' not in line.written:
                raise Fault(f"no welcome but {bytes(line.written[:300])!r}")
            self._open[who] = session, line
        return self._open[who]

    async def _come(self) -> None:
        """Somebody new, with a first message: who has said thousands of things is told them all at each resume."""
        if b"v" in self._open:
            self._open.pop(b"v")[1].lose()
        session = await self._domain.visitors.session(self._inbox)
        self._hello = json.dumps({"t": "hello", "inbox": self._inbox, "token": session.token})
        ack = await self._domain.say(session.visitor, "first")
        self._known = {_CONV: ack.conv.encode(), _MESSAGE: ack.id.encode()}

    async def _sign_in(self) -> None:
        """Anew from time to time: the clock goes on, and a session ends some day."""
        if self._opened % _OPENED_A_SESSION == 0:
            cookie = f"monodesk_session={(await self._domain.sessions.begin(self._agent.agent_id, '', '')).secret}"
            self._peers[b"a"] = Peer("192.0.2.2", "a", "http://a", cookie)
        self._opened += 1

    def _hear(self, who: bytes) -> None:
        """Look at what this session was told; when it was closed it is over."""
        _, line = self._open[who]
        over = line.ended
        for first, payload in frames(bytes(line.written)):
            if first == _CLOSE:
                over = True
                demand_discretion(payload[2:].decode())
            elif payload.startswith(b'{"t":"error"'):
                demand_discretion(payload.decode())
                if b'"internal"' in payload:
                    raise Fault(payload.decode())
        line.written.clear()
        if over:
            line.lose()
            del self._open[who]

    async def _quiet(self) -> None:
        """Wait until every command is carried out."""
        if self._hub._tasks:
            _, late = await asyncio.wait(self._hub._tasks, timeout=_SECONDS_MAX)
            if late:
                raise Fault("a command does not end")


TARGET = Commands()
