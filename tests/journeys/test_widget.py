"""The loader on somebody else's page: it keeps to itself, works by keyboard, and believes nobody but its own frame."""

import http.server
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import INBOX, PATIENCE_MS
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">
<h1>{title}</h1><a href="/other">Other</a> <button>A button of the shop</button>
<script src="{desk}/widget.js" data-inbox="{inbox}" async></script>"""


class Shop(http.server.ThreadingHTTPServer):
    """Another site, with a policy that forbids every style and script but the loader's."""

    def __init__(self, desk: str) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.desk = desk
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.policy = f"default-src 'none'; script-src {desk}; frame-src {desk}; img-src data:"


class _Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Shop)
        title = "Other goods" if urlsplit(self.path).path == "/other" else "A shop"
        body = _PAGE.format(title=title, desk=self.server.desk, inbox=INBOX).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nothing: the shop is no part of what is tested."""


@pytest.fixture
def shop(appliance: Appliance) -> Iterator[Shop]:
    with Shop(appliance.url) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


async def _visit(context: BrowserContext, shop: Shop) -> tuple[Page, FrameLocator]:
    page = await context.new_page()
    await page.goto(shop.url)
    await expect(page.get_by_role("button", name="Open chat")).to_be_visible(timeout=PATIENCE_MS)
    return page, page.frame_locator("iframe")


async def test_it_adds_one_element_and_touches_nothing_else(browser: Browser, watch: Watch, shop: Shop) -> None:
    context = await browser.new_context(locale="en-GB")
    watch.attach(context)
    page, frame = await _visit(context, shop)
    await page.get_by_role("button", name="Open chat").click()
    await expect(frame.get_by_role("button", name="Start a conversation")).to_be_visible(timeout=PATIENCE_MS)
    children = "[...document.body.children].map(({ localName }) => localName)"
    assert await page.evaluate(children) == ["h1", "a", "button", "script", "monodesk-widget"]
    assert await page.evaluate("document.head.querySelectorAll('style, link[rel=stylesheet], script').length") == 0
    assert await page.evaluate("Object.keys(window).filter((key) => /monodesk/i.test(key))") == ["Monodesk"]
    assert await context.cookies() == []


async def test_it_opens_and_closes_by_keyboard(browser: Browser, watch: Watch, shop: Shop) -> None:
    context = await browser.new_context(locale="en-GB")
    watch.attach(context)
    page, frame = await _visit(context, shop)
    await page.get_by_role("button", name="A button of the shop").focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    start = frame.get_by_role("button", name="Start a conversation")
    await expect(start).to_be_visible(timeout=PATIENCE_MS)
    await start.press("Enter")
    await expect(frame.get_by_role("textbox", name="Your message")).to_be_focused(timeout=PATIENCE_MS)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Open chat")).to_be_focused(timeout=PATIENCE_MS)
    await expect(page.locator("iframe")).to_be_hidden()


async def test_it_stays_open_on_the_next_page(browser: Browser, watch: Watch, shop: Shop) -> None:
    context = await browser.new_context(locale="zh-CN")
    watch.attach(context)
    page = await context.new_page()
    await page.goto(shop.url)
    await page.get_by_role("button", name="打开客服窗口").click()
    await page.get_by_role("link", name="Other").click()
    start = page.frame_locator("iframe").get_by_role("button", name="开始会话")
    await expect(start).to_be_visible(timeout=PATIENCE_MS)
    assert await page.title() == "Other goods"


async def test_it_believes_no_other_window(browser: Browser, watch: Watch, shop: Shop) -> None:
    context = await browser.new_context(locale="en-GB")
    watch.attach(context)
    page, frame = await _visit(context, shop)
    await page.get_by_role("button", name="Open chat").click()
    await expect(frame.get_by_role("button", name="Start a conversation")).to_be_visible(timeout=PATIENCE_MS)
    await page.evaluate("window.postMessage({ monodesk: 'close' }, '*')")
    await page.evaluate("window.postMessage({ monodesk: 'unread', count: 7 }, '*')")
    look = "{ color: '#ff0000', ink: 'white', left: true, label: 'Pay here', invitation: '', seconds: 0 }"
    await page.evaluate(f"window.postMessage({{ monodesk: 'look', look: {look} }}, '*')")
    await page.evaluate("new Promise((done) => setTimeout(done))")  # the messages above were delivered before this task
    await expect(page.locator("iframe")).to_be_visible()
    button = page.get_by_role("button", name="Close chat")
    assert await button.evaluate("button => button.style.cssText") == ""
    await expect(button).not_to_contain_text("Pay here")


async def test_an_agent_sees_the_pages_that_were_looked_at(
    browser: Browser, watch: Watch, appliance: Appliance, shop: Shop
) -> None:
    context = await browser.new_context(locale="en-GB")
    watch.attach(context)
    page, frame = await _visit(context, shop)
    await page.get_by_role("link", name="Other").click()
    await page.get_by_role("button", name="Open chat").click()
    await frame.get_by_role("button", name="Start a conversation").click(timeout=PATIENCE_MS)
    await frame.get_by_role("textbox", name="Your message").fill("Which of these fits a filter of size two?")
    await page.keyboard.press("Enter")
    await expect(frame.locator(".foot")).to_contain_text("Sent", timeout=PATIENCE_MS)
    desk = await browser.new_context(locale="en-GB")
    watch.attach(desk)
    agent = await desk.new_page()
    await agent.goto(appliance.url + appliance.demo_link("Hannah Reed"))
    await agent.get_by_role("tab", name="Unassigned").click(timeout=PATIENCE_MS)
    await agent.get_by_role("option").filter(has_text="Which of these fits").click(timeout=PATIENCE_MS)
    await expect(agent.get_by_text("Other goods")).to_be_visible(timeout=PATIENCE_MS)
