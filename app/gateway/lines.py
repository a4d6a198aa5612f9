"""`/in/{source}` as a WebSocket: each message of a joined system goes on as a request, one after the other.

The core proves the request that opens the line and gives it a number; what comes by the line needs no other proof.
While a message is stored no more is read, so whoever sends faster waits at his own end.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.gateway.crowd import Place
from app.gateway.framing import PING, frame_of, text_frame
from app.gateway.http1 import HEAD_END, Head
from app.gateway.passage import Passage
from app.gateway.session import retry_after
from app.gateway.upstream import LINE_NUMBER, Addresses, Upstream
from app.gateway.websocket import Shared, WebSocket
from app.model.clock import Clock
from app.model.errors import Problem, Unavailable
from app.model.frames import CloseCode
from app.settings import Limits
from app.telemetry.log import logger

_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")
_ANSWER_BYTES_MAX = 1_048_576
_TAKEN = b'{"taken":true}'
_LATER = (429, 503)
_REST_SECONDS_MIN = 0.01
_OUR_FIELDS = ("upgrade", "connection", LINE_NUMBER)
_log = logger("gateway")


class Said(Struct, frozen=True):
    """What the core answers."""

    status: int
    fields: dict[str, str]
    body: bytes


class Lines:
    """The lines that are open at this front."""

    def __init__(self, upstream: Upstream, limits: Limits, clock: Clock, leave: Callable[[Place], None]) -> None:
        self.limits = limits
        self.clock = clock
        self.leave = leave
        self._upstream = upstream
        self._lines: set[Line] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._emptied: asyncio.Future[None] | None = None
        self._shared: Shared | None = None  # made with the first: most desks have none

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def shared(self) -> Shared:
        """The bounds of their messages."""
        if self._shared is None:
            self._shared = Shared(replace(self.limits, frame_bytes_max=self.limits.source_line_bytes_max))
        return self._shared

    def line(self, ends: Addresses, head: Head) -> "Line":
        """A new one, for who asks by this head. Raises `Unavailable` where there are too many."""
        if len(self._lines) >= self.limits.source_lines_max:
            raise _too_many()
        return Line(self, Asking(self._upstream, replace(ends, line=True)), head)

    def entered(self, line: "Line") -> None:
        """It is open."""
        self._lines.add(line)

    def left(self, line: "Line") -> None:
        """It is gone."""
        self._lines.discard(line)
        if self._emptied is not None and not self._lines and not self._emptied.done():
            self._emptied.set_result(None)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something of a line's."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def sweep(self) -> None:
        """One second's work: who is silent, and who is to be pinged."""
        now = self.clock.monotonic()
        for line in tuple(self._lines):
            line.look(now)

    async def stop(self) -> None:
        """Close all of them: they come back to the next server."""
        for line in tuple(self._lines):
            line.close(CloseCode.RESTART, retry_after(self.limits.restart_retry_ms_min))
        if self._lines:
            self._emptied = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._emptied,), timeout=self.limits.closing_seconds_max)
        for line in tuple(self._lines):
            line.abort()
        for task in self._tasks:
            task.cancel()


class Asking:
    """One stream to the core, one request at a time; a passage's `Side`."""

    def __init__(self, upstream: Upstream, ends: Addresses) -> None:
        self._passage = Passage(upstream, ends, self)
        self._data = bytearray()
        self._answer: asyncio.Future[Said] | None = None

    async def ask(self, head: Head, body: bytes) -> Said:
        """Raises `Unavailable` where there is no answer."""
        self._data.clear()
        self._answer = asyncio.get_running_loop().create_future()
        self._passage.carry(head)
        if body:
            self._passage.take(body)
        try:
            return await self._answer
        finally:
            self._answer = None

    def leave(self) -> None:
        """Nothing more is asked."""
        self._passage.leave()
        self._fail()

    # --- as a passage.Side --------------------------------------------------------------------------------------

    def passed(self, data: bytes) -> None:
        self._data += data
        if len(self._data) > _ANSWER_BYTES_MAX:
            self._passage.drop()
            self._fail()

    def exchanged(self, *, may_go_on: bool) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(_said(bytes(self._data)))

    def cut_off(self, *, whole: bool, begun: bool) -> None:
        self._fail()

    def hold(self) -> None:
        pass  # a message is one body of bounded size

    def go_on(self) -> None:
        pass

    def _fail(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(_no_answer())


class Line:
    """One line; a websocket's `Listener`."""

    _socket: WebSocket

    def __init__(self, lines: Lines, asking: Asking, head: Head) -> None:
        self._lines = lines
        self._asking = asking
        self._head = head
        self._number = ""
        self._place: Place | None = None
        self._is_at_work = False
        self._heard = self._pinged = lines.clock.monotonic()

    async def begin(self) -> Said:
        """Have the core prove who asks; status 200: the line may open. Raises `Unavailable`."""
        said = await self._asking.ask(self._request("GET", ()), b"")
        self._number = said.body.decode("latin-1") if said.status == 200 else ""
        return said

    def leave(self) -> None:
        """It does not open."""
        self._asking.leave()

    def seat(self, place: Place | None) -> None:
        """It holds this place in the crowd."""
        self._place = place

    def close(self, code: int, reason: str = "") -> None:
        """Begin to close."""
        self._socket.close(code, reason)

    def abort(self) -> None:
        """Drop it."""
        self._socket.abort()

    def look(self, now: float) -> None:
        """Close it where nothing was heard for too long; try it where nothing was for a while."""
        limits = self._lines.limits
        if self._is_at_work:
            self._heard = now
        elif now - self._heard > limits.silence_seconds_max:
            self._socket.close(CloseCode.SILENT, "silent")
        elif now - max(self._heard, self._pinged) > limits.ping_seconds:
            self._pinged = now
            self._socket.send(frame_of(PING, b""))

    # --- as a websocket.Listener --------------------------------------------------------------------------------

    def opened(self, socket: WebSocket) -> None:
        self._socket = socket
        self._lines.entered(self)

    def text(self, text: str) -> None:
        self._take(text.encode())

    def binary(self, data: bytes) -> None:
        self._take(data)

    def control(self) -> None:
        self._heard = self._lines.clock.monotonic()

    def drained(self) -> None:
        pass

    def closing(self) -> None:
        pass

    def closed(self) -> None:
        self._lines.left(self)
        self._asking.leave()
        if self._place is not None:
            self._lines.leave(self._place)

    # --- messages -----------------------------------------------------------------------------------------------

    def _take(self, raw: bytes) -> None:
        self._socket.pause_reading()
        self._is_at_work = True
        self._lines.spawn(self._hand_on(raw))

    async def _hand_on(self, raw: bytes) -> None:
        try:
            said = await self._stored(raw)
        except Problem:
            self._come_back()
            return
        finally:
            self._is_at_work = False
            self._heard = self._lines.clock.monotonic()
        if said.status == 200:
            self._socket.send(text_frame(said.body or _TAKEN))
            self._socket.resume_reading()
        elif said.status == 413:
            self._socket.close(CloseCode.TOO_BIG, "message too big")
        else:  # its source is another now, or is gone
            self._come_back()

    async def _stored(self, raw: bytes) -> Said:
        """Where the source takes no more just now the message waits here, and its sender there."""
        clock, limits = self._lines.clock, self._lines.limits
        until = clock.monotonic() + limits.source_line_wait_seconds
        head = self._request("POST", (("content-length", str(len(raw))), (LINE_NUMBER, self._number)), len(raw))
        while True:
            said = await self._asking.ask(head, raw)
            if said.status not in _LATER or clock.monotonic() > until:
                return said
            await asyncio.sleep(min(max(_REST_SECONDS_MIN, _rest_seconds(said)), limits.source_line_wait_seconds))

    def _come_back(self) -> None:
        self._socket.close(CloseCode.RESTART, retry_after(self._lines.limits.restart_retry_ms_min))

    def _request(self, method: str, more: tuple[tuple[str, str], ...], body: int = 0) -> Head:
        """As the head that opened the line, without what speaks of its opening."""
        kept = tuple(
            (name, value)
            for name, value in self._head.fields
            if name not in _OUR_FIELDS and not name.startswith("sec-websocket-")
        )
        return Head(method, self._head.target, 1, (*kept, *more), body)


def _said(data: bytes) -> Said:
    """An answer out of its bytes; interim ones before it are none."""
    while True:
        head, _, data = data.partition(HEAD_END)
        status = _STATUS.match(head)
        code = int(status[1]) if status is not None else 502
        if code >= 200 or not data:
            break
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    return Said(code, {name.strip().lower(): value.strip() for name, _, value in lines}, data)


class _Refusal(Struct, frozen=True):
    """What of a refusal tells when to come again; the header tells it in whole seconds alone."""

    retry_after_ms: int = 1_000


def _rest_seconds(said: Said) -> float:
    try:
        return msgspec.json.decode(said.body, type=_Refusal).retry_after_ms / 1_000
    except msgspec.DecodeError:
        return 1.0


def _no_answer() -> Unavailable:
    return Unavailable(
        "core_silent",
        "The server did not answer. Send it again in a moment.",
        "服务器没有应答。请稍后重试。",
        retry_after_ms=1_000,
    )


def _too_many() -> Unavailable:
    return Unavailable(
        "source_lines_full",
        "Too many lines are open. Close some, or send by POST.",
        "打开的连接过多。请关闭一些，或改用 POST 发送。",
        retry_after_ms=5_000,
    )
