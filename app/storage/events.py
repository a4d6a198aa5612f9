"""Stored events: what a client that was away is told again. Kept for a time, then dropped."""

from typing import Final

import msgspec
from msgspec import Struct

from app.model.events import StoredEvent
from app.settings import Limits
from app.storage.database import Database, Row, Transaction

INSERT: Final = "INSERT INTO events (pos, at, body, trace) VALUES (?, ?, ?, ?)"  # the writer's, many rows at a time
LATEST: Final = "SELECT coalesce(max(pos), 0) FROM events"
_PRUNE_ROWS_MAX: Final = 2_000
_HOUR_MS: Final = 3_600_000
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StoredEvent)


class Span(Struct, frozen=True, gc=False):
    """The positions that are kept: `first` to `last`; 1 and 0 before the first event."""

    first: int
    last: int


class Written(Struct, frozen=True, gc=False):
    """An event with when it was stored (ms UTC), and the trace that it belongs to, empty for none."""

    event: StoredEvent
    at: int
    trace: str


def row(event: StoredEvent, at: int, trace: str) -> Row:
    """The parameters of `INSERT` for an event that has its `pos`; `at` in milliseconds UTC."""
    return event.pos, at, _encoder.encode(event).decode(), trace


async def after(database: Database, pos: int, limit: int, characters_max: int) -> tuple[StoredEvent, ...]:
    """At most `limit` events that follow `pos`, in order, as long together as allowed, but at least one if there is."""
    return tuple(one.event for one in await written(database, pos, limit, characters_max))


async def written(database: Database, pos: int, limit: int, characters_max: int) -> list[Written]:
    """The same with what else is known of each."""
    rows = await database.read(
        "SELECT body, at, trace FROM events WHERE pos > :pos ORDER BY pos LIMIT 0 + :limit",
        {"pos": pos, "limit": limit},
    )
    told: list[Written] = []
    room = characters_max
    for body, at, trace in rows:
        text = str(body)
        room -= len(text)
        if room < 0 and told:
            break
        told.append(Written(_decoder.decode(text), int(at or 0), str(trace)))
    return told


async def span(database: Database) -> Span:
    """What is kept now. A client at `first` - 1 or later can be told everything it missed."""
    rows = await database.read("SELECT coalesce(min(pos), 1), coalesce(max(pos), 0) FROM events")
    first, last = rows[0]
    return Span(int(first or 0), int(last or 0))


async def latest(database: Database) -> int:
    """The position of the newest event, 0 before the first."""
    rows = await database.read(LATEST)
    return int(rows[0][0] or 0)


async def latest_at(database: Database) -> int | None:
    """What the wall clock said when the newest event was stored, milliseconds UTC; None before the first."""
    rows = await database.read("SELECT at FROM events ORDER BY pos DESC LIMIT 1")
    return int(rows[0][0] or 0) if rows else None


async def prune(database: Database, limits: Limits, now_ms: int) -> int:
    """Drop what is older than `events_kept_hours` or beyond `events_kept`; the number of events dropped.

    The newest stays in any case, because numbering goes on from it; so does what a source has not heard yet, for
    `source_events_hours` at most. In small units, so that messages get in between.
    """
    last = await latest(database)
    upto = min(max(await _before(database, now_ms, limits.events_kept_hours), last - limits.events_kept), last - 1)
    rows = await database.read("SELECT min(heard) FROM source_cursors")
    if rows[0][0] is not None and int(rows[0][0]) < upto:
        upto = max(int(rows[0][0]), min(upto, await _before(database, now_ms, limits.source_events_hours)))
    dropped = 0
    while removed := await database.write(lambda transaction: _drop(transaction, upto)):
        dropped += removed
    return dropped


async def _before(database: Database, now_ms: int, hours: int) -> int:
    """The position of the newest event that is older; 0 for none."""
    since = now_ms - hours * _HOUR_MS
    rows = await database.read("SELECT max(pos) FROM events WHERE at < :since", {"since": since})
    return int(rows[0][0] or 0)


def _drop(transaction: Transaction, upto: int) -> int:
    return len(
        transaction.execute(
            "DELETE FROM events WHERE pos IN (SELECT pos FROM events WHERE pos <= :upto ORDER BY pos LIMIT 0 + :rows)"
            " RETURNING pos",
            {"upto": upto, "rows": _PRUNE_ROWS_MAX},
        )
    )
