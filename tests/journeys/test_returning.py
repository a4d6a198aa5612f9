"""Who comes back to a website lands in his conversation: what his browser fetches for that, by its own account."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, Request, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import INBOX, PATIENCE_MS, Agent, Visitor
from tests.journeys.site import Site
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

CHAT_BYTES_MAX = 45_000
_LATER_MS = 3_000  # beyond the pause after which a page may fetch what it will want next
_ICONS_NOT_THERE = """async () => {
  const asked = [...document.querySelectorAll('use')].map((one) => one.href.baseVal);
  const [sprite] = asked[0].split('#');
  const held = await (await fetch(sprite)).text();
  return asked.filter((address) => !held.includes(`id="${address.split('#')[1]}"`));
}"""


class Fetched:
    """What a page fetches of the chat: the frame's own page and everything under /assets/."""

    def __init__(self, page: Page) -> None:
        self._requests: list[Request] = []
        page.on("requestfinished", self._finished)

    def _finished(self, request: Request) -> None:
        self._requests.append(request)

    async def weight(self) -> dict[str, int]:
        """Bytes of body on the wire, by path."""
        found: dict[str, int] = {}
        for request in self._requests:
            path = urlsplit(request.url).path
            if path.startswith(("/chat/", "/assets/")):
                body = (await request.sizes())["responseBodySize"]  # below zero for what the browser had already
                found[path] = found.get(path, 0) + max(0, body)
        return found


@pytest.mark.parametrize(
    ("language", "locale", "launcher"), [("en", "en-GB", "Open chat"), ("zh", "zh-CN", "打开客服窗口")]
)
async def test_a_conversation_that_is_returned_to_is_small(
    appliance: Appliance, browser: Browser, watch: Watch, language: str, locale: str, launcher: str
) -> None:
    tag = f'<h1>Shop</h1><script src="{appliance.url}/widget.js" data-inbox="{INBOX}" async></script>'
    with Site({"/": tag}) as site:
        # without TLS browsers do not take Brotli, but for addresses of their own machine
        only_gzip = {"Accept-Encoding": "gzip"}
        context = await browser.new_context(locale=locale, extra_http_headers=only_gzip)
        watch.attach(context)
        page = await context.new_page()
        new = Fetched(page)
        await page.goto(site.url)
        await page.get_by_role("button", name=launcher).click()
        visitor = Visitor(page, page.frame_locator("iframe"), language)
        await expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
        home = await new.weight()
        await visitor.begin()
        await visitor.say("Does the teapot keep warm?")
        await visitor.sees_confirmed()
        agent = await Agent.signed_in(browser, watch, appliance, language)
        await agent.open("Does the teapot keep warm?")
        await agent.press("take")
        await agent.say("**An hour**, see https://shanlan.example/teapot")
        await visitor.sees("Does the teapot keep warm?", "An hour, see https://shanlan.example/teapot")
        kept = await context.storage_state()  # all that he has of us; the cache is emptied
        await context.close()

        context = await browser.new_context(locale=locale, extra_http_headers=only_gzip, storage_state=kept)
        watch.attach(context)
        page = await context.new_page()
        again = Fetched(page)
        await page.goto(site.url)
        await page.get_by_role("button", name=launcher).click()
        visitor = Visitor(page, page.frame_locator("iframe"), language)
        await visitor.sees("Does the teapot keep warm?", "An hour, see https://shanlan.example/teapot")
        await page.wait_for_timeout(_LATER_MS)
        returned = await again.weight()
        await visitor.say("Good.")
        await visitor.sees_confirmed()
        assert await again.weight() == returned, "to write took something more"
        (chat,) = (frame for frame in page.frames if "/chat/" in frame.url)
        assert await chat.evaluate(_ICONS_NOT_THERE) == []

    kinds = {re.sub(r"-\w+\.", ".", path.removeprefix("/assets/")) for path in returned}
    assert {f"/chat/{INBOX}", "chat.css", "Thread.js", "icons.svg", f"{language}.js"} <= kinds
    print(language, "returned", sum(returned.values()), "home", sum(home.values()))
    assert sum(returned.values()) <= CHAT_BYTES_MAX, returned
    assert sum(home.values()) <= CHAT_BYTES_MAX, home
