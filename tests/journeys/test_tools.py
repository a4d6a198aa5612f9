"""An agent's tools in a real browser: priority and tags, a macro shown before it is done, putting off, taking back."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent
from tests.journeys.test_tickets import fits, live
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {
        "here": "This conversation", "priority": "Priority", "urgent": "Urgent", "normal": "Normal", "add": "Add a tag",
        "off": "Take the tag", "more": "More", "put_off": "Put off…", "until": "Until the customer writes",
        "views": "Put off", "wake": "Take it up again", "macro": "Use a macro…", "steps": "What is done", "do": "Do it",
        "done": "done", "hold": "Hold my answers before they go", "undo": "Undo", "reply": "Reply", "send": "Send",
        "waiting": "Answers that go later", "field": "Reply or note", "chosen": "2 chosen", "mine": "Mine",
        "resolved": "2 conversations changed", "resolve": "Resolve",
        "saved": "Saved",
    },
    "zh": {
        "here": "本次会话", "priority": "优先级", "urgent": "紧急", "normal": "普通", "add": "添加标签",
        "off": "去掉标签", "more": "更多", "put_off": "稍后处理…", "until": "到客户来信为止", "views": "稍后处理",
        "wake": "恢复处理", "macro": "使用宏…", "steps": "将执行", "do": "执行", "done": "已执行",
        "hold": "发送前暂缓", "undo": "撤销", "reply": "回复", "send": "发送", "waiting": "待发送的回复",
        "field": "回复或备注", "chosen": "已选 2 个", "mine": "我的", "resolved": "已修改 2 个会话", "resolve": "解决",
        "saved": "已保存",
    },
}  # fmt: skip


async def _opened(page: Page, place: int = 0) -> None:
    await page.get_by_role("option").nth(place).click()
    await expect(page.get_by_role("log").locator(".bub").first).to_be_visible()


async def _chosen(page: Page, more: str, item: str) -> None:
    await page.get_by_role("button", name=more, exact=True).click()
    await page.get_by_role("menuitem", name=re.compile(re.escape(item))).click()


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_labels_a_macro_and_putting_off(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    w = WORDS[language]
    page = (await Agent.signed_in(browser, watch, appliance, language)).page
    await live(page)
    await _opened(page)
    name = await page.locator(".thread-head h1").inner_text()

    side = page.get_by_role("region", name=w["here"])
    await side.get_by_label(w["priority"]).select_option(label=w["urgent"])
    log = page.get_by_role("log")
    await expect(log.get_by_text(w["urgent"])).to_be_visible()
    tag = side.get_by_label(w["add"])
    label = await tag.locator("option").nth(1).inner_text()
    await tag.select_option(label=label)
    await expect(side.get_by_role("button", name=re.compile(f"{w['off']}.*{re.escape(label)}"))).to_be_visible()
    await expect(log.get_by_text(label)).to_be_visible()

    field = page.get_by_role("form", name=w["field"]).get_by_role("textbox")
    await field.fill("half a sentence")
    await _chosen(page, w["more"], w["macro"])
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Refund first").click()
    steps = dialog.get_by_role("list", name=w["steps"])
    await expect(steps.get_by_role("listitem")).to_have_count(3)
    await dialog.get_by_role("button", name=w["do"], exact=True).click()
    await expect(page.get_by_role("status").get_by_text(w["done"])).to_be_visible()
    await expect(dialog).to_have_count(0)
    await expect(field).to_have_value("half a sentence")
    await field.fill("")

    await _chosen(page, w["more"], w["put_off"])
    await page.get_by_role("dialog").get_by_role("button", name=w["until"]).click()
    await page.get_by_role("button", name=w["views"], exact=True).click()
    row = page.get_by_role("option").filter(has_text=name.split("\n")[0])
    await expect(row).to_be_visible()
    await row.click()
    await _chosen(page, w["more"], w["wake"])
    await expect(row).to_have_count(0)
    await fits(page)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_an_answer_is_held_and_taken_back_and_many_are_resolved(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    w = WORDS[language]
    page = (await Agent.signed_in(browser, watch, appliance, language)).page
    await live(page)
    await page.goto(f"{appliance.url}/settings/profile")
    await page.get_by_label(w["hold"]).select_option("30")
    await expect(page.get_by_text(w["saved"], exact=True).first).to_be_visible()
    await live(page)
    await page.goto(appliance.url)
    await _opened(page)
    field = page.get_by_role("form", name=w["field"]).get_by_role("textbox")
    await field.fill("rash words")
    await field.press("Enter")
    waits = page.get_by_role("group", name=w["waiting"])
    await expect(waits.get_by_text("rash words")).to_be_visible()
    await expect(field).to_have_value("")
    await waits.get_by_role("button", name=w["undo"]).click()
    await expect(field).to_have_value("rash words")
    await expect(page.get_by_role("log").get_by_text("rash words")).to_have_count(0)
    await field.fill("")

    rows = page.get_by_role("option")
    await rows.nth(1).click(modifiers=["Control"])
    await rows.nth(2).click(modifiers=["Control"])
    bar = page.get_by_role("toolbar", name=w["chosen"])
    await bar.get_by_role("button", name=w["resolve"], exact=True).click()
    await expect(page.get_by_text(w["resolved"])).to_be_visible()
    await expect(bar).to_have_count(0)
