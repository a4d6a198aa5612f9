"""The visitor's thread: what stands in it, what can be done there, and that nobody loses his place or his words."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from tests.journeys.people import PATIENCE_MS
from tests.journeys.proxy import FaultProxy
from tests.journeys.scene import Scene, console
from tests.journeys.test_talk import png
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

PENDING = 200  # `PENDING_MAX` of the outbox
_LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
_PLACES = [("en", 1440), ("zh", 390)]  # at the desk, and on a phone
_WORDS = {
    "en": {
        "start": "Start a conversation", "field": "Your message", "joined": "has joined · after", "back": "Back",
        "fresh": "New since you last looked", "below": "2 new messages", "replies": "Quick replies", "emoji": "Emoji",
        "more": "More", "off": "Sound off", "on": "Sound on", "own": "Change or delete this message", "edit": "Edit",
        "delete": "Delete", "deleted": "This message was deleted.", "edited": "edited", "says": "says: ",
        "close": "Close image", "keep": "Keep", "again": "Send again", "put_back": "Back into the field",
    },
    "zh": {
        "start": "开始会话", "field": "消息内容", "joined": "已接入 · 等了", "back": "返回",
        "fresh": "以下是新消息", "below": "2 条新消息", "replies": "快捷回复", "emoji": "表情",
        "more": "更多", "off": "关闭提示音", "on": "打开提示音", "own": "编辑或删除这条消息", "edit": "编辑",
        "delete": "删除", "deleted": "这条消息已删除。", "edited": "已编辑", "says": "：",
        "close": "关闭图片", "keep": "保留", "again": "重新发送", "put_back": "放回输入框",
    },
}  # fmt: skip
_CARD = {
    "title": "Kettle 600 ml", "lines": ["¥268.00 · 昨天签收"], "picture": None,
    "buttons": [
        {"label": "Order", "link": "https://shop.example/orders/4711", "reply": None},
        {"label": "Refund", "link": None, "reply": "全额退款 Refund, please"},
    ],
}  # fmt: skip


class Talk:
    """A visitor on his page, and an agent over REST."""

    def __init__(self, scene: Scene, page: Page, language: str, visitor: dict[str, Any]) -> None:
        self.scene = scene
        self.page = page
        self.words = _WORDS[language]
        self.token = visitor["token"]
        self.conv = ""

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("textbox", name=self.words["field"])

    @property
    def bubbles(self) -> Locator:
        return self.page.get_by_role("log").locator(".bub")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=self.words.get(name, name), exact=True)

    async def begin(self, text: str) -> None:
        """The visitor's first words, on his screen and on disk."""
        await self.page.get_by_role("button", name=self.words["start"]).click()
        await self.write(text)
        await expect(self.bubbles).to_have_text([text])
        await expect(self.page.locator(".bub.pending")).to_have_count(0)
        (self.conv,) = {thread["conv"] for thread in self.session()["threads"]}

    def session(self) -> dict[str, Any]:
        asked = {"inbox": self.scene.inbox, "token": self.token}
        told: dict[str, Any] = self.scene.desk.ask("POST", "/api/v1/visitor/session", asked, {"Cookie": ""})
        return told

    async def write(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    def say(self, text: str) -> None:
        """As the visitor, from elsewhere."""
        self.scene.visitor("POST", "messages", self.token, {"conv": self.conv, "text": text})

    def answer(self, text: str, **more: object) -> None:
        """As the agent."""
        self.scene.agent("POST", f"conversations/{self.conv}/messages", {"text": text, **more})


Begin = Callable[[str, int], Awaitable[Talk]]


@pytest.fixture
def begin(browser: Browser, watch: Watch, scene: Scene) -> Begin:
    """Opens the visitor's page in this language, as wide as this; a phone is touched."""

    async def opened(language: str, width: int) -> Talk:
        return await _opened(browser, watch, scene, language, width, scene.url)

    return opened


async def _opened(browser: Browser, watch: Watch, scene: Scene, language: str, width: int, url: str) -> Talk:
    phone = width < 500
    context = await browser.new_context(
        locale=_LANGUAGES[language], viewport={"width": width, "height": 844}, has_touch=phone, is_mobile=phone
    )
    watch.attach(context)
    page = await context.new_page()
    async with page.expect_response(lambda answer: answer.url.endswith("/visitor/session")) as session:
        await page.goto(f"{url}/chat/{scene.inbox}")
    return Talk(scene, page, language, await (await session.value).json())


@pytest.mark.parametrize(("language", "width"), _PLACES)
async def test_cards_and_quick_replies(begin: Begin, language: str, width: int) -> None:
    talk = await begin(language, width)
    await talk.begin("It broke 壶嘴裂了")
    talk.answer("This one?", content={"cards": [_CARD], "replies": ["是 Yes", "不是 No"]})
    page = talk.page
    card = page.get_by_role("region", name="Kettle 600 ml")
    await expect(card).to_contain_text("¥268.00 · 昨天签收")
    await expect(page.get_by_role("log")).to_contain_text(talk.words["joined"])
    link = card.get_by_role("link", name="Order")
    assert [await link.get_attribute(name) for name in ("href", "target", "rel")] == [
        "https://shop.example/orders/4711", "_blank", "noopener noreferrer nofollow",
    ]  # fmt: skip
    replies = page.get_by_role("group", name=talk.words["replies"])
    await replies.get_by_role("button", name="不是 No").click()
    await expect(talk.bubbles).to_have_text(["It broke 壶嘴裂了", "This one?", "不是 No"])
    await expect(replies).to_have_count(0)
    await card.get_by_role("button", name="Refund").click()
    await expect(talk.bubbles.last).to_have_text("全额退款 Refund, please")
    await page.reload()
    await expect(talk.bubbles.last).to_have_text("全额退款 Refund, please")
    await expect(card).to_be_visible()
    await expect(replies).to_have_count(0)

    context = await page.context.browser.new_context(locale=_LANGUAGES[language])  # type: ignore[union-attr]
    desk = await console(context, talk.scene, f"/c/{talk.conv}")
    shown = desk.get_by_role("log").get_by_role("region", name="Kettle 600 ml")
    await expect(shown.get_by_role("link", name="Order")).to_have_attribute("href", "https://shop.example/orders/4711")
    await expect(shown.get_by_role("button")).to_have_count(0)
    await expect(desk.get_by_role("group", name=talk.words["replies"])).to_contain_text("是 Yes")


async def test_our_peoples_markdown_is_drawn_and_a_visitors_is_not(begin: Begin) -> None:
    talk = await begin("zh", 390)
    written = "**48 小时内**可以：\n- 补发\n- `退款`\n见 [说明](https://shop.example/help)"
    await talk.begin(written)
    talk.answer(written)
    answer = talk.bubbles.nth(1)
    await expect(answer.locator("strong")).to_have_text("48 小时内")
    await expect(answer.locator("ul > li")).to_have_text(["补发", "退款"])
    await expect(answer.locator("code")).to_have_text("退款")
    await expect(answer.get_by_role("link", name="说明")).to_have_attribute("href", "https://shop.example/help")
    await expect(talk.bubbles.nth(0)).to_have_text(written)
    await expect(talk.bubbles.nth(0).locator("strong, ul, code")).to_have_count(0)


@pytest.mark.parametrize(("language", "width"), _PLACES)
async def test_what_is_new_is_marked_and_nobody_is_pulled_down(begin: Begin, language: str, width: int) -> None:
    talk = await begin(language, width)
    await talk.begin("one")
    for number in range(30):
        talk.answer(f"line {number}\nof two")
    await expect(talk.bubbles.last).to_contain_text("line 29")
    await expect(talk.bubbles.last).to_be_in_viewport()
    await expect(talk.page.get_by_role("separator")).to_have_count(0)

    thread = talk.page.get_by_role("log")
    await thread.evaluate("thread => { thread.scrollTop = 0; }")
    first = talk.bubbles.first
    await expect(first).to_be_in_viewport()
    talk.answer("news one")
    talk.answer("news two")
    down = talk.button("below")
    await expect(down).to_be_visible()
    await expect(first).to_be_in_viewport()
    await down.click()
    await expect(talk.bubbles.last).to_have_text("news two")
    await expect(talk.bubbles.last).to_be_in_viewport()
    await expect(down).to_have_count(0)

    await talk.button("back").click()
    talk.answer("while you were away")
    talk.answer("and more")
    await talk.page.locator(".arts button").first.click()
    fresh = talk.page.get_by_role("separator")
    await expect(fresh).to_have_text(talk.words["fresh"])
    following = "mark => mark.closest('[data-line]').nextElementSibling.querySelector('.bub').textContent"
    assert await fresh.evaluate(following) == "while you were away"
    await expect(talk.page).to_have_title("Shop")  # nothing is unread any more
    await talk.write("thanks")
    await expect(fresh).to_have_count(0)


async def test_chosen_images_are_seen_before_they_go_and_large_afterwards(
    begin: Begin, watch: Watch, tmp_path: Path
) -> None:
    talk = await begin("en", 1440)
    await talk.begin("one")
    page = talk.page
    files: list[FilePayload] = [
        {"name": "pot.png", "mimeType": "image/png", "buffer": png(60, 40)},
        {"name": "crack.png", "mimeType": "image/png", "buffer": png(800, 600)},
        {"name": "order.csv", "mimeType": "text/csv", "buffer": b"number,state\n4711,broken\n"},
    ]
    await page.locator("input[type=file]").set_input_files(files)
    tiles = page.locator(".chosen img")
    await expect(tiles).to_have_count(2)
    width = "image => image.decode().then(() => image.naturalWidth)"
    assert [await tile.evaluate(width) for tile in await tiles.all()] == [60, 800]
    await talk.button("Remove pot.png").click()
    await expect(tiles).to_have_count(1)
    await expect(page.locator(".chosen [role=progressbar]")).to_have_count(0)
    await talk.button("Send").click()
    await expect(page.locator(".chosen")).to_have_count(0)
    await expect(page.locator(".file")).to_contain_text("CSV · 25 B")
    async with page.expect_download() as download:
        await talk.button("Save order.csv").click()
    assert Path(await (await download.value).path()).read_bytes() == files[2]["buffer"]

    picture = talk.button("Open crack.png")
    await picture.click()
    large = page.get_by_role("dialog", name="crack.png")
    await expect(large.get_by_role("img", name="crack.png")).to_be_visible()
    await expect(talk.button("close")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(talk.button("Save crack.png")).to_be_focused()  # the focus stays within
    await page.keyboard.press("Escape")
    await expect(large).to_have_count(0)
    await expect(picture).to_be_focused()

    watch.expect_outage()
    await page.route("**/visitor/files/*", lambda route: route.abort(), times=1)
    await page.reload()
    await talk.button("Load crack.png again").click()
    await expect(page.get_by_role("img", name="crack.png")).to_be_visible()


_HAND_OVER = """([name, kind]) => {
    const bytes = Uint8Array.from(window.__png);
    const given = new DataTransfer();
    given.items.add(new File([bytes], name, { type: 'image/png' }));
    const place = document.querySelector(kind === 'paste' ? 'textarea' : 'main');
    const event = kind === 'paste'
        ? new ClipboardEvent('paste', { clipboardData: given, bubbles: true, cancelable: true })
        : new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true });
    place.dispatchEvent(event);
}"""


async def test_images_are_pasted_and_dropped(begin: Begin) -> None:
    talk = await begin("zh", 1440)
    await talk.begin("one")
    await talk.page.evaluate("bytes => { window.__png = bytes; }", list(png(60, 40)))
    await talk.page.evaluate(_HAND_OVER, ["pasted.png", "paste"])
    await talk.page.evaluate(_HAND_OVER, ["dropped.png", "drop"])
    await expect(talk.page.locator(".chosen img")).to_have_count(2)
    await expect(talk.page.locator(".chosen [role=progressbar]")).to_have_count(0)
    await talk.write("both")
    await expect(talk.page.get_by_role("log").get_by_role("img")).to_have_count(2)


@pytest.mark.parametrize(("language", "width"), _PLACES)
async def test_the_picture_of_a_card_opens_large(
    begin: Begin, browser: Browser, watch: Watch, scene: Scene, language: str, width: int
) -> None:
    talk = await begin(language, width)
    await talk.begin("Which one?")
    picture = scene.desk.upload("pot.png", png(600, 400))["id"]
    card = {**_CARD, "picture": picture}
    talk.answer("This one?", files=[picture], content={"cards": [card], "replies": []})
    small = talk.page.get_by_role("region", name="Kettle 600 ml").get_by_role("button", name="pot.png")
    await small.click()
    large = talk.page.get_by_role("dialog", name="pot.png")
    await expect(large.get_by_role("img", name="pot.png")).to_be_visible()
    await talk.page.keyboard.press("Escape")
    await expect(large).to_have_count(0)
    await expect(small).to_be_focused()

    context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    watch.attach(context)
    desk = await console(context, scene, f"/c/{talk.conv}")
    await desk.get_by_role("region", name="Kettle 600 ml").get_by_role("button", name="Image: pot.png").click()
    await expect(desk.get_by_role("dialog").get_by_role("img", name="Image: pot.png")).to_be_visible()
    await desk.keyboard.press("Escape")
    await expect(desk.get_by_role("dialog")).to_have_count(0)


_WRITE_MANY = """async (count) => {
    const field = document.querySelector('.wcomp textarea');
    const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    for (let number = 0; number < count; number += 1) {
        field.value = `waits ${number}`;
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
        await drawn();
        field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
        await drawn();
    }
}"""


async def test_a_press_that_cannot_be_taken_says_why(begin: Begin, watch: Watch) -> None:
    watch.expect_outage()
    talk = await begin("en", 1440)
    await talk.begin("Which one?")
    talk.answer("This one?", content={"cards": [_CARD], "replies": []})
    refund = talk.page.get_by_role("region", name="Kettle 600 ml").get_by_role("button", name="Refund")
    await expect(refund).to_be_visible()
    await talk.page.context.set_offline(True)
    await talk.page.evaluate(_WRITE_MANY, PENDING)
    full = talk.page.get_by_role("alert").filter(has_text="Too many messages are waiting to be sent.")
    await expect(full).to_have_count(0)
    await refund.click()
    await expect(full).to_be_visible()
    await talk.page.context.set_offline(False)
    await expect(full).to_have_count(0)
    await refund.click()
    await expect(talk.bubbles.last).to_have_text("全额退款 Refund, please")
    await expect(full).to_have_count(0)


async def test_a_file_that_is_refused_for_good_offers_no_second_try(begin: Begin, watch: Watch) -> None:
    watch.expect_outage()  # the browser writes the refusal into its console
    talk = await begin("en", 390)
    await talk.begin("one")
    program: list[FilePayload] = [{"name": "x.exe", "mimeType": "application/x-dosexec", "buffer": b"MZ\x90\0" * 40}]
    await talk.page.locator("input[type=file]").set_input_files(program)
    await expect(talk.page.locator(".chosen .file.bad")).to_be_visible()
    await expect(talk.page.locator(".chosen").get_by_role("button")).to_have_count(1)
    await talk.button("Remove x.exe").click()
    await expect(talk.page.locator(".chosen")).to_have_count(0)


@pytest.mark.parametrize(("language", "width"), _PLACES)
async def test_what_is_refused_for_good_goes_back_into_the_field(begin: Begin, language: str, width: int) -> None:
    talk = await begin(language, width)
    await talk.begin("one")
    picture: list[FilePayload] = [{"name": "pot.png", "mimeType": "image/png", "buffer": png(60, 40)}]
    async with talk.page.expect_response(lambda answer: "/uploads" in answer.url and answer.ok) as uploaded:
        await talk.page.locator("input[type=file]").set_input_files(picture)
    file = (await (await uploaded.value).json())["file"]["id"]
    await expect(talk.page.locator(".chosen [role=progressbar]")).to_have_count(0)
    talk.scene.visitor("POST", "messages", talk.token, {"conv": talk.conv, "text": "used", "files": [file]})
    await talk.write("look at this")
    refused = talk.page.get_by_role("alert").filter(has=talk.button("put_back"))
    await expect(refused).to_be_visible()
    await expect(refused.get_by_role("button", name=talk.words["again"])).to_have_count(0)
    await talk.button("put_back").click()
    await expect(talk.field).to_have_value("look at this")
    await expect(refused).to_have_count(0)


async def test_emoji_by_keyboard_alone(begin: Begin) -> None:
    talk = await begin("en", 1440)
    await talk.begin("one")
    keys = talk.page.keyboard
    await talk.field.fill("fine")
    await talk.button("emoji").focus()
    await keys.press("Enter")
    grid = talk.page.get_by_role("group", name="Emoji").get_by_role("button")
    await expect(grid.first).to_be_focused()
    await keys.press("ArrowRight")
    await keys.press("Enter")
    await keys.press("End")
    await keys.press("Enter")
    chosen = [await grid.nth(1).inner_text(), await grid.last.inner_text()]
    await expect(talk.field).to_have_value(f"fine{chosen[0]}{chosen[1]}")
    await keys.press("Escape")
    await expect(grid).to_have_count(0)
    await expect(talk.field).to_be_focused()
    await keys.press("Enter")
    await expect(talk.bubbles.last).to_have_text(f"fine{chosen[0]}{chosen[1]}")


@pytest.mark.parametrize(("language", "width"), _PLACES)
async def test_own_words_are_changed_and_taken_back(begin: Begin, language: str, width: int) -> None:
    talk = await begin(language, width)
    await talk.begin("Order 4117")
    await talk.field.fill("half a draft")
    await talk.bubbles.first.hover()
    await talk.button("own").click()
    await talk.page.get_by_role("menuitem", name=talk.words["edit"]).click()
    await expect(talk.field).to_have_value("Order 4117")
    await talk.write("Order 4711")
    await expect(talk.bubbles.first).to_have_text(f"Order 4711 {talk.words['edited']}")
    await expect(talk.field).to_have_value("half a draft")
    await talk.button("own").click()
    await talk.page.get_by_role("menuitem", name=talk.words["delete"]).click()
    await talk.button("keep").click()
    await expect(talk.bubbles.first).to_contain_text("Order 4711")
    await talk.button("own").click()
    await talk.page.get_by_role("menuitem", name=talk.words["delete"]).click()
    await talk.button("delete").click()
    await expect(talk.bubbles.first).to_have_text(talk.words["deleted"])
    told = talk.scene.desk.ask("GET", f"/api/v1/conversations/{talk.conv}/messages")["messages"]
    assert [(entry["kind"], entry.get("text", ""), entry.get("deleted", False)) for entry in told][:1] == [
        ("message", "", True)
    ]


_LISTEN = """() => {
    window.__rung = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) { window.__rung += 1; return start.apply(this, when); };
    Object.defineProperty(document, 'hasFocus', { value: () => window.__looking ?? false });
}"""


async def test_a_tone_for_who_looks_elsewhere_until_he_mutes_it(begin: Begin) -> None:
    talk = await begin("zh", 1440)
    await talk.page.evaluate(_LISTEN)
    await talk.begin("one")
    talk.answer("two")
    await expect(talk.bubbles).to_have_count(2)
    await talk.page.wait_for_function("() => window.__rung === 2")  # two notes
    await talk.page.evaluate("window.__looking = true")
    talk.answer("three")
    await expect(talk.bubbles).to_have_count(3)
    assert await talk.page.evaluate("window.__rung") == 2
    await talk.button("more").click()
    await talk.page.get_by_role("menuitem", name=talk.words["off"]).click()
    await talk.page.reload()
    await talk.page.evaluate(_LISTEN)
    await talk.field.click()
    talk.answer("four")
    await expect(talk.bubbles).to_have_count(4)
    assert await talk.page.evaluate("window.__rung") == 0
    await talk.button("more").click()
    await talk.page.get_by_role("menuitem", name=talk.words["on"]).click()
    talk.answer("five")
    await talk.page.wait_for_function("() => window.__rung === 2")


async def test_new_messages_are_read_aloud_and_old_ones_are_not(begin: Begin) -> None:
    talk = await begin("en", 1440)
    await talk.begin("one")
    aloud = talk.page.get_by_role("status").filter(has_text=talk.words["says"])
    talk.answer("The new one leaves tonight.")
    await expect(aloud).to_contain_text("says: The new one leaves tonight.")
    assert await aloud.get_attribute("aria-live") == "polite"
    assert await talk.page.get_by_role("log").get_attribute("aria-live") == "off"
    await talk.page.reload()
    await expect(talk.bubbles).to_have_count(2)
    await expect(aloud).to_have_count(0)


async def test_words_written_without_a_line_wait_and_go(browser: Browser, watch: Watch, scene: Scene) -> None:
    watch.expect_outage()
    async with FaultProxy(scene.server.port) as proxy:
        talk = await _opened(browser, watch, scene, "zh", 390, proxy.url)
        await talk.begin("one")
        port = proxy.port
    line = talk.page.get_by_role("status").filter(has_text="秒后重试")
    await expect(line).to_be_visible()
    await talk.write("offline one")
    await talk.write("offline two")
    await expect(talk.bubbles).to_have_text(["one", "offline one", "offline two"])
    await expect(talk.page.locator(".bub.pending")).to_have_count(2)
    async with FaultProxy(scene.server.port, at=port):
        await talk.button("立即重试").click()
        await expect(talk.page.locator(".bub.pending")).to_have_count(0)
        await expect(line).to_have_count(0)
        await expect(talk.bubbles).to_have_text(["one", "offline one", "offline two"])
        await talk.page.context.close()


async def test_the_field_stands_above_the_screens_keyboard(begin: Begin) -> None:
    talk = await begin("zh", 390)
    await talk.begin("one")
    await talk.page.evaluate("""() => {
        Object.defineProperty(visualViewport, 'height', { get: () => window.__seen, configurable: true });
        window.__seen = 500;
        visualViewport.dispatchEvent(new Event('resize'));
    }""")
    bottom = "field => field.closest('form').getBoundingClientRect().bottom"
    assert await talk.field.evaluate(bottom) <= 500
    assert await talk.field.evaluate("field => parseFloat(getComputedStyle(field).fontSize)") >= 16
    await talk.page.evaluate("window.__seen = innerHeight; visualViewport.dispatchEvent(new Event('resize'))")
    assert await talk.field.evaluate(bottom) > 700


async def _long_before_midnight() -> None:
    """What is said today is said to be of today; in a day's last minutes its end is awaited."""
    now = time.localtime()
    left = 86_400 - (now.tm_hour * 3_600 + now.tm_min * 60 + now.tm_sec)
    if left <= 2 * PATIENCE_MS / 1_000:
        await asyncio.sleep(left + 1)


async def test_the_other_language_takes_the_whole_thread(begin: Begin) -> None:
    await _long_before_midnight()
    talk = await begin("zh", 390)
    await talk.begin("one")
    talk.answer("two")
    lines = talk.page.get_by_role("log").locator(".event")
    await expect(lines.first).to_contain_text("今天")
    await talk.button("more").click()
    await talk.page.get_by_role("menuitem", name="English").click()
    await expect(lines.first).to_contain_text("Today")
    await expect(lines.nth(1)).to_contain_text("has joined · after")
    await expect(talk.page.get_by_role("textbox", name="Your message")).to_be_visible()
    await talk.page.reload()
    await expect(lines.first).to_contain_text("Today")
