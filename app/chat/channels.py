"""What customers write by another system becomes messages here: whose they are, which conversation they go on with.

From there on they are like any visitor's: the same verb takes them, so queue, routing and hours hold for them. All of
one message is one transaction, and under its id there it is taken once, however often it comes.
"""

import hashlib

from app.accounts.inboxes import Inboxes
from app.chat import entries
from app.chat.messages import Messages
from app.chat.status import continues
from app.contacts.blocks import Blocks
from app.contacts.claims import facts_of, one_line, with_claims
from app.contacts.organisations import assigned
from app.model.channels import Said
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Speaker, Status
from app.model.errors import Invalid
from app.model.events import ContactChanged, MessageCreated
from app.model.frames import Send
from app.model.ids import Ids
from app.model.people import Contact, Inbox, VisitorEvent
from app.model.principals import SOURCE, System, Visitor
from app.settings import Limits
from app.storage import channels, contacts, conversations, messages, source_links, visitor_events
from app.storage.database import Database, Transaction
from app.storage.source_links import Link

KIND = "channel"  # of an inbox
_HOUR_MS = 3_600_000
_LANGUAGE_MAX, _NAME_MAX, _REASON_MAX = 20, 80, 300


class Channels:
    """Takes in what comes by channels."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        speaking: Messages,
        room: Inboxes,
        blocks: Blocks,
        limits: Limits,
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._messages = speaking
        self._inboxes = room
        self._blocks = blocks
        self._events_kept = limits.visitor_events_kept
        self._reopen_ms = limits.reopen_hours * _HOUR_MS

    async def inbox(self, source: str, name: str) -> Inbox:
        """The inbox that a source calls so: by its id, by its name, else a new one; whatever it is called later.

        Raises `Invalid` where that is an address: what is said there leaves by mail.
        """
        principal = System(f"{SOURCE}{source}")
        kept = await self._database.write(lambda tx: source_links.ours(tx, source, "inbox", name))
        held = {one.id: one for one in self._inboxes.listing(principal)}
        found = held.get(kept.thing_id) if kept is not None else None
        found = found or held.get(name) or next((one for one in held.values() if one.name == one_line(name)), None)
        if found is None:
            found = await self._inboxes.named(principal, name, KIND)
        if found.kind == "email":
            raise _an_address(name)
        link = Link(source, name, found.id, 0)
        if kept is None or kept.thing_id != found.id:
            await self._database.write(lambda tx: source_links.join(tx, "inbox", link))
        return found

    async def knows(self, source: str, message_id: str) -> bool:
        """Whether this was taken already."""
        return await self._database.write(lambda tx: source_links.ours(tx, source, "message", message_id)) is not None

    async def writer(self, said: Said) -> Visitor:
        """Whose files these are, before they are taken in."""
        return await self._database.write(lambda tx: Visitor(self._contact(tx, said).id, said.inbox_id))

    def take(self, tx: Transaction, said: Said) -> bool:
        """Store one; whether that changed anything: it may have come before, or be of somebody who is blocked.

        Raises what `Messages.accept` does.
        """
        source = said.channel.source
        if source_links.ours(tx, source, "message", said.id) is not None:
            return False
        contact = self._contact(tx, said)
        if self._blocks.of(contact.id) is not None:
            return False
        contacts.seen(tx, contact.id, self._clock.now_ms())
        made = self._noted(tx, contact, said) if said.event else self._spoken(tx, contact, said)
        source_links.join(tx, "message", Link(source, said.id, made, 0))
        return True

    def undelivered(self, tx: Transaction, conversation_id: str, en: str, zh: str) -> None:
        """Tell colleagues in the thread that what was said there last did not reach the customer, and why."""
        head = conversations.by_id(tx, conversation_id)
        kept = channels.of(tx, conversation_id)
        if head is None or kept is None:
            return
        after = entries.counted(head, visible=False, at=self._clock.now_ms())
        data = {"event": "channel_failed", "en": en[:_REASON_MAX], "zh": zh[:_REASON_MAX]}
        speaker = Speaker("system", f"{SOURCE}{kept.source}")
        line = entries.last_entry(
            after, self._ids.new(), Kind.SYSTEM, speaker, after.updated_at, visible=False, data=data
        )  # fmt: skip
        messages.insert(tx, line)
        conversations.advance(tx, after)
        tx.record(MessageCreated(after, line))

    def _noted(self, tx: Transaction, contact: Contact, said: Said) -> str:
        """Something that he did there: shown beside what he did at the website."""
        event = VisitorEvent(
            self._ids.new(), contact.id, said.inbox_id, said.event, dict(said.data), self._clock.now_ms()
        )
        visitor_events.insert(tx, event, self._events_kept)
        return event.id

    def _spoken(self, tx: Transaction, contact: Contact, said: Said) -> str:
        head = self._continued(tx, contact, said)
        visitor = Visitor(contact.id, said.inbox_id if head is None else head.inbox_id)
        cid = hashlib.blake2b(f"{said.channel.source}\0{said.id}".encode(), digest_size=16).hexdigest()
        command = Send(cid, None if head is None else head.id, said.text, said.files)
        ack = self._messages.bring(tx, visitor, command, {**said.data, "channel": said.channel.source})
        channels.keep(tx, ack.conv, said.channel, self._clock.now_ms())
        return ack.id

    def _continued(self, tx: Transaction, contact: Contact, said: Said) -> Conversation | None:
        """The conversation in which he wrote last, as long as it is his; one that is over leads to what follows it."""
        kept = channels.newest(tx, said.channel.source, said.channel.sender)
        head = None if kept is None else conversations.by_id(tx, kept)
        if head is None or head.contact_id != contact.id:
            return None
        is_over = head.status is Status.CLOSED or not continues(head, self._reopen_ms, self._clock.now_ms())
        return None if is_over and head.inbox_id != said.inbox_id else head

    def _contact(self, tx: Transaction, said: Said) -> Contact:
        """Who is called so there; whoever goes on with him, where he was merged."""
        channel = said.channel
        link = source_links.ours(tx, channel.source, "contact", channel.sender)
        known = None if link is None else contacts.surviving(tx, link.thing_id)
        claims = _claims(said)
        if known is not None:
            after = with_claims(known, claims)
            if after != known:
                contacts.update(tx, assigned(tx, known, after))
                tx.record(ContactChanged(after, actor=Speaker("system", f"{SOURCE}{channel.source}")))
            return after
        now = self._clock.now_ms()
        fresh = Contact(self._ids.new(), 0, now, now, language=said.language[:_LANGUAGE_MAX])
        made = contacts.insert(tx, assigned(tx, None, with_claims(fresh, claims)))
        actor = Speaker("system", f"{SOURCE}{channel.source}")
        tx.record(ContactChanged(made, name="contact.created", actor=actor))
        source_links.join(tx, "contact", Link(channel.source, channel.sender, made.id, 0))
        return made


def _claims(said: Said) -> dict[str, str]:
    """What he says of himself; where it is no address, his words count all the same."""
    claims = {"name": one_line(said.name)[:_NAME_MAX]}
    for fact, value in (("email", said.email), ("phone", said.phone)):
        try:
            claims[fact] = facts_of({fact: value})[fact]
        except Invalid:  # masked, say
            continue
    return claims


def _an_address(name: str) -> Invalid:
    return Invalid(
        "inbox_unusable",
        f"“{name}” is an e-mail address: what is said there leaves by mail. Name another inbox, or a new one.",
        f"“{name}”是邮箱渠道，其中的回复会以邮件发出。请填写其他收件箱，或新名称。",
        field="inbox",
    )
