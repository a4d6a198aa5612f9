"""Articles in the console: written and translated by the owner, read by customers, suggested to who answers."""

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from app.demo.shop import STAFF
from tests.journeys.appliance import Appliance
from tests.journeys.people import PATIENCE_MS, Agent, Visitor
from tests.journeys.test_console import serious
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

OWNER = next(employee.name for employee in STAFF if employee.role == "owner")


async def _owner(browser: Browser, watch: Watch, appliance: Appliance) -> Page:
    context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    watch.attach(context)
    page = await context.new_page()
    await page.goto(appliance.url + appliance.demo_link(OWNER))
    await expect(page.get_by_role("listbox")).to_be_visible()
    await page.goto(f"{appliance.url}/settings/articles")
    return page


async def test_an_article_is_written_published_and_brought_back(
    browser: Browser, watch: Watch, appliance: Appliance
) -> None:
    page = await _owner(browser, watch, appliance)
    text = page.get_by_label("正文", exact=True)
    await page.get_by_role("button", name="添加文章").click()
    await page.get_by_label("标题", exact=True).fill("Grinding for a moka pot")
    await text.fill("Set it to **14 clicks**. See [repairs](warranty).")
    await page.get_by_label("语言", exact=True).select_option("en")
    await expect(page.get_by_role("region", name="显示效果").get_by_text("14 clicks")).to_be_visible()
    await page.get_by_label("已发布：客户可以阅读").check()
    assert await serious(page) == []
    await page.get_by_role("button", name="创建文章").click()
    await expect(page.get_by_role("heading", name="Grinding for a moka pot").first).to_be_visible()
    reader = await page.context.new_page()
    await reader.goto(f"{appliance.url}/help/en/grinding-for-a-moka-pot")
    await expect(reader.locator("strong", has_text="14 clicks")).to_be_visible()

    await text.fill("Set it to 9 clicks.")
    await page.get_by_role("button", name="保存", exact=True).click()
    await page.get_by_role("button", name="恢复").click()
    await expect(text).to_have_value("Set it to **14 clicks**. See [repairs](warranty).")

    await page.get_by_role("link", name="添加中文版").click()
    await expect(page.get_by_label("地址")).to_have_value("grinding-for-a-moka-pot")
    await page.get_by_label("标题", exact=True).fill("摩卡壶怎么磨")
    await page.get_by_label("已发布：客户可以阅读").check()
    await page.get_by_role("button", name="创建文章").click()
    await expect(page.get_by_role("link", name="打开English版")).to_be_visible()
    await reader.reload()
    await reader.get_by_role("link", name="中文").click()
    await expect(reader.get_by_role("heading", name="摩卡壶怎么磨", level=1)).to_be_visible()


async def test_who_saves_later_loses_no_word_and_is_told(browser: Browser, watch: Watch, appliance: Appliance) -> None:
    first = await _owner(browser, watch, appliance)
    title = first.get_by_label("标题", exact=True)
    await first.get_by_role("link", name="Coupons and offers").click()
    await expect(title).to_have_value("Coupons and offers")
    second = await first.context.new_page()
    await second.goto(first.url)
    await second.get_by_label("标题", exact=True).fill("Coupons")
    await second.get_by_role("button", name="保存", exact=True).click()
    await expect(second.get_by_role("heading", name="Coupons", exact=True)).to_be_visible()
    watch.expect_refusal(first.url.rpartition("/")[2])
    await title.fill("Offers")
    await first.get_by_role("button", name="保存", exact=True).click()
    await expect(first.get_by_role("alert")).to_contain_text("其他人刚刚保存了这篇文章")
    await expect(title).to_have_value("Offers")
    await first.get_by_role("button", name="载入最新版本").click()
    await expect(title).to_have_value("Coupons")


async def test_files_are_looked_at_before_they_come_in(browser: Browser, watch: Watch, appliance: Appliance) -> None:
    page = await _owner(browser, watch, appliance)
    chooser = page.get_by_label("选择文件").and_(page.locator("input"))
    wrong = FilePayload(name="bad.md", mimeType="text/markdown", buffer=b"---\ntitle: A\nno pair\n---\n")
    await chooser.set_input_files(wrong)
    await expect(page.get_by_role("row", name="bad.md 3")).to_be_visible()
    table = b"question,answer\nWhich water?,Soft water.\nHow hot?,92 degrees.\n"
    await chooser.set_input_files(FilePayload(name="faq.csv", mimeType="text/csv", buffer=table))
    await page.get_by_role("button", name="导入 2 篇文章").click()
    await expect(page.get_by_text("已导入 2 篇文章。")).to_be_visible()
    await page.get_by_label("查找", exact=True).fill("Which water")
    await expect(page.get_by_role("link", name="Which water?")).to_be_visible()


async def test_who_answers_is_shown_what_fits_and_goes_on_writing(
    browser: Browser, watch: Watch, appliance: Appliance
) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    await visitor.say("When will my refund arrive?")
    agent = await Agent.signed_in(browser, watch, appliance)
    await agent.open("When will my refund arrive?")
    hints = agent.page.get_by_role("group", name="Articles that fit")
    await expect(hints).to_be_visible(timeout=PATIENCE_MS)
    await agent.field.press_sequentially("It is on its way: ")
    await expect(agent.field).to_be_focused()
    await hints.get_by_role("button", name="When the refund arrives").click()
    await agent.page.get_by_role("menuitem", name="Insert link").click()
    link = f"[When the refund arrives]({appliance.url}/help/en/refund-times)"
    await expect(agent.field).to_have_value(f"It is on its way: {link}")
