"""Who has waited as long as his inbox wants anybody to: told once, without losing his place."""

from app.accounts.inboxes import InboxChange
from app.gateway.local import deliveries
from app.model.conversations import Kind, Status
from app.model.events import Event, QueueMoved
from app.model.principals import Visitor
from app.model.widget import Patience, Then, Widget
from tests.domain import SYSTEM, Domain

_MINUTE_MS = 60_000


async def waiting(domain: Domain, minutes: int) -> tuple[Visitor, str, str]:
    """A visitor who has just begun to wait in an inbox that lets him wait so long; he, his conversation, the inbox."""
    inbox = await domain.inbox()
    widget = Widget(patience=Patience(minutes, Then.FORM))
    await domain.inboxes.change(SYSTEM, inbox, InboxChange(widget=widget))
    visitor = await domain.visitor(inbox)
    return visitor, (await domain.say(visitor, "hello")).conv, inbox


async def told(domain: Domain, conv: str) -> list[dict[str, str]]:
    """The lines that say so, for staff alone."""
    lines = [one for one in await domain.entries(conv) if one.data and one.data["event"] == "long_wait"]
    assert all(one.kind is Kind.SYSTEM and one.seq is None for one in lines)
    return [one.data or {} for one in lines]


async def test_the_form_comes_when_the_wait_is_over_and_his_place_stays(domain: Domain) -> None:
    visitor, conv, _ = await waiting(domain, 3)
    began = (await domain.head(conv)).created_at
    assert await domain.tools.alarm.ring() == began + 3 * _MINUTE_MS
    await domain.queue.look()
    assert [place.overdue for place in domain.queue.of(visitor.contact_id)] == [False]
    domain.clock.advance(179)
    await domain.tools.alarm.ring()
    assert await told(domain, conv) == []
    domain.clock.advance(2)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    assert await domain.tools.alarm.ring() is None
    assert await told(domain, conv) == [{"event": "long_wait", "minutes": "3"}]
    await domain.queue.look()
    (moved,) = [event for event in heard if isinstance(event, QueueMoved)]
    ((place,), (frame,)) = moved.places, deliveries(moved)
    assert (place.position, place.overdue) == (1, True)
    assert frame.topics == (visitor.contact_id,) and b'"overdue":true' in frame.frame
    assert (await domain.head(conv)).status is Status.QUEUED


async def test_each_wait_is_told_once_and_a_restart_forgets_none(domain: Domain) -> None:
    _, conv, _ = await waiting(domain, 1)
    domain.clock.advance(61)
    await domain.patience.ring(domain.clock.now_ms())
    await domain.say(await _visitor_of(domain, conv), "still there?", conv)
    domain.clock.advance(600)
    await domain.patience.ring(domain.clock.now_ms())
    assert len(await told(domain, conv)) == 1
    ann = await domain.agent("Ann")
    await domain.conversations.take(ann, conv)
    await domain.conversations.resolve(ann, conv)
    await domain.say(await _visitor_of(domain, conv), "one more thing", conv)
    await domain.change(conv, "status = 'queued', assignee_id = NULL, queue_place = 1")  # he waits anew
    assert await domain.patience.next_due() is not None
    domain.clock.advance(61)
    await domain.patience.ring(domain.clock.now_ms())
    assert len(await told(domain, conv)) == 2


async def test_who_was_taken_meanwhile_is_told_nothing(domain: Domain) -> None:
    _, conv, _ = await waiting(domain, 1)
    domain.clock.advance(61)
    await domain.conversations.take(await domain.agent("Ann"), conv)
    assert await domain.tools.alarm.ring() is None
    assert await told(domain, conv) == []


async def test_another_setting_counts_at_once_and_zero_is_never(domain: Domain) -> None:
    _, conv, inbox = await waiting(domain, 60)
    domain.clock.advance(120)
    await domain.inboxes.change(SYSTEM, inbox, InboxChange(widget=Widget()))
    assert await domain.tools.alarm.ring() is None
    await domain.inboxes.change(SYSTEM, inbox, InboxChange(widget=Widget(patience=Patience(2))))
    await domain.tools.alarm.ring()
    assert len(await told(domain, conv)) == 1


async def test_the_alarm_is_armed_by_who_would_be_the_next_and_by_nobody_else(domain: Domain) -> None:
    visitor, conv, inbox = await waiting(domain, 5)
    alarm = domain.tools.alarm
    assert alarm._armed.is_set(), "the first to wait"
    await alarm.ring()
    alarm._armed.clear()
    await domain.say(visitor, "hello again", conv)
    await domain.say(await domain.visitor(inbox), "me too")
    assert not alarm._armed.is_set(), "they come later than who is waited for"
    await domain.say(await domain.visitor(await domain.inbox()), "elsewhere")
    assert not alarm._armed.is_set(), "where nobody is offered the form"


async def _visitor_of(domain: Domain, conv: str) -> Visitor:
    head = await domain.head(conv)
    return Visitor(head.contact_id, head.inbox_id)
