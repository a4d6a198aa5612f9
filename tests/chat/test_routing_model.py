"""Nobody is forgotten: routing against all that people do, over a real SQLite file and a clock that stands still.

After each step: no conversation waits while somebody who may have it is free; none has two agents or two offers; nobody
has more than his capacity of what routing gave him; every offer ends at its deadline.
"""

import asyncio
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec import Struct
from msgspec.structs import replace

from app.accounts.agents import AgentChange, ProfileChange
from app.chat.conversations import Assignment
from app.chat.router import Handover
from app.chat.routing import Queued
from app.model.conversations import Status
from app.model.errors import Problem
from app.model.people import Availability
from app.model.principals import Agent
from app.model.routing import Mode, OfferKind, Rules, Strategy
from app.settings import Limits, Settings
from app.storage import agents, queue
from tests.clock import ManualClock
from tests.domain import SYSTEM, Domain

LIMITS = Limits(agent_grace_seconds=20.0, offer_rest_seconds=40.0, transfer_offer_seconds=15, presence_gather_ms=0)
_EXAMPLES_MAX = 100
who = st.integers(0, 3)
which = st.integers(0, 5)


class World(Struct, frozen=True):
    """Two teams, an inbox each and one of no team; four agents: two of one team, one of both, one of the other."""

    database: Path
    inboxes: tuple[str, ...]
    teams: tuple[str, ...]
    agents: tuple[Agent, ...]


async def make_world(path: Path) -> World:
    async with Domain(path, Settings(data=path.parent, limits=LIMITS), ManualClock()) as domain:
        north, south = await domain.team("North"), await domain.team("South")
        inboxes = (await domain.inbox(north), await domain.inbox(south), await domain.inbox())
        people = [
            await domain.agent("Ann", teams=[north]),
            await domain.agent("Ben", teams=[north, south]),
            await domain.agent("Cai", teams=[south]),
            await domain.agent("Dot", teams=[north]),
        ]
        for agent in people:
            await domain.agents.change(SYSTEM, agent.agent_id, AgentChange(capacity=2))
        auto = Rules(Mode.AUTO, Strategy.LONGEST_IDLE, overflow_team_id=south.id, overflow_seconds=100)
        await domain.rules.set_team(SYSTEM, north.id, auto)
        await domain.rules.set_team(SYSTEM, south.id, Rules(Mode.OFFER, offer_seconds=30, passes_max=2))
        await domain.rules.set_default(SYSTEM, Rules(Mode.OFFER, Strategy.ROUND_ROBIN, offer_seconds=10, passes_max=0))
        return World(path, inboxes, (north.id, south.id), tuple(people))


class Routing(RuleBasedStateMachine):
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = ManualClock()
        self.folder = Path(mkdtemp(prefix="routing-", dir=self.world.database.parent))
        shutil.copy(self.world.database, self.folder / "monodesk.db")
        self.connected: set[int] = set()
        self.routed: set[object] = set()  # what routing had given or offered at the last look
        self.deadlines: dict[str, float] = {}  # of offers that were seen open, by the clock that never goes back
        self.run(self._open())

    def run(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    async def _open(self) -> None:
        quick = Settings(data=self.folder, limits=LIMITS, durability="normal")
        self.domain = await Domain(self.folder / "monodesk.db", quick, self.clock).__aenter__()
        for index in self.connected:
            self.domain.presence.connected(self.world.agents[index])
        self.domain.presence._announce()
        await self.domain.router.settle()

    def teardown(self) -> None:
        self.run(self.domain.__aexit__(None, None, None))
        self.runner.close()
        shutil.rmtree(self.folder)

    def settle(self, deed: Any = None) -> None:
        async def unit() -> None:
            try:
                if deed is not None:
                    await deed
            except Problem:
                pass  # somebody was faster, or it is over: what is refused must change nothing
            self.domain.presence._announce()
            await self.domain.router.settle()

        self.run(unit())

    async def _ids(self, condition: str) -> list[str]:
        rows = await self.domain.database.read(
            f"SELECT id FROM conversations WHERE {condition} ORDER BY created_at, id"
        )
        return [str(row[0]) for row in rows]

    def _one(self, condition: str, place: int) -> str | None:
        found = self.run(self._ids(condition))
        return found[place % len(found)] if found else None

    @initialize()
    def somebody_is_there(self) -> None:
        """Most of what can go wrong needs people at work."""
        for index in (0, 1):
            self.connects(index)
        for place in (0, 0, 1, 2):
            self.somebody_writes(place)

    # --- what people do -----------------------------------------------------------------------------------------

    @rule(place=st.integers(0, 2))
    def somebody_writes(self, place: int) -> None:
        async def write() -> None:
            self.clock.advance(0.001)  # who comes within a millisecond is in no order
            visitor = await self.domain.visitor(self.world.inboxes[place])
            await self.domain.say(visitor, "hello")

        self.settle(write())

    @rule(index=who)
    def connects(self, index: int) -> None:
        async def connect() -> None:
            self.domain.presence.connected(self.world.agents[index])

        if index not in self.connected:
            self.connected.add(index)
            self.settle(connect())

    @rule(index=who)
    def disconnects(self, index: int) -> None:
        async def disconnect() -> None:
            self.domain.presence.disconnected(self.world.agents[index])

        if index in self.connected:
            self.connected.discard(index)
            self.settle(disconnect())

    @rule(index=who, state=st.sampled_from([Availability.ONLINE, Availability.ONLINE, *Availability]))
    def changes_state(self, index: int, state: Availability) -> None:
        change = ProfileChange(availability=state, away_reason="lunch")
        self.settle(self.domain.agents.change_profile(self.world.agents[index], change))

    @rule(index=who, capacity=st.integers(0, 3))
    def changes_capacity(self, index: int, capacity: int) -> None:
        change = AgentChange(capacity=capacity)
        self.settle(self.domain.agents.change(SYSTEM, self.world.agents[index].agent_id, change))

    @rule(index=who, place=which)
    def takes(self, index: int, place: int) -> None:
        conv = self._one("status = 'queued'", place)
        if conv is not None:
            self.settle(self.domain.conversations.take(self.world.agents[index], conv))

    @rule(place=which, team=st.integers(0, 1))
    def goes_to_a_team(self, place: int, team: int) -> None:
        conv = self._one("status IN ('queued', 'open')", place)
        if conv is not None:
            to = Assignment(team_id=self.world.teams[team])
            self.settle(self.domain.conversations.assign(SYSTEM, conv, to))

    @rule(place=which)
    def is_resolved(self, place: int) -> None:
        conv = self._one("status IN ('queued', 'open')", place)
        if conv is not None:
            self.settle(self.domain.conversations.resolve(SYSTEM, conv))

    @rule(index=who, place=which)
    def is_answered(self, index: int, place: int) -> None:
        agent = self.world.agents[index]
        conv = self._one(f"assignee_id = '{agent.agent_id}' AND status = 'open'", place)
        if conv is not None:
            self.settle(self.domain.say(agent, "one moment", conv))

    @rule(index=who, to=who, place=which)
    def is_handed_on(self, index: int, to: int, place: int) -> None:
        agent = self.world.agents[index]
        conv = self._one(f"assignee_id = '{agent.agent_id}' AND status = 'open'", place)
        if conv is not None:
            asked = Handover(self.world.agents[to].agent_id, "please")
            self.settle(self.domain.router.transfer(agent, conv, asked))

    @rule(index=who, place=which, accepts=st.booleans())
    def answers_an_offer(self, index: int, place: int, accepts: bool) -> None:
        agent = self.world.agents[index]
        before = [offer for offer in self.domain.router.before(agent.agent_id) if offer.agent_id == agent.agent_id]
        if not before:
            return
        offer = before[place % len(before)]
        if accepts:
            self.settle(self.domain.router.accept(agent, offer.id))
        else:
            self.settle(self.domain.router.refuse(agent, offer.id, "no"))

    @rule(seconds=st.sampled_from([1.0, 9.0, 15.0, 31.0, 120.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.domain.router.changed()  # what the timer does when something is due
        self.settle()

    @rule(seconds=st.sampled_from([-3_600, 3_600]))
    def the_clock_is_set(self, seconds: int) -> None:
        self.clock.jump(seconds)
        self.domain.router.changed()
        self.settle()

    @rule()
    def the_server_starts_again(self) -> None:
        self.run(self.domain.__aexit__(None, None, None))
        self.run(self._open())
        self.deadlines = {}

    # --- what must hold -----------------------------------------------------------------------------------------

    @invariant()
    def nobody_is_forgotten(self) -> None:
        self.run(self._check())

    async def _check(self) -> None:
        database, book = self.domain.database, self.domain.rules.book
        people = {one.id: one for one in await agents.all_of_them(database)}
        heads = await database.read(
            "SELECT id, inbox_id, team_id, status, assignee_id FROM conversations WHERE status IN ('queued', 'open')"
        )
        opened = await database.read("SELECT id, conversation_id, agent_id, kind FROM offers WHERE state = 'open'")
        assert len({row[1] for row in opened}) == len(opened), "two offers of one conversation"
        before = {offer.id for agent in self.world.agents for offer in self.domain.router.before(agent.agent_id)}
        assert before == {row[0] for row in opened}, "what is in memory is not what is stored"
        offered = {row[1] for row in opened if row[3] == OfferKind.OFFER.value}
        load = dict.fromkeys(people, 0)
        for _, _, _, status, assignee_id in heads:
            assert (assignee_id is not None) == (status == Status.OPEN.value)
            if assignee_id is not None:
                load[str(assignee_id)] += 1
        for _, _, agent_id, _ in opened:
            load[str(agent_id)] += 1
        queued = {row[0] for row in heads if row[3] == Status.QUEUED.value}
        assert offered <= queued, "what went another way is still offered"
        routed = await database.read("SELECT id, agent_id FROM offers WHERE kind <> 'transfer'")
        for agent_id in {str(row[1]) for row in routed if row[0] not in self.routed}:
            assert load[agent_id] <= people[agent_id].capacity, "given more than he can have"
        self.routed = {row[0] for row in routed}
        resting = await self._resting()
        there = [
            people[self.world.agents[index].agent_id]
            for index in self.connected
            if people[self.world.agents[index].agent_id].availability is Availability.ONLINE
        ]
        for conversation_id, inbox_id, team_id, status, _ in heads:
            if status != Status.QUEUED.value or conversation_id in offered:
                continue
            assert book.of(str(inbox_id), None if team_id is None else str(team_id)).mode is not Mode.MANUAL
            free = [
                one.name
                for one in there
                if load[one.id] < one.capacity
                and (team_id is None or team_id in one.teams)
                and (conversation_id, one.id) not in resting
            ]
            assert not free or any(row[1] == conversation_id for row in opened), f"{free} could have it"
        self._every_offer_ends({str(row[0]) for row in opened})
        await self._line_is_what_is_stored()

    async def _line_is_what_is_stored(self) -> None:
        """What the router keeps of the queue, once it has read what it heard of, is what it would read anew."""
        router, now = self.domain.router, self.clock.now_ms()
        await router._read_changed()
        kept, most = router._line, LIMITS.routing_queue_max
        stored = await router._queued(await queue.waiting(self.domain.database, router._boost_ms, most), None)
        assert [_rested(kept[one.id], now) for one in stored if one.id in kept] == [_rested(one, now) for one in stored]
        assert len(kept) == len(stored)

    async def _resting(self) -> set[tuple[Any, Any]]:
        since = self.clock.now_ms() - round(LIMITS.offer_rest_seconds * 1_000)
        rows = await self.domain.database.read(
            "SELECT conversation_id, agent_id FROM offers WHERE state IN ('refused', 'expired') AND ended_at > :since",
            {"since": since},
        )
        return {(row[0], row[1]) for row in rows}

    def _every_offer_ends(self, opened: set[str]) -> None:
        now = self.clock.monotonic()
        for offer_id in opened:
            assert now - self.deadlines.setdefault(offer_id, now) <= 30, "an offer outlived its deadline"


def _rested(queued: Queued, now: int) -> Queued:
    """Without those who may be asked again by now: it matters no more that they said no."""
    return replace(queued, resting={agent: until for agent, until in queued.resting.items() if until > now})


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> World:
    path = Path(shutil.copy(migrated, tmp_path_factory.mktemp("routing") / "world.db"))
    with asyncio.Runner() as runner:
        return runner.run(make_world(path))


def test_nobody_is_forgotten(world: World) -> None:
    machine = type("RoutingHere", (Routing,), {"world": world})
    examples = 20 if settings().max_examples <= 50 else _EXAMPLES_MAX
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=30))
