"""Who waits knows where he stands, moves up as others go, and need not wait: he asks to be called."""

import re

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent, Visitor
from tests.journeys.test_console import serious
from tests.journeys.test_tickets import live
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {
        "label": "Your place in the queue", "number": r"You are number (\d+) in the queue", "call": "Call me back",
        "phone": "Phone number", "ask": "Ask for the call", "fault": "Write a phone number", "leave": "Leave a message",
        "first": "Is the blue one left?", "second": "When do you close?", "words": "Please call me back.",
    },
    "zh": {
        "label": "排队位置", "number": r"你排在第 (\d+) 位", "call": "请给我回电",
        "phone": "电话号码", "ask": "请求回电", "fault": "请填写电话号码", "leave": "改为留言",
        "first": "蓝色的还有吗？", "second": "你们几点下班？", "words": "请给我回电。",
    },
}  # fmt: skip


async def _number(place: Locator, pattern: str) -> int:
    await expect(place).to_contain_text(re.compile(pattern))
    match = re.search(pattern, await place.inner_text())
    assert match is not None
    return int(match[1])


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_place_moves_and_a_call_takes_it(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    w = WORDS[language]
    agent = await Agent.signed_in(browser, watch, appliance, language)
    await live(agent.page)
    one, other = [await Visitor.on_chat_page(browser, watch, appliance.url, language) for _ in range(2)]
    places = []
    for visitor, text in ((one, w["first"]), (other, w["second"])):
        await visitor.say(text)
        place = visitor.page.get_by_role("region", name=w["label"])
        places.append(await _number(place, w["number"]))
    assert places[1] == places[0] + 1
    await expect(other.page.get_by_role("button", name=w["leave"])).to_be_visible()

    await one.page.get_by_role("button", name=w["call"]).click()
    await one.page.get_by_role("textbox", name=w["phone"]).fill("12")
    await one.page.get_by_role("button", name=w["ask"]).click()
    await expect(one.page.get_by_role("alert")).to_contain_text(w["fault"])
    assert await serious(one.page) == []
    await one.page.get_by_role("textbox", name=w["phone"]).fill("+49 30 1234567")
    await one.page.get_by_role("button", name=w["ask"]).click()
    await one.sees(w["first"], w["words"])
    await expect(one.page.get_by_role("region", name=w["label"])).to_have_count(0)

    place = other.page.get_by_role("region", name=w["label"])
    await expect(place).to_contain_text(re.compile(w["number"].replace(r"(\d+)", str(places[0]))))
    await other.page.reload()
    await expect(place).to_contain_text(re.compile(w["number"].replace(r"(\d+)", str(places[0]))))
    await agent.open(w["second"])
    await agent.press("take")
    await expect(place).to_have_count(0)
