"""The console's frame: panes that move, the list by keys and by filters, what a narrow screen leaves."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORDS = {
    "en": {"list": "Width of the list", "side": "Width of the contact pane", "filter": "Filter and sort",
           "unread": "Unread only", "clear": "Clear", "contact": "Contact", "show": "Show the contact",
           "keys": "Keyboard shortcuts", "all": "All", "here": "Actions", "customers": "Customers",
           "hide": "Show or hide the contact", "recent": "Recent", "teams": "Teams", "settings": "Settings",
           "close": "Close", "back": "Back to the list"},
    "zh": {"list": "列表宽度", "side": "联系人栏宽度", "filter": "筛选与排序", "unread": "只看未读", "clear": "清除",
           "contact": "联系人", "show": "查看联系人", "keys": "键盘快捷键", "all": "全部",
           "here": "操作", "customers": "客户", "hide": "显示或收起联系人", "recent": "最近打开", "teams": "团队",
           "settings": "设置", "close": "关闭", "back": "返回列表"},
}  # fmt: skip


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """One demo for all: nothing here changes what another reads."""
    server = Appliance(tmp_path_factory.mktemp("frame") / "data", options=("--demo",))
    server.start()
    yield server
    server.kill()


async def width(page: Page, selector: str) -> float:
    """How wide this is on the screen."""
    box = await page.locator(selector).bounding_box()
    assert box is not None
    return box["width"]


async def fits(page: Page) -> bool:
    """Whether nothing lies beyond the screen's edge."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_panes_move_by_keys_and_pointer_and_are_remembered(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    agent = await Agent.signed_in(browser, watch, appliance, language)
    page, words = agent.page, WORDS[language]
    await page.get_by_role("listbox").get_by_role("option").first.click()
    line = page.get_by_role("separator", name=words["list"])
    await expect(line).to_have_attribute("aria-valuenow", "336")
    await line.focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Shift+ArrowRight")
    await expect(line).to_have_attribute("aria-valuenow", "416")
    assert await width(page, "#list") == 416

    side = page.get_by_role("separator", name=words["side"])
    box = await side.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"], 300)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 60, 300, steps=4)
    await page.mouse.up()
    await expect(side).to_have_attribute("aria-valuenow", "276")
    assert await width(page, "#side") == 276

    await page.reload()
    await expect(line).to_have_attribute("aria-valuenow", "416")
    await expect(side).to_have_attribute("aria-valuenow", "276")
    await line.dblclick()
    await expect(line).to_have_attribute("aria-valuenow", "336")


async def test_panes_hide_and_come_back_by_keys(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    agent = await Agent.signed_in(browser, watch, appliance)
    page = agent.page
    await page.get_by_role("listbox").get_by_role("option").first.click()
    await expect(agent.log).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("[")
    await expect(page.get_by_role("listbox")).to_be_hidden()
    await page.keyboard.press("]")
    await expect(page.get_by_role("complementary", name="Contact")).to_have_count(0)
    await page.reload()
    await expect(agent.log).to_be_visible()
    await expect(page.get_by_role("listbox")).to_be_hidden()
    await page.get_by_role("button", name="Show the list").click()
    await expect(page.get_by_role("listbox")).to_be_visible()
    await page.get_by_role("button", name="Show the contact").click()
    await expect(page.get_by_role("complementary", name="Contact")).to_be_visible()


async def test_a_narrow_screen_draws_the_contact_over_the_thread(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    agent = await Agent.signed_in(browser, watch, appliance)
    page = agent.page
    await page.set_viewport_size({"width": 1024, "height": 800})
    await page.get_by_role("listbox").get_by_role("option").first.click()
    side = page.get_by_role("complementary", name="Contact")
    await expect(agent.log).to_be_visible()
    await expect(side).to_have_count(0)
    opener = page.get_by_role("button", name="Show the contact")
    await opener.click()
    await expect(side.get_by_role("button", name="Close")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(side).to_have_count(0)
    await expect(opener).to_be_focused()


async def test_nothing_lies_beyond_the_edge(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    agent = await Agent.signed_in(browser, watch, appliance, "en")
    page = agent.page
    for narrow in (320, 720, 760, 761, 1180):  # 720 is 1440 at 200 %
        await page.set_viewport_size({"width": narrow, "height": 700})
        await page.goto(appliance.url)
        await page.get_by_role("button", name="Filter and sort").click()
        assert await fits(page), narrow
        await page.get_by_role("listbox").get_by_role("option").first.click()
        await expect(agent.log).to_be_visible()
        assert await fits(page), narrow
        await page.goto(f"{appliance.url}/settings/profile")
        await expect(page.get_by_role("heading", name="Profile")).to_be_visible()
        assert await fits(page), narrow


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_list_is_narrowed_in_the_address(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    agent = await Agent.signed_in(browser, watch, appliance, language)
    page, words = agent.page, WORDS[language]
    rows = page.get_by_role("listbox").get_by_role("option")
    await page.get_by_role("tab", name=words["all"]).click()
    await expect(page).to_have_url(re.compile(r"\?view=all$"))
    await expect(rows.first).to_be_visible()
    everything = await rows.first.get_attribute("aria-setsize")
    await page.get_by_role("button", name=words["filter"]).click()
    await page.get_by_role("checkbox", name=words["unread"]).check()
    await expect(page).to_have_url(re.compile(r"\?view=all&unread=1$"))
    await expect(rows.first).not_to_have_attribute("aria-setsize", str(everything))
    fewer = await rows.first.get_attribute("aria-setsize")

    await rows.first.click()  # read now, and still there: it is the one before his eyes
    await expect(page).to_have_url(re.compile(r"/c/\w{26}\?view=all&unread=1$"))
    await expect(rows.first).to_have_attribute("aria-setsize", str(fewer))
    await page.reload()
    await expect(page.get_by_role("tab", name=words["all"])).to_have_attribute("aria-selected", "true")
    await page.get_by_role("button", name=words["clear"]).click()
    await expect(rows.first).to_have_attribute("aria-setsize", str(everything))


async def test_the_list_is_walked_by_keys_alone(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    agent = await Agent.signed_in(browser, watch, appliance)
    page = agent.page
    rows = page.get_by_role("listbox").get_by_role("option")
    ids = [str(await rows.nth(place).get_attribute("id")) for place in range(3)]
    await page.keyboard.press("j")
    await expect(rows.first).to_have_attribute("aria-selected", "true")
    await expect(agent.log).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("listbox")).to_be_focused()
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(page.locator(f"#{ids[2]}")).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("k")
    await expect(page.locator(f"#{ids[1]}")).to_have_attribute("aria-selected", "true")

    await page.keyboard.press("End")
    await expect(page.get_by_role("listbox")).to_have_attribute(
        "aria-activedescendant", re.compile(rf"^row-(?!{ids[1].removeprefix('row-')})")
    )
    last = await page.get_by_role("listbox").get_attribute("aria-activedescendant")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#{last}")).to_have_attribute("aria-selected", "true")
    assert last not in ids


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_sheet_shows_every_key(appliance: Appliance, browser: Browser, watch: Watch, language: str) -> None:
    agent = await Agent.signed_in(browser, watch, appliance, language)
    await agent.page.keyboard.press("?")
    sheet = agent.page.get_by_role("dialog", name=WORDS[language]["keys"])
    await expect(sheet.get_by_text("J", exact=True)).to_be_visible()
    await sheet.get_by_role("switch").uncheck()
    await agent.page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await agent.page.keyboard.press("j")  # letters are off now
    await expect(agent.log).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_command_bar_finds_people_and_places_and_does_things(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    agent = await Agent.signed_in(browser, watch, appliance, language)
    page, words = agent.page, WORDS[language]
    bar = page.get_by_role("dialog").get_by_role("combobox")
    await page.get_by_role("listbox").get_by_role("option").first.click()
    await expect(agent.log).to_be_visible()
    await page.keyboard.press("Control+k")
    group = page.get_by_role("group", name=words["here"])
    await expect(group.get_by_role("option").filter(has_text=words["hide"])).to_contain_text("]")
    await bar.press_sequentially(words["hide"])
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("complementary", name=words["contact"])).to_have_count(0)
    await expect(agent.field).to_be_focused()

    await page.keyboard.press("Control+k")
    await bar.press_sequentially("@example.com")  # an address that only the server holds of all customers
    customer = page.get_by_role("group", name=words["customers"]).get_by_role("option").first
    await expect(customer).to_be_visible()
    name = await customer.locator(".mid").text_content()
    await customer.click()
    await expect(page.get_by_role("heading", name=str(name)).first).to_be_visible()

    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("group", name=words["recent"]).get_by_role("option").first).to_be_visible()
    await bar.press_sequentially(words["teams"])
    await page.get_by_role("group", name=words["settings"]).get_by_role("option").first.click()
    await expect(page).to_have_url(re.compile("/settings/teams$"))
    await page.keyboard.press("Control+k")
    await bar.press_sequentially("zzz nothing zzz")
    await expect(page.get_by_text("zzz nothing zzz")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(bar).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_finger_gets_everywhere_on_a_phone(
    appliance: Appliance, browser: Browser, watch: Watch, language: str
) -> None:
    agent = await Agent.signed_in(browser, watch, appliance, language)
    cookies = await agent.page.context.storage_state()
    phone = await browser.new_context(
        storage_state=cookies, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844},
        locale={"en": "en-GB", "zh": "zh-CN"}[language],
    )  # fmt: skip
    watch.attach(phone)
    page, words = await phone.new_page(), WORDS[language]
    await page.goto(appliance.url)
    rows = page.get_by_role("listbox")
    await page.get_by_role("button", name=words["filter"]).tap()
    await page.get_by_role("checkbox", name=words["unread"]).tap()
    await page.get_by_role("button", name=words["clear"]).first.tap()
    await page.get_by_role("button", name=words["filter"]).tap()
    await rows.get_by_role("option").first.tap()
    await expect(page.get_by_role("log")).to_be_visible()
    await expect(rows).to_be_hidden()
    await page.get_by_role("button", name=words["show"]).tap()
    side = page.get_by_role("complementary", name=words["contact"])
    await expect(side).to_be_visible()
    assert await fits(page)
    await side.get_by_role("button", name=words["close"]).tap()
    await expect(side).to_have_count(0)
    await page.get_by_role("button", name=words["back"]).tap()
    await expect(rows).to_be_visible()
    await page.get_by_role("link", name=words["settings"]).tap()
    await page.get_by_role("link", name=words["teams"]).tap()
    await expect(page.get_by_role("heading", name=words["teams"])).to_be_visible()
    await page.locator("a.settings-back").tap()
    await expect(page.get_by_role("heading", name=words["teams"])).to_have_count(0)
