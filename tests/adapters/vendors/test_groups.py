"""A ticket is made, a customer waits too long: the groups of Feishu and DingTalk get a card each, once, signed."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.accounts.inboxes import InboxChange
from app.model.widget import Patience, Then, Widget
from app.storage import dead_letters
from app.tickets.tickets import NewTicket
from tests.adapters.test_engine import joined, put, until
from tests.adapters.vendors.groups import DingTalk, Feishu, Group
from tests.adapters.vendors.vault import keep
from tests.domain import SYSTEM, Domain

INSTANCE = """\
source: group
preset: %(preset)s
settings: {address: "http://127.0.0.1:%(port)d", desk: "https://desk.example", language: %(language)s}
secrets: {%(token)s: vault:token, secret: vault:secret}
allow: ["127.0.0.1:%(port)d"]
"""
SECRET = "SEC of the group, 密"


def card_of(group: Group) -> list[tuple[str, str, str]]:
    """Of each message title, text and where its button leads."""
    return [_feishu(one) if isinstance(group, Feishu) else _dingtalk(one) for one in group.messages]


def _feishu(message: dict[str, Any]) -> tuple[str, str, str]:
    card = message["card"]
    words, action = card["elements"]
    assert action["actions"][0]["text"]["content"]
    return card["header"]["title"]["content"], words["text"]["content"], action["actions"][0]["url"]


def _dingtalk(message: dict[str, Any]) -> tuple[str, str, str]:
    card = message["actionCard"]
    heading, _, words = card["text"].partition("\n\n")
    assert heading == f"### {card['title']}"
    return card["title"], words, card["singleURL"]


@pytest.mark.parametrize(
    ("group", "preset", "token", "language"),
    [
        (Feishu("0f-a", SECRET), "feishu-robot", "hook", "zh"),
        (DingTalk("t0", SECRET), "dingtalk-robot", "access_token", "en"),
    ],
    ids=["feishu", "dingtalk"],
)
async def test_new_tickets_and_long_waits_are_cards_in_the_group(
    domain: Domain, tmp_path: Path, group: Group, preset: str, token: str, language: str
) -> None:
    keep(tmp_path, token=group.token, secret=SECRET)
    inbox = await domain.inbox()
    await domain.inboxes.change(SYSTEM, inbox, InboxChange(widget=Widget(patience=Patience(1, Then.FORM))))
    async with group.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, INSTANCE % {"preset": preset, "port": far.port, "language": language, "token": token})
        await until(lambda: "group" in systems.states and systems.states["group"].state == "waiting")
        ticket = await domain.tickets.create(SYSTEM, "", NewTicket("A “leaking” cup 茶杯"))
        visitor = await domain.visitor(inbox)
        conv = (await domain.say(visitor, "Is anybody there?")).conv
        domain.clock.advance(61)
        await domain.tools.alarm.ring()
        await until(lambda: len(group.messages) + len(group.refused) >= 2)
    assert group.refused == []
    titles = ("新工单 #", "客户等待过久") if language == "zh" else ("New ticket #", "A customer waits long")
    (first, about, there), (second, words, here) = sorted(card_of(group), key=lambda card: "tickets" not in card[2])
    assert (first, about) == (f"{titles[0]}{ticket.number}", "A “leaking” cup 茶杯")
    assert there == f"https://desk.example/tickets/{ticket.id}"
    assert second == titles[1] and words.endswith("Is anybody there?")
    assert here == f"https://desk.example/c/{conv}"


@pytest.mark.parametrize(
    ("group", "preset", "token", "slower"),
    [
        (Feishu("h", SECRET), "feishu-robot", "hook", b'{"code": 11232, "msg": "frequency limited"}'),
        (DingTalk("t", SECRET), "dingtalk-robot", "access_token", b'{"errcode": 130101, "errmsg": "send too fast"}'),
    ],
    ids=["feishu", "dingtalk"],
)
async def test_a_group_that_wants_it_slower_or_answers_a_page_gets_it_later(
    domain: Domain, tmp_path: Path, group: Group, preset: str, token: str, slower: bytes
) -> None:
    keep(tmp_path, token=group.token, secret=SECRET)
    group.lies = [slower, b"<html>busy</html>"]
    async with group.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, INSTANCE % {"preset": preset, "port": far.port, "language": "zh", "token": token})
        await until(lambda: "group" in systems.states and systems.states["group"].state == "waiting")
        await domain.tickets.create(SYSTEM, "", NewTicket("Cup"))
        await until(lambda: len(group.lies) < 2)
        await domain.tickets.create(SYSTEM, "", NewTicket("Saucer"))
        await until(lambda: len(group.messages) == 2)
    assert group.lies == []
    assert await dead_letters.page(domain.database, "group", "", 9) == []


async def test_by_another_secret_nothing_is_posted(domain: Domain, tmp_path: Path) -> None:
    group = Feishu("h", "theirs")
    keep(tmp_path, token=group.token, secret="ours")
    async with group.far.serving() as far, joined(domain, tmp_path) as systems:
        instance = INSTANCE % {"preset": "feishu-robot", "port": far.port, "language": "zh", "token": "hook"}
        put(tmp_path, instance)
        await until(lambda: "group" in systems.states and systems.states["group"].state == "waiting")
        await domain.tickets.create(SYSTEM, "", NewTicket("Cup"))
        await until(lambda: bool(group.refused))
        async with asyncio.timeout(30):
            while not (letters := await dead_letters.page(domain.database, "group", "", 9)):
                await asyncio.sleep(0.02)
    assert group.messages == []
    assert [(one.code, one.external_id != "") for one in letters] == [("refused", True)]
