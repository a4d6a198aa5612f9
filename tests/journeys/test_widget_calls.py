"""What a page can ask of the widget, and what the launcher does by itself: invites, remembers, fills a phone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.journeys.people import PATIENCE_MS
from tests.journeys.scene import Scene
from tests.journeys.site import Site
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

_STUB = (
    "<script>window.Monodesk=window.Monodesk||function(){(Monodesk.q=Monodesk.q||[]).push(arguments)}</script>"
    "<script>window.heard=[];for(const name of ['ready','open','close','unread','message'])"
    "Monodesk('on',name,detail=>heard.push([name,detail]));%s</script>"
)


class Shop(Site):
    """Somebody's shop with the widget of a new inbox."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self.inbox = scene.desk.inbox()
        self.says("")

    def says(self, calls: str) -> None:
        """Its pages call the widget before it is there."""
        loader = f'<script src="{self.scene.url}/widget.js" data-inbox="{self.inbox}" async></script>'
        wide = "<meta name=viewport content='width=device-width'>"
        tall = f"{wide}<title>Shop</title><h1>Shop</h1><p style='height:3000px'>Goods</p>"
        self.pages = dict.fromkeys(("/", "/other"), tall + _STUB % calls + loader)

    def set_up(self, **widget: Any) -> None:
        """How its inbox meets visitors."""
        self.scene.agent("PATCH", f"inboxes/{self.inbox}", {"widget": widget})

    def conversation(self) -> dict[str, Any]:
        """The one conversation of its inbox."""
        rows = self.scene.desk.ask("GET", "/api/v1/conversations?view=all&limit=200")["conversations"]
        found: dict[str, Any] = next(row for row in rows if row["conversation"]["inbox_id"] == self.inbox)
        return found

    def contact(self) -> dict[str, Any]:
        """Who speaks there, with all that is known of him."""
        contact = self.conversation()["contact"]["id"]
        told: dict[str, Any] = self.scene.desk.ask("GET", f"/api/v1/contacts/{contact}")
        return told


@pytest.fixture
def shop(scene: Scene) -> Iterator[Shop]:
    with Shop(scene) as shop:
        yield shop


async def visitor(browser: Browser, watch: Watch, *, phone: bool = False, locale: str = "en-GB") -> BrowserContext:
    screen: dict[str, Any] = (
        {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
        if phone
        else {"viewport": {"width": 1440, "height": 900}}
    )
    context = await browser.new_context(locale=locale, **screen)
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    return context


async def say(page: Page, text: str) -> None:
    """Open the chat and send something."""
    frame = page.frame_locator("iframe")
    await frame.get_by_role("button", name="Start a conversation").click()
    await frame.get_by_role("textbox", name="Your message").fill(text)
    await frame.get_by_role("button", name="Send").click()
    await expect(frame.locator(".foot")).to_contain_text("Sent")


async def heard(page: Page, happening: list[Any]) -> None:
    """Waits until the page was told this."""
    await page.wait_for_function(
        "one => window.heard.some((other) => JSON.stringify(other) === one)", arg=_text(happening)
    )


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


async def test_a_page_says_who_looks_at_it_and_what_happened(browser: Browser, watch: Watch, shop: Shop) -> None:
    shop.says(
        "Monodesk('identify',{name:'Mei Lin',email:'mei@example.com',plan:'gold',attributes:{since:2021}});"
        "Monodesk('event','paid',{order:'A-17'});Monodesk('open')"
    )
    page = await (await visitor(browser, watch)).new_page()
    await page.goto(shop.url)
    await say(page, "Where is it?")
    await heard(page, ["open", None])
    detail = shop.contact()
    assert (detail["contact"]["name"], detail["contact"]["email"]) == ("Mei Lin", "mei@example.com")
    assert detail["contact"]["attributes"] == {"plan": "gold", "since": "2021"}
    assert set(detail["contact"]["claimed"]) == {"name", "email", "attributes.plan", "attributes.since"}
    assert [(event["name"], event["data"]) for event in detail["events"]] == [("paid", {"order": "A-17"})]


async def test_unread_is_told_shown_and_kept_over_pages(browser: Browser, watch: Watch, shop: Shop) -> None:
    page = await (await visitor(browser, watch)).new_page()
    await page.goto(shop.url)
    await page.get_by_role("button", name="Open chat").click()
    await say(page, "Hello?")
    await page.evaluate("Monodesk.close()")
    await heard(page, ["close", None])
    conv = shop.conversation()["conversation"]["id"]
    shop.scene.agent("POST", f"conversations/{conv}/messages", {"text": "Good morning."})
    await heard(page, ["unread", 1])
    told = await page.evaluate("heard.find(([name]) => name === 'message')[1]")
    assert told["from"] == "agent" and "Good morning." not in _text(told)  # that there is something, not what
    assert await page.evaluate("[Monodesk('unread'), Monodesk.isOpen()]") == [1, False]
    await page.goto(f"{shop.url}/other")
    await expect(page.get_by_role("button", name="Open chat, 1 unread")).to_be_visible()
    await page.evaluate("Monodesk('toggle')")
    await expect(page.frame_locator("iframe").get_by_role("log")).to_contain_text("Good morning.")
    await heard(page, ["unread", 0])


async def test_it_hides_speaks_and_forgets_when_it_is_told(browser: Browser, watch: Watch, shop: Shop) -> None:
    page = await (await visitor(browser, watch)).new_page()
    await page.goto(shop.url)
    await page.get_by_role("button", name="Open chat").click()
    await say(page, "Only for me.")
    await page.evaluate("Monodesk.hide()")
    await expect(page.locator("monodesk-widget")).to_be_hidden()
    await page.evaluate("Monodesk('show')")
    await page.evaluate("Monodesk.setLocale('zh-CN')")
    await page.get_by_role("button", name="打开客服窗口").click()
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_role("textbox", name="消息内容")).to_be_visible()
    await page.evaluate("Monodesk.setLocale('en')")
    token = "Object.keys(localStorage).filter((key) => key.startsWith('monodesk.token'))"
    (inner,) = [one for one in page.frames if one.url.startswith(shop.scene.url)]
    before = await inner.evaluate("localStorage.getItem(Object.keys(localStorage).find((key) => /token/.test(key)))")
    assert len(await inner.evaluate(token)) == 1
    await page.evaluate("Monodesk.logout()")
    await page.get_by_role("button", name="Open chat").click()
    await expect(frame.get_by_role("button", name="Start a conversation")).to_be_visible()
    await expect(frame.get_by_text("Only for me.")).to_have_count(0)
    (inner,) = [one for one in page.frames if one.url.startswith(shop.scene.url)]
    after = await inner.evaluate("localStorage.getItem(Object.keys(localStorage).find((key) => /token/.test(key)))")
    assert after != before
    with pytest.raises(AssertionError, match="401"):
        shop.scene.visitor("GET", "reception", before, {})


async def test_who_is_forgotten_before_the_chat_is_there_is_forgotten(
    browser: Browser, watch: Watch, shop: Shop
) -> None:
    page = await (await visitor(browser, watch)).new_page()
    await page.goto(shop.url)
    await page.get_by_role("button", name="Open chat").click()
    await say(page, "Only for me.")
    before = shop.contact()["contact"]
    watch.expect_outage()  # the chat begins anew while it connects
    shop.says("Monodesk('reset');Monodesk('identify',{name:'Mei Lin'});Monodesk('open')")
    await page.goto(f"{shop.url}/other")
    await say(page, "I am another.")
    await expect(page.frame_locator("iframe").get_by_text("Only for me.")).to_have_count(0)
    after = shop.contact()["contact"]
    assert after["id"] != before["id"] and after["name"] == "Mei Lin"
    assert shop.scene.desk.ask("GET", f"/api/v1/contacts/{before['id']}")["contact"]["name"] == ""


async def test_an_invitation_is_dismissed_for_good(browser: Browser, watch: Watch, shop: Shop) -> None:
    shop.set_up(side="left", label={"en": "Ask us"}, invitation={"en": "Questions?"}, invitation_seconds=0)
    page = await (await visitor(browser, watch)).new_page()
    await page.goto(shop.url)
    invitation = page.get_by_role("button", name="Questions?")
    await expect(invitation).to_be_visible()
    button = page.get_by_role("button", name="Open chat")
    await expect(button).to_contain_text("Ask us")
    box = await button.bounding_box()
    assert box is not None and box["x"] < 100
    await invitation.focus()
    await page.keyboard.press("Escape")
    await expect(invitation).to_be_hidden()
    await expect(button).to_be_focused()
    await page.goto(f"{shop.url}/other")
    await heard(page, ["ready", None])
    await page.evaluate("new Promise((done) => setTimeout(done))")  # what a timer of no time brings has come
    await expect(invitation).to_be_hidden()


async def test_an_invitation_leads_into_the_chat(browser: Browser, watch: Watch, shop: Shop) -> None:
    shop.set_up(invitation={"en": "Questions?", "zh": "有问题吗？"}, invitation_seconds=0)
    page = await (await visitor(browser, watch, locale="zh-CN")).new_page()
    await page.goto(shop.url)
    await page.get_by_role("button", name="有问题吗？").click()
    await expect(page.frame_locator("iframe").get_by_role("button", name="开始会话")).to_be_visible()


async def test_on_a_phone_it_fills_the_screen_and_the_page_behind_holds_still(
    browser: Browser, watch: Watch, shop: Shop
) -> None:
    page = await (await visitor(browser, watch, phone=True)).new_page()
    await page.goto(shop.url)
    await page.evaluate("document.documentElement.style.overflow = 'scroll'")
    await page.get_by_role("button", name="Open chat").click()
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_role("button", name="Start a conversation")).to_be_visible()
    assert await page.locator("iframe").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert await page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"
    await expect(page.get_by_role("button", name="Close chat")).to_be_hidden()
    await frame.get_by_role("button", name="Close").click()
    await expect(page.get_by_role("button", name="Open chat")).to_be_focused()
    assert await page.evaluate("document.documentElement.style.overflow") == "scroll"


async def test_what_a_page_calls_wrongly_is_told_to_its_author_and_harms_nothing(
    browser: Browser, watch: Watch, shop: Shop
) -> None:
    page = await (await visitor(browser, watch)).new_page()
    await page.goto(shop.url)
    await heard(page, ["ready", None])
    await page.evaluate("Monodesk.identify(null); Monodesk.identify('Mei'); Monodesk.event('x', undefined)")
    await page.evaluate("const odd = {}; odd.self = odd; Monodesk.identify(odd); Monodesk.identify({ name: () => 1 })")
    await page.get_by_role("button", name="Open chat").click()
    await say(page, "Hello?")
    assert shop.contact()["contact"]["name"] == ""
    watch.expect_outage()
    await page.evaluate("Monodesk('fly')")
    assert [one for one in watch.complaints if "there is no" in one]
    watch.complaints.clear()
