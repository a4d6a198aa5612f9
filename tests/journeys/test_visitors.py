"""The list of visitors lives, is narrowed, and leads to a conversation that an agent starts."""

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.journeys.people import PATIENCE_MS
from tests.journeys.scene import Scene, console
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en-GB": (
        "Name, page, site he came from", "Came again", "New", "Start a chat", "First message", "Send",
        "In a conversation",
    ),
    "zh-CN": ("姓名、页面、来源网站", "再次来访", "新访客", "发起会话", "第一条消息", "发送", "会话中"),
}  # fmt: skip


async def opened(browser: Browser, watch: Watch, locale: str) -> BrowserContext:
    context = await browser.new_context(locale=locale, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    return context


@pytest.mark.parametrize("locale", WORDS)
async def test_an_agent_sees_who_comes_and_speaks_first(
    scene: Scene, browser: Browser, watch: Watch, locale: str
) -> None:  # fmt: skip
    find, again, fresh, start, first, send, talking = WORDS[locale]
    inbox, text = scene.desk.inbox(), f"Can I help? {locale}"
    desk = await console(await opened(browser, watch, locale), scene, "/visitors")
    field = desk.get_by_label(find)
    await field.fill(inbox)  # his page's address holds it
    page = await (await opened(browser, watch, locale)).new_page()
    await page.goto(f"{scene.url}/chat/{inbox}")
    row = desk.get_by_role("row").filter(has_text=inbox)
    await expect(row).to_have_count(1)  # by itself
    await desk.get_by_role("tab", name=again).click()
    await expect(row).to_have_count(0)
    await desk.get_by_role("tab", name=fresh).click()
    await row.get_by_role("button", name=start).click()
    dialog = desk.get_by_role("dialog")
    await dialog.get_by_label(first).fill(text)
    await dialog.get_by_role("button", name=send).click()
    await expect(desk.get_by_role("log")).to_contain_text(text)
    await expect(page.locator(".arts button")).to_contain_text(text)  # at the visitor's, with nothing done by him
    await desk.go_back()
    await field.fill(inbox)
    await expect(row).to_contain_text(talking)
    await page.close()
    await expect(row).to_have_count(0)
