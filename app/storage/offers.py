"""Offers: their SQL and nothing else."""

from collections.abc import Iterable
from typing import Any

import msgspec

from app.model.routing import Offer, OfferKind, OfferState, Why
from app.storage.database import Database, Transaction

_NAMES = (
    "id", "conversation_id", "agent_id", "kind", "state", "made_at", "deadline_at", "why", "number", "from_id", "note",
    "ended_at", "answer",
)  # fmt: skip
_SHOWN = (
    "coalesce((SELECT c.contact_id FROM conversations c WHERE c.id = o.conversation_id), ''), "
    "coalesce((SELECT p.name FROM conversations c JOIN contacts p ON p.id = c.contact_id "
    "WHERE c.id = o.conversation_id), ''), "
    "coalesce((SELECT c.last_text FROM conversations c WHERE c.id = o.conversation_id), '')"
)
_COLUMNS = f"{', '.join(f'o.{name}' for name in _NAMES)}, {_SHOWN}"
_VALUES = ", ".join(
    "(SELECT count(*) + 1 FROM offers WHERE conversation_id = :conversation_id)" if name == "number" else f":{name}"
    for name in _NAMES
)
_INSERT = f"INSERT INTO offers ({', '.join(_NAMES)}) VALUES ({_VALUES})"
_END = (
    "UPDATE offers SET state = :state, ended_at = :at, answer = :answer WHERE id = :id AND state = 'open' RETURNING 1"
)
_BY_ID = f"SELECT {_COLUMNS} FROM offers o WHERE o.id = :id"
_OPEN = f"SELECT {_COLUMNS} FROM offers o WHERE o.state = 'open' ORDER BY o.made_at, o.id"
_OPEN_OF = f"SELECT {_COLUMNS} FROM offers o WHERE o.conversation_id = :id AND o.state = 'open'"
_OPEN_OF_AGENT = (
    f"SELECT {_COLUMNS} FROM offers o WHERE o.agent_id = :id AND o.state = 'open' UNION "
    f"SELECT {_COLUMNS} FROM offers o WHERE o.from_id = :id AND o.state = 'open' ORDER BY 6, 1"
)
_LAST_STATES = (
    "SELECT state FROM offers WHERE agent_id = :agent AND kind = 'offer' AND state <> 'open' AND made_at >= :since "
    "ORDER BY made_at DESC, id DESC LIMIT 0 + :limit"
)
_WHY = (
    f"SELECT {_COLUMNS} FROM offers o WHERE o.conversation_id = :id AND o.agent_id = :agent AND o.state = 'accepted' "
    "ORDER BY o.made_at DESC, o.id DESC LIMIT 1"
)
_RESTING = (
    "SELECT o.conversation_id, o.agent_id, max(o.ended_at) FROM conversations c "
    "JOIN offers o ON o.conversation_id = c.id WHERE c.queue_place IS NOT NULL "
    "AND o.state IN ('refused', 'expired') AND o.ended_at > :since GROUP BY o.conversation_id, o.agent_id"
)
_RESTING_OF = (
    "SELECT o.conversation_id, o.agent_id, max(o.ended_at) FROM json_each(:ids) i "
    "CROSS JOIN offers o ON o.conversation_id = i.value "
    "WHERE o.state IN ('refused', 'expired') AND o.ended_at > :since GROUP BY o.conversation_id, o.agent_id"
)
_why = msgspec.json.Decoder(Why)


def insert(tx: Transaction, offer: Offer) -> Offer:
    """Store a new one under the next number of its conversation; returns it as it is shown."""
    tx.execute(
        _INSERT,
        {
            "id": offer.id,
            "conversation_id": offer.conversation_id,
            "agent_id": offer.agent_id,
            "kind": offer.kind.value,
            "state": offer.state.value,
            "made_at": offer.made_at,
            "deadline_at": offer.deadline_at,
            "why": msgspec.json.encode(offer.why).decode(),
            "from_id": offer.from_id,
            "note": offer.note,
            "ended_at": offer.ended_at,
            "answer": offer.answer,
        },
    )
    stored = by_id(tx, offer.id)
    assert stored is not None  # just now
    return stored


def end(tx: Transaction, offer_id: str, state: OfferState, at: int, answer: str = "") -> bool:
    """End an open one; False where it was over."""
    return bool(tx.execute(_END, {"id": offer_id, "state": state.value, "at": at, "answer": answer}))


def by_id(tx: Transaction, offer_id: str) -> Offer | None:
    """One, whatever became of it."""
    rows = tx.execute(_BY_ID, {"id": offer_id})
    return _offer(rows[0]) if rows else None


def open_of(tx: Transaction, conversation_id: str) -> Offer | None:
    """The open one of a conversation."""
    rows = tx.execute(_OPEN_OF, {"id": conversation_id})
    return _offer(rows[0]) if rows else None


def open_of_agent(tx: Transaction, agent_id: str) -> tuple[Offer, ...]:
    """What is before an agent, and what he put before colleagues, oldest first."""
    return tuple(_offer(row) for row in tx.execute(_OPEN_OF_AGENT, {"id": agent_id}))


def passed(tx: Transaction, agent_id: str, since: int, limit: int) -> int:
    """How many of the last offers that ended in a row, made after `since` (ms UTC), he let pass; at most `limit`."""
    count = 0
    for (state,) in tx.execute(_LAST_STATES, {"agent": agent_id, "since": since, "limit": limit}):
        if state != OfferState.EXPIRED.value:
            break
        count += 1
    return count


async def open_ones(database: Database) -> list[Offer]:
    """Every open one, oldest first."""
    return [_offer(row) for row in await database.read(_OPEN)]


async def why(database: Database, conversation_id: str, agent_id: str) -> Offer | None:
    """By which one an agent has a conversation; None where he took it himself."""
    rows = await database.read(_WHY, {"id": conversation_id, "agent": agent_id})
    return _offer(rows[0]) if rows else None


async def resting(database: Database, since: int, ids: Iterable[str] | None = None) -> dict[str, dict[str, int]]:
    """For queued conversations, all or `ids`: who said no, or nothing, after `since`, and when (ms UTC)."""
    named = {} if ids is None else {"ids": msgspec.json.encode(tuple(ids)).decode()}
    rows: list[Any] = await database.read(_RESTING if ids is None else _RESTING_OF, {"since": since, **named})
    found: dict[str, dict[str, int]] = {}
    for conversation_id, agent_id, at in rows:
        found.setdefault(conversation_id, {})[agent_id] = at
    return found


def _offer(row: Any) -> Offer:
    values = list(row)
    values[3], values[4], values[7] = OfferKind(values[3]), OfferState(values[4]), _why.decode(values[7])
    return Offer(*values)
