"""The frames of `/ws` and of long-polling: JSON text, two closed unions told apart by `t`.

Unknown types, unknown fields and wrong types are refused (close 1007 on a socket, 400 over HTTP).
The rules that give them meaning stand in ARCHITECTURE.md, "Delivery". `web/src/kit/frames.ts` is their twin; a test
compares both. Numbers named `seq` count as the receiver counts: a visitor by `Message.seq`, staff by
`Message.staff_seq`. Times in milliseconds UTC.
"""

from typing import Annotated

from msgspec import Meta, Struct

from app.model.conversations import Attachment, Content, Conversation, Speaker
from app.model.people import Colleague, Contact, Viewer
from app.model.routing import Offer
from app.model.server import Alert, BackupRun
from app.model.tickets import Ticket

CID_PATTERN = r"^[0-9a-f]{32}(?!\n)$"  # to Python a `$` alone lets a line feed follow
TEXT_MAX = 16_000
PREVIEW_MAX = 1_000
FILES_MAX = 10
MENTIONS_MAX = 20
CONVERSATIONS_MAX = 200
RANGE_MAX = 200

Cid = Annotated[str, Meta(pattern=CID_PATTERN)]
Id = Annotated[str, Meta(min_length=26, max_length=26)]
Number = Annotated[int, Meta(ge=0, le=2**53)]
Text = Annotated[str, Meta(max_length=TEXT_MAX)]
Preview = Annotated[str, Meta(max_length=PREVIEW_MAX)]
Line = Annotated[str, Meta(max_length=300)]
Address = Annotated[str, Meta(max_length=2_000)]
Secret = Annotated[str, Meta(max_length=200)]


# --- from a client ----------------------------------------------------------------------------------------------


class Hello(Struct, tag_field="t", tag="hello", forbid_unknown_fields=True, frozen=True):
    """First frame of every socket: who is it? A visitor names inbox and token; an agent's cookie came before."""

    inbox: Id | None = None
    token: Secret | None = None


class Resume(Struct, tag_field="t", tag="resume", forbid_unknown_fields=True, frozen=True):
    """What the client has seen: a visitor per conversation, an agent the position in the stored events."""

    epoch: Secret = ""
    convs: Annotated[dict[Id, Number], Meta(max_length=CONVERSATIONS_MAX)] = {}
    pos: Number | None = None


class Send(Struct, tag_field="t", tag="send", forbid_unknown_fields=True, frozen=True):
    """A new message; without `conv` a visitor's opens one. `expected` is the last staff_seq the agent had seen.

    `content` (cards, quick replies) is for staff and machines, `mentions` are colleagues who are named in a note.
    """

    cid: Cid
    conv: Id | None = None
    text: Text = ""
    files: Annotated[tuple[Id, ...], Meta(max_length=FILES_MAX)] = ()
    note: bool = False
    expected: Number | None = None
    content: Content | None = None
    mentions: Annotated[tuple[Id, ...], Meta(max_length=MENTIONS_MAX)] = ()


class Edit(Struct, tag_field="t", tag="edit", forbid_unknown_fields=True, frozen=True):
    """Replace the text of an own message."""

    cid: Cid
    conv: Id
    id: Id
    text: Text


class Delete(Struct, tag_field="t", tag="delete", forbid_unknown_fields=True, frozen=True):
    """Take an own message back."""

    cid: Cid
    conv: Id
    id: Id


class Fetch(Struct, tag_field="t", tag="fetch", forbid_unknown_fields=True, frozen=True):
    """Fill a hole: the answer covers every number from `first`, at most 200 and a page's text, then `fetched`."""

    conv: Id
    first: Number
    last: Number


class Read(Struct, tag_field="t", tag="read", forbid_unknown_fields=True, frozen=True):
    """Seen up to `seq`."""

    conv: Id
    seq: Number


class Delivered(Struct, tag_field="t", tag="delivered", forbid_unknown_fields=True, frozen=True):
    """Arrived up to `seq`."""

    conv: Id
    seq: Number


class Typing(Struct, tag_field="t", tag="typing", forbid_unknown_fields=True, frozen=True):
    """Writing, or no more (`on` false); a visitor's unsent text goes along and is never stored."""

    conv: Id
    on: bool
    text: Preview = ""


class Viewing(Struct, tag_field="t", tag="viewing", forbid_unknown_fields=True, frozen=True):
    """An agent looks at a conversation, or no more (`on` false), and whether he is writing in it: for colleagues."""

    conv: Id
    on: bool
    composing: bool = False


class Page(Struct, tag_field="t", tag="page", forbid_unknown_fields=True, frozen=True):
    """The visitor's page now."""

    url: Address
    title: Line = ""
    referrer: Address = ""


class Pong(Struct, tag_field="t", tag="pong", forbid_unknown_fields=True, frozen=True):
    """Alive."""


ClientFrame = Hello | Resume | Send | Edit | Delete | Fetch | Read | Delivered | Typing | Viewing | Page | Pong


# --- from the server --------------------------------------------------------------------------------------------


class Welcome(Struct, tag_field="t", tag="welcome", frozen=True):
    """Answer to hello: `id` is the contact's or the agent's; `epoch` names the generation of what he may hold."""

    epoch: str
    kind: str
    id: str
    at: int


class Reset(Struct, tag_field="t", tag="reset", frozen=True):
    """Forget what you hold and fetch it again: another epoch, or too far behind."""

    epoch: str


class Live(Struct, tag_field="t", tag="live", frozen=True, omit_defaults=True):
    """All that was missed has been sent; from here on it comes as it happens. `pos` is an agent's position."""

    pos: int | None = None


class Msg(Struct, tag_field="t", tag="msg", frozen=True, omit_defaults=True):
    """An entry of a thread. `pos` only for staff."""

    conv: str
    seq: int
    id: str
    kind: str
    sender: Speaker
    at: int
    text: str = ""
    cid: str = ""
    files: tuple[Attachment, ...] = ()
    target: str | None = None
    data: dict[str, str] | None = None
    edited_at: int | None = None
    deleted: bool = False
    pos: int | None = None
    content: Content | None = None


class Void(Struct, tag_field="t", tag="void", frozen=True):
    """Numbers `first` to `last` hold nothing for you; do not ask again."""

    conv: str
    first: int
    last: int


class Fetched(Struct, tag_field="t", tag="fetched", frozen=True):
    """Every number up to `last` was told; where that is less than was asked for, the client asks on from there."""

    conv: str
    first: int
    last: int


class Ack(Struct, tag_field="t", tag="ack", frozen=True):
    """Stored, on disk. To the sending socket only."""

    cid: str
    conv: str
    id: str
    seq: int
    at: int


class Thread(Struct, tag_field="t", tag="thread", frozen=True, omit_defaults=True):
    """A conversation's head as its visitor sees it. `agent` is the name of who answers."""

    conv: str
    status: str
    seq: int
    created_at: int
    agent: str = ""
    visitor_read: int = 0
    staff_read: int = 0


class Head(Struct, tag_field="t", tag="head", frozen=True, omit_defaults=True):
    """A conversation's head as staff see it, with the name of the event that changed it."""

    pos: int
    event: str
    conversation: Conversation
    contact: Contact | None = None
    actor: Speaker | None = None


class Gone(Struct, tag_field="t", tag="gone", frozen=True):
    """A conversation that you may no longer see (moved to another team)."""

    pos: int
    conv: str


class Watermark(Struct, tag_field="t", tag="watermark", frozen=True, omit_defaults=True):
    """How far the other side has read or received: `what` is read or delivered, `by` visitor or agent.

    `seq` counts visitor-visible entries (`Message.seq`) for both receivers.
    """

    conv: str
    what: str
    by: str
    id: str
    seq: int


class Writing(Struct, tag_field="t", tag="writing", frozen=True, omit_defaults=True):
    """The other side writes; `text` (a visitor's unsent words) only for staff. Expires after 6 s without another."""

    conv: str
    by: str
    id: str
    on: bool
    name: str = ""
    text: str = ""


class Viewers(Struct, tag_field="t", tag="viewers", frozen=True):
    """Every colleague who looks at a conversation now. For staff."""

    conv: str
    viewers: tuple[Viewer, ...]


class Presence(Struct, tag_field="t", tag="presence", frozen=True, omit_defaults=True):
    """Who came and who went, gathered over a moment, at most 500 ids a frame. Contacts only of active conversations."""

    kind: str
    online: tuple[str, ...] = ()
    offline: tuple[str, ...] = ()


class Snapshot(Struct, tag_field="t", tag="snapshot", frozen=True):
    """Everything that has no number, at once, after `live`: contacts online, agents online, colleagues."""

    contacts: tuple[str, ...]
    agents: tuple[str, ...]


class ContactUpdated(Struct, tag_field="t", tag="contact", frozen=True):
    """Facts about a contact changed. For staff."""

    pos: int
    contact: Contact


class OrganisationNow(Struct, tag_field="t", tag="organisation", frozen=True):
    """An organisation was made, changed or deleted: ask for it. It has no number. For staff."""

    id: str


class RecordsNow(Struct, tag_field="t", tag="records", frozen=True):
    """What joined systems hold of these contacts is something else: ask for it. No number. For who may read records."""

    contact_ids: tuple[str, ...]


class TagsNow(Struct, tag_field="t", tag="tags", frozen=True):
    """The desk's tags are others, or called otherwise: ask for them. It has no number. For staff."""


class TicketUpdated(Struct, tag_field="t", tag="ticket", frozen=True, omit_defaults=True):
    """A ticket as it is now, with the name of the event that made or changed it. For staff who may read it."""

    pos: int
    event: str
    ticket: Ticket
    actor: Speaker | None = None


class TicketGone(Struct, tag_field="t", tag="ticket_gone", frozen=True):
    """A ticket that you may no longer see (moved to another team)."""

    pos: int
    ticket_id: str


class TicketNoticesNow(Struct, tag_field="t", tag="ticket_notices", frozen=True):
    """What you are told of your tickets is something else now: ask for it. It has no number."""


class OffersNow(Struct, tag_field="t", tag="offers", frozen=True):
    """Every conversation that is put before you until a deadline, and those that you put before colleagues.

    The whole list, oldest first; it has no number, follows each `snapshot` and replaces the one before.
    """

    offers: tuple[Offer, ...]


class Queue(Struct, tag_field="t", tag="queue", frozen=True, omit_defaults=True):
    """Where your conversation stands in the queue, from 1; `wait_seconds` is an estimate, None: nobody can say.

    `overdue`: it has waited as long as the inbox wants anybody to (`widget.patience`).
    """

    conv: str
    position: int
    wait_seconds: int | None = None
    overdue: bool = False


class AgentStatus(Struct, tag_field="t", tag="agent_status", frozen=True):
    """A colleague's own state or details changed."""

    agent: Colleague


class Viewed(Struct, tag_field="t", tag="viewed", frozen=True):
    """A visitor opened a page."""

    contact_id: str
    url: str
    title: str
    at: int


class Site(Struct, tag_field="t", tag="site", frozen=True):
    """Visitors came, went or turned pages, gathered over a moment; `online` are on the sites now. For staff."""

    online: int


class ServerNews(Struct, tag_field="t", tag="server", frozen=True, omit_defaults=True):
    """What needs an administrator now, the worst first, and how a backup goes. Replaces what was told before."""

    alerts: tuple[Alert, ...] = ()
    backup: BackupRun | None = None


class Ping(Struct, tag_field="t", tag="ping", frozen=True):
    """Answer with pong."""


class Error(Struct, tag_field="t", tag="error", frozen=True, omit_defaults=True):
    """A refused command: `code` from model/errors.py, `text` says what to do next, `retry_after_ms` when it may go.

    `final`: sent again it would be refused again.
    """

    code: str
    text: str
    cid: str | None = None
    retry_after_ms: int | None = None
    final: bool = False


ServerFrame = (
    Welcome | Reset | Live | Msg | Void | Fetched | Ack | Thread | Head | Gone | Watermark | Writing | Viewers
    | Presence | Snapshot | ContactUpdated | TicketUpdated | TicketGone | TicketNoticesNow | OffersNow | Queue
    | AgentStatus | Viewed | Site | OrganisationNow | RecordsNow | TagsNow | ServerNews | Ping
    | Error
)  # fmt: skip


class CloseCode:
    """Why a socket is closed. 4000–4999 are ours (RFC 6455 §7.4.2)."""

    GOING_AWAY = 1001
    PROTOCOL = 1002
    UNSUPPORTED = 1003
    INVALID = 1007
    ABUSE = 1008
    TOO_BIG = 1009
    RESTART = 1012  # the reason holds `retry_after_ms=N`
    UNAUTHORISED = 4401  # sign in again, or ask for a new visitor token
    SILENT = 4002  # 60 s without a frame
    OVERFLOW = 4008  # the reader is too slow: reconnect and resume
