"""Lists against a plain reading of what is stored: views, counts, unread, order, pages; and rows that come at once."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from app.model.conversations import Conversation, Status
from app.settings import Settings
from app.storage import conversations, mentions, watermarks
from app.storage.conversations import Counts, Place, Sight, View
from app.storage.database import Transaction
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock

Result = TypeVar("Result")
AGENTS, TEAMS = ("ann", "ben"), ("sales", "returns")
OVER = (Status.RESOLVED, Status.CLOSED)


class Line(Struct, frozen=True):
    """A conversation with who wrote its entries, how far Ann has read, and whether a note names her."""

    status: Status
    assignee: str | None
    team: str | None
    at: int
    speakers: tuple[str, ...]
    read: int
    named: bool


lines = st.lists(
    st.builds(
        Line,
        st.sampled_from(Status),
        st.sampled_from((None, *AGENTS)),
        st.sampled_from((None, *TEAMS)),
        st.integers(0, 3),
        st.lists(st.sampled_from(("visitor", "agent")), max_size=4).map(tuple),
        st.integers(0, 5),
        st.booleans(),
    ),
    min_size=4,
    max_size=12,
)
sights = st.sampled_from(
    (
        Sight("ann", everything=True),
        Sight("ann"),
        Sight("ann", teams=()),
        Sight("ann", teams=("sales",)),
        Sight("ann", teams=TEAMS),
    )
)


def in_database(migrated: Path, work: Callable[[SqliteDatabase], Awaitable[Result]]) -> Result:
    """What `work` makes of a fresh database."""

    async def run(path: Path) -> Result:
        database = await SqliteDatabase.open(path, Settings(), ManualClock(), lambda events: None)
        try:
            return await work(database)
        finally:
            await database.close()

    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        return runner.run(run(Path(shutil.copy(migrated, folder))))


def store(tx: Transaction, held: list[Line]) -> None:
    tx.execute("INSERT INTO inboxes (id, name, created_at) VALUES ('i', 'i', 0)")
    for name in AGENTS:
        tx.execute(
            "INSERT INTO agents (id, email, name, password, role, created_at) VALUES (:name, :name, :name, '', '', 0)",
            {"name": name},
        )
    for name in TEAMS:
        tx.execute("INSERT INTO teams (id, name) VALUES (:name, :name)", {"name": name})
    for number, line in enumerate(held):
        tx.execute(
            "INSERT INTO contacts (id, number, created_at, seen_at) VALUES (:id, :n, 0, 0)",
            {"id": f"p{number:02}", "n": number},
        )
        head = Conversation(
            f"c{number:02}", "i", f"p{number:02}", line.status, 0, line.at, staff_seq=len(line.speakers),
            assignee_id=line.assignee, team_id=line.team,
        )  # fmt: skip
        conversations.insert(tx, head)
        for place, kind in enumerate(line.speakers):
            tx.execute(
                "INSERT INTO messages (id, conversation_id, staff_seq, seq, kind, sender_kind, sender_id, text, at) "
                "VALUES (:id, :conv, :seq, :seq, 'message', :kind, 's', '', 0)",
                {"id": f"{head.id}{place}", "conv": head.id, "seq": place + 1, "kind": kind},
            )
        watermarks.raise_read(tx, head.id, "agent", "ann", line.read)
        for seq in (1, 2) if line.named else ():
            mentions.insert(tx, "ann", head.id, seq)
        mentions.insert(tx, "ben", head.id, 1)
        watermarks.raise_read(tx, head.id, "agent", "ben", 5)  # another's mark says nothing


def sees(sight: Sight, line: Line) -> bool:
    if sight.everything or line.assignee == sight.agent_id:
        return True
    return sight.teams is not None and (line.team is None or line.team in sight.teams)


def shows(view: View, line: Line) -> bool:
    if view is View.MENTIONED:
        return line.named
    if view is View.RESOLVED:
        return line.status in OVER
    if view is View.SNOOZED:
        return line.status is Status.SNOOZED
    mine = {View.MINE: line.assignee == "ann", View.UNASSIGNED: line.assignee is None, View.ALL: True}
    return line.status not in (*OVER, Status.SNOOZED) and mine[view]


async def pages(
    database: SqliteDatabase, sight: Sight, view: View, limit: int
) -> tuple[list[tuple[str, str, int]], set[Counts]]:
    """Every page of a view, one after the other, and the counts that came with them."""
    found: list[tuple[str, str, int]] = []
    counted: set[Counts] = set()
    before: Place | None = None
    while True:
        rows, counts = await conversations.listed(database, sight, view, before, limit)
        counted.add(counts)
        found += [(row.conversation.id, row.contact.id, row.unread) for row in rows]
        if len(rows) < limit:
            return found, counted
        before = Place(rows[-1].conversation.updated_at, rows[-1].conversation.id)


@given(lines, sights, st.integers(1, 5))
@settings(max_examples=25)
def test_every_page_of_a_list_is_what_a_plain_reading_gives(
    migrated: Path, held: list[Line], sight: Sight, limit: int
) -> None:
    async def all_views(database: SqliteDatabase) -> list[tuple[list[tuple[str, str, int]], set[Counts]]]:
        await database.write(lambda tx: store(tx, held))
        return [await pages(database, sight, view, limit) for view in View]

    seen = [(line, f"c{number:02}") for number, line in enumerate(held) if sees(sight, line)]
    unread = {name: line.speakers[line.read :].count("visitor") for line, name in seen}
    tallies = [sum(shows(one, line) for line, _ in seen) for one in (View.MINE, View.UNASSIGNED, View.ALL)]

    for view, (found, counted) in zip(View, in_database(migrated, all_views), strict=True):
        expected = sorted(((line.at, name) for line, name in seen if shows(view, line)), reverse=True)
        assert found == [(name, f"p{name[1:]}", unread[name]) for _, name in expected]
        assert counted == {Counts(*tallies)}


values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(codec="utf-8"), max_size=20),
)


@given(st.lists(st.tuples(values, values), min_size=1, max_size=8))
@settings(max_examples=25)
def test_rows_that_come_at_once_are_the_rows_one_by_one(
    migrated: Path, held: list[tuple[str | int | None, str | int | None]]
) -> None:
    async def both(database: SqliteDatabase) -> list[object]:
        def fill(tx: Transaction) -> None:
            tx.execute("CREATE TABLE held (place INTEGER, a, b)")
            for place, (a, b) in enumerate(held):
                tx.execute("INSERT INTO held VALUES (:place, :a, :b)", {"place": place, "a": a, "b": b})

        await database.write(fill)
        sql = "SELECT a, b FROM held WHERE place >= :from ORDER BY place DESC"
        told: list[object] = [await database.read(sql, {"from": 0}, many=many) for many in (False, True, True)]
        return [*told, await database.read(sql, {"from": len(held)}, many=True)]

    plain, first, again, nothing = in_database(migrated, both)
    assert plain == first == again == held[::-1]
    assert nothing == []


def test_no_statement_is_planned_by_the_value_of_its_limit() -> None:
    """Such a one is parsed anew at every run (`storage/database.py`): write `LIMIT 0 + :limit`."""
    rooms = Path(conversations.__file__).parent.parent
    assert [path.name for path in rooms.rglob("*.py") if re.search(r"LIMIT :\w", path.read_text())] == []
