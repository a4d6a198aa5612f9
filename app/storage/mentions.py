"""Colleagues who were named in notes: SQL and nothing else."""

from msgspec import Struct

from app.storage.conversations import Sight
from app.storage.database import Database, Transaction

_INSERT = (
    "INSERT INTO mentions (agent_id, conversation_id, staff_seq) VALUES (:agent, :conversation, :seq) "
    "ON CONFLICT (agent_id, conversation_id, staff_seq) DO NOTHING"
)
_DROP = "DELETE FROM mentions WHERE conversation_id = :conversation AND staff_seq = :seq"
_SEE = (
    "UPDATE mentions SET seen = 1 WHERE agent_id = :agent AND conversation_id = :conversation AND seen = 0 "
    "AND staff_seq <= :seq"
)
_UNSEEN = (
    "SELECT m.conversation_id, min(m.staff_seq) FROM mentions m JOIN conversations c ON c.id = m.conversation_id "
    "WHERE m.agent_id = :agent AND m.seen = 0 AND %s GROUP BY m.conversation_id LIMIT 0 + :limit"
)


class Unseen(Struct, frozen=True):
    """A conversation in which an agent was named and has not looked since; `seq` of the first such note."""

    conversation_id: str
    seq: int


def insert(tx: Transaction, agent_id: str, conversation_id: str, staff_seq: int) -> None:
    """Somebody is named in this entry."""
    tx.execute(_INSERT, {"agent": agent_id, "conversation": conversation_id, "seq": staff_seq})


def drop(tx: Transaction, conversation_id: str, staff_seq: int) -> None:
    """The entry was taken back."""
    tx.execute(_DROP, {"conversation": conversation_id, "seq": staff_seq})


def see(tx: Transaction, agent_id: str, conversation_id: str, staff_seq: int) -> None:
    """He has read up to this entry."""
    tx.execute(_SEE, {"agent": agent_id, "conversation": conversation_id, "seq": staff_seq})


async def unseen(database: Database, sight: Sight, limit: int) -> list[Unseen]:
    """Where he was named since he last looked, among what he may see."""
    sql = _UNSEEN % sight.sql()  # which holds names of parameters, no values
    rows = await database.read(sql, {**sight.parameters(), "limit": limit})
    return [Unseen(str(conversation), int(seq or 0)) for conversation, seq in rows]
