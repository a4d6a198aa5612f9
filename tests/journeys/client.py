"""A client that keeps the rules of ARCHITECTURE.md, "Delivery", to the letter, for visitors and for agents.

It holds threads by number, asks for holes only after `live`, drops what it has, and sends a command again under the
same cid until it is acknowledged. What it has shown can be compared with the database.
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from app.model import frames
from app.model.conversations import Speaker
from app.model.frames import CloseCode
from tests.journeys.poll_wire import PollWire
from tests.journeys.wire import Refused, Wire

_RETRY = re.compile(rb"retry_after_ms=(\d+)")
_MYSELF = Speaker("visitor", "")
_decode = msgspec.json.Decoder(frames.ServerFrame).decode
_encode = msgspec.json.Encoder().encode

Heads = Callable[[], Awaitable[dict[str, int]]]


class Pace(Struct, frozen=True):
    """How long the client waits for what, in seconds."""

    ack: float = 5.0
    retry_max: float = 60.0
    back_off_min: float = 0.5
    back_off_max: float = 30.0
    tail: float = 1.0
    fetch: float = 5.0


class RefusedCommand(Exception):
    """The server refused a command: its code and text."""


class Pending(Struct):
    """A command that is not acknowledged yet."""

    frame: frames.Send
    done: "asyncio.Future[frames.Ack]"
    tries: int = 0
    timer: asyncio.TimerHandle | None = None


class Thread:
    """What is held of a conversation: ids as they were `shown`, `last` without a hole before it, `head` as told."""

    def __init__(self) -> None:
        self.entries: dict[int, frames.Msg] = {}
        self.shown: list[str] = []
        self.last = 0
        self.head = 0
        self._beyond: set[int] = set()

    def show(self, entry: frames.Msg) -> bool:
        """Keep an entry; False when its number is known."""
        if not self.know(entry.seq, entry.seq):
            return False
        self.entries[entry.seq] = entry
        self.shown.append(entry.id)
        return True

    def know(self, first: int, last: int) -> bool:
        """These numbers are accounted for; whether any of them is new."""
        new = [number for number in range(first, last + 1) if number > self.last and number not in self._beyond]
        self._beyond.update(new)
        while self.last + 1 in self._beyond:
            self.last += 1
            self._beyond.remove(self.last)
        self.head = max(self.head, last)
        return bool(new)

    def hole(self) -> tuple[int, int, bool] | None:
        """The first missing range, and whether it is the end, which may be on its way."""
        if self._beyond:
            return self.last + 1, min(self._beyond) - 1, False
        return (self.last + 1, self.head, True) if self.head > self.last else None


class Client:
    """One person at one socket, or a visitor who polls. `heads` lists an agent's conversations (id to staff_seq) afresh
    after a reset. A new `cookie` counts from the next connection.
    """

    def __init__(
        self,
        port: int,
        random: Random,
        *,
        hello: frames.Hello,
        cookie: str = "",
        pace: Pace | None = None,
        heads: Heads | None = None,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        polls: bool = False,
    ) -> None:
        self._port = port
        self._polls = polls
        self._tls = tls
        self._host = host
        self._random = random
        self._hello = hello
        self.cookie = cookie
        self._pace = pace or Pace()
        self._heads = heads
        self._epoch = ""
        self._pos: int | None = None
        self._pos_seen = 0
        self._wire: Wire | PollWire | None = None
        self._asking: dict[str, asyncio.TimerHandle] = {}
        self._chores: set[asyncio.Task[None]] = set()
        self.threads: dict[str, Thread] = {}
        self.pending: dict[str, Pending] = {}
        self.live = asyncio.Event()
        self.lives = 0  # how often it was caught up
        self.resets = 0
        self.failures = 0  # in a row
        self.refusals: list[str] = []  # status lines that were no upgrade
        self.on_message: Callable[[frames.Msg], None] | None = None
        self._ears: dict[type, Callable[[Any], None]] = {
            frames.Msg: self._entry,
            frames.Ack: self._acknowledged,
            frames.Head: self._headed,
            frames.Thread: self._threaded,
            frames.Void: self._voided,
            frames.Fetched: self._fetched,
            frames.Welcome: self._welcomed,
            frames.Live: self._caught_up,
            frames.Reset: self._reset,
            frames.Ping: self._pinged,
            frames.Error: self._refused,
        }

    # --- what a person does -------------------------------------------------------------------------------------

    def send(self, text: str, conv: str | None = None) -> "asyncio.Future[frames.Ack]":
        """Send a message; resolves when it is acknowledged, however often it must be sent."""
        frame = frames.Send(cid=self._random.randbytes(16).hex(), conv=conv, text=text)
        pending = Pending(frame, asyncio.get_running_loop().create_future())
        self.pending[frame.cid] = pending
        self._put(pending)
        return pending.done

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            wait = 0.0
            try:
                code, reason = await self._session()
                self.failures = 0
                told = _RETRY.search(reason)
                if code == CloseCode.RESTART and told:
                    wait = int(told[1]) / 1000  # the server has spread them
            except (OSError, Refused) as error:
                self.failures += 1
                self.refusals += [str(error)] if isinstance(error, Refused) else []
            await asyncio.sleep(max(wait, self._delay(self._pace.back_off_min, self._pace.back_off_max, self.failures)))

    async def _session(self) -> tuple[int, bytes]:
        """From the handshake to the end of one connection; its close code and reason."""
        wire = await self._dial()
        try:
            return await wire.closed, wire.reason
        finally:
            self._lost()
            wire.abort()

    async def _dial(self) -> "Wire | PollWire":
        if self._polls:
            polling = await PollWire.connect(self._port, self._told, self._hello.token or "", self._cursor)
            self._wire = polling
            polling.listen()
            self._greeted()
            return polling
        wire = await Wire.connect(self._port, self._told, host=self._host, cookie=self.cookie, tls=self._tls)
        self._wire = wire
        wire.send(_encode(self._hello))
        return wire

    def cut(self) -> None:
        """The line is cut under the client's hands."""
        self.live.clear()
        if self._wire is not None:
            self._wire.abort()

    def _lost(self) -> None:
        self._wire = None
        self.live.clear()
        for timer in self._asking.values():
            timer.cancel()
        self._asking.clear()

    def _put(self, pending: Pending) -> None:
        """Send a command; without an ack in time the same cid once more."""
        if pending.timer is not None:
            pending.timer.cancel()
        later = self._delay(0.5, self._pace.retry_max, pending.tries) if pending.tries else 0.0
        pending.timer = asyncio.get_running_loop().call_later(self._pace.ack + later, self._put, pending)
        pending.tries += 1
        self._say(pending.frame)

    def _delay(self, least: float, most: float, tries: int) -> float:
        """Capped exponential back-off with jitter, in seconds."""
        return float(min(most, least * 2 ** min(max(tries - 1, 0), 10)) * (0.5 + self._random.random() / 2))

    def _say(self, frame: frames.ClientFrame) -> None:
        if self._wire is not None:
            self._wire.send(_encode(frame))

    # --- what the server says -----------------------------------------------------------------------------------

    def _told(self, text: bytes) -> None:
        frame = _decode(text)
        hear = self._ears.get(type(frame))
        if hear is not None:
            hear(frame)
        pos = getattr(frame, "pos", None)
        if pos is not None:
            self._passed(pos)

    def _headed(self, frame: frames.Head) -> None:
        self._reach(frame.conversation.id, frame.conversation.staff_seq)

    def _threaded(self, frame: frames.Thread) -> None:
        self._reach(frame.conv, frame.seq)

    def _voided(self, frame: frames.Void) -> None:
        self._thread(frame.conv).know(frame.first, frame.last)
        self._mend(frame.conv)

    def _fetched(self, frame: frames.Fetched) -> None:
        self._answered(frame.conv)
        self._mend(frame.conv)

    def _pinged(self, frame: frames.Ping) -> None:
        self._say(frames.Pong())

    def _welcomed(self, welcome: frames.Welcome) -> None:
        if self._epoch not in ("", welcome.epoch):
            self._forget()
        self._epoch = welcome.epoch
        self._resume()
        self._greeted()

    def _greeted(self) -> None:
        for pending in self.pending.values():
            self._put(pending)

    def _resume(self) -> None:
        if self.cookie:
            self._say(frames.Resume(self._epoch, pos=self._pos))
            return
        self._say(self._cursor())

    def _cursor(self) -> frames.Resume:
        """What a visitor holds."""
        held = sorted(self.threads, reverse=True)[: frames.CONVERSATIONS_MAX]
        return frames.Resume(self._epoch, {conv: self.threads[conv].last for conv in held})

    def _reset(self, reset: frames.Reset) -> None:
        self._forget()
        self._epoch = reset.epoch
        self._resume()

    def _forget(self) -> None:
        self.resets += 1
        self.threads.clear()
        self._pos, self._pos_seen = None, 0
        self.live.clear()

    def _caught_up(self, live: frames.Live) -> None:
        fresh = bool(self.cookie) and self._pos is None
        if live.pos is not None:
            self._pos = max(live.pos, self._pos_seen, self._pos or 0)
        self.lives += 1
        self.live.set()
        for conv in list(self.threads):
            self._mend(conv)
        if fresh and self._heads is not None:
            self._chore(self._fill(self._heads))

    def _passed(self, pos: int) -> None:
        """Before `live` a position may lie beyond one still to come."""
        self._pos_seen = max(self._pos_seen, pos)
        if self.live.is_set() and self._pos is not None:
            self._pos = max(self._pos, pos)

    async def _fill(self, heads: Heads) -> None:
        for conv, head in (await heads()).items():
            self._reach(conv, head)

    def _chore(self, work: "Awaitable[None]") -> None:
        task = asyncio.ensure_future(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    def _entry(self, entry: frames.Msg) -> None:
        thread = self._thread(entry.conv)
        if thread.show(entry) and self.on_message is not None:
            self.on_message(entry)
        self._mend(entry.conv)

    def _acknowledged(self, ack: frames.Ack) -> None:
        pending = self.pending.pop(ack.cid, None)
        if pending is None:
            return  # a second ack for what was sent twice
        _rest(pending)
        own = frames.Msg(ack.conv, ack.seq, ack.id, "message", _MYSELF, ack.at, pending.frame.text, ack.cid)
        self._thread(ack.conv).show(own)
        self._mend(ack.conv)
        if not pending.done.done():
            pending.done.set_result(ack)

    def _refused(self, error: frames.Error) -> None:
        pending = self.pending.get(error.cid or "")
        if pending is None or error.retry_after_ms is not None:
            return  # it will be sent again when its time is over
        del self.pending[pending.frame.cid]
        _rest(pending)
        pending.done.set_exception(RefusedCommand(f"{error.code}: {error.text}"))

    # --- holes --------------------------------------------------------------------------------------------------

    def _thread(self, conv: str) -> Thread:
        thread = self.threads.get(conv)
        if thread is None:
            thread = self.threads[conv] = Thread()
        return thread

    def _reach(self, conv: str, head: int) -> None:
        thread = self._thread(conv)
        thread.head = max(thread.head, head)
        self._mend(conv)

    def _mend(self, conv: str) -> None:
        """Ask for what is missing, one range at a time; the end may be on its way, so it gets a moment."""
        thread = self.threads.get(conv)
        hole = thread.hole() if thread is not None else None
        if hole is None or conv in self._asking or not self.live.is_set():
            return
        loop = asyncio.get_running_loop()
        if hole[2]:
            self._asking[conv] = loop.call_later(self._pace.tail, self._ask, conv)
        else:
            self._ask(conv)

    def _ask(self, conv: str) -> None:
        self._answered(conv)
        thread = self.threads.get(conv)
        hole = thread.hole() if thread is not None else None
        if hole is None or not self.live.is_set():
            return
        first, last = hole[0], min(hole[1], hole[0] + frames.RANGE_MAX - 1)
        self._asking[conv] = asyncio.get_running_loop().call_later(self._pace.fetch, self._ask, conv)
        self._say(frames.Fetch(conv, first, last))

    def _answered(self, conv: str) -> None:
        timer = self._asking.pop(conv, None)
        if timer is not None:
            timer.cancel()


def _rest(pending: Pending) -> None:
    if pending.timer is not None:
        pending.timer.cancel()
