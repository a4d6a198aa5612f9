"""What happens at the desk has its names, and what is told of it is what the manual says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.adapters.origins.happenings import Elsewhere, happenings
from app.adapters.specs import manual
from app.adapters.specs.model import EVENT_NAMES
from app.contacts.contacts import ContactChange
from app.contacts.merging import ContactMerging
from app.model.channels import Channel
from app.model.conversations import Conversation, Kind, Message, Rating, Speaker
from app.model.events import (
    ContactChanged,
    ConversationChanged,
    Event,
    MessageCreated,
    RecordChanged,
    StoredEvent,
    TicketChanged,
)
from app.model.frames import Delete, Edit
from app.model.people import Contact
from app.model.records import Order, Record
from app.model.tickets import Ticket
from app.settings import Limits
from app.tickets.tickets import NewTicket, TicketChange
from tests.adapters.shop import Shop
from tests.adapters.test_engine import SPEC, joined, put, until
from tests.domain import SYSTEM, Domain

_ROW = re.compile(r"^\| ((?:`[^`]+` ?)+)\| (.*) \|$", re.MULTILINE)
_WORD = re.compile(r"`([a-z_]+(?:\.[a-z_]+)?)`")


def section(language: str) -> list[tuple[list[str], str]]:
    """Its rows: what stands in the first column, and the second."""
    page = (Path(manual.__file__).parent.parent.parent / "docs" / language / manual.SPECS).read_text(encoding="utf-8")
    text = page.partition("{#happenings}")[2].partition("\n## ")[0]
    return [(_WORD.findall(words), means) for words, means in _ROW.findall(text)]


def names(event: StoredEvent) -> list[str]:
    return [one.name for one in happenings(event, None, 0)]


@pytest.mark.parametrize("language", manual.LANGUAGES)
def test_the_manual_tells_of_every_event(language: str) -> None:
    told = [name for words, _ in section(language) for name in words if "." in name]
    assert sorted(told) == list(EVENT_NAMES)


@pytest.mark.parametrize("language", manual.LANGUAGES)
async def test_the_manual_tells_what_a_document_holds(language: str, domain: Domain) -> None:
    parts = {word: _WORD.findall(means) for words, means in section(language) for word in words if "." not in word}
    visitor = await domain.visitor(await domain.inbox())
    ack = await domain.say(visitor, "Hello")
    head, entry = await domain.head(ack.conv), (await domain.entries(ack.conv))[0]
    contact = await domain.contacts.find(SYSTEM, visitor.contact_id)
    ticket = await domain.tickets.create(SYSTEM, "", NewTicket("Leaks"))
    actor = Speaker("agent", "a", "Ann")
    told: list[StoredEvent] = [
        MessageCreated(head, entry), ConversationChanged("conversation.resolved", head, actor),
        ContactChanged(contact), TicketChanged("ticket.created", ticket, actor),
        RecordChanged("record.upserted", Record("r", "mall", "1", Order("1"), 1, 1, 1)),
    ]  # fmt: skip
    elsewhere = Elsewhere(channel=Channel("wechat", "open-id", {}))
    documents: list[dict[str, Any]] = [
        one.document for event in told for one in happenings(event, contact, 5, elsewhere)
    ]
    held = {name: value for document in documents for name, value in document.items() if value is not None}
    assert set(held) | {"rating"} == set(parts)
    for name, shape in (("contact", Contact), ("conversation", Conversation), ("message", Message), ("ticket", Ticket)):
        listed = [word for word in parts[name] if word not in {str(kind) for kind in Kind} and "." not in word]
        assert set(listed) <= set(held[name]), name
        assert not {*listed} - {*shape.__struct_fields__} - {"references", "reference"}
    assert {"browser", "address"}.isdisjoint(held["contact"]), "what is about his browser is nobody's business"
    assert {"score", "tags", "text"} <= set(Rating.__struct_fields__)


async def test_an_edit_and_a_deletion_have_names_of_their_own(domain: Domain) -> None:
    told: list[Event] = []
    domain.bus.subscribe(told.extend)
    visitor = await domain.visitor(await domain.inbox())
    ack = await domain.say(visitor, "Hello")
    agent = await domain.agent("Ann", "owner")
    mine = await domain.say(agent, "Hi", ack.conv)
    await domain.messages.accept(agent, Edit(domain.cid(), ack.conv, mine.id, "Hi there"))
    await domain.messages.accept(agent, Delete(domain.cid(), ack.conv, mine.id))
    made = [names(event) for event in told if isinstance(event, MessageCreated) and event.message.kind != Kind.NOTICE]
    assert made[:1] == [["conversation.created", "message.created"]]
    assert made[-3:] == [["message.created"], ["message.updated"], ["message.deleted"]]


async def test_a_ticket_says_what_of_it_changed(domain: Domain) -> None:
    told: list[Event] = []
    domain.bus.subscribe(told.extend)
    agent = await domain.agent("Ann", "owner")
    ticket = await domain.tickets.create(agent, "", NewTicket("Leaks"))
    await domain.tickets.change(agent, ticket.id, TicketChange(status="done", assignee_id=agent.agent_id))
    await domain.tickets.change(agent, ticket.id, TicketChange(title="Leaks much"))
    events = [event for event in told if isinstance(event, TicketChanged)]
    assert [names(event) for event in events] == [
        ["ticket.created"], ["ticket.assigned", "ticket.status_changed", "ticket.updated"], ["ticket.updated"],
    ]  # fmt: skip
    document: Any = happenings(events[1], None, 0)[0].document
    assert document["changes"] == {
        "status": {"before": "new", "after": "done"}, "assignee_id": {"before": "", "after": agent.agent_id},
    }  # fmt: skip


async def test_a_contact_says_who_changed_him_and_into_whom_he_went(domain: Domain) -> None:
    told: list[Event] = []
    domain.bus.subscribe(told.extend)
    agent = await domain.agent("Ann", "owner")
    one, other = [(await domain.visitor(await domain.inbox())).contact_id for _ in range(2)]
    await domain.contacts.change(agent, one, ContactChange(name="Mei"))
    await ContactMerging(domain.database, domain.ids, domain.clock, Limits()).merge(agent, one, other)
    events = [event for event in told if isinstance(event, ContactChanged)]
    assert [names(event) for event in events] == [["contact.updated"], ["contact.merged"], ["contact.updated"]]
    document: Any = happenings(events[1], events[1].contact, 0)[0].document
    assert (document["contact"]["merged_into"], document["actor"]["id"]) == (other, agent.agent_id)


HOOKS = """\
source: hook
title: Hook
allow: ["127.0.0.1:%(port)d"]
events: [record.upserted]
map: {id: record.external_id, status: record.body.status, origin: origin}
deliver: {post: "http://127.0.0.1:%(port)d/hook", order: record.external_id}
---
source: mall-hook
system: mall
title: The mall's own
allow: ["127.0.0.1:%(port)d"]
events: [record.upserted]
map: {id: record.external_id}
deliver: {post: "http://127.0.0.1:%(port)d/own"}
"""


async def test_what_a_system_brought_is_told_to_others_and_not_to_itself(domain: Domain, tmp_path: Path) -> None:
    shop, hook = Shop(3), Shop(0)
    hook.answer = b"{}"
    async with shop.far.serving() as far, hook.far.serving() as told, joined(domain, tmp_path) as systems:
        put(tmp_path, HOOKS % {"port": told.port}, "hooks.yaml")
        await until(lambda: {one.state for one in systems.states.values()} == {"waiting"})
        put(tmp_path, SPEC % {"port": far.port})
        await until(lambda: len(hook.far.heard) == 3)
        shop.orders[1]["state"] = 3
        await until(lambda: len(hook.far.heard) == 4)
        asked = len(shop.asked)
        await until(lambda: len(shop.asked) > asked + 3)
    heard = [(one.line.split()[1], json.loads(one.body)) for one in hook.far.heard]
    assert {path for path, _ in heard} == {"/hook"}
    assert {body["origin"] for _, body in heard} == {"mall"}
    assert sorted(body["id"] for _, body in heard) == ["o0", "o1", "o1", "o2"]
    assert [body["status"] for _, body in heard if body["id"] == "o1"] == ["shipped", "done"]
