"""Writes down a change of a conversation: a line in its thread and the stored event, in one transaction.

Every change of what a visitor may notice is a line that both sides see, so that a head's numbers are its version to
either of them; what staff alone may know is a line for them.
"""

from collections.abc import Mapping

from msgspec import Struct

from app.chat import entries
from app.model.conversations import Conversation, Kind, Speaker
from app.model.events import ConversationChanged, MessageCreated
from app.storage import messages
from app.storage.database import Transaction


class Line(Struct, frozen=True):
    """What to write: `name` is the event's, `data` the parameters of the line (its wording belongs to the screens)."""

    id: str
    name: str
    data: dict[str, str]
    actor: Speaker
    at: int
    internal: bool = False  # staff alone see it, and no visitor may notice it


def waited(before: Conversation, at: int) -> dict[str, str]:
    """How long the visitor had waited when somebody joined, in milliseconds: a parameter of that line."""
    return {} if before.waiting_since is None else {"waited_ms": str(max(0, at - before.waiting_since))}


def write(
    tx: Transaction, before: Conversation, changed: Conversation, line: Line, names: Mapping[str, str]
) -> Conversation:
    """Add the line to the thread, record both events; the head after it is the caller's to store."""
    visible = not line.internal
    after = entries.counted(changed, visible=visible, at=line.at)
    speaker = Speaker("system", line.actor.id, line.actor.name)
    kind = Kind.NOTICE if visible else Kind.SYSTEM
    entry = entries.last_entry(after, line.id, kind, speaker, line.at, visible=visible, data=line.data)
    agent_name = names.get(after.assignee_id or "", "")
    messages.insert(tx, entry)
    tx.record(
        ConversationChanged(
            line.name, after, line.actor, before.team_id, before.assignee_id, agent_name, internal=line.internal
        )
    )
    tx.record(MessageCreated(after, entry, None, agent_name))
    return after
