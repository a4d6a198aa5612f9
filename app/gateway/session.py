"""One socket's session: who it is, and its commands.

It is the listener of its socket: first it must say hello, then its commands run strictly one after the other; a task
exists only while one runs. Who speaks too fast is closed.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from app.gateway.core import Opened, Peer
from app.gateway.crowd import Place
from app.gateway.framing import text_frame
from app.gateway.limits import IDLE
from app.gateway.refusals import internal
from app.gateway.websocket import WebSocket
from app.model.errors import Invalid, Problem, TooFast, TooMany, Unauthenticated, Unavailable
from app.model.frames import ClientFrame, CloseCode, Error, Hello, Pong
from app.model.principals import Agent, Visitor
from app.telemetry.log import about, logger

if TYPE_CHECKING:
    from app.gateway.hub import Hub

_NOBODY = Peer("")
_log = logger("gateway")


class Session:
    """What the gateway knows of one socket. Small on purpose: ten thousand of them wait idle."""

    __slots__ = ("_full_at", "_heard", "_hub", "_language", "_place", "_socket", "_topics", "_who", "_work")

    _socket: WebSocket

    def __init__(self, hub: "Hub", peer: Peer, place: Place | None) -> None:
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
        text = problem.text(self._language)
        error = Error(problem.code, text, cid or None, problem.retry_after_ms, problem.final)
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


def _hello_first() -> Invalid:
    return Invalid(
        "hello_first", "The first frame must be hello. Reconnect and say hello.", "首帧必须是 hello。请重新连接。"
    )


def _hello_twice() -> Invalid:
    return Invalid(
        "hello_twice", "A connection says hello once. Open a new one.", "每个连接只能握手一次。请建立新连接。"
    )


def retry_after(milliseconds: int) -> str:
    """The reason of a close whose socket may come back then; the client waits so long."""
    return f"retry_after_ms={milliseconds}"
