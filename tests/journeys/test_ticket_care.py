"""What a desk does with its tickets: a board, merging, fields of its own; lists and bulk stand in an agent's day."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent
from tests.journeys.test_tickets import fits, live
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {
        "tickets": "Tickets", "list": "List", "open": "Open", "move": "Move ticket", "merge": "Merge",
        "find": "Words or number", "undo": "Undo the merging", "into": "Merged into this one",
        "there": "Open the one that goes on",
    },
    "zh": {
        "tickets": "工单", "list": "列表", "open": "处理中", "move": "移动工单", "merge": "合并",
        "find": "关键词或编号", "undo": "撤销合并", "into": "合并到此工单的", "there": "打开继续跟进的工单",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_cards_are_moved_by_pointer_keys_and_menu(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    w = WORDS[language]
    page = (await Agent.signed_in(browser, watch, appliance, language)).page
    await live(page)
    await page.goto(f"{appliance.url}/tickets?show=board")
    columns = {name: page.locator(f'[data-status="{name}"]') for name in ("new", "open", "waiting", "done")}
    card = columns["new"].locator(".board-card").first
    number = await card.get_attribute("data-ticket")
    mine = f'[data-ticket="{number}"]'
    await fits(page)

    await card.drag_to(columns["waiting"])
    await expect(columns["waiting"].locator(mine)).to_be_visible()
    link = columns["waiting"].locator(mine).get_by_role("link")
    await expect(link).to_be_focused()  # whoever moves it goes on with it
    await page.keyboard.press("Alt+ArrowRight")
    await expect(columns["waiting"].locator(mine)).to_have_count(0)  # one of the desk's own stands in between
    await expect(page.locator(mine).get_by_role("link")).to_be_focused()
    await page.keyboard.press("Alt+ArrowRight")
    await expect(columns["done"].locator(mine)).to_be_visible()
    await columns["done"].locator(mine).get_by_role("button", name=re.compile(w["move"])).click()
    await page.get_by_role("menuitem", name=w["open"], exact=True).click()
    await expect(columns["open"].locator(mine)).to_be_visible()
    await live(page)
    await page.reload()
    await expect(columns["open"].locator(mine)).to_be_visible()
    await page.get_by_role("tab", name=w["list"], exact=True).click()
    await expect(page.get_by_role("table", name=w["tickets"])).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_two_tickets_become_one_and_two_again(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    w = WORDS[language]
    page = (await Agent.signed_in(browser, watch, appliance, language)).page
    await live(page)
    await page.goto(f"{appliance.url}/tickets?q=cracked")
    await page.get_by_role("table", name=w["tickets"]).get_by_role("link").first.click()
    await page.get_by_role("button", name=w["merge"], exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(w["find"]).fill("RF-77120")
    await dialog.get_by_role("button", name=re.compile("Refund has not arrived")).click()
    await expect(page.get_by_role("button", name=w["undo"])).to_be_visible()
    await expect(page.get_by_role("button", name=w["merge"], exact=True)).to_have_count(0)
    await fits(page)
    await page.get_by_role("link", name=w["there"]).click()
    await expect(page.get_by_role("heading", name=w["into"])).to_be_visible()
    await page.get_by_role("link", name=re.compile("Replacement for a cracked server")).click()
    await page.get_by_role("button", name=w["undo"]).click()
    await expect(page.get_by_role("button", name=w["merge"], exact=True)).to_be_visible()


async def test_a_desk_asks_what_it_wants_to_know(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    owner = (await Agent.signed_in(browser, watch, appliance, "zh")).page
    await live(owner)
    await owner.goto(appliance.url + appliance.demo_link("周可"))
    await expect(owner.get_by_role("listbox")).to_be_visible()
    await live(owner)
    await owner.goto(f"{appliance.url}/settings/fields")
    await owner.get_by_role("tab", name="工单", exact=True).click()
    await owner.get_by_role("button", name="添加字段").first.click()
    card = owner.locator(".card", has_text="中文名称")
    await card.get_by_label("中文名称").fill("批次")
    await card.get_by_label("英文名称").fill("Batch")
    await card.get_by_label("内容类型").select_option("number")
    await card.get_by_role("button", name="保存").click()
    await expect(owner.get_by_role("table", name="字段")).to_contain_text("批次")
    await fits(owner)

    page = (await Agent.signed_in(browser, watch, appliance)).page
    await live(page)
    await page.goto(f"{appliance.url}/tickets")
    await page.get_by_role("table", name="Tickets").get_by_role("link").first.click()
    watch.expect_outage()  # a browser writes the refusal into its console
    await page.get_by_label("Batch").fill("seven")
    await page.get_by_label("Batch").press("Enter")
    await page.get_by_label("Batch").blur()
    await expect(page.locator(".toast")).to_contain_text("Batch must be a number")
    await page.get_by_label("Batch").fill("7")
    await page.get_by_label("Batch").blur()
    await expect(page.locator(".ticket-history")).to_contain_text("set Batch to 7")
