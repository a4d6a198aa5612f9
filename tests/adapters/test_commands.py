"""Automations: what happens at the desk has the desk do something, once, and no two of them keep each other going."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from app.adapters.managing.automations import document
from app.adapters.sinks.commands import topic_of
from app.chat.tags import NewTag
from app.model.automations import Automation, Holds, OnEvent
from app.model.conversations import Conversation, Kind, Message, Status
from app.model.health import Words
from app.model.macros import Assign, ChangeTags, SetPriority
from app.model.people import Team
from app.model.tickets import Priority
from app.settings import Limits
from app.storage import conversations, dead_letters, messages
from app.storage.database import Transaction
from tests.adapters.shop import Shop
from tests.adapters.test_conversing import Chat, line, mall
from tests.adapters.test_engine import joined, put, until
from tests.domain import SYSTEM, Domain

GREETING = """\
source: greeter
title: {en: Greeter, zh: 问候}
events: [conversation.created]
where: contains(lower(message.text), "order")
map:
  conversation: conversation.id
  actions:
    value:
      - {do: reply, text_en: "One moment, {{contact.name|please}}.", text_zh: 请稍候。}
      - {do: note, text: "first look into {{inbox.name}}"}
      - {do: tags, add: [VIP]}
      - {do: priority, priority: 4}
      - {do: assign, team_id: North}
deliver: {to: conversations.act}
"""


async def told(domain: Domain, conversation_id: str) -> list[Message]:
    page = await messages.before(domain.database, conversation_id, visitor=False, before=2**31, limit=200)
    return page[::-1]


async def head(domain: Domain, conversation_id: str) -> Conversation:
    found = await conversations.find(domain.database, conversation_id)
    assert found is not None
    return found


async def until_true(what: Any) -> None:
    async with asyncio.timeout(30):
        while not await what():
            await asyncio.sleep(0.02)


async def furnished(domain: Domain) -> Team:
    await domain.tools.tags.create(SYSTEM, NewTag("VIP"))
    return await domain.team("North")


def waiting(systems: Any, name: str) -> bool:
    return name in systems.states and systems.states[name].state == "waiting"


async def test_an_event_has_the_desk_do_what_a_macro_does_and_says_whose_deed_it_is(
    domain: Domain, tmp_path: Path
) -> None:
    north = await furnished(domain)
    visitor = await domain.visitor(await domain.inbox())
    async with joined(domain, tmp_path) as systems:
        put(tmp_path, GREETING, "greeter.yaml")
        await until(lambda: waiting(systems, "greeter"))
        ack = await domain.say(visitor, "Where is my order?")
        other = await domain.say(await domain.visitor(await domain.inbox()), "Hello")

        async def is_done() -> bool:
            return (await head(domain, ack.conv)).team_id == north.id

        await until_true(is_done)
        after = await head(domain, ack.conv)
        assert (after.status, after.priority, len(after.tags)) == (Status.QUEUED, 4, 1)
        assert after.waiting_since == (await head(domain, other.conv)).waiting_since, (
            "he waits for a person all the same"
        )
        said = await told(domain, ack.conv)
        reply = next(one for one in said if one.kind is Kind.MESSAGE and one.sender.kind == "bot")
        assert (reply.text, reply.sender.id) == ("One moment, please.", "source:greeter")
        lines = [one for one in said if one.kind in (Kind.SYSTEM, Kind.NOTICE)]
        assert {one.sender.id for one in lines} == {"source:greeter"}
        note = next(one for one in said if one.kind is Kind.NOTE)
        assert note.text.startswith("first look into Website")
        assert [one.sender.kind for one in await told(domain, other.conv)] == ["visitor"]


async def test_a_task_that_is_handed_over_again_does_nothing(domain: Domain, tmp_path: Path) -> None:
    await furnished(domain)
    visitor = await domain.visitor(await domain.inbox())
    async with joined(domain, tmp_path) as systems:
        put(tmp_path, GREETING, "greeter.yaml")
        await until(lambda: waiting(systems, "greeter"))
        ack = await domain.say(visitor, "order")

        async def is_done() -> bool:
            return (await head(domain, ack.conv)).priority == 4

        await until_true(is_done)
        before = len(await told(domain, ack.conv))
        # the same task once more, as after a kill between what was done and its end
        rows = await domain.database.read("SELECT delivery_id FROM source_deliveries WHERE source = 'greeter'")
        number = str(rows[0][0]).rpartition(":")[2]
        mapped = {"conversation": ack.conv, "sender": "", "actions": [{"do": "note", "text": "again"}]}
        payload = {"id": number, "mapped": mapped, "event": {}, "external_id": "", "at": 1}

        def hand_over(tx: Transaction) -> None:
            tx.enqueue(topic_of("greeter"), ack.conv, json.dumps(payload).encode())
            tx.enqueue(topic_of("greeter"), ack.conv, json.dumps({**payload, "id": "another"}).encode())

        await domain.database.write(hand_over)

        async def is_noted() -> bool:
            return len(await told(domain, ack.conv)) > before

        await until_true(is_noted)
        assert [one.text for one in (await told(domain, ack.conv))[before:]] == ["again"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("add: [VIP]|add: [Nobody]", "tag_unknown"),
        ("team_id: North|team_id: South", "team_unknown"),
        ("team_id: North|agent_id: nobody@example.com", "agent_unknown"),
        ("team_id: North|me: true", "nobody_named"),
        ("do: priority, priority: 4|do: dance", "actions_malformed"),
    ],
)
async def test_all_of_it_or_nothing(domain: Domain, tmp_path: Path, wrong: str, code: str) -> None:
    await furnished(domain)
    visitor = await domain.visitor(await domain.inbox())
    was, now = wrong.split("|")
    async with joined(domain, tmp_path) as systems:
        put(tmp_path, GREETING.replace(was, now), "greeter.yaml")
        await until(lambda: waiting(systems, "greeter"))
        ack = await domain.say(visitor, "order")

        async def is_aside() -> bool:
            return bool(await dead_letters.page(domain.database, "greeter", "", 9))

        await until_true(is_aside)
        (letter,) = await dead_letters.page(domain.database, "greeter", "", 9)
        assert (letter.stage, letter.code) == ("deliver", code)
        assert [one.sender.kind for one in await told(domain, ack.conv)] == ["visitor"]


async def test_automations_that_answer_each_other_come_to_rest(domain: Domain, tmp_path: Path) -> None:
    ping = """\
source: %s
events: [message.created]
where: message.kind == "message"
map: {conversation: conversation.id, actions: {value: [{do: reply, text_en: "%s"}]}}
deliver: {to: conversations.act}
"""
    visitor = await domain.visitor(await domain.inbox())
    most = Limits().automation_runs_per_hour
    async with joined(domain, tmp_path) as systems:
        for name in ("ping", "pong"):
            put(tmp_path, ping % (name, name), f"{name}.yaml")
        await until(lambda: waiting(systems, "ping") and waiting(systems, "pong"))
        ack = await domain.say(visitor, "hello")

        async def is_over() -> bool:
            names = ("ping", "pong")
            return all([await dead_letters.page(domain.database, name, "", 9) for name in names])

        await until_true(is_over)
        said = [one for one in await told(domain, ack.conv) if one.sender.kind == "bot"]
        assert len(said) == 2 * most
        (letter, *_) = await dead_letters.page(domain.database, "ping", "", 9)
        assert letter.code == "automation_endless"


async def test_another_system_says_what_is_to_be_done_with_its_customers_conversation(
    domain: Domain, tmp_path: Path
) -> None:
    """By the same source that brings his messages: the one in which he wrote last."""
    async with mall(domain, tmp_path) as chat:
        assert isinstance(chat, Chat)
        await chat.say(line(1, "one"))
    (row,) = await domain.database.read("SELECT conversation_id FROM channel_conversations")
    spec = """\
source: mall
secrets: {key: vault:key}
receive:
  proof: {signed: {of: body, with: key, digest: hmac-sha256, encode: base64, header: X-Signature}}
records: {at: said}
map: {sender: from, actions: {value: [{do: resolve, reason: paid}]}}
deliver: {to: conversations.act}
"""
    async with joined(domain, tmp_path) as systems:
        put(tmp_path, spec, "mall.yaml")
        await until(lambda: waiting(systems, "mall"))
        await Chat(domain, systems).say({"from": "ann"}, {"from": "nobody"})

        async def is_resolved() -> bool:
            return (await head(domain, str(row[0]))).status is Status.RESOLVED

        await until_true(is_resolved)

        async def is_aside() -> bool:
            return [one.code for one in await dead_letters.page(domain.database, "mall", "", 9)] == ["sender_unknown"]

        await until_true(is_aside)


async def test_what_is_polled_is_done_once_by_its_key(domain: Domain, tmp_path: Path) -> None:
    ack = await domain.say(await domain.visitor(await domain.inbox()), "hello")
    shop = Shop(0)
    shop.orders = [{"no": "r1", "conv": ack.conv, "what": "paid back"}]
    spec = """\
source: refunds
allow: ["127.0.0.1:%(port)d"]
call: {get: "http://127.0.0.1:%(port)d/refunds", query: {page: $page}}
records: {at: list, id: no}
follow: {every: 50ms}
map: {id: no, conversation: conv, actions: [{map: {do: {value: note}, text: what}}]}
deliver: {to: conversations.act, key: id}
"""
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, spec % {"port": far.port}, "refunds.yaml")

        async def is_noted() -> bool:
            return any(one.text == "paid back" for one in await told(domain, ack.conv))

        await until_true(is_noted)
        asked = len(shop.asked)
        await until(lambda: len(shop.asked) > asked + 3)
        shop.orders.append({"no": "r2", "conv": ack.conv, "what": "and again"})

        async def is_noted_again() -> bool:
            return any(one.text == "and again" for one in await told(domain, ack.conv))

        await until_true(is_noted_again)
        assert systems.states["refunds"].code == ""
    assert [one.text for one in await told(domain, ack.conv) if one.kind is Kind.NOTE] == ["paid back", "and again"]


async def test_what_the_form_writes_is_done(domain: Domain, tmp_path: Path) -> None:
    tag = await domain.tools.tags.create(SYSTEM, NewTag("VIP"))
    north = await domain.team("North")
    form = Automation(
        title=Words("Refunds", "退款"),
        when=OnEvent(("message.created",)),
        match="all",
        conditions=(Holds("message.text", "contains", "Refund"), Holds("message.sender.kind", "is", "visitor")),
        actions=(ChangeTags(add=(tag.id,)), Assign(team_id=north.id), SetPriority(Priority.URGENT)),
    )
    visitor = await domain.visitor(await domain.inbox())
    async with joined(domain, tmp_path) as systems:
        put(tmp_path, document("refunds", form), "refunds.yaml")
        await until(lambda: waiting(systems, "refunds"))
        ack = await domain.say(visitor, "I want a refund")

        async def is_done() -> bool:
            return (await head(domain, ack.conv)).priority == 4

        await until_true(is_done)
        after = await head(domain, ack.conv)
        assert (after.tags, after.team_id) == ((tag.id,), north.id)


async def test_what_was_refused_is_done_when_it_is_replayed(domain: Domain, tmp_path: Path) -> None:
    visitor = await domain.visitor(await domain.inbox())
    async with joined(domain, tmp_path) as systems:
        put(tmp_path, GREETING, "greeter.yaml")
        await until(lambda: waiting(systems, "greeter"))
        ack = await domain.say(visitor, "order")

        async def is_aside() -> bool:
            return bool(await dead_letters.page(domain.database, "greeter", "", 9))

        await until_true(is_aside)  # neither the tag nor the team is there yet
        await furnished(domain)
        assert (await systems.replay("greeter")).delivered == 1

        async def is_done() -> bool:
            return (await head(domain, ack.conv)).priority == 4

        await until_true(is_done)
        assert await dead_letters.page(domain.database, "greeter", "", 9) == []
        assert len([one for one in await told(domain, ack.conv) if one.sender.kind == "bot"]) == 2
