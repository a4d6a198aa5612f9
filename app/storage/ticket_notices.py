"""What of their tickets agents are told of: SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

from app.model.tickets import NoticeChoice, TicketNotice, Why
from app.storage import ticket_entries
from app.storage.conversations import Sight
from app.storage.database import Database, Transaction

_INSERT = (
    "INSERT INTO ticket_notices (agent_id, ticket_id, seq, why) VALUES (:agent, :ticket, :seq, :why) "
    "ON CONFLICT (agent_id, ticket_id, seq) DO NOTHING"
)
_PRUNE = (
    "DELETE FROM ticket_notices WHERE agent_id = :agent AND number <= (SELECT number FROM ticket_notices "
    "WHERE agent_id = :agent ORDER BY number DESC LIMIT 1 OFFSET :most)"
)
_SEE = (
    "UPDATE ticket_notices SET seen = 1 WHERE agent_id = :agent AND seen = 0 AND number <= :number "
    "AND (:ticket = '' OR ticket_id = :ticket) RETURNING number"
)
_TOLD = "FROM ticket_notices n JOIN tickets c ON c.id = n.ticket_id"
_LISTED = (
    f"SELECT n.number, n.why, n.seen, c.id, c.number, c.title, {ticket_entries.SHOWN} {_TOLD} "
    "JOIN ticket_entries e ON e.ticket_id = n.ticket_id AND e.seq = n.seq "
    "WHERE n.agent_id = :reader AND n.number < :before AND %s ORDER BY n.number DESC LIMIT 0 + :limit"
)
_UNSEEN = f"SELECT count(*) {_TOLD} WHERE n.agent_id = :reader AND n.seen = 0 AND %s"
_CHOICE = "SELECT mentioned, assigned, watched FROM ticket_notice_choices WHERE agent_id = :agent"
_CHOOSE = (
    "INSERT INTO ticket_notice_choices (agent_id, mentioned, assigned, watched) "
    "VALUES (:agent, :mentioned, :assigned, :watched) ON CONFLICT (agent_id) DO UPDATE SET "
    "mentioned = excluded.mentioned, assigned = excluded.assigned, watched = excluded.watched"
)


def insert(tx: Transaction, agent_id: str, ticket_id: str, seq: int, why: Why, most: int) -> None:
    """Tell an agent of a line of a ticket's history; he keeps the newest `most`."""
    tx.execute(_INSERT, {"agent": agent_id, "ticket": ticket_id, "seq": seq, "why": why.value})
    tx.execute(_PRUNE, {"agent": agent_id, "most": most})


def see(tx: Transaction, agent_id: str, number: int, ticket_id: str) -> bool:
    """He has seen them up to a number, of one ticket or, with "", of all; False where he had before."""
    return bool(tx.execute(_SEE, {"agent": agent_id, "number": number, "ticket": ticket_id}))


def choice_of(tx: Transaction, agent_id: str) -> NoticeChoice:
    """What an agent wants to be told of, inside a transaction."""
    return _choice(tx.execute(_CHOICE, {"agent": agent_id}))


def choose(tx: Transaction, agent_id: str, choice: NoticeChoice) -> None:
    """Keep what he wants to be told of."""
    facts = {"mentioned": choice.mentioned, "assigned": choice.assigned, "watched": choice.watched}
    tx.execute(_CHOOSE, {"agent": agent_id, **{name: int(on) for name, on in facts.items()}})


async def chosen(database: Database, agent_id: str) -> NoticeChoice:
    """What an agent wants to be told of."""
    return _choice(await database.read(_CHOICE, {"agent": agent_id}))


async def listed(database: Database, sight: Sight, agent_id: str, before: int, limit: int) -> list[TicketNotice]:
    """At most `limit` below a number, newest first, of tickets that he may still see."""
    asked = {**sight.parameters(), "reader": agent_id, "before": before, "limit": limit}
    rows: list[Any] = await database.read(_LISTED % sight.sql(), asked)
    return [
        TicketNotice(row[0], Why(row[1]), row[2] == 1, row[3], row[4], row[5], ticket_entries.from_row(row[6:]))
        for row in rows
    ]


async def unseen(database: Database, sight: Sight, agent_id: str) -> int:
    """How many he has not seen."""
    sql = _UNSEEN % sight.sql()  # which holds names of parameters, no values
    rows = await database.read(sql, {**sight.parameters(), "reader": agent_id})
    return int(rows[0][0] or 0)


def _choice(rows: Sequence[Sequence[Any]]) -> NoticeChoice:
    return NoticeChoice(*(on == 1 for on in rows[0])) if rows else NoticeChoice()
