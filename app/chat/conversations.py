"""What is done with a whole conversation: take, assign, resolve, reopen, and how far everybody has read."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial

from msgspec import Struct

from app.accounts.policy import WRITE, allowed, demand
from app.accounts.roles import rights_of
from app.chat import entries, journal, surveys
from app.chat.messages import clean
from app.chat.status import Handed, Resumed, Settled, Step, Taken, already_taken, step
from app.locks.locks import Lease, Locks
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Speaker
from app.model.errors import Invalid, not_found
from app.model.events import MessageCreated, RatingRequested, WatermarkMoved
from app.model.ids import Ids
from app.model.people import Colleague
from app.model.principals import Agent, Principal, Visitor
from app.settings import Limits
from app.storage import agents, conversations, mentions, messages, rating_requests, watermarks
from app.storage.database import Database, Transaction

_REASON_MAX = 100


class Assignment(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a conversation goes: an agent, a team, or both; `note` goes along for colleagues."""

    agent_id: str | None = None
    team_id: str | None = None
    note: str = ""


class Conversations:
    """Changes heads; every change is a line in the thread and a stored event. `names` are the agents' names by id."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, locks: Locks, limits: Limits, names: Mapping[str, str]
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._locks = locks
        self._limits = limits
        self._lock_seconds = limits.assignment_lock_seconds
        self._names = names

    async def take(self, principal: Agent, conversation_id: str) -> Conversation:
        """Take it for oneself; the second taker gets `Conflict` (already_taken) with the name of the first."""
        async with self._assigning(conversation_id) as lease:
            event = Taken(principal.agent_id, lease.token)
            return await self._database.write(partial(self._take, principal, conversation_id, event))

    async def assign(self, principal: Principal, conversation_id: str, assignment: Assignment) -> Conversation:
        """Hand it to an agent (then it is open) or to a team (then it is queued there).

        Raises `Conflict` (not_active), `Invalid` (nobody_named, agent_unusable, team_unknown).
        """
        if assignment.agent_id is None and assignment.team_id is None:
            raise _nobody_named()
        note = clean(assignment.note)
        async with self._assigning(conversation_id) as lease:
            event = Handed(assignment.agent_id, assignment.team_id, lease.token)
            return await self._database.write(partial(self._assign, principal, conversation_id, event, note))

    async def resolve(self, principal: Principal, conversation_id: str, reason: str = "") -> Conversation:
        """Settle it. Once more changes nothing."""
        event = Settled(clean(reason)[:_REASON_MAX])
        return await self._database.write(partial(self._resolve, principal, conversation_id, event))

    async def reopen(self, principal: Principal, conversation_id: str) -> Conversation:
        """Take a resolved one up again, with its agent or in the queue."""
        return await self._database.write(partial(self._reopen, principal, conversation_id))

    async def read(self, principal: Visitor | Agent, conversation_id: str, seq: int) -> None:
        """He has read up to `seq`, counted as he counts; marks only grow."""
        await self._database.write(partial(self._mark, principal, conversation_id, "read", seq))

    async def delivered(self, principal: Visitor | Agent, conversation_id: str, seq: int) -> None:
        """It has arrived up to `seq`, counted as he counts; marks only grow."""
        await self._database.write(partial(self._mark, principal, conversation_id, "delivered", seq))

    def assign_within(
        self, tx: Transaction, principal: Principal, conversation_id: str, assignment: Assignment, fence: int
    ) -> Conversation:
        """As `assign`, within a transaction of the caller's, who holds the lock of this `fence`."""
        event = Handed(assignment.agent_id, assignment.team_id, fence)
        return self._assign(principal, conversation_id, event, clean(assignment.note), tx)

    def resolve_within(self, tx: Transaction, principal: Principal, conversation_id: str, reason: str) -> Conversation:
        """As `resolve`, within a transaction of the caller's."""
        return self._resolve(principal, conversation_id, Settled(clean(reason)[:_REASON_MAX]), tx)

    def _assigning(self, conversation_id: str) -> AbstractAsyncContextManager[Lease]:
        return self._locks.hold(f"conversation:{conversation_id}", self._lock_seconds)

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _take(self, principal: Agent, conversation_id: str, event: Taken, tx: Transaction) -> Conversation:
        before = _head(tx, principal, conversation_id)
        if before.assignee_id not in (None, principal.agent_id):
            raise already_taken(self._names.get(before.assignee_id or "", ""))
        data = {"event": "joined", "agent": self._names.get(principal.agent_id, "")}
        data |= journal.waited(before, self._clock.now_ms())
        return self._step(tx, principal, before, event, "conversation.assigned", data)

    def _assign(
        self, principal: Principal, conversation_id: str, event: Handed, note: str, tx: Transaction
    ) -> Conversation:
        before = _head(tx, principal, conversation_id)
        after_note = self._note(tx, principal, before, note) if note.strip() else before
        data = {"event": "transferred", "agent": self._speaker(principal).name}
        if event.agent_id is not None:
            data["to"] = _receiver(tx, event.agent_id).name
        if event.team_id is not None:
            data["team"] = _team_name(tx, event.team_id)
        after = self._step(tx, principal, after_note, event, "conversation.transferred", data)
        if after is after_note and after_note is not before:
            conversations.advance(tx, after)  # it was there already, but the note is new
        return after

    def _resolve(self, principal: Principal, conversation_id: str, event: Settled, tx: Transaction) -> Conversation:
        before = _head(tx, principal, conversation_id)
        data = {"event": "resolved", "agent": self._speaker(principal).name}
        asked = surveys.request(tx, principal, before, event.reason, self._clock.now_ms(), self._limits)
        if asked is not None:
            data["rate_from"] = str(asked.shown_from)
        after = self._step(tx, principal, before, event, "conversation.resolved", data)
        if asked is not None and after is not before:
            rating_requests.save(tx, asked)
            agent_name = self._names.get(after.assignee_id or "", "")
            tx.record(RatingRequested(after, asked.shown_from, self._speaker(principal), agent_name))
        return after

    def _reopen(self, principal: Principal, conversation_id: str, tx: Transaction) -> Conversation:
        before = _head(tx, principal, conversation_id)
        data = {"event": "reopened", "agent": self._speaker(principal).name}
        return self._step(tx, principal, before, Resumed(), "conversation.reopened", data)

    def _step(
        self,
        tx: Transaction,
        principal: Principal,
        before: Conversation,
        event: Step,
        name: str,
        data: dict[str, str],
    ) -> Conversation:
        """Go one step, write it down, store the head; nothing at all when nothing changes."""
        now = self._clock.now_ms()
        stepped = step(before, event, now)
        if stepped is before:
            return before
        line = journal.Line(self._ids.new(), name, data, self._speaker(principal), now)
        after = journal.write(tx, before, stepped, line, self._names)
        conversations.update(tx, after)
        return after

    def _note(self, tx: Transaction, principal: Principal, head: Conversation, text: str) -> Conversation:
        """The private line that goes along with a hand-over."""
        now, speaker = self._clock.now_ms(), self._speaker(principal)
        after = entries.spoken(head, speaker=speaker.kind, note=True, line=text, at=now)
        note = entries.last_entry(after, self._ids.new(), Kind.NOTE, speaker, now, visible=False, text=text)
        messages.insert(tx, note)
        tx.record(MessageCreated(after, note, None, self._names.get(after.assignee_id or "", "")))
        tx.enqueue("search", head.id, note.id.encode())
        return after

    def _mark(self, principal: Visitor | Agent, conversation_id: str, what: str, seq: int, tx: Transaction) -> None:
        head = conversations.by_id(tx, conversation_id)
        if head is None or not allowed(principal, "conversation.read", head):
            raise not_found()
        visitor = isinstance(principal, Visitor)
        by = "visitor" if visitor else "agent"
        person_id = principal.contact_id if isinstance(principal, Visitor) else principal.agent_id
        reached = min(seq, head.seq if visitor else head.staff_seq)
        raise_mark = watermarks.raise_read if what == "read" else watermarks.raise_delivered
        if not raise_mark(tx, head.id, by, person_id, reached):
            return
        visible = reached if visitor else messages.visible_up_to(tx, head.id, reached)
        if visitor:
            watermarks.raise_head(tx, head.id, **{f"visitor_{what}": visible})
        elif what == "read":
            watermarks.raise_head(tx, head.id, staff_read=visible)
            mentions.see(tx, person_id, head.id, reached)
        tx.announce(WatermarkMoved(head, what, by, person_id, visible))

    def _speaker(self, principal: Principal) -> Speaker:
        if isinstance(principal, Agent):
            return Speaker("agent", principal.agent_id, self._names.get(principal.agent_id, ""))
        if isinstance(principal, Visitor):
            return Speaker("visitor", principal.contact_id)
        return Speaker("system", principal.name)


def _head(tx: Transaction, principal: Principal, conversation_id: str) -> Conversation:
    """The head, if this principal may change it."""
    head = conversations.by_id(tx, conversation_id)
    if head is None or isinstance(principal, Visitor):
        raise not_found()
    demand(principal, "conversation.write", head)
    return head


def _receiver(tx: Transaction, agent_id: str) -> Colleague:
    """The agent who is to have it: he works here and may answer what he is given."""
    agent = agents.by_id(tx, agent_id)
    if agent is None or agent.disabled or WRITE not in rights_of(tx, agent.role):
        raise Invalid(
            "agent_unusable",
            "This colleague cannot take conversations. Choose another one.",
            "该同事无法接待会话。请选择其他人。",
        )
    return agent


def _team_name(tx: Transaction, team_id: str) -> str:
    team = agents.team(tx, team_id)
    if team is None:
        raise Invalid("team_unknown", "This team does not exist. Choose from the list.", "团队不存在。请从列表中选择。")
    return team.name


def _nobody_named() -> Invalid:
    return Invalid(
        "nobody_named", "Name a colleague or a team who is to have this conversation.", "请指定要转接的同事或团队。"
    )
