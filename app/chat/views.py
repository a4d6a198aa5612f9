"""An entry or a head as its receiver sees it: pure, from the domain's nouns to frames."""

from collections.abc import Sequence

from app.chat import content
from app.model import frames
from app.model.conversations import Conversation, Message, Status


def visitor_entry(message: Message) -> frames.Msg:
    """An entry counted by `seq`; only for entries that have one."""
    return _entry(message, message.seq or 0)


def staff_entry(message: Message) -> frames.Msg:
    """An entry counted by `staff_seq`."""
    return _entry(message, message.staff_seq)


def visitor_thread(conversation: Conversation, agent_name: str) -> frames.Thread:
    """A head with nothing in it that is not the visitor's to see."""
    return frames.Thread(
        conversation.id,
        visitor_status(conversation).value,
        conversation.seq,
        conversation.created_at,
        agent_name,
        conversation.visitor_read,
        conversation.staff_read,
    )


def visitor_status(conversation: Conversation) -> Status:
    """Where it stands to the visitor: that somebody put it off is not his to know."""
    if conversation.status is not Status.SNOOZED:
        return conversation.status
    return Status.OPEN if conversation.assignee_id else Status.QUEUED


def voids(conversation_id: str, first: int, last: int, held: list[int]) -> list[frames.Void]:
    """What lies between `first` and `last` beside the ascending numbers `held`."""
    gaps = []
    expected = first
    for number in (*held, last + 1):
        if number > expected:
            gaps.append(frames.Void(conversation_id, expected, number - 1))
        expected = number + 1
    return gaps


def fitting(entries: Sequence[Message], characters_max: int) -> Sequence[Message]:
    """As many from the front as hold no more than so many characters of text; at least one."""
    room = characters_max
    for place, entry in enumerate(entries):
        room -= characters(entry)
        if room < 0:
            return entries[: max(place, 1)]
    return entries


def characters(message: Message) -> int:
    """How much text an entry brings along."""
    return len(message.text) + content.characters(message.content)


def _entry(message: Message, number: int) -> frames.Msg:
    return frames.Msg(
        message.conversation_id,
        number,
        message.id,
        message.kind.value,
        message.sender,
        message.at,
        message.text,
        message.cid,
        message.attachments,
        message.target,
        message.data,
        message.edited_at,
        message.deleted,
        content=message.content,
    )
