"""Does what `routing` chooses: at each event that may change who gets what, never by asking again and again.

What waits is kept in memory as it was last read: of what an event names, that alone is read anew, so that a pass costs
what has changed, however long the queue is. Whatever is chosen is looked at once more where it is written, and every
`limits.routing_reread_seconds`, when rules change, and after a fault all of it is read, so nothing rests on having
heard everything. Deadlines (of offers, of agents who are gone) are taken from the clock that never goes back; after a
restart they begin anew from what is stored.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from msgspec import Struct

from app.accounts.policy import demand
from app.bus.bus import Bus
from app.chat import routing
from app.chat.messages import clean
from app.chat.offers import Offers, passes_of
from app.chat.presence import Presence
from app.chat.routing import Candidate, Choice, Line, Queued
from app.chat.routing_rules import RoutingRules
from app.locks.locks import Locks
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Status
from app.model.errors import Conflict, Problem, not_found
from app.model.events import (
    AgentChanged,
    ContactChanged,
    ConversationChanged,
    Event,
    MessageCreated,
    OffersChanged,
    PresenceChanged,
)
from app.model.people import Availability, Colleague
from app.model.principals import Agent
from app.model.routing import Mode, Offer, OfferKind, Rules
from app.settings import Limits
from app.storage import agents, conversations, offers, queue
from app.storage.database import Database, Transaction
from app.storage.queue import Waiting
from app.telemetry.log import logger

_REASON_MAX = 200
_SLEEP_SECONDS_MAX = 3_600.0
_UNREAD_MAX = 1_000  # beyond, all of the queue is read: it costs less
_FRUITLESS_MAX = 100  # beyond, something is read otherwise than it is written: the next event tries again
_log = logger("routing")
Done = TypeVar("Done")


class Handover(Struct, frozen=True, forbid_unknown_fields=True):
    """To whom a conversation is offered, with a note for him."""

    agent_id: str
    note: str = ""


class Router:
    """Gives conversations to agents: `load` once, then `run` for as long as it serves."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        locks: Locks,
        rules: RoutingRules,
        presence: Presence,
        bus: Bus,
        limits: Limits,
        written: Offers,
    ) -> None:
        self._database = database
        self._clock = clock
        self._locks = locks
        self._rules = rules
        self._presence = presence
        self._limits = limits
        self._offers = written
        self._colleagues: dict[str, Colleague] = {}
        self._idle_since: dict[str, int] = {}  # ms UTC, when one of his was resolved
        self._open: dict[str, Offer] = {}  # offers that wait for an answer, by id
        self._deadlines: dict[str, float] = {}  # of these, monotonic
        self._gone: dict[str, float] = {}  # agents who are not there, and until when they are waited for
        self._stale: set[str] = set()  # conversations that changed under their offer
        self._line = Line()  # what waits, as it was last read
        self._unread: set[str] = set()  # conversations that are to be read anew
        self._whole = True  # all of it is
        self._reread_at = 0.0  # monotonic: from then on, too
        self._cut = False  # more waits than is kept
        self._following: int | None = None  # ms UTC, when the next one has waited long enough to overflow
        self._rest_until: int | None = None  # ms UTC, when the next one may be asked again
        self._wake = asyncio.Event()
        self._moved = True
        self._fruitless = 0  # choices in a row that no longer held when they were to be written
        bus.subscribe(self._heard)

    async def load(self) -> None:
        """Learn, at start, who works here, what is before whom, and with whom visitors wait."""
        await self._rules.load()
        self._colleagues = {one.id: one for one in await agents.all_of_them(self._database)}
        for offer in await offers.open_ones(self._database):
            self._hold(offer)
        for agent_id in await queue.holders(self._database):
            self._missed(agent_id)
        self._stir()

    async def run(self) -> None:
        """Route until cancelled."""
        while True:
            try:
                await self.settle()
                await self._sleep()
            except Problem as problem:
                _log.warning("routing waits", extra={"code": problem.code})
                self._whole = True
                await asyncio.sleep(self._limits.routing_retry_seconds)
                self._stir()

    async def settle(self) -> None:
        """Everything that is due, then passes over the queue until one changes nothing."""
        await self._expire()
        await self._withdraw_stale()
        await self._send_back()
        while self._moved:
            self._moved = False
            if not self._rules.book.manual:
                await self._pass()

    def due_seconds(self) -> float | None:
        """How long until something is due by itself; None: nothing is."""
        now, wall = self._clock.monotonic(), self._clock.now_ms()
        due = [deadline - now for deadline in (*self._deadlines.values(), *self._gone.values())]
        due += [(at - wall) / 1_000 for at in (self._following, self._rest_until) if at is not None]
        return max(0.0, min(due)) if due else None

    def changed(self) -> None:
        """The rules are others now, or nobody knows what is."""
        self._whole = True
        self._stir()

    # --- what agents do -----------------------------------------------------------------------------------------

    def before(self, agent_id: str) -> tuple[Offer, ...]:
        """What is before this agent, and what he put before colleagues, oldest first."""
        return tuple(offer for offer in self._open.values() if agent_id in (offer.agent_id, offer.from_id))

    async def why(self, principal: Agent, head: Conversation) -> Offer | None:
        """By which offer or assignment its agent has a conversation; None where he took it himself."""
        demand(principal, "conversation.read", head)
        return None if head.assignee_id is None else await offers.why(self._database, head.id, head.assignee_id)

    async def accept(self, principal: Agent, offer_id: str) -> Conversation:
        """Take what is offered; raises `NotFound`, `Conflict` (offer_over)."""
        demand(principal, "conversation.write")
        conversation_id = self._conversation_of(principal, offer_id)
        try:
            return await self._assigning(conversation_id, partial(self._offers.accept, offer_id, principal.agent_id))
        except Conflict:
            self._stale.add(conversation_id)
            self._stir()
            raise

    async def refuse(self, principal: Agent, offer_id: str, reason: str) -> None:
        """Do not take it, and say why; raises `NotFound`, `Conflict` (offer_over)."""
        demand(principal, "conversation.write")
        words = " ".join(clean(reason).split())[:_REASON_MAX]
        await self._database.write(partial(self._offers.refuse, offer_id, principal.agent_id, words))

    async def take_back(self, principal: Agent, offer_id: str) -> None:
        """Offer it to this colleague no more; his own hand-over. Raises `NotFound`, `Conflict` (offer_over)."""
        demand(principal, "conversation.write")

        def unit(tx: Transaction) -> bool:
            offer = offers.by_id(tx, offer_id)
            if offer is None or offer.from_id != principal.agent_id:
                raise not_found()
            return self._offers.withdraw(offer_id, tx)

        if not await self._database.write(unit):
            raise Conflict("offer_over", "The colleague has answered already.", "对方已经答复。")

    async def transfer(self, principal: Agent, conversation_id: str, asked: Handover) -> Offer:
        """Put a conversation before a colleague; raises as `Offers.transfer`, `NotFound`, `Forbidden`."""
        note = clean(asked.note).strip()

        def unit(tx: Transaction) -> Offer:
            head = conversations.by_id(tx, conversation_id)
            if head is None:
                raise not_found()
            demand(principal, "conversation.write", head)
            seconds = self._limits.transfer_offer_seconds
            return self._offers.transfer(head, asked.agent_id, principal.agent_id, note, seconds, tx)

        return await self._database.write(unit)

    def _conversation_of(self, principal: Agent, offer_id: str) -> str:
        offer = self._open.get(offer_id)
        if offer is None or offer.agent_id != principal.agent_id:
            raise not_found()
        return offer.conversation_id

    # --- what is due --------------------------------------------------------------------------------------------

    async def _expire(self) -> None:
        now = self._clock.monotonic()
        for offer_id in [offer_id for offer_id, deadline in self._deadlines.items() if deadline <= now]:
            offer = self._open.get(offer_id)
            if offer is None:
                continue  # answered meanwhile
            head = await conversations.find(self._database, offer.conversation_id)
            rules = Rules() if head is None else self._rules.book.of(head.inbox_id, head.team_id)
            await self._database.write(partial(self._offers.expire, offer_id, passes_of(rules, offer)))
            self._drop(offer_id)

    async def _withdraw_stale(self) -> None:
        while self._stale:
            conversation_id = next(iter(self._stale))
            await self._database.write(partial(self._offers.withdraw_stale, conversation_id))
            self._stale.discard(conversation_id)

    async def _send_back(self) -> None:
        """Who waits for an agent that is gone waits for another one, before all others.

        Where conversations are taken by hand only from who does not work here any more: he will not come back.
        """
        now = self._clock.monotonic()
        for agent_id in [agent_id for agent_id, until in self._gone.items() if until <= now]:
            if not self._present(agent_id):
                await self._return(agent_id)
            self._gone.pop(agent_id, None)

    async def _return(self, agent_id: str) -> None:
        most = self._limits.returned_conversations_max
        waiting = await self._database.write(lambda tx: queue.unanswered(tx, agent_id, most))
        agent = self._colleagues.get(agent_id)
        for_good = agent is None or not self._offers.usable(agent)
        for conversation_id in waiting:
            head = await conversations.find(self._database, conversation_id)
            by_hand = head is not None and self._rules.book.of(head.inbox_id, head.team_id).mode is Mode.MANUAL
            if head is not None and (for_good or not by_hand):
                await self._assigning(conversation_id, partial(self._offers.send_back, conversation_id, agent_id))

    # --- one pass -----------------------------------------------------------------------------------------------

    async def _pass(self) -> None:
        """Look at everything once: what goes to another team, else who gets what."""
        whole = self._whole or self._reread_at <= self._clock.monotonic()
        if whole:
            await self._read_all()
        there = await self._candidates()
        self._following = self._rest_until = None
        if not any(agent.free for agent in there) and not self._rules.book.overflows:
            return  # whoever is freed, or comes, is heard of
        if not whole:
            await self._read_changed()
        now = self._clock.now_ms()
        gone, self._following = routing.overflows(self._line, there, self._rules.book, now)
        for queued, team_id in gone:
            self._wrote(queued, await self._assigning(queued.id, partial(self._offers.move, queued.id, team_id)))
        if not gone:
            await self._route(there, now)

    async def _route(self, there: list[Candidate], now: int) -> None:
        self._rest_until = self._line.rested_at(now)
        while (choice := routing.choose(self._line, there, self._rules.book, now)) is not None:
            self._line.drop(choice.queued.id)
            given = await self._give(choice)
            self._wrote(choice.queued, given)
            if given:
                agent = next(one for one in there if one.id == choice.agent_id)
                agent.load += 1
                agent.assigned_at = agent.idle_since = now

    def _wrote(self, queued: Queued, done: bool) -> None:
        """Where it no longer held when it was to be written, look again: but not without end."""
        self._look_at(queued.id)
        if done:
            self._fruitless = 0
        elif self._fruitless < _FRUITLESS_MAX:
            self._fruitless += 1
            self._moved = True

    async def _give(self, choice: Choice) -> bool:
        return await self._assigning(choice.queued.id, partial(self._offers.give, choice))

    async def _candidates(self) -> list[Candidate]:
        """Who is there: connected, available, of a role that may answer."""
        connected = self._presence.agents_there()
        there = [
            one
            for one in self._colleagues.values()
            if one.id in connected and one.availability is Availability.ONLINE and self._offers.usable(one)
        ]
        standing = await queue.standing(self._database, [one.id for one in there]) if there else {}
        return [
            Candidate(
                one.id,
                frozenset(one.teams),
                one.capacity,
                standing[one.id].load,
                standing[one.id].assigned_at,
                max(standing[one.id].assigned_at, self._idle_since.get(one.id, 0)),
                frozenset(one.languages),
                frozenset(one.skills),
            )
            for one in there
            if one.id in standing
        ]

    async def _read_all(self) -> None:
        """Who works here, and all that waits."""
        self._unread, self._whole = set(), False  # what is heard from now on is read after it
        self._colleagues = {one.id: one for one in await agents.all_of_them(self._database)}
        most = self._limits.routing_queue_max
        rows = await queue.waiting(self._database, self._boost_ms, most)
        self._line, self._cut = Line(await self._queued(rows, None)), len(rows) == most
        self._reread_at = self._clock.monotonic() + self._limits.routing_reread_seconds

    async def _read_changed(self) -> None:
        """Of what waits, that of which something was heard."""
        most = self._limits.routing_queue_max
        if self._cut and len(self._line) <= most // 2:
            await self._read_all()
            return
        if not self._unread:
            return
        unread, self._unread = self._unread, set()
        rows = await queue.waiting_of(self._database, unread, self._boost_ms)
        found = await self._queued(rows, unread)
        for conversation_id in unread:
            self._line.drop(conversation_id)
        for queued in found:
            self._line.put(queued)
        while len(self._line) > most:
            self._line.drop(self._line.last().id)
            self._cut = True

    @property
    def _boost_ms(self) -> int:
        return self._limits.queue_priority_seconds * 1_000

    async def _queued(self, rows: Sequence[Waiting], ids: Iterable[str] | None) -> list[Queued]:
        """With who rests and where it has been, but what is before somebody now. `ids` None: of all that waits."""
        if not rows:
            return []
        rest_ms = round(self._limits.offer_rest_seconds * 1_000)
        resting = await offers.resting(self._database, self._clock.now_ms() - rest_ms, ids)
        left = await queue.overflowed(self._database, ids)
        return [
            Queued(
                row.id, row.inbox_id, row.team_id, row.place, row.since, row.language, row.sticky_id,
                {agent_id: at + rest_ms for agent_id, at in resting.get(row.id, {}).items()},
                frozenset(left.get(row.id, ())), row.contact_id,
            )
            for row in rows
            if not row.offered
        ]  # fmt: skip

    async def _assigning(self, conversation_id: str, write: Callable[[int, Transaction], Done]) -> Done:
        """Under the conversation's lock, with a token that is newer than every earlier one."""
        async with self._locks.hold(f"conversation:{conversation_id}", self._limits.assignment_lock_seconds) as lease:
            return await self._database.write(partial(write, lease.token))

    # --- what is heard ------------------------------------------------------------------------------------------

    def _heard(self, batch: Sequence[Event]) -> None:
        for event in batch:
            match event:
                case ConversationChanged():
                    self._changed_head(event)
                case MessageCreated():
                    if event.conversation.status is Status.QUEUED and event.message.kind is Kind.MESSAGE:
                        self._look_at(event.conversation.id)
                        self._stir()
                    elif event.conversation.waiting_since is not None:
                        self._waits_for(event.conversation.assignee_id)
                case AgentChanged():
                    self._changed_agent(event.agent)
                case PresenceChanged(kind="agent"):
                    self._came_and_went(event)
                case OffersChanged():
                    self._changed_offers(event)
                case ContactChanged():
                    self._look_at(*self._line.of_contact(event.contact.id))
                case _:
                    pass

    def _changed_head(self, event: ConversationChanged) -> None:
        head = event.conversation
        if head.status is Status.RESOLVED and head.assignee_id is not None:
            self._idle_since[head.assignee_id] = head.updated_at
        if any(offer.conversation_id == head.id for offer in self._open.values()):
            self._stale.add(head.id)
        if head.waiting_since is not None:
            self._waits_for(head.assignee_id)
        self._look_at(head.id, *self._line.of_contact(head.contact_id))  # others: who spoke with him before
        self._stir()

    def _changed_agent(self, agent: Colleague) -> None:
        self._colleagues[agent.id] = agent
        if self._offers.usable(agent) and agent.availability is Availability.ONLINE:
            self._back(agent.id)
        elif not self._present(agent.id):
            self._missed(agent.id)
        if not self._offers.usable(agent) or agent.availability is not Availability.ONLINE:
            self._stale.update(
                offer.conversation_id
                for offer in self._open.values()
                if offer.agent_id == agent.id and offer.kind is OfferKind.OFFER
            )
        self._stir()

    def _came_and_went(self, event: PresenceChanged) -> None:
        for agent_id in event.online:
            self._back(agent_id)
        for agent_id in event.offline:
            self._missed(agent_id)
        self._stir()

    def _changed_offers(self, event: OffersChanged) -> None:
        now = {offer.id: offer for offer in event.offers}
        for offer in self.before(event.agent_id):
            if offer.id not in now:
                self._drop(offer.id)
        for offer in now.values():
            if offer.id not in self._open:
                self._hold(offer)
        self._stir()

    def _hold(self, offer: Offer) -> None:
        left_ms = min(offer.deadline_at - self._clock.now_ms(), offer.deadline_at - offer.made_at)
        self._open[offer.id] = offer
        self._look_at(offer.conversation_id)
        self._deadlines[offer.id] = self._clock.monotonic() + max(0, left_ms) / 1_000

    def _drop(self, offer_id: str) -> None:
        offer = self._open.pop(offer_id, None)
        if offer is not None:
            self._look_at(offer.conversation_id)
        self._deadlines.pop(offer_id, None)

    def _present(self, agent_id: str) -> bool:
        """Whether he is at work: connected, and not signed off; away for a while is at work."""
        agent = self._colleagues.get(agent_id)
        at_work = agent is not None and self._offers.usable(agent) and agent.availability is not Availability.OFFLINE
        return at_work and agent_id in self._presence.agents_there()

    def _waits_for(self, agent_id: str | None) -> None:
        if agent_id is not None and not self._present(agent_id):
            self._missed(agent_id)

    def _missed(self, agent_id: str) -> None:
        """He is gone: he is waited for so long."""
        self._gone.setdefault(agent_id, self._clock.monotonic() + self._limits.agent_grace_seconds)
        self._wake.set()

    def _back(self, agent_id: str) -> None:
        if self._present(agent_id):
            self._gone.pop(agent_id, None)

    def _look_at(self, *conversation_ids: str) -> None:
        """These are to be read anew before the next choice."""
        self._unread.update(conversation_ids)
        if len(self._unread) > _UNREAD_MAX:
            self._unread, self._whole = set(), True

    def _stir(self) -> None:
        """Somebody should look at the queue."""
        self._moved = True
        self._wake.set()

    async def _sleep(self) -> None:
        """Until something is heard, or due."""
        self._wake.clear()
        if self._moved or self._stale:
            return
        due = self.due_seconds()
        try:
            async with asyncio.timeout(_SLEEP_SECONDS_MAX if due is None else min(due, _SLEEP_SECONDS_MAX)):
                await self._wake.wait()
        except TimeoutError:
            if self._following is not None or self._rest_until is not None:
                self._moved = True
