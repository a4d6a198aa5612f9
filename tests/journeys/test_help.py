"""Articles as customers meet them: at /help without a script, and in the chat."""

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import INBOX, PATIENCE_MS
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full


async def test_help_is_read_and_searched_without_a_script(browser: Browser, watch: Watch, appliance: Appliance) -> None:
    context = await browser.new_context(locale="en-GB", java_script_enabled=False)
    watch.attach(context)
    page = await context.new_page()
    await page.goto(f"{appliance.url}/help")
    await expect(page.get_by_role("heading", name="Orders and delivery")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_role("searchbox", name="Search the articles").fill("how long does a refund take")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name="When the refund arrives").click()
    await expect(page.get_by_role("heading", name="When the refund arrives", level=1)).to_be_visible()
    await expect(page.get_by_role("row", name="Debit card 1 to 3 working days")).to_be_visible()
    await page.get_by_role("link", name="中文").click()
    await expect(page.get_by_role("heading", name="退款多久到账", level=1)).to_be_visible()
    await page.get_by_role("button", name="有帮助").click()
    await expect(page.get_by_text("感谢你的反馈。")).to_be_visible()


async def test_who_finds_his_answer_in_the_chat_need_not_ask(
    browser: Browser, watch: Watch, appliance: Appliance
) -> None:
    context = await browser.new_context(locale="en-GB")
    watch.attach(context)
    page = await context.new_page()
    await page.goto(f"{appliance.url}/chat/{INBOX}")
    await expect(page.get_by_text("Often read")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Search the articles").click()
    await page.get_by_role("searchbox", name="Search the articles").fill("it arrived broken")
    await page.get_by_role("button", name="Damaged, wrong or missing").click()
    await expect(page.get_by_role("heading", name="Damaged, wrong or missing")).to_be_visible()
    await page.get_by_role("button", name="Yes").click()
    await expect(page.get_by_text("Thank you for telling us.")).to_be_visible()
    await page.get_by_role("button", name="Back").click()
    await expect(page.get_by_role("searchbox", name="Search the articles")).to_have_value("it arrived broken")
    await page.get_by_role("button", name="Did not find it? Ask a person.").click()
    await expect(page.get_by_role("textbox", name="Your message")).to_be_visible()


async def test_a_link_between_articles_is_followed_in_the_chat(
    browser: Browser, watch: Watch, appliance: Appliance
) -> None:
    context = await browser.new_context(locale="zh-CN")
    watch.attach(context)
    page = await context.new_page()
    await page.goto(f"{appliance.url}/chat/{INBOX}")
    await page.get_by_role("button", name="搜索文章").click(timeout=PATIENCE_MS)
    await page.get_by_role("searchbox", name="搜索文章").fill("怎么退货")
    await page.get_by_role("button", name="如何退货").click()
    await page.get_by_role("button", name="破损、错发、漏发").click()
    await expect(page.get_by_role("heading", name="破损、错发、漏发")).to_be_visible()
