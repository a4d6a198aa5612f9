"""What the desk knows of a contact, and the pages he looked at."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.fields import checked
from app.accounts.policy import demand
from app.contacts.claims import facts_of, still_claimed
from app.contacts.organisations import assigned, demand_known
from app.contacts.speakers import speaker
from app.contacts.staging import Brought, Staging, fit
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Invalid, not_found
from app.model.events import ContactChanged, PageViewed
from app.model.fields import Field, Noun
from app.model.frames import Id, Page
from app.model.ids import Ids
from app.model.people import Contact, Visit, VisitorEvent
from app.model.principals import Principal, Visitor
from app.settings import Limits
from app.storage import contacts, fields, organisations, visitor_events, visits
from app.storage.database import Database, Transaction

_PLACE_MAX = 34

Fact = Annotated[str, Meta(max_length=200)]
Attributes = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=60)], Annotated[str, Meta(max_length=1_000)]],
    Meta(max_length=50),
]


class ContactChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays. `attributes` replaces all of them; `organisation_id` null: he has none."""

    name: Fact | UnsetType = UNSET
    email: Fact | UnsetType = UNSET
    phone: Fact | UnsetType = UNSET
    attributes: Attributes | UnsetType = UNSET
    organisation_id: Id | UnsetType | None = UNSET


class NewContact(Struct, frozen=True, forbid_unknown_fields=True):
    """A contact that is brought from elsewhere; empty facts say nothing."""

    name: Fact = ""
    email: Fact = ""
    phone: Fact = ""
    language: Annotated[str, Meta(max_length=20)] = ""
    attributes: Attributes = {}
    organisation_id: Id | None = None


class ContactPage(Struct, frozen=True):
    """The last seen first; `next` leads to the page after it. `organisations`: what theirs are called, by id."""

    contacts: list[Contact]
    next: str | None
    organisations: dict[str, str] = {}


class Contacts:
    """Reads and changes contacts."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._visits_kept = limits.visits_kept
        self._events_kept = limits.visitor_events_kept
        self._scan_max = limits.contacts_scan_max
        self.staging = Staging(database, ids, limits)

    async def find(self, principal: Principal, contact_id: str) -> Contact:
        """One contact; raises `NotFound`, `Forbidden`."""
        demand(principal, "contact.read")
        found = await contacts.find(self._database, contact_id)
        if found is None:
            raise not_found()
        return found

    async def search(self, principal: Principal, words: str, limit: int) -> list[Contact]:
        """At most `limit` contacts by name, address, phone or number, the last seen first."""
        demand(principal, "contact.read")
        wanted = words.strip()
        return await contacts.matching(self._database, wanted, limit, self._scan_max) if wanted else []

    async def page(
        self,
        principal: Principal,
        words: str,
        *,
        verified: bool,
        before: str,
        limit: int,
        organisation_id: str | None = None,
    ) -> ContactPage:
        """A page of all, or of those whom `words` fit, of an organisation where one is named.

        Raises `Invalid` for a `before` that was never given out.
        """
        demand(principal, "contact.read")
        place = _place(before)
        wanted = words.strip()
        found = await contacts.page(self._database, wanted, verified, place, limit + 1, self._scan_max, organisation_id)
        last = found[limit - 1] if len(found) > limit else None
        belong = (one.organisation_id for one in found if one.organisation_id is not None)
        names = await organisations.names(self._database, belong)
        return ContactPage(found[:limit], None if last is None else f"{last.seen_at}-{last.number}", names)

    def bring(self, tx: Transaction, new: NewContact, known_fields: Sequence[Field] = ()) -> bool:
        """Store one that is brought from elsewhere, in a transaction of the caller's; whether it is new.

        Of `known_fields` are the desk's own fields of contacts, which say what their values may be.

        The same address, where a colleague or a website said so, is the same contact: what is brought takes the place
        of what was known. Raises `Invalid` as `brought`, and where a value is not what its field holds.
        """
        told = brought(new)
        known = contacts.by_email(tx, told.email) if told.email else None
        told = told.checked(known_fields, known)
        if known is None:
            at = self._clock.now_ms()
            contacts.insert(tx, assigned(tx, None, told.over(Contact(self._ids.new(), 0, at, at))))
            return True
        contacts.update(tx, assigned(tx, known, told.over(known)))
        return False

    async def visits(self, principal: Principal, contact_id: str) -> list[Visit]:
        """The last pages of a contact, newest first."""
        demand(principal, "contact.read")
        return await visits.newest(self._database, contact_id, self._visits_kept)

    async def events(self, principal: Principal, contact_id: str) -> list[VisitorEvent]:
        """What happened on the site, newest first."""
        demand(principal, "contact.read")
        return await visitor_events.newest(self._database, contact_id, self._events_kept)

    async def change(self, principal: Principal, contact_id: str, change: ContactChange) -> Contact:
        """Change facts; raises `NotFound`, `Forbidden`, `Invalid` (email_malformed, phone_malformed)."""
        demand(principal, "contact.write")

        def unit(tx: Transaction) -> Contact:
            before = contacts.by_id(tx, contact_id)
            if before is None:
                raise not_found()
            after = replace(
                before,
                **_new_facts(before, change),
                attributes=_attributes(tx, before, change.attributes),
            )
            after = assigned(tx, before, replace(after, claimed=still_claimed(before, after)))
            if change.organisation_id is not UNSET:
                if change.organisation_id is not None:
                    demand_known(tx, change.organisation_id)
                after = replace(after, organisation_id=change.organisation_id)
            if after != before:
                contacts.update(tx, after)
                thing = Subject("contact", after.id, after.name or f"#{after.number}")
                record_change(tx, principal, "contact.change", thing, before, after)
                tx.record(ContactChanged(after, actor=speaker(principal)))
            return after

        return await self._database.write(unit)

    async def visited(self, visitor: Visitor, page: Page, *, announce: bool) -> Visit:
        """Note a page; the newest `limits.visits_kept` stay. Announced only where somebody may be looking."""
        demand(visitor, "page.view")
        visit = Visit(
            self._ids.new(), visitor.contact_id, visitor.inbox_id, page.url, page.title, page.referrer,
            self._clock.now_ms(),
        )  # fmt: skip

        def unit(tx: Transaction) -> Visit:
            visits.insert(tx, visit, self._visits_kept)
            contacts.seen(tx, visit.contact_id, visit.at)
            if announce:
                tx.announce(PageViewed(visit))
            return visit

        return await self._database.write(unit)


def _attributes(tx: Transaction, before: Contact, wanted: dict[str, str] | UnsetType) -> dict[str, str]:
    if wanted is UNSET:
        return before.attributes
    return checked(fields.all_of(tx, Noun.CONTACT), before.attributes, wanted)


def brought(new: NewContact) -> Brought:
    """As it may be kept; raises `Invalid` where there is nothing by which he could be known, or an address is none."""
    return fit(new.name, new.email, new.phone, new.language, new.attributes, new.organisation_id)


def _new_facts(before: Contact, change: ContactChange) -> dict[str, str]:
    """Name, e-mail and phone where they become others; what stood there before was written by other rules."""
    named = {"name": change.name, "email": change.email, "phone": change.phone}
    given = {name: value for name, value in named.items() if isinstance(value, str) and value != getattr(before, name)}
    tidy = facts_of(given)
    return {name: tidy[name] for name in given}


def _place(before: str) -> tuple[int, int]:
    if not before:
        return 2**53, 2**53
    at, _, number = before.partition("-")
    if not (at.isascii() and number.isascii() and at.isdecimal() and number.isdecimal() and len(before) <= _PLACE_MAX):
        raise Invalid(
            "cursor_unknown",
            "This place in the list does not exist. Load the list again.",
            "列表位置无效。请重新加载列表。",
            field="before",
        )
    return int(at), int(number)
