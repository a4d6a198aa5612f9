"""What a search has found, as lists show it: its SQL and nothing else."""

from collections.abc import Sequence

from msgspec import Struct

from app.model.conversations import Conversation, Message
from app.model.people import Contact
from app.storage import contacts, conversations, messages
from app.storage.database import Database

_BY_NUMBERS = (
    f"SELECT {messages.COLUMNS}, {conversations.COLUMNS}, {contacts.COLUMNS} FROM messages m "
    "JOIN conversations c ON c.id = m.conversation_id JOIN contacts p ON p.id = c.contact_id "
    "WHERE m.number IN (%s) ORDER BY m.number DESC"
)
_HEAD = messages.COLUMN_COUNT
_CONTACT = _HEAD + conversations.COLUMN_COUNT


class Result(Struct, frozen=True):
    """A message with the conversation it stands in and whose that is."""

    message: Message
    conversation: Conversation
    contact: Contact


async def by_numbers(database: Database, numbers: Sequence[int]) -> list[Result]:
    """The messages of these numbers, newest first; who may see them was decided when they were found."""
    if not numbers:
        return []
    names = {f"n{place}": number for place, number in enumerate(numbers)}
    rows = await database.read(_BY_NUMBERS % ", ".join(f":{name}" for name in names), names)
    return [
        Result(
            messages.from_row(row), conversations.from_row(row[_HEAD:_CONTACT]), contacts.from_row(row[_CONTACT:])
        )
        for row in rows
    ]  # fmt: skip
