"""Long-polling: one more gateway, for clients whose network blocks WebSocket.

The cursor is the socket's own `resume`. What resume cannot repeat (typing, presence, read marks) waits in a mailbox
between two polls. A person who polls counts as connected until `limits.poll_grace_seconds` after his last poll.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.api.auth import bearer
from app.api.call import Call
from app.api.frames import Frames, answers, encoded
from app.gateway.core import Core, Delivery, Opened, Peer
from app.model.errors import TooMany, Unavailable, unauthenticated
from app.model.frames import Hello, Resume
from app.model.principals import Agent, Visitor
from app.settings import Limits

_RETRY_MS = 5_000
_NEWS = frozenset(  # what a resume holds beside the state of things
    {"msg", "void", "head", "gone", "contact", "ticket", "ticket_gone", "reset"}
)
_REPEATED_TO_AGENTS = _NEWS
_REPEATED_TO_VISITORS = frozenset({"msg", "thread"})


class Poll(Struct, frozen=True, forbid_unknown_fields=True):
    """`resume` is the cursor; `wait_ms` how long to wait at most where nothing was missed (0: answer at once)."""

    resume: Resume
    wait_ms: Annotated[int, Meta(ge=0, le=600_000)] = 0


class Polls:
    """Everybody who polls; built once over the core, closed before it."""

    def __init__(self, core: Core, limits: Limits) -> None:
        self._core = core
        self._limits = limits
        self._pollers: dict[str, _Poller] = {}
        self._listeners: dict[str, set[_Poller]] = {}
        self._waiting = 0
        self._closing = False
        self._sent_away = 0  # by our stopping
        self._farewells: set[asyncio.Task[None]] = set()
        core.listen(self._receive)

    @property
    def waiting(self) -> int:
        """Polls open right now."""
        return self._waiting

    async def agent(self, call: Call[Agent], asked: Poll) -> Frames:
        """What an agent missed, or the next thing that happens."""
        peer = replace(call.peer, authorization="")  # the cookie proved him, whatever else the request carries
        return await self._poll(call.principal.session_id, call, peer, Hello(), asked)

    async def visitor(self, call: Call[Visitor], asked: Poll) -> Frames:
        """What a visitor missed, or the next thing that happens."""
        hello = Hello(inbox=call.principal.inbox_id, token=bearer(call.peer.authorization))
        return await self._poll(call.principal.contact_id, call, call.peer, hello, asked)

    async def close(self) -> None:
        """End every poll; the clients come back to whoever serves next."""
        self._closing = True
        for key in list(self._pollers):
            self._forget(key)
        await asyncio.gather(*self._farewells)

    async def _poll(self, key: str, call: Call[Agent] | Call[Visitor], peer: Peer, hello: Hello, asked: Poll) -> Frames:
        if self._closing:
            raise self._stopping()
        if self._waiting >= self._limits.polls_max:
            raise _too_many()
        self._waiting += 1
        try:
            poller, first = await self._join(key, peer, hello)
            wait = poller.enter()
            at_once = first or (isinstance(call.principal, Agent) and asked.resume.pos is None)
            try:
                return encoded(await self._answer(poller, wait, call, asked, at_once))
            finally:
                self._leave(key, poller, wait)
        finally:
            self._waiting -= 1

    async def _answer(
        self, poller: "_Poller", wait: "_Wait", call: Call[Agent] | Call[Visitor], asked: Poll, at_once: bool
    ) -> list[bytes]:
        loop = asyncio.get_running_loop()
        seconds = min(asked.wait_ms / 1000, self._limits.poll_seconds_max)
        deadline = loop.time() + (0.0 if at_once else seconds)
        while True:
            wait.woken.clear()
            missed = await answers(self._core, call.principal, asked.resume, call.peer.language, self._limits)
            if poller.ended:
                raise self._stopping() if self._closing else unauthenticated()
            passing = wait.take(poller.repeated)
            left = deadline - loop.time()
            if passing or left <= 0 or any(_tag(frame) in _NEWS for frame in missed):
                return [*missed, *passing]
            await _woken(wait.woken, call.receive, left)

    async def _join(self, key: str, peer: Peer, hello: Hello) -> "tuple[_Poller, bool]":
        known = self._pollers.get(key)
        if known is not None:
            return known, False
        if len(self._pollers) >= self._limits.polls_max:
            raise _too_many()
        opened = await self._core.open(peer, hello)
        known = self._pollers.get(key)
        if known is not None or self._closing:  # another poll of his was quicker: he is to be counted once
            await self._core.closed(opened.principal)
            if known is None:
                raise self._stopping()
            return known, False
        poller = _Poller(opened, self._limits.socket_outbox_frames_max)
        self._pollers[key] = poller
        for topic in poller.topics:
            self._listeners.setdefault(topic, set()).add(poller)
        return poller, True

    def _stopping(self) -> Unavailable:
        """One after the other comes back, as fast as who serves next can take them."""
        limits = self._limits
        later = self._sent_away * 1_000 // limits.restart_returns_per_second
        self._sent_away += 1
        return _stopping(min(limits.restart_retry_ms_min + later, limits.restart_retry_ms_max))

    def _leave(self, key: str, poller: "_Poller", wait: "_Wait") -> None:
        poller.waits.discard(wait)
        if not poller.waits and not poller.ended:
            loop = asyncio.get_running_loop()
            poller.expiry = loop.call_later(self._limits.poll_grace_seconds, self._forget, key)

    def _forget(self, key: str) -> None:
        poller = self._pollers.pop(key, None)
        if poller is None:
            return
        for topic in poller.topics:
            listeners = self._listeners[topic]
            listeners.discard(poller)
            if not listeners:
                del self._listeners[topic]
        poller.end()
        farewell = asyncio.ensure_future(self._core.closed(poller.principal))
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)

    def _receive(self, batch: Sequence[Delivery]) -> None:
        if not self._pollers:
            return
        for delivery in batch:
            for poller in self._reached(delivery):
                if delivery.close:
                    self._forget(poller.key)
                else:
                    poller.hand(delivery.frame)

    def _reached(self, delivery: Delivery) -> "set[_Poller]":
        reached: set[_Poller] = set()
        for topic in delivery.topics:
            reached |= self._listeners.get(topic, set())
        for topic in delivery.except_topics:
            reached -= self._listeners.get(topic, set())
        return reached


class _Poller:
    """A person who polls: his open polls, and the mailbox for when none is open."""

    __slots__ = ("ended", "expiry", "key", "mailbox", "principal", "repeated", "topics", "waits")

    def __init__(self, opened: Opened, frames_max: int) -> None:
        self.principal = opened.principal
        self.topics = opened.topics
        agent = isinstance(opened.principal, Agent)
        self.key = opened.principal.session_id if isinstance(opened.principal, Agent) else opened.principal.contact_id
        self.repeated = _REPEATED_TO_AGENTS if agent else _REPEATED_TO_VISITORS
        self.mailbox: deque[bytes] = deque(maxlen=frames_max)
        self.waits: set[_Wait] = set()
        self.expiry: asyncio.TimerHandle | None = None
        self.ended = False

    def enter(self) -> "_Wait":
        """A poll begins: it takes the mailbox along."""
        if self.expiry is not None:
            self.expiry.cancel()
            self.expiry = None
        wait = _Wait(self.mailbox)
        self.mailbox = deque(maxlen=self.mailbox.maxlen)
        self.waits.add(wait)
        return wait

    def hand(self, frame: bytes) -> None:
        """Give a frame to every open poll, else to the mailbox."""
        for wait in self.waits:
            wait.frames.append(frame)
            wait.woken.set()
        if not self.waits:
            self.mailbox.append(frame)

    def end(self) -> None:
        """He is gone, or no longer anybody: his open polls end."""
        self.ended = True
        if self.expiry is not None:
            self.expiry.cancel()
        for wait in self.waits:
            wait.woken.set()


class _Wait:
    """One open poll."""

    __slots__ = ("frames", "woken")

    def __init__(self, frames: deque[bytes]) -> None:
        self.frames = frames
        self.woken = asyncio.Event()

    def take(self, repeated: frozenset[str]) -> list[bytes]:
        """What came by and is in no resume."""
        passing = [frame for frame in self.frames if _tag(frame) not in repeated]
        self.frames.clear()
        return passing


class _Tagged(Struct, frozen=True):
    """As much of a server frame as polling looks at."""

    t: str


def _tag(frame: bytes) -> str:
    return msgspec.json.decode(frame, type=_Tagged).t


async def _woken(woken: asyncio.Event, receive: Receive, seconds: float) -> None:
    """Until something happens or `seconds` are over; raises `ClientDisconnect` when the client leaves first."""
    left = asyncio.ensure_future(_disconnected(receive))
    came = asyncio.ensure_future(woken.wait())
    try:
        done, _ = await asyncio.wait((left, came), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        left.cancel()
        came.cancel()
    if left in done:
        raise ClientDisconnect


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _too_many() -> TooMany:
    return TooMany(
        "too_many_polls",
        "Too many clients are waiting at once. Try again in a few seconds.",
        "同时等待的客户端过多。请几秒后重试。",
        retry_after_ms=_RETRY_MS,
    )


def _stopping(retry_after_ms: int) -> Unavailable:
    return Unavailable(
        "stopping",
        "The server is restarting. Try again in a few seconds.",
        "服务器正在重启。请几秒后重试。",
        retry_after_ms=retry_after_ms,
    )
