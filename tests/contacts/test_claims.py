"""What visitors and pages say of themselves: kept as nobody's checked word, asked once."""

import pytest
from msgspec.structs import replace

from app.accounts.inboxes import InboxChange
from app.contacts.contacts import ContactChange
from app.contacts.introductions import Claim, Happening, Introduction, Standing
from app.model.conversations import Speaker
from app.model.errors import Invalid
from app.model.events import ContactChanged, Event
from app.model.people import Contact
from app.model.principals import Visitor
from app.model.widget import Ask, Fields, Texts, Widget
from app.settings import Limits, Settings
from tests.domain import SYSTEM, Domain

FIELDS = Fields(
    name=Ask.OPTIONAL, email=Ask.REQUIRED, free=Ask.OPTIONAL, free_label=Texts(en="Order number"),
    consent=Texts(en="I agree to the terms.", zh="我同意条款。"), consent_link="https://shop.example/terms",
)  # fmt: skip


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(visitor_events_kept=3))


async def asked(domain: Domain, fields: Fields = FIELDS) -> Visitor:
    """A visitor of an inbox that asks these fields."""
    inbox = await domain.inbox()
    await domain.inboxes.change(SYSTEM, inbox, InboxChange(widget=Widget(fields=fields)))
    return await domain.visitor(inbox)


async def contact_of(domain: Domain, visitor: Visitor) -> Contact:
    return await domain.contacts.find(SYSTEM, visitor.contact_id)


async def test_answers_are_kept_on_the_contact_and_never_asked_again(domain: Domain) -> None:
    visitor = await asked(domain)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    assert await domain.introductions.standing(visitor) == Standing((), introduced=False)

    said = Introduction(name=" Lin  Yue ", email="lin@example.com", free="A-17", consent=True)
    standing = await domain.introductions.introduce(visitor, said)

    assert standing == Standing(("name", "email", "free"), introduced=True)
    assert await domain.introductions.standing(visitor) == standing
    contact = await contact_of(domain, visitor)
    assert (contact.name, contact.email, contact.attributes) == ("Lin Yue", "lin@example.com", {"Order number": "A-17"})
    assert contact.claimed == ("attributes.Order number", "name", "email")
    assert heard == [ContactChanged(contact, 1, actor=Speaker("visitor", contact.id))]
    rows = await domain.database.read("SELECT consent, consent_link FROM introductions")
    assert rows == [("I agree to the terms.\n我同意条款。", "https://shop.example/terms")]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Introduction(email="lin@example.com"), "consent_missing"),
        (Introduction(consent=True), "answer_missing"),
        (Introduction(email="  ", consent=True), "answer_missing"),
        (Introduction(email="lin at example", consent=True), "email_malformed"),
    ],
)
async def test_what_is_missing_or_malformed_is_refused_and_nothing_kept(
    domain: Domain, said: Introduction, code: str
) -> None:
    visitor = await asked(domain)
    with pytest.raises(Invalid) as refused:
        await domain.introductions.introduce(visitor, replace(said, name="Lin"))
    assert refused.value.code == code
    assert (await contact_of(domain, visitor)).name == ""
    assert not (await domain.introductions.standing(visitor)).introduced


async def test_what_is_known_already_is_not_required_once_more(domain: Domain) -> None:
    visitor = await asked(domain)
    await domain.introductions.claim(visitor, Claim(email="lin@example.com"))
    standing = await domain.introductions.introduce(visitor, Introduction(consent=True))
    assert standing == Standing(("email",), introduced=True)


async def test_what_is_not_asked_is_not_kept(domain: Domain) -> None:
    visitor = await asked(domain, Fields(name=Ask.OPTIONAL))
    await domain.introductions.introduce(visitor, Introduction(name="Lin", phone="13800000000", free="x"))
    contact = await contact_of(domain, visitor)
    assert (contact.phone, contact.attributes) == ("", {})


async def test_a_claim_changes_what_was_claimed_and_never_what_a_colleague_wrote(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    await domain.introductions.claim(visitor, Claim("Lin", "lin@example.com", attributes={"plan": "free", "size": "4"}))
    change = ContactChange(email="lin@work.example", attributes={"plan": "gold", "size": "4"})
    corrected = await domain.contacts.change(agent, visitor.contact_id, change)
    assert set(corrected.claimed) == {"name", "attributes.size"}

    again = Claim("Lin Yue", "evil@example.com", "13800000000", {"plan": "free", "size": "5"})
    await domain.introductions.claim(visitor, again)

    contact = await contact_of(domain, visitor)
    assert (contact.name, contact.email, contact.phone) == ("Lin Yue", "lin@work.example", "13800000000")
    assert contact.attributes == {"plan": "gold", "size": "5"}
    assert set(contact.claimed) == {"name", "phone", "attributes.size"}


async def test_two_who_claim_one_address_stay_two(domain: Domain) -> None:
    inbox = await domain.inbox()
    one, other = await domain.visitor(inbox), await domain.visitor(inbox)
    for visitor in (one, other):
        await domain.introductions.claim(visitor, Claim(email="lin@example.com"))
    assert (await contact_of(domain, one)).id != (await contact_of(domain, other)).id
    assert len(await domain.database.read("SELECT id FROM contacts")) == 2


async def test_attributes_are_bounded(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    await domain.introductions.claim(visitor, Claim(attributes={f"a{number}": "x" for number in range(50)}))
    with pytest.raises(Invalid) as refused:
        await domain.introductions.claim(visitor, Claim(attributes={"one more": "x"}))
    assert refused.value.code == "attributes_full"


async def test_what_a_page_has_claimed_keeps_no_visitor_from_answering(domain: Domain) -> None:
    visitor = await asked(domain, Fields(free=Ask.REQUIRED, free_label=Texts(en="Order number")))
    await domain.introductions.claim(visitor, Claim(attributes={f"a{number}": "x" for number in range(50)}))
    assert (await domain.introductions.introduce(visitor, Introduction(free="A-17"))).introduced
    attributes = (await contact_of(domain, visitor)).attributes
    assert (len(attributes), attributes["Order number"], "a0" in attributes) == (50, "A-17", True)


@pytest.mark.parametrize("phone", ["138 0000 0000", "+86 138-0000-0000", "010-5555 1234"])
async def test_a_phone_number_is_written_as_people_do(domain: Domain, phone: str) -> None:
    visitor = await domain.visitor(await domain.inbox())
    await domain.introductions.claim(visitor, Claim(phone=phone))
    assert (await contact_of(domain, visitor)).phone == phone


@pytest.mark.parametrize("phone", ["call me", "12", "1" * 40])
async def test_what_is_no_phone_number(domain: Domain, phone: str) -> None:
    visitor = await domain.visitor(await domain.inbox())
    with pytest.raises(Invalid):
        await domain.introductions.claim(visitor, Claim(phone=phone))


async def test_events_of_the_site_are_kept_for_agents(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    for number in range(5):
        domain.clock.advance(1)
        await domain.introductions.happened(visitor, Happening("paid", {"order": str(number)}))
    kept = await domain.contacts.events(agent, visitor.contact_id)
    assert [event.data["order"] for event in kept] == ["4", "3", "2"]
    assert kept[0].name == "paid"


async def test_a_visitor_who_leaves_for_good_is_nobody(domain: Domain) -> None:
    session = await domain.visitors.session(await domain.inbox())
    await domain.visitors.forget(session.token)
    assert await domain.visitors.principal(session.token) is None
