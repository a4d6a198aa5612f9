"""The agents' console: what it does beyond talking, as a person at the screen does it."""

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, Request, WebSocketRoute, expect

from tests.journeys.appliance import ROOT, Appliance
from tests.journeys.people import PATIENCE_MS, Agent, Visitor
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

AXE = ROOT / "app" / "web" / "node_modules" / "axe-core" / "axe.min.js"


class Screen:
    """Holds back what the server tells one page, until it is let go; or cuts its line."""

    def __init__(self) -> None:
        self.blind = False
        self._line: WebSocketRoute | None = None

    async def before(self, page: Page) -> None:
        await page.route_web_socket("**/ws", self._join)

    async def cut(self) -> None:
        """Ends the line; the page dials again."""
        assert self._line is not None
        await self._line.close(code=1012)

    def _join(self, page: WebSocketRoute) -> None:
        self._line = page
        server = page.connect_to_server()
        page.on_message(server.send)
        server.on_message(lambda frame: None if self._hidden(frame) else page.send(frame))

    def _hidden(self, frame: str | bytes) -> bool:
        return self.blind and json.loads(frame)["t"] in ("msg", "head")


# A busy machine's line may come later than the desk waits for it (state/opening.ts); then it rightly asks twice.
_UNHURRIED = """(() => {
  const timer = window.setTimeout.bind(window);
  window.setTimeout = (act, ms, ...rest) => timer(act, ms === 300 ? 600_000 : ms, ...rest);
})()"""


async def test_a_start_asks_the_api_for_each_thing_once(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    agent = await Agent.signed_in(browser, watch, appliance)
    asked: Counter[str] = Counter()
    live = asyncio.Event()

    def note(request: Request) -> None:
        path = urlsplit(request.url).path
        if path.startswith("/api/"):
            asked[path.removeprefix("/api/v1/")] += 1

    def told(frame: str | bytes) -> None:
        if json.loads(frame)["t"] == "live":
            live.set()

    agent.page.on("request", note)
    agent.page.on("websocket", lambda socket: socket.on("framereceived", told))
    await agent.page.add_init_script(_UNHURRIED)
    await agent.page.reload()
    await expect(agent.page.get_by_role("option").first).to_be_visible()
    await asyncio.wait_for(live.wait(), PATIENCE_MS / 1_000)
    await agent.page.wait_for_load_state("networkidle")

    beside = ["mentions", "tags", "macros", "me/undo-send", "ticket-notices"]
    assert asked == Counter(["session", "agents", "teams", "inboxes", "conversations", *beside])


async def test_an_answer_to_a_thread_that_went_on_waits_for_a_decision(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    screen = Screen()
    await screen.before(agent.page)
    await agent.page.reload()
    await visitor.say("Where is my parcel?")
    await agent.open("Where is my parcel?")

    screen.blind = True
    await visitor.say("Forget it, it is here")
    await visitor.sees_confirmed()
    await agent.say("It is on its way")
    question = agent.log.get_by_role("alert")
    await expect(question).to_contain_text("Forget it, it is here")
    screen.blind = False
    await visitor.sees("Where is my parcel?", "Forget it, it is here")

    await question.get_by_role("button", name="Send anyway").click()
    await visitor.sees("Where is my parcel?", "Forget it, it is here", "It is on its way")
    await expect(question).to_have_count(0)


async def test_own_words_can_be_changed_and_taken_back(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("Which size?")
    await agent.open("Which size?")
    await agent.say("Forty")
    await agent.sees_confirmed()
    menu = agent.log.get_by_role("button", name="Message actions").last

    await menu.click()
    await agent.page.get_by_role("menuitem", name="Edit").click()
    box = agent.log.get_by_role("textbox", name="Edit")
    await box.fill("Forty-two")
    await box.press("Enter")
    await visitor.sees("Which size?", "Forty-two edited")

    await menu.click()
    await agent.page.get_by_role("menuitem", name="Take back").click()
    await agent.page.get_by_role("dialog").get_by_role("button", name="Take back").click()
    await expect(agent.log.locator(".bub.deleted")).to_have_text("Message taken back")
    await expect(visitor.log).not_to_contain_text("Forty-two")


async def test_a_hand_over_moves_it_to_a_colleague_with_its_note(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    giver = await Agent.signed_in(browser, watch, appliance)
    taker = await Agent.signed_in(browser, watch, appliance, "zh")
    await visitor.say("我要发票")
    await giver.open("我要发票")
    await giver.press("take")

    await giver.page.get_by_role("button", name="Hand over").click()
    dialog = giver.page.get_by_role("dialog")
    await dialog.get_by_text("陈默").click()
    await dialog.get_by_role("textbox").fill("Speaks Chinese")
    await dialog.get_by_role("button", name="Hand over").click()

    offer = taker.page.get_by_role("article", name="Hannah Reed 把")
    await expect(offer).to_contain_text("Speaks Chinese")
    await offer.get_by_role("button", name="接待").click()
    await taker.page.get_by_role("option").filter(has_text="Speaks Chinese").click()
    await taker.sees("我要发票", "Speaks Chinese")
    await expect(taker.log).to_contain_text("Hannah Reed 转给 陈默")
    await expect(visitor.log).not_to_contain_text("Speaks Chinese")


@pytest.mark.parametrize("word", ["退款", "kettle"])
async def test_the_search_jumps_to_what_was_said(
    appliance: Appliance, browser: Browser, watch: Watch, word: str
) -> None:
    agent = await Agent.signed_in(browser, watch, appliance)
    await agent.page.keyboard.press("Control+k")
    await agent.page.get_by_role("combobox").press_sequentially(word)
    hits = agent.page.get_by_role("listbox", name="Results").get_by_role("group", name="Messages").get_by_role("option")
    await expect(hits.nth(1)).to_contain_text(word)
    while await hits.nth(1).get_attribute("aria-selected") != "true":
        await agent.page.keyboard.press("ArrowDown")
    await agent.page.keyboard.press("Enter")

    await expect(agent.page).to_have_url(re.compile(r"/c/\w{26}\?m=\d+$"))
    found = agent.log.locator(".found")
    await expect(found).to_contain_text(word, ignore_case=True)
    await expect(found).to_be_in_viewport()


async def test_the_list_holds_still_under_the_pointer(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    agent = await Agent.signed_in(browser, watch, appliance)
    first = agent.page.get_by_role("option").first
    longest_waiting = await first.get_attribute("id")
    assert longest_waiting is not None
    await first.click()  # the pointer stays there
    await agent.say("Sorry for the wait")
    await agent.sees_confirmed()

    changes = agent.page.get_by_role("button", name="show")
    await expect(changes).to_be_visible()
    await expect(first).to_have_id(longest_waiting)
    await agent.field.hover()
    await expect(changes).to_have_count(0)
    await expect(first).not_to_have_id(longest_waiting)


async def test_what_is_unread_is_the_same_as_it_happens_and_after_a_reload(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    colleague = await Agent.signed_in(browser, watch, appliance, "zh")
    await agent.page.get_by_role("tab", name="Unassigned").click()
    await visitor.say("Hello?")
    await visitor.say("I have a question")
    await colleague.open("I have a question")
    await colleague.note("我来看看")
    row = agent.page.get_by_role("option").filter(has_text="我来看看")
    await expect(row.get_by_label("2 unread")).to_be_visible()

    await agent.page.reload()
    await agent.page.get_by_role("tab", name="Unassigned").click()
    await expect(row.get_by_label("2 unread")).to_be_visible()
    await row.click()
    await expect(row.get_by_label("unread")).to_have_count(0)


async def test_a_draft_outlives_a_reload(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("Are you there?")
    await agent.open("Are you there?")
    await agent.field.fill("Half an ans")
    await agent.page.reload()
    await expect(agent.field).to_have_value("Half an ans")


async def test_a_phone_shows_one_pane_at_a_time(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    agent = await Agent.signed_in(browser, watch, appliance)
    await agent.page.set_viewport_size({"width": 390, "height": 844})
    await expect(agent.log).to_have_count(0)
    await agent.page.get_by_role("option").first.click()
    await expect(agent.log).to_be_visible()
    await expect(agent.page.get_by_role("listbox")).to_be_hidden()
    assert await agent.page.evaluate("document.documentElement.scrollWidth") == 390
    await agent.page.get_by_role("button", name="Back to the list").click()
    await expect(agent.page.get_by_role("listbox")).to_be_visible()


async def test_a_tab_that_comes_back_as_somebody_else_becomes_his_desk(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    hannah = await Agent.signed_in(browser, watch, appliance)
    screen = Screen()
    await screen.before(hannah.page)
    await hannah.page.reload()
    await visitor.say("Is anybody there?")
    await hannah.open("Is anybody there?")
    await hannah.field.fill("Between us")

    watch.expect_refusal("/draft")  # her words are not kept in his name
    tab = await hannah.page.context.new_page()
    await tab.goto(appliance.url + appliance.demo_link("陈默"))
    await expect(tab.get_by_role("button", name="陈默", exact=False)).to_be_visible()
    await expect(hannah.page.get_by_role("button", name="Hannah Reed")).to_be_visible()
    await screen.cut()

    chen = Agent(hannah.page, "zh")
    await expect(chen.page.get_by_role("button", name="陈默")).to_be_visible()
    await expect(chen.page.get_by_role("button", name="Hannah Reed")).to_have_count(0)
    await chen.sees("Is anybody there?")
    await expect(chen.field).to_have_value("")
    await chen.press("take")
    await chen.say("我在")
    await visitor.sees("Is anybody there?", "我在")


async def test_a_tab_whose_session_is_over_comes_back_to_the_door(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    agent = await Agent.signed_in(browser, watch, appliance)
    tab = await agent.page.context.new_page()
    await tab.goto(f"{appliance.url}/settings")
    await tab.get_by_role("button", name="Sign out").click()
    await expect(agent.page.get_by_text("Your session has ended")).to_be_visible()


async def test_settings_begin_with_the_profile_but_on_a_phone_with_the_list(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    agent = await Agent.signed_in(browser, watch, appliance)
    await agent.page.goto(f"{appliance.url}/settings")
    await expect(agent.page.get_by_role("heading", name="Profile")).to_be_visible()
    await agent.page.set_viewport_size({"width": 390, "height": 844})
    await expect(agent.page.get_by_role("heading", name="Profile")).to_have_count(0)
    await agent.page.get_by_role("navigation", name="Settings").get_by_role("link", name="Inboxes").click()
    await expect(agent.page.get_by_role("heading", name="Inboxes")).to_be_visible()


async def test_a_button_that_is_off_says_why_to_a_finger(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    why = "Your role does not allow this."
    agent = await Agent.signed_in(browser, watch, appliance)
    await agent.page.goto(f"{appliance.url}/settings/inboxes")
    off = agent.page.get_by_role("button", name="Add inbox")
    await expect(off).to_be_disabled()
    await expect(off).to_have_accessible_description(re.compile(why))
    await expect(agent.page.get_by_text(why)).to_be_hidden()

    cookies = await agent.page.context.storage_state()
    phone = await browser.new_context(
        storage_state=cookies, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    watch.attach(phone)
    page = await phone.new_page()
    await page.goto(f"{appliance.url}/settings/inboxes")
    await expect(page.get_by_text(why)).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_set_up_makes_an_owner_and_an_inbox(browser: Browser, watch: Watch, tmp_path: Path) -> None:
    server = Appliance(tmp_path / "data")
    server.start()
    try:
        link = server.printed(r"/setup#\w+")[0]
        context = await browser.new_context(locale="zh-CN")
        watch.attach(context)
        page = await context.new_page()
        await page.goto(f"http://desk.lan:{server.port}{link}")  # plain HTTP, no secure context
        await page.get_by_role("button", name="下一步").click()
        await page.get_by_label("网站名称").fill("山岚")
        await page.get_by_role("button", name="下一步").click()
        await page.get_by_label("姓名").fill("周可")
        await page.get_by_label("邮箱").fill("zhouke@example.com")
        await page.get_by_label("密码", exact=True).fill("a long enough sentence")
        await page.get_by_role("button", name="创建账号").click()
        snippet = page.locator("code.snippet").first  # below it stands what a page may call
        await expect(snippet).to_contain_text(f'src="http://desk.lan:{server.port}/widget.js"')
        await page.get_by_role("button", name="复制").first.click()
        await expect(page.get_by_role("button", name="已复制")).to_be_visible()
        await page.get_by_role("button", name="打开服务台").click()
        await expect(page.get_by_text("都回完了")).to_be_visible()
    finally:
        server.kill()


async def test_an_older_browser_is_told_kindly(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    context = await browser.new_context()
    watch.attach(context)
    await context.add_init_script("CSS.supports = (name, value) => !value.includes('light-dark')")
    page = await context.new_page()
    await page.goto(appliance.url)
    await expect(page.get_by_role("heading", name="This browser is too old for the desk")).to_be_visible()
    await expect(page.get_by_role("heading", name="这个浏览器太旧，打不开服务台")).to_be_visible()
    await expect(page.locator("#root")).to_be_empty()
    await expect(page.locator("#old")).to_have_css("max-width", "640px")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious(appliance: Appliance, browser: Browser, watch: Watch, scheme: str) -> None:
    agent = await Agent.signed_in(browser, watch, appliance, "zh" if scheme == "dark" else "en")
    page = agent.page
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.get_by_role("option").first.click()
    await expect(agent.log.locator(".bub").first).to_be_visible()
    assert await serious(page) == []
    await page.keyboard.press("Control+k")
    assert await serious(page) == []
    for path in ("settings/profile", "settings/inboxes", "settings/agents", "settings/teams", "kit"):
        await page.goto(f"{appliance.url}/{path}")
        await expect(page.get_by_role("heading").first).to_be_visible()
        assert await serious(page) == [], path


_COLOURS_ARE_THERE = """Promise.all(document.getAnimations()
    .filter(one => one instanceof CSSTransition).map(one => one.finished.catch(() => null)))"""


async def serious(page: Page) -> list[Any]:
    """What axe calls serious or worse: rule, and the first piece of markup that breaks it.

    A colour half-way from one theme to the other is none that anybody reads.
    """
    await page.evaluate(AXE.read_text())
    await page.evaluate(f"async () => {{ await {_COLOURS_ARE_THERE} }}")
    found = await page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})")
    return [
        (each["id"], each["nodes"][0]["html"])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
