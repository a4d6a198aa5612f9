"""A message that a visitor leaves when nobody can come into the chat: a conversation, an address, a ticket."""

import hashlib
from collections.abc import Mapping
from functools import partial

import msgspec
from msgspec import Struct

from app.accounts.policy import demand
from app.chat import entries, journal
from app.chat.messages import Order, attach, clean, empty, reused
from app.chat.status import MessageLeft, step
from app.chat.ticketing import title_of
from app.contacts.claims import one_line, with_claims
from app.contacts.contacts import Fact
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Speaker, Status
from app.model.errors import Invalid, TooMany, not_found
from app.model.events import ContactChanged, MessageCreated
from app.model.frames import FILES_MAX, Id, Text
from app.model.ids import Ids
from app.model.people import Contact
from app.model.principals import System, Visitor
from app.model.tickets import Ticket, Type
from app.settings import Limits
from app.storage import contacts, conversations, inboxes, messages, offline_messages
from app.storage.database import Database, Transaction
from app.storage.offline_messages import OfflineMessage
from app.tickets.tickets import NewTicket, Tickets

_DAY_MS = 86_400_000
_AUTHOR = System("offline_message")


class NewOfflineMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """What is left: an address, unless one is known, and words, unless `conv` names the conversation that has them."""

    text: Text = ""
    name: Fact = ""
    email: Fact = ""
    phone: Fact = ""
    conv: Id | None = None
    files: tuple[Id, ...] = ()


class Left(Struct, frozen=True):
    """`number` is the ticket's, which the visitor is told and may ask after; `conv` holds his words."""

    number: int
    conv: str


class OfflineMessages:
    """Takes messages that are left. `names` are the agents' names by id."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, limits: Limits, tickets: Tickets, names: Mapping[str, str]
    ) -> None:  # fmt: skip
        self._database = database
        self._ids = ids
        self._clock = clock
        self._a_day_max = limits.offline_messages_per_day
        self._tickets = tickets
        self._names = names

    async def leave(self, visitor: Visitor, cid: str, asked: NewOfflineMessage) -> Left:
        """Store it; the same cid finds the first result.

        Raises `Invalid` (address_missing, empty, email_malformed, phone_malformed), `Conflict` (cid_reused,
        being_answered), `TooMany`, `NotFound`.
        """
        if len(asked.files) > FILES_MAX:
            raise Invalid("files_too_many", f"At most {FILES_MAX} files.", f"最多 {FILES_MAX} 个文件。")
        request = hashlib.blake2b(msgspec.json.encode(asked), digest_size=16).hexdigest()
        speaker = Speaker("visitor", visitor.contact_id)
        order = Order(visitor, speaker, self._ids.new(), self._clock.now_ms(), request, clean(asked.text).strip())
        return await self._database.write(partial(self._leave, visitor, cid, asked, order))

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _leave(self, visitor: Visitor, cid: str, asked: NewOfflineMessage, order: Order, tx: Transaction) -> Left:
        earlier = offline_messages.by_cid(tx, visitor.contact_id, cid)
        if earlier is not None:
            if earlier.request != order.request:
                raise reused()
            return Left(earlier.number, earlier.conversation_id)
        if messages.result_of(tx, visitor.contact_id, cid) is not None:
            raise reused()
        if offline_messages.count_since(tx, visitor.contact_id, order.at - _DAY_MS) >= self._a_day_max:
            raise _too_many()
        contact = self._reachable(tx, visitor, asked)
        before = messages.last_words(tx, asked.conv) if asked.conv else ""
        head = self._spoken(tx, visitor, cid, asked, order, contact)
        ticket = self._followed(tx, head, before, order)
        row = OfflineMessage(
            head.id, contact.id, visitor.inbox_id, cid, order.request, contact.name,
            one_line(asked.email) or contact.email, one_line(asked.phone) or contact.phone, order.at, ticket.id,
        )  # fmt: skip
        offline_messages.insert(tx, row)
        line = journal.Line(
            self._ids.new(), "offline_message.created", {"event": "left_message", "number": str(ticket.number)},
            order.sender, order.at,
        )  # fmt: skip
        after = journal.write(tx, head, step(head, MessageLeft(), order.at), line, self._names)
        conversations.update(tx, after)
        return Left(ticket.number, head.id)

    def _followed(self, tx: Transaction, head: Conversation, before: str, order: Order) -> Ticket:
        """The ticket by which it is followed until it is done: what he asked before, then what he adds to it."""
        said = "\n\n".join(filter(None, (before, order.text)))
        new = NewTicket(
            title_of(tx, head, said), said, type=Type.MESSAGE, contact_id=head.contact_id, team_id=head.team_id,
            conversation_ids=(head.id,),
        )  # fmt: skip
        return self._tickets.make(tx, _AUTHOR, "", new)

    def _reachable(self, tx: Transaction, visitor: Visitor, asked: NewOfflineMessage) -> Contact:
        """His contact with what he says of himself; somebody must be able to answer him."""
        before = contacts.by_id(tx, visitor.contact_id)
        if before is None:
            raise not_found()
        after = with_claims(before, {"name": asked.name, "email": asked.email, "phone": asked.phone})
        if not (one_line(asked.email) or one_line(asked.phone) or after.email or after.phone):
            raise Invalid(
                "address_missing",
                "Give an e-mail address or a phone number, so that we can answer.",
                "请填写邮箱或手机号，方便我们回复你。",
            )
        if after != before:
            contacts.update(tx, after)
            tx.record(ContactChanged(after, actor=Speaker("visitor", visitor.contact_id)))
        return after

    def _spoken(
        self, tx: Transaction, visitor: Visitor, cid: str, asked: NewOfflineMessage, order: Order, contact: Contact
    ) -> Conversation:
        """The conversation with his words in it: the one that he names, or a new one."""
        if asked.conv is None:
            head = self._opened(tx, visitor, order)
        else:
            found = conversations.by_id(tx, asked.conv)
            if found is None:
                raise not_found()
            demand(visitor, "conversation.write", found)
            step(found, MessageLeft(), order.at)  # refused where somebody is answering
            head = found
        if not order.text and not asked.files:
            if asked.conv is None:
                raise empty()
            return head
        attachments = attach(tx, asked.files, head.id, order, visible=True)
        words = order.text or attachments[0].name
        after = entries.spoken(head, speaker="visitor", note=False, line=words, at=order.at)
        message = entries.last_entry(
            after, order.id, Kind.MESSAGE, order.sender, order.at, visible=True, text=order.text, cid=cid,
            attachments=attachments,
        )  # fmt: skip
        messages.insert(tx, message, order.request)
        tx.enqueue("search", head.id, message.id.encode())
        conversations.update(tx, after)
        introduced = contact if asked.conv is None else None
        tx.record(MessageCreated(after, message, introduced, self._names.get(after.assignee_id or "", "")))
        return after

    def _opened(self, tx: Transaction, visitor: Visitor, order: Order) -> Conversation:
        demand(visitor, "conversation.create")
        inbox = inboxes.by_id(tx, visitor.inbox_id)
        if inbox is None:
            raise not_found()
        head = Conversation(
            self._ids.new(), inbox.id, visitor.contact_id, Status.OFFLINE, order.at, order.at, team_id=inbox.team_id
        )
        conversations.insert(tx, head)
        return head


def _too_many() -> TooMany:
    return TooMany(
        "too_many_offline_messages",
        "You have left many messages today. We will answer those; leave the next one tomorrow.",
        "你今天的留言已经很多，我们会逐条回复。其他问题请明天再留言。",
        retry_after_ms=_DAY_MS,
    )
