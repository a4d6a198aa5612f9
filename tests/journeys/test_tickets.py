"""Tickets at the desk: made of a chat by one press, followed, noted, found; told to colleagues while they look."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent, Visitor
from tests.journeys.test_console import serious
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {
        "make": "Make a ticket", "made": "is made", "contact": "Contact", "tickets": "Tickets", "status": "Status",
        "waiting": "Waiting", "priority": "Priority", "urgent": "Urgent", "note": "Note for colleagues",
        "add_note": "Add note", "history": "set the status to Waiting", "find": "Words or number", "new": "New ticket",
        "title": "Title", "create": "Make the ticket", "watch": "Watch", "watching": "Watching", "fault": "Give it a",
        "reference": "Add a number", "system": "System", "there": "Number there", "link": "Link",
        "refused": "full http or https", "line": "made ticket #",
    },
    "zh": {
        "make": "生成工单", "made": "已生成工单", "contact": "联系人", "tickets": "工单", "status": "状态",
        "waiting": "等待中", "priority": "优先级", "urgent": "紧急", "note": "内部备注", "add_note": "添加备注",
        "history": "把状态改为“等待中”", "find": "关键词或编号", "new": "新建工单", "title": "标题",
        "create": "新建工单",
        "watch": "关注", "watching": "已关注", "fault": "请填写标题", "reference": "添加编号", "system": "系统",
        "there": "外部编号", "link": "链接", "refused": "完整的 http", "line": "新建了工单 #",
    },
}  # fmt: skip


async def live(page: Page) -> None:
    """Its line is open: of a page that is left while it opens the browser complains."""
    await expect(page.locator("nav.rail .av .dot.online")).to_be_visible()


async def fits(page: Page) -> None:
    """Axe finds nothing serious and nothing stands out of the page, light and dark, at the desk and on a phone."""
    for width, height in ((1440, 900), (390, 844)):
        await page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
            assert await serious(page) == [], (width, theme)
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert await page.evaluate(wide), width
    await page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_chat_becomes_a_ticket_that_is_followed(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    w = WORDS[language]
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url, language)
    agent, colleague = [await Agent.signed_in(browser, watch, appliance, one) for one in (language, "en")]
    page, other = agent.page, colleague.page
    await live(other)
    await visitor.say("The handle of my cup came off")
    await agent.open("The handle of my cup came off")
    await page.get_by_role("button", name=w["make"]).click()
    await expect(agent.log).to_contain_text(w["line"])
    await visitor.sees("The handle of my cup came off")  # and nothing of the ticket
    side = page.get_by_role("complementary", name=w["contact"])
    await side.get_by_role("link", name=re.compile("The handle of my cup came off")).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("The handle of my cup came off")
    address = page.url
    await other.goto(address)
    await expect(other.get_by_role("heading", level=1)).to_contain_text("The handle")

    await page.get_by_label(w["status"], exact=True).select_option("waiting")
    await expect(page.get_by_text(w["history"])).to_be_visible()
    await expect(other.get_by_label("Status", exact=True)).to_have_value("waiting")  # told, not asked for
    await page.get_by_label(w["priority"], exact=True).select_option("4")
    await page.get_by_label(w["note"]).fill("Asked the warehouse")
    await page.get_by_role("button", name=w["add_note"]).click()
    await expect(other.get_by_text("Asked the warehouse")).to_be_visible()
    await expect(page.get_by_label(w["note"])).to_have_value("")
    await page.get_by_role("button", name=w["watch"], exact=True).click()
    await expect(page.get_by_role("button", name=w["watching"], exact=True)).to_be_visible()

    await page.get_by_role("button", name=w["reference"]).click()
    await page.get_by_label(w["system"]).fill("ERP")
    await page.get_by_label(w["there"]).fill("SO-4711")
    await page.get_by_label(w["link"]).fill("javascript:alert(1)")
    watch.expect_outage()  # a browser writes the refusal into its console
    await page.locator("form").get_by_role("button", name=w["reference"]).click()
    await expect(page.get_by_role("alert")).to_contain_text(w["refused"])
    await page.get_by_label(w["link"]).fill("https://erp.example/SO-4711")
    await page.locator("form").get_by_role("button", name=w["reference"]).click()
    await expect(page.get_by_role("link", name="SO-4711")).to_have_attribute("href", "https://erp.example/SO-4711")
    await fits(page)

    await page.keyboard.press("Control+k")
    await page.get_by_role("dialog").get_by_role("combobox").press_sequentially("SO-4711")
    await page.get_by_role("option", name=re.compile("The handle of my cup came off")).first.click()
    await expect(page).to_have_url(address)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_list_is_narrowed_and_one_is_made_by_hand(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    w = WORDS[language]
    page = (await Agent.signed_in(browser, watch, appliance, language)).page
    await page.get_by_role("link", name=w["tickets"]).first.click()
    rows = page.get_by_role("table", name=w["tickets"]).locator("tbody tr")
    await expect(rows.first).to_be_visible()
    assert await rows.count() >= 8
    await fits(page)

    await page.get_by_role("button", name=w["new"]).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(w["title"]).fill("  ")
    await expect(dialog.get_by_role("status")).to_contain_text(w["fault"])
    await dialog.get_by_label(w["title"]).fill("Count the cups 数杯子")
    await dialog.get_by_role("button", name=w["create"]).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Count the cups")
    await page.go_back()

    await page.get_by_label(w["find"]).fill("数杯")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Count the cups")
    await live(page)
    await page.reload()  # what narrows the list stands in the address
    await expect(page.get_by_label(w["find"])).to_have_value("数杯")
    await expect(rows).to_have_count(1)
    await page.get_by_label(w["priority"]).select_option("1")
    await expect(rows).to_have_count(0)
    await expect(page.locator(".empty")).to_be_visible()


async def test_what_is_not_his_to_see_is_not_there(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    watch.expect_outage()  # the 404
    page = (await Agent.signed_in(browser, watch, appliance)).page
    await live(page)
    await page.goto(f"{appliance.url}/tickets/{'0' * 26}")
    await expect(page.get_by_role("heading", name="This ticket is not here, or not yours to see")).to_be_visible()
    await page.get_by_role("button", name="All tickets").click()
    await expect(page.get_by_role("table", name="Tickets")).to_be_visible()
