"""Invitations by rule: made in the settings, shown on the right page or at an event, once, and counted."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.journeys.people import PATIENCE_MS
from tests.journeys.scene import Scene, console
from tests.journeys.site import Site
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en-GB": (
        "Widget: look, questions, hours", "Add an invitation", "Invitation 1", "Words (English)", "Page",
        "After seconds on the page", "Save", "Saved", "Which pot may it be?", "Dismiss",
        "shown 2 times, followed 1 times",
    ),
    "zh-CN": (
        "窗口：外观、询问、营业时间", "添加邀请", "邀请 1", "文字（中文）", "页面", "在页面停留几秒后", "保存",
        "已保存", "想要哪款壶？", "不再显示", "展示 2 次，接受 1 次",
    ),
}  # fmt: skip


@pytest.fixture
def shop(scene: Scene) -> Iterator[tuple[Site, str]]:
    """A shop of two pages with the widget of an inbox of its own."""
    inbox = scene.desk.inbox()
    page = f'<h1>Shop</h1><script src="{scene.url}/widget.js" data-inbox="{inbox}" async></script>'
    with Site({"/pots": page, "/other": page}) as site:
        yield site, inbox


async def opened(browser: Browser, watch: Watch, locale: str) -> BrowserContext:
    context = await browser.new_context(locale=locale, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    return context


async def counted(scene: Scene, inbox: str, wanted: tuple[int, int]) -> None:
    """Waits until the invitation was shown and followed so often."""
    async with asyncio.timeout(PATIENCE_MS / 1_000):
        while True:
            counts = scene.desk.ask("GET", f"/api/v1/inboxes/{inbox}/invitations")["counts"]
            if [(one["shown"], one["accepted"]) for one in counts] == [wanted]:
                return
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("locale", WORDS)
async def test_it_is_shown_on_its_page_once_and_counted(
    scene: Scene, browser: Browser, watch: Watch, shop: tuple[Site, str], locale: str
) -> None:
    site, inbox = shop
    widget, add, first, words, page_label, seconds, save, saved, text, dismiss, result = WORDS[locale]
    name = f"Shop {inbox[-6:]}"
    scene.agent("PATCH", f"inboxes/{inbox}", {"name": name})
    desk = await console(await opened(browser, watch, locale), scene, "/settings/inboxes")
    card = desk.locator(".card", has_text=name)
    await card.get_by_role("button", name=widget).click()
    await card.get_by_role("button", name=add).click()
    rule = card.get_by_role("region", name=first)
    await rule.get_by_label(words).fill(text)
    await rule.get_by_label(page_label, exact=True).fill("/pots")
    await rule.get_by_label(seconds).fill("0")
    await card.get_by_role("button", name=save).click()
    await expect(card.get_by_role("status").last).to_have_text(saved)

    visitor = await (await opened(browser, watch, locale)).new_page()
    invitation = visitor.get_by_role("button", name=text)
    await visitor.goto(f"{site.url}/pots")
    await expect(invitation).to_be_visible()
    await visitor.get_by_role("button", name=dismiss).click()
    await expect(invitation).to_be_hidden()
    await counted(scene, inbox, (1, 0))
    other = await (await opened(browser, watch, locale)).new_page()
    await other.goto(f"{site.url}/other")
    await other.wait_for_function("Monodesk.isOpen && document.querySelector('monodesk-widget') !== null")
    await expect(other.get_by_role("button", name=text)).to_be_hidden()
    await other.goto(f"{site.url}/pots")
    await other.get_by_role("button", name=text).click()  # which opens the chat
    await expect(other.frame_locator("iframe").get_by_role("main")).to_be_visible()
    await counted(scene, inbox, (2, 1))
    await visitor.reload()  # he has seen it: it rests, and the count stays as it is
    await expect(visitor.frame_locator("iframe").locator("main")).to_be_attached()
    await expect(invitation).to_be_hidden()
    await desk.reload()
    await card.get_by_role("button", name=widget).click()
    await expect(rule).to_contain_text(result)
    await counted(scene, inbox, (2, 1))


async def test_an_event_of_the_page_brings_it(
    scene: Scene, browser: Browser, watch: Watch, shop: tuple[Site, str]
) -> None:  # fmt: skip
    site, inbox = shop
    cart = {"id": "cart", "text": {"en": "Shall we help you pay?"}, "event": "cart", "who": "new"}
    scene.agent("PATCH", f"inboxes/{inbox}", {"widget": {"invitations": [cart]}})
    page = await (await opened(browser, watch, "en-GB")).new_page()
    await page.goto(f"{site.url}/other")
    await page.evaluate("new Promise((resolve) => Monodesk('on', 'ready', resolve))")
    await expect(page.get_by_role("button", name="Shall we help you pay?")).to_be_hidden()
    async with asyncio.timeout(PATIENCE_MS / 1_000):  # how the desk looks comes a moment after it is ready
        while not await page.get_by_role("button", name="Shall we help you pay?").is_visible():
            await page.evaluate("Monodesk('event', 'cart', { items: 2 })")
            await asyncio.sleep(0.1)
    await counted(scene, inbox, (1, 0))
