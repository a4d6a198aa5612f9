"""How many real units the writer stores a second, committed at FULL.

    python -m tests.bench.storage [--seconds 5] [--producers 64] [--loop uvloop|asyncio] [--folder DIR] [--profile]

A real unit: duplicate check and head in one SELECT, message, head, stored event, outbox row. The producers only wait
for their own write; what a server does beside it is measured by the delivery bench.
"""

from app.storage.library import install

install()

# ruff: noqa: E402 - the library's place must be taken first
import argparse
import asyncio
import cProfile
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from threading import setprofile
from typing import Any

import msgspec
import uvloop

from app.model.clock import SystemClock
from app.model.conversations import Conversation, Kind, Message, Speaker, Status
from app.model.events import MessageCreated
from app.model.ids import Ids
from app.settings import Settings
from app.storage import conversations, messages
from app.storage.database import Transaction
from app.storage.sqlite import SqliteDatabase
from tests.bench.conditions import headline

TEXT = "Where is my order 4711? It should have come on Tuesday. 我的订单还没有到，可以退款吗？"


class Producer:
    """One visitor who writes into one conversation, the next message when the last is stored."""

    def __init__(self, database: SqliteDatabase, ids: Ids, conversation_id: str, contact_id: str) -> None:
        self._database = database
        self._ids = ids
        self._conversation_id = conversation_id
        self._sender = Speaker("visitor", contact_id, "")

    async def run(self, until: float, latencies: list[float]) -> None:
        while (began := time.perf_counter()) < until:
            await self._database.write(self._unit(self._ids.token(), self._ids.new()))
            latencies.append(time.perf_counter() - began)

    def _unit(self, cid: str, message_id: str) -> Callable[[Transaction], int]:
        def unit(tx: Transaction) -> int:
            found = messages.head_and_result(tx, self._conversation_id, self._sender.id, cid)
            if found is None or found[1] is not None:
                raise AssertionError("the bench's own conversation is gone")
            head = found[0]
            at = 1_790_000_000_000
            message = Message(
                message_id, head.id, head.staff_seq + 1, head.seq + 1, Kind.MESSAGE, self._sender, TEXT, at, cid
            )
            messages.insert(tx, message, "0" * 64)
            head = msgspec.structs.replace(
                head, seq=head.seq + 1, staff_seq=head.staff_seq + 1, updated_at=at, last_text=TEXT, last_at=at
            )
            conversations.advance(tx, head)
            tx.record(MessageCreated(head, message))
            tx.enqueue("search", head.id, message.id.encode())
            return message.staff_seq

        return unit


async def producers(database: SqliteDatabase, count: int) -> list[Producer]:
    """One producer for each of `count` new conversations."""
    ids = Ids(SystemClock())
    pairs = [(ids.new(), ids.new()) for _ in range(count)]

    def unit(tx: Transaction) -> None:
        tx.execute("INSERT INTO inboxes (id, name, created_at) VALUES ('inbox', 'Shop', 0)")
        for number, (conversation_id, contact_id) in enumerate(pairs, 1):
            tx.execute(
                "INSERT INTO contacts (id, number, created_at, seen_at) VALUES (:id, :number, 0, 0)",
                {"id": contact_id, "number": number},
            )
            conversations.insert(tx, Conversation(conversation_id, "inbox", contact_id, Status.QUEUED, 0, 0))

    await database.write(unit)
    return [Producer(database, ids, conversation_id, contact_id) for conversation_id, contact_id in pairs]


async def measure(folder: Path, options: argparse.Namespace) -> str:
    """One run; its line of figures."""
    groups: list[int] = []
    database = await SqliteDatabase.open(
        folder / "monodesk.db",
        Settings(durability=options.durability),
        SystemClock(),
        lambda events: None,
        lambda units, seconds: groups.append(units),
    )
    latencies: list[float] = []
    crowd = await producers(database, options.producers)
    began = time.perf_counter()
    await asyncio.gather(*(one.run(began + options.seconds, latencies) for one in crowd))
    took = time.perf_counter() - began
    await database.close()
    cuts = statistics.quantiles(latencies, n=100)
    return (
        f"{len(latencies) / took:8.0f} units/s   p50 {cuts[49] * 1e3:6.2f} ms   p99 {cuts[98] * 1e3:6.2f} ms   "
        f"{statistics.fmean(groups):5.1f} units a commit"
    )


def main() -> None:
    options = _options()
    print(headline(options))
    runner: Callable[[Coroutine[Any, Any, str]], str] = uvloop.run if options.loop == "uvloop" else asyncio.run
    profile = cProfile.Profile()
    if options.profile:
        setprofile(lambda *_: profile.enable())
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        print(runner(measure(Path(folder), options)))
    if options.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--producers", type=int, default=64)
    parser.add_argument("--loop", choices=("uvloop", "asyncio"), default="uvloop")
    parser.add_argument("--durability", choices=("full", "normal"), default="full")
    parser.add_argument("--folder", type=Path, help="where the database lies; default: the temporary folder")
    parser.add_argument("--profile", action="store_true", help="the writer thread's profile as well")
    return parser.parse_args()


if __name__ == "__main__":
    main()
