"""What messages said before: SQL and nothing else."""

from typing import Any

from msgspec import Struct

from app.model.conversations import Message, Speaker
from app.storage.database import Database, Transaction

_INSERT = (
    "INSERT INTO message_versions (message_id, conversation_id, at, actor_kind, actor_id, actor_name, text, deleted) "
    "VALUES (:message, :conversation, :at, :kind, :actor, :name, :text, :deleted)"
)
_LISTED = (
    "SELECT v.message_id, m.staff_seq, v.at, v.actor_kind, v.actor_id, v.actor_name, v.text, v.deleted, m.deleted "
    "FROM message_versions v JOIN messages m ON m.id = v.message_id WHERE v.conversation_id = :conversation "
    "ORDER BY v.at DESC, m.staff_seq DESC LIMIT 0 + :limit"
)


class Version(Struct, frozen=True):
    """What a message said until `at` (ms UTC), and who ended that: by editing it, or by taking it back (`deleted`).

    `seq` is the message's number as staff count; `withheld` says that its words are not for the asker.
    """

    message_id: str
    seq: int
    at: int
    by: Speaker
    text: str
    deleted: bool
    withheld: bool = False


def insert(tx: Transaction, message: Message, by: Speaker, at: int, *, deleted: bool) -> None:
    """Keep what it says now, before that is changed."""
    tx.execute(
        _INSERT,
        {
            "message": message.id, "conversation": message.conversation_id, "at": at, "kind": by.kind, "actor": by.id,
            "name": by.name, "text": message.text, "deleted": int(deleted),
        },
    )  # fmt: skip


async def listing(database: Database, conversation_id: str, limit: int, *, taken_back: bool) -> list[Version]:
    """The newest changes of a conversation's messages; words of what was taken back only where `taken_back`."""
    rows: list[Any] = await database.read(_LISTED, {"conversation": conversation_id, "limit": limit})
    return [
        Version(
            row[0], row[1], row[2], Speaker(row[3], row[4], row[5]), "" if row[8] and not taken_back else row[6],
            row[7] == 1, row[8] == 1 and not taken_back,
        )
        for row in rows
    ]  # fmt: skip
