"""Who is told to be there."""

import asyncio

import pytest
from msgspec.structs import replace

from app.chat.presence import Presence
from app.model import frames
from app.model.errors import NotFound
from app.model.events import Event, PageViewed, PresenceChanged, Writing
from app.settings import Limits, Settings
from tests.domain import Domain


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(presence_gather_ms=1))


class Ears:
    """Collects events of some kinds; `wait` returns when the first of them has come."""

    def __init__(self, domain: Domain, *kinds: type[Event]) -> None:
        self.heard: list[Event] = []
        self._kinds = kinds
        self._came = asyncio.Event()
        domain.bus.subscribe(self._hear)

    def _hear(self, events: object) -> None:
        assert isinstance(events, tuple | list)
        wanted = [event for event in events if isinstance(event, self._kinds)]
        self.heard += wanted
        if wanted:
            self._came.set()

    async def wait(self) -> Event:
        await self._came.wait()
        self._came.clear()
        return self.heard[-1]


async def _flushed(domain: Domain) -> None:
    """Until every gathered change has been announced: an agent's own coming is announced last."""
    ears = Ears(domain, PresenceChanged)
    agent = await domain.agent(f"Marker{domain.cid()[-3:]}")
    domain.presence.connected(agent)
    while True:
        event = await ears.wait()
        assert isinstance(event, PresenceChanged)
        if agent.agent_id in event.online:
            return


async def test_a_visitor_with_a_conversation_is_announced(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    await domain.say(visitor, "hello")
    ears = Ears(domain, PresenceChanged)
    domain.presence.connected(visitor)
    assert await ears.wait() == PresenceChanged("visitor", (visitor.contact_id,), ())
    assert domain.presence.snapshot() == frames.Snapshot((visitor.contact_id,), ())
    domain.presence.disconnected(visitor)
    assert await ears.wait() == PresenceChanged("visitor", (), (visitor.contact_id,))
    assert domain.presence.snapshot() == frames.Snapshot((), ())


async def test_a_visitor_who_only_looks_is_counted_but_not_announced(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    ears = Ears(domain, PresenceChanged)
    domain.presence.connected(visitor)
    await _flushed(domain)
    assert not any(isinstance(event, PresenceChanged) and event.kind == "visitor" for event in ears.heard)
    assert domain.presence.online(visitor.contact_id)
    ears = Ears(domain, PresenceChanged)
    await domain.say(visitor, "hello")
    assert await ears.wait() == PresenceChanged("visitor", (visitor.contact_id,), ())


async def test_who_leaves_and_returns_at_once_was_never_away(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    await domain.say(visitor, "hello")
    domain.presence.connected(visitor)
    await _flushed(domain)
    ears = Ears(domain, PresenceChanged)
    domain.presence.disconnected(visitor)
    domain.presence.connected(visitor)
    await _flushed(domain)
    assert not any(isinstance(event, PresenceChanged) and event.kind == "visitor" for event in ears.heard)


async def test_two_tabs_are_one_person(domain: Domain) -> None:
    agent = await domain.agent("Ann")
    domain.presence.connected(agent)
    domain.presence.connected(agent)
    domain.presence.disconnected(agent)
    assert domain.presence.online(agent.agent_id)
    domain.presence.disconnected(agent)
    domain.presence.disconnected(agent)
    assert not domain.presence.online(agent.agent_id)


async def test_a_lost_gateway_forgets_its_people_and_only_them(domain: Domain) -> None:
    inbox = await domain.inbox()
    one, other = await domain.visitor(inbox), await domain.visitor(inbox)
    for visitor in (one, other):
        await domain.say(visitor, "hello")
    domain.presence.connected(one, "gateway-1")
    domain.presence.connected(other, "gateway-2")
    domain.presence.connected(other, "gateway-1")
    await _flushed(domain)
    ears = Ears(domain, PresenceChanged)
    domain.presence.forget("gateway-1")
    assert await ears.wait() == PresenceChanged("visitor", (), (one.contact_id,))
    assert domain.presence.online(other.contact_id)


async def test_a_resolved_conversation_is_not_shown_in_a_snapshot(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    first = (await domain.say(visitor, "hello")).conv
    second = (await domain.say(visitor, "hello")).conv
    domain.presence.connected(visitor)
    await domain.conversations.resolve(agent, first)
    assert domain.presence.snapshot().contacts == (visitor.contact_id,)
    await domain.conversations.resolve(agent, second)
    assert domain.presence.snapshot().contacts == ()


async def test_active_conversations_are_learned_at_start(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    await domain.say(visitor, "hello")
    presence = Presence(
        domain.bus, domain.database, domain.inboxes, domain.contacts, domain.settings.limits, domain.clock
    )
    await presence.load()
    presence.connected(visitor)
    assert presence.snapshot().contacts == (visitor.contact_id,)
    presence.close()


async def test_at_most_500_ids_stand_in_a_frame(domain: Domain) -> None:
    agent = await domain.agent("Ann")
    agents = [replace(agent, agent_id=domain.ids.new()) for _ in range(1_201)]
    ears = Ears(domain, PresenceChanged)
    for one in agents:
        domain.presence.connected(one)
    while sum(len(event.online) for event in ears.heard if isinstance(event, PresenceChanged)) < len(agents):
        await ears.wait()
    assert [len(event.online) for event in ears.heard if isinstance(event, PresenceChanged)] == [500, 500, 201]


@pytest.mark.parametrize("preview", [True, False])
async def test_unsent_words_go_along_only_where_the_inbox_allows_it(domain: Domain, preview: bool) -> None:
    visitor = await domain.visitor(await domain.inbox(preview=preview))
    conv = (await domain.say(visitor, "hello")).conv
    ears = Ears(domain, Writing)
    await domain.presence.writing(visitor, frames.Typing(conv, True, "I wan"), "")
    event = await ears.wait()
    assert isinstance(event, Writing)
    assert event.text == ("I wan" if preview else "")
    tables = [str(row[0]) for row in await domain.database.read("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        assert not any("I wan" in str(row) for row in await domain.database.read(f"SELECT * FROM {table}"))


async def test_nobody_writes_into_what_is_not_his(domain: Domain) -> None:
    inbox = await domain.inbox(await domain.team("Sales"))
    visitor, other, agent = await domain.visitor(inbox), await domain.visitor(inbox), await domain.agent("Ann")
    observer = await domain.agent("Eve", "observer")
    conv = (await domain.say(visitor, "hello")).conv
    for stranger in (other, agent, observer):
        with pytest.raises(NotFound):
            await domain.presence.writing(stranger, frames.Typing(conv, True), "")


async def test_pages_are_kept_and_announced_where_somebody_may_be_looking(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    ears = Ears(domain, PageViewed)
    await domain.presence.viewed(visitor, frames.Page("https://shop.example/", "Shop"))
    assert ears.heard == []
    await domain.say(visitor, "hello")
    await domain.presence.viewed(visitor, frames.Page("https://shop.example/cart", "Cart"))
    event = await ears.wait()
    assert isinstance(event, PageViewed) and event.visit.url == "https://shop.example/cart"
    kept = await domain.contacts.visits(await domain.agent("Ann"), visitor.contact_id)
    assert {visit.url for visit in kept} == {"https://shop.example/", "https://shop.example/cart"}
