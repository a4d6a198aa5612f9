"""When visitors were asked to rate a conversation: SQL and nothing else."""

from msgspec import Struct
from msgspec.structs import asdict

from app.storage.database import Transaction

_SAVE = (
    "INSERT INTO rating_requests (conversation_id, contact_id, inbox_id, at, shown_from) "
    "VALUES (:conversation_id, :contact_id, :inbox_id, :at, :shown_from) "
    "ON CONFLICT (conversation_id) DO UPDATE SET at = excluded.at, shown_from = excluded.shown_from"
)
_OF = "SELECT conversation_id, contact_id, inbox_id, at, shown_from FROM rating_requests WHERE conversation_id = :id"
_LAST_OF = "SELECT max(at) FROM rating_requests WHERE contact_id = :contact"


class RatingRequest(Struct, frozen=True):
    """A visitor is asked; `at` it was resolved, from `shown_from` on he sees the question. Milliseconds UTC."""

    conversation_id: str
    contact_id: str
    inbox_id: str
    at: int
    shown_from: int


def save(tx: Transaction, request: RatingRequest) -> None:
    """Store one; of a conversation that is resolved once more the newest holds."""
    tx.execute(_SAVE, asdict(request))


def of_conversation(tx: Transaction, conversation_id: str) -> RatingRequest | None:
    """Whether its visitor was asked, and when."""
    rows = tx.execute(_OF, {"id": conversation_id})
    if not rows:
        return None
    conversation, contact, inbox, at, shown_from = rows[0]
    return RatingRequest(str(conversation), str(contact), str(inbox), int(at or 0), int(shown_from or 0))


def last_of(tx: Transaction, contact_id: str) -> int | None:
    """When a contact was last asked, in milliseconds UTC."""
    at = tx.execute(_LAST_OF, {"contact": contact_id})[0][0]
    return None if at is None else int(at)
