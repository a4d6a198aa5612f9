"""What an entry does to its conversation's head: pure, no I/O."""

from msgspec.structs import replace

from app.model.conversations import Attachment, Content, Conversation, Kind, Message, Speaker, Status

LINE_CHARACTERS = 200  # of the last entry, shown in lists


def spoken(head: Conversation, *, speaker: str, note: bool, line: str, at: int) -> Conversation:
    """The head after a message or note: counters, the line that lists show, who waits since when."""
    waiting = head.waiting_since
    if speaker == "visitor":
        waiting = at if waiting is None else waiting
    elif not note and not (speaker == "bot" and head.status is Status.QUEUED):  # in the queue he waits for a person
        waiting = None
    return replace(
        head,
        updated_at=at,
        seq=head.seq if note else head.seq + 1,
        staff_seq=head.staff_seq + 1,
        waiting_since=waiting,
        last_text=line if len(line) <= LINE_CHARACTERS else line[:LINE_CHARACTERS],
        last_kind=speaker,
        last_note=note,
        last_at=at,
    )


def counted(head: Conversation, *, visible: bool, at: int) -> Conversation:
    """The head after any other entry: only the counters move."""
    return replace(head, updated_at=at, seq=head.seq + 1 if visible else head.seq, staff_seq=head.staff_seq + 1)


def last_entry(
    head: Conversation,
    message_id: str,
    kind: Kind,
    sender: Speaker,
    at: int,
    *,
    visible: bool,
    text: str = "",
    cid: str = "",
    attachments: tuple[Attachment, ...] = (),
    target: str | None = None,
    data: dict[str, str] | None = None,
    content: Content | None = None,
) -> Message:
    """The entry that bears the newest numbers of `head`."""
    seq = head.seq if visible else None
    return Message(
        message_id, head.id, head.staff_seq, seq, kind, sender, text, at, cid, attachments, target, data,
        content=content,
    )  # fmt: skip
