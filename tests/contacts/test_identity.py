"""Who a visitor is, what is known of a contact, which pages he saw."""

import pytest
from msgspec.structs import replace

from app.contacts.contacts import ContactChange
from app.contacts.identity import browser_of
from app.model.conversations import Speaker
from app.model.errors import Forbidden, Invalid, NotFound, TooMany
from app.model.events import ContactChanged, Event
from app.model.frames import Page
from app.model.ids import digest
from app.settings import Limits, Settings
from app.storage import audit
from tests.clock import ManualClock
from tests.domain import Domain


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(visits_kept=3, visitors_per_minute=2, visitors_burst=4, arrivals_kept=10))


async def test_a_new_visitor_gets_a_token_that_is_nowhere_at_rest(domain: Domain) -> None:
    session = await domain.visitors.session(await domain.inbox())
    assert len(session.token) == 32
    assert await domain.visitors.principal(session.token) == session.visitor
    rows = await domain.database.read("SELECT * FROM visitor_tokens")
    assert digest(session.token) in rows[0] and session.token not in str(rows)


async def test_a_known_token_finds_its_contact_again(domain: Domain, clock: ManualClock) -> None:
    inbox = await domain.inbox()
    first = await domain.visitors.session(inbox, language="zh-CN", address="1.2.3.4")
    clock.advance(60)
    again = await domain.visitors.session(inbox, first.token, user_agent="Mozilla/5.0 (Windows) Firefox/130.0")
    assert (again.token, again.visitor) == (first.token, first.visitor)
    contact = await domain.contacts.find(await domain.agent("Ann"), first.visitor.contact_id)
    assert (contact.language, contact.browser, contact.address) == ("zh-CN", "Firefox 130, Windows", "1.2.3.4")
    assert contact.seen_at == clock.now_ms()


@pytest.mark.parametrize("token", ["", "0" * 32, "x"])
async def test_an_unknown_token_means_a_new_visitor(domain: Domain, token: str) -> None:
    inbox = await domain.inbox()
    first, other = await domain.visitors.session(inbox), await domain.visitors.session(inbox, token)
    assert other.token not in (token, first.token)
    assert other.visitor.contact_id != first.visitor.contact_id
    assert await domain.visitors.principal(token) is None


async def test_new_visitors_of_an_address_are_limited_and_known_ones_are_not(
    domain: Domain, clock: ManualClock
) -> None:
    """Each page load of a program without memory makes a contact: a loop of one machine must not fill the disk."""
    inbox = await domain.inbox()
    known = [await domain.visitors.session(inbox, address="1.2.3.4") for _ in range(4)]
    for _ in range(3):
        with pytest.raises(TooMany) as refused:
            await domain.visitors.session(inbox, address="1.2.3.4")
        await domain.visitors.session(inbox, known[0].token, address="1.2.3.4")
    await domain.visitors.session(inbox, address="1.2.3.5")
    assert refused.value.retry_after_ms == 30_001
    clock.advance(refused.value.retry_after_ms / 1_000)
    await domain.visitors.session(inbox, address="1.2.3.4")
    with pytest.raises(TooMany):
        await domain.visitors.session(inbox, "0" * 32, address="1.2.3.4")


async def test_addresses_of_one_ipv6_network_count_together_and_few_are_remembered(domain: Domain) -> None:
    inbox = await domain.inbox()
    for number in range(4):
        await domain.visitors.session(inbox, address=f"2001:db8:0:1::{number}")
    with pytest.raises(TooMany):
        await domain.visitors.session(inbox, address="2001:db8:0:1:ffff::1")
    await domain.visitors.session(inbox, address="2001:db8:0:2::1")
    for number in range(20):
        await domain.visitors.session(inbox, address=f"10.0.0.{number}")
    assert len(domain.visitors._arrivals._full_at) == 10


async def test_a_token_is_of_one_inbox(domain: Domain) -> None:
    first = await domain.visitors.session(await domain.inbox())
    other = await domain.visitors.session(await domain.inbox(), first.token)
    assert other.token != first.token
    assert other.visitor.contact_id != first.visitor.contact_id


async def test_an_unknown_inbox_is_not_there(domain: Domain) -> None:
    with pytest.raises(NotFound):
        await domain.visitors.session("x")
    assert await domain.database.read("SELECT id FROM contacts") == []


async def test_unnamed_visitors_are_numbered(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    numbers = [(await domain.contacts.find(agent, (await domain.visitor(inbox)).contact_id)).number for _ in range(3)]
    assert numbers == [1, 2, 3]


async def test_facts_change_and_are_announced_once(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    change = ContactChange(name=" Mei ", email="mei@example.com", attributes={"size": "42"})
    contact = await domain.contacts.change(agent, visitor.contact_id, change)
    assert (contact.name, contact.email, contact.attributes) == ("Mei", "mei@example.com", {"size": "42"})
    assert await domain.contacts.change(agent, visitor.contact_id, change) == contact
    assert heard == [ContactChanged(contact, 1, actor=Speaker("agent", agent.agent_id))]
    assert await domain.contacts.find(agent, visitor.contact_id) == contact
    (noted,) = await audit.page(domain.database, audit.Filter(noun="contact"), 2**53, 9)
    assert (noted.action, noted.actor_id, noted.object_id) == ("contact.change", agent.agent_id, contact.id)
    assert "mei@example.com" in noted.change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (ContactChange(email="no address"), "email_malformed"),
        (ContactChange(email="a@b.c\nBcc: d@e.f"), "email_malformed"),
        (ContactChange(phone="call me"), "phone_malformed"),
    ],
)
async def test_an_address_that_is_none_is_refused(domain: Domain, change: ContactChange, code: str) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    with pytest.raises(Invalid, match=code):
        await domain.contacts.change(agent, visitor.contact_id, change)
    named = await domain.contacts.change(agent, visitor.contact_id, ContactChange(name="Mei\r\nLin"))
    assert named.name == "Mei Lin"


async def test_who_may_read_and_change(domain: Domain) -> None:
    visitor, observer = await domain.visitor(await domain.inbox()), await domain.agent("Eve", "observer")
    await domain.contacts.find(observer, visitor.contact_id)
    with pytest.raises(Forbidden):
        await domain.contacts.change(observer, visitor.contact_id, ContactChange(name="x"))
    for refused in (
        domain.contacts.find(visitor, visitor.contact_id),
        domain.contacts.visits(visitor, visitor.contact_id),
        domain.contacts.find(observer, "x"),
    ):
        with pytest.raises(NotFound):
            await refused


async def test_only_the_newest_pages_are_kept(domain: Domain, clock: ManualClock) -> None:
    inbox = await domain.inbox()
    visitor, other = await domain.visitor(inbox), await domain.visitor(inbox)
    await domain.contacts.visited(other, Page("https://shop.example/other"), announce=False)
    for number in range(5):
        clock.advance(1)
        await domain.contacts.visited(visitor, Page(f"https://shop.example/{number}", "T", "R"), announce=False)
    agent = await domain.agent("Ann")
    kept = await domain.contacts.visits(agent, visitor.contact_id)
    assert [visit.url[-1] for visit in kept] == ["4", "3", "2"]
    assert len(await domain.contacts.visits(agent, other.contact_id)) == 1
    assert len(await domain.database.read("SELECT id FROM visits")) == 4


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36", "Chrome 126, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge 126, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", "Safari 17, iOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile MicroMessenger/8.0.50", "WeChat 8, Android"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_browsers_by_name(user_agent: str, name: str) -> None:
    assert browser_of(user_agent) == name
