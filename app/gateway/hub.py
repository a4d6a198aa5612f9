"""Who is connected to this gateway and who listens to what.

The hub owns all sessions, hands deliveries to those that joined a topic, pings, and closes who is silent or has not
said hello.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any

import msgspec

from app.gateway.core import Core, Delivery, Peer
from app.gateway.crowd import Crowd, Place
from app.gateway.framing import text_frame
from app.gateway.limits import Deadlines, Rate
from app.gateway.session import Session, retry_after
from app.model.clock import Clock
from app.model.errors import Unavailable
from app.model.frames import ClientFrame, CloseCode, Ping
from app.model.ids import Ids, RandomBytes
from app.model.principals import Agent, Visitor
from app.settings import Limits
from app.telemetry.log import logger

_TICK_SECONDS = 1.0
_LOOKS_PER_PING = 3  # a silent socket is noticed within a third of the ping interval
_GOODBYE_MS = 1_000
_PING = text_frame(msgspec.json.encode(Ping()))
_log = logger("gateway")

Targets = Collection[Session]


class Hub:
    """The sockets of this gateway."""

    def __init__(
        self,
        core: Core,
        limits: Limits,
        clock: Clock,
        ids: Ids,
        random_bytes: RandomBytes = os.urandom,
        crowd: Crowd | None = None,
    ) -> None:
        self.core = core
        self._crowd = crowd
        self.limits = limits
        self.clock = clock
        self.ids = ids
        self.rate = Rate(limits.socket_frames_per_second, limits.socket_frames_burst)
        self.decode: Callable[[str], ClientFrame] = msgspec.json.Decoder(ClientFrame).decode
        self.second = int(clock.monotonic())  # one number object shared by all who were heard in it
        self._random_bytes = random_bytes
        # A topic's value is the session itself where there is only one, as for nearly every visitor: no set for each.
        self._topics: dict[str, Session | set[Session]] = {}
        self._slices: tuple[set[Session], ...] = tuple(set() for _ in range(max(1, round(limits.ping_seconds))))
        self._greeting: Deadlines[Session] = Deadlines(limits.hello_seconds_max)
        self._closing: Deadlines[Session] = Deadlines(limits.closing_seconds_max)
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving: deque[Visitor | Agent] = deque()
        self._parting = False  # somebody tells the core of them
        self._count = 0
        self._ticks = 0
        self._timer: asyncio.TimerHandle | None = None
        self._stopping = False
        self._emptied: asyncio.Future[None] | None = None

    def start(self) -> None:
        """Hear the core's deliveries and begin to ping."""
        self.core.listen(self.deliver)
        self._tick()

    async def stop(self) -> None:
        """Close every socket with 1012 and a random moment to return; all are gone within `stop_seconds_max`."""
        self._stopping = True
        patience = self.limits.stop_seconds_max / 3
        for session in self._sessions():
            session.close(CloseCode.RESTART, self.come_back_later())
        await self._wait_until_empty(patience)
        for session in self._sessions():
            session.abort()
        await self._wait_until_empty(patience)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def dismiss(self) -> None:
        """Close every socket with 1012: the core is gone, and has forgotten everybody who came through here."""
        self._leaving.clear()
        for session in self._sessions():
            session.close(CloseCode.RESTART, self.come_back_later())
            session.disown()

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return self._count

    def session(self, peer: Peer, place: Place | None = None) -> Session:
        """The listener for a new socket of this peer, which holds this place in the crowd."""
        return Session(self, peer, place)

    def deliver(self, batch: Sequence[Delivery]) -> None:
        """Write the frames to the sockets they are for: each encoded once for all, one write a socket for the batch."""
        waiting: dict[Session, list[bytes]] = {}
        known: dict[tuple[str, ...], Targets] = {}  # nobody joins or leaves while a batch is handed out
        for delivery in batch:
            targets = self._targets(delivery, known)
            if not targets:
                continue
            if delivery.close:
                for session in tuple(targets):
                    session.write(waiting.pop(session, ()))
                    session.close(delivery.close)
                continue
            frame = text_frame(delivery.frame)
            cid = delivery.cid
            for session in targets:
                if not (cid and session.sends(cid)):
                    waiting.setdefault(session, []).append(frame)
        for session, frames in waiting.items():
            session.write(frames)

    # --- for sessions -------------------------------------------------------------------------------------------

    def entered(self, session: Session) -> None:
        """A socket was opened; it has `hello_seconds_max` to say hello."""
        self._count += 1
        self._slice(session).add(session)
        self._greeting.begin(session, self.clock.monotonic())
        if self._stopping:
            session.close(CloseCode.RESTART, self.come_back_later())

    def greeted(self, session: Session, topics: Iterable[str]) -> None:
        """It said who it is and joins its topics."""
        self._greeting.end(session)
        for topic in topics:
            present = self._topics.get(topic)
            if present is None:
                self._topics[topic] = session
            elif isinstance(present, set):
                present.add(session)
            else:
                self._topics[topic] = {present, session}

    def closing(self, session: Session) -> None:
        """It was sent a close frame and has `closing_seconds_max` to go."""
        self._greeting.end(session)
        self._closing.begin(session, self.clock.monotonic())

    def left(self, session: Session, topics: Iterable[str]) -> None:
        """Its socket is gone."""
        self._count -= 1
        self._slice(session).discard(session)
        self._greeting.end(session)
        self._closing.end(session)
        for topic in topics:
            self._leave(session, topic)
        if self._emptied is not None and not self._count and not self._emptied.done():
            self._emptied.set_result(None)

    def leave_place(self, place: Place) -> None:
        """Its socket counts no more among those of its address."""
        if self._crowd is not None:
            self._crowd.leave(place)

    def gone(self, principal: Visitor | Agent) -> None:
        """Tell the core, one after the other: ten thousand may leave at once."""
        self._leaving.append(principal)
        if not self._parting:
            self._parting = True
            self.spawn(self._say_goodbye())

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something of a session's; the hub keeps hold of it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def come_back_later(self, at_least_ms: int = 0) -> str:
        """The reason of a 1012: a random delay each, so that they do not all return at once; as long as many need."""
        least, most = self.limits.restart_retry_ms_min, self.limits.restart_retry_ms_max
        needed = self._count * 1_000 // self.limits.restart_returns_per_second
        at_least_ms = max(at_least_ms, least)
        spread = int.from_bytes(self._random_bytes(4), "big") % max(1, min(most - least, needed))
        return retry_after(at_least_ms + spread)

    def rest(self) -> str:
        """The reason of a 1008 for who spoke too fast: when he may come back."""
        return retry_after(round(self.limits.abuse_rest_seconds * 1_000))

    def flooded(self, visitor: Visitor) -> None:
        """Tell the core, where he is counted whichever gateway he comes to next."""
        self.spawn(self._tell_flooded(visitor))

    # --- the one timer ------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """One second's work: deadlines, a slice of the pings, and a look at three slices for who is silent."""
        now = self.clock.monotonic()
        self.second = int(now)
        for session in self._greeting.expired(now):
            session.close(CloseCode.ABUSE, "no hello")
        for session in self._closing.expired(now):
            session.abort()
        slices = len(self._slices)
        for look in range(_LOOKS_PER_PING):
            chosen = self._slices[(self._ticks + look * slices // _LOOKS_PER_PING) % slices]
            for session in tuple(chosen):
                session.look(now, self.limits.silence_seconds_max)
                if look == 0:
                    session.write((_PING,))
        self._ticks += 1

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._tick)
        self.sweep()

    # --- registry -----------------------------------------------------------------------------------------------

    def _targets(self, delivery: Delivery, known: dict[tuple[str, ...], Targets]) -> Targets:
        topics, excepted = delivery.topics, delivery.except_topics
        wanted = self._joined(topics[0]) if len(topics) == 1 else known.get(topics)
        if wanted is None:
            wanted = known[topics] = {session for topic in topics for session in self._joined(topic)}
        if excepted:
            wanted = set(wanted).difference(*map(self._joined, excepted))
        return wanted

    def _joined(self, topic: str) -> Targets:
        present = self._topics.get(topic)
        if present is None:
            return ()
        return present if isinstance(present, set) else (present,)

    def _leave(self, session: Session, topic: str) -> None:
        present = self._topics.get(topic)
        if present is session:
            del self._topics[topic]
        elif isinstance(present, set):
            present.discard(session)
            if len(present) == 1:
                self._topics[topic] = present.pop()

    def _slice(self, session: Session) -> set[Session]:
        return self._slices[hash(session) % len(self._slices)]

    def _sessions(self) -> list[Session]:
        return [session for part in self._slices for session in part]

    async def _wait_until_empty(self, seconds: float) -> None:
        if self._count:
            self._emptied = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._emptied,), timeout=seconds)

    async def _tell_flooded(self, visitor: Visitor) -> None:
        try:
            await self.core.flooded(visitor)
        except Unavailable as problem:
            _log.debug("the core did not hear of a flood", extra={"code": problem.code})

    async def _say_goodbye(self) -> None:
        """Whom the core cannot hear of now is told again, or he would be shown as online; `dismiss` ends it."""
        while self._leaving:
            principal = self._leaving[0]
            try:
                await self.core.closed(principal)
            except Unavailable as problem:
                _log.debug("the core did not hear of a leaver", extra={"code": problem.code})
                await asyncio.sleep((problem.retry_after_ms or _GOODBYE_MS) / 1_000)
                continue
            except Exception:  # noqa: BLE001 - the others' leaving must still be told
                _log.exception("the core failed on a leaver")
            if self._leaving and self._leaving[0] is principal:
                self._leaving.popleft()
        self._parting = False
