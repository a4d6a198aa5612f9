"""Customers of the CRM are contacts here: one each, found by what is proven, and what is ours stays ours."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.accounts.fields import NewField
from app.contacts.contacts import ContactChange
from app.contacts.introductions import Claim
from app.contacts.merging import ContactMerging
from app.contacts.organisations import NewOrganisation
from app.model.fields import FieldKind, Noun
from app.model.people import Contact
from app.settings import Limits
from app.storage import contacts, dead_letters
from tests.adapters.shop import Shop
from tests.adapters.test_engine import joined, put, until
from tests.domain import SYSTEM, Domain

SPEC = """\
source: crm
title: CRM
allow: ["127.0.0.1:%(port)d"]
call: {get: "http://127.0.0.1:%(port)d/people", query: {page: $page}}
records: {at: list, id: no}
follow: {every: 50ms}
map:
  id: no
  name: name
  email: {from: mail, default: ""}
  phone: {from: tel, default: ""}
  changed_at: {from: at, as: time, default: null}
  attributes: {map: {Level: {from: level, default: ""}, Since: {from: since, default: ""}}}
deliver: {to: contacts.upsert, owner: {phone: us}}
"""


class Crm:
    """A CRM with its people; `again` waits until it was asked for all of them once more."""

    def __init__(self, domain: Domain, shop: Shop, systems: Any) -> None:
        self._domain = domain
        self._shop = shop
        self.systems = systems

    async def has(self, *people: dict[str, Any]) -> None:
        self._shop.orders = list(people)
        asked = len(self._shop.asked)
        await until(lambda: len(self._shop.asked) > asked + 2)

    async def contacts(self) -> dict[str, Contact]:
        rows = await self._domain.database.read("SELECT external_id, thing_id FROM source_links WHERE noun = 'contact'")
        found = {str(number): await contacts.find(self._domain.database, str(one)) for number, one in rows}
        return {number: one for number, one in found.items() if one is not None}


@asynccontextmanager
async def crm(domain: Domain, folder: Path, change: Callable[[str], str] = lambda text: text) -> AsyncIterator[Crm]:
    shop = Shop(0)
    async with shop.far.serving() as far, joined(domain, folder) as systems:
        put(folder, change(SPEC % {"port": far.port}), "crm.yaml")
        await until(lambda: "crm" in systems.states and systems.states["crm"].state == "waiting")
        yield Crm(domain, shop, systems)


def person(no: str, name: str = "Ann", **more: Any) -> dict[str, Any]:
    return {"no": no, "name": name, **more}


async def test_a_customer_is_one_contact_and_follows_the_crm(domain: Domain, tmp_path: Path) -> None:
    await domain.own_fields.create(SYSTEM, NewField(FieldKind.DATE, "Since", "客户自"), Noun.CONTACT)
    acme = await domain.organisations.create(SYSTEM, NewOrganisation("Acme", ("acme.example",)))
    async with crm(domain, tmp_path) as there:
        await there.has(person("1", mail="ann@acme.example", tel="13800000001", level="gold", since="2024-05-01"))
        ann = (await there.contacts())["1"]
        assert (ann.name, ann.email, ann.phone, ann.claimed) == ("Ann", "ann@acme.example", "13800000001", ())
        assert ann.attributes == {"Level": "gold", "Since": "2024-05-01"}
        assert ann.organisation_id == acme.id
        await there.has(person("1", "Ann Lee", mail="ann@acme.example", tel="13800000002", level="silver"))
        after = (await there.contacts())["1"]
        assert (after.id, after.name, after.phone) == (ann.id, "Ann Lee", "13800000001"), "phones are ours to say"
        assert after.attributes == {"Level": "silver", "Since": "2024-05-01"}
        (counted,) = await domain.database.read("SELECT count(*) FROM contacts")
        assert counted == (1,)
    (line,) = await domain.database.read(
        "SELECT actor_kind, actor_name, action FROM audit WHERE object_kind = 'contact'"
    )
    assert line == ("system", "source:crm", "contact.change")


async def test_who_is_known_is_found_by_what_is_proven(domain: Domain, tmp_path: Path) -> None:
    inbox = await domain.inbox()
    by_mail, by_phone, claims = [await domain.visitor(inbox) for _ in range(3)]
    await domain.contacts.change(SYSTEM, by_mail.contact_id, ContactChange(email="Ben@example.com"))
    await domain.contacts.change(SYSTEM, by_phone.contact_id, ContactChange(phone="+8613900000000"))
    await domain.introductions.claim(claims, Claim(email="eve@example.com", phone="13700000000"))
    async with crm(domain, tmp_path) as there:
        await there.has(
            person("1", "Ben", mail="ben@EXAMPLE.com"),
            person("2", "Kim", tel="13900000000"),
            person("3", "Eve", mail="eve@example.com", tel="13700000000"),
        )
        found = await there.contacts()
        assert found["1"].id == by_mail.contact_id
        assert found["2"].id == by_phone.contact_id
        assert found["3"].id != claims.contact_id, "whoever sits at a browser may say that he is anybody"


async def test_a_number_that_two_share_is_nobodys(domain: Domain, tmp_path: Path) -> None:
    inbox = await domain.inbox()
    for visitor in [await domain.visitor(inbox) for _ in range(2)]:
        await domain.contacts.change(SYSTEM, visitor.contact_id, ContactChange(phone="13900000000"))
    async with crm(domain, tmp_path) as there:
        await there.has(person("1", tel="13900000000"))
        rows = await domain.database.read("SELECT count(*) FROM contacts WHERE phone = '13900000000'")
        assert rows == [(3,)]


async def test_what_is_older_than_what_was_taken_changes_nothing(domain: Domain, tmp_path: Path) -> None:
    async with crm(domain, tmp_path) as there:
        await there.has(person("1", "new", at="2026-01-02T00:00:00Z"))
        await there.has(person("1", "old", at="2026-01-01T00:00:00Z"))
        assert (await there.contacts())["1"].name == "new"
        await there.has(person("1", "newest", at="2026-01-03T00:00:00Z"))
        assert (await there.contacts())["1"].name == "newest"


async def test_who_was_merged_is_who_goes_on_with_him_until_they_are_parted(domain: Domain, tmp_path: Path) -> None:
    boss = await domain.agent("Boss", "owner")
    other = await domain.visitor(await domain.inbox())
    merging = ContactMerging(domain.database, domain.ids, domain.clock, Limits())
    async with crm(domain, tmp_path) as there:
        await there.has(person("1", "Ann", at="2026-01-01T00:00:00Z"))
        ann = (await there.contacts())["1"]
        await merging.merge(boss, ann.id, other.contact_id)
        await there.has(person("1", "Ann Lee", at="2026-01-02T00:00:00Z"))
        into = await contacts.find(domain.database, other.contact_id)
        assert into is not None and into.name == "Ann Lee"
        await merging.unmerge(boss, ann.id)
        await there.has(person("1", "Ann Kim", at="2026-01-03T00:00:00Z"))
        parted = await contacts.find(domain.database, ann.id)
        assert parted is not None and parted.name == "Ann Kim"
        (counted,) = await domain.database.read("SELECT count(*) FROM contacts")
        assert counted == (2,), "nobody is made anew"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"no": "", "name": "x"}, "contact_unnamed"),
        ({"no": "1", "name": "x", "mail": "no address"}, "email_malformed"),
        ({"no": "1", "name": "x", "since": "yesterday"}, "value_unusable"),
        ({"no": "1", "name": "n" * 201}, "contact_malformed"),
    ],
)
async def test_who_cannot_be_kept_is_kept_aside_and_holds_none_back(
    domain: Domain, tmp_path: Path, wrong: dict[str, Any], code: str
) -> None:
    await domain.own_fields.create(SYSTEM, NewField(FieldKind.DATE, "Since", "客户自"), Noun.CONTACT)
    async with crm(domain, tmp_path) as there:
        await there.has(wrong, person("2"))
        assert set(await there.contacts()) == {"2"}
    letters = await dead_letters.page(domain.database, "crm", "", 9)
    assert {one.code for one in letters} == {code}


async def test_what_the_crm_said_is_not_told_to_it(domain: Domain, tmp_path: Path) -> None:
    back = Shop(0)
    async with back.far.serving() as hook, crm(domain, tmp_path) as there:
        listen = f"""\
source: crm-hook
allow: ["127.0.0.1:{hook.port}"]
events: [contact.updated]
where: $event.origin != "crm"
map: {{id: contact.id, name: contact.name}}
deliver: {{post: "http://127.0.0.1:{hook.port}/?page=1"}}
"""
        put(tmp_path, listen, "crm-hook.yaml")
        states = there.systems
        await until(lambda: "crm-hook" in states.states and states.states["crm-hook"].state == "waiting")
        await there.has(person("1", "Ann"))
        ann = (await there.contacts())["1"]
        await there.has(person("1", "Ann Lee"))
        await there.has()
        await domain.contacts.change(SYSTEM, ann.id, ContactChange(name="Ann of ours"))
        await until(lambda: len(back.far.heard) > 0)
        assert [one.body for one in back.far.heard] == [f'{{"id":"{ann.id}","name":"Ann of ours"}}'.encode()]
