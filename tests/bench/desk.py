"""How a desk of years answers, and what a message costs it.

    python -m tests.bench.desk [--conversations 200000] [--messages 2000000] [--rounds 200]

A data folder with so many conversations and messages, made once for each schema and size and kept in
~/.cache/monodesk: the owner by the command line, the rest in bulk by the real schema, the index of words included; ids
as they come to be over three years.
A copy of it is measured:
- the real server over it, asked over REST by its owner, one request after the other: lists, a conversation opened with
  the end of its thread, searches; median and 99th percentile by the clock and in CPU of the server;
- the real rooms over it without a door: CPU of the process and pages that SQLite reads (bytes by read calls, through a
  page of 4 KiB) for each message of visitors in 500 open conversations, the update of the index included, beside the
  same over 10,000 messages.
"""

from app.storage.library import install

install()

# ruff: noqa: E402 - the library's place must be taken first
import argparse
import asyncio
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from urllib.parse import quote

import psutil
from msgspec import Struct

from app.model.clock import SystemClock
from app.model.frames import Send
from app.model.ids import Ids
from app.model.principals import Visitor
from app.outbox.outbox import Outbox
from app.settings import Settings
from app.storage.migrations import migrations
from app.storage.search import TOPIC, words
from tests.bench.conditions import headline
from tests.bench.schedstat import cpu_seconds
from tests.clock import ManualClock
from tests.domain import Domain
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk

_SMALL = (1_000, 10_000)
_OPEN = 500  # conversations that are measured: as many in both sizes, so that only the rest differs
_MESSAGES_MEASURED = 4_000
_IN_FLIGHT = 64
_TEAMS = 10
_PAGE_BYTES = 4_096
_SPAN_MS = 3 * 365 * 86_400_000
_WORDS = [
    "order", "parcel", "broken", "cup", "handle", "kettle", "grinder", "refund", "address", "invoice", "carrier",
    "lid", "crack", "noise", "filter", "paper", "beans", "roast", "delivery", "Friday", "morning", "colour", "size",
    "gift", "card", "voucher", "return", "label", "photo", "warranty", "spare", "part", "manual", "steam",
    "pressure", "leak", "scale", "water", "tank", "button", "display", "cable", "plug", "shop", "counter", "pickup",
    "price", "offer", "discount", "wholesale", "tax",
]  # fmt: skip
_PHRASES = (
    "我的订单还没有到", "请问什么时候发货", "可以退款吗", "杯子碎了", "发票抬头写错了", "磨豆机有异响", "能改地址吗",
    "谢谢，收到了", "这款还有货吗", "门店可以自提吗",
)  # fmt: skip
_TEXTS = 20_000
_FILLING = 2  # one more where the same schema is filled otherwise


class _Size(Struct, frozen=True):
    conversations: int
    messages: int


class _Made(Struct, frozen=True):
    """What a filled folder holds that the questions need."""

    conversations: list[str]
    open: list[tuple[str, str]]  # conversation and contact
    inbox_id: str


# --- the folder ----------------------------------------------------------------------------------------------------


def filled(size: _Size) -> Path:
    """A data folder of this size, from the cache where it is there."""
    schema = len(migrations())
    cache = Path.home() / ".cache" / "monodesk"
    kept = cache / f"desk-{_FILLING}-{schema}-{size.conversations}-{size.messages}"
    if kept.is_dir():
        return kept
    for older in cache.glob(f"desk-*-{size.conversations}-{size.messages}"):
        shutil.rmtree(older)  # of another schema
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        data = Path(folder) / "data"
        server = Appliance(data)
        server.start()
        try:
            with Desk.founded(data, server.port) as desk:
                inbox = desk.inbox()
        finally:
            server.stop()
        began = time.perf_counter()
        _fill(data / "monodesk.db", size, inbox)
        print(f"made in {time.perf_counter() - began:.0f} s: {kept.name}", flush=True)
        data.rename(kept)
    return kept


def _fill(path: Path, size: _Size, inbox: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF;"
    )
    later = [
        (str(name), str(sql))
        for name, sql in connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL "
            "AND tbl_name IN ('messages', 'conversations', 'contacts', 'watermarks')"
        )
    ]
    connection.execute("BEGIN")
    for name, _ in later:
        connection.execute(f"DROP INDEX {name}")
    _insert(connection, size, inbox)
    for _, sql in later:
        connection.execute(sql)
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _insert(connection: sqlite3.Connection, size: _Size, inbox: str) -> None:
    random, clock = Random(7), ManualClock()
    now = clock.now_ms()
    clock.advance(-_SPAN_MS / 1_000)
    ids = Ids(clock, random.randbytes)
    ((owner,),) = connection.execute("SELECT id FROM agents").fetchall()
    teams = [ids.new() for _ in range(_TEAMS)]
    connection.executemany(
        "INSERT INTO teams (id, name) VALUES (?, ?)", [(team, f"Team {number}") for number, team in enumerate(teams)]
    )
    texts = _texts(random)
    each = size.messages // size.conversations
    contacts = _ids_over_time(ids, clock, max(1, size.conversations // 3))
    connection.executemany(
        "INSERT INTO contacts (id, number, created_at, seen_at, name) VALUES (?, ?, ?, ?, ?)",
        (
            (contact, number, now - _SPAN_MS + number * _SPAN_MS // len(contacts), now, f"Visitor {number}")
            for number, contact in enumerate(contacts, 1)
        ),
    )
    clock.advance(-_SPAN_MS / 1_000)
    heads = [
        (head, _contact(contacts, place, size, random))
        for place, head in enumerate(_ids_over_time(ids, clock, size.conversations))
    ]
    connection.executemany(
        "INSERT INTO conversations (id, inbox_id, contact_id, status, created_at, updated_at, seq, staff_seq, "
        "assignee_id, team_id, waiting_since, resolved_at, close_reason, last_text, last_kind, last_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'visitor', ?)",
        _heads(heads, size.conversations, inbox, owner, teams, each, random, now),
    )
    connection.executemany(
        "INSERT INTO watermarks (conversation_id, person_kind, person_id, read_seq) VALUES (?, 'agent', ?, ?)",
        ((head, owner, each - 1) for head, _ in heads),
    )
    made = _messages(heads, each, owner, texts, random, now)
    while batch := list(islice(made, 20_000)):
        connection.executemany(
            "INSERT INTO messages (number, id, conversation_id, staff_seq, seq, kind, sender_kind, sender_id, "
            "sender_name, cid, text, at) VALUES (?, ?, ?, ?, ?, 'message', ?, ?, '', ?, ?, ?)",
            (row[:-1] for row in batch),
        )
        connection.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", ((row[0], row[-1]) for row in batch))


def _ids_over_time(ids: Ids, clock: ManualClock, count: int) -> list[str]:
    """As they come to be in years: an id begins with its time, so those of one week lie side by side in an index."""
    made = []
    for _ in range(count):
        clock.advance(_SPAN_MS / 1_000 / count)
        made.append(ids.new())
    return made


def _contact(contacts: list[str], place: int, size: _Size, random: Random) -> str:
    """Two of three conversations are of visitors who came lately, the others of one who came at any time."""
    if random.random() < 1 / 3:
        return random.choice(contacts)
    return contacts[place * len(contacts) // size.conversations]


def _texts(random: Random) -> list[tuple[str, str]]:
    """Words as people write them, the common ones often, each as it is indexed too."""
    weights = [1 / rank for rank in range(1, len(_WORDS) + 1)]
    made = []
    for number in range(_TEXTS):
        said = " ".join(random.choices(_WORDS, weights, k=random.randint(4, 14)))
        text = f"{said} {random.choice(_PHRASES)}" if random.random() < 0.5 else f"{said} {number}"
        made.append((text, words(text)))
    return made


Head = tuple[object, ...]


def _heads(
    heads: list[tuple[str, str]],
    count: int,
    inbox: str,
    owner: str,
    teams: list[str],
    each: int,
    random: Random,
    now: int,
) -> Iterator[Head]:
    """All but the youngest are over: of those 500 are open (as many wait in the queue)."""
    living = min(count, 2 * _OPEN)
    for place, (head, contact) in enumerate(heads):
        at = now - (count - place) * _SPAN_MS // count
        alive = place >= count - living
        status = ("open" if place % 2 else "queued") if alive else "resolved"
        yield (
            head, inbox, contact, status, at, at, each, each, None if status == "queued" else owner,
            random.choice(teams), at if alive else None, None if alive else at, None if alive else "solved",
            "order parcel broken", at,
        )  # fmt: skip


Row = tuple[int, str, str, int, int, str, str, str, str, int, str]


def _messages(
    heads: list[tuple[str, str]], each: int, owner: str, texts: list[tuple[str, str]], random: Random, now: int
) -> Iterator[Row]:
    """In order of their numbers; fifty conversations go on side by side."""
    number, count = 0, len(heads)
    for first in range(0, count, 50):
        group = heads[first : first + 50]
        for seq in range(1, each + 1):
            for place, (head, contact) in enumerate(group, first):
                number += 1
                by_visitor = seq % 2 == 1
                text, indexed = texts[random.randrange(_TEXTS)]
                at = now - (count - place) * _SPAN_MS // count + seq
                sender = contact if by_visitor else owner
                yield (
                    number, f"{number:026d}", head, seq, seq, "visitor" if by_visitor else "agent", sender,
                    random.randbytes(16).hex(), text, at, indexed,
                )  # fmt: skip


def made_of(data: Path) -> _Made:
    """What there is to ask about."""
    connection = sqlite3.connect(data / "monodesk.db")
    heads = [str(row[0]) for row in connection.execute("SELECT id FROM conversations")]
    living = connection.execute(
        "SELECT id, contact_id FROM conversations WHERE status = 'open' ORDER BY id LIMIT ?", (_OPEN,)
    ).fetchall()
    ((inbox,),) = connection.execute("SELECT DISTINCT inbox_id FROM conversations").fetchall()
    connection.close()
    return _Made(heads, [(str(head), str(contact)) for head, contact in living], str(inbox))


# --- over REST -----------------------------------------------------------------------------------------------------


def answers(data: Path, rounds: int) -> None:
    """Asks the real server over a copy; prints each question's figures."""
    made, random = made_of(data), Random(11)
    server = Appliance(data)
    server.start()
    try:
        with Desk(server.port) as desk:
            desk.sign_in()
            for name, path in _questions(made, random).items():
                _ask(desk, psutil.Process(server.pid), name, path, rounds)
    finally:
        server.stop()


def _questions(made: _Made, random: Random) -> dict[str, Callable[[], str]]:
    listing = "/api/v1/conversations?limit=50&view="
    return {
        "list, all that is worked on": lambda: f"{listing}all",
        "list, nobody's": lambda: f"{listing}unassigned",
        "list, mine": lambda: f"{listing}mine",
        "list, resolved": lambda: f"{listing}resolved",
        "open: head and marks": lambda: f"/api/v1/conversations/{random.choice(made.conversations)}",
        "open: end of its thread": lambda: f"/api/v1/conversations/{random.choice(made.conversations)}/messages",
        "search, a common word": lambda: f"/api/v1/search?q={_WORDS[random.randrange(3)]}",
        "search, a rarer word": lambda: f"/api/v1/search?q={_WORDS[-1 - random.randrange(10)]}",
        "search, two words": lambda: f"/api/v1/search?q={'+'.join(random.sample(_WORDS, 2))}",
        "search, Chinese": lambda: f"/api/v1/search?q={quote(random.choice(('退款', '发票', '异响', '自提')))}",
        "search, in no message": lambda: "/api/v1/search?q=zeppelin",
    }


def _ask(desk: Desk, server: psutil.Process, name: str, path: Callable[[], str], rounds: int) -> None:
    clock, cpu = [], []
    for _ in range(rounds):
        asked = path()
        before, began = cpu_seconds(server.pid), time.perf_counter()
        desk.ask("GET", asked)
        clock.append((time.perf_counter() - began) * 1_000)
        cpu.append((cpu_seconds(server.pid) - before) * 1_000)
    print(f"  {name}: {_spread(clock)}; CPU {_spread(cpu)}", flush=True)


def _spread(taken: list[float]) -> str:
    taken.sort()
    worst = taken[max(0, int(len(taken) * 0.99) - 1)]
    return f"{statistics.median(taken):.1f} ms, p99 {worst:.1f} ms, longest {taken[-1]:.1f} ms"


# --- what a message costs ------------------------------------------------------------------------------------------


class _Cost(Struct, frozen=True):
    """Of one message: CPU in microseconds, pages read."""

    cpu_us: float
    pages: float


async def costs(data: Path) -> _Cost:
    """Visitors write into open conversations, `_IN_FLIGHT` at once; the index follows."""
    made, random = made_of(data), Random(13)
    settings = Settings(data=data)
    async with Domain(data / "monodesk.db", settings, ManualClock(SystemClock().now_ms())) as domain:
        outbox = Outbox(domain.database, domain.clock, settings)
        outbox.handle(TOPIC, domain.index.update)

        async def round_of(count: int) -> None:
            for _ in range(count // _IN_FLIGHT):
                chosen = random.sample(made.open, _IN_FLIGHT)
                await asyncio.gather(*(_say(domain, made.inbox_id, *one, random) for one in chosen))
                await outbox.drain()

        await round_of(_MESSAGES_MEASURED // 4)  # what is asked for first is read once, whatever the size
        cpu, read = time.process_time(), _bytes_read()
        await round_of(_MESSAGES_MEASURED)
        count = _MESSAGES_MEASURED // _IN_FLIGHT * _IN_FLIGHT
        return _Cost(
            (time.process_time() - cpu) / count * 1e6, (_bytes_read() - read) / _PAGE_BYTES / count
        )  # fmt: skip


async def _say(domain: Domain, inbox: str, conversation: str, contact: str, random: Random) -> None:
    text = " ".join(random.choices(_WORDS, k=9))
    await domain.messages.accept(Visitor(contact, inbox), Send(random.randbytes(16).hex(), conversation, text))


def _bytes_read() -> int:
    for line in Path("/proc/self/io").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "rchar":
            return int(value)
    raise AssertionError("the kernel counts no bytes")


def copied(data: Path, folder: str) -> Path:
    """A copy that may be written to."""
    target = Path(folder) / data.name
    if not target.exists():
        shutil.copytree(data, target, ignore=shutil.ignore_patterns("run"))
    return target


def main() -> None:
    """Make, ask, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=200_000)
    parser.add_argument("--messages", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--folder", help="where copies lie while they are measured; default: the temporary folder")
    options = parser.parse_args()
    print(headline(options))
    large, small = filled(_Size(options.conversations, options.messages)), filled(_Size(*_SMALL))
    print(f"{(large / 'monodesk.db').stat().st_size / 2**30:.2f} GiB", flush=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        answers(copied(large, folder), options.rounds)
        few, many = (asyncio.run(costs(copied(data, folder))) for data in (small, large))
    print(f"  a message over 10,000: {few.cpu_us:.0f} µs of CPU, {few.pages:.2f} pages read")
    print(
        f"  a message over {options.messages:,}: {many.cpu_us:.0f} µs of CPU ({many.cpu_us / few.cpu_us:.2f} ×), "
        f"{many.pages:.2f} pages read ({many.pages / max(few.pages, 0.01):.2f} ×)"
    )


if __name__ == "__main__":
    main()
