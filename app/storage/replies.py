"""How long visitors of an inbox waited for a first answer: its SQL and nothing else."""

from typing import Any

from msgspec import Struct

from app.storage.database import Database, Transaction

_FIRST = (
    "SELECT c.created_at, (SELECT min(m.at) FROM messages m WHERE m.conversation_id = c.id "
    "AND m.sender_kind = 'agent' AND m.kind = 'message') FROM conversations c "
    "WHERE c.inbox_id = :inbox AND c.created_at > :since "
    "AND NOT EXISTS (SELECT 1 FROM offline_messages o WHERE o.conversation_id = c.id) "
    "ORDER BY c.created_at DESC LIMIT 0 + :limit"
)
_ANSWERED = (
    "SELECT 1 FROM messages WHERE conversation_id = :conversation AND sender_kind = 'agent' AND kind = 'message' "
    "LIMIT 1"
)


class FirstReply(Struct, frozen=True):
    """When a conversation began, and when an agent first answered; None: nobody has. Times in ms UTC."""

    began_at: int
    replied_at: int | None


async def first_replies(database: Database, inbox_id: str, since: int, limit: int) -> list[FirstReply]:
    """The newest conversations of an inbox, newest first, without messages that were left."""
    rows: list[Any] = await database.read(_FIRST, {"inbox": inbox_id, "since": since, "limit": limit})
    return [FirstReply(*row) for row in rows]


def answered(tx: Transaction, conversation_id: str) -> bool:
    """Whether an agent has written something there that its visitor sees."""
    return bool(tx.execute(_ANSWERED, {"conversation": conversation_id}))
