"""Making and changing tickets; every change is a line of their history and a stored event, in one transaction."""

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.fields import with_values
from app.accounts.policy import TICKETS_WRITE, allowed, demand
from app.accounts.roles import rights_of
from app.model.clock import Clock
from app.model.conversations import Speaker
from app.model.errors import Conflict, Invalid, Problem, not_found
from app.model.events import TicketChanged
from app.model.fields import Noun
from app.model.frames import Id, Number
from app.model.ids import Ids
from app.model.principals import Agent, Principal, System
from app.model.tickets import (
    Category,
    Change,
    Entry,
    EntryKind,
    Priority,
    Reference,
    Status,
    Ticket,
    TicketStatus,
    Type,
)
from app.settings import Limits
from app.storage import (
    agents,
    contacts,
    conversations,
    ticket_entries,
    ticket_links,
    ticket_statuses,
    tickets,
)
from app.storage import fields as own_fields
from app.storage.database import Database, Transaction
from app.tickets import notices, refusals
from app.tickets.statuses import StatusId

TITLE_MAX = 200
MENTION = "mention"  # the field of a note's changes that names a colleague
_HOUR_MS = 3_600_000

Title = Annotated[str, Meta(min_length=1, max_length=TITLE_MAX)]
Words = Annotated[str, Meta(max_length=16_000)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Address = Annotated[str, Meta(max_length=2_000)]
Values = Annotated[dict[Id, Annotated[str, Meta(max_length=1_000)]], Meta(max_length=100)]


class NewTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be made; `due_at` in milliseconds UTC; `conversation_ids` are linked to it."""

    title: Title
    description: Words = ""
    status: StatusId = Status.NEW.value
    priority: Priority = Priority.NORMAL
    type: Type = Type.QUESTION
    contact_id: Id | None = None
    assignee_id: Id | None = None
    team_id: Id | None = None
    due_at: Number | None = None
    conversation_ids: Annotated[tuple[Id, ...], Meta(max_length=20)] = ()
    fields: Values = {}


class TicketChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays.

    `fields` names those that change, "" takes a value away. `expected` is the version that the asker saw: another
    one is a conflict.
    """

    title: Title | UnsetType = UNSET
    description: Words | UnsetType = UNSET
    status: StatusId | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    type: Type | UnsetType = UNSET
    contact_id: Id | UnsetType | None = UNSET
    assignee_id: Id | UnsetType | None = UNSET
    team_id: Id | UnsetType | None = UNSET
    due_at: Number | UnsetType | None = UNSET
    fields: Values | UnsetType = UNSET
    expected: Number | None = None


class NewNote(Struct, frozen=True, forbid_unknown_fields=True):
    """Words for colleagues; who is named in `mentions` is told of them."""

    text: Annotated[str, Meta(min_length=1, max_length=16_000)]
    mentions: Annotated[tuple[Id, ...], Meta(max_length=20)] = ()


class Named(Struct, frozen=True, forbid_unknown_fields=True):
    """What a ticket is called elsewhere: `reference` in `system`; `url` (http, https) opens it."""

    system: Name
    reference: Annotated[str, Meta(min_length=1, max_length=200)]
    url: Address = ""


class Tie(Struct, frozen=True, forbid_unknown_fields=True):
    """A conversation that belongs to the matter."""

    conversation_id: Id


class Merge(Struct, frozen=True, forbid_unknown_fields=True):
    """Which ticket goes on with it."""

    into: Id


class Bulk(Struct, frozen=True, forbid_unknown_fields=True):
    """One change of several tickets."""

    ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=1_000)]
    change: TicketChange


class Refused(Struct, frozen=True):
    """A ticket that stayed as it was, and why."""

    id: str
    code: str
    en: str
    zh: str


class Changed(Struct, frozen=True):
    """What became of many: those that are now as asked, and those that stayed as they were."""

    tickets: tuple[Ticket, ...]
    refused: tuple[Refused, ...]


_FACTS = tuple(name for name in TicketChange.__struct_fields__ if name not in ("expected", "fields"))


class Tickets:
    """Writes tickets. `names` are the agents' names by id."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits, names: Mapping[str, str]) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._names = names

    async def create(self, principal: Principal, cid: str, new: NewTicket) -> Ticket:
        """Make one; the same `cid` again leads to the first.

        Raises `Invalid` (empty, agent_unusable, team_unknown, contact_unknown), `NotFound` for a conversation that is
        not his to read, `Conflict` (key_reused).
        """
        return await self._database.write(lambda tx: self.make(tx, principal, cid, new))

    def make(self, tx: Transaction, principal: Principal, cid: str, new: NewTicket) -> Ticket:
        """As `create`, within a transaction of the caller's."""
        demand(principal, "ticket.write")
        actor, request = self._speaker(principal), _digest(new)
        earlier = tickets.result_of(tx, actor.id, cid) if cid else None
        if earlier is not None:
            return _the_same(earlier, request)
        now = self._clock.now_ms()
        ticket = Ticket(
            self._ids.new(), 0, 1, _line(new.title), _plain(new.description), new.status, new.priority, new.type,
            new.contact_id, new.assignee_id, new.team_id, new.due_at, actor.id, now, now, entries=1,
            fields=with_values(own_fields.all_of(tx, Noun.TICKET), {}, new.fields) if new.fields else {},
        )  # fmt: skip
        ticket = _settled(tx, ticket, None, now)
        ticket = replace(ticket, number=tickets.insert(tx, ticket, cid, request))
        created = Entry(ticket.id, 1, EntryKind.CREATED, actor, now)
        ticket_entries.insert(tx, created)
        for conversation_id in dict.fromkeys(new.conversation_ids):
            _demand_conversation(tx, principal, conversation_id)
            ticket_links.tie(tx, ticket.id, conversation_id, now)
        tickets.index(tx, ticket, ())
        notices.tell(tx, ticket, created, (), self._limits.ticket_notices_of_one_max)
        tx.record(TicketChanged("ticket.created", ticket, actor, ticket.team_id, ticket.assignee_id))
        return ticket

    def bring(
        self, tx: Transaction, principal: Principal, named: Named, new: NewTicket, change: TicketChange
    ) -> tuple[Ticket, bool]:
        """The ticket that another system calls so, changed; or a new one that is called so; and whether it is new.

        In a transaction of the caller's; raises as `create` and `change`, before anything was written.
        """
        reference = Reference(_line(named.system, "system"), _line(named.reference, "reference"), _link(named.url))
        holder = ticket_links.holder(tx, reference)
        if holder is not None:
            return self._change(principal, holder, change, tx), False
        ticket = self.make(tx, principal, "", new)
        ticket_links.name(tx, ticket.id, reference, self._clock.now_ms())
        self._index(tx, ticket)
        return ticket, True

    def called(self, tx: Transaction, named: Named) -> Ticket | None:
        """The ticket that another system calls so."""
        holder = ticket_links.holder(tx, Reference(named.system.strip(), named.reference.strip()))
        return None if holder is None else tickets.by_id(tx, holder)

    def changed_at(self, tx: Transaction, ticket: Ticket, fact: str) -> int:
        """When a fact of it was changed last, in ms UTC."""
        at = ticket_entries.changed_at(tx, ticket.id, fact, self._limits.ticket_entries_looked_at)
        return ticket.created_at if at is None else at

    def made(self, tx: Transaction, principal: Principal, cid: str) -> Ticket | None:
        """What an earlier request with this key has made, within a transaction of the caller's."""
        earlier = tickets.result_of(tx, self._speaker(principal).id, cid)
        return None if earlier is None else earlier[1]

    async def change(self, principal: Principal, ticket_id: str, change: TicketChange) -> Ticket:
        """Change facts; nothing at all when nothing changes.

        Raises as `create`, and `Conflict` (stale) where `expected` is no longer its version.
        """
        return await self._database.write(partial(self._change, principal, ticket_id, change))

    async def change_all(self, principal: Principal, bulk: Bulk) -> Changed:
        """Change several in one transaction; one that cannot be changed stays as it was and holds none of them back.

        Raises `Forbidden`, `Invalid` (too_many_at_once).
        """
        demand(principal, "ticket.write")
        ids = tuple(dict.fromkeys(bulk.ids))
        if len(ids) > self._limits.ticket_bulk_max:
            raise refusals.too_many_at_once(self._limits.ticket_bulk_max)

        def unit(tx: Transaction) -> Changed:
            done: list[Ticket] = []
            refused: list[Refused] = []
            for ticket_id in ids:
                try:
                    done.append(self._change(principal, ticket_id, bulk.change, tx))
                except Problem as problem:  # raised before anything of this ticket was written
                    refused.append(Refused(ticket_id, problem.code, problem.en, problem.zh))
            return Changed(tuple(done), tuple(refused))

        return await self._database.write(unit)

    async def merge(self, principal: Principal, ticket_id: str, merge: Merge) -> Ticket:
        """Let another ticket go on with it: this one is done and to be read only, and both say so.

        Raises `NotFound`, `Conflict` (merged, merge_itself, merge_holds_others).
        """

        def unit(tx: Transaction) -> Ticket:
            before, target = _ticket(tx, principal, ticket_id), _ticket(tx, principal, merge.into)
            if before.id == target.id:
                raise refusals.merge_itself()
            if tickets.merged(tx, before.id):
                raise refusals.holds_others()
            now = self._clock.now_ms()
            after = replace(
                before, status=Status.DONE.value, category=Category.DONE, done_at=before.done_at or now,
                merged_into=target.id, merged_at=now,
            )  # fmt: skip
            said = Change("ticket", "", f"#{target.number}"), Change("status", before.status, after.status)
            written = self._write(tx, principal, before, after, EntryKind.MERGED, said)
            taken = (Change("ticket", "", f"#{before.number}"),)
            self._write(tx, principal, target, target, EntryKind.LINKED, taken)
            return written

        return await self._database.write(unit)

    async def unmerge(self, principal: Principal, ticket_id: str) -> Ticket:
        """Undo a merging: it goes on by itself, as it stood. Raises `NotFound`, `Conflict` (not_merged, too_late)."""

        def unit(tx: Transaction) -> Ticket:
            before = _readable(tx, principal, ticket_id)
            demand(principal, "ticket.write", before)
            if before.merged_into is None or before.merged_at is None:
                raise refusals.not_merged()
            now = self._clock.now_ms()
            if now - before.merged_at > self._limits.ticket_unmerge_hours * _HOUR_MS:
                raise refusals.too_late(self._limits.ticket_unmerge_hours)
            merging = ticket_entries.newest_of(tx, before.id, EntryKind.MERGED)
            said_then = merging.changes if merging else ()
            status = next((one.before for one in said_then if one.field == "status"), Status.OPEN.value)
            category = _status(tx, status).category
            after = replace(
                before, status=status, category=category, merged_into=None, merged_at=None,
                done_at=before.done_at if category is Category.DONE else None,
            )  # fmt: skip
            said = (Change("status", before.status, status),)
            written = self._write(tx, principal, before, after, EntryKind.UNMERGED, said)
            target = tickets.by_id(tx, before.merged_into)
            if target is not None:
                gone = (Change("ticket", f"#{before.number}", ""),)
                self._write(tx, principal, target, target, EntryKind.UNLINKED, gone)
            return written

        return await self._database.write(unit)

    async def note(self, principal: Principal, ticket_id: str, cid: str, new: NewNote) -> Ticket:
        """Write a note; the same `cid` again writes nothing.

        Raises `Invalid` (empty, mention_unknown, mention_blind), `NotFound`, `Conflict`.
        """

        def unit(tx: Transaction) -> Ticket:
            before = _ticket(tx, principal, ticket_id)
            text = _plain(new.text)
            if not text:
                raise refusals.empty("text")
            if ticket_entries.result_of(tx, self._speaker(principal).id, cid) is not None:
                return before
            named = tuple(dict.fromkeys(new.mentions))
            notices.demand_readers(tx, before, named)
            said = tuple(Change(MENTION, "", agent_id) for agent_id in named)
            return self._write(tx, principal, before, before, EntryKind.NOTE, said, text=text, cid=cid)

        return await self._database.write(unit)

    async def tie(self, principal: Principal, ticket_id: str, tie: Tie) -> Ticket:
        """Link a conversation that he may read; once more changes nothing. Raises `NotFound`, `Conflict`."""

        def unit(tx: Transaction) -> Ticket:
            before = _ticket(tx, principal, ticket_id)
            _demand_conversation(tx, principal, tie.conversation_id)
            if not ticket_links.tie(tx, before.id, tie.conversation_id, self._clock.now_ms()):
                return before
            if ticket_links.ties(tx, before.id) > self._limits.ticket_conversations_max:
                raise refusals.too_many_links(self._limits.ticket_conversations_max)
            linked = Change("conversation", "", tie.conversation_id)
            return self._write(tx, principal, before, before, EntryKind.LINKED, (linked,))

        return await self._database.write(unit)

    async def untie(self, principal: Principal, ticket_id: str, tie: Tie) -> Ticket:
        """Take the link to a conversation away; where there is none, nothing changes. Raises `NotFound`."""

        def unit(tx: Transaction) -> Ticket:
            before = _ticket(tx, principal, ticket_id)
            if not ticket_links.untie(tx, before.id, tie.conversation_id):
                return before
            gone = Change("conversation", tie.conversation_id, "")
            return self._write(tx, principal, before, before, EntryKind.UNLINKED, (gone,))

        return await self._database.write(unit)

    async def name(self, principal: Principal, ticket_id: str, named: Named) -> Ticket:
        """Say what it is called in another system; the same again changes nothing.

        Raises `Conflict` (reference_taken) with the number of the ticket that is called so, `Invalid` (link_unusable).
        """
        reference = Reference(_line(named.system, "system"), _line(named.reference, "reference"), _link(named.url))

        def unit(tx: Transaction) -> Ticket:
            before = _ticket(tx, principal, ticket_id)
            holder = ticket_links.holder(tx, reference)
            if holder == before.id:
                return before
            if holder is not None:
                raise refusals.taken(tx, principal, holder)
            known = ticket_links.names(tx, before.id)
            if len(known) >= self._limits.ticket_references_max:
                raise refusals.too_many_links(self._limits.ticket_references_max)
            ticket_links.name(tx, before.id, reference, self._clock.now_ms())
            self._index(tx, before)
            linked = Change(reference.system, "", reference.reference)
            return self._write(tx, principal, before, before, EntryKind.LINKED, (linked,))

        return await self._database.write(unit)

    async def unname(self, principal: Principal, ticket_id: str, named: Named) -> Ticket:
        """It is no longer called so; where it was not, nothing changes. Raises `NotFound`."""
        reference = Reference(named.system.strip(), named.reference.strip())

        def unit(tx: Transaction) -> Ticket:
            before = _ticket(tx, principal, ticket_id)
            if not ticket_links.unname(tx, before.id, reference):
                return before
            self._index(tx, before)
            gone = Change(reference.system, reference.reference, "")
            return self._write(tx, principal, before, before, EntryKind.UNLINKED, (gone,))

        return await self._database.write(unit)

    async def watch(self, principal: Agent, ticket_id: str, *, on: bool) -> None:
        """Whether he watches it, which is his own affair and no change of the ticket. Raises `NotFound`."""

        def unit(tx: Transaction) -> None:
            ticket = _readable(tx, principal, ticket_id)
            (ticket_links.watch if on else ticket_links.unwatch)(tx, ticket.id, principal.agent_id)

        await self._database.write(unit)

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _change(self, principal: Principal, ticket_id: str, change: TicketChange, tx: Transaction) -> Ticket:
        before = _ticket(tx, principal, ticket_id)
        if change.expected is not None and change.expected != before.version:
            raise refusals.stale()
        after = replace(before, **_set(change))
        if after.title != before.title:
            after = replace(after, title=_line(after.title))
        if after.description != before.description:
            after = replace(after, description=_plain(after.description))
        if change.fields is not UNSET:
            values = with_values(own_fields.all_of(tx, Noun.TICKET), before.fields, change.fields)
            after = replace(after, fields=values)
        after = _settled(tx, after, before, self._clock.now_ms())
        changes = _field_changes(before.fields, after.fields) + tuple(
            Change(fact, _shown(getattr(before, fact)), _shown(getattr(after, fact)))
            for fact in _FACTS
            if getattr(before, fact) != getattr(after, fact)
        )
        if not changes:
            return before
        written = self._write(tx, principal, before, after, EntryKind.CHANGED, changes)
        if (before.title, before.description, before.fields) != (after.title, after.description, after.fields):
            self._index(tx, written)
        return written

    def _write(
        self,
        tx: Transaction,
        principal: Principal,
        before: Ticket,
        after: Ticket,
        kind: EntryKind,
        changes: tuple[Change, ...] = (),
        text: str = "",
        cid: str = "",
    ) -> Ticket:
        """Store the head with one line more of its history; the event goes with the commit."""
        if before.entries >= self._limits.ticket_entries_max:
            raise refusals.history_full(self._limits.ticket_entries_max)
        now, actor = self._clock.now_ms(), self._speaker(principal)
        written = replace(after, version=before.version + 1, entries=before.entries + 1, updated_at=now)
        tickets.update(tx, written)
        entry = Entry(before.id, written.entries, kind, actor, now, text, changes)
        ticket_entries.insert(tx, entry, cid)
        mentioned = [one.after for one in changes if one.field == MENTION]
        notices.tell(tx, written, entry, mentioned, self._limits.ticket_notices_of_one_max)
        tx.record(TicketChanged("ticket.updated", written, actor, before.team_id, before.assignee_id, changes=changes))
        return written

    def _index(self, tx: Transaction, ticket: Ticket) -> None:
        tickets.index(tx, ticket, [name.reference for name in ticket_links.names(tx, ticket.id)])

    def _speaker(self, principal: Principal) -> Speaker:
        if isinstance(principal, Agent):
            return Speaker("agent", principal.agent_id, self._names.get(principal.agent_id, ""))
        if isinstance(principal, System):
            return Speaker("system", principal.name)
        raise not_found()  # to a visitor there are no tickets


def _ticket(tx: Transaction, principal: Principal, ticket_id: str) -> Ticket:
    """The head, if he may change it and it goes on by itself."""
    found = _readable(tx, principal, ticket_id)
    demand(principal, "ticket.write", found)
    if found.merged_into is not None:
        raise refusals.merged(tx, found.merged_into)
    return found


def _readable(tx: Transaction, principal: Principal, ticket_id: str) -> Ticket:
    """The head, if he may read it."""
    found = tickets.by_id(tx, ticket_id)
    if found is None or not allowed(principal, "ticket.read", found):
        raise not_found()
    return found


def _settled(tx: Transaction, ticket: Ticket, before: Ticket | None, now: int) -> Ticket:
    """The facts that follow from others, and those that name somebody: he must be there.

    A new one that is given to somebody is open; it is done since it became so. A status that is archived is given no
    more.
    """
    was = before or replace(ticket, assignee_id=None, team_id=None, contact_id=None)
    if ticket.assignee_id is not None and ticket.assignee_id != was.assignee_id:
        _demand_agent(tx, ticket.assignee_id)
        if ticket.status == Status.NEW and was.status == Status.NEW:
            ticket = replace(ticket, status=Status.OPEN.value)
    if ticket.team_id is not None and ticket.team_id != was.team_id and agents.team(tx, ticket.team_id) is None:
        raise refusals.unknown("team", "team", "团队")
    if (
        ticket.contact_id is not None
        and ticket.contact_id != was.contact_id
        and contacts.by_id(tx, ticket.contact_id) is None
    ):
        raise refusals.unknown("contact", "customer", "客户")
    category = ticket.category
    if before is None or ticket.status != before.status:
        status = _status(tx, ticket.status)
        if status.archived:
            raise refusals.status_archived(status)
        category = status.category
    done_at = (ticket.done_at or now) if category is Category.DONE else None
    return replace(ticket, category=category, done_at=done_at)


def _status(tx: Transaction, status_id: str) -> TicketStatus:
    found = ticket_statuses.by_id(tx, status_id)
    if found is None:
        raise refusals.status_unknown()
    return found


def _demand_agent(tx: Transaction, agent_id: str) -> None:
    agent = agents.by_id(tx, agent_id)
    if agent is None or agent.disabled or TICKETS_WRITE not in rights_of(tx, agent.role):
        raise Invalid(
            "agent_unusable",
            "This colleague cannot take tickets. Choose another one.",
            "该同事无法处理工单。请选择其他人。",
            field="assignee_id",
        )


def _demand_conversation(tx: Transaction, principal: Principal, conversation_id: str) -> None:
    head = conversations.by_id(tx, conversation_id)
    if head is None or not allowed(principal, "conversation.read", head):
        raise not_found()


def _the_same(earlier: tuple[str, Ticket], request: str) -> Ticket:
    if earlier[0] != request:
        raise Conflict(
            "key_reused",
            "This request was made before with other words. Send it again with a new Idempotency-Key.",
            "该请求曾以不同内容提交。请使用新的 Idempotency-Key 重新提交。",
        )
    return earlier[1]


def _digest(new: NewTicket) -> str:
    return hashlib.blake2b(msgspec.json.encode(new), digest_size=16).hexdigest()


def _set(change: TicketChange) -> dict[str, Any]:
    named = {name: getattr(change, name) for name in _FACTS}
    return {name: value for name, value in named.items() if value is not UNSET}


def _field_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(f"fields.{field_id}", before.get(field_id, ""), after.get(field_id, ""))
        for field_id in dict.fromkeys((*before, *after))
        if before.get(field_id, "") != after.get(field_id, "")
    )


def _shown(value: object) -> str:
    return "" if value is None else str(value.value if isinstance(value, Type | Priority) else value)


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()


def _line(text: str, field: str = "title") -> str:
    """One line, and something in it."""
    line = " ".join(_plain(text).split())
    if not line:
        raise refusals.empty(field)
    return line


def _link(url: str) -> str:
    """A whole address of the web, or none."""
    wanted = _plain(url)
    if not wanted:
        return ""
    try:
        parts = urlsplit(wanted)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable or not wanted.isascii() or any(character.isspace() for character in wanted):
        raise Invalid(
            "link_unusable",
            "The link must be a full http or https address without a user name. Correct it, or leave it empty.",
            "链接必须是完整的 http 或 https 地址，且不带用户名。请更正或留空。",
            field="url",
        )
    return wanted
