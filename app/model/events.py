"""What was written and is announced. Names follow Chatwoot and Libredesk where they exist.

Stored events carry `pos`, their dense number in the table `events`, given inside the commit. The rest (typing,
presence, pages) live only on the bus: losing one harms nothing.
"""

from msgspec import Struct

from app.model.conversations import Conversation, Message, Rating, Speaker
from app.model.people import Block, Colleague, Contact, Viewer, Visit
from app.model.records import Record
from app.model.routing import Offer, QueuePlace
from app.model.server import Alert, BackupRun
from app.model.tickets import Change, Ticket


class MessageCreated(Struct, frozen=True, tag="message.created", gc=False):
    """An entry was added to a thread; `conversation` is the head right after it."""

    conversation: Conversation
    message: Message
    contact: Contact | None = None  # with the first message of a conversation
    agent_name: str = ""  # the assignee's name, for the visitor's head
    pos: int = 0


class ConversationChanged(Struct, frozen=True, tag="conversation.changed", gc=False):
    """A head changed: `name` is the event's (conversation.assigned, conversation.resolved…).

    `was_team`, `was_assignee` tell who could see it before, so that those who no longer may are told. Of an `internal`
    change the visitor hears nothing.
    """

    name: str
    conversation: Conversation
    actor: Speaker
    was_team: str | None = None
    was_assignee: str | None = None
    agent_name: str = ""
    pos: int = 0
    internal: bool = False
    contact: Contact | None = None  # where the conversation is another's from now on


class ContactChanged(Struct, frozen=True, tag="contact.updated", gc=False):
    """Facts about a contact changed, or somebody has made one: `name` is the event's (contact.created…)."""

    contact: Contact
    pos: int = 0
    name: str = "contact.updated"
    actor: Speaker = Speaker("system", "")


class RatingSubmitted(Struct, frozen=True, tag="csat.submitted", gc=False):
    """A visitor rated a conversation, or changed his rating; `conversation` is the head after its line."""

    conversation: Conversation
    rating: Rating
    actor: Speaker
    agent_name: str = ""
    pos: int = 0


class RatingRequested(Struct, frozen=True, tag="csat.requested", gc=False):
    """A visitor is asked to rate what was resolved, from `shown_from` (ms UTC) on."""

    conversation: Conversation
    shown_from: int
    actor: Speaker
    agent_name: str = ""
    pos: int = 0


class TicketChanged(Struct, frozen=True, tag="ticket.changed", gc=False):
    """A ticket was made or changed, or its history grew: `name` is the event's (ticket.created, ticket.updated).

    `was_team`, `was_assignee` as in `ConversationChanged`; of a new ticket they are its own. `changes` are the facts
    that are others now.
    """

    name: str
    ticket: Ticket
    actor: Speaker
    was_team: str | None = None
    was_assignee: str | None = None
    pos: int = 0
    changes: tuple[Change, ...] = ()


class RecordChanged(Struct, frozen=True, tag="record.changed", gc=False):
    """A record of a joined system was kept, or is gone: `name` is the event's (record.upserted, record.forgotten).

    Announced only while somebody listens for it: a shop brings thousands at once.
    """

    name: str
    record: Record
    pos: int = 0


class RecordsMoved(Struct, frozen=True, tag="record.moved", gc=False):
    """What joined systems hold of these contacts is something else now."""

    contact_ids: tuple[str, ...]


class TicketNoticesChanged(Struct, frozen=True, tag="ticket.noticed", gc=False):
    """There is something new for this agent to see of his tickets, or he has looked."""

    agent_id: str


class WatermarkMoved(Struct, frozen=True, tag="message.read", gc=False):
    """A reader got further: `what` is read or delivered, `by` visitor or agent, `seq` counts visitor-visible entries.

    `conversation` is the head before its own marks followed.
    """

    conversation: Conversation
    what: str
    by: str
    person_id: str
    seq: int


class Writing(Struct, frozen=True, tag="conversation.typing", gc=False):
    """Somebody writes; `text` is a visitor's unsent text (conversation.preview)."""

    conversation: Conversation
    by: Speaker
    on: bool
    text: str = ""


class ViewersChanged(Struct, frozen=True, tag="conversation.viewers_changed", gc=False):
    """Who of the staff looks at a conversation, or writes in it, is others now."""

    conversation: Conversation
    viewers: tuple[Viewer, ...]


class PresenceChanged(Struct, frozen=True, tag="presence.changed", gc=False):
    """People who came and went since the last such event: `kind` visitor or agent."""

    kind: str
    online: tuple[str, ...] = ()
    offline: tuple[str, ...] = ()


class AgentChanged(Struct, frozen=True, tag="agent.status_changed", gc=False):
    """A colleague was added, changed, or set his availability."""

    agent: Colleague


class OffersChanged(Struct, frozen=True, tag="conversation.offered", gc=False):
    """Everything that is put before this agent now, and what he put before colleagues, oldest first."""

    agent_id: str
    offers: tuple[Offer, ...]


class QueueMoved(Struct, frozen=True, tag="queue.position_changed", gc=False):
    """Where visitors stand in the queue: only those whose place or estimate is another now."""

    places: tuple[QueuePlace, ...]


class PageViewed(Struct, frozen=True, tag="visitor.page_viewed", gc=False):
    """A visitor opened a page."""

    visit: Visit


class SiteChanged(Struct, frozen=True, tag="visitor.online", gc=False):
    """Visitors came, went or turned pages since the last such event; `online` are here now."""

    online: int


class VisitorsBlocked(Struct, frozen=True, tag="contact.blocked", gc=False):
    """Contacts who may not come in any more: their sockets must close with 4401, and no door lets them in again."""

    contact_ids: tuple[str, ...]


class BlocksMoved(Struct, frozen=True, tag="contact.blocks_moved", gc=False):
    """Contacts were merged, or taken apart again: of these, exactly these `blocks` hold from now on."""

    contact_ids: tuple[str, ...]
    blocks: tuple[Block, ...]


class SessionsRevoked(Struct, frozen=True, tag="agent.sessions_revoked", gc=False):
    """Sessions ended (sign-out, disabled agent, changed rights): their sockets must close with 4401."""

    session_ids: tuple[str, ...]


class OrganisationsChanged(Struct, frozen=True, tag="organisation.changed", gc=False):
    """An organisation was made, changed or deleted."""

    organisation_id: str


class TagsChanged(Struct, frozen=True, tag="tag.changed", gc=False):
    """One of the desk's tags was made, renamed, coloured, archived or taken up again."""

    tag_id: str


class VisitorMoved(Struct, frozen=True, tag="contact.merged", gc=False):
    """What was this contact's is another's, or was: his sockets must close and come back as who he is now."""

    contact_id: str


class ServerChanged(Struct, frozen=True, tag="server.changed", gc=False):
    """What administrators have to know of the server is something else now, the worst first; or a backup goes on."""

    alerts: tuple[Alert, ...] = ()
    backup: BackupRun | None = None


StoredEvent = (
    MessageCreated | ConversationChanged | ContactChanged | RatingRequested | RatingSubmitted | TicketChanged
    | RecordChanged
)  # fmt: skip
OfNoConversation = (
    ContactChanged | PresenceChanged | AgentChanged | OffersChanged | TicketNoticesChanged | QueueMoved | PageViewed
    | SessionsRevoked | VisitorsBlocked | VisitorMoved | BlocksMoved | SiteChanged | OrganisationsChanged
    | TagsChanged | ServerChanged | RecordChanged | RecordsMoved
)  # fmt: skip
Event = StoredEvent | WatermarkMoved | Writing | ViewersChanged | OfNoConversation
