"""What a visitor is asked before his first message, what his page says of him, and what happens there."""

from collections.abc import Callable, Mapping
from typing import Annotated

from msgspec import Meta, Struct

from app.accounts.fields import checked
from app.accounts.inboxes import Inboxes
from app.accounts.policy import demand
from app.contacts.claims import known, one_line, with_claims, with_room
from app.contacts.contacts import Attributes, Fact
from app.contacts.speakers import speaker
from app.model.clock import Clock
from app.model.errors import Invalid, not_found
from app.model.events import ContactChanged
from app.model.fields import Noun
from app.model.ids import Ids
from app.model.people import Contact, VisitorEvent
from app.model.principals import Principal, Visitor
from app.model.widget import Ask, Fields, InvitationCount, Texts
from app.settings import Limits
from app.storage import contacts, introductions, invitations, visitor_events
from app.storage import fields as own_fields
from app.storage.database import Database, Transaction

_ACCEPTED = "invitation.accepted"
_INVITED = frozenset({"invitation.shown", _ACCEPTED})  # told by the loader
_DAY_MS = 86_400_000

EventName = Annotated[str, Meta(min_length=1, max_length=60)]
EventData = Annotated[dict[EventName, Annotated[str, Meta(max_length=300)]], Meta(max_length=20)]


class Claim(Struct, frozen=True, forbid_unknown_fields=True):
    """What a page says of its visitor, without proof; empty ones say nothing, attributes join those that are known."""

    name: Fact = ""
    email: Fact = ""
    phone: Fact = ""
    attributes: Attributes = {}


class Introduction(Struct, frozen=True, forbid_unknown_fields=True):
    """The answers to what an inbox asks: `free` to its own field, `consent` whether its words are agreed to."""

    name: Fact = ""
    email: Fact = ""
    phone: Fact = ""
    free: Fact = ""
    consent: bool = False


class Happening(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that happened on the site: a name of its own, and what goes with it."""

    name: EventName
    data: EventData = {}


class Standing(Struct, frozen=True):
    """Which facts are known of a visitor, and whether he has answered what is asked; no fact itself."""

    known: tuple[str, ...]
    introduced: bool


class Introductions:
    """Keeps what visitors say of themselves."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, inboxes: Inboxes, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._inboxes = inboxes
        self._events_kept = limits.visitor_events_kept

    async def standing(self, visitor: Visitor) -> Standing:
        """What needs not be asked of him."""
        contact = await contacts.find(self._database, visitor.contact_id)
        if contact is None:
            raise not_found()
        return Standing(self._known(visitor, contact), await introductions.is_there(self._database, contact.id))

    async def introduce(self, visitor: Visitor, said: Introduction) -> Standing:
        """Keep his answers. Raises `Invalid` where a required one is missing, is malformed, or he does not agree."""
        fields = self._inboxes.find(visitor.inbox_id).widget.fields
        agreed = fields.consent.en or fields.consent.zh
        if agreed and not said.consent:
            raise Invalid(
                "consent_missing",
                "To write to us, agree to the line below the fields.",
                "请先同意表单下方的条款，再开始会话。",
            )
        free = {free_label(fields): said.free} if fields.free is not Ask.NO else {}
        facts = {"name": said.name, "email": said.email, "phone": said.phone}
        asked = {name: value for name, value in facts.items() if getattr(fields, name) is not Ask.NO}

        def unit(tx: Transaction, before: Contact) -> Contact:
            room = with_room(before, free_label(fields)) if one_line(said.free) and free else before
            after = with_claims(room, asked, _checked(tx, room, free))
            _demand_answers(fields, self._known(visitor, after))
            now = self._clock.now_ms()
            introductions.save(tx, before.id, visitor.inbox_id, now, _both(fields.consent), fields.consent_link)
            return after

        after = await self._changed(visitor, unit)
        return Standing(self._known(visitor, after), introduced=True)

    async def claim(self, visitor: Visitor, claim: Claim) -> Standing:
        """Keep what his page says of him, as nobody's checked word; raises `Invalid`."""
        facts = {"name": claim.name, "email": claim.email, "phone": claim.phone}

        def unit(tx: Transaction, before: Contact) -> Contact:
            return with_claims(before, facts, _checked(tx, before, claim.attributes))

        await self._changed(visitor, unit)
        return await self.standing(visitor)

    async def happened(self, visitor: Visitor, happening: Happening) -> None:
        """Note what happened on the site; the newest `limits.visitor_events_kept` stay."""
        demand(visitor, "contact.claim")
        if happening.name in _INVITED:
            await self._invited(visitor, happening)
            return
        data = {one_line(key): one_line(value) for key, value in happening.data.items()}
        event = VisitorEvent(
            self._ids.new(), visitor.contact_id, visitor.inbox_id, one_line(happening.name), data, self._clock.now_ms()
        )
        await self._database.write(lambda tx: visitor_events.insert(tx, event, self._events_kept))

    async def invitations(self, principal: Principal, inbox_id: str, days: int) -> list[InvitationCount]:
        """How often each invitation of an inbox was shown and followed in the last days; raises `NotFound`."""
        demand(principal, "inbox.manage")
        self._inboxes.find(inbox_id)
        return await invitations.since(self._database, inbox_id, self._clock.now_ms() // _DAY_MS - days)

    async def _invited(self, visitor: Visitor, happening: Happening) -> None:
        """Count it, where it is one of the inbox's; nobody is told, for it happens on every other page."""
        rule = happening.data.get("rule", "")
        if all(one.id != rule for one in self._inboxes.find(visitor.inbox_id).widget.invitations):
            return
        day, accepted = self._clock.now_ms() // _DAY_MS, happening.name == _ACCEPTED
        await self._database.write(
            lambda tx: invitations.count(tx, visitor.inbox_id, rule, day, shown=not accepted, accepted=accepted)
        )

    async def _changed(self, visitor: Visitor, change: Callable[[Transaction, Contact], Contact]) -> Contact:
        demand(visitor, "contact.claim")

        def unit(tx: Transaction) -> Contact:
            before = contacts.by_id(tx, visitor.contact_id)
            if before is None:
                raise not_found()
            after = change(tx, before)
            if after != before:
                contacts.update(tx, after)
                tx.record(ContactChanged(after, actor=speaker(visitor)))
            return after

        return await self._database.write(unit)

    def _known(self, visitor: Visitor, contact: Contact) -> tuple[str, ...]:
        label = free_label(self._inboxes.find(visitor.inbox_id).widget.fields)
        return (*known(contact), "free") if contact.attributes.get(label) else known(contact)


def _checked(tx: Transaction, before: Contact, said: Mapping[str, str]) -> dict[str, str]:
    """What he says under names of the desk's own fields of contacts must be what these hold."""
    tidy = {one_line(key): one_line(value) for key, value in said.items()}
    return checked(own_fields.all_of(tx, Noun.CONTACT), before.attributes, tidy)


def free_label(fields: Fields) -> str:
    """The attribute under which the inbox's own field is kept: one name, in whatever language it was answered."""
    return one_line(fields.free_label.en or fields.free_label.zh)[:60]


def _demand_answers(fields: Fields, answered: tuple[str, ...]) -> None:
    for name in ("name", "email", "phone", "free"):
        if getattr(fields, name) is Ask.REQUIRED and name not in answered:
            raise Invalid(
                "answer_missing",
                "One of the required fields is empty. Fill it in, then go on.",
                "有必填项未填写。请填写后继续。",
            )


def _both(texts: Texts) -> str:
    return "\n".join(text for text in (texts.en, texts.zh) if text)
