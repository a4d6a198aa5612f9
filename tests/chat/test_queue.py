"""What a waiting visitor is told: his place, and a wait that comes true."""

import heapq
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from random import Random
from statistics import mean, median

import pytest

from app.accounts.agents import AgentChange
from app.chat.queue import Service, expected_seconds
from app.gateway.local import deliveries
from app.model import frames
from app.model.conversations import Status
from app.model.events import Event, QueueMoved
from app.model.principals import Agent, Visitor
from app.model.routing import Mode, QueuePlace, Rules
from app.storage import queue
from app.storage.queue import Served
from tests.domain import SYSTEM, Domain

VISITORS = 200
AWAY_MAX = 0.3  # what the issue asks: within 30 %


async def there(domain: Domain, name: str, capacity: int) -> Agent:
    agent = await domain.agent(name)
    await domain.agents.change(SYSTEM, agent.agent_id, AgentChange(capacity=capacity))
    domain.presence.connected(agent)
    domain.presence._announce()
    return agent


async def comes(domain: Domain, inbox: str) -> tuple[Visitor, str]:
    domain.clock.advance(0.001)
    visitor = await domain.visitor(inbox)
    return visitor, (await domain.say(visitor, "hello")).conv


async def test_everybody_has_his_place_and_is_told_when_it_moves(domain: Domain) -> None:
    ann = await there(domain, "Ann", 5)
    inbox, north = await domain.inbox(), await domain.inbox(await domain.team("North"))
    (_, first), (second_visitor, second) = [await comes(domain, inbox) for _ in range(2)]
    _, elsewhere = await comes(domain, north)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    await domain.queue.look()
    (moved,) = heard
    assert isinstance(moved, QueueMoved)
    assert {(place.conversation_id, place.position) for place in moved.places} == {
        (first, 1), (second, 2), (elsewhere, 1),
    }  # fmt: skip
    heard.clear()
    await domain.queue.look()
    assert heard == [], "nothing has moved"
    await domain.conversations.take(ann, first)
    heard.clear()
    await domain.queue.look()
    (moved,) = heard
    assert isinstance(moved, QueueMoved)
    assert [(place.conversation_id, place.position) for place in moved.places] == [(second, 1)]
    assert domain.queue.of(second_visitor.contact_id) == moved.places
    (told,) = deliveries(moved)
    assert told.topics == (second_visitor.contact_id,)
    resumed = await domain.core.command(second_visitor, frames.Resume(domain.database.epoch), "en")
    assert b'"t":"queue"' in resumed.frames[-1] and second.encode() in resumed.frames[-1]


async def test_priority_moves_a_place(domain: Domain) -> None:
    inbox = await domain.inbox()
    (_, first), (_, second) = [await comes(domain, inbox) for _ in range(2)]
    await domain.change(second, "priority = 4")
    await domain.queue.look()
    assert domain.queue._told[second].position == 1 and domain.queue._told[first].position == 2


@pytest.mark.parametrize(
    ("position", "service", "seconds"),
    [
        (1, Service(300_000, 6, 0, manual=False), 50),
        (4, Service(300_000, 6, 0, manual=False), 180),
        (3, Service(300_000, 6, 2, manual=False), 50),
        (2, Service(300_000, 6, 2, manual=False), 0),
        (2, Service(300_000, 6, 2, manual=True), None),
        (9, Service(300_000, 6, 2, manual=True), None),
        (1, Service(300_000, 6, 0, manual=False, asked_ms=20_000), 70),
        (0, Service(300_000, 6, 0, manual=False, asked_ms=20_000), 20),
        (1, Service(None, 6, 0, manual=False), None),
        (1, Service(300_000, 0, 0, manual=False), None),
        (1, Service(1, 100, 0, manual=False), 10),
    ],
)
def test_a_wait_is_told_only_where_it_is_known(position: int, service: Service, seconds: int | None) -> None:
    assert expected_seconds(position, service) == seconds


async def test_a_wait_is_guessed_by_the_rules_of_its_inbox(domain: Domain) -> None:
    """Rules of an inbox come before its team's: by hand nobody knows, whatever holds for the others."""
    await there(domain, "Ann", 0)
    await there(domain, "Ben", 1)
    await domain.rules.set_default(SYSTEM, Rules(Mode.AUTO))
    given, by_hand = await domain.inbox(), await domain.inbox()
    await domain.rules.set_inbox(SYSTEM, by_hand, Rules(Mode.MANUAL))
    domain.queue._served = (float("inf"), [Served(None, 300_000, 0)] * 3)
    (_, first), (_, second) = await comes(domain, given), await comes(domain, by_hand)
    _, third = await comes(domain, given)
    await domain.router.settle()
    await domain.queue.look()
    told = {conv: place.wait_seconds for conv, place in domain.queue._told.items()}
    assert (await domain.head(first)).status is Status.OPEN and told == {second: None, third: 600}


@pytest.mark.full  # as long as twenty others
@pytest.mark.parametrize(
    ("mode", "seed"), [*((mode, seed) for mode in (Mode.AUTO, Mode.OFFER) for seed in range(11, 16)), (Mode.MANUAL, 11)]
)
async def test_an_estimate_comes_true(
    domain: Domain, capsys: pytest.CaptureFixture[str], mode: Mode, seed: int
) -> None:
    """200 visitors, three agents with two conversations each, times as at a desk: from one minute to twenty.

    Who is asked answers after some seconds, and one time of ten says no; by hand an agent looks every half minute.
    """
    desk = Desk(domain, Random(seed), [await there(domain, name, 2) for name in ("Ann", "Ben", "Cai")], mode)
    await domain.rules.set_default(SYSTEM, Rules(mode, offer_seconds=60, passes_max=0))
    pairs = await desk.day()
    if mode is Mode.MANUAL:
        assert pairs == [], "when somebody takes it cannot be known"
        return
    ratio = mean(told for told, _ in pairs) / mean(waited for _, waited in pairs)
    off = median(abs(told - waited) / waited for told, waited in pairs)
    with capsys.disabled():
        print(
            f"\n{mode.value}, seed {seed}: {len(pairs)} estimates, told {mean(told for told, _ in pairs):.0f} s, "
            f"waited {mean(waited for _, waited in pairs):.0f} s on average ({ratio:.2f}); "
            f"half are off by less than {off:.0%}"
        )
    assert len(pairs) > VISITORS / 2
    assert abs(ratio - 1) <= AWAY_MAX
    assert off <= AWAY_MAX


class Desk:
    """Visitors who come, agents who answer and end, in the order of their times."""

    def __init__(self, domain: Domain, random: Random, people: list[Agent], mode: Mode) -> None:
        self.domain = domain
        self.random = random
        self.people = people
        self.mode = mode
        self.began = domain.clock.now_ms()
        self.second = 0.0
        self.events: list[tuple[float, int, Callable[[], Awaitable[None]]]] = []
        self.told: dict[str, int] = {}
        self.waiting: dict[str, float] = {}
        self.waited: dict[str, float] = {}
        self.asked: set[str] = set()
        self.numbers = count()

    def later(self, seconds: float, deed: Callable[[], Awaitable[None]]) -> None:
        heapq.heappush(self.events, (self.second + seconds, next(self.numbers), deed))

    async def day(self) -> list[tuple[int, float]]:
        """(told, waited) in seconds of everybody who was told something when he came and had to wait."""
        inbox, at = await self.domain.inbox(), 0.0
        for _ in range(VISITORS):
            at += self.random.expovariate(1 / 47)
            self.later(at, partial(self.somebody_comes, inbox))
        if self.mode is Mode.MANUAL:
            self.later(30, self.somebody_looks)
        while self.events:
            self.second, _, deed = heapq.heappop(self.events)
            self.domain.clock.advance(self.second - (self.domain.clock.now_ms() - self.began) / 1_000)
            await deed()
            await self.settle()
        assert len(self.waited) == VISITORS
        return [(self.told[conv], self.waited[conv]) for conv in self.told if self.waited[conv] > 0]

    async def settle(self) -> None:
        await self.domain.router.settle()
        await self.domain.queue.look()
        known = self.domain.queue._told
        for conv in [conv for conv in self.waiting if conv not in known]:
            assert (await self.domain.head(conv)).status is Status.OPEN
            self.waited[conv] = self.second - self.waiting.pop(conv)
            lasts = min(max(self.random.lognormvariate(5.5, 0.6), 60), 1_200)
            self.later(lasts, partial(self.ends, conv))
        for conv, came in self.waiting.items():
            estimate = known[conv].wait_seconds
            if came == self.second and estimate is not None:
                self.told.setdefault(conv, estimate)
        for agent in self.people:
            for offer in self.domain.router.before(agent.agent_id):
                if offer.id not in self.asked:
                    self.asked.add(offer.id)
                    self.later(self.random.uniform(3, 25), partial(self.answers, agent, offer.id))

    async def somebody_comes(self, inbox: str) -> None:
        _, conv = await comes(self.domain, inbox)
        self.waiting[conv] = self.second

    async def answers(self, agent: Agent, offer_id: str) -> None:
        if self.random.random() < 0.1:
            await self.domain.router.refuse(agent, offer_id, "no")
        else:
            await self.domain.router.accept(agent, offer_id)

    async def somebody_looks(self) -> None:
        loads = await queue.loads(self.domain.database)
        for agent in self.people:
            if self.waiting and loads.get(agent.agent_id, 0) < 2:
                conv = next(conv for conv in self.waiting)
                await self.domain.conversations.take(agent, conv)
                break
        if self.events or self.waiting:
            self.later(30, self.somebody_looks)

    async def ends(self, conv: str) -> None:
        await self.domain.conversations.resolve(SYSTEM, conv)


def test_a_place_says_nothing_of_others() -> None:
    (told,) = deliveries(QueueMoved((QueuePlace("c" * 26, "p" * 26, 3, 90),)))
    assert told.frame == b'{"t":"queue","conv":"cccccccccccccccccccccccccc","position":3,"wait_seconds":90}'
