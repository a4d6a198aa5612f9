"""Conversations that sleep until a moment, or until the visitor writes; what wakes them, and what he sees of it."""

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from app.accounts.agents import AgentChange
from app.chat.conversations import Assignment
from app.chat.snoozing import Snooze
from app.gateway.local import deliveries
from app.model.conversations import Kind, Status
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.events import Event
from app.model.principals import Agent, Visitor
from app.settings import Limits, Settings
from app.storage import queue
from app.storage.conversations import View
from tests.domain import SYSTEM, Domain

_HOUR = 3_600_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(snooze_portion=2, snooze_days_max=10, clock_look_seconds=0.01))


async def _taken(domain: Domain, ann: Agent) -> tuple[Visitor, str]:
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "hello")).conv
    await domain.conversations.take(ann, conv)
    return visitor, conv


async def _asleep(domain: Domain, hours: float | None = 1) -> tuple[Visitor, Agent, str]:
    ann = await domain.agent("Ann")
    visitor, conv = await _taken(domain, ann)
    until = None if hours is None else domain.clock.now_ms() + round(hours * _HOUR)
    await domain.tools.snoozing.snooze(ann, conv, Snooze(until))
    return visitor, ann, conv


async def test_it_sleeps_in_a_view_of_its_own_and_the_visitor_does_not_notice(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    visitor, conv = await _taken(domain, ann)
    thread = (await domain.history.threads(visitor))[0]
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    until = domain.clock.now_ms() + _HOUR
    head = await domain.tools.snoozing.snooze(ann, conv, Snooze(until))
    assert (head.status, head.snoozed_until, head.assignee_id) == (Status.SNOOZED, until, ann.agent_id)
    line = (await domain.entries(conv))[-1]
    assert line.kind is Kind.SYSTEM and line.data == {"event": "snoozed", "until": str(until), "agent": "Ann"}
    assert not [one for event in heard for one in deliveries(event) if visitor.contact_id in one.topics]
    assert await domain.history.threads(visitor) == [thread]
    for view in View:
        page = await domain.history.listing(ann, view, None, 50)
        assert (conv in [row.conversation.id for row in page.conversations]) == (view is View.SNOOZED)
        assert (page.counts.mine, page.counts.all) == (0, 0)


async def test_it_wakes_when_its_moment_comes_also_after_a_restart(domain: Domain) -> None:
    _, ann, conv = await _asleep(domain)
    alarm = domain.tools.alarm
    assert await alarm.ring() == domain.clock.now_ms() + _HOUR
    domain.clock.advance(3_599)
    assert await alarm.ring() is not None and (await domain.head(conv)).status is Status.SNOOZED
    domain.clock.advance(1)
    assert await alarm.ring() is None  # which asks the database: nothing is kept in memory
    head = await domain.head(conv)
    assert (head.status, head.snoozed_until, head.assignee_id) == (Status.OPEN, None, ann.agent_id)
    line = (await domain.entries(conv))[-1]
    assert line.kind is Kind.SYSTEM and line.data == {"event": "woken", "by": "time", "agent": ""}


async def test_many_wake_in_portions(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    convs = [(await _taken(domain, ann))[1] for _ in range(5)]
    for conv in convs:
        await domain.tools.snoozing.snooze(ann, conv, Snooze(domain.clock.now_ms() + 1))
    domain.clock.advance(1)
    assert await domain.tools.alarm.ring() is None
    assert {(await domain.head(conv)).status for conv in convs} == {Status.OPEN}


async def test_until_the_visitor_writes(domain: Domain) -> None:
    visitor, ann, conv = await _asleep(domain, None)
    assert await domain.tools.alarm.ring() is None
    await domain.say(visitor, "one thing more", conv)
    head = await domain.head(conv)
    assert (head.status, head.assignee_id) == (Status.OPEN, ann.agent_id)
    woken, said = (await domain.entries(conv))[-2:]
    assert (woken.kind, woken.seq, said.text) == (Kind.SYSTEM, None, "one thing more")
    assert woken.data == {"event": "woken", "agent": ""}


@pytest.mark.parametrize("how", ["reply", "wake", "hand", "resolve"])
async def test_what_else_ends_the_sleep(domain: Domain, how: str) -> None:
    _, ann, conv = await _asleep(domain)
    ben = await domain.agent("Ben")
    if how == "reply":
        await domain.say(ann, "here I am", conv)
    elif how == "wake":
        await domain.tools.snoozing.wake(ann, conv)
    elif how == "hand":
        await domain.conversations.assign(ann, conv, Assignment(ben.agent_id))
    else:
        await domain.conversations.resolve(ann, conv)
    head = await domain.head(conv)
    assert head.status is (Status.RESOLVED if how == "resolve" else Status.OPEN)
    assert head.snoozed_until is None and await domain.tools.snoozing.next_due() is None


async def test_a_note_lets_it_sleep(domain: Domain) -> None:
    _, ann, conv = await _asleep(domain)
    await domain.say(ann, "asked the warehouse", conv, note=True)
    assert (await domain.head(conv)).status is Status.SNOOZED


async def test_the_same_again_changes_nothing_and_another_time_does(domain: Domain) -> None:
    _, ann, conv = await _asleep(domain)
    head = await domain.head(conv)
    assert await domain.tools.snoozing.snooze(ann, conv, Snooze(head.snoozed_until)) == head
    later = await domain.tools.snoozing.snooze(ann, conv, Snooze(domain.clock.now_ms() + 2 * _HOUR))
    assert later.staff_seq == head.staff_seq + 1
    awake = await domain.tools.snoozing.wake(ann, conv)
    assert await domain.tools.snoozing.wake(ann, conv) == awake


async def test_what_cannot_sleep_is_refused(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "hello")).conv
    snooze = domain.tools.snoozing.snooze
    with pytest.raises(Conflict) as untaken:
        await snooze(ann, conv, Snooze())
    assert untaken.value.code == "not_taken"
    now = domain.clock.now_ms()
    for until in (0, now, now + 10 * 24 * _HOUR + 1, 2**53):
        with pytest.raises(Invalid) as refused:
            await snooze(ann, conv, Snooze(until))
        assert (refused.value.code, refused.value.field) == ("until_unusable", "until")
    for someone, error in ((visitor, NotFound), (await domain.agent("Olga", "observer"), Forbidden)):
        with pytest.raises(error):
            await snooze(someone, conv, Snooze())
        with pytest.raises(error):
            await domain.tools.snoozing.wake(someone, conv)
    await domain.conversations.resolve(ann, conv)
    with pytest.raises(Conflict) as over:
        await snooze(ann, conv, Snooze())
    assert over.value.code == "not_active"


async def _comes(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


async def test_the_timer_is_armed_anew_and_sees_a_clock_that_is_set(domain: Domain) -> None:
    """Nothing waits at first; then one does; then somebody sets the clock back, and forward over the moment."""
    rung: list[int] = []
    domain.bus.subscribe(lambda batch: rung.append(len(batch)))
    running = asyncio.create_task(domain.tools.alarm.run())
    try:
        ann = await domain.agent("Ann")
        convs = [(await _taken(domain, ann))[1] for _ in range(2)]
        for hours, conv in zip((2, 1), convs, strict=True):
            until = domain.clock.now_ms() + hours * _HOUR
            await domain.tools.snoozing.snooze(ann, conv, Snooze(until))
        told = len(rung)
        domain.clock.jump(-24 * 3_600)
        await asyncio.sleep(0.1)  # it looks ten times
        assert len(rung) == told
        domain.clock.jump(24 * 3_600 + 3_600)
        await _comes(lambda: len(rung) == told + 1)
        assert [(await domain.head(conv)).status for conv in convs] == [Status.SNOOZED, Status.OPEN]
        domain.clock.jump(3_600)
        await _comes(lambda: len(rung) == told + 2)
        assert (await domain.head(convs[0])).status is Status.OPEN
    finally:
        running.cancel()


@pytest.mark.parametrize("change", [AgentChange(disabled=True), AgentChange(role="observer")])
async def test_whose_agent_is_gone_for_good_it_wakes_into_the_queue(domain: Domain, change: AgentChange) -> None:
    _, ann, conv = await _asleep(domain)
    later = (await domain.say(await domain.visitor(await domain.inbox()), "me too")).conv
    await domain.agents.change(SYSTEM, ann.agent_id, change)
    domain.clock.advance(3_600)
    await domain.tools.alarm.ring()
    head = await domain.head(conv)
    assert (head.status, head.assignee_id) == (Status.QUEUED, None)
    rows = await queue.waiting(domain.database, 0, 10)
    assert [row.id for row in rows] == [conv, later], "he waited before, and waits in front"
