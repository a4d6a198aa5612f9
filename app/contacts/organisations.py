"""Whom contacts belong to: organisations, made and changed by who manages contacts, found by who reads them."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record, record_change
from app.accounts.fields import Values, with_values
from app.accounts.policy import demand
from app.contacts.claims import one_line
from app.contacts.domains import DOMAINS_MAX, domains_of, tidy_domains
from app.model.audit import Change, Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, not_found
from app.model.events import OrganisationsChanged
from app.model.fields import Noun
from app.model.ids import Ids
from app.model.people import Contact, Organisation
from app.model.principals import Principal
from app.settings import Limits
from app.storage import contacts, fields, organisations
from app.storage.database import Database, Transaction

_CURSOR_MAX = 400

Name = Annotated[str, Meta(max_length=200)]
Domains = Annotated[tuple[Annotated[str, Meta(max_length=300)], ...], Meta(max_length=DOMAINS_MAX)]
Note = Annotated[str, Meta(max_length=8_000)]
Cursor = Annotated[str, Meta(max_length=_CURSOR_MAX)]


class NewOrganisation(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be added; `attributes` are values of the desk's own fields of organisations by their keys."""

    name: Name
    domains: Domains = ()
    note: Note = ""
    external_id: Name = ""
    attributes: Values = {}


class OrganisationChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays. `attributes` names those that change, "" takes a value away."""

    name: Name | UnsetType = UNSET
    domains: Domains | UnsetType = UNSET
    note: Note | UnsetType = UNSET
    external_id: Name | UnsetType = UNSET
    attributes: Values | UnsetType = UNSET


class ListedOrganisation(Struct, frozen=True):
    """One with how many contacts belong to it, counted to a bound (`limits.organisation_contacts_counted`)."""

    organisation: Organisation
    contacts: int


class OrganisationPage(Struct, frozen=True):
    """By name; `next` leads to the page after it."""

    organisations: list[ListedOrganisation]
    next: str | None


class Organisations:
    """Reads and changes organisations."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits

    async def page(self, principal: Principal, words: str, after: str, limit: int) -> OrganisationPage:
        """Those whose name or domain holds `words`, or whom another system calls so, by name."""
        demand(principal, "contact.read")
        most = self._limits.organisation_contacts_counted
        found = await organisations.page(self._database, words.strip(), after, limit + 1, most)
        rows = [ListedOrganisation(*one) for one in found[:limit]]
        return OrganisationPage(rows, organisations.folded(rows[-1].organisation.name) if len(found) > limit else None)

    async def find(self, principal: Principal, organisation_id: str) -> Organisation:
        """One of them; raises `NotFound`, `Forbidden`."""
        demand(principal, "contact.read")
        found = await organisations.find(self._database, organisation_id)
        if found is None:
            raise not_found()
        return found

    async def of_contact(self, contact: Contact) -> tuple[Organisation | None, Organisation | None]:
        """Whom a contact belongs to; else the one that his address speaks for, for somebody to say so."""
        if contact.organisation_id is not None:
            return await organisations.find(self._database, contact.organisation_id), None
        return None, await organisations.find_by_domains(self._database, domains_of(contact.email))

    async def create(self, principal: Principal, new: NewOrganisation) -> Organisation:
        """Add one.

        Raises `Forbidden`, `Invalid` (empty, domain_…, field_unknown, value_unusable), `Conflict` (limit_reached,
        name_taken, domain_taken, external_id_taken).
        """
        demand(principal, "contact.manage")
        return await self._database.write(lambda tx: self._created(tx, principal, new))

    async def change(self, principal: Principal, organisation_id: str, change: OrganisationChange) -> Organisation:
        """Change one; raises `NotFound` and as `create`."""
        demand(principal, "contact.manage")

        def unit(tx: Transaction) -> Organisation:
            before = organisations.by_id(tx, organisation_id)
            if before is None:
                raise not_found()
            named = {name: getattr(change, name) for name in change.__struct_fields__}
            wanted = {name: value for name, value in named.items() if value is not UNSET}
            if change.attributes is not UNSET:
                wanted["attributes"] = _valued(tx, before.attributes, change.attributes)
            after = _tidy(replace(before, **wanted))
            if after == before:
                return before
            return self._saved(tx, principal, before, replace(after, updated_at=self._clock.now_ms()))

        return await self._database.write(unit)

    async def delete(self, principal: Principal, organisation_id: str) -> None:
        """Forget one; its contacts stay, and belong to none. Raises `NotFound`."""
        demand(principal, "contact.manage")

        def unit(tx: Transaction) -> None:
            gone = organisations.by_id(tx, organisation_id)
            if gone is None:
                raise not_found()
            contacts.leave(tx, gone.id)
            organisations.delete(tx, gone.id)
            before = {"domains": list(gone.domains), "external_id": gone.external_id, "note": gone.note}
            told = {name: value for name, value in before.items() if value}
            record(tx, principal, "organisation.delete", Subject("organisation", gone.id, gone.name), Change(told))
            tx.announce(OrganisationsChanged(gone.id))

        await self._database.write(unit)

    def bring(self, tx: Transaction, principal: Principal, called: str) -> str:
        """The id of the one that is called so, here or in another system; one that nobody knows is made.

        In a transaction of the caller's; raises as `create`.
        """
        known = organisations.by_name(tx, one_line(called)) or organisations.by_external_id(tx, one_line(called))
        return (known or self._created(tx, principal, NewOrganisation(called))).id

    def _created(self, tx: Transaction, principal: Principal, new: NewOrganisation) -> Organisation:
        if organisations.count(tx) >= self._limits.organisations_max:
            raise _too_many(self._limits.organisations_max)
        now = self._clock.now_ms()
        attributes = _valued(tx, {}, new.attributes) if new.attributes else {}
        made = Organisation(
            self._ids.new(), new.name, new.domains, new.note, new.external_id, attributes, now, now
        )  # fmt: skip
        return self._saved(tx, principal, None, _tidy(made))

    def _saved(
        self, tx: Transaction, principal: Principal, before: Organisation | None, after: Organisation
    ) -> Organisation:
        _demand_its_own(tx, after)
        organisations.save(tx, after)
        action = "organisation.create" if before is None else "organisation.change"
        record_change(tx, principal, action, Subject("organisation", after.id, after.name), before, after)
        tx.announce(OrganisationsChanged(after.id))
        return after


def assigned(tx: Transaction, before: Contact | None, after: Contact) -> Contact:
    """The contact with the organisation that his new address speaks for, where he has none.

    An address that nobody has checked speaks for nobody: whoever writes it into a page could be anybody.
    """
    was = "" if before is None else before.email
    checked_now = before is not None and "email" in before.claimed
    if after.organisation_id is not None or not after.email or "email" in after.claimed:
        return after
    if after.email == was and not checked_now:
        return after
    found = organisations.by_domains(tx, domains_of(after.email))
    return after if found is None else replace(after, organisation_id=found.id)


def demand_known(tx: Transaction, organisation_id: str) -> None:
    """Raise `Invalid` (organisation_unknown) where there is none of this id."""
    if organisations.by_id(tx, organisation_id) is None:
        raise Invalid(
            "organisation_unknown",
            "This organisation does not exist any more. Choose another.",
            "该组织已不存在。请选择其他组织。",
            field="organisation_id",
        )


def _valued(tx: Transaction, held: dict[str, str], wanted: dict[str, str]) -> dict[str, str]:
    return with_values(fields.all_of(tx, Noun.ORGANISATION), held, wanted, "attributes")


def _tidy(said: Organisation) -> Organisation:
    name = one_line(said.name)
    if not name:
        raise Invalid("empty", "The organisation has no name. Write one.", "组织没有名称。请填写。", field="name")
    note = said.note.replace("\0", "").strip()
    return replace(
        said, name=name, note=note, external_id=one_line(said.external_id), domains=tidy_domains(said.domains)
    )


def _demand_its_own(tx: Transaction, one: Organisation) -> None:
    """Its name, domains and external id are nobody else's, so that each of them leads to one."""
    other = organisations.by_name(tx, one.name)
    if other is not None and other.id != one.id:
        raise _taken("name", one.name, other)
    other = organisations.by_external_id(tx, one.external_id)
    if other is not None and other.id != one.id:
        raise _taken("external_id", one.external_id, other)
    for domain in one.domains:
        other = organisations.by_domains(tx, (domain,))
        if other is not None and other.id != one.id:
            raise _taken("domain", domain, other)


def _taken(what: str, value: str, other: Organisation) -> Conflict:
    return Conflict(
        f"{what}_taken",
        f"{value} is {other.name} already. Use that organisation, or write something else.",
        f"{value} 已属于组织“{other.name}”。请使用该组织，或填写其他内容。",
        field="domains" if what == "domain" else what,
    )


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} organisations, which is the most. Delete one that is not needed.",
        f"组织已达上限 {most} 个。请删除不再需要的组织。",
    )
