"""A ticket out of a conversation: made, linked and noted in the thread for colleagues, in one transaction."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from app.accounts.policy import allowed, demand
from app.chat import entries
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Speaker
from app.model.errors import not_found
from app.model.events import MessageCreated
from app.model.frames import Id, Number
from app.model.ids import Ids
from app.model.principals import Agent, System
from app.model.tickets import Priority, Status, Ticket, Type
from app.storage import agents, contacts, conversations, messages
from app.storage.database import Database, Transaction
from app.tickets.tickets import TITLE_MAX, NewTicket, Tickets


class TicketFromConversation(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not said comes from the conversation: the title from the visitor's last words, the team, the agent."""

    title: Annotated[str, Meta(max_length=TITLE_MAX)] = ""
    description: Annotated[str, Meta(max_length=16_000)] = ""
    type: Type = Type.QUESTION
    priority: Priority = Priority.NORMAL
    assignee_id: Id | None = None
    team_id: Id | None = None
    due_at: Number | None = None


class Ticketing:
    """Makes tickets out of conversations. `names` are the agents' names by id."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, tickets: Tickets, names: Mapping[str, str]
    ) -> None:  # fmt: skip
        self._database = database
        self._ids = ids
        self._clock = clock
        self._tickets = tickets
        self._names = names

    async def create(
        self, principal: Agent | System, conversation_id: str, cid: str, asked: TicketFromConversation
    ) -> Ticket:  # fmt: skip
        """Make one of what the conversation is about; the same `cid` again leads to the first, without another line.

        Raises `NotFound`, `Forbidden`, and as `Tickets.create`.
        """
        return await self._database.write(lambda tx: self.make(tx, principal, conversation_id, cid, asked))

    def make(
        self, tx: Transaction, principal: Agent | System, conversation_id: str, cid: str, asked: TicketFromConversation
    ) -> Ticket:
        """As `create`, within a transaction of the caller's."""
        head = _head(tx, principal, conversation_id)
        known = self._tickets.made(tx, principal, cid)
        if known is not None:
            return known
        ticket = self._tickets.make(tx, principal, cid, _new(tx, head, asked))
        self._note(tx, principal, head, ticket)
        return ticket

    def _note(self, tx: Transaction, principal: Agent | System, head: Conversation, ticket: Ticket) -> None:
        """The line in the thread, which the visitor does not see."""
        now, who = self._clock.now_ms(), _id(principal)
        name = self._names.get(who, "")
        after = entries.counted(head, visible=False, at=now)
        data = {"event": "ticket_created", "agent": name, "ticket": ticket.id, "number": str(ticket.number)}
        speaker = Speaker("system", who, name)
        line = entries.last_entry(after, self._ids.new(), Kind.SYSTEM, speaker, now, visible=False, data=data)
        messages.insert(tx, line)
        conversations.advance(tx, after)
        tx.record(MessageCreated(after, line, None, self._names.get(after.assignee_id or "", "")))


def _id(principal: Agent | System) -> str:
    return principal.agent_id if isinstance(principal, Agent) else principal.name


def _head(tx: Transaction, principal: Agent | System, conversation_id: str) -> Conversation:
    head = conversations.by_id(tx, conversation_id)
    if head is None or not allowed(principal, "conversation.read", head):
        raise not_found()
    demand(principal, "conversation.write", head)
    return head


def _new(tx: Transaction, head: Conversation, asked: TicketFromConversation) -> NewTicket:
    said = messages.last_words(tx, head.id)
    assignee = asked.assignee_id or _at_work(tx, head.assignee_id)
    return NewTicket(
        title=asked.title.strip() or title_of(tx, head, said),
        description=asked.description or said,
        status=Status.NEW,
        priority=asked.priority,
        type=asked.type,
        contact_id=head.contact_id,
        assignee_id=assignee,
        team_id=asked.team_id or head.team_id,
        due_at=asked.due_at,
        conversation_ids=(head.id,),
    )


def _at_work(tx: Transaction, agent_id: str | None) -> str | None:
    """Who has the conversation, unless he no longer works here."""
    agent = None if agent_id is None else agents.by_id(tx, agent_id)
    return None if agent is None or agent.disabled else agent_id


def title_of(tx: Transaction, head: Conversation, said: str) -> str:
    """The first line of what the visitor said last; where he said nothing, who he is."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if lines:
        return lines[0] if len(lines[0]) <= TITLE_MAX else f"{lines[0][: TITLE_MAX - 1]}…"
    contact = contacts.by_id(tx, head.contact_id)
    return (contact.name if contact else "") or f"#{contact.number if contact else 0}"
