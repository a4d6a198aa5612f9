"""The bot's day at real screens: it answers, looks up, hands over; a colleague reads why and says what was meant."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import PATIENCE_MS, Agent, Visitor
from tests.journeys.test_bot import awake, rows_of
from tests.journeys.test_console import serious
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {
        "ask": "How long does delivery take?", "answer": "2 to 4 days", "bot": "Shanlan assistant",
        "yes": "This helped", "asks": "the order number", "which": "which phone number or e-mail",
        "order": "where is my package right now", "number": "20261125001", "phone": "138 0013 8000",
        "card": "Order 20261125001 · shipped",
        "person": "Talk to a person", "asked": "I would like to talk to a person.", "handed": "Handed over to our team",
        "mark": "%", "right": "Right", "noted": "Noted. It holds from now on.", "summary": "Asked: “",
        "with_bot": "With the bot",
    },
    "zh": {
        "ask": "多久能送到", "answer": "2–4 天", "bot": "山岚小助手", "yes": "有帮助",
        "asks": "订单号", "which": "手机号或邮箱",
        "order": "我的快递到哪儿了", "number": "20261125001", "phone": "138 0013 8000",
        "card": "订单 20261125001 · 已发货",
        "person": "转人工", "asked": "转人工客服", "handed": "已转人工客服",
        "mark": "%", "right": "正确", "noted": "已记录，立即生效。", "summary": "问题：“",
        "with_bot": "机器人接待",
    },
}  # fmt: skip


@pytest.fixture
def botted(tmp_path: Path) -> Iterator[Appliance]:
    """A demo shop whose bot is on."""
    one = Appliance(tmp_path / "data", options=("--demo",), environment={"MONODESK_BOT": "true"})
    one.start()
    yield one
    one.kill()


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_from_the_first_question_to_a_person(
    botted: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    w = WORDS[language]
    await awake(botted)
    visitor = await Visitor.on_chat_page(browser, watch, botted.url, language)
    await visitor.say(w["ask"])
    await expect(visitor.log).to_contain_text(w["answer"], timeout=PATIENCE_MS)
    await expect(visitor.log.locator(".isbot").first).to_contain_text(w["bot"])
    assert await serious(visitor.page) == []
    await visitor.page.get_by_role("button", name=w["yes"], exact=True).click()
    agent = await Agent.signed_in(browser, watch, botted, language)
    await agent.page.get_by_role("button", name=re.compile(f"^{w['with_bot']}")).click()
    await expect(agent.page.get_by_role("option").first).to_be_visible(timeout=PATIENCE_MS)

    await visitor.say(w["order"])
    await expect(visitor.log).to_contain_text(w["asks"], timeout=PATIENCE_MS)
    await visitor.say(w["number"])
    await expect(visitor.log).to_contain_text(w["which"], timeout=PATIENCE_MS)
    await visitor.say(w["phone"])
    await expect(visitor.log).to_contain_text(w["card"], timeout=PATIENCE_MS)
    await visitor.page.get_by_role("button", name=w["person"], exact=True).click()
    await expect(visitor.log).to_contain_text(w["handed"], timeout=PATIENCE_MS)
    await expect(visitor.page.get_by_role("button", name=w["person"], exact=True)).to_have_count(0)

    await agent.page.get_by_role("tab", name=re.compile("Unassigned|未分配")).click()
    rows = agent.page.get_by_role("listbox")
    await rows.press("End")
    await agent.page.get_by_role("option").last.click()
    await expect(agent.log).to_contain_text(w["summary"], timeout=PATIENCE_MS)
    await expect(agent.log).to_contain_text("20261125001")
    mark = agent.log.locator(".bot-mark").first
    await expect(mark).to_contain_text(w["mark"])
    await mark.get_by_role("button", name=w["right"], exact=True).click()
    await expect(agent.page.get_by_text(w["noted"])).to_be_visible(timeout=PATIENCE_MS)
    assert await serious(agent.page) == []
    ((verdict,),) = rows_of(botted.data, "SELECT verdict FROM intent_corrections")
    assert verdict == "right"
    await agent.say("I am here")
    await expect(visitor.log).to_contain_text("I am here", timeout=PATIENCE_MS)
