"""Writes down a change of a conversation: a line in its thread and the stored event, in one transaction.

Every change is a line that both sides see, so that a head's numbers are its version to either of them.
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


def waited(before: Conversation, at: int) -> dict[str, str]:
    """How long the visitor had waited when somebody joined, in milliseconds: a parameter of that line."""
    return {} if before.waiting_since is None else {"waited_ms": str(max(0, at - before.waiting_since))}


def write(
    tx: Transaction, before: Conversation, changed: Conversation, line: Line, names: Mapping[str, str]
) -> Conversation:
    """Add the line to the thread, record both events; the head after it is the caller's to store."""
    after = entries.counted(changed, visible=True, at=line.at)
    speaker = Speaker("system", line.actor.id, line.actor.name)
    entry = entries.last_entry(after, line.id, Kind.NOTICE, speaker, line.at, visible=True, data=line.data)
    agent_name = names.get(after.assignee_id or "", "")
    messages.insert(tx, entry)
    tx.record(ConversationChanged(line.name, after, line.actor, before.team_id, before.assignee_id, agent_name))
    tx.record(MessageCreated(after, entry, None, agent_name))
    return after
