"""Stored events are told again in order, and pruned without a number ever coming back."""

from collections.abc import Callable

import msgspec
import pytest

from app.model.conversations import Conversation, Kind, Message, Speaker, Status
from app.model.events import ContactChanged, ConversationChanged, MessageCreated, StoredEvent, TicketChanged
from app.model.people import Contact
from app.model.tickets import Priority, Ticket, Type
from app.model.tickets import Status as TicketStatus
from app.settings import Limits
from app.storage import events, source_cursors
from app.storage.database import Transaction
from app.storage.events import Span
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock
from tests.conftest import OpenDatabase

HEAD = Conversation("v", "i", "c", Status.OPEN, 1, 2, assignee_id="a", last_text="你好")
SAMPLES: tuple[StoredEvent, ...] = (
    MessageCreated(
        HEAD, Message("m", "v", 1, None, Kind.NOTE, Speaker("agent", "a", "周可"), "备注 😀", 3), None, "周可"
    ),
    ConversationChanged("conversation.resolved", HEAD, Speaker("system", "system"), was_team="t"),
    ContactChanged(Contact("c", 1, 0, 0, attributes={"city": "上海"})),
    TicketChanged(
        "ticket.updated",
        Ticket("t", 7, 2, "破损", "", TicketStatus.WAITING, Priority.HIGH, Type.PROBLEM, "c", "a", None, 9, "a", 1, 2),
        Speaker("agent", "a", "周可"),
        "old",
    ),
)


async def record(database: SqliteDatabase, count: int) -> None:
    def unit_of(number: int) -> StoredEvent:
        return SAMPLES[number % len(SAMPLES)]

    for number in range(count):
        await database.write(lambda tx: tx.record(unit_of(number)))  # noqa: B023 - awaited at once


async def test_every_kind_comes_back_as_it_was(database: SqliteDatabase) -> None:
    await record(database, len(SAMPLES))
    expected = tuple(msgspec.structs.replace(event, pos=pos) for pos, event in enumerate(SAMPLES, 1))
    assert await events.after(database, 0, 10, 100_000) == expected


async def test_pages_follow_one_another(database: SqliteDatabase) -> None:
    await record(database, 7)
    pages, pos = [], 0
    while page := await events.after(database, pos, 3, 100_000):
        pages.append([event.pos for event in page])
        pos = page[-1].pos
    assert pages == [[1, 2, 3], [4, 5, 6], [7]]


async def test_the_span_tells_who_can_still_be_told(database: SqliteDatabase, clock: ManualClock) -> None:
    assert await events.span(database) == Span(1, 0)
    await record(database, 5)
    assert await events.span(database) == Span(1, 5)
    assert await events.prune(database, Limits(events_kept=2), clock.now_ms()) == 3
    assert await events.span(database) == Span(4, 5)


@pytest.mark.parametrize(("hours", "kept"), [(23, 5), (24, 5), (25, 1), (1_000, 1)])
async def test_old_events_go_but_never_the_newest(
    database: SqliteDatabase, clock: ManualClock, hours: int, kept: int
) -> None:
    await record(database, 5)
    clock.advance(hours * 3_600)
    await events.prune(database, Limits(), clock.now_ms())
    assert await events.span(database) == Span(6 - kept, 5)


async def test_numbers_go_on_after_pruning_and_a_restart(open_database: OpenDatabase, clock: ManualClock) -> None:
    database = await open_database()
    await record(database, 5)
    clock.advance(100 * 3_600)
    await events.prune(database, Limits(), clock.now_ms())
    await database.close()
    database = await open_database()
    await record(database, 1)
    assert await events.latest(database) == 6
    await database.close()


async def test_pruning_goes_in_small_units(database: SqliteDatabase, clock: ManualClock) -> None:
    def fill(tx: Transaction) -> None:
        for _ in range(4_500):
            tx.record(SAMPLES[2])

    await database.write(fill)
    assert await events.prune(database, Limits(events_kept=1), clock.now_ms()) == 4_499
    assert await events.prune(database, Limits(events_kept=1), clock.now_ms()) == 0


async def test_what_a_source_has_not_heard_stays_for_a_week(database: SqliteDatabase, clock: ManualClock) -> None:
    await record(database, 10)

    def heard(pos: int | None) -> Callable[[Transaction], None]:
        return lambda tx: source_cursors.move(tx, "hook", b"{}", 0, pos)

    await database.write(heard(4))
    assert await events.prune(database, Limits(events_kept=1), clock.now_ms()) == 4
    clock.advance(47 * 3_600)
    assert await events.prune(database, Limits(), clock.now_ms()) == 0
    await database.write(heard(6))
    assert await events.prune(database, Limits(), clock.now_ms()) == 2
    clock.advance(8 * 24 * 3_600)
    assert await events.prune(database, Limits(), clock.now_ms()) == 3, "it has not listened for too long"
    await database.write(heard(None))
    assert await events.span(database) == Span(10, 10)
