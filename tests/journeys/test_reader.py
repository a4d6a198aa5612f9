"""What a screen reader is told of a conversation, on both sides: Chromium's own accessibility tree, not our markup."""

import asyncio
import re
from typing import Any

import pytest
from msgspec import Struct
from playwright.async_api import Browser, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent, Visitor
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

_CLOCK = r"\d{1,2}:\d{2}"
_PATIENCE_SECONDS = 90.0


class Node(Struct, frozen=True):
    """One thing that a screen reader stops at; `text` is all that is read within it."""

    role: str
    name: str
    live: str
    text: str


async def tree(page: Page) -> list[Node]:
    """All of them, in the order in which they are read."""
    session = await page.context.new_cdp_session(page)
    try:
        nodes = (await session.send("Accessibility.getFullAXTree"))["nodes"]
    finally:
        await session.detach()
    by_id = {node["nodeId"]: node for node in nodes}

    def text(node: dict[str, Any]) -> str:
        own = _value(node, "name") if _value(node, "role") == "StaticText" else ""
        return own + "".join(text(by_id[child]) for child in node.get("childIds", []) if child in by_id)

    def walk(node: dict[str, Any]) -> list[Node]:
        below = [found for child in node.get("childIds", []) if child in by_id for found in walk(by_id[child])]
        if node.get("ignored"):
            return below
        live = next((one["value"]["value"] for one in node.get("properties", []) if one["name"] == "live"), "")
        return [Node(_value(node, "role"), _value(node, "name"), live, text(node)), *below]

    return walk(nodes[0])


def _value(node: dict[str, Any], key: str) -> str:
    return str(node.get(key, {}).get("value", ""))


def articles(nodes: list[Node]) -> list[tuple[str, str]]:
    """Each message by its name, with `HH:MM` for its time, and its words."""
    return [(re.sub(_CLOCK, "HH:MM", node.name), node.text) for node in nodes if node.role == "article"]


async def told(page: Page, text: str) -> None:
    """Waits until a live region has said this."""
    heard: list[Node] = []
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not any(node.live == "polite" and text in node.text for node in heard):
                heard = await tree(page)
    except TimeoutError:
        raise AssertionError([node for node in heard if node.live]) from None


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_each_message_says_who_when_and_how_far_it_got(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    words = {"en": ("You", "Read", "Sent", "Private note"), "zh": ("我", "已读", "已发出", "内部备注")}[language]
    you, read, sent, note = words
    asked, answered, private = "Where is order 4711?", "It left this morning.", "A good customer"
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url, language)
    agent = await Agent.signed_in(browser, watch, appliance, language)
    name = {"en": "Hannah Reed", "zh": "陈默"}[language]
    await visitor.say(asked)
    await agent.open(asked)
    await visitor.sees_read()
    await agent.say(answered)
    await told(visitor.page, answered)
    await agent.note(private)
    await agent.sees(asked, answered, private)

    at_visitor = await tree(visitor.page)
    assert [node.name for node in at_visitor if node.role == "log"] == [{"en": "Conversation", "zh": "会话"}[language]]
    calls = {"en": "Hannah", "zh": "陈默"}[language]
    found = articles(at_visitor)
    assert [text for _, text in found] == [asked, answered]
    assert found[0][0] == f"{you}, HH:MM, {read}"
    assert re.fullmatch(rf"{calls}.*, HH:MM", found[1][0])

    at_agent = await tree(agent.page)
    (log,) = [node for node in at_agent if node.role == "log"]
    assert log.name
    found = articles(at_agent)
    assert [text for _, text in found[:2]] == [asked, answered]
    assert found[2][1].endswith(private)
    assert found[0][0] == f"{log.name}, HH:MM"
    assert found[1][0] in {f"{name}, HH:MM, {sent}", f"{name}, HH:MM, {read}"}
    assert found[2][0].startswith(f"{note}, {name}, HH:MM")


async def test_an_agent_hears_of_the_next_message_and_finds_it_in_the_list(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("Hello?")
    await agent.open("Hello?")
    await visitor.say("Is somebody there?")
    await told(agent.page, "Is somebody there?")
    nodes = await tree(agent.page)
    assert sum(node.role == "listbox" for node in nodes) == 1
    assert [node for node in nodes if node.role == "option" and "Is somebody there?" in node.name + node.text]
    to_be_named = {"button", "link", "textbox", "tab", "img", "navigation", "log", "listbox", "dialog", "complementary"}
    assert [node for node in nodes if node.role in to_be_named and not node.name] == []
    await expect(agent.page.get_by_role("log")).to_have_count(1)
