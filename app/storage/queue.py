"""The queue: conversations that wait for an agent, and how much each agent has. Its SQL and nothing else."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from app.storage.database import Database, Transaction

# what an agent has: what is open with him, and what is put before him
_LOAD = (
    "SELECT (SELECT count(*) FROM conversations WHERE assignee_id = :agent AND status = 'open') + "
    "(SELECT count(*) FROM offers WHERE agent_id = :agent AND state = 'open')"
)
_LOADS = (
    "SELECT agent_id, sum(held) FROM ("
    "SELECT assignee_id AS agent_id, count(*) AS held FROM conversations WHERE status = 'open' "
    "AND assignee_id IS NOT NULL GROUP BY assignee_id UNION ALL "
    "SELECT agent_id, count(*) FROM offers WHERE state = 'open' GROUP BY agent_id) h GROUP BY agent_id"
)
# of those who are there, by the index of agents' conversations: as much as they hold, however many others do
_STANDING = (
    "SELECT a.id, a.assigned_at, "
    "(SELECT count(*) FROM conversations c WHERE c.assignee_id = a.id AND c.status = 'open') + "
    "(SELECT count(*) FROM offers o WHERE o.agent_id = a.id AND o.state = 'open') "
    "FROM json_each(:ids) i CROSS JOIN agents a ON a.id = i.value"
)
_ROW = (
    "SELECT c.id, c.inbox_id, c.contact_id, c.team_id, c.queue_place - c.priority * :boost, "
    "coalesce(c.waiting_since, c.created_at), p.language, "
    "(SELECT e.assignee_id FROM conversations e WHERE e.contact_id = c.contact_id AND e.id <> c.id "
    "AND e.assignee_id IS NOT NULL ORDER BY e.created_at DESC LIMIT 1), "
    "EXISTS (SELECT 1 FROM offers o WHERE o.conversation_id = c.id AND o.state = 'open') "
)
_WAITING = (
    f"{_ROW}FROM conversations c JOIN contacts p ON p.id = c.contact_id WHERE c.queue_place IS NOT NULL "
    "ORDER BY c.queue_place - c.priority * :boost, c.id LIMIT 0 + :limit"
)
_WAITING_OF = (
    f"{_ROW}FROM json_each(:ids) i CROSS JOIN conversations c ON c.id = i.value "
    "JOIN contacts p ON p.id = c.contact_id WHERE c.queue_place IS NOT NULL"
)
_LINE = (
    "SELECT c.id, c.contact_id, c.team_id, c.inbox_id, "
    "EXISTS (SELECT 1 FROM offers o WHERE o.conversation_id = c.id AND o.state = 'open'), "
    "EXISTS (SELECT 1 FROM long_waits w WHERE w.conversation_id = c.id "
    "AND w.since = coalesce(c.waiting_since, c.created_at)) "
    "FROM conversations c WHERE c.queue_place IS NOT NULL "
    "ORDER BY c.queue_place - c.priority * :boost, c.id LIMIT 0 + :limit"
)
_FRONT = (
    "UPDATE conversations SET queue_place = (SELECT coalesce(min(queue_place), :at) FROM conversations "
    "WHERE queue_place IS NOT NULL) - 1 WHERE id = :id"
)
_MOVE = "UPDATE conversations SET queue_place = :place WHERE id = :id AND queue_place IS NOT NULL"
_PLACE = "SELECT queue_place FROM conversations WHERE id = :id"
_UNANSWERED = (
    "SELECT id FROM conversations WHERE assignee_id = :agent AND status = 'open' AND waiting_since IS NOT NULL "
    "ORDER BY waiting_since DESC, id DESC LIMIT 0 + :limit"
)
_HOLDERS = (
    "SELECT DISTINCT assignee_id FROM conversations WHERE status = 'open' AND assignee_id IS NOT NULL "
    "AND waiting_since IS NOT NULL"
)
_LEFT = (
    "INSERT INTO overflows (conversation_id, team_id, at) VALUES (:id, :team, :at) "
    "ON CONFLICT (conversation_id, team_id) DO NOTHING"
)
_WAS_THERE = "SELECT 1 FROM overflows WHERE conversation_id = :id AND team_id = :team"
_OVERFLOWED = (
    "SELECT v.conversation_id, v.team_id FROM overflows v JOIN conversations c ON c.id = v.conversation_id "
    "WHERE c.queue_place IS NOT NULL"
)
_OVERFLOWED_OF = (
    "SELECT v.conversation_id, v.team_id FROM json_each(:ids) i CROSS JOIN overflows v ON v.conversation_id = i.value"
)
# How long an agent's place was taken by what was resolved lately: from when routing put it before the one who took it,
# else from the first line that says that somebody joined. And how long from the first one asked to the one who took it.
_SERVED = (
    "SELECT c.team_id, c.resolved_at - coalesce((SELECT min(o.made_at) FROM offers o WHERE o.conversation_id = c.id "
    "AND o.state = 'accepted' AND o.kind <> 'transfer'), "
    "(SELECT min(m.at) FROM messages m WHERE m.conversation_id = c.id "
    "AND m.kind = 'notice' AND m.data LIKE '%\"joined\"%')), "
    "coalesce((SELECT min(o.ended_at) FROM offers o WHERE o.conversation_id = c.id AND o.state = 'accepted' "
    "AND o.kind <> 'transfer') - (SELECT min(o.made_at) FROM offers o WHERE o.conversation_id = c.id), 0) "
    "FROM conversations c "
    "WHERE c.status = 'resolved' AND c.updated_at > :since AND c.resolved_at > :since AND c.assignee_id IS NOT NULL "
    "ORDER BY c.updated_at DESC LIMIT 0 + :limit"
)


class Standing(Struct, frozen=True, gc=False):
    """An agent as routing sees him: how many he has (as `load`), and when it last gave him one, ms UTC, 0: never."""

    load: int
    assigned_at: int


class InLine(Struct, frozen=True, gc=False):
    """A row of the queue as its visitor sees it; `offered`: it is before somebody now; `overdue`: it waits too long."""

    id: str
    contact_id: str
    team_id: str | None
    inbox_id: str
    offered: bool
    overdue: bool


class Served(Struct, frozen=True, gc=False):
    """One that ended: for how long (ms) it took an agent's place, and how long asking for one took before."""

    team_id: str | None
    took_ms: int
    asked_ms: int


class Waiting(Struct, frozen=True, gc=False):
    """A row of the queue: `place` orders it, priority taken in; `since` its visitor waits; both in ms UTC.

    `sticky_id` spoke with this visitor the last time; `offered` says that it is before somebody now.
    """

    id: str
    inbox_id: str
    contact_id: str
    team_id: str | None
    place: int
    since: int
    language: str
    sticky_id: str | None
    offered: bool


def load(tx: Transaction, agent_id: str) -> int:
    """How many conversations an agent has: open ones, and those before him."""
    return int(str(tx.execute(_LOAD, {"agent": agent_id})[0][0]))


def to_front(tx: Transaction, conversation_id: str, at: int) -> None:
    """A queued conversation goes before all others."""
    tx.execute(_FRONT, {"id": conversation_id, "at": at})


def move(tx: Transaction, conversation_id: str, place: int) -> None:
    """A queued conversation stands at `place` (ms UTC)."""
    tx.execute(_MOVE, {"id": conversation_id, "place": place})


def place(tx: Transaction, conversation_id: str) -> int | None:
    """Where it stands, ms UTC; None where it is not queued."""
    rows = tx.execute(_PLACE, {"id": conversation_id})
    value = rows[0][0] if rows else None
    return value if isinstance(value, int) else None


def unanswered(tx: Transaction, agent_id: str, limit: int) -> list[str]:
    """Ids of an agent's open conversations whose visitors wait, the shortest wait first."""
    return [str(row[0]) for row in tx.execute(_UNANSWERED, {"agent": agent_id, "limit": limit})]


def left(tx: Transaction, conversation_id: str, team_id: str, at: int) -> None:
    """It has left this team because nobody there took it."""
    tx.execute(_LEFT, {"id": conversation_id, "team": team_id, "at": at})


def was_there(tx: Transaction, conversation_id: str, team_id: str) -> bool:
    """Whether it has left this team already."""
    return bool(tx.execute(_WAS_THERE, {"id": conversation_id, "team": team_id}))


async def waiting(database: Database, boost_ms: int, limit: int) -> list[Waiting]:
    """The queue in its order; each step of priority is worth `boost_ms`."""
    rows: list[Any] = await database.read(_WAITING, {"boost": boost_ms, "limit": limit}, many=True)
    return [_waiting(row) for row in rows]


async def waiting_of(database: Database, ids: Iterable[str], boost_ms: int) -> list[Waiting]:
    """Those of `ids` that wait, in no order."""
    rows: list[Any] = await database.read(_WAITING_OF, {"boost": boost_ms, "ids": _listed(ids)}, many=True)
    return [_waiting(row) for row in rows]


async def line(database: Database, boost_ms: int, limit: int) -> list[InLine]:
    """All that waits, in the queue's order."""
    rows: list[Any] = await database.read(_LINE, {"boost": boost_ms, "limit": limit}, many=True)
    return [InLine(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5])) for row in rows]


async def loads(database: Database) -> dict[str, int]:
    """As `load`, of every agent who has any."""
    return {str(row[0]): int(str(row[1])) for row in await database.read(_LOADS)}


async def standing(database: Database, agent_ids: Iterable[str]) -> dict[str, Standing]:
    """How these agents stand."""
    rows: list[Any] = await database.read(_STANDING, {"ids": _listed(agent_ids)}, many=True)
    return {row[0]: Standing(row[2], row[1]) for row in rows}


async def holders(database: Database) -> set[str]:
    """Agents with whom somebody waits for an answer."""
    return {str(row[0]) for row in await database.read(_HOLDERS)}


async def overflowed(database: Database, ids: Iterable[str] | None = None) -> dict[str, set[str]]:
    """The teams that queued conversations have left already: of all, or of `ids`."""
    rows = await (database.read(_OVERFLOWED) if ids is None else database.read(_OVERFLOWED_OF, {"ids": _listed(ids)}))
    found: dict[str, set[str]] = {}
    for conversation_id, team_id in rows:
        found.setdefault(str(conversation_id), set()).add(str(team_id))
    return found


async def served(database: Database, since: int, limit: int) -> list[Served]:
    """Conversations that ended after `since` (ms UTC), the last first."""
    rows: list[Any] = await database.read(_SERVED, {"since": since, "limit": limit})
    return [Served(row[0], row[1], row[2]) for row in rows if row[1] is not None]


def _waiting(row: Any) -> Waiting:
    return Waiting(row[0], row[1], row[2], row[3], row[4], row[5], _language(row[6]), row[7], bool(row[8]))


def _listed(ids: Iterable[str]) -> str:
    return msgspec.json.encode(tuple(ids)).decode()


def _language(tag: str) -> str:
    """The language alone: `zh` of `zh-CN`."""
    return tag.replace("_", "-").partition("-")[0].lower()
