"""A conversation of thousands of messages, laid into a data folder while no server holds it."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from app.model.clock import SystemClock
from app.model.conversations import Conversation, Kind, Message, Speaker
from app.model.ids import Ids
from app.settings import Settings
from app.storage import conversations, messages
from app.storage.database import Transaction
from app.storage.sqlite import SqliteDatabase

_APART_MS = 60_000


def text_of(number: int) -> str:
    """What its message of this number says: every hundredth holds a word that no other does."""
    return f"Message {number} 第{number}条" + (f", the kettle of lot {number}" if number % 100 == 0 else "")


def lengthen(data: Path, conversation: str, count: int) -> int:
    """Add so many messages by turns, the newest now; the staff_seq of the last one."""
    return asyncio.run(_lengthen(data, conversation, count))


async def _lengthen(data: Path, conversation: str, count: int) -> int:
    database = await SqliteDatabase.open(data / "monodesk.db", Settings(data=data), SystemClock(), lambda events: None)
    try:
        return await database.write(lambda tx: _write(tx, conversation, count))
    finally:
        await database.close()


def _write(tx: Transaction, conversation: str, count: int) -> int:
    head = conversations.by_id(tx, conversation)
    assert head is not None
    clock = SystemClock()
    ids, now = Ids(clock), clock.now_ms()
    for number in range(1, count + 1):
        entry = _entry(head, ids.new(), number, now - (count - number) * _APART_MS)
        messages.insert(tx, entry)
        tx.enqueue("search", head.id, entry.id.encode())
    after = replace(
        head, seq=head.seq + count, staff_seq=head.staff_seq + count, updated_at=now, last_text=text_of(count),
        last_kind="visitor", last_at=now, waiting_since=now,
    )  # fmt: skip
    conversations.update(tx, after)
    return after.staff_seq


def _entry(head: Conversation, entry_id: str, number: int, at: int) -> Message:
    visitor = number % 3 != 0
    sender = Speaker("visitor", head.contact_id) if visitor else Speaker("agent", head.assignee_id or "", "Hannah Reed")
    seqs = head.staff_seq + number, head.seq + number
    return Message(entry_id, head.id, *seqs, Kind.MESSAGE, sender, text_of(number), at)
