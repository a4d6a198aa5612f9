"""A complaint that is entered in the CRM is a ticket here: once, of its customer, changed as it changes there."""

from pathlib import Path
from typing import Any

import msgspec

from app.accounts import policy
from app.contacts.contacts import ContactChange
from app.model.principals import Agent
from app.model.tickets import Ticket
from app.storage import dead_letters
from app.tickets.queries import TicketQuery
from app.tickets.tickets import TicketChange
from tests.adapters.shop import Shop
from tests.adapters.test_engine import joined, put, until
from tests.domain import SYSTEM, Domain

BOSS = Agent("b" * 26, "s" * 26, "owner", policy.ROLES["owner"])
SPEC = """\
source: crm
title: CRM
allow: ["127.0.0.1:%(port)d"]
call: {get: "http://127.0.0.1:%(port)d/complaints", query: {page: $page}}
records: {at: list, id: no}
follow: {every: 50ms}
map:
  id: no
  title: subject
  description: words
  priority: {from: urgent, enum: {true: 4, false: 2}}
  customer: {map: {email: mail}}
  url: link
deliver: {to: %(verb)s}
"""


async def tickets(domain: Domain) -> list[Ticket]:
    page = await domain.ticket_queries.listing(BOSS, TicketQuery())
    return [one.ticket for one in page.tickets]


def complaint(no: str, **more: Any) -> dict[str, object]:
    return {
        "no": no,
        "subject": f"Broken {no}",
        "words": "It leaks.",
        "urgent": True,
        "mail": "ann@example.com",
        **more,
    }


async def test_a_complaint_is_one_ticket_of_its_customer_and_follows_its_changes(
    domain: Domain, tmp_path: Path
) -> None:
    ann = await domain.visitor(await domain.inbox())
    await domain.contacts.change(SYSTEM, ann.contact_id, ContactChange(email="ann@example.com"))
    crm = Shop(0)
    crm.orders = [complaint("C-1", link="https://crm.example/C-1"), complaint("C-2", mail="nobody@example.com")]
    async with crm.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port, "verb": "tickets.open"}, "crm.yaml")
        await until(lambda: "crm" in systems.states and systems.states["crm"].counts.written == 2)
        asked = len(crm.asked)
        await until(lambda: len(crm.asked) > asked + 3)
        made = {one.title: one for one in await tickets(domain)}
        assert set(made) == {"Broken C-1", "Broken C-2"}
        assert made["Broken C-1"].contact_id == ann.contact_id
        assert made["Broken C-2"].contact_id is None
        assert (made["Broken C-1"].priority, made["Broken C-1"].author_id) == (4, "source:crm")
        versions = {one.id: one.version for one in await tickets(domain)}
        crm.orders[0] = complaint("C-1", subject="Broken, and wet", link="https://crm.example/C-1")
        await until(lambda: systems.states["crm"].counts.written == 1)
        after = {one.title: one for one in await tickets(domain)}
        assert set(after) == {"Broken, and wet", "Broken C-2"}
        assert after["Broken C-2"].version == versions[after["Broken C-2"].id], "what is the same changes nothing"


async def test_what_makes_no_ticket_is_kept_aside_and_holds_none_back(domain: Domain, tmp_path: Path) -> None:
    crm = Shop(0)
    crm.orders = [complaint("C-1"), complaint("C-2", subject=""), complaint("C-3", link="javascript:alert(1)")]
    async with crm.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port, "verb": "tickets.open"}, "crm.yaml")
        await until(lambda: "crm" in systems.states and systems.states["crm"].counts.fetched > 0)
        asked = len(crm.asked)
        await until(lambda: len(crm.asked) > asked + 2)
        letters = await dead_letters.page(domain.database, "crm", "", 99)
    assert [one.title for one in await tickets(domain)] == ["Broken C-1"]
    assert sorted(one.external_id for one in letters) == ["C-2", "C-3"], "each is one letter however often it comes"
    assert {one.stage for one in letters} == {"map", "write"}


async def test_a_change_of_what_nobody_knows_is_kept_aside_until_somebody_does(domain: Domain, tmp_path: Path) -> None:
    crm = Shop(0)
    crm.orders = [complaint("C-1")]
    async with crm.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port, "verb": "tickets.update"}, "crm.yaml")
        await until(lambda: "crm" in systems.states and systems.states["crm"].counts.failed > 0)
    assert await tickets(domain) == []
    (letter, *_) = await dead_letters.page(domain.database, "crm", "", 99)
    assert (letter.code, letter.external_id) == ("ticket_unknown", "C-1")
    kept = await dead_letters.find(domain.database, letter.id)
    assert kept is not None
    assert msgspec.json.decode(kept.raw)["no"] == "C-1"


BACK = """\
source: %(name)s
title: CRM, back
allow: ["127.0.0.1:%(port)d"]
events: [ticket.updated]
where: ticket.references.crm
map: {no: ticket.references.crm, own: ticket.reference, status: ticket.status}
deliver: {post: "http://127.0.0.1:%(port)d/status?page=1", order: ticket.id}
"""


async def test_who_is_told_of_a_ticket_is_told_what_it_is_called_elsewhere(domain: Domain, tmp_path: Path) -> None:
    crm, heard = Shop(0), Shop(0)
    crm.orders, heard.answer = [complaint("C-1")], b"{}"
    async with crm.far.serving() as far, heard.far.serving() as other, joined(domain, tmp_path) as systems:
        put(tmp_path, BACK % {"port": other.port, "name": "others"}, "others.yaml")
        await until(lambda: "others" in systems.states and systems.states["others"].state == "waiting")
        put(tmp_path, SPEC % {"port": far.port, "verb": "tickets.open"}, "crm.yaml")
        await until(lambda: "crm" in systems.states and systems.states["crm"].counts.written == 1)
        (ticket,) = await tickets(domain)
        crm.orders[0] = complaint("C-1", subject="Broken, and wet")
        await until(lambda: len(heard.far.heard) == 1)
        await domain.tickets.change(SYSTEM, ticket.id, TicketChange(status="done"))
        await until(lambda: len(heard.far.heard) == 2)
    told = [msgspec.json.decode(one.body) for one in heard.far.heard]
    assert [(one["no"], one["own"], one["status"]) for one in told] == [("C-1", "", "new"), ("C-1", "", "done")]


async def test_what_is_ours_to_say_of_a_ticket_is_taken_once(domain: Domain, tmp_path: Path) -> None:
    crm = Shop(0)
    crm.orders = [complaint("C-1")]
    async with crm.far.serving() as far, joined(domain, tmp_path) as systems:
        spec = SPEC % {"port": far.port, "verb": "tickets.open"}
        put(tmp_path, spec.replace("{to: tickets.open}", "{to: tickets.open, owner: {title: us}}"), "crm.yaml")
        await until(lambda: "crm" in systems.states and systems.states["crm"].counts.written == 1)
        crm.orders[0] = complaint("C-1", subject="Another", words="It is dry.")
        asked = len(crm.asked)
        await until(lambda: len(crm.asked) > asked + 2)
    (ticket,) = await tickets(domain)
    assert (ticket.title, ticket.description) == ("Broken C-1", "It is dry.")
