"""What the desk knows of a contact, and the pages he looked at."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.policy import demand
from app.contacts.claims import still_claimed
from app.model.clock import Clock
from app.model.errors import not_found
from app.model.events import ContactChanged, PageViewed
from app.model.frames import Page
from app.model.ids import Ids
from app.model.people import Contact, Visit, VisitorEvent
from app.model.principals import Principal, Visitor
from app.settings import Limits
from app.storage import contacts, visitor_events, visits
from app.storage.database import Database, Transaction

Fact = Annotated[str, Meta(max_length=200)]
Attributes = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=60)], Annotated[str, Meta(max_length=1_000)]],
    Meta(max_length=50),
]


class ContactChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays. `attributes` replaces all of them."""

    name: Fact | UnsetType = UNSET
    email: Fact | UnsetType = UNSET
    phone: Fact | UnsetType = UNSET
    attributes: Attributes | UnsetType = UNSET


class Contacts:
    """Reads and changes contacts."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._visits_kept = limits.visits_kept
        self._events_kept = limits.visitor_events_kept
        self._scan_max = limits.contacts_scan_max

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

    async def visits(self, principal: Principal, contact_id: str) -> list[Visit]:
        """The last pages of a contact, newest first."""
        demand(principal, "contact.read")
        return await visits.newest(self._database, contact_id, self._visits_kept)

    async def events(self, principal: Principal, contact_id: str) -> list[VisitorEvent]:
        """What happened on the site, newest first."""
        demand(principal, "contact.read")
        return await visitor_events.newest(self._database, contact_id, self._events_kept)

    async def change(self, principal: Principal, contact_id: str, change: ContactChange) -> Contact:
        """Change facts; raises `NotFound`, `Forbidden`."""
        demand(principal, "contact.write")

        def unit(tx: Transaction) -> Contact:
            before = contacts.by_id(tx, contact_id)
            if before is None:
                raise not_found()
            after = replace(
                before,
                name=before.name if change.name is UNSET else change.name.strip(),
                email=before.email if change.email is UNSET else change.email.strip(),
                phone=before.phone if change.phone is UNSET else change.phone.strip(),
                attributes=before.attributes if change.attributes is UNSET else change.attributes,
            )
            after = replace(after, claimed=still_claimed(before, after))
            if after != before:
                contacts.update(tx, after)
                tx.record(ContactChanged(after))
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
