"""The filled folder: alive, exact from its seed number, and as sound as if it had all been said to the real domain."""

import asyncio
import shutil
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.accounts.hours import Opening, opening
from app.demo.seed import INBOX_ID, seed
from app.files.transfer import Files
from app.model.canned import Scope, unknown_variables
from app.model.ids import Ids
from app.model.principals import Visitor
from app.settings import Limits, Settings
from app.storage import agents, canned, inboxes, tickets
from app.storage.conversations import Sight
from app.storage.sqlite import SqliteDatabase
from app.storage.tickets import Filter, Sort
from tests.clock import ManualClock

NOW = 1_764_120_000_000  # a Wednesday, 2025-11-26T01:20Z
DAY_MS = 86_400_000
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """A folder that was filled once, to be copied or read."""
    folder = tmp_path_factory.mktemp("filled")
    with asyncio.Runner() as runner:
        runner.run(_fill(migrated, folder, 7))
    return folder


@pytest.fixture
def database_path(filled: Path, tmp_path: Path) -> Path:
    """What `database` opens: a filled one of one's own."""
    return Path(shutil.copy(filled / "monodesk.db", tmp_path / "monodesk.db"))


@pytest.fixture
def files(filled: Path) -> Path:
    return filled / "files"


async def _fill(migrated: Path, folder: Path, seed_number: int) -> None:
    (folder / "files").mkdir(parents=True)
    path = Path(shutil.copy(migrated, folder / "monodesk.db"))
    database = await SqliteDatabase.open(path, Settings(data=folder), ManualClock(), lambda events: None)
    assert await seed(database, folder / "files", seed_number, NOW)
    await database.close()


async def _rows(database: SqliteDatabase, sql: str) -> Rows:
    return [tuple(row) for row in await database.read(sql)]


async def test_it_looks_alive(database: SqliteDatabase) -> None:
    heads = await _rows(database, "SELECT status, updated_at, waiting_since FROM conversations")
    assert len(heads) >= 300
    assert sum(NOW - at < DAY_MS // 24 for status, at, _ in heads if status == "queued") >= 5
    assert sum(waiting is not None for status, _, waiting in heads if status == "open") >= 8
    assert sum(waiting is None for status, _, waiting in heads if status == "open") >= 5  # for the customer
    assert all(NOW - 67 * DAY_MS < at < NOW for _, at, _ in heads)


async def test_three_agents_two_teams_and_the_demo_inbox(database: SqliteDatabase) -> None:
    staff = await agents.all_of_them(database)
    assert [(agent.name, agent.role) for agent in staff] == [
        ("周可", "owner"),
        ("Hannah Reed", "agent"),
        ("陈默", "agent"),
    ]
    assert len(await agents.teams(database)) == 2
    (inbox,) = await inboxes.all_of_them(database)
    assert inbox.id == INBOX_ID
    assert opening(inbox.widget.hours, NOW) == Opening(open=True), "at whatever hour, in whatever zone it is tried"
    assert len(INBOX_ID) == 26
    assert await _rows(database, "SELECT DISTINCT password FROM agents") == [("",)]


async def test_every_thread_is_counted_without_a_hole(database: SqliteDatabase) -> None:
    threads: dict[str, Rows] = defaultdict(list)
    for row in await _rows(
        database,
        "SELECT conversation_id, staff_seq, seq, kind, sender_kind, text, at FROM messages ORDER BY number",
    ):
        threads[row[0]].append(row[1:])
    heads = await _rows(
        database,
        "SELECT id, staff_seq, seq, last_text, last_kind, last_note, last_at, created_at, status, waiting_since, "
        "assignee_id, visitor_read, staff_read FROM conversations",
    )
    assert len(heads) == len(threads)
    for head, staff_seq, seq, text, kind, note, last_at, created_at, *rest in heads:
        entries = threads[head]
        visible = [entry for entry in entries if entry[1] is not None]
        assert [entry[0] for entry in entries] == list(range(1, staff_seq + 1))
        assert [entry[1] for entry in visible] == list(range(1, seq + 1))
        assert {entry[2] for entry in visible} <= {"message", "notice"}
        spoken = [entry for entry in entries if entry[2] in ("message", "note")]
        assert (text == spoken[-1][4] or not spoken[-1][4]) and kind == spoken[-1][3]
        assert bool(note) == (spoken[-1][2] == "note") and last_at == spoken[-1][5]
        assert entries[0][5] == created_at
        _status_fits(entries, rest[0], rest[1], rest[2])
        assert max(rest[3], rest[4]) <= seq


def _status_fits(entries: Rows, status: str, waiting_since: int | None, assignee: str | None) -> None:
    ours = [entry for entry in entries if entry[3] == "agent" and entry[2] == "message"]
    since_ours = entries[entries.index(ours[-1]) + 1 :] if ours else entries
    unanswered = [entry[5] for entry in since_ours if entry[3] == "visitor"]
    if status == "resolved":
        assert waiting_since is None
    else:
        assert waiting_since == (unanswered[0] if unanswered else None)
    assert (assignee is not None) == bool(ours)
    assert (status == "queued") == (not ours and status != "resolved")


async def test_numbers_grow_with_time(database: SqliteDatabase) -> None:
    times = [row[0] for row in await _rows(database, "SELECT at FROM messages ORDER BY number")]
    assert times == sorted(times)


async def test_no_two_conversations_look_alike(database: SqliteDatabase) -> None:
    threads: dict[str, list[str]] = defaultdict(list)
    for conversation, text in await _rows(database, "SELECT conversation_id, text FROM messages ORDER BY number"):
        threads[conversation].append(text)
    assert len({tuple(texts) for texts in threads.values()}) == len(threads)
    lines = Counter(row[0] for row in await _rows(database, "SELECT last_text FROM conversations"))
    assert max(lines.values()) <= 5


async def test_no_brace_and_no_stranger_is_left(database: SqliteDatabase) -> None:
    texts = [row[0] for row in await _rows(database, "SELECT text FROM messages UNION SELECT url FROM visits")]
    assert not [text for text in texts if "{" in text or "}" in text]
    assert (
        await _rows(database, "SELECT email FROM contacts WHERE email <> '' AND email NOT LIKE '%@example.com'") == []
    )


async def test_people_came_before_they_spoke(database: SqliteDatabase) -> None:
    late = await _rows(
        database,
        "SELECT c.id FROM conversations c JOIN contacts p ON p.id = c.contact_id "
        "WHERE p.created_at > c.created_at OR p.seen_at < c.last_at",
    )
    assert late == []
    numbers = [row[0] for row in await _rows(database, "SELECT number FROM contacts ORDER BY created_at")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert (await _rows(database, "SELECT count(*) FROM contacts"))[0][0] < len(
        await _rows(database, "SELECT id FROM conversations")
    )  # some came back


async def test_every_file_can_be_read_by_its_customer(
    database: SqliteDatabase, files: Path, ids: Ids, clock: ManualClock
) -> None:
    rows = await _rows(
        database,
        "SELECT f.id, f.size, f.type, f.visible, c.contact_id, f.conversation_id FROM files f "
        "JOIN conversations c ON c.id = f.conversation_id",
    )
    heads = {"image/png": b"\x89PNG", "application/pdf": b"%PDF"}
    transfer = Files(database, ids, clock, files, Limits())
    assert len(rows) >= 30 and all(row[3] for row in rows)
    for file_id, size, kind, _, contact, _ in rows:
        grant = await transfer.grant(Visitor(contact, INBOX_ID), file_id)
        body = Path(grant.path).read_bytes()
        assert len(body) == size == grant.size and body.startswith(heads[kind])
    assert sum(path.is_file() for path in files.rglob("*")) == len(rows)
    carried: dict[str, str] = dict(
        await _rows(database, "SELECT attachments, conversation_id FROM messages WHERE attachments <> '[]'")
    )
    assert all(any(row[0] in sent and at == row[5] for sent, at in carried.items()) for row in rows)


async def test_search_is_told_of_every_text(database: SqliteDatabase) -> None:
    told = {row[0].decode() for row in await _rows(database, "SELECT payload FROM outbox WHERE topic = 'search'")}
    written = {row[0] for row in await _rows(database, "SELECT id FROM messages WHERE text <> ''")}
    assert told == written


async def test_the_same_seed_gives_the_same_shop(tmp_path: Path, migrated: Path) -> None:
    dumps = [await _dump(migrated, tmp_path / name, number) for name, number in (("a", 7), ("b", 7), ("c", 8))]
    assert dumps[0] == dumps[1]
    assert dumps[0] != dumps[2]


async def _dump(migrated: Path, folder: Path, seed_number: int) -> list[Rows]:
    """Every row of a database filled from this number, and what lies beside it."""
    await _fill(migrated, folder, seed_number)
    tables = ("agents", "teams", "inboxes", "contacts", "visits", "conversations", "messages", "files", "watermarks")
    with closing(sqlite3.connect(folder / "monodesk.db")) as connection:
        rows = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
    return [*rows, sorted((file.name, file.read_bytes()) for file in (folder / "files").rglob("*") if file.is_file())]


async def test_a_filled_folder_is_left_alone(database: SqliteDatabase, files: Path) -> None:
    before = await _rows(database, "SELECT count(*) FROM messages")
    assert not await seed(database, files, 9, NOW)
    assert await _rows(database, "SELECT count(*) FROM messages") == before


async def test_canned_replies_stand_ready_in_both_languages(database: SqliteDatabase) -> None:
    ((own,),) = await _rows(database, "SELECT DISTINCT owner_id FROM canned_replies WHERE scope = 'me'")
    found = await canned.of_agent(database, str(own))
    assert len(found) >= 12 and {reply.scope for reply in found} == set(Scope)
    assert all(reply.text_en and reply.text_zh for reply in found)
    assert [unknown_variables(reply.text_en + reply.text_zh) for reply in found] == [[]] * len(found)
    assert {len(reply.text_en) <= 4_000 for reply in found} == {True}


async def test_tickets_come_out_of_conversations_and_are_found(database: SqliteDatabase) -> None:
    rows = await _rows(
        database,
        "SELECT t.number, t.created_at, t.updated_at, c.created_at, t.entries, t.contact_id = c.contact_id "
        "FROM tickets t "
        "JOIN ticket_conversations l ON l.ticket_id = t.id JOIN conversations c ON c.id = l.conversation_id "
        "ORDER BY t.number",
    )
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1)) and len(rows) >= 10
    made = [int(row[1] or 0) for row in rows]
    assert made == sorted(made)
    for number, _, updated, began, entries, same in rows:
        assert same and int(updated or 0) <= NOW and int(began or 0) <= int(updated or 0), number
        ((lines,),) = await _rows(
            database,
            f"SELECT count(*) FROM ticket_entries e JOIN tickets t ON t.id = e.ticket_id WHERE t.number = {number}",
        )
        assert lines == entries
    everybody = Sight("", everything=True)
    for word in ("发票", "cracked", "SO-20991"):
        assert await tickets.listed(database, everybody, Filter(text=word), Sort.UPDATED, None, 9), word
