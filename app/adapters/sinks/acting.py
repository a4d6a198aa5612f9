"""Sinks that are our own verbs: what another system brings becomes a ticket, by the room that tickets have.

The ticket that it calls by its own number is the same one however often it comes, and says so under its references.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.proving.signing import text_of
from app.adapters.sinks.agreeing import TICKET, Base, Fact, Rule, agree, read_base
from app.adapters.sinks.changes import Changed
from app.adapters.sinks.sink import FAILED, UNCHANGED, WRITTEN, Mapped, Outcome, Ready
from app.adapters.specs.model import Act
from app.contacts.claims import is_address
from app.contacts.contacts import NewContact
from app.contacts.joined import JoinedContacts, Known
from app.model.conversations import Speaker
from app.model.errors import Problem
from app.model.events import TicketChanged
from app.model.people import Contact
from app.model.principals import SOURCE, System
from app.model.tickets import Change, Ticket
from app.records.bodies import milliseconds
from app.storage import contacts, source_links
from app.storage.database import Transaction
from app.storage.source_links import Link
from app.tickets.tickets import Named, NewTicket, TicketChange, Tickets

_OWN = "fields"
_DESK = Speaker("system", "")
_WHOM = ("external_id", "email")
_OF_TICKETS = frozenset(TicketChange.__struct_fields__) - {"expected", "contact_id"}


class Brought(Struct, frozen=True):
    """A case as it may be kept; `customer` is by what its contact is looked for, `facts` what they say of it."""

    named: Named
    new: NewTicket
    facts: dict[str, Fact]
    changed_at: int
    customer: dict[str, str]


class ContactSink:
    """`contacts.upsert`: customers as another system knows them."""

    def __init__(self, joined: JoinedContacts, source: str, owner: Mapping[str, str]) -> None:
        self._joined = joined
        self._source = source
        self._ours = frozenset(name for name, whose in owner.items() if whose == "us")

    def prepare(self, mapped: Mapped) -> Ready:
        """Checked against what a contact may be."""
        fields = {name: value for name, value in mapped.fields.items() if value is not None}
        changed_at = _moment(fields.pop("changed_at", None))
        attributes = {
            str(key): text_of(value)
            for key, value in (fields.pop("attributes", None) or {}).items()
            if value is not None
        }
        told = {name: text_of(value) for name, value in fields.items()}
        called = told.pop("id", "")
        if not called:
            raise _nameless()
        ours = {name for name in self._ours if name != "attributes"}
        if "attributes" in self._ours:
            ours |= {f"attributes.{key}" for key in attributes}
        try:
            new = msgspec.convert({**told, "attributes": attributes}, NewContact)
        except msgspec.ValidationError as error:
            raise _malformed("contact", str(error)) from error
        return Ready(mapped, Known(self._source, called, new, changed_at, frozenset(ours)))

    def write(self, tx: Transaction, ready: Sequence[Ready]) -> list[Outcome]:
        """One that cannot be taken is told apart and holds none of the others back."""
        return [self._one(tx, one.thing) for one in ready]

    def _one(self, tx: Transaction, known: Known) -> Outcome:
        try:
            return Outcome(tx.attempt(lambda: self._joined.upsert(tx, known)))
        except Problem as problem:
            return Outcome(FAILED, BadDocument(problem.code, problem.field, problem.en, problem.zh))


class TicketSink:
    """`tickets.open` makes and changes them, `tickets.update` changes those that are there.

    What a desk changes meanwhile is held against what they said last, by `agreeing`.
    """

    def __init__(self, tickets: Tickets, source: str, act: Act, changed: Changed, *, opens: bool) -> None:
        self._tickets = tickets
        self._source = source
        self._rule = Rule(act.owner, act.conflict)
        self._changed = changed
        self._principal = System(f"{SOURCE}{source}")
        self._opens = opens

    def prepare(self, mapped: Mapped) -> Ready:
        """Checked against what a ticket may be."""
        changed_at = self._changed.of(mapped)
        fields = {name: value for name, value in self._changed.without(mapped).items() if value is not None}
        said = fields.pop("customer", None)
        customer = {name: str(said[name]) for name in _WHOM if said.get(name)} if isinstance(said, dict) else {}
        named = _shaped(
            {"system": self._source, "reference": str(fields.pop("id", "")), "url": str(fields.pop("url", ""))}, Named
        )
        change: TicketChange = _shaped(_known(fields), TicketChange)
        return Ready(mapped, Brought(named, _shaped(fields, NewTicket), _facts(change), changed_at, customer))

    def write(self, tx: Transaction, ready: Sequence[Ready]) -> list[Outcome]:
        """One that cannot be taken is told apart and holds none of the others back."""
        return [self._one(tx, one.thing) for one in ready]

    def _one(self, tx: Transaction, brought: Brought) -> Outcome:
        before = tx.pos
        try:
            tx.attempt(lambda: self._bring(tx, brought))
        except Problem as problem:
            return Outcome(FAILED, BadDocument(problem.code, problem.field, problem.en, problem.zh))
        return Outcome(WRITTEN if tx.pos > before else UNCHANGED)

    def _bring(self, tx: Transaction, brought: Brought) -> None:
        there = self._tickets.called(tx, brought.named)
        if there is None:
            self._open(tx, brought)
            return
        named = brought.named
        link = source_links.ours(tx, self._source, TICKET, named.reference)
        base = read_base(link.base if link is not None else "")
        ours = _ours(there, brought.facts)
        our_time = partial(self._tickets.changed_at, tx, there)
        agreed = agree(self._rule, brought.facts, ours, base, brought.changed_at, our_time)
        after, _ = self._tickets.bring(tx, self._principal, named, brought.new, _change(agreed.taken))
        self._remember(tx, brought, after.id)
        if agreed.told:
            now = _ours(after, brought.facts)
            changes = tuple(Change(fact, _shown(brought.facts[fact]), _shown(now[fact])) for fact in agreed.told)
            tx.record(TicketChanged("ticket.updated", after, _DESK, after.team_id, after.assignee_id, changes=changes))

    def _open(self, tx: Transaction, brought: Brought) -> None:
        if not self._opens:
            raise _nobody(brought.named)
        contact = _contact(tx, brought.customer)
        new = msgspec.structs.replace(brought.new, contact_id=contact.id if contact else None)
        made, _ = self._tickets.bring(tx, self._principal, brought.named, new, TicketChange())
        self._remember(tx, brought, made.id)

    def _remember(self, tx: Transaction, brought: Brought, ticket_id: str) -> None:
        """What they said last, so that the next time shows what they have changed."""
        base = Base(brought.facts).encoded()
        link = Link(self._source, brought.named.reference, ticket_id, brought.changed_at, base)
        source_links.join(tx, TICKET, link)


def _facts(change: TicketChange) -> dict[str, Fact]:
    """By name; each of the desk's own fields for itself."""
    said: dict[str, Any] = {
        name: getattr(change, name) for name in _OF_TICKETS if getattr(change, name) is not msgspec.UNSET
    }
    own = said.pop(_OWN, {})
    return {
        **{name: value.strip() if isinstance(value, str) else value for name, value in said.items()},
        **{f"{_OWN}.{name}": value for name, value in own.items()},
    }  # fmt: skip


def _ours(ticket: Ticket, facts: Iterable[str]) -> dict[str, Fact]:
    """The same facts as they are here."""
    return {
        fact: ticket.fields.get(own, "") if (own := fact.partition(".")[2]) else getattr(ticket, fact) for fact in facts
    }


def _change(taken: Mapping[str, Fact]) -> TicketChange:
    own = {fact.partition(".")[2]: value for fact, value in taken.items() if "." in fact}
    plain: dict[str, Any] = {fact: value for fact, value in taken.items() if "." not in fact}
    return msgspec.convert({**plain, **({_OWN: own} if own else {})}, TicketChange)


def _shown(value: Fact) -> str:
    return "" if value is None else str(int(value) if isinstance(value, int) else value)


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """What a change may change."""
    return {name: value for name, value in fields.items() if name in _OF_TICKETS}


def _shaped(fields: dict[str, Any], shape: type[Any]) -> Any:
    try:
        return msgspec.convert(fields, shape)
    except msgspec.ValidationError as error:
        raise _malformed("ticket", str(error)) from error


def _contact(tx: Transaction, customer: dict[str, str]) -> Contact | None:
    """Whom it is of, where he is known here by something that is proven."""
    external_id, email = customer.get("external_id", ""), customer.get("email", "")
    found = contacts.by_external_id(tx, external_id) if external_id else None
    return found or (contacts.by_email(tx, email) if email and is_address(email) else None)


def _nobody(named: Named) -> BadDocument:
    return BadDocument(
        "ticket_unknown",
        "id",
        f"No ticket here is called {named.reference} there. It is taken once one is.",
        f"这里没有外部编号为 {named.reference} 的工单。",
    )


def _moment(said: object) -> int:
    if said is None:
        return 0
    try:
        return milliseconds(str(said))
    except ValueError:
        raise BadDocument(
            "contact_changed_at", "changed_at", "This has to be a time. Map it `as: time`.",
            "该字段必须是时间。请用 as: time 映射。",
        ) from None  # fmt: skip


def _nameless() -> BadDocument:
    return BadDocument(
        "contact_unnamed", "id", "Without what he is called there he is somebody else each time. Map his `id`.",
        "缺少对方系统中的编号，无法识别同一客户。请映射 `id`。",
    )  # fmt: skip


def _malformed(noun: str, reason: str) -> BadDocument:
    return BadDocument(
        f"{noun}_malformed",
        "",
        f"This makes no {noun}: {reason}. Mend the map.",
        f"无法生成{_NOUNS_ZH[noun]}：{reason}。请修改映射。",
    )


_NOUNS_ZH = {"ticket": "工单", "contact": "联系人"}
