"""Who is connected to this gateway and who listens to what.

A session is the listener of one socket: first it must say hello, then its commands run strictly one after the other; a
task exists only while one runs. The hub owns all sessions, hands deliveries to those that joined a topic, pings, and
closes who is silent, too fast or too slow.
"""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any

import msgspec

from app.gateway.core import Core, Delivery, Opened, Peer
from app.gateway.crowd import Crowd, Place
from app.gateway.limits import IDLE, Deadlines, Rate
from app.gateway.refusals import internal
from app.gateway.websocket import WebSocket, text_frame
from app.model.clock import Clock
from app.model.errors import Invalid, Problem, TooFast, TooMany, Unauthenticated, Unavailable
from app.model.frames import ClientFrame, CloseCode, Error, Hello, Ping, Pong
from app.model.ids import Ids, RandomBytes
from app.model.principals import Agent, Visitor
from app.settings import Limits
from app.telemetry.log import about, logger

_TICK_SECONDS = 1.0
_LOOKS_PER_PING = 3  # a silent socket is noticed within a third of the ping interval
_GOODBYE_MS = 1_000
_NOBODY = Peer("")
_PING = text_frame(msgspec.json.encode(Ping()))
_log = logger("gateway")

Targets = Collection["Session"]


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

    def session(self, peer: Peer, place: Place | None = None) -> "Session":
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

    def entered(self, session: "Session") -> None:
        """A socket was opened; it has `hello_seconds_max` to say hello."""
        self._count += 1
        self._slice(session).add(session)
        self._greeting.begin(session, self.clock.monotonic())
        if self._stopping:
            session.close(CloseCode.RESTART, self.come_back_later())

    def greeted(self, session: "Session", topics: Iterable[str]) -> None:
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

    def closing(self, session: "Session") -> None:
        """It was sent a close frame and has `closing_seconds_max` to go."""
        self._greeting.end(session)
        self._closing.begin(session, self.clock.monotonic())

    def left(self, session: "Session", topics: Iterable[str]) -> None:
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
        """The reason of a 1012: a random delay each, so that they do not all return at once."""
        spread = int.from_bytes(self._random_bytes(4), "big") % max(1, self.limits.restart_retry_ms_max)
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

    def _leave(self, session: "Session", topic: str) -> None:
        present = self._topics.get(topic)
        if present is session:
            del self._topics[topic]
        elif isinstance(present, set):
            present.discard(session)
            if len(present) == 1:
                self._topics[topic] = present.pop()

    def _slice(self, session: "Session") -> "set[Session]":
        return self._slices[hash(session) % len(self._slices)]

    def _sessions(self) -> "list[Session]":
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


class Session:
    """What the gateway knows of one socket. Small on purpose: ten thousand of them wait idle."""

    __slots__ = ("_full_at", "_heard", "_hub", "_language", "_place", "_socket", "_topics", "_who", "_work")

    _socket: WebSocket

    def __init__(self, hub: Hub, peer: Peer, place: Place | None) -> None:
        self._place = place
        self._hub = hub
        self._who: Peer | Visitor | Agent = peer  # a peer until hello was accepted
        self._topics: str | tuple[str, ...] = ()  # a visitor's one topic is his id itself: no tuple for each
        self._language = peer.language
        self._heard = hub.second
        self._full_at = IDLE
        self._work: _Work | None = None  # exists while commands run

    # --- for the hub --------------------------------------------------------------------------------------------

    def write(self, frames: Sequence[bytes]) -> None:
        """Encoded WebSocket frames; to who has not yet said hello only what needs no name (a ping)."""
        if frames:
            self._socket.send(b"".join(frames), len(frames))

    def close(self, code: int, reason: str = "") -> None:
        self._socket.close(code, reason)
        if code == CloseCode.UNAUTHORISED:
            self._drop_waiting()

    def abort(self) -> None:
        self._socket.abort()

    def disown(self) -> None:
        """The core that knew it is gone: it says nothing to the next one, not even goodbye."""
        self._who = _NOBODY
        self._drop_waiting()

    def sends(self, cid: str) -> bool:
        """Whether it awaits the ack of this very send, so that it must not see its own message twice."""
        return self._work is not None and self._work.cid == cid

    def look(self, now: float, silence_seconds_max: float) -> None:
        """Close it if it has been silent for too long; give back what an idle socket does not need."""
        if self._hub.second - self._heard > silence_seconds_max:
            self._socket.close(CloseCode.SILENT, "silent")
        if self._full_at < now:
            self._full_at = IDLE

    # --- as a websocket.Listener --------------------------------------------------------------------------------

    def opened(self, socket: WebSocket) -> None:
        self._socket = socket
        self._hub.entered(self)

    def text(self, text: str) -> None:
        if not self._may_speak():
            return
        try:
            frame = self._hub.decode(text)
        except (msgspec.MsgspecError, RecursionError):
            self._socket.close(CloseCode.INVALID, "not a frame of this protocol")
            return
        if isinstance(self._who, Peer) and self._work is None and not isinstance(frame, Hello):
            self._refuse(_hello_first())
        elif not isinstance(frame, Pong):
            self._enqueue(frame)

    def binary(self, data: bytes) -> None:
        self._socket.close(CloseCode.UNSUPPORTED, "text only")

    def control(self) -> None:
        self._may_speak()

    def drained(self) -> None:
        if self._work is not None:
            self._work.wake()

    def closing(self) -> None:
        self._hub.closing(self)

    def closed(self) -> None:
        self._hub.left(self, self._joined())
        if self._place is not None:
            self._hub.leave_place(self._place)
        if self._work is not None:
            self._work.closed = True
            self._work.wake()
        else:
            self._gone()

    # --- commands -----------------------------------------------------------------------------------------------

    def _may_speak(self) -> bool:
        hub = self._hub
        self._heard = hub.second
        full_at = hub.rate.spend(self._full_at, hub.clock.monotonic())
        if full_at is None:
            if self._socket.close(CloseCode.ABUSE, hub.rest()) and isinstance(self._who, Visitor):
                hub.flooded(self._who)
            return False
        self._full_at = full_at
        return True

    def _enqueue(self, frame: ClientFrame) -> None:
        if self._work is None:
            self._work = _Work()
            self._hub.spawn(self._run(self._work))
        self._work.waiting.append(frame)
        if len(self._work.waiting) >= self._hub.limits.socket_commands_waiting_max:
            self._socket.pause_reading()

    async def _run(self, work: "_Work") -> None:
        """Carry out what waits. What was received before the socket closed is still carried out."""
        resume_below = self._hub.limits.socket_commands_waiting_max // 2
        try:
            while work.waiting:
                frame = work.waiting.popleft()
                if len(work.waiting) <= resume_below:
                    self._socket.resume_reading()
                await self._carry_out(frame, work)
        finally:
            self._work = None
            if work.closed:
                self._gone()

    async def _carry_out(self, frame: ClientFrame, work: "_Work") -> None:
        cid = getattr(frame, "cid", "")
        try:
            if isinstance(self._who, Peer):
                await self._greet(self._who, frame, work)
            elif isinstance(frame, Hello):
                raise _hello_twice()
            else:
                work.cid = cid
                await self._command(self._who, frame, work)
        except Problem as problem:
            self._refuse(problem, cid)
        except Exception:  # noqa: BLE001 - one bad command must not end the session; the cause goes to the log alone
            request_id = self._hub.ids.new()
            with about(request_id):
                _log.exception("a command failed")
            self._refuse(internal(request_id), cid)
        finally:
            work.cid = ""

    async def _greet(self, peer: Peer, hello: ClientFrame, work: "_Work") -> None:
        if not isinstance(hello, Hello):
            return  # came behind a hello that was refused
        opened = await self._hub.core.open(peer, hello)
        self._become(opened)
        if work.closed:
            return
        self._hub.greeted(self, self._joined())
        self._answer(opened.frames)

    def _become(self, opened: Opened) -> None:
        """Keep who it is with as few objects as possible: one string serves as id and as topic."""
        who = opened.principal
        if isinstance(who, Visitor):
            who = Visitor(who.contact_id, sys.intern(who.inbox_id))
        alone = isinstance(who, Visitor) and opened.topics == (who.contact_id,)
        self._topics = who.contact_id if isinstance(who, Visitor) and alone else opened.topics
        self._who = who

    async def _command(self, who: Visitor | Agent, frame: ClientFrame, work: "_Work") -> None:
        """Carry out one command and write its answers.

        The next page is asked for only when the one before has drained, so that a slow reader costs one page.
        """
        replies = await self._hub.core.command(who, frame, self._language)
        self._answer(replies.frames)
        while replies.more is not None:
            await work.drained(self._socket)
            if work.closed:
                return
            replies = await self._hub.core.command(who, replies.more, self._language)
            self._answer(replies.frames)

    def _answer(self, frames: Sequence[bytes]) -> None:
        if frames:
            self._socket.send(b"".join([text_frame(frame) for frame in frames]))

    # --- refusals -----------------------------------------------------------------------------------------------

    def _refuse(self, problem: Problem, cid: str = "") -> None:
        error = Error(problem.code, problem.text(self._language), cid or None, problem.retry_after_ms)
        self._socket.send(text_frame(msgspec.json.encode(error)))
        if isinstance(problem, Unauthenticated):
            self.close(CloseCode.UNAUTHORISED)
        elif isinstance(problem, TooFast):
            self._socket.close(CloseCode.ABUSE, retry_after(problem.retry_after_ms or 0))
            self._drop_waiting()
        elif isinstance(self._who, Peer):  # without a hello there is nothing to stay for
            self._close_unknown(problem)

    def _close_unknown(self, problem: Problem) -> None:
        if isinstance(problem, Unavailable | TooMany):
            self._socket.close(CloseCode.RESTART, self._hub.come_back_later(problem.retry_after_ms or 0))
        else:
            self._socket.close(CloseCode.ABUSE, problem.code)

    # --- leaving ------------------------------------------------------------------------------------------------

    def _drop_waiting(self) -> None:
        """Carry out nothing more, and read on, so that the peer's own close is seen."""
        if self._work is not None:
            self._work.waiting.clear()
            self._socket.resume_reading()

    def _joined(self) -> tuple[str, ...]:
        return (self._topics,) if isinstance(self._topics, str) else self._topics

    def _gone(self) -> None:
        if not isinstance(self._who, Peer):
            self._hub.gone(self._who)


class _Work:
    """A session's commands while they run."""

    __slots__ = ("_awaited", "cid", "closed", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[ClientFrame] = deque()
        self.cid = ""  # of the send that is being carried out
        self.closed = False
        self._awaited: asyncio.Future[None] | None = None

    async def drained(self, socket: WebSocket) -> None:
        """Wait until the peer has taken what was written, or is gone."""
        while socket.choked and not self.closed:
            self._awaited = asyncio.get_running_loop().create_future()
            await self._awaited

    def wake(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)


def retry_after(milliseconds: int) -> str:
    """The reason of a close whose socket may come back then; the client waits so long."""
    return f"retry_after_ms={milliseconds}"


def _hello_first() -> Invalid:
    return Invalid(
        "hello_first", "The first frame must be hello. Reconnect and say hello.", "首帧必须是 hello。请重新连接。"
    )


def _hello_twice() -> Invalid:
    return Invalid(
        "hello_twice", "A connection says hello once. Open a new one.", "每个连接只能握手一次。请建立新连接。"
    )
