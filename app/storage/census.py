"""Counts for `monodesk status`, by few steps into an index: nobody waits for them."""

from msgspec import Struct

from app.storage.database import Database

_COUNTED_MAX = 100_000  # rows that are looked at one by one


class Waiting(Struct, frozen=True):
    """Conversations that nobody has taken, and those whose visitor waits for an answer."""

    unassigned: int
    unanswered: int


async def waiting(database: Database) -> Waiting:
    """As it is now."""
    rows = await database.read(
        "SELECT count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE waiting_since IS NOT NULL)"
        " FROM conversations WHERE status IN ('bot', 'queued', 'open', 'waiting', 'snoozed', 'offline')"
    )
    unassigned, unanswered = rows[0]
    return Waiting(int(str(unassigned)), int(str(unanswered)))


async def messages_since(database: Database, at: int) -> int:
    """Messages and notes since then (milliseconds UTC).

    Their numbers grow with time, so the first of them is found by halving. Where more than 100,000 entries have come,
    those that the appliance has written itself are not told apart.
    """
    newest = await _number(database, "SELECT coalesce(max(number), 0) FROM messages", 0)
    first, last = 1, newest + 1
    while first < last:
        middle = (first + last) // 2
        found = await database.read(
            "SELECT at FROM messages WHERE number >= :number ORDER BY number LIMIT 1", {"number": middle}
        )
        if found and int(str(found[0][0])) < at:
            first = middle + 1
        else:
            last = middle
    if newest - first >= _COUNTED_MAX:
        return newest - first + 1
    spoken = "SELECT count(*) FROM messages WHERE number >= :number AND kind IN ('message', 'note')"
    return await _number(database, spoken, first)


async def _number(database: Database, sql: str, number: int) -> int:
    rows = await database.read(sql, {"number": number} if ":number" in sql else {})
    return int(str(rows[0][0]))
