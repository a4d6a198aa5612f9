"""What agents are writing: its SQL and nothing else."""

from app.model.drafts import Draft, Drafts
from app.storage.database import Database, Row, Transaction

_OF = "SELECT note, text, at FROM drafts WHERE agent_id = :agent AND conversation_id = :conversation"
_SAVE = (
    "INSERT INTO drafts (agent_id, conversation_id, note, text, at) VALUES (:agent, :conversation, :note, :text, :at) "
    "ON CONFLICT (agent_id, conversation_id, note) DO UPDATE SET text = excluded.text, at = excluded.at"
)
_DROP = "DELETE FROM drafts WHERE agent_id = :agent AND conversation_id = :conversation AND note = :note"
_MAKE_ROOM = (
    "DELETE FROM drafts WHERE agent_id = :agent AND at < "
    "(SELECT at FROM drafts WHERE agent_id = :agent ORDER BY at DESC LIMIT 1 OFFSET :others)"
)


async def of(database: Database, agent_id: str, conversation_id: str) -> Drafts:
    """An agent's drafts in a conversation, as committed."""
    return _drafts(agent_id, await database.read(_OF, {"agent": agent_id, "conversation": conversation_id}))


def inside(tx: Transaction, agent_id: str, conversation_id: str) -> Drafts:
    """As `of`, inside a transaction."""
    return _drafts(agent_id, tx.execute(_OF, {"agent": agent_id, "conversation": conversation_id}))


def save(tx: Transaction, agent_id: str, conversation_id: str, *, note: bool, draft: Draft, kept: int) -> None:
    """Store one; the agent's oldest make room beyond `kept`."""
    tx.execute(
        _SAVE,
        {"agent": agent_id, "conversation": conversation_id, "note": int(note), "text": draft.text, "at": draft.at},
    )
    tx.execute(_MAKE_ROOM, {"agent": agent_id, "others": kept - 1})


def drop(tx: Transaction, agent_id: str, conversation_id: str, *, note: bool) -> None:
    """Forget one: it was sent, or emptied."""
    tx.execute(_DROP, {"agent": agent_id, "conversation": conversation_id, "note": int(note)})


def _drafts(agent_id: str, rows: list[Row]) -> Drafts:
    held = {bool(note): Draft(str(text), int(at or 0)) for note, text, at in rows}
    return Drafts(agent_id, held.get(False), held.get(True))
