"""What a waiting visitor is told: his place, and a wait that comes true."""

import heapq
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
from tests.domain import SYSTEM, Domain

VISITORS = 200
SERVICE_SECONDS = 300.0
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
        (1, Service(None, 6, 0, manual=False), None),
        (1, Service(300_000, 0, 0, manual=False), None),
        (1, Service(1, 100, 0, manual=False), 10),
    ],
)
def test_a_wait_is_told_only_where_it_is_known(position: int, service: Service, seconds: int | None) -> None:
    assert expected_seconds(position, service) == seconds


@pytest.mark.full  # as long as twenty others
async def test_an_estimate_comes_true(domain: Domain, capsys: pytest.CaptureFixture[str]) -> None:
    """200 visitors, three agents with two conversations each, times as at a desk: from one minute to twenty."""
    random = Random(11)
    for name in ("Ann", "Ben", "Cai"):
        await there(domain, name, 2)
    await domain.rules.set_default(SYSTEM, Rules(Mode.AUTO))
    inbox = await domain.inbox()
    began = domain.clock.now_ms()
    events: list[tuple[float, int, str]] = []  # (second, number, conversation that ends; empty: somebody comes)
    at = 0.0
    for number in range(VISITORS):
        at += random.expovariate(1 / 47)
        heapq.heappush(events, (at, number, ""))
    told: dict[str, int] = {}
    waited: dict[str, float] = {}
    waiting: dict[str, float] = {}
    ends = VISITORS
    while events:
        second, _, ending = heapq.heappop(events)
        domain.clock.advance(second - (domain.clock.now_ms() - began) / 1_000)
        if ending:
            await domain.conversations.resolve(SYSTEM, ending)
        else:
            _, conv = await comes(domain, inbox)
            waiting[conv] = second
        await domain.router.settle()
        await domain.queue.look()
        for conv in [conv for conv in waiting if conv not in domain.queue._told]:
            assert (await domain.head(conv)).status is Status.OPEN
            waited[conv] = second - waiting.pop(conv)
            ends += 1
            lasts = min(max(random.lognormvariate(5.5, 0.6), 60), 1_200)
            heapq.heappush(events, (second + lasts, ends, conv))
        if not ending and conv in waiting and (estimate := domain.queue._told[conv].wait_seconds) is not None:
            told[conv] = estimate
    assert len(waited) == VISITORS and len(told) > VISITORS / 2
    pairs = [(told[conv], waited[conv]) for conv in told]
    ratio = mean(one for one, _ in pairs) / mean(other for _, other in pairs)
    off = median(abs(one - other) / other for one, other in pairs)
    with capsys.disabled():
        print(
            f"\n{len(pairs)} estimates: told {mean(one for one, _ in pairs):.0f} s, waited "
            f"{mean(other for _, other in pairs):.0f} s on average ({ratio:.2f}); half are off by less than {off:.0%}"
        )
    assert abs(ratio - 1) <= AWAY_MAX
    assert off <= AWAY_MAX


def test_a_place_says_nothing_of_others() -> None:
    (told,) = deliveries(QueueMoved((QueuePlace("c" * 26, "p" * 26, 3, 90),)))
    assert told.frame == b'{"t":"queue","conv":"cccccccccccccccccccccccccc","position":3,"wait_seconds":90}'
