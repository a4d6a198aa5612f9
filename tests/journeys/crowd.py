"""Visitors who write without a pause and an agent who answers each of them in turn, while the server's life goes on.

They live in a thread with a loop of its own, so that the test does to the server what it wants meanwhile; half of them
come by WebSocket, half by long-polling. Afterwards what they were promised is held against a database.
"""

import asyncio
import json
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice, pairwise, zip_longest
from pathlib import Path
from random import Random
from typing import Any, Self

from msgspec import Struct

from app.model import frames
from tests.journeys.client import Client
from tests.journeys.desk import Desk

_SECONDS_MAX = 120.0  # a deadline against hanging
_PAUSE_SECONDS = (0.05, 0.15)
_ANSWER_PAUSE_SECONDS = 0.1
_RETRY_SECONDS = 0.2
_TOLD_MAX = 10
_TURNS_TO_CLOSE = 20  # of the loop: asyncio and httpx close their sockets some turns after they were told to
_STORED = """
SELECT cid, conversation_id, id, text, seq, staff_seq, sender_kind FROM messages WHERE kind = 'message'
ORDER BY conversation_id, seq
"""


class Acknowledged(Struct, frozen=True):
    """What a writer was promised, and when (monotonic seconds)."""

    cid: str
    conv: str
    id: str
    text: str
    at: float


class Writer:
    """Who writes the next message when the last one is acknowledged."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name
        self.acknowledged: list[Acknowledged] = []
        self.asked = 0

    async def write(self, text: str, conv: str | None) -> str:
        """One message; its conversation, once it is acknowledged."""
        self.asked += 1
        ack = await self.client.send(text, conv)
        self.acknowledged.append(Acknowledged(ack.cid, ack.conv, ack.id, text, time.monotonic()))
        return ack.conv

    def gap(self, since: float, until: float) -> float:
        """The longest time between two acknowledgements that fell into this while, seconds."""
        moments = [one.at for one in self.acknowledged]
        pairs = [(a, b) for a, b in pairwise(moments) if b > since and a < until]
        return max((b - a for a, b in pairs), default=0.0)


class Crowd:
    """All of them, at one port of 127.0.0.1. `enter` is called first in their thread: it may go into a network."""

    def __init__(
        self,
        port: int,
        sign_in: Callable[[Desk], str],
        *,
        sockets: int = 3,
        polls: int = 3,
        enter: Callable[[], None] = lambda: None,
    ) -> None:
        self._port = port
        self._sign_in = sign_in
        self._counts = (sockets, polls)
        self._enter = enter
        self._random = Random(2026)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._live, name="crowd", daemon=True)
        self._begun = threading.Event()
        self._failure: BaseException | None = None
        self._resting = False
        self._lines: list[asyncio.Task[None]] = []
        self._work: list[asyncio.Task[None]] = []
        self.visitors: list[Writer] = []
        self.agent: Writer | None = None

    # --- from the test's thread -------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._thread.start()
        self._begun.wait(_SECONDS_MAX)
        try:
            self.hear_everybody()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._thread.is_alive():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end)
        self._thread.join(_SECONDS_MAX)
        assert not self._thread.is_alive(), "the crowd does not end"

    def hear_everybody(self) -> None:
        """Until each visitor has been acknowledged, and answered, once more."""
        counts = {id(one): len(one.acknowledged) for one in self._everybody()}
        goal = len(self.agent.acknowledged) + len(self.visitors) if self.agent else 0
        deadline = time.monotonic() + _SECONDS_MAX
        while True:
            if self._failure is not None:
                raise AssertionError("the crowd has ended") from self._failure
            silent = [one.name for one in self.visitors if len(one.acknowledged) <= counts.get(id(one), 0)]
            if self.agent and self.visitors and not silent and len(self.agent.acknowledged) >= goal:
                return
            assert time.monotonic() < deadline, f"not heard: {silent}"
            time.sleep(0.02)

    def signed_out(self) -> None:
        """The agent has to sign in anew, as after a restore."""
        self._call(self._sign_in_again())

    @contextmanager
    def measured(self) -> Iterator[list[float]]:
        """The longest silence that a visitor had meanwhile goes into the list, once all have been heard afterwards."""
        gaps: list[float] = []
        since = time.monotonic()
        yield gaps
        until = time.monotonic()
        self.hear_everybody()
        gaps.append(max(one.gap(since, until) for one in self.visitors))

    def rest(self) -> None:
        """Nobody writes any more; everything has been acknowledged and is held by all whom it concerns."""
        self._call(self._settle())

    # --- in the crowd's thread --------------------------------------------------------------------------------------

    def _live(self) -> None:
        try:
            self._enter()
            asyncio.run(self._lives())
        except BaseException as error:  # noqa: BLE001 - the test's thread tells it
            self._failure = error
        finally:
            self._begun.set()

    async def _lives(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        await self._arrive()
        self._begun.set()
        await self._over.wait()
        tasks = [*self._lines, *self._work]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(_TURNS_TO_CLOSE):
            await asyncio.sleep(0.01)

    def _end(self) -> None:
        self._over.set()

    def _begin(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """A failing task ends the crowd, and the test is told."""

        async def watched() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001
                self._failure = error
                self._over.set()

        return asyncio.create_task(watched())

    async def _arrive(self) -> None:
        cookie, inbox, tokens = await asyncio.to_thread(self._people)
        agent = Writer(Client(self._port, self._random, hello=frames.Hello(), cookie=cookie, heads=self._heads), "")
        self.agent = agent
        agent.client.on_message = self._heard
        sockets = self._counts[0]
        for number, token in enumerate(tokens):
            hello = frames.Hello(inbox=inbox, token=token)
            client = Client(self._port, self._random, hello=hello, polls=number >= sockets)
            self.visitors.append(Writer(client, f"visitor {number}"))
        self._unanswered: dict[str, str] = {}  # conversation: what was said there last
        self._seen: set[str] = set()
        self._lines = [self._begin(one.client.run()) for one in self._everybody()]
        self._work = [*(self._begin(self._talk(one)) for one in self.visitors), self._begin(self._answer(agent))]

    def _people(self) -> tuple[str, str, list[str]]:
        with Desk(self._port) as desk:
            cookie = self._sign_in(desk)
            inbox = desk.ask("GET", "/api/v1/inboxes")["inboxes"][0]["id"]
            return cookie, inbox, [desk.visitor(inbox)[0] for _ in range(sum(self._counts))]

    async def _talk(self, visitor: Writer) -> None:
        conv = None
        while not self._resting:
            conv = await visitor.write(f"{visitor.name} says {visitor.asked}", conv)
            await asyncio.sleep(self._random.uniform(*_PAUSE_SECONDS))

    def _heard(self, entry: frames.Msg) -> None:
        """The agent has it on his screen; after a reset a second time, and is not to answer it twice."""
        if entry.kind == "message" and entry.sender.kind == "visitor" and entry.id not in self._seen:
            self._seen.add(entry.id)
            self._unanswered[entry.conv] = entry.text

    async def _answer(self, agent: Writer) -> None:
        """One conversation after the other, as fast as a person may (`limits.socket_frames_per_second`)."""
        while True:
            for conv in list(self._unanswered):
                await agent.write(f"re: {self._unanswered.pop(conv)}", conv)
                await asyncio.sleep(_ANSWER_PAUSE_SECONDS)
            await asyncio.sleep(_ANSWER_PAUSE_SECONDS)

    async def _heads(self) -> dict[str, int]:
        while True:
            try:
                return await asyncio.to_thread(self._listed)
            except (OSError, AssertionError, json.JSONDecodeError):
                await asyncio.sleep(_RETRY_SECONDS)

    def _listed(self) -> dict[str, int]:
        assert self.agent is not None
        with Desk(self._port, self.agent.client.cookie) as desk:
            return desk.heads()

    async def _sign_in_again(self) -> None:
        assert self.agent is not None
        self.agent.client.cookie = await asyncio.to_thread(self._signed_in)
        self.agent.client.cut()

    def _signed_in(self) -> str:
        with Desk(self._port) as desk:
            return self._sign_in(desk)

    async def _settle(self) -> None:
        self._resting = True
        assert self.agent is not None
        await asyncio.gather(*self._work[:-1])
        heads = await self._heads()
        everybody = self._everybody()
        while any(not one.client.live.is_set() or one.client.pending for one in everybody) or not self._complete(heads):
            await asyncio.sleep(0.1)
            heads = await self._heads()

    def _complete(self, heads: dict[str, int]) -> bool:
        assert self.agent is not None
        own = self.agent.client.threads
        holes = any(thread.hole() for one in self._everybody() for thread in one.client.threads.values())
        if holes or self._unanswered or not all(self._holds_its_answers(one) for one in self.visitors):
            return False
        return heads.keys() <= own.keys() and all(own[conv].last >= head for conv, head in heads.items())

    def _holds_its_answers(self, visitor: Writer) -> bool:
        assert self.agent is not None
        threads = visitor.client.threads
        held = {entry.id for thread in threads.values() for entry in thread.entries.values()}
        return all(one.id in held for one in self.agent.acknowledged if one.conv in threads)

    # --- both -------------------------------------------------------------------------------------------------------

    def _everybody(self) -> list[Writer]:
        return [*self.visitors, *([self.agent] if self.agent else [])]

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, _SECONDS_MAX), self._loop).result()

    def compare(self, database: Path) -> int:
        """What everybody was promised and holds is what is stored: all of it, once, in order. How many messages."""
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            stored = connection.execute(_STORED).fetchall()
            numbers = connection.execute("SELECT conversation_id, seq, staff_seq FROM messages").fetchall()
        everybody = self._everybody()
        there = {row[0]: row[1:4] for row in stored}
        promised = [one for writer in everybody for one in writer.acknowledged]
        assert _first(one for one in promised if there.get(one.cid) != (one.conv, one.id, one.text)) == [], "lost"
        assert len(stored) == len(there) == len(promised) == sum(one.asked for one in everybody), "doubled"
        for conv in {row[0] for row in numbers}:
            own = sorted(seq for conversation, seq, _ in numbers if conversation == conv and seq is not None)
            staff = sorted(seq for conversation, _, seq in numbers if conversation == conv)
            assert _first(gap for seqs in (own, staff) for gap in enumerate(seqs, 1) if gap[0] != gap[1]) == [], conv
        for writer in self.visitors:
            texts = [row[3] for row in stored if row[6] == "visitor" and row[3].startswith(f"{writer.name} says ")]
            said = [f"{writer.name} says {number}" for number in range(writer.asked)]
            assert _first(pair for pair in zip_longest(texts, said) if pair[0] != pair[1]) == [], "out of order"
        self._compare_what_is_held(stored)
        return len(promised)

    def _compare_what_is_held(self, stored: list[tuple[Any, ...]]) -> None:
        for writer in self._everybody():
            column = 5 if writer is self.agent else 4
            threads = writer.client.threads
            held = {
                (conv, seq): (entry.id, entry.text)
                for conv, thread in threads.items()
                for seq, entry in thread.entries.items()
                if entry.kind == "message"
            }
            kept = {(row[1], row[column]): (row[2], row[3]) for row in stored if row[1] in threads}
            others = (place for place in held.keys() | kept.keys() if held.get(place) != kept.get(place))
            name = writer.name or "the agent"
            assert _first((place, held.get(place), kept.get(place)) for place in others) == [], f"{name} holds others"
            shown = Counter(entry for thread in threads.values() for entry in thread.shown)
            assert _first(entry for entry, times in shown.items() if times > 1) == [], f"{name} was shown it twice"


def _first(found: Iterable[Any]) -> list[Any]:
    """A few of them: pytest would hold thousands against each other for half an hour before it tells of one."""
    return list(islice(found, _TOLD_MAX))
