"""The desk closes while a visitor types: shared hours at the console, the form with his words, a ticket."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import Struct
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.journeys.people import PATIENCE_MS
from tests.journeys.scene import Scene, console
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full


class Words(Struct, frozen=True):
    """What both sides read."""

    locale: str
    add: str
    name: str
    period: str
    holiday: str
    day: str
    holiday_name: str
    save: str
    start: str
    field: str
    closed: str
    again: str
    question: str
    carried: str
    address: str
    leave: str
    left: str
    text: str
    days: tuple[str, ...]


ENGLISH = Words(
    "en-GB", "Add opening hours", "Name", "Add a period on {}", "Add a holiday", "Day", "Name in English", "Save",
    "Start a conversation", "Your message", "We are closed", "Open again", "Your question", "Taken along from the chat",
    "E-mail or phone", "Leave it and get a number", "Your number is", "The spout is cracked.",
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)  # fmt: skip
CHINESE = Words(
    "zh-CN", "添加营业时间", "名称", "为{}添加时段", "添加节假日", "日期", "中文名称", "保存", "开始会话", "消息内容",
    "现在不在营业时间", "恢复服务", "问题", "已从聊天带入", "邮箱或手机", "留言，拿到受理号", "受理号",
    "壶嘴裂了一条。",
    ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
)  # fmt: skip


async def opened(browser: Browser, watch: Watch, locale: str) -> BrowserContext:
    context = await browser.new_context(locale=locale, viewport={"width": 1440, "height": 900}, timezone_id="UTC")
    context.set_default_timeout(PATIENCE_MS)
    watch.attach(context)
    return context


async def typing(context: BrowserContext, scene: Scene, inbox: str, words: Words) -> Page:
    """A visitor in the middle of his first message."""
    page = await context.new_page()
    await page.clock.install()
    await page.goto(f"{scene.url}/chat/{inbox}")
    await page.get_by_role("button", name=words.start).click()
    await page.get_by_role("textbox", name=words.field).fill(words.text)
    return page


async def somebody_is_there(scene: Scene, inbox: str) -> None:
    """Waits until the desk says so: else the form stands in the chat's place from the beginning."""
    token, _ = scene.desk.visitor(inbox)
    async with asyncio.timeout(PATIENCE_MS / 1_000):
        while scene.visitor("GET", "reception", token, {})["online"] == 0:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
async def test_the_desk_closes_while_he_types(scene: Scene, browser: Browser, watch: Watch, words: Words) -> None:
    inbox = scene.desk.inbox()
    scene.agent("PATCH", f"inboxes/{inbox}", {"widget": {"away": "form"}})
    desk = await console(await opened(browser, watch, words.locale), scene, "/settings/hours")
    await somebody_is_there(scene, inbox)
    visitor = await typing(await opened(browser, watch, words.locale), scene, inbox, words)
    name = f"{words.name} {inbox[-6:]}"
    await desk.get_by_role("button", name=words.add).click()
    await desk.get_by_role("textbox", name=words.name, exact=True).fill(name)
    later = words.days[(datetime.now(UTC) + timedelta(days=3)).weekday()]  # so that it is closed now, and at midnight
    await desk.get_by_role("button", name=words.period.format(later)).click()
    await desk.get_by_role("button", name=words.holiday).click()
    await desk.get_by_label(words.day, exact=True).fill("2031-05-01")
    await desk.get_by_label(words.holiday_name).fill("May Day")
    await desk.get_by_role("button", name=words.save).click()
    await expect(desk.get_by_role("row").filter(has_text=name)).to_contain_text("9:00–18:00")
    told = scene.desk.ask("GET", "/api/v1/schedules")["schedules"]
    (schedule,) = [one for one in told if one["name"] == name]
    assert [one["date"] for one in schedule["hours"]["holidays"]] == ["2031-05-01"]

    scene.agent("PATCH", f"inboxes/{inbox}", {"schedule_id": schedule["id"]})  # and the door is shut
    await visitor.clock.fast_forward(61_000)  # when the page looks again
    await expect(visitor.get_by_role("heading", name=words.closed)).to_be_visible()
    await expect(visitor.get_by_text(words.again)).to_be_visible()
    await expect(visitor.get_by_label(words.question)).to_have_value(words.text)
    await expect(visitor.get_by_text(words.carried)).to_be_visible()
    await visitor.get_by_label(words.address).fill("lin@example.com")
    await visitor.get_by_role("button", name=words.leave).click()
    number = visitor.locator(".done-number")
    await expect(number).to_contain_text(words.left)
    tickets = scene.desk.ask("GET", "/api/v1/tickets?type=message&sort=created&limit=50")["tickets"]
    (ticket,) = [one["ticket"] for one in tickets if one["contact"]["id"] == _contact(scene, inbox)]
    assert (ticket["title"], ticket["type"]) == (words.text, "message")
    await expect(number).to_contain_text(str(ticket["number"]))


async def test_who_waits_and_types_on_is_given_the_form_when_it_closes(
    scene: Scene, browser: Browser, watch: Watch
) -> None:  # fmt: skip
    inbox = scene.desk.inbox()
    scene.agent("PATCH", f"inboxes/{inbox}", {"widget": {"away": "form"}})
    await console(await opened(browser, watch, "en-GB"), scene, "/")
    await somebody_is_there(scene, inbox)
    page = await typing(await opened(browser, watch, "en-GB"), scene, inbox, ENGLISH)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".foot")).to_contain_text("Sent")
    await page.get_by_role("textbox", name="Your message").fill("And the lid?")
    later = (datetime.now(UTC) + timedelta(days=3)).isoweekday()
    hours = {"zone": "UTC", "periods": [{"day": later, "opens": 540, "closes": 600}]}
    scene.agent("PATCH", f"inboxes/{inbox}", {"widget": {"away": "form", "hours": hours}})
    await page.clock.fast_forward(61_000)
    await expect(page.get_by_label("Anything to add")).to_have_value("And the lid?")
    await page.get_by_label("E-mail or phone").fill("lin@example.com")
    await page.get_by_role("button", name="Leave it and get a number").click()
    await page.get_by_role("button", name="Show the conversation").click()
    log = page.get_by_role("log")
    await expect(log).to_contain_text("The spout is cracked.")
    await expect(log).to_contain_text("And the lid?")
    await expect(log).to_contain_text("We have your message.")


def _contact(scene: Scene, inbox: str) -> str:
    """Who has written at this inbox."""
    rows = scene.desk.ask("GET", "/api/v1/conversations?view=all&limit=200")["conversations"]
    (row,) = [one for one in rows if one["conversation"]["inbox_id"] == inbox]
    return str(row["contact"]["id"])
