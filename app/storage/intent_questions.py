"""Visitors' first questions, and what they suggest: the SQL of the review list and nothing else."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from app.storage.database import Database, Row, Transaction, Value

_QUESTION = (
    "conversation_id", "message_id", "at", "text", "language", "inbox_id", "said", "tier", "outcome", "confidence",
)  # fmt: skip
_ASKED = (
    f"INSERT INTO intent_questions ({', '.join(_QUESTION)}) VALUES ({', '.join(f':{name}' for name in _QUESTION)}) "
    "ON CONFLICT (conversation_id) DO NOTHING"
)
_OPEN = (
    "SELECT q.conversation_id, q.message_id, q.at, q.text, q.language, q.inbox_id, q.said, q.tier, q.outcome, "
    "q.confidence, coalesce(c.status, ''), coalesce((SELECT l.intent FROM intent_corrections l "
    "WHERE l.conversation_id = q.conversation_id AND l.intent <> '' ORDER BY l.id DESC LIMIT 1), t.chosen, '') "
    "FROM intent_questions q LEFT JOIN conversations c ON c.id = q.conversation_id "
    "LEFT JOIN bot_turns t ON t.message_id = q.message_id "
    "WHERE q.reviewed = 0 ORDER BY q.at DESC LIMIT 0 + :limit"
)
_REVIEWED = (
    "UPDATE intent_questions SET reviewed = 1 WHERE conversation_id IN (SELECT value FROM json_each(:conversations))"
)
_TRIM = (
    "DELETE FROM intent_questions WHERE conversation_id IN "
    "(SELECT conversation_id FROM intent_questions WHERE at < :before OR at < (SELECT at FROM intent_questions "
    "ORDER BY at DESC LIMIT 1 OFFSET 0 + :kept) LIMIT 0 + :limit)"
)
_SUGGESTION = (
    "id", "at", "kind", "intent", "texts", "conversations", "language", "why", "state", "decided_at", "agent_id",
)  # fmt: skip
_SUGGESTED = ", ".join(_SUGGESTION)
_SUGGESTION_OF_ID = f"SELECT {_SUGGESTED} FROM intent_suggestions WHERE id = :id"
_SUGGEST = f"INSERT INTO intent_suggestions ({_SUGGESTED}) VALUES ({', '.join(f':{name}' for name in _SUGGESTION)})"
_PAGE = (
    f"SELECT {_SUGGESTED} FROM intent_suggestions WHERE state = :state AND (:kind = '' OR kind = :kind) "
    "AND (:before = '' OR id < :before) ORDER BY id DESC LIMIT 0 + :limit"
)
_DECIDE = (
    "UPDATE intent_suggestions SET state = :state, decided_at = :at, agent_id = :agent WHERE id = :id "
    "AND state = 'open' RETURNING id"
)
_texts = msgspec.json.Decoder(tuple[str, ...])


class FirstQuestion(Struct, frozen=True, gc=False):
    """A conversation's first question and what the engine said of it; `at` in ms UTC.

    `status` is that of the conversation now, `labelled` the intent that an agent gave it, or its
    visitor chose out of what was offered, both empty for none.
    """

    conversation_id: str
    message_id: str
    at: int
    text: str
    language: str
    inbox_id: str
    said: str
    tier: str
    outcome: str
    confidence: float
    status: str = ""
    labelled: str = ""


class Suggestion(Struct, frozen=True):
    """Something that solved chats suggest: `texts` as new phrases of `intent` (kind phrase), or as a new intent.

    Of a new one `intent` is the name that is proposed. `why`: labelled (an agent said so), alike (questions that the
    engine could not answer and that are like each other). `state`: open, accepted, rejected.
    """

    id: str
    at: int
    kind: str
    intent: str
    texts: tuple[str, ...]
    conversations: tuple[str, ...]
    language: str
    why: str
    state: str = "open"
    decided_at: int | None = None
    agent_id: str = ""


def asked(tx: Transaction, question: FirstQuestion) -> None:
    """Keep a conversation's first question; a later one of it changes nothing."""
    tx.execute(_ASKED, {name: getattr(question, name) for name in _QUESTION})


def reviewed(tx: Transaction, conversations: Sequence[str]) -> None:
    """The review list has looked at these."""
    tx.execute(_REVIEWED, {"conversations": msgspec.json.encode(list(conversations)).decode()})


def trim(tx: Transaction, before: int, kept: int, limit: int) -> None:
    """Forget at most `limit` that are older than a time (ms UTC), or beyond the newest `kept`."""
    tx.execute(_TRIM, {"before": before, "kept": kept, "limit": limit})


def suggest(tx: Transaction, suggestion: Suggestion) -> None:
    """Put one on the list."""
    values: dict[str, Value] = {name: getattr(suggestion, name) for name in _SUGGESTION}
    lists = {name: msgspec.json.encode(getattr(suggestion, name)).decode() for name in ("texts", "conversations")}
    tx.execute(_SUGGEST, {**values, **lists})


def suggestion(tx: Transaction, suggestion_id: str) -> Suggestion | None:
    """One inside a transaction."""
    rows = tx.execute(_SUGGESTION_OF_ID, {"id": suggestion_id})
    return _suggestion(rows[0]) if rows else None


def decide(tx: Transaction, suggestion_id: str, state: str, at: int, agent_id: str) -> bool:
    """Store what somebody says of one; whether it was open."""
    return bool(tx.execute(_DECIDE, {"id": suggestion_id, "state": state, "at": at, "agent": agent_id}))


async def of_conversation(database: Database, conversation_id: str) -> FirstQuestion | None:
    """A conversation's first question."""
    sql = f"SELECT {', '.join(_QUESTION)} FROM intent_questions WHERE conversation_id = :id"
    rows: list[Any] = list(await database.read(sql, {"id": conversation_id}))
    return FirstQuestion(*rows[0]) if rows else None


async def open_questions(database: Database, limit: int) -> list[FirstQuestion]:
    """Those that the review list has not looked at, newest first, with what became of their conversations."""
    rows: list[Any] = list(await database.read(_OPEN, {"limit": limit}, many=True))
    return [FirstQuestion(*row) for row in rows]


async def page(database: Database, state: str, kind: str, before: str, limit: int) -> list[Suggestion]:
    """Suggestions before an id, newest first."""
    asked: dict[str, Value] = {"state": state, "kind": kind, "before": before, "limit": limit}
    return [_suggestion(row) for row in await database.read(_PAGE, asked, many=True)]


async def open_count(database: Database) -> int:
    """How many wait for somebody."""
    return int((await database.read("SELECT count(*) FROM intent_suggestions WHERE state = 'open'"))[0][0] or 0)


def _suggestion(row: Row) -> Suggestion:
    values: list[Any] = list(row)
    values[4], values[5] = _texts.decode(values[4]), _texts.decode(values[5])
    return Suggestion(*values)
