"""Who has answered what is asked before the first message: its SQL and nothing else."""

from app.storage.database import Database, Transaction

_SAVE = (
    "INSERT INTO introductions (contact_id, inbox_id, at, consent, consent_link) "
    "VALUES (:contact, :inbox, :at, :consent, :link) ON CONFLICT (contact_id) DO UPDATE SET "
    "at = excluded.at, consent = excluded.consent, consent_link = excluded.consent_link"
)
_IS_THERE = "SELECT 1 FROM introductions WHERE contact_id = :contact"


def save(tx: Transaction, contact_id: str, inbox_id: str, at: int, consent: str, link: str) -> None:
    """Note that he has answered, and the words that he agreed to."""
    tx.execute(_SAVE, {"contact": contact_id, "inbox": inbox_id, "at": at, "consent": consent, "link": link})


async def is_there(database: Database, contact_id: str) -> bool:
    """Whether he has answered before."""
    return bool(await database.read(_IS_THERE, {"contact": contact_id}))
