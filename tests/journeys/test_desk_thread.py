"""The agent's thread and composer: drafts, canned replies, mentions, search far back, who looks, a very long thread."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.journeys.appliance import Appliance
from tests.journeys.long_thread import lengthen, text_of
from tests.journeys.people import Agent, Visitor
from tests.journeys.test_console import serious
from tests.journeys.test_talk import png
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

LONG = 3_000
DRAWN_MAX = 180
LATEST = re.compile("latest|new message|最新|条新消息")
WORDS = {
    "en": {
        "canned": "Canned replies", "find": "Search in this conversation", "kept": "Draft kept",
        "writes": "is writing here now", "looking": "Also looking",
        "colleagues": "Colleagues", "more": "More",
        "resend": "A replacement is registered. You will find its tracking number here before 20:00 today.",
    },
    "zh": {
        "canned": "快捷回复", "find": "在本会话中搜索", "kept": "草稿已存",
        "writes": "正在这里输入", "looking": "也在看", "colleagues": "同事", "more": "更多",
        "resend": "已为你登记补发，运单号会在今晚 20:00 前更新到这里。",
    },
}  # fmt: skip


class House:
    """The demo shop with one conversation of thousands of messages."""

    def __init__(self, server: Appliance, long: str, last: int) -> None:
        self.server = server
        self.long = long
        self.last = last


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("desk")
    server = Appliance(folder / "data", options=("--demo",))
    server.start()
    long = _of(server, "Hannah Reed")
    server.stop()
    last = lengthen(folder / "data", long, LONG)
    server.start()
    yield House(server, long, last)
    server.kill()


def _of(server: Appliance, name: str) -> str:
    """A conversation that is assigned to this agent."""
    token = server.demo_link(name).partition("#demo=")[2]
    with httpx.Client(base_url=server.url, headers={"Origin": server.url}) as client:
        client.post("/api/v1/session/demo", json={"token": token}).raise_for_status()
        rows: list[dict[str, Any]] = client.get("/api/v1/conversations?view=mine").json()["conversations"]
    return str(rows[0]["conversation"]["id"])


async def asked(house: House, browser: Browser, watch: Watch, text: str, language: str) -> tuple[Visitor, Agent]:
    """A visitor asks and an agent has it before him."""
    visitor = await Visitor.on_chat_page(browser, watch, house.server.url, language)
    agent = await Agent.signed_in(browser, watch, house.server, language)
    await visitor.say(text)
    await agent.open(text)
    return visitor, agent


async def at_the_same(agent: Agent, browser: Browser, watch: Watch, house: House, language: str) -> Agent:
    """Another browser, with the same conversation open."""
    other = await Agent.signed_in(browser, watch, house.server, language)
    await other.page.goto(agent.page.url)
    await expect(other.log).to_be_visible()
    return other


async def top(line: Locator) -> float:
    """Where it stands on the screen."""
    box = await line.bounding_box()
    assert box is not None
    return box["y"]


async def drawn(page: Page) -> int:
    return await page.locator(".thread [data-seq]").count()


@pytest.mark.parametrize("language", ["zh"])
async def test_a_draft_waits_at_another_browser_and_goes_with_the_sending(
    house: House, browser: Browser, watch: Watch, language: str
) -> None:
    words = WORDS[language]
    _, agent = await asked(house, browser, watch, f"Where is draft {language}?", language)
    await agent.field.fill("On its w")
    await expect(agent.page.get_by_text(words["kept"])).to_be_visible()
    await agent.page.keyboard.press("Escape")
    await agent.page.keyboard.press("n")
    await agent.field.fill("ask the warehouse")
    await expect(agent.page.get_by_text(words["kept"])).to_be_visible()

    other = await at_the_same(agent, browser, watch, house, language)
    await expect(other.field).to_have_value("On its w")
    await other.say("On its way")
    await other.sees_confirmed()
    await expect(other.field).to_have_value("")
    await other.page.reload()
    await expect(other.field).to_have_value("ask the warehouse")  # the note is another draft


_HAND_OVER = """([name, kind, bytes]) => {
    const given = new DataTransfer();
    given.items.add(new File([Uint8Array.from(bytes)], name, { type: 'image/png' }));
    const place = document.querySelector(kind === 'paste' ? '.composer textarea' : '.composer');
    const event = kind === 'paste'
        ? new ClipboardEvent('paste', { clipboardData: given, bubbles: true, cancelable: true })
        : new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true });
    place.dispatchEvent(event);
}"""


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_images_are_pasted_and_dropped_into_the_composer(
    house: House, browser: Browser, watch: Watch, language: str
) -> None:
    visitor, agent = await asked(house, browser, watch, f"How does it look {language}?", language)
    let_up = asyncio.Event()

    async def held(route: Route) -> None:
        await let_up.wait()
        await route.continue_()

    await agent.page.route(re.compile("/api/v1/uploads"), held)
    for name, kind in (("pasted.png", "paste"), ("dropped.png", "drop")):
        await agent.page.evaluate(_HAND_OVER, [name, kind, list(png(60, 40))])
    chosen = agent.page.get_by_role("list", name="这条消息的文件" if language == "zh" else "Files of this message")
    await expect(chosen.get_by_role("listitem")).to_have_count(2)
    await expect(chosen.get_by_role("progressbar")).to_have_count(2)
    await expect(chosen.locator("img")).to_have_count(2)
    widths = "all => Promise.all(all.map(one => one.decode().then(() => one.naturalWidth)))"
    assert await chosen.locator("img").evaluate_all(widths) == [60, 60]
    let_up.set()
    await expect(chosen.get_by_role("progressbar")).to_have_count(0)
    await agent.say("like this")
    await expect(chosen).to_have_count(0)
    await expect(visitor.page.get_by_role("log").get_by_role("img")).to_have_count(2)


async def test_what_is_not_sent_yet_is_an_article_of_its_own(house: House, browser: Browser, watch: Watch) -> None:
    watch.expect_outage()
    _, agent = await asked(house, browser, watch, "Is the line cut?", "en")
    await agent.page.context.set_offline(True)
    await agent.say("It is")
    await expect(agent.log.get_by_role("article", name=re.compile("Sending|sending again"))).to_have_text("It is")
    await agent.page.context.set_offline(False)
    await agent.sees_confirmed()
    await expect(agent.log.get_by_role("article", name=re.compile("Sent|Read"))).to_have_text("It is")


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_canned_reply_is_chosen_by_keys_and_covers_nothing(
    house: House, browser: Browser, watch: Watch, language: str
) -> None:
    words = WORDS[language]
    visitor, agent = await asked(house, browser, watch, f"It is broken {language}", language)
    await agent.field.press_sequentially("/re")
    replies = agent.page.get_by_role("listbox", name=words["canned"])
    chosen = replies.get_by_role("option", selected=True)
    await expect(chosen.locator("mark").first).to_have_text(re.compile("re", re.IGNORECASE))
    first = await chosen.inner_text()
    await agent.page.keyboard.press("ArrowDown")
    await expect(chosen).not_to_have_text(first)
    field = agent.page.locator(".composer").get_by_role("combobox")  # while its list is open
    await expect(field).to_have_attribute("aria-activedescendant", str(await chosen.get_attribute("id")))
    question = agent.log.locator(".bub").last
    box, above = await question.bounding_box(), await agent.page.locator(".composer").bounding_box()
    assert box is not None and above is not None and box["y"] + box["height"] <= above["y"]

    await agent.page.keyboard.press("Escape")
    await expect(replies).to_have_count(0)
    await agent.field.fill("")
    await agent.field.press_sequentially("ok /resend")
    await expect(replies.get_by_role("option")).to_have_count(1)
    await agent.page.keyboard.press("Enter")
    await expect(agent.field).to_have_value(f"ok {words['resend']}")
    await agent.field.fill("")
    await agent.field.press_sequentially("/resend")
    await expect(replies.get_by_role("option")).to_have_count(1)
    await agent.page.keyboard.press("Alt+Enter")
    await visitor.sees(f"It is broken {language}", words["resend"])


async def test_a_colleague_who_is_named_finds_the_note(house: House, browser: Browser, watch: Watch) -> None:
    _, agent = await asked(house, browser, watch, "Is there one left?", "zh")
    hannah = await Agent.signed_in(browser, watch, house.server, "en")
    mine = hannah.page.get_by_role("tab", name=re.compile("^@me"))
    await agent.page.keyboard.press("Escape")
    await agent.page.keyboard.press("n")
    await agent.field.press_sequentially("@han")
    await expect(agent.page.get_by_role("listbox", name=WORDS["zh"]["colleagues"]).get_by_role("option")).to_have_count(
        1
    )
    await agent.page.keyboard.press("Enter")
    await agent.field.press_sequentially("三只还在吗")
    await agent.page.keyboard.press("Enter")
    await expect(agent.log.locator(".memo .at")).to_have_text("@Hannah Reed")

    await expect(mine).to_contain_text("1")
    await mine.click()
    await hannah.page.get_by_role("option").filter(has_text="三只还在吗").click()
    await expect(hannah.log.locator(".memo .at")).to_have_text("@Hannah Reed")
    await expect(mine).not_to_contain_text("1")


async def test_colleagues_see_who_looks_and_who_writes(house: House, browser: Browser, watch: Watch) -> None:
    _, agent = await asked(house, browser, watch, "Two of you?", "en")
    chen = await at_the_same(agent, browser, watch, house, "zh")
    await expect(agent.page.get_by_role("img", name=WORDS["en"]["looking"])).to_be_visible()
    await expect(chen.page.get_by_role("img", name=f"{WORDS['zh']['looking']}：Hannah Reed")).to_be_visible()
    await chen.field.fill("我来回")
    banner = agent.page.get_by_role("status").filter(has_text=f"陈默 {WORDS['en']['writes']}")
    await expect(banner).to_be_visible()
    await chen.field.fill("")
    await expect(banner).to_have_count(0)
    await chen.page.goto(f"{house.server.url}/settings/profile")
    await expect(agent.page.get_by_role("img", name=WORDS["en"]["looking"])).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_words_far_back_are_found_and_read_on_from_there(
    house: House, browser: Browser, watch: Watch, language: str
) -> None:
    words = WORDS[language]
    agent = await Agent.signed_in(browser, watch, house.server, "en" if language == "en" else "zh")
    page = agent.page
    await page.goto(f"{house.server.url}/c/{house.long}")
    await expect(agent.log.get_by_text(text_of(LONG), exact=True)).to_be_visible()
    await page.keyboard.press("Control+f")
    field = page.get_by_role("searchbox", name=words["find"])
    await expect(field).to_be_focused()
    await field.fill("kettle lot")
    places = page.get_by_role("search").get_by_role("status")
    await expect(places).to_have_text(re.compile(r"^1\D+30$"))
    await page.keyboard.press("Shift+Enter")  # from the newest place round to the oldest
    await expect(places).to_have_text(re.compile(r"^30\D+30$"))
    oldest = agent.log.get_by_text(text_of(100), exact=True)
    await expect(oldest).to_be_in_viewport()
    await expect(agent.log.locator(".found mark")).to_have_text(["kettle", "lot"])
    assert await drawn(page) <= DRAWN_MAX

    await page.get_by_role("log").focus()
    await page.keyboard.press("Escape")
    await agent.log.evaluate("box => { box.scrollTop = box.scrollHeight }")
    await expect(agent.log.get_by_text(text_of(140), exact=True)).to_be_attached()
    await page.get_by_role("button", name=LATEST).click()
    await expect(agent.log.get_by_text(text_of(LONG), exact=True)).to_be_in_viewport()


async def test_a_very_long_thread_is_drawn_in_part_and_holds_still(
    house: House, browser: Browser, watch: Watch
) -> None:
    agent = await Agent.signed_in(browser, watch, house.server, "en")
    page, log = agent.page, agent.log
    await page.goto(f"{house.server.url}/c/{house.long}")
    await expect(log.get_by_text(text_of(LONG), exact=True)).to_be_visible()
    for _ in range(6):
        before = await log.locator("[data-seq]").first.get_attribute("data-seq")
        await log.evaluate("box => { box.scrollTop = 300 }")
        line = log.locator(f'[data-seq="{before}"]')
        was = await log.evaluate(
            "(box, seq) => box.querySelector(`[data-seq='${seq}']`).getBoundingClientRect().top", before
        )
        await expect(log.locator("[data-seq]").first).not_to_have_attribute("data-seq", str(before))
        assert abs(await top(line) - was) <= 2, "what he read has moved"
        assert await drawn(page) <= DRAWN_MAX
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await expect(log.get_by_text(text_of(LONG), exact=True)).to_be_in_viewport()


async def test_what_comes_while_he_reads_above_is_counted_and_moves_nothing(
    house: House, browser: Browser, watch: Watch
) -> None:
    visitor, agent = await asked(house, browser, watch, "A long story", "en")
    for number in range(8):
        await visitor.say("\n".join(f"Line {number}.{line}" for line in range(6)))
    last = agent.log.get_by_text("Line 7.5")
    await expect(last).to_be_in_viewport()
    await agent.log.evaluate("box => { box.scrollTop = 0 }")
    first = agent.log.get_by_text("A long story", exact=True)
    await expect(first).to_be_in_viewport()
    was = await top(first)
    await visitor.say("One more")
    await visitor.say("And another")
    below = agent.page.get_by_role("button", name="2 new messages")
    await expect(below).to_be_visible()
    assert abs(await top(first) - was) <= 1
    await below.click()
    await expect(agent.log.get_by_text("And another", exact=True)).to_be_in_viewport()
    await expect(below).to_have_count(0)


async def test_everything_is_done_by_keys(house: House, browser: Browser, watch: Watch) -> None:
    visitor, agent = await asked(house, browser, watch, "By keys alone", "en")
    page = agent.page
    await page.keyboard.press("Escape")
    await page.keyboard.press("t")
    await expect(page.get_by_role("button", name="Resolve", exact=True)).to_be_visible()
    await page.keyboard.press("r")
    await expect(agent.field).to_be_focused()
    await page.keyboard.type("Hello\n")
    await visitor.sees("By keys alone", "Hello")
    await agent.log.focus()
    await page.keyboard.press("ArrowUp")
    await expect(agent.log.locator("[data-seq]").last).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("a")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await agent.log.focus()
    await page.keyboard.press("e")
    await expect(page.get_by_role("button", name="Reopen", exact=True)).to_be_visible()


async def test_quick_replies_go_along_and_are_answered_by_a_press(house: House, browser: Browser, watch: Watch) -> None:
    visitor, agent = await asked(house, browser, watch, "Which kettle?", "en")
    await agent.field.fill("Which size?")
    await agent.page.get_by_role("button", name="Quick replies").click()
    field = agent.page.get_by_role("textbox", name="Add a quick reply")
    for size in ("600 ml", "900 ml"):
        await field.fill(size)
        await field.press("Enter")
    await agent.page.get_by_role("textbox", name=re.compile("^Write to")).press("Enter")
    await visitor.page.get_by_role("button", name="900 ml").click()
    await expect(agent.log.locator(".say:not(.me) .words").last).to_have_text("900 ml")
    await expect(agent.page.locator(".composer").get_by_text("600 ml")).to_have_count(0)


async def test_a_phone_has_room_for_the_list_above_the_field(house: House, browser: Browser, watch: Watch) -> None:
    words = WORDS["zh"]
    visitor = await Visitor.on_chat_page(browser, watch, house.server.url, "zh")
    await visitor.say("手机上能用吗")
    context = await browser.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    watch.attach(context)
    page = await context.new_page()
    await page.goto(house.server.url + house.server.demo_link("陈默"))
    agent = Agent(page, "zh")
    await page.get_by_role("tab", name="未分配").tap()
    await page.get_by_role("listbox").press("End")
    await page.get_by_role("option").filter(has_text="手机上能用吗").tap()
    await agent.field.tap()
    await agent.field.press_sequentially("/re")
    replies = page.get_by_role("listbox", name=words["canned"]).get_by_role("option")
    await expect(replies.first).to_be_visible()
    heights = await replies.evaluate_all("rows => rows.map((row) => row.getBoundingClientRect().height)")
    assert min(heights) >= 44
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await replies.filter(has_text="/resend").tap()
    await expect(agent.field).to_have_value(words["resend"])
    small = await page.locator(".composer button:visible, .thread-head button:visible").evaluate_all(
        "all => all.map((one) => [one.ariaLabel ?? one.textContent, one.getBoundingClientRect()])"
        ".filter(([, box]) => box.width < 44 || box.height < 44).map(([name]) => name)"
    )
    assert small == []
    await page.get_by_role("button", name=words["more"]).tap()
    await page.get_by_role("menuitem", name=words["find"]).tap()
    await expect(page.get_by_role("searchbox", name=words["find"])).to_be_focused()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_a_picture_opens_large_and_esc_leads_back(house: House, browser: Browser, watch: Watch) -> None:
    visitor, agent = await asked(house, browser, watch, "See the crack", "en")
    await visitor.attach(_picture(house))
    small = agent.log.get_by_role("link").filter(has=agent.page.get_by_role("img"))
    await small.focus()
    await agent.page.keyboard.press("Enter")
    large = agent.page.get_by_role("dialog")
    await expect(large.get_by_role("img")).to_be_visible()
    await agent.page.keyboard.press("Escape")
    await expect(large).to_have_count(0)
    await expect(small).to_be_focused()


def _picture(house: House) -> Path:
    path = house.server.data.with_name("crack.png")
    path.write_bytes(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
            "0500017a5eab3f0000000049454e44ae426082"
        )
    )
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious_with_the_lists_open(
    house: House, browser: Browser, watch: Watch, scheme: str
) -> None:
    language = "zh" if scheme == "dark" else "en"
    words = WORDS[language]
    agent = await Agent.signed_in(browser, watch, house.server, language)
    page = agent.page
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.goto(f"{house.server.url}/c/{house.long}")
    await expect(agent.log.locator(".bub").last).to_be_visible()
    await agent.field.press_sequentially("/")
    await expect(page.get_by_role("listbox", name=words["canned"]).get_by_role("option").first).to_be_visible()
    assert await serious(page) == []
    await page.keyboard.press("Escape")
    await agent.field.fill("")
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await agent.field.press_sequentially("@")
    await expect(page.get_by_role("listbox", name=words["colleagues"])).to_be_visible()
    await page.get_by_role("log").focus()
    await page.keyboard.press("Control+f")
    await page.get_by_role("searchbox").fill("kettle")
    await expect(agent.log.locator(".found mark")).to_have_count(1)
    assert await serious(page) == []
    await page.goto(f"{house.server.url}/settings/canned")
    await page.get_by_role("button", name=re.compile("Add a reply|添加快捷回复")).click()
    await expect(page.locator("form.card-body")).to_be_visible()
    await expect(page.get_by_role("row").nth(1)).to_be_visible()
    assert await serious(page) == []
