"""What is read: lists, threads, holes that are filled, and everything that somebody missed."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.policy import AUDIT_READ, CONTACTS_READ, READ_ALL, READ_TEAM, allowed, demand, generation
from app.chat import views
from app.model import frames
from app.model.conversations import Conversation
from app.model.errors import Invalid, not_found
from app.model.events import (
    ContactChanged,
    ConversationChanged,
    MessageCreated,
    RatingRequested,
    RatingSubmitted,
    RecordChanged,
    StoredEvent,
    TicketChanged,
)
from app.model.people import Contact
from app.model.principals import Agent, Principal, Visitor
from app.settings import Limits
from app.storage import conversations, events, mentions, message_versions, messages, watermarks
from app.storage.conversations import EVERYTHING, Counts, Listed, Narrow, Own, Place, Sight, View
from app.storage.database import Database
from app.storage.mentions import Unseen
from app.storage.message_versions import Version

_NEVER = 2**62


class Listing(Struct, frozen=True):
    """A page of the list; `next` leads to the one after it, None at the end."""

    conversations: tuple[Listed, ...]
    next: str | None
    counts: Counts


class Detail(Struct, frozen=True):
    """One conversation for an agent; `agent_read` is how far he himself has read, by staff_seq."""

    conversation: Conversation
    contact: Contact
    unread: int
    agent_read: int


class ThreadPage(Struct, frozen=True):
    """Entries ascending; `more` says whether older ones exist."""

    messages: tuple[frames.Msg, ...]
    more: bool


class Missed(Struct, frozen=True):
    """A page of what was missed; `more` asks for the next, None after `live`."""

    told: tuple[frames.ServerFrame, ...]
    more: frames.Resume | None = None


class _Part(Struct, frozen=True):
    """A range of numbers up to `last` as `msg` or `void`, with so many characters of text."""

    told: tuple[frames.ServerFrame, ...]
    last: int
    characters: int


class History:
    """Reads conversations as their reader sees them. `names` are the agents' names by id."""

    def __init__(self, database: Database, limits: Limits, names: Mapping[str, str]) -> None:
        self._database = database
        self._limits = limits
        self._names = names

    async def listing(
        self, principal: Agent, view: View, before: str | None, limit: int, narrow: Narrow = EVERYTHING
    ) -> Listing:
        """A page of a narrowed view, the last changed first; raises `Invalid` for a `before` that nobody was given."""
        demand(principal, "conversation.read")
        rows_max = max(1, min(limit, self._limits.page_rows_max))
        place, sight = _place(before), sight_of(principal)
        rows, counts = await conversations.listed(self._database, sight, view, place, rows_max + 1, narrow)
        last = rows[rows_max - 1].conversation if len(rows) > rows_max else None
        following = None if last is None else f"{last.updated_at}.{last.id}"
        return Listing(tuple(rows[:rows_max]), following, counts)

    async def detail(self, principal: Agent, conversation_id: str) -> Detail:
        """One conversation for an agent; raises `NotFound`."""
        found = await conversations.listed_one(self._database, principal.agent_id, conversation_id)
        if found is None:
            raise not_found()
        row, read = found
        demand(principal, "conversation.read", row.conversation)
        return Detail(row.conversation, row.contact, row.unread, read)

    async def versions(self, principal: Agent, conversation_id: str) -> list[Version]:
        """What messages said before they were edited or taken back, the newest change first; raises `NotFound`.

        What was taken back is told in words only to who reads the audit log.
        """
        head = await self.head(principal, conversation_id)
        taken_back = AUDIT_READ in principal.permissions
        rows_max = self._limits.page_rows_max
        return await message_versions.listing(self._database, head.id, rows_max, taken_back=taken_back)

    async def mentions(self, principal: Agent) -> list[Unseen]:
        """Where he was named in a note and has not looked since."""
        demand(principal, "conversation.read")
        return await mentions.unseen(self._database, sight_of(principal), self._limits.mentions_shown_max)

    async def head(self, principal: Principal, conversation_id: str) -> Conversation:
        """The head, if he may read it; raises `NotFound`."""
        head = await conversations.find(self._database, conversation_id)
        if head is None:
            raise not_found()
        demand(principal, "conversation.read", head)
        return head

    async def of_contact(self, principal: Principal, contact_id: str) -> list[Conversation]:
        """A contact's conversations that he may read, newest first."""
        most = min(self._limits.contact_conversations_max, frames.CONVERSATIONS_MAX)
        heads = await conversations.of_contact(self._database, contact_id, most)
        return [head for head in heads if allowed(principal, "conversation.read", head)]

    async def of_organisation(self, principal: Agent, organisation_id: str) -> list[Conversation]:
        """The newest conversations that he may read of an organisation's contacts who were there last, newest first."""
        limits = self._limits
        heads = await conversations.of_organisation(
            self._database, organisation_id, limits.organisation_contacts_looked_at, limits.contact_conversations_max
        )
        return [head for head in heads if allowed(principal, "conversation.read", head)]

    async def threads(self, visitor: Visitor) -> list[frames.Thread]:
        """The visitor's own conversations, oldest first."""
        heads = await self.of_contact(visitor, visitor.contact_id)
        return [self._thread(head) for head in reversed(heads)]

    async def thread(
        self, principal: Visitor | Agent, conversation_id: str, before: int | None, limit: int
    ) -> ThreadPage:
        """The entries below `before` (newest when None), ascending, counted as he counts."""
        rows_max = max(1, min(limit, self._limits.page_rows_max))
        visitor = isinstance(principal, Visitor)
        sight = Own(principal.contact_id) if isinstance(principal, Visitor) else sight_of(principal)
        below = _NEVER if before is None else before
        rows = await messages.seen_before(self._database, conversation_id, sight, before=below, limit=rows_max + 1)
        if not rows:
            await self.head(principal, conversation_id)  # nothing there, or nothing for him
        page = views.fitting(rows[:rows_max], self._limits.page_characters_max)
        view = views.visitor_entry if visitor else views.staff_entry
        return ThreadPage(tuple(view(row) for row in reversed(page)), len(rows) > len(page))

    async def fetch(self, principal: Visitor | Agent, asked: frames.Fetch) -> tuple[frames.ServerFrame, ...]:
        """Every number asked for as `msg` or `void`, then `fetched`, which says how far.

        At most 200, no more text than a page holds, none that is not given out yet.
        """
        head = await self.head(principal, asked.conv)
        visitor = isinstance(principal, Visitor)
        first = max(1, asked.first)
        last = min(asked.last, first + frames.RANGE_MAX - 1, head.seq if visitor else head.staff_seq)
        if first > last:
            return (frames.Fetched(asked.conv, asked.first, max(last, asked.first - 1)),)
        part = await self._range(head.id, visitor, first, last, self._limits.page_characters_max)
        return (*part.told, frames.Fetched(asked.conv, asked.first, part.last))

    async def resume(self, principal: Visitor | Agent, resume: frames.Resume) -> Missed:
        """One page of what he missed (ARCHITECTURE, "Delivery" 5)."""
        if isinstance(principal, Visitor):
            return await self._resume_visitor(principal, resume)
        return await self._resume_agent(principal, resume)

    async def _resume_visitor(self, visitor: Visitor, resume: frames.Resume) -> Missed:
        """Every thread of his, then the entries beyond what he holds. `pos` marks a page after the first."""
        epoch = self._database.epoch
        if resume.epoch != epoch and resume.convs:
            return Missed((frames.Reset(epoch),))
        heads = list(reversed(await self.of_contact(visitor, visitor.contact_id)))
        told: list[frames.ServerFrame] = [] if resume.pos is not None else [self._thread(head) for head in heads]
        held = {head.id: resume.convs.get(head.id, 0) for head in heads}
        room, characters = self._limits.resume_rows_max, self._limits.page_characters_max
        for head in heads:
            first = held[head.id] + 1
            last = min(head.seq, first + room - 1)
            if head.seq < first:
                continue
            if first > last or characters <= 0:
                return Missed(tuple(told), frames.Resume(epoch, held, 0))
            part = await self._range(head.id, visitor=True, first=first, last=last, characters_max=characters)
            told += part.told
            held[head.id] = part.last
            room -= part.last - first + 1
            characters -= part.characters
            if part.last < head.seq:
                return Missed(tuple(told), frames.Resume(epoch, held, 0))
        return Missed((*told, frames.Live()))

    async def _resume_agent(self, agent: Agent, resume: frames.Resume) -> Missed:
        epoch = generation(self._database.epoch, agent)
        if resume.pos is None:
            return Missed((frames.Live(await events.latest(self._database)),))
        span = await events.span(self._database)
        too_far = not span.first - 1 <= resume.pos <= span.last
        if resume.epoch != epoch or too_far or span.last - resume.pos > self._limits.replay_events_max:
            return Missed((frames.Reset(epoch),))
        rows_max, characters_max = self._limits.resume_rows_max, self._limits.page_characters_max
        page = await events.after(self._database, resume.pos, rows_max, characters_max)
        reached = page[-1].pos if page else resume.pos
        ended = reached >= span.last  # what was stored since then comes live: he listens already
        marks_max = self._limits.replay_events_max
        marks = await watermarks.moved(
            self._database, sight_of(agent), resume.pos, _NEVER if ended else reached, marks_max
        )
        if len(marks) == marks_max:
            return Missed((frames.Reset(epoch),))
        told = (*replay(agent, page), *(frame for mark in marks for frame in _watermarks(mark)))
        if ended:
            return Missed((*told, frames.Live(reached)))
        return Missed(told, frames.Resume(epoch, {}, reached))

    async def _range(self, conversation_id: str, visitor: bool, first: int, last: int, characters_max: int) -> "_Part":
        rows = await messages.between(
            self._database, conversation_id, visitor=visitor, first=first, last=last, limit=last - first + 1
        )
        page = views.fitting(rows, characters_max)
        view = views.visitor_entry if visitor else views.staff_entry
        entries = [view(row) for row in page]
        reached = last if len(page) == len(rows) else entries[-1].seq
        voids = views.voids(conversation_id, first, reached, [entry.seq for entry in entries])
        return _Part((*entries, *voids), reached, sum(map(views.characters, page)))

    def _thread(self, head: Conversation) -> frames.Thread:
        return views.visitor_thread(head, self._names.get(head.assignee_id or "", ""))


def sight_of(agent: Agent) -> Sight:
    """The policy's read right on conversations, as a condition for SQL."""
    teams = agent.teams if READ_TEAM in agent.permissions else None
    return Sight(agent.agent_id, READ_ALL in agent.permissions, teams)


def replay(agent: Agent, page: tuple[StoredEvent, ...]) -> list[frames.ServerFrame]:
    """Stored events as this agent is told them again: entries in order, then the newest head of each conversation.

    A head names its contact, by the newest facts, where the page tells of him.
    """
    told: list[frames.ServerFrame] = []
    heads: dict[str, frames.Head | frames.Gone] = {}
    contacts: dict[str, Contact] = {}
    for event in page:
        if isinstance(event, ContactChanged):
            contacts[event.contact.id] = event.contact
            if CONTACTS_READ in agent.permissions:
                told.append(frames.ContactUpdated(event.pos, event.contact))
            continue
        if isinstance(event, TicketChanged):
            told += _ticket(agent, event)
            continue
        if isinstance(event, RecordChanged):
            continue  # windows are told that there is something new, not what
        head = event.conversation
        if isinstance(event, MessageCreated) and event.contact is not None:
            contacts[event.contact.id] = event.contact
        if allowed(agent, "conversation.read", head):
            if isinstance(event, MessageCreated):
                told.append(views.staff_entry(event.message))
            heads.pop(head.id, None)  # so that heads stand in the order of their positions
            heads[head.id] = _head(event)
        elif isinstance(event, ConversationChanged) and _saw(agent, event):
            heads.pop(head.id, None)
            heads[head.id] = frames.Gone(event.pos, head.id)
    return [*told, *(_introduced(head, contacts) for head in heads.values())]


def _ticket(agent: Agent, event: TicketChanged) -> list[frames.ServerFrame]:
    if allowed(agent, "ticket.read", event.ticket):
        return [frames.TicketUpdated(event.pos, event.name, event.ticket, event.actor)]
    before = replace(event.ticket, team_id=event.was_team, assignee_id=event.was_assignee)
    return [frames.TicketGone(event.pos, event.ticket.id)] if allowed(agent, "ticket.read", before) else []


def _head(event: MessageCreated | ConversationChanged | RatingRequested | RatingSubmitted) -> frames.Head:
    if isinstance(event, MessageCreated):
        return frames.Head(event.pos, "message.created", event.conversation)
    if isinstance(event, RatingRequested):
        return frames.Head(event.pos, "csat.requested", event.conversation, None, event.actor)
    if isinstance(event, RatingSubmitted):
        return frames.Head(event.pos, "csat.submitted", event.conversation, None, event.actor)
    return frames.Head(event.pos, event.name, event.conversation, None, event.actor)


def _introduced(told: frames.Head | frames.Gone, contacts: dict[str, Contact]) -> frames.Head | frames.Gone:
    if isinstance(told, frames.Gone):
        return told
    return replace(told, contact=contacts.get(told.conversation.contact_id))


def _saw(agent: Agent, event: ConversationChanged) -> bool:
    before = replace(event.conversation, team_id=event.was_team, assignee_id=event.was_assignee)
    return allowed(agent, "conversation.read", before)


def _watermarks(mark: watermarks.Mark) -> list[frames.Watermark]:
    told = []
    for what, seq in (("delivered", mark.delivered), ("read", mark.read)):
        if seq:
            told.append(frames.Watermark(mark.conversation_id, what, mark.by, mark.person_id, seq))
    return told


def _place(before: str | None) -> Place | None:
    if before is None:
        return None
    updated_at, _, conversation_id = before.partition(".")
    if not updated_at.isdecimal() or len(updated_at) > 15 or not conversation_id:
        raise Invalid(
            "cursor_unknown",
            "This page of the list does not exist. Load the list again from its beginning.",
            "该列表页不存在。请从头重新加载列表。",
        )
    return Place(int(updated_at), conversation_id)
