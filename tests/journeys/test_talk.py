"""A visitor on a web page talks with an agent in another browser."""

import asyncio
import struct
import zlib
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import PATIENCE_MS, Agent, Visitor
from tests.journeys.proxy import FaultProxy
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

TEXTS = {
    "en": ("Where is order 4711?", "It left us this morning.", "Thanks, when will it be here", "Tomorrow before noon."),
    "zh": ("订单4711在哪里？", "今天早上已经发出。", "谢谢，什么时候到", "明天中午之前。"),
}


@pytest.mark.parametrize("host", ["127.0.0.1", "desk.lan"])
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_both_see_each_other(
    appliance: Appliance, browser: Browser, watch: Watch, language: str, host: str
) -> None:
    url = f"http://{host}:{appliance.port}"
    asked, answered, unsent, last = TEXTS[language]
    visitor = await Visitor.in_shop(browser, watch, url, language)
    agent = await Agent.signed_in(browser, watch, appliance, language, url)

    await visitor.say(asked)
    await agent.open(asked)
    await agent.sees(asked)
    await visitor.sees_read()

    await agent.begin_typing(answered)
    await visitor.sees_writing()
    await agent.field.press("Enter")
    await visitor.sees(asked, answered)
    await agent.sees_read()

    await visitor.begin_typing(unsent)
    await agent.sees_unsent(unsent)
    await visitor.field.press("Enter")
    await agent.sees(asked, answered, unsent)
    await agent.say(last)
    await visitor.sees(asked, answered, unsent, last)


async def test_both_reload_and_go_on(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("A first line")
    await agent.open("A first line")
    await agent.say("A second line")
    await visitor.sees("A first line", "A second line")

    await visitor.page.reload()
    await agent.page.reload()

    await visitor.sees("A first line", "A second line")
    await agent.sees("A first line", "A second line")
    await visitor.say("A third line")
    await agent.sees("A first line", "A second line", "A third line")
    await agent.say("A fourth line")
    await visitor.sees("A first line", "A second line", "A third line", "A fourth line")


async def test_a_page_fetched_late_takes_no_live_line_away(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    """After a reload the thread's page is on its way while a line comes in; it is old by the time it arrives."""
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("A first line")
    await agent.open("A first line")
    await agent.sees("A first line")
    asked, told, arrived = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        asked.set()
        await told.wait()
        await route.fulfill(response=answer)
        arrived.set()

    await agent.page.route("**/messages?*", late)
    await agent.page.reload()
    await asyncio.wait_for(asked.wait(), PATIENCE_MS / 1_000)
    await visitor.say("A second line")
    await expect(agent.page.get_by_text("A second line").first).to_be_visible(timeout=PATIENCE_MS)
    told.set()
    await asyncio.wait_for(arrived.wait(), PATIENCE_MS / 1_000)
    await agent.sees("A first line", "A second line")

    await agent.say("A third line")
    await visitor.sees("A first line", "A second line", "A third line")
    await agent.sees("A first line", "A second line", "A third line")


async def test_a_file_each_way(appliance: Appliance, browser: Browser, watch: Watch, tmp_path: Path) -> None:
    order = tmp_path / "订单 order.csv"
    order.write_text("number,state\n4711,broken\n")
    picture = tmp_path / "label.png"
    picture.write_bytes(png(40, 30))
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("It is in this file")
    await agent.open("It is in this file")

    await visitor.attach(order)
    chip = agent.log.get_by_role("link").filter(has_text=order.name)
    async with agent.page.expect_download() as download:
        await chip.click()
    saved = await (await download.value).path()
    assert saved.read_bytes() == order.read_bytes()
    assert (await download.value).suggested_filename == order.name

    await agent.attach(picture)
    shown = visitor.log.get_by_role("img", name=picture.name)
    await expect(shown).to_be_visible()
    assert await shown.evaluate("image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [
        40,
        30,
    ]


async def test_a_private_line_stays_private(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    asked, first, private, second = "I want my money back", "One moment, please.", "A good customer", "On Friday."
    async with FaultProxy(appliance.port) as proxy:
        visitor = await Visitor.on_chat_page(browser, watch, proxy.url)
        agent = await Agent.signed_in(browser, watch, appliance)
        await visitor.say(asked)
        await agent.open(asked)

        await agent.say(first)
        await agent.note(private)
        await agent.say(second)

        await agent.sees(asked, first, private, second)
        await visitor.sees(asked, first, second)
        await visitor.page.reload()
        await visitor.sees(asked, first, second)
        await visitor.say("Thank you")
        await agent.sees(asked, first, private, second, "Thank you")
        await agent.page.reload()
        await agent.sees(asked, first, private, second, "Thank you")
        assert private not in str(proxy.received)
        assert first in str(proxy.received)


def png(width: int, height: int) -> bytes:
    """A grey picture (PNG specification, sections 5 and 11)."""
    rows = b"".join(b"\0" + bytes([128]) * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
