"""Conversations whose customer is at another system: their SQL and nothing else."""

import msgspec

from app.model.channels import Channel
from app.storage.database import Database, Row, Transaction

_KEEP = (
    "INSERT INTO channel_conversations (conversation_id, source, sender, facts, at) "
    "VALUES (:conversation, :source, :sender, :facts, :at) ON CONFLICT (conversation_id) DO UPDATE SET "
    "source = excluded.source, sender = excluded.sender, facts = excluded.facts, at = excluded.at"
)
_NEWEST = (
    "SELECT conversation_id FROM channel_conversations WHERE source = :source AND sender = :sender "
    "ORDER BY at DESC, conversation_id DESC LIMIT 1"
)
_OF = "SELECT source, sender, facts FROM channel_conversations WHERE conversation_id = :conversation"
_OF_CONTACT = (
    "SELECT h.source, h.sender, h.facts, c.inbox_id FROM channel_conversations h "
    "JOIN conversations c ON c.id = h.conversation_id WHERE c.contact_id = :contact "
    "ORDER BY h.at DESC, h.conversation_id DESC LIMIT 1"
)
_facts = msgspec.json.Decoder(dict[str, str])


def keep(tx: Transaction, conversation_id: str, channel: Channel, at: int) -> None:
    """What is said in this conversation goes there from now on."""
    facts = msgspec.json.encode(channel.facts).decode()
    tx.execute(
        _KEEP,
        {
            "conversation": conversation_id, "source": channel.source, "sender": channel.sender, "facts": facts,
            "at": at,
        },
    )  # fmt: skip


def newest(tx: Transaction, source: str, sender: str) -> str | None:
    """The conversation in which this customer of that system wrote last."""
    rows = tx.execute(_NEWEST, {"source": source, "sender": sender})
    return str(rows[0][0]) if rows else None


async def find(database: Database, conversation_id: str) -> Channel | None:
    """Where what is said in this conversation goes; None where it goes nowhere."""
    rows = await database.read(_OF, {"conversation": conversation_id})
    return _channel(rows[0]) if rows else None


def of(tx: Transaction, conversation_id: str) -> Channel | None:
    """As `find`, inside a transaction."""
    rows = tx.execute(_OF, {"conversation": conversation_id})
    return _channel(rows[0]) if rows else None


def of_contact(tx: Transaction, contact_id: str) -> tuple[Channel, str] | None:
    """By what this contact wrote last, and the inbox where that was."""
    rows = tx.execute(_OF_CONTACT, {"contact": contact_id})
    return (_channel(rows[0][:3]), str(rows[0][3])) if rows else None


def _channel(row: Row) -> Channel:
    source, sender, facts = row
    return Channel(str(source), str(sender), _facts.decode(str(facts)))
