"""Who is on the sites, and conversations that agents start."""

import asyncio

import pytest

from app.accounts.inboxes import NewInbox
from app.gateway.core import Delivery
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.events import Event, MessageCreated, SiteChanged
from app.model.frames import Page, Send
from app.model.principals import Visitor
from tests.domain import SYSTEM, Domain

ABSENT = "0" * 26
SHOP = "https://shop.example"


async def here(domain: Domain, inbox: str, url: str = f"{SHOP}/", referrer: str = "") -> Visitor:
    """A visitor who is connected and looks at a page."""
    visitor = await domain.visitor(inbox)
    domain.presence.connected(visitor)
    await domain.presence.viewed(visitor, Page(url, "Shop", referrer))
    return visitor


async def test_who_is_here_where_since_when_and_from_where(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    began = domain.clock.now_ms()
    visitor = await here(domain, inbox, f"{SHOP}/", "https://search.example/?q=teapot")
    domain.clock.advance(60)
    await domain.presence.viewed(visitor, Page(f"{SHOP}/pots", "Pots", f"{SHOP}/"))
    told = await domain.site.listing(agent)
    (guest,) = told.guests
    assert (told.online, guest.contact.id, guest.inbox_id) == (1, visitor.contact_id, inbox)
    assert (guest.url, guest.title, guest.page_at) == (f"{SHOP}/pots", "Pots", began + 60_000)
    assert (guest.since, guest.pages, guest.came_from, guest.visits) == (began, 2, "search.example", 1)
    assert (guest.conversation_id, guest.talking) == (None, False)


async def test_who_comes_again_is_counted_and_begins_anew(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    visitor = await here(domain, inbox)
    for _ in range(2):
        domain.clock.advance(31 * 60)
        await domain.presence.viewed(visitor, Page(f"{SHOP}/pots", "Pots", f"{SHOP}/"))
    (guest,) = (await domain.site.listing(agent)).guests
    assert (guest.visits, guest.pages, guest.since) == (3, 1, domain.clock.now_ms())
    assert guest.came_from == ""


async def test_who_has_left_is_not_here_and_the_last_page_comes_first(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    first = await here(domain, inbox)
    domain.clock.advance(1)
    second, third = await here(domain, inbox), await here(domain, inbox)
    domain.presence.disconnected(third)
    domain.clock.advance(1)
    await domain.presence.viewed(first, Page(f"{SHOP}/pots"))
    guests = (await domain.site.listing(agent)).guests
    assert [guest.contact.id for guest in guests] == [first.contact_id, second.contact_id]


async def test_whose_conversation_it_is_only_who_may_see_it_is_told(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    inbox = await domain.inbox(north)
    ann, ben = await domain.agent("Ann", teams=[north]), await domain.agent("Ben", teams=[south])
    visitor = await here(domain, inbox)
    conv = (await domain.say(visitor, "Hello?")).conv
    seen = [(await domain.site.listing(agent)).guests[0] for agent in (ann, ben)]
    assert [(guest.conversation_id, guest.talking) for guest in seen] == [(conv, True), (None, True)]


async def test_the_list_has_an_end_and_the_count_has_none(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    most = domain.settings.limits.site_rows_max
    visitors = [await domain.visitor(inbox) for _ in range(3)]
    for visitor in visitors:
        await domain.presence.viewed(visitor, Page(f"{SHOP}/"))
        domain.presence.connected(visitor)
    for number in range(most):
        domain.presence.connected(Visitor(f"{number:026d}", inbox))  # they have opened no page
    told = await domain.site.listing(agent)
    assert (told.online, len(told.guests)) == (most + 3, 3)


async def test_who_may_read_of_contacts_is_told_that_something_changed_once_in_a_while(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    heard: list[Event] = []
    told: list[Delivery] = []
    domain.bus.subscribe(heard.extend)
    domain.core.listen(told.extend)
    await here(domain, inbox)
    assert domain.presence._site_timer is None  # nobody listens
    domain.presence.connected(agent)
    for _ in range(3):
        await here(domain, inbox)
    async with asyncio.timeout(30):
        while not any(isinstance(event, SiteChanged) for event in heard):
            await asyncio.sleep(0.05)
    assert [event.online for event in heard if isinstance(event, SiteChanged)] == [4]
    assert [(one.topics, one.frame) for one in told if b'"t":"site"' in one.frame] == [
        (("contacts",), b'{"t":"site","online":4}')
    ]


async def test_an_agent_starts_a_conversation_that_is_his(domain: Domain) -> None:
    team = await domain.team("North")
    inbox, agent = await domain.inbox(team), await domain.agent("Ann", teams=[team])
    visitor = await here(domain, inbox)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    cid = domain.cid()
    ack = await domain.messages.begin(agent, visitor.contact_id, Send(cid, None, "Can I help you?"))
    head = await domain.head(ack.conv)
    assert (head.status, head.assignee_id, head.team_id, head.inbox_id) == ("open", agent.agent_id, team.id, inbox)
    assert head.waiting_since is None
    (thread,) = await domain.history.threads(visitor)
    assert (thread.conv, thread.agent) == (ack.conv, "Ann")
    (said,) = (await domain.history.thread(visitor, ack.conv, None, 50)).messages
    assert (said.text, said.sender.name) == ("Can I help you?", "Ann")
    assert [event.contact is not None for event in heard if isinstance(event, MessageCreated)] == [True]
    assert await domain.messages.begin(agent, visitor.contact_id, Send(cid, None, "Can I help you?")) == ack
    (guest,) = (await domain.site.listing(agent)).guests
    assert guest.conversation_id == ack.conv


async def test_the_same_key_for_somebody_else_is_refused(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    one, other, cid = await here(domain, inbox), await here(domain, inbox), domain.cid()
    await domain.messages.begin(agent, one.contact_id, Send(cid, None, "Hello"))
    with pytest.raises(Conflict) as refused:
        await domain.messages.begin(agent, other.contact_id, Send(cid, None, "Hello"))
    assert refused.value.code == "cid_reused"


async def test_with_whom_somebody_talks_nobody_starts_another(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    visitor = await here(domain, inbox)
    conv = (await domain.say(visitor, "Hello?")).conv
    with pytest.raises(Conflict) as refused:
        await domain.messages.begin(agent, visitor.contact_id, Send(domain.cid(), None, "Hello"))
    assert refused.value.code == "already_talking"
    await domain.conversations.resolve(agent, conv)
    await domain.messages.begin(agent, visitor.contact_id, Send(domain.cid(), None, "Hello again"))


async def test_what_cannot_be_started_is_refused(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    visitor, unseen = await here(domain, inbox), await domain.visitor(inbox)
    observer = await domain.agent("Eve", "observer")
    with pytest.raises(Invalid):
        await domain.messages.begin(agent, visitor.contact_id, Send(domain.cid(), None, "  "))
    with pytest.raises(NotFound):
        await domain.messages.begin(agent, ABSENT, Send(domain.cid(), None, "Hello"))
    with pytest.raises(Forbidden):
        await domain.messages.begin(observer, visitor.contact_id, Send(domain.cid(), None, "Hello"))
    with pytest.raises(Conflict) as refused:
        await domain.messages.begin(agent, unseen.contact_id, Send(domain.cid(), None, "Hello"))
    assert refused.value.code == "never_here"
    assert (await domain.inboxes.create(SYSTEM, NewInbox("Another"))).id != inbox
    assert await domain.history.threads(visitor) == []
