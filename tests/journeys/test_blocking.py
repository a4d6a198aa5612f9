"""A visitor is blocked from the conversation: his page says so, after a reload too; and he is let in again."""

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.journeys.people import PATIENCE_MS
from tests.journeys.scene import Scene, console
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en-GB": (
        "Start a conversation", "Your message", "Send", "Block this visitor", "Reason, for colleagues", "One week",
        "This chat is closed to you", "Blocked visitors", "Unblock",
    ),
    "zh-CN": (
        "开始会话", "消息内容", "发送", "屏蔽该访客", "原因（同事可见）", "一周", "你已无法使用该会话", "屏蔽的访客",
        "取消屏蔽",
    ),
}  # fmt: skip


async def opened(browser: Browser, watch: Watch, locale: str) -> BrowserContext:
    context = await browser.new_context(locale=locale, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    return context


@pytest.mark.parametrize("locale", WORDS)
async def test_a_visitor_is_put_out_and_let_in_again(
    scene: Scene, browser: Browser, watch: Watch, locale: str
) -> None:  # fmt: skip
    start, field, send, block, reason, week, closed, blocked, unblock = WORDS[locale]
    inbox, text = scene.desk.inbox(), f"Buy now {locale}"
    page = await (await opened(browser, watch, locale)).new_page()
    await page.goto(f"{scene.url}/chat/{inbox}")
    await page.get_by_role("button", name=start).click()
    await page.get_by_role("textbox", name=field).fill(text)
    await page.get_by_role("button", name=send).click()
    await expect(page.locator(".foot")).to_be_visible()
    rows = scene.desk.ask("GET", "/api/v1/conversations?view=all&limit=200")["conversations"]
    conv = next(row["conversation"]["id"] for row in rows if row["conversation"]["inbox_id"] == inbox)

    desk = await console(await opened(browser, watch, locale), scene, f"/c/{conv}")
    watch.expect_outage()  # the visitor's browser writes each refusal down
    await desk.get_by_role("button", name=block).click()
    dialog = desk.get_by_role("dialog")
    await dialog.get_by_label(reason).fill(f"Spam {locale}")
    await dialog.get_by_role("combobox").select_option(label=week)
    await dialog.get_by_role("button", name=block).click()
    await expect(desk.get_by_role("complementary").get_by_text(f"Spam {locale}")).to_be_visible()
    await expect(page.get_by_text(closed)).to_be_visible()
    await page.reload()
    await expect(page.get_by_text(closed)).to_be_visible()
    head = scene.desk.ask("GET", f"/api/v1/conversations/{conv}")["conversation"]
    assert (head["status"], head["close_reason"]) == ("closed", "blocked")

    await desk.goto(f"{scene.url}/settings/blocks")
    await expect(desk.get_by_role("heading", name=blocked)).to_be_visible()
    row = desk.get_by_role("row").filter(has_text=f"Spam {locale}")
    await row.get_by_role("button", name=unblock).click()
    await expect(row).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("button", name=start)).to_be_visible()
