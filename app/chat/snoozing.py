"""Conversations that sleep until a moment, or until the visitor writes. He does not notice."""

from collections.abc import Callable, Mapping
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.policy import WRITE, demand
from app.accounts.roles import rights_of
from app.chat import journal
from app.chat.status import Slept, Step, Woken, step
from app.model.clock import Clock
from app.model.conversations import Conversation, Speaker, Status
from app.model.errors import Invalid, not_found
from app.model.frames import Number
from app.model.ids import Ids
from app.model.principals import Agent, Principal, System, Visitor
from app.settings import Limits
from app.storage import agents, conversations, queue
from app.storage.database import Database, Transaction

_DAY_MS = 86_400_000
_ALARM = System("alarm")


class Snooze(Struct, frozen=True, forbid_unknown_fields=True):
    """Until when (milliseconds UTC); without it until the visitor writes."""

    until: Number | None = None


class Snoozing:
    """Puts conversations to sleep and wakes them. `names` are the agents' names by id, `arm` the alarm's."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, limits: Limits, names: Mapping[str, str],
        arm: Callable[[], None],
    ) -> None:  # fmt: skip
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._names = names
        self._arm = arm

    async def snooze(self, principal: Principal, conversation_id: str, asked: Snooze) -> Conversation:
        """Let it sleep, or for another time; raises `Conflict` (not_taken, not_active), `Invalid` (until_unusable)."""
        head = await self._database.write(partial(self.apply, principal, conversation_id, asked))
        self._arm()
        return head

    async def wake(self, principal: Principal, conversation_id: str) -> Conversation:
        """Wake it before its time; one that is awake stays as it is."""

        def unit(tx: Transaction) -> Conversation:
            before = _head(tx, principal, conversation_id)
            return self._step(tx, principal, before, Woken(), "conversation.reopened", {"event": "woken"})

        return await self._database.write(unit)

    def apply(self, principal: Principal, conversation_id: str, asked: Snooze, tx: Transaction) -> Conversation:
        """As `snooze`, within a transaction of the caller's, who arms the alarm after it."""
        now = self._clock.now_ms()
        latest = now + self._limits.snooze_days_max * _DAY_MS
        if asked.until is not None and not now < asked.until <= latest:
            raise _until_unusable(self._limits.snooze_days_max)
        before = _head(tx, principal, conversation_id)
        until = "" if asked.until is None else str(asked.until)
        data = {"event": "snoozed", "until": until}
        return self._step(tx, principal, before, Slept(asked.until), "conversation.snoozed", data)

    # --- for the alarm ------------------------------------------------------------------------------------------

    async def next_due(self) -> int | None:
        """As `Sleeper.next_due`."""
        return await conversations.next_awake(self._database)

    async def ring(self, now: int) -> None:
        """As `Sleeper.ring`: in portions, so that many that wake at nine hold up nobody's message."""
        portion = self._limits.snooze_portion

        def unit(tx: Transaction) -> int:
            sleeping = conversations.due_awake(tx, now, portion)
            for head in sleeping:
                data = {"event": "woken", "by": "time"}
                woken = self._step(tx, _ALARM, _left_behind(tx, head), Woken(), "conversation.reopened", data)
                if woken.status is Status.QUEUED:
                    queue.to_front(tx, woken.id, now)
            return len(sleeping)

        while await self._database.write(unit) == portion:
            pass

    def _step(
        self, tx: Transaction, principal: Principal, before: Conversation, event: Step, name: str, data: dict[str, str]
    ) -> Conversation:
        now = self._clock.now_ms()
        stepped = step(before, event, now)
        if stepped is before:
            return before
        actor = self._speaker(principal)
        line = journal.Line(self._ids.new(), name, {**data, "agent": actor.name}, actor, now, internal=True)
        after = journal.write(tx, before, stepped, line, self._names)
        conversations.update(tx, after)
        return after

    def _speaker(self, principal: Principal) -> Speaker:
        if isinstance(principal, Agent):
            return Speaker("agent", principal.agent_id, self._names.get(principal.agent_id, ""))
        assert isinstance(principal, System)  # `_head` has refused the visitor
        return Speaker("system", principal.name)


def _left_behind(tx: Transaction, head: Conversation) -> Conversation:
    """The head, nobody's where its agent may not answer any more: awake in his list nobody would find it."""
    agent = None if head.assignee_id is None else agents.by_id(tx, head.assignee_id)
    at_work = agent is not None and not agent.disabled and WRITE in rights_of(tx, agent.role)
    return head if at_work else replace(head, assignee_id=None)


def _head(tx: Transaction, principal: Principal, conversation_id: str) -> Conversation:
    head = conversations.by_id(tx, conversation_id)
    if head is None or isinstance(principal, Visitor):
        raise not_found()
    demand(principal, "conversation.write", head)
    return head


def _until_unusable(days: int) -> Invalid:
    return Invalid(
        "until_unusable",
        f"Choose a moment that is still to come, within {days} days.",
        f"请选择未来 {days} 天内的时间。",
        field="until",
    )
