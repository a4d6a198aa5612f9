"""Entries of threads: their SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.model.conversations import Attachment, Content, Conversation, Kind, Message, Speaker
from app.storage import conversations
from app.storage.conversations import Own, Sight
from app.storage.database import Database, Row, Transaction, Value

_NAMES = (
    "id", "conversation_id", "staff_seq", "seq", "kind", "sender_kind", "sender_id", "sender_name", "text", "at", "cid",
    "attachments", "target", "data", "edited_at", "deleted", "content",
)  # fmt: skip
COLUMNS = ", ".join(f"m.{name}" for name in _NAMES)  # for `FROM messages m`
COLUMN_COUNT = len(_NAMES)
_KIND = {kind.value: kind for kind in Kind}

_PLAIN = ("id", "conversation_id", "staff_seq", "seq", "kind", "sender_kind", "sender_id", "sender_name", "text", "at",
          "cid", "request")  # fmt: skip
_RICH = (*_PLAIN, "attachments", "target", "data", "edited_at", "deleted", "content")
_INSERT_PLAIN, _INSERT_RICH = (
    f"INSERT INTO messages ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
    for names in (_PLAIN, _RICH)
)
_RESULT = "d.id, d.conversation_id, d.staff_seq, d.seq, d.at, d.request"
_HEAD_AND_RESULT = (
    f"SELECT {conversations.COLUMNS}, {_RESULT} FROM conversations c "
    "LEFT JOIN messages d ON d.sender_id = :sender AND d.cid = :cid WHERE c.id = :conversation"
)
_RESULT_OF = f"SELECT {_RESULT} FROM messages d WHERE d.sender_id = :sender AND d.cid = :cid"
_BY_ID = f"SELECT {COLUMNS} FROM messages m WHERE m.id = :id AND m.conversation_id = :conversation"
_OTHERS_SINCE = (
    "SELECT 1 FROM messages WHERE conversation_id = :conversation AND staff_seq > :expected AND seq IS NOT NULL "
    "AND sender_id <> :sender AND sender_kind <> 'system' LIMIT 1"
)
_NEWEST = (
    "SELECT id FROM messages WHERE conversation_id = :conversation AND kind IN ('message', 'note') "
    "ORDER BY staff_seq DESC LIMIT 1"
)
_LAST_WORDS = (
    "SELECT text FROM messages WHERE conversation_id = :conversation AND kind = 'message' AND sender_kind = 'visitor' "
    "AND deleted = 0 AND text <> '' ORDER BY staff_seq DESC LIMIT 1"
)
_EDIT = "UPDATE messages SET text = :text, edited_at = :at WHERE id = :id"
_DELETE = (
    "UPDATE messages SET text = '', attachments = '[]', content = NULL, data = NULL, edited_at = NULL, deleted = 1 "
    "WHERE id = :id"
)
_BLANK_EDITS = "UPDATE messages SET text = '' WHERE conversation_id = :conversation AND kind = 'edit' AND target = :id"
_BEFORE = (
    f"SELECT {COLUMNS} FROM messages m WHERE m.conversation_id = :conversation AND m.%(counter)s < :before "
    "%(seen)sORDER BY m.%(counter)s DESC LIMIT 0 + :limit"
)
_RANGE = (
    f"SELECT {COLUMNS} FROM messages m WHERE m.conversation_id = :conversation AND m.%(counter)s >= :first "
    "AND m.%(counter)s <= :last ORDER BY m.%(counter)s LIMIT 0 + :limit"
)
_STAFF_BEFORE, _VISITOR_BEFORE = (_BEFORE % {"counter": counter, "seen": ""} for counter in ("staff_seq", "seq"))
_OF_HIM = "AND EXISTS (SELECT 1 FROM conversations c WHERE c.id = :conversation AND %s) "
_STAFF_RANGE, _VISITOR_RANGE = (_RANGE % {"counter": counter} for counter in ("staff_seq", "seq"))
_VISIBLE_UP_TO = (
    "SELECT seq FROM messages WHERE conversation_id = :conversation AND staff_seq <= :staff_seq AND seq IS NOT NULL "
    "ORDER BY staff_seq DESC LIMIT 1"
)

_attachments = msgspec.json.Decoder(tuple[Attachment, ...])
_data = msgspec.json.Decoder(dict[str, str])
_content = msgspec.json.Decoder(Content)
_encoder = msgspec.json.Encoder()


class Result(msgspec.Struct, frozen=True, gc=False):
    """What an earlier command with the same cid led to; `request` is the digest of that command."""

    id: str
    conversation_id: str
    staff_seq: int
    seq: int | None
    at: int
    request: str


def from_row(row: Sequence[Any]) -> Message:
    """An entry from a row that begins with `COLUMNS`."""
    return Message(
        row[0], row[1], row[2], row[3], _KIND[row[4]], Speaker(row[5], row[6], row[7]), row[8], row[9], row[10] or "",
        () if row[11] == "[]" else _attachments.decode(row[11]), row[12],
        None if row[13] is None else _data.decode(row[13]), row[14], row[15] == 1,
        None if row[16] is None else _content.decode(row[16]),
    )  # fmt: skip


def insert(tx: Transaction, message: Message, request: str = "") -> None:
    """Store an entry. One of words alone names no column that has a default: a third of the time (bench `storage`)."""
    sender = message.sender
    values: dict[str, Value] = {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "staff_seq": message.staff_seq,
        "seq": message.seq,
        "kind": message.kind.value,
        "sender_kind": sender.kind,
        "sender_id": sender.id,
        "sender_name": sender.name,
        "text": message.text,
        "at": message.at,
        "cid": message.cid or None,
        "request": request,
    }
    if _is_plain(message):
        tx.execute(_INSERT_PLAIN, values)
        return
    values["attachments"] = _encoder.encode(message.attachments).decode()
    values["target"] = message.target
    values["data"] = None if message.data is None else _encoder.encode(message.data).decode()
    values["edited_at"] = message.edited_at
    values["deleted"] = int(message.deleted)
    values["content"] = None if message.content is None else _encoder.encode(message.content).decode()
    tx.execute(_INSERT_RICH, values)


def head_and_result(
    tx: Transaction, conversation_id: str, sender_id: str, cid: str
) -> tuple[Conversation, Result | None] | None:
    """A head and what the sender's cid led to before (in whatever conversation), in one statement."""
    rows = tx.execute(_HEAD_AND_RESULT, {"conversation": conversation_id, "sender": sender_id, "cid": cid})
    if not rows:
        return None
    row = rows[0]
    found = row[conversations.COLUMN_COUNT] is not None
    return conversations.from_row(row), _result(row[conversations.COLUMN_COUNT :]) if found else None


def result_of(tx: Transaction, sender_id: str, cid: str) -> Result | None:
    """What the sender's cid led to before."""
    rows = tx.execute(_RESULT_OF, {"sender": sender_id, "cid": cid})
    return _result(rows[0]) if rows else None


def by_id(tx: Transaction, conversation_id: str, message_id: str) -> Message | None:
    """An entry of this conversation."""
    rows = tx.execute(_BY_ID, {"id": message_id, "conversation": conversation_id})
    return from_row(rows[0]) if rows else None


def others_wrote_since(tx: Transaction, conversation_id: str, expected: int, sender_id: str) -> bool:
    """Whether a visible message of somebody else came after staff_seq `expected`."""
    rows = tx.execute(_OTHERS_SINCE, {"conversation": conversation_id, "expected": expected, "sender": sender_id})
    return bool(rows)


def newest_id(tx: Transaction, conversation_id: str) -> str | None:
    """The id of the last message or note, whose line the head shows."""
    rows = tx.execute(_NEWEST, {"conversation": conversation_id})
    return str(rows[0][0]) if rows else None


def last_words(tx: Transaction, conversation_id: str) -> str:
    """What the visitor wrote last, "" where he has written nothing."""
    rows = tx.execute(_LAST_WORDS, {"conversation": conversation_id})
    return str(rows[0][0]) if rows else ""


def edit(tx: Transaction, message_id: str, text: str, at: int) -> None:
    """Replace the text of an entry."""
    tx.execute(_EDIT, {"id": message_id, "text": text, "at": at})


def delete(tx: Transaction, conversation_id: str, message_id: str) -> None:
    """Blank an entry and every edit of it: what was taken back is not kept."""
    tx.execute(_DELETE, {"id": message_id})
    tx.execute(_BLANK_EDITS, {"id": message_id, "conversation": conversation_id})


def visible_up_to(tx: Transaction, conversation_id: str, staff_seq: int) -> int:
    """The highest `seq` among the entries up to `staff_seq`; 0 when the visitor sees none of them."""
    rows = tx.execute(_VISIBLE_UP_TO, {"conversation": conversation_id, "staff_seq": staff_seq})
    return _integer(rows[0]) if rows else 0


async def before(database: Database, conversation_id: str, *, visitor: bool, before: int, limit: int) -> list[Message]:
    """At most `limit` entries below `before`, newest first, counted as the reader counts."""
    sql = _VISITOR_BEFORE if visitor else _STAFF_BEFORE
    rows = await database.read(sql, {"conversation": conversation_id, "before": before, "limit": limit})
    return [from_row(row) for row in rows]


async def seen_before(
    database: Database, conversation_id: str, sight: Sight | Own, *, before: int, limit: int
) -> list[Message]:
    """As `before`, of a conversation that `sight` may see; nothing of any other. Right and page are one read."""
    counter = "seq" if isinstance(sight, Own) else "staff_seq"
    sql = _BEFORE % {"counter": counter, "seen": _OF_HIM % sight.sql()}
    asked: dict[str, Value] = {"conversation": conversation_id, "before": before, "limit": limit}
    return [from_row(row) for row in await database.read(sql, {**sight.parameters(), **asked}, many=True)]


async def between(
    database: Database, conversation_id: str, *, visitor: bool, first: int, last: int, limit: int
) -> list[Message]:
    """Entries from `first` to `last`, ascending, counted as the reader counts."""
    sql = _VISITOR_RANGE if visitor else _STAFF_RANGE
    rows = await database.read(sql, {"conversation": conversation_id, "first": first, "last": last, "limit": limit})
    return [from_row(row) for row in rows]


def _is_plain(message: Message) -> bool:
    return not (
        message.attachments or message.target is not None or message.data is not None
        or message.edited_at is not None or message.deleted or message.content is not None
    )  # fmt: skip


def _result(row: Sequence[Any]) -> Result:
    return Result(row[0], row[1], row[2], row[3], row[4], row[5])


def _integer(row: Row) -> int:
    value = row[0]
    assert isinstance(value, int)  # an INTEGER column
    return value
