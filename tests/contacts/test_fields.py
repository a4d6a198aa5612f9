"""A desk's own fields of contacts and conversations: one mechanism, the same checks at every door."""

import json

import pytest

from app.accounts.fields import FieldChange, FieldOrder, NewField, cell_value
from app.chat.labels import Labels
from app.contacts.contacts import ContactChange
from app.contacts.introductions import Claim
from app.model.conversations import Kind
from app.model.errors import Conflict, Forbidden, Invalid
from app.model.fields import Field, FieldKind, Noun
from app.model.people import Contact
from app.storage import audit
from app.storage.conversations import Narrow, View, at_key
from tests.contacts.test_customers import Site, site
from tests.domain import SYSTEM, Domain

__all__ = ["site"]


async def field(domain: Domain, kind: FieldKind, key: str, *choices: str, noun: Noun = Noun.CONTACT) -> Field:
    return await domain.own_fields.create(SYSTEM, NewField(kind, key.title(), f"{key}？", choices, key), noun)


async def put(domain: Domain, contact: Contact, **attributes: str) -> dict[str, str]:
    change = ContactChange(attributes={**contact.attributes, **attributes})
    return (await domain.contacts.change(SYSTEM, contact.id, change)).attributes


async def test_a_nouns_fields_are_its_own_and_their_keys_stay(domain: Domain) -> None:
    boss, ann = await domain.agent("Boss", "owner"), await domain.agent("Ann")
    named = await domain.own_fields.create(boss, NewField(FieldKind.TEXT, "Plan", " 套餐 "), Noun.CONTACT)
    assert (named.key, named.name_zh, named.noun) == ("Plan", "套餐", Noun.CONTACT)
    with pytest.raises(Conflict, match="key_taken"):
        await domain.own_fields.create(boss, NewField(FieldKind.DATE, "Other", key="Plan"), Noun.CONTACT)
    twin = await domain.own_fields.create(boss, NewField(FieldKind.DATE, "Plan"), Noun.CONVERSATION)
    renamed = await domain.own_fields.change(boss, named.id, FieldChange(name_en="Tariff"), Noun.CONTACT)
    assert (renamed.key, renamed.name_en) == ("Plan", "Tariff")
    assert await domain.own_fields.listing(ann, Noun.CONTACT) == [renamed]
    assert await domain.own_fields.listing(ann, Noun.CONVERSATION) == [twin]
    assert await domain.own_fields.listing(ann) == []
    for noun in Noun:
        with pytest.raises(Forbidden):
            await domain.own_fields.create(ann, NewField(FieldKind.TEXT, "Mine"), noun)
    last = (await audit.page(domain.database, audit.Filter(noun="contact_field"), 2**53, 1))[0]
    assert (last.action, json.loads(last.change)["after"]) == ("contact_field.change", {"name_en": "Tariff"})


async def test_they_have_an_order(domain: Domain) -> None:
    first, second = await field(domain, FieldKind.TEXT, "one"), await field(domain, FieldKind.TEXT, "two")
    await domain.own_fields.order(SYSTEM, FieldOrder((second.id, first.id)), Noun.CONTACT)
    assert [one.key for one in await domain.own_fields.listing(SYSTEM, Noun.CONTACT)] == ["two", "one"]
    with pytest.raises(Conflict, match="stale"):
        await domain.own_fields.order(SYSTEM, FieldOrder((second.id,)), Noun.CONTACT)


async def test_a_colleague_writes_what_a_field_holds_and_free_ones_stay(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    contact = await domain.contacts.find(SYSTEM, visitor.contact_id)
    assert await put(domain, contact, plan="anything", city="Hamburg") == {"plan": "anything", "city": "Hamburg"}
    plan = await field(domain, FieldKind.CHOICE, "plan", "gold", "free")
    contact = await domain.contacts.find(SYSTEM, contact.id)
    assert await put(domain, contact, city="Kiel") == {"plan": "anything", "city": "Kiel"}  # as it was before
    with pytest.raises(Invalid, match="value_unusable") as refused:
        await put(domain, contact, plan="silver")
    assert (refused.value.field, plan.name_en in refused.value.en) == ("attributes.plan", True)
    assert await put(domain, contact, plan=" gold ") == {"plan": "gold", "city": "Hamburg"}
    assert await put(domain, contact, plan="") == {"city": "Hamburg"}


async def test_a_page_may_claim_only_what_a_field_holds(domain: Domain) -> None:
    await field(domain, FieldKind.NUMBER, "seats")
    visitor = await domain.visitor(await domain.inbox())
    with pytest.raises(Invalid, match="value_unusable"):
        await domain.introductions.claim(visitor, Claim(attributes={"seats": "many"}))
    await domain.introductions.claim(visitor, Claim(attributes={"seats": "7", "free": "yes"}))
    contact = await domain.contacts.find(SYSTEM, visitor.contact_id)
    assert contact.attributes == {"seats": "7", "free": "yes"}


async def test_a_proof_holds_without_a_value_that_is_none(site: Site) -> None:
    await field(site.domain, FieldKind.DATE, "since")
    visitor, own = await site.visitor()
    token = site.token(name="Mei", attributes={"since": "yesterday", "plan": "gold"})
    await site.customers.prove(visitor, own, token)
    contact = await site.contact(visitor.contact_id)
    assert (contact.name, contact.attributes) == ("Mei", {"plan": "gold"})
    await site.customers.prove(visitor, own, site.token(attributes={"since": "2026-11-26"}))
    assert (await site.contact(visitor.contact_id)).attributes == {"plan": "gold", "since": "2026-11-26"}


@pytest.mark.parametrize(
    ("kind", "cell", "kept"),
    [
        (FieldKind.CHECKBOX, "Yes", "true"),
        (FieldKind.CHECKBOX, "是", "true"),
        (FieldKind.CHECKBOX, "否", ""),
        (FieldKind.CHECKBOX, "perhaps", "perhaps"),
        (FieldKind.DATE, "2026/1/5", "2026-01-05"),
        (FieldKind.DATE, "2026年11月26日", "2026-11-26"),
        (FieldKind.DATE, "26.11.2026", "26.11.2026"),
        (FieldKind.TEXT, "yes", "yes"),
    ],
)
def test_a_tables_cell_is_read_as_people_write_it(kind: FieldKind, cell: str, kept: str) -> None:
    assert cell_value(Field("f", "F", "F", kind, (), 1), cell) == kept


async def test_a_conversation_holds_them_for_colleagues(domain: Domain) -> None:
    order = await field(domain, FieldKind.NUMBER, "order", noun=Noun.CONVERSATION)
    ann, inbox = await domain.agent("Ann"), await domain.inbox()
    visitor = await domain.visitor(inbox)
    conv = (await domain.say(visitor, "Hello")).conv
    other = (await domain.say(await domain.visitor(inbox), "Hello")).conv
    head = await domain.tools.labelling.change(ann, conv, Labels(attributes={"order": " 4711 "}))
    assert head.attributes == (await domain.head(conv)).attributes == {"order": "4711"}
    line = (await domain.entries(conv))[-1]
    assert (line.kind, line.seq, line.data) == (
        Kind.SYSTEM, None, {"event": "attributes_changed", "en": "Order: 4711", "zh": "order？：4711", "agent": "Ann"},
    )  # fmt: skip
    for attributes, code in (({"order": "x"}, "value_unusable"), ({"size": "1"}, "field_unknown")):
        with pytest.raises(Invalid, match=code):
            await domain.tools.labelling.change(ann, conv, Labels(attributes=attributes))
    for value, found in (("4711", [conv]), ("471", [])):
        narrow = Narrow(field=at_key(order.key), value=value)
        listing = await domain.history.listing(ann, View.ALL, None, 20, narrow)
        assert [row.conversation.id for row in listing.conversations] == found
    entries = len(await domain.entries(conv))
    await domain.tools.labelling.change(ann, conv, Labels(attributes={"order": "4711"}))
    assert len(await domain.entries(conv)) == entries  # nothing new
    assert (await domain.tools.labelling.change(ann, conv, Labels(attributes={"order": ""}))).attributes == {}
    assert (await domain.head(other)).attributes == {}
