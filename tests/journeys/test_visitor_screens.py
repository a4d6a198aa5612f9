"""The visitor's screens around the thread: what is asked first, messages left, ratings, hours, and their settings."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.journeys.people import PATIENCE_MS
from tests.journeys.scene import Scene, console
from tests.journeys.site import Site
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

PHONE = {"width": 390, "height": 844}
ASKED = {
    "name": "optional",
    "email": "required",
    "free": "optional",
    "free_label": {"en": "Order number", "zh": "订单号"},
    "consent": {"en": "I agree to the terms.", "zh": "我同意条款。"},
    "consent_link": "https://shop.example/terms",
}
WEEK = [{"day": day, "opens": 0, "closes": 1_440} for day in range(1, 8)]
Visit = Callable[..., Awaitable[Page]]


@pytest.fixture
def inbox(scene: Scene) -> str:
    """A new inbox of the scene."""
    return scene.desk.inbox()


@pytest.fixture
async def visit(scene: Scene, browser: Browser, watch: Watch) -> Visit:
    """Opens the stand-alone page of an inbox in a browser of its own."""

    async def opened(inbox: str, locale: str = "en-GB", *, phone: bool = False, clock: bool = False) -> Page:
        screen: dict[str, Any] = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if phone else {}
        context = await browser.new_context(locale=locale, **screen)
        context.set_default_timeout(PATIENCE_MS)
        watch.attach(context)
        page = await context.new_page()
        if clock:
            await page.clock.install()
        await page.goto(f"{scene.url}/chat/{inbox}")
        return page

    return opened


def set_up(scene: Scene, inbox: str, **widget: Any) -> None:
    """How this inbox meets its visitors."""
    scene.agent("PATCH", f"inboxes/{inbox}", {"widget": widget})


async def desk_of(scene: Scene, browser: Browser, watch: Watch, path: str = "/") -> Page:
    """The owner at his console: somebody is online."""
    context: BrowserContext = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    page = await console(context, scene, path)
    await expect(page.get_by_role("link", name="Settings").first).to_be_visible()
    return page


async def online(scene: Scene, inbox: str, count: int) -> None:
    """Waits until the desk says of itself that so many are there."""
    token, _ = scene.desk.visitor(inbox)
    async with asyncio.timeout(PATIENCE_MS / 1_000):
        while scene.visitor("GET", "reception", token, {})["online"] != count:
            await asyncio.sleep(0.1)


async def small(page: Page) -> list[str]:
    """What can be touched and is smaller than a finger (44 px) either way, or sticks out of the page."""
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll('button, input:not([hidden]):not(.sr), textarea, summary, .faces > *')]
          .map((one) => [one, (one.closest('label') ?? one).getBoundingClientRect()])
          .filter(([, { width, height }]) => width > 0 && (width < 43.5 || height < 43.5))
          .map(([one]) => one.outerHTML.slice(0, 120))
          .concat(document.documentElement.scrollWidth > innerWidth ? ['wider than the screen'] : [])"""
    )
    return found


async def test_who_begins_is_asked_once_and_the_desk_knows_that_nobody_checked_it(
    scene: Scene, inbox: str, browser: Browser, watch: Watch, visit: Visit
) -> None:
    set_up(scene, inbox, fields=ASKED)
    page = await visit(inbox, "zh-CN", phone=True)
    await page.get_by_role("button", name="开始会话").click()
    await expect(page.get_by_role("heading", name="开始之前")).to_be_visible()
    assert await small(page) == []
    begin = page.get_by_role("button", name="开始会话")
    await begin.click()
    await expect(page.get_by_text("请填写这一项。")).to_be_visible()
    await expect(page.get_by_text("请先勾选同意。")).to_be_visible()
    await page.get_by_label("邮箱").fill("lin@example.com")
    await page.get_by_label("订单号 (可不填)").fill("A-17")
    await page.get_by_role("checkbox").check()
    await expect(page.get_by_role("link", name="查看条款")).to_have_attribute("href", "https://shop.example/terms")
    await begin.click()
    field = page.get_by_role("textbox", name="消息内容")
    await field.fill("壶嘴裂了一条。")
    await page.get_by_role("button", name="发送").click()
    await expect(page.locator(".foot")).to_contain_text("已发送")
    await page.reload()
    await expect(field).to_be_visible()  # he is known: nothing is asked again
    desk = await desk_of(scene, browser, watch)
    await desk.get_by_role("tab", name="Unassigned").click()
    await desk.get_by_role("option").filter(has_text="壶嘴裂了一条。").click()
    side = desk.get_by_role("complementary", name="Contact")
    await expect(side.get_by_text("lin@example.com")).to_be_visible()
    await expect(side.get_by_text("A-17")).to_be_visible()
    await expect(side.get_by_text("not verified: Order number, e-mail")).to_be_visible()


async def _answer_lost(route: Route) -> None:
    """The server hears, its answer never comes."""
    await route.fetch()
    await route.abort()


async def test_where_nobody_can_come_the_form_takes_the_words_along_and_gives_a_number(
    scene: Scene, inbox: str, browser: Browser, watch: Watch, visit: Visit
) -> None:
    set_up(scene, inbox, away="form")
    desk = await desk_of(scene, browser, watch)
    await online(scene, inbox, 1)
    page = await visit(inbox, clock=True)
    await page.get_by_role("button", name="Start a conversation").click()
    await page.get_by_role("textbox", name="Your message").fill("The spout is cracked. Can you send a new one?")
    await desk.close()
    await online(scene, inbox, 0)
    await page.clock.fast_forward(61_000)  # when the page looks again
    question = page.get_by_label("Your question")
    await expect(question).to_have_value("The spout is cracked. Can you send a new one?")
    await expect(page.get_by_text("Taken along from the chat")).to_be_visible()
    more = "The spout is cracked. Can you send a new one? The lid is not."
    await question.fill(more)
    desk = await desk_of(scene, browser, watch)
    await online(scene, inbox, 1)
    await page.clock.fast_forward(61_000)  # somebody is there again: the chat has the words
    await expect(page.get_by_role("textbox", name="Your message")).to_have_value(more)
    await desk.close()
    await online(scene, inbox, 0)
    await page.clock.fast_forward(61_000)
    await expect(question).to_have_value(more)
    leave = page.get_by_role("button", name="Leave it and get a number")
    await leave.click()
    await expect(page.get_by_text("so that we can answer")).to_be_visible()
    await page.get_by_label("E-mail or phone").fill("lin@example.com")
    watch.expect_outage()
    await page.route("**/offline-messages", _answer_lost, times=1)
    await leave.click()
    await expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    await leave.click()
    await expect(page.get_by_text("Your number is")).to_be_visible()
    said = await page.locator(".done-number").inner_text()
    await page.get_by_role("button", name="Show the conversation").click()
    await expect(page.get_by_role("log")).to_contain_text(f"We have your message. {said}")
    await expect(page.get_by_role("textbox", name="Your message")).to_have_value("")
    rows = scene.desk.ask("GET", "/api/v1/conversations?view=all&limit=200")["conversations"]
    (row,) = [one for one in rows if one["conversation"]["inbox_id"] == inbox]
    assert (row["conversation"]["status"], row["contact"]["email"]) == ("offline", "lin@example.com")
    told = scene.desk.ask("GET", f"/api/v1/tickets?conversation={row['conversation']['id']}")["tickets"]
    (ticket,) = [one["ticket"] for one in told]  # one, though it was sent twice
    assert (ticket["title"], ticket["type"]) == (more, "message")
    assert said.endswith(str(ticket["number"]))


async def test_who_changes_his_words_after_a_lost_answer_gets_a_number_and_no_riddle(
    scene: Scene, inbox: str, watch: Watch, visit: Visit
) -> None:
    set_up(scene, inbox, away="form")
    await online(scene, inbox, 0)
    page = await visit(inbox)
    await page.get_by_role("button", name="Leave a message").click()
    await page.get_by_label("E-mail or phone").fill("lin@example.com")
    question = page.get_by_label("Your question")
    await question.fill("Is the kettle back?")
    watch.expect_outage()
    await page.route("**/offline-messages", _answer_lost, times=1)
    leave = page.get_by_role("button", name="Leave it and get a number")
    await leave.click()
    await expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    await question.fill("Is the blue kettle back?")
    await leave.click()
    await expect(page.get_by_text("Your number is")).to_be_visible()
    await page.get_by_role("button", name="Show the conversation").click()
    await expect(page.get_by_role("log")).to_contain_text("Is the blue kettle back?")


async def test_a_rating_reaches_the_agent_and_can_be_changed(
    scene: Scene, inbox: str, browser: Browser, watch: Watch, visit: Visit
) -> None:
    page = await visit(inbox, phone=True)
    await page.get_by_role("button", name="Start a conversation").click()
    field = page.get_by_role("textbox", name="Your message")
    await field.fill("Where is my order?")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".foot")).to_contain_text("Sent")
    rows = scene.desk.ask("GET", "/api/v1/conversations?view=all&limit=200")["conversations"]
    conv = next(row["conversation"]["id"] for row in rows if row["conversation"]["inbox_id"] == inbox)
    scene.agent("POST", f"conversations/{conv}/messages", {"text": "It comes tomorrow."})
    invite = page.get_by_role("region", name="Rating")
    await expect(page.get_by_role("log")).to_contain_text("It comes tomorrow.")
    await expect(invite).to_have_count(0)
    scene.agent("POST", f"conversations/{conv}/resolve", {})
    await invite.get_by_role("button", name="Not good").click()
    await expect(page.get_by_role("radio", name="Not good")).to_be_checked()
    assert await small(page) == []
    await page.get_by_role("radio", name="Good", exact=True).check(force=True)
    await page.get_by_role("button", name="Quick answers").click()
    await page.get_by_role("textbox", name="In your own words").fill("Thank you")
    await page.get_by_role("button", name="Submit").click()
    await expect(invite).to_contain_text("You rated it: Good")
    desk = await desk_of(scene, browser, watch, f"/c/{conv}")
    await expect(desk.get_by_role("log")).to_contain_text("The customer rated it 4 of 5: Thank you")
    await expect(desk.locator(".ratings")).to_contain_text("4 of 5")
    await invite.get_by_role("button", name="Change").click()
    await expect(page.get_by_role("textbox", name="In your own words")).to_have_value("Thank you")
    await page.get_by_role("radio", name="Very good").check(force=True)
    await page.get_by_role("button", name="Submit").click()
    await expect(invite).to_contain_text("You rated it: Very good")
    await expect(desk.get_by_role("log")).to_contain_text("The customer rated it 5 of 5")


async def test_home_says_what_is_so_and_what_is_new(
    scene: Scene, inbox: str, browser: Browser, watch: Watch, visit: Visit
) -> None:
    set_up(scene, inbox, hours={"zone": "Asia/Shanghai", "periods": WEEK})
    desk = await desk_of(scene, browser, watch)
    await online(scene, inbox, 1)
    page = await visit(inbox)
    await expect(page.get_by_text("1 person online.")).to_be_visible()  # nobody has answered yet: no time is promised
    await page.get_by_text("Opening hours").click()
    await expect(page.get_by_text("Mon–Sun")).to_be_visible()
    await expect(page.get_by_text("0:00–24:00")).to_be_visible()
    await page.get_by_role("button", name="Start a conversation").click()
    await page.get_by_role("textbox", name="Your message").fill("Hello?")
    await page.get_by_role("textbox", name="Your message").press("Enter")
    await expect(page.locator(".foot")).to_contain_text("Sent")
    await page.get_by_role("button", name="Back").click()
    rows = scene.desk.ask("GET", "/api/v1/conversations?view=all&limit=200")["conversations"]
    conv = next(row["conversation"]["id"] for row in rows if row["conversation"]["inbox_id"] == inbox)
    row = page.locator(".arts button")
    await expect(row).to_contain_text("You: Hello?")
    scene.agent("POST", f"conversations/{conv}/messages", {"text": "Good morning."})
    await expect(row).to_contain_text("Good morning.")
    await expect(row.get_by_label("1 unread")).to_be_visible()
    await row.click()
    await expect(page.get_by_role("log")).to_contain_text("Good morning.")
    await page.get_by_role("button", name="Back").click()
    await expect(row.get_by_label("1 unread")).to_have_count(0)
    await desk.close()


async def test_an_owner_sees_the_window_that_he_makes_and_visitors_get_it(
    scene: Scene, inbox: str, browser: Browser, watch: Watch, visit: Visit
) -> None:
    scene.agent("PATCH", f"inboxes/{inbox}", {"name": f"Shop {inbox[-6:]}"})
    desk = await desk_of(scene, browser, watch, "/settings/inboxes")
    card = desk.locator(".card", has_text=f"Shop {inbox[-6:]}")
    await card.get_by_role("button", name="Widget: look, questions, hours").click()
    window = card.frame_locator("iframe")
    await expect(window.get_by_role("heading", name="Hello, how can we help?")).to_be_visible()
    await card.get_by_label("Greeting in English").fill("What are you looking for?")
    await expect(window.get_by_role("heading", name="What are you looking for?")).to_be_visible()
    await card.get_by_label("Colour", exact=True).fill("#ffcc00")
    await expect(card.get_by_text("White text cannot be read on it (1.5:1")).to_be_visible()
    await card.get_by_label("E-mail").select_option("required")
    await expect(window.get_by_label("E-mail")).to_be_visible()
    await card.get_by_role("button", name="Add a period on Monday").click()
    await card.get_by_label("Monday, until").fill("08:00")
    watch.expect_outage()  # the browser writes the refusal down
    await card.get_by_role("button", name="Save").click()
    await expect(card.get_by_role("alert")).to_contain_text("A period must end after it begins")
    await card.get_by_label("Monday, until").fill("18:00")
    await card.get_by_role("button", name="Save").click()
    await expect(card.get_by_role("status").last).to_have_text("Saved")
    page = await visit(inbox)
    await expect(page.get_by_role("heading", name="What are you looking for?")).to_be_visible()
    start = page.get_by_role("button", name="Start a conversation")
    assert await start.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 204, 0)"
    assert await start.evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
    await start.click()
    await expect(page.get_by_label("E-mail")).to_be_visible()


async def test_who_waits_for_nobody_may_leave_his_address(scene: Scene, inbox: str, visit: Visit) -> None:
    await online(scene, inbox, 0)
    page = await visit(inbox, "zh-CN")
    await page.get_by_role("button", name="开始会话").click()
    field = page.get_by_role("textbox", name="消息内容")
    await field.fill("有人吗？")
    await field.press("Enter")
    await page.get_by_role("button", name="改为留言").click()
    await page.get_by_label("邮箱或手机").fill("138 0000 0000")
    await page.get_by_role("button", name="留言，拿到受理号").click()
    await page.get_by_role("button", name="查看会话").click()
    await expect(page.get_by_role("log")).to_contain_text("有人吗？")
    await expect(page.get_by_role("log")).to_contain_text("留言已收到")
    rows = scene.desk.ask("GET", "/api/v1/conversations?view=all&limit=200")["conversations"]
    row = next(one for one in rows if one["conversation"]["inbox_id"] == inbox)
    assert (row["conversation"]["status"], row["contact"]["phone"]) == ("offline", "138 0000 0000")


PATIENCE = {
    "en": {
        "locale": "en-GB", "start": "Start a conversation", "field": "Your message", "place": "Your place in the queue",
        "long": "This takes longer than it should", "leave": "Leave a message instead", "form": "Leave a message",
        "keeps": "You keep your place, number 1", "keep": "Keep waiting", "address": "E-mail or phone",
        "more": "Anything to add? (optional)", "send": "Leave it and get a number", "number": "Your number is",
    },
    "zh": {
        "locale": "zh-CN", "start": "开始会话", "field": "消息内容", "place": "排队位置",
        "long": "等候时间较长", "leave": "改为留言", "form": "留言",
        "keeps": "为你保留第 1 位", "keep": "继续等待", "address": "邮箱或手机",
        "more": "还想补充什么？ (可不填)", "send": "留言，拿到受理号", "number": "受理号",
    },
}  # fmt: skip


async def test_when_the_wait_gets_long_the_form_comes_and_nothing_is_lost(
    scene: Scene, browser: Browser, watch: Watch, visit: Visit
) -> None:
    """In English it stands in front, in Chinese it is offered; each visitor has an inbox and a team of his own."""
    desk = await desk_of(scene, browser, watch)
    pages, inboxes = {}, {}
    for language, then in (("en", "form"), ("zh", "offer")):
        w, inbox = PATIENCE[language], scene.desk.inbox()
        team = scene.agent("POST", "teams", {"name": f"Wait {inbox[-6:]}"})["team"]
        scene.agent("PATCH", f"inboxes/{inbox}", {"team_id": team["id"]})
        set_up(scene, inbox, patience={"minutes": 1, "then": then})
        inboxes[language] = inbox
        await online(scene, inbox, 1)
        page = pages[language] = await visit(inbox, w["locale"], phone=True)
        await page.get_by_role("button", name=w["start"]).click()
        field = page.get_by_role("textbox", name=w["field"])
        await field.fill("Is anybody there?")
        await field.press("Enter")
        await expect(page.get_by_role("region", name=w["place"])).to_be_visible()
        await expect(page.get_by_text(w["long"])).to_have_count(0)
        await field.fill("It is the blue one, and")
    page, w = pages["en"], PATIENCE["en"]
    more = page.get_by_role("textbox", name=w["more"])
    await expect(more).to_have_value("It is the blue one, and", timeout=120_000)
    await expect(page.get_by_role("heading", name=w["form"])).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text=w["keeps"])).to_be_visible()
    assert await small(page) == []
    await page.get_by_role("button", name=w["keep"]).click()
    place = page.get_by_role("region", name=w["place"])
    await expect(place).to_contain_text(w["long"])  # it is offered still, and does not come in front again
    await expect(page.get_by_role("textbox", name=w["field"])).to_have_value("It is the blue one, and")
    assert await small(page) == []
    await place.get_by_role("button", name=w["leave"]).click()
    rows = scene.desk.ask("GET", "/api/v1/conversations?view=all&limit=200")["conversations"]
    conv = next(row["conversation"] for row in rows if row["conversation"]["inbox_id"] == inboxes["en"])
    assert conv["status"] == "queued"
    scene.agent("POST", f"conversations/{conv['id']}/take", {})  # somebody comes: the chat has his words
    await expect(page.get_by_role("textbox", name=w["field"])).to_have_value("It is the blue one, and")

    page, w = pages["zh"], PATIENCE["zh"]
    place = page.get_by_role("region", name=w["place"])
    await expect(place).to_contain_text(w["long"], timeout=60_000)
    await expect(page.get_by_role("textbox", name=w["field"])).to_have_value("It is the blue one, and")
    assert await small(page) == []
    await place.get_by_role("button", name=w["leave"]).click()
    await expect(page.get_by_role("status").filter(has_text=w["keeps"])).to_be_visible()
    await page.get_by_label(w["address"]).fill("lin@example.com")
    await page.get_by_role("button", name=w["send"]).click()
    await expect(page.locator(".done").get_by_text(w["number"]).first).to_be_visible()
    rows = scene.desk.ask("GET", "/api/v1/conversations?view=all&limit=200")["conversations"]
    left = next(row["conversation"] for row in rows if row["conversation"]["inbox_id"] == inboxes["zh"])
    assert left["status"] == "offline"
    await desk.goto(f"{scene.url}/c/{left['id']}")
    await expect(desk.get_by_role("log")).to_contain_text(
        "Waiting for 1 min: the customer was offered the message form"
    )


async def test_a_greeting_is_the_one_of_the_page_and_the_reader(
    scene: Scene, inbox: str, browser: Browser, watch: Watch
) -> None:
    rules = [
        {"text": {"en": "A question about pots?", "zh": "想了解茶壶？"}, "page": "/pots"},
        {"text": {"en": "", "zh": "需要帮助吗？"}, "language": "zh"},
    ]
    scene.agent("PATCH", f"inboxes/{inbox}", {"greeting_en": "Good day.", "greeting_zh": "你好。"})
    set_up(scene, inbox, greetings=rules)
    tag = f'<h1>Shop</h1><script src="{scene.url}/widget.js" data-inbox="{inbox}" async></script>'
    with Site({"/": tag, "/pots": tag}) as site:
        for locale, path, greeting in (
            ("en-GB", "/", "Good day."), ("en-GB", "/pots", "A question about pots?"),
            ("zh-CN", "/", "需要帮助吗？"), ("zh-CN", "/pots", "想了解茶壶？"),
        ):  # fmt: skip
            context = await browser.new_context(locale=locale)
            context.set_default_timeout(PATIENCE_MS)
            watch.attach(context)
            page = await context.new_page()
            await page.goto(site.url.rstrip("/") + path)
            await page.get_by_role("button", name="Open chat" if locale == "en-GB" else "打开客服窗口").click()
            window = page.frame_locator("iframe")
            await expect(window.get_by_role("heading", name=greeting)).to_be_visible()
            await window.get_by_role("button", name="Start" if locale == "en-GB" else "开始会话").click()
            await expect(window.get_by_role("log")).to_contain_text(greeting)
            await context.close()


async def test_an_owner_sees_the_greeting_of_a_page_before_he_saves_it(
    scene: Scene, inbox: str, browser: Browser, watch: Watch
) -> None:
    scene.agent("PATCH", f"inboxes/{inbox}", {"name": f"Shop {inbox[-6:]}"})
    desk = await desk_of(scene, browser, watch, "/settings/inboxes")
    card = desk.locator(".card", has_text=f"Shop {inbox[-6:]}")
    await card.get_by_role("button", name="Widget: look, questions, hours").click()
    window = card.frame_locator("iframe")
    await expect(window.get_by_role("heading", name="Hello, how can we help?")).to_be_visible()
    await card.get_by_role("button", name="Add a greeting").click()
    rule = card.get_by_role("region", name="Greeting 1")
    await rule.get_by_label("Page").fill("/pots*size=")
    watch.expect_outage()  # the browser writes the refusal down
    await card.get_by_role("button", name="Save").click()
    await expect(card.get_by_role("alert")).to_contain_text("A greeting for some pages needs words")
    await rule.get_by_label("Words (Chinese)").fill("想了解茶壶？")
    await rule.get_by_label("For readers of").select_option("zh")
    await expect(window.get_by_role("heading", name="想了解茶壶？")).to_be_visible()
    await card.get_by_role("button", name="Save").click()
    await expect(card.get_by_role("status").last).to_have_text("Saved")
    kept = scene.desk.ask("GET", "/api/v1/inboxes")["inboxes"]
    (one,) = [row["widget"]["greetings"] for row in kept if row["id"] == inbox]
    assert one == [{"text": {"en": "", "zh": "想了解茶壶？"}, "page": "/pots*size=", "language": "zh"}]


COPY = {
    "en": {
        "locale": "en-GB", "start": "Start a conversation", "field": "Your message", "more": "More",
        "copy": "Save or mail this conversation", "text": "Save as text", "page": "Save as a page", "you": "You",
        "mail": "Send it by mail", "back": "Back",
    },
    "zh": {
        "locale": "zh-CN", "start": "开始会话", "field": "消息内容", "more": "更多",
        "copy": "保存或发送会话记录", "text": "保存为文本", "page": "保存为网页", "you": "我",
        "mail": "发送到邮箱", "back": "返回",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_visitor_keeps_what_was_said(scene: Scene, inbox: str, visit: Visit, language: str) -> None:
    w = COPY[language]
    page = await visit(inbox, w["locale"], phone=True)
    await page.get_by_role("button", name=w["start"]).click()
    await page.get_by_role("button", name=w["more"]).click()
    await expect(page.get_by_role("menuitem", name=w["copy"])).to_have_count(0)  # there is nothing to keep yet
    await page.keyboard.press("Escape")
    field = page.get_by_role("textbox", name=w["field"])
    await field.fill("How much is <b>it</b>?")
    await field.press("Enter")
    await expect(page.locator(".foot")).to_be_visible()
    await field.fill("and one more")
    await page.get_by_role("button", name=w["more"]).click()
    await page.get_by_role("menuitem", name=w["copy"]).click()
    await expect(page.get_by_role("button", name=w["mail"])).to_have_count(0)  # no mail server is set
    assert await small(page) == []
    for button, expected in ((w["text"], "How much is <b>it</b>?"), (w["page"], "How much is &lt;b&gt;it&lt;/b&gt;?")):
        async with page.expect_download() as saving:
            await page.get_by_role("button", name=button).click()
        saved = (await (await saving.value).path()).read_text()
        assert expected in saved and w["you"] in saved
    await page.get_by_role("button", name=w["back"]).click()
    await expect(field).to_have_value("and one more")
