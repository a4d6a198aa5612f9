"""What is known of each mail: the SQL and nothing else."""

import msgspec

from app.model.mail import Mail
from app.storage.database import Database, Row, Transaction, Value

_NAMES = (
    "inbox_id", "header_id", "outgoing", "state", "reason", "contact_id", "conversation_id", "message_id", "subject",
    "sender",
    "answer_to", "recipients", "copies", "at",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)
_INSERT = (
    f"INSERT INTO mails ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    "ON CONFLICT (inbox_id, header_id) DO UPDATE SET state = excluded.state, reason = excluded.reason, "
    "conversation_id = excluded.conversation_id, message_id = excluded.message_id, "
    "recipients = excluded.recipients, copies = excluded.copies"
)
_BY_CONVERSATION = (
    f"SELECT {_COLUMNS} FROM mails WHERE conversation_id = :conversation ORDER BY at DESC, header_id LIMIT 0 + :limit"
)
_KNOWN = "SELECT state, contact_id FROM mails WHERE inbox_id = :inbox AND header_id = :header"
_OUT = f"SELECT {_COLUMNS} FROM mails WHERE header_id = :header AND outgoing = 1 LIMIT 1"
_COUNT_SINCE = "SELECT count(*) FROM mails WHERE sender = :sender AND outgoing = 0 AND at > :since"
_LATEST_CONTACT = (
    "SELECT c.contact_id FROM mails m JOIN conversations c ON c.id = m.conversation_id AND c.inbox_id = m.inbox_id "
    "WHERE m.sender = :sender AND m.inbox_id = :inbox AND m.state = 'taken' ORDER BY m.at DESC LIMIT 1"
)
_lists = msgspec.json.Decoder(tuple[str, ...])


def save(tx: Transaction, mail: Mail) -> None:
    """Store what became of a mail."""
    parameters: dict[str, Value] = {name: getattr(mail, name) for name in _NAMES}
    told = {name: msgspec.json.encode(getattr(mail, name)).decode() for name in ("recipients", "copies")}
    tx.execute(_INSERT, {**parameters, **told})


async def known(database: Database, inbox_id: str, header_id: str) -> tuple[str, str | None] | None:
    """State and contact of the mail of this Message-ID that came to this inbox; None where none did."""
    rows = await database.read(_KNOWN, {"inbox": inbox_id, "header": header_id})
    return (str(rows[0][0]), None if rows[0][1] is None else str(rows[0][1])) if rows else None


async def of_conversation(database: Database, conversation_id: str, limit: int) -> list[Mail]:
    """The newest mails of a conversation, newest first."""
    rows = await database.read(_BY_CONVERSATION, {"conversation": conversation_id, "limit": limit})
    return [_mail(row) for row in rows]


async def referred(database: Database, header_ids: tuple[str, ...]) -> list[str]:
    """Conversations to which mails of these Message-IDs belong, in the order of the ids."""
    names = {f"h{number}": header for number, header in enumerate(header_ids)}
    if not names:
        return []
    # nosemgrep: sql-put-together - what is put in are the placeholders' own names
    sql = "SELECT header_id, conversation_id FROM mails WHERE conversation_id IS NOT NULL AND header_id IN (%s)"
    rows = await database.read(sql % ", ".join(f":{name}" for name in names), names)
    found = {str(header): str(conversation) for header, conversation in rows}
    return list(dict.fromkeys(found[header] for header in header_ids if header in found))


async def outgoing(database: Database, header_id: str) -> Mail | None:
    """One that left, by its Message-ID."""
    rows = await database.read(_OUT, {"header": header_id})
    return _mail(rows[0]) if rows else None


async def count_since(database: Database, sender: str, since: int) -> int:
    """How many mails came from this address since then."""
    rows = await database.read(_COUNT_SINCE, {"sender": sender, "since": since})
    return int(str(rows[0][0]))


async def contact_of(database: Database, inbox_id: str, sender: str) -> str | None:
    """The contact who wrote to this inbox from this address before, and began there."""
    rows = await database.read(_LATEST_CONTACT, {"inbox": inbox_id, "sender": sender})
    return str(rows[0][0]) if rows else None


def _mail(row: Row) -> Mail:
    values = dict(zip(_NAMES, row, strict=True))
    return Mail(
        inbox_id=str(values["inbox_id"]),
        header_id=str(values["header_id"]),
        outgoing=bool(values["outgoing"]),
        state=str(values["state"]),
        at=int(str(values["at"])),
        reason=str(values["reason"]),
        contact_id=None if values["contact_id"] is None else str(values["contact_id"]),
        conversation_id=None if values["conversation_id"] is None else str(values["conversation_id"]),
        message_id=None if values["message_id"] is None else str(values["message_id"]),
        subject=str(values["subject"]),
        sender=str(values["sender"]),
        answer_to=str(values["answer_to"]),
        recipients=_lists.decode(str(values["recipients"])),
        copies=_lists.decode(str(values["copies"])),
    )
