"""When answers in a chat are to leave by mail: the SQL and nothing else."""

from msgspec import Struct

from app.storage.database import Database, Transaction

_WAIT = (
    "INSERT INTO mail_turns (conversation_id, due_at) SELECT c.id, :due FROM conversations c "
    "JOIN contacts p ON p.id = c.contact_id WHERE c.id = :conversation AND p.email <> '' "
    "ON CONFLICT (conversation_id) DO UPDATE SET due_at = coalesce(mail_turns.due_at, "
    "CASE WHEN mail_turns.sent_at + :pause > excluded.due_at THEN mail_turns.sent_at + :pause ELSE excluded.due_at END)"
)
_DUE = "SELECT conversation_id FROM mail_turns WHERE due_at <= :now ORDER BY due_at LIMIT 0 + :limit"
_TAKE = (
    "UPDATE mail_turns SET due_at = NULL WHERE conversation_id = :conversation AND due_at <= :now RETURNING sent_seq"
)
_SENT = "UPDATE mail_turns SET sent_at = :now, sent_seq = :seq WHERE conversation_id = :conversation"
_TURN = "SELECT sent_at, sent_seq FROM mail_turns WHERE conversation_id = :conversation"


class Turn(Struct, frozen=True):
    """When a conversation's answers last left by mail, and up to which number of the visitor's."""

    sent_at: int = 0
    sent_seq: int = 0


def wait(tx: Transaction, conversation_id: str, due_at: int, pause_ms: int) -> None:
    """Look at `due_at`, or `pause_ms` after the last mail; what waits already keeps its time.

    Nothing where no address is known.
    """
    tx.execute(_WAIT, {"conversation": conversation_id, "due": due_at, "pause": pause_ms})


def take(tx: Transaction, conversation_id: str, now: int) -> bool:
    """Its time has come; False where somebody was faster."""
    return bool(tx.execute(_TAKE, {"conversation": conversation_id, "now": now}))


def sent(tx: Transaction, conversation_id: str, now: int, seq: int) -> None:
    """A mail has left, up to this number."""
    tx.execute(_SENT, {"conversation": conversation_id, "now": now, "seq": seq})


async def due(database: Database, now: int, limit: int) -> list[str]:
    """Conversations whose time has come, the earliest first."""
    return [str(row[0]) for row in await database.read(_DUE, {"now": now, "limit": limit})]


async def turn(database: Database, conversation_id: str) -> Turn:
    """How it stands."""
    rows = await database.read(_TURN, {"conversation": conversation_id})
    return Turn(int(str(rows[0][0])), int(str(rows[0][1]))) if rows else Turn()
