"""Organisations: what they are known by, who belongs to one and why, what is left when one is gone."""

import json

import pytest

from app.accounts.fields import NewField
from app.accounts.policy import TOPIC_CONTACTS
from app.contacts.contacts import ContactChange
from app.contacts.domains import domains_of, tidy_domains
from app.contacts.introductions import Claim
from app.contacts.merging import ContactMerging
from app.contacts.organisations import NewOrganisation, OrganisationChange
from app.gateway.local import deliveries
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.events import Event, OrganisationsChanged
from app.model.fields import FieldKind, Noun
from app.model.people import Contact, Organisation
from app.model.principals import Agent
from app.storage import audit
from app.tickets.queries import TicketQuery
from app.tickets.tickets import NewTicket
from tests.domain import SYSTEM, Domain

ABSENT = "0" * 26


async def acme(domain: Domain, name: str = "Acme", *domains: str) -> Organisation:
    return await domain.organisations.create(SYSTEM, NewOrganisation(name, domains or ("acme.com",)))


async def somebody(domain: Domain) -> Contact:
    visitor = await domain.visitor(await domain.inbox())
    return await domain.contacts.find(SYSTEM, visitor.contact_id)


async def write(domain: Domain, agent: Agent, contact: Contact, email: str) -> Contact:
    return await domain.contacts.change(agent, contact.id, ContactChange(email=email))


async def names(domain: Domain, words: str = "") -> list[str]:
    page = await domain.organisations.page(SYSTEM, words, "", 50)
    return [row.organisation.name for row in page.organisations]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ((" https://www.Acme.com/shop ", "@acme.com", "sales@acme.de", ""), ("acme.com", "acme.de")),
        (("例子.公司",), ("例子.公司",)),
        ((), ()),
    ],
)
def test_domains_are_kept_as_they_are_compared(said: tuple[str, ...], kept: tuple[str, ...]) -> None:
    assert tidy_domains(said) == kept


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("gmail.com", "domain_free"),
        ("QQ.com", "domain_free"),
        ("163.com", "domain_free"),
        ("com.cn", "domain_malformed"),
        ("co.uk", "domain_malformed"),
        ("acme", "domain_malformed"),
        ("192.0.2.1", "domain_malformed"),
        ("a b.com", "domain_malformed"),
        ("-acme.com", "domain_malformed"),
        ("acme.com\n", ""),
    ],
)
def test_a_domain_that_says_nothing_of_anybody_is_refused(said: str, code: str) -> None:
    if not code:
        assert tidy_domains((said,)) == ("acme.com",)
        return
    with pytest.raises(Invalid, match=code) as refused:
        tidy_domains((said,))
    assert refused.value.field == "domains" and refused.value.zh


@pytest.mark.parametrize(
    ("email", "found"),
    [
        ("ann@acme.com", ("acme.com",)),
        ("ann@Mail.Acme.com", ("mail.acme.com", "acme.com")),
        ("ann@acme.com.cn", ("acme.com.cn",)),
        ("ann@gmail.com", ()),
        ("ann@x.gmail.com", ("x.gmail.com",)),
        ("ann", ()),
        ("", ()),
    ],
)
def test_an_address_speaks_for_its_domains_but_for_no_free_one(email: str, found: tuple[str, ...]) -> None:
    assert domains_of(email) == found


async def test_one_is_made_found_changed_and_told(domain: Domain) -> None:
    boss = await domain.agent("Boss", "owner")
    told: list[Event] = []
    domain.bus.subscribe(told.extend)
    made = await domain.organisations.create(boss, NewOrganisation(" Acme\tLtd ", ("acme.com",), "VIP", "crm-7"))
    assert (made.name, made.domains, made.note, made.external_id) == ("Acme Ltd", ("acme.com",), "VIP", "crm-7")
    await acme(domain, "Globex", "globex.com")
    assert [await names(domain, words) for words in ("", "acme l", "GLOBEX.C", "crm-7", "100%")] == [
        ["Acme Ltd", "Globex"], ["Acme Ltd"], ["Globex"], ["Acme Ltd"], [],
    ]  # fmt: skip
    change = OrganisationChange(name="Acme", domains=("acme.com", "acme.de"))
    after = await domain.organisations.change(boss, made.id, change)
    assert (after.name, after.domains, after.note) == ("Acme", ("acme.com", "acme.de"), "VIP")
    assert await domain.organisations.find(boss, made.id) == after
    assert [one.organisation_id for one in told if isinstance(one, OrganisationsChanged)].count(made.id) == 2
    last = (await audit.page(domain.database, audit.Filter(noun="organisation"), 2**53, 1))[0]
    assert (last.action, json.loads(last.change)["after"]["domains"]) == (
        "organisation.change", ["acme.com", "acme.de"],
    )  # fmt: skip


async def test_pages_go_on_by_name(domain: Domain) -> None:
    for name in ("Delta", "alpha", "Beta", "字节", "Gamma"):
        await domain.organisations.create(SYSTEM, NewOrganisation(name))
    seen, after = [], ""
    while True:
        page = await domain.organisations.page(SYSTEM, "", after, 2)
        seen += [row.organisation.name for row in page.organisations]
        if page.next is None:
            break
        after = page.next
    assert seen == ["alpha", "Beta", "Delta", "Gamma", "字节"]


async def test_name_domain_and_id_lead_to_one_alone(domain: Domain) -> None:
    first = await domain.organisations.create(SYSTEM, NewOrganisation("Acme", ("acme.com",), external_id="7"))
    for new, code in (
        (NewOrganisation("ACME"), "name_taken"),
        (NewOrganisation("Other", ("www.acme.com",)), "domain_taken"),
        (NewOrganisation("Other", external_id="7"), "external_id_taken"),
    ):
        with pytest.raises(Conflict, match=code) as refused:
            await domain.organisations.create(SYSTEM, new)
        assert "Acme" in refused.value.en
    with pytest.raises(Invalid, match="empty"):
        await domain.organisations.create(SYSTEM, NewOrganisation(" "))
    await domain.organisations.change(SYSTEM, first.id, OrganisationChange(note="as it was"))


async def test_who_may(domain: Domain) -> None:
    ann, made = await domain.agent("Ann"), await acme(domain)
    assert (await domain.organisations.find(ann, made.id)).name == "Acme"
    for attempt in (
        domain.organisations.create(ann, NewOrganisation("Mine")),
        domain.organisations.change(ann, made.id, OrganisationChange(name="Mine")),
        domain.organisations.delete(ann, made.id),
    ):
        with pytest.raises(Forbidden):
            await attempt
    nobody = Agent(ann.agent_id, ann.session_id, "none", frozenset())
    with pytest.raises(Forbidden):
        await domain.organisations.page(nobody, "", "", 5)
    with pytest.raises(NotFound):
        await domain.organisations.change(SYSTEM, ABSENT, OrganisationChange(name="x"))


async def test_a_new_address_assigns_by_its_domain_and_a_colleague_has_the_last_word(domain: Domain) -> None:
    ann, made = await domain.agent("Ann"), await acme(domain)
    contact = await write(domain, ann, await somebody(domain), "jo@eu.acme.com")
    assert contact.organisation_id == made.id
    left = await domain.contacts.change(ann, contact.id, ContactChange(organisation_id=None))
    assert left.organisation_id is None
    assert await domain.organisations.of_contact(left) == (None, made)  # suggested, for it is what he said
    named = await domain.contacts.change(ann, contact.id, ContactChange(name="Jo"))
    assert named.organisation_id is None
    other = await acme(domain, "Globex", "globex.com")
    moved = await domain.contacts.change(ann, contact.id, ContactChange(organisation_id=other.id))
    again = await write(domain, ann, moved, "jo@acme.com")
    assert again.organisation_id == other.id
    free = await write(domain, ann, await somebody(domain), "jo@gmail.com")
    assert free.organisation_id is None
    with pytest.raises(Invalid, match="organisation_unknown"):
        await domain.contacts.change(ann, contact.id, ContactChange(organisation_id=ABSENT))


async def test_what_nobody_has_checked_assigns_nobody(domain: Domain) -> None:
    made = await acme(domain)
    visitor = await domain.visitor(await domain.inbox())
    await domain.introductions.claim(visitor, Claim(email="boss@acme.com"))
    contact = await domain.contacts.find(SYSTEM, visitor.contact_id)
    assert contact.organisation_id is None
    assert await domain.organisations.of_contact(contact) == (None, made)


async def test_its_contacts_conversations_and_tickets_are_found(domain: Domain) -> None:
    north = await domain.team("North")
    ann, made = await domain.agent("Ann"), await acme(domain)
    inbox, hidden = await domain.inbox(), await domain.inbox(north)
    heads = []
    for place in (inbox, hidden):
        visitor = await domain.visitor(place)
        heads.append((await domain.say(visitor, "Hello")).conv)
        await domain.contacts.change(SYSTEM, visitor.contact_id, ContactChange(organisation_id=made.id))
        await domain.tickets.create(SYSTEM, "", NewTicket("Cup", contact_id=visitor.contact_id))
    await domain.tickets.create(SYSTEM, "", NewTicket("Other"))
    await somebody(domain)
    page = await domain.contacts.page(ann, "", verified=False, before="", limit=20, organisation_id=made.id)
    assert (len(page.contacts), page.organisations) == (2, {made.id: "Acme"})
    number = str(page.contacts[0].number)
    some = await domain.contacts.page(ann, number, verified=False, before="", limit=20, organisation_id=made.id)
    assert [one.id for one in some.contacts] == [page.contacts[0].id]
    assert [head.id for head in await domain.history.of_organisation(ann, made.id)] == heads[:1]
    tickets = await domain.ticket_queries.listing(ann, TicketQuery(organisation=made.id))
    assert [row.ticket.title for row in tickets.tickets] == ["Cup", "Cup"]
    listed = (await domain.organisations.page(ann, "", "", 5)).organisations
    assert [(row.organisation.name, row.contacts) for row in listed] == [("Acme", 2)]


async def test_its_contacts_stay_when_it_is_deleted(domain: Domain) -> None:
    boss, made = await domain.agent("Boss", "owner"), await acme(domain)
    contact = await write(domain, boss, await somebody(domain), "jo@acme.com")
    await domain.organisations.delete(boss, made.id)
    after = await domain.contacts.find(boss, contact.id)
    assert (after.email, after.organisation_id) == ("jo@acme.com", None)
    assert await names(domain) == []
    last = (await audit.page(domain.database, audit.Filter(noun="organisation"), 2**53, 1))[0]
    assert (last.action, last.object_name, json.loads(last.change)["before"]) == (
        "organisation.delete", "Acme", {"domains": ["acme.com"]},
    )  # fmt: skip
    await acme(domain)  # name and domain are free again


async def test_a_merging_takes_it_along_and_gives_it_back(domain: Domain) -> None:
    boss, made = await domain.agent("Boss", "owner"), await acme(domain)
    one, other = await somebody(domain), await somebody(domain)
    await domain.contacts.change(boss, one.id, ContactChange(organisation_id=made.id))
    merging = ContactMerging(domain.database, domain.ids, domain.clock, domain.settings.limits)
    assert (await merging.merge(boss, one.id, other.id)).organisation_id == made.id
    assert (await merging.unmerge(boss, one.id)).organisation_id == made.id
    assert (await domain.contacts.find(boss, other.id)).organisation_id is None


async def test_its_own_fields_are_checked(domain: Domain) -> None:
    boss = await domain.agent("Boss", "owner")
    await domain.own_fields.create(boss, NewField(FieldKind.NUMBER, "Seats", key="seats"), Noun.ORGANISATION)
    made = await domain.organisations.create(boss, NewOrganisation("Acme", attributes={"seats": "12"}))
    assert made.attributes == {"seats": "12"}
    for attributes, code in (({"seats": "many"}, "value_unusable"), ({"size": "1"}, "field_unknown")):
        with pytest.raises(Invalid, match=code) as refused:
            await domain.organisations.change(boss, made.id, OrganisationChange(attributes=attributes))
        assert refused.value.field == f"attributes.{next(iter(attributes))}"
    after = await domain.organisations.change(boss, made.id, OrganisationChange(attributes={"seats": ""}))
    assert after.attributes == {}


def test_who_may_not_read_of_customers_hears_nothing_of_it() -> None:
    (told,) = deliveries(OrganisationsChanged(ABSENT))
    assert (told.topics, told.frame) == ((TOPIC_CONTACTS,), b'{"t":"organisation","id":"' + ABSENT.encode() + b'"}')
