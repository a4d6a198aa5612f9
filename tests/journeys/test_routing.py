"""Conversations find their agents: rules are set, one is given and says why, one is offered and taken by a key."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent, Visitor
from tests.journeys.test_tickets import fits, live
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {
        "all": "Change the rules: All others", "mode": "How it comes to its agent", "save": "Save", "saved": "Saved",
        "why": "Why you", "fewest": "Had the fewest open conversations", "offered": "is offered to you",
        "lunch": "Away: Lunch", "away": "Away · Lunch", "hand": "Hand over", "question": "Where is my parcel?",
        "second": "And my invoice?", "refuse": "Do not take it", "busy": "Too much to do",
        "back": "did not take it: Too much to do",
    },
    "zh": {
        "all": "修改规则：其他全部", "mode": "分配方式", "save": "保存", "saved": "已保存",
        "why": "为何是你", "fewest": "手上的会话最少", "offered": "派给了你",
        "lunch": "离开：用餐", "away": "离开 · 用餐", "hand": "转接", "question": "我的包裹在哪？",
        "second": "发票呢？", "refuse": "不接", "busy": "手头太忙", "back": "没有接：手头太忙",
    },
}  # fmt: skip
NAMES = {"en": "Hannah Reed", "zh": "陈默"}


async def ask(page: Page, method: str, path: str, body: Any = None) -> Any:
    """A request as the console makes it."""
    sent = {"method": method, "headers": {"content-type": "application/json"}}
    script = (
        "async ([path, sent, body]) => (await fetch(path, body ? {...sent, body: JSON.stringify(body)} : sent)).json()"
    )
    return await page.evaluate(script, [path, sent, body])


async def owner_of(appliance: Appliance, browser: Browser, watch: Watch, language: str) -> Page:
    """The owner, at Settings, Routing, who takes nothing himself; everybody else takes much."""
    page = await browser.new_page(locale={"en": "en-GB", "zh": "zh-CN"}[language])
    watch.attach(page.context)
    await page.goto(appliance.url + appliance.demo_link("周可"))
    await live(page)
    for one in (await ask(page, "GET", "/api/v1/agents"))["agents"]:
        capacity = 0 if one["role"] == "owner" else 100
        await ask(page, "PATCH", f"/api/v1/agents/{one['id']}", {"capacity": capacity})
    await ask(page, "PATCH", "/api/v1/me", {"language": language})
    await cleared(page)
    await page.goto(f"{appliance.url}/settings/routing")
    return page


async def cleared(page: Page) -> None:
    """Nothing of the demo waits: its agents are not there, and what is theirs comes back into the queue in a minute."""
    for view in ("unassigned", "all"):
        listed = await ask(page, "GET", f"/api/v1/conversations?view={view}&limit=100")
        ids = [one["conversation"]["id"] for one in listed["conversations"]]
        if ids:
            await ask(page, "POST", "/api/v1/conversations/bulk", {"ids": ids, "actions": [{"do": "resolve"}]})


async def rule(page: Page, w: dict[str, str], mode: str) -> None:
    """What no team and no inbox has rules for."""
    await page.get_by_role("button", name=w["all"]).click()
    await page.get_by_role("combobox", name=w["mode"]).select_option(mode)
    await page.get_by_role("button", name=w["save"], exact=True).click()
    await expect(page.get_by_role("combobox", name=w["mode"])).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_conversation_is_given_or_offered(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    w = WORDS[language]
    agent = await Agent.signed_in(browser, watch, appliance, language)
    await live(agent.page)
    owner = await owner_of(appliance, browser, watch, language)
    await rule(owner, w, "auto")

    visitor = await Visitor.on_chat_page(browser, watch, appliance.url, language)
    await visitor.say(w["question"])
    await expect(visitor.log).to_contain_text(NAMES[language])
    await agent.page.get_by_role("option").filter(has_text=w["question"]).click()
    side = agent.page.locator("aside.side")
    await expect(side).to_contain_text(w["why"])
    await expect(side).to_contain_text(w["fewest"])

    await owner.goto(f"{appliance.url}/settings/routing")
    await rule(owner, w, "offer")
    other = await Visitor.on_chat_page(browser, watch, appliance.url, language)
    await other.say(w["second"])
    offer = agent.page.get_by_role("article", name=w["offered"])
    await expect(offer).to_contain_text(w["second"])
    await fits(agent.page)
    await agent.page.keyboard.press("Escape")  # out of the field, so that keys are the desk's
    await agent.page.keyboard.press("y")
    await expect(offer).to_have_count(0)
    await expect(agent.log).to_contain_text(w["second"])
    await expect(other.log).to_contain_text(NAMES[language])

    await agent.page.locator("nav.rail button[aria-haspopup]").click()
    await agent.page.get_by_role("menuitemradio", name=w["lunch"]).click()
    await owner.goto(f"{appliance.url}/settings/agents")
    await expect(owner.get_by_role("row").filter(has_text=NAMES[language])).to_contain_text(w["away"])


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_hand_over_may_come_back(appliance: Appliance, browser: Browser, watch: Watch, language: str) -> None:
    w = WORDS[language]
    other_language = {"en": "zh", "zh": "en"}[language]
    giver, taker = [await Agent.signed_in(browser, watch, appliance, one) for one in (other_language, language)]
    await live(taker.page)
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url, language)
    await visitor.say(w["question"])
    await giver.open(w["question"])
    await giver.press("take")
    words = WORDS[other_language]
    await giver.page.get_by_role("button", name=words["hand"]).click()
    dialog = giver.page.get_by_role("dialog")
    await dialog.get_by_text(NAMES[language]).click()
    await dialog.get_by_role("button", name=words["hand"]).click()

    offer = taker.page.get_by_role("article").filter(has_text=w["question"])
    await offer.get_by_role("button", name=w["refuse"]).click()
    await taker.page.get_by_role("menuitem", name=w["busy"]).click()
    await expect(offer).to_have_count(0)
    await expect(giver.log).to_contain_text(words["back"].replace(words["busy"], w["busy"]))
    await expect(visitor.log).not_to_contain_text(w["busy"])
