"""A thread of five thousand messages: all of them can be reached, few are drawn, and nothing moves under the reader."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from app.settings import Settings
from tests.clock import ManualClock
from tests.domain import Domain
from tests.journeys.appliance import Appliance
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

_MESSAGES = 5_000
_AT_ONCE = 200
_DRAWN_MAX = 90  # as in chat/window.ts
_HOURS_MS = 3_600_000

# Page by page to the first message: what was seen, how many were drawn at most, how far a line moved when a page came.
_TO_THE_TOP = """async () => {
    const thread = document.querySelector('.wthread');
    const lines = () => [...thread.querySelectorAll('[data-line]')];
    const frame = () => new Promise(requestAnimationFrame);
    const top = (element) => element.getBoundingClientRect().top;
    const whole = () => thread.querySelector('.intro') !== null;
    const seen = new Set();
    let drawn = 0;
    let moved = 0;
    const FRAMES_MAX = 3_000; // a page comes with the next one; on a busy machine a frame may be long
    for (;;) {
        for (const { textContent } of thread.querySelectorAll('.bub')) seen.add(textContent);
        drawn = Math.max(drawn, lines().length);
        if (whole()) return [[...seen].length, drawn, moved];
        const first = lines()[0].dataset.line;
        thread.scrollTop = 0;
        const line = lines().find((one) => one.getBoundingClientRect().bottom > top(thread));
        const before = top(line);
        for (let frames = 0; lines()[0].dataset.line === first && !whole(); frames += 1) {
            if (frames === FRAMES_MAX) return [[...seen].length, drawn, `no page came: at ${thread.scrollTop}`];
            await frame();
        }
        moved = Math.max(moved, line.isConnected ? Math.ceil(Math.abs(top(line) - before)) : Infinity);
    }
}"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Appliance]:
    server = Appliance(tmp_path / "data")
    server.start()
    server.stop()
    yield server
    server.kill()


async def _talked(data: Path) -> tuple[str, str]:
    """Two people have talked for days, and both have read it all; inbox and the visitor's token."""
    clock = ManualClock(int(time.time() * 1_000) - 100 * _HOURS_MS)
    async with Domain(data / "monodesk.db", Settings(data=data), clock) as domain:
        inbox = await domain.inbox()
        session = await domain.visitors.session(inbox)
        agent = await domain.agent("Ann", "owner")
        people = (session.visitor, agent)
        conv = (await domain.say(session.visitor, "line 0")).conv
        for start in range(1, _MESSAGES, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, _MESSAGES))
            clock.advance(200)
            await asyncio.gather(*(domain.say(people[n % 2], f"line {n}" + " word" * (n % 17), conv) for n in numbers))
        await domain.conversations.read(session.visitor, conv, 2 * _MESSAGES)
        return inbox, session.token


async def test_five_thousand_messages(server: Appliance, browser: Browser, watch: Watch) -> None:
    inbox, token = await _talked(server.data)
    server.start()
    context = await browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    watch.attach(context)
    page = await context.new_page()
    await page.goto(f"{server.url}/healthz")
    await page.evaluate(f"localStorage.setItem('monodesk.token.{inbox}', '{token}')")
    await page.goto(f"{server.url}/chat/{inbox}")
    last = page.locator(".bub").last
    await expect(last).to_contain_text(f"line {_MESSAGES - 1}")
    await expect(last).to_be_in_viewport()

    seen, drawn, moved = await page.evaluate(_TO_THE_TOP)
    assert moved in (0, 1)
    assert seen == _MESSAGES
    assert drawn <= _DRAWN_MAX
    await page.get_by_role("button", name="回到最新消息").click()
    await expect(last).to_contain_text(f"line {_MESSAGES - 1}")
    await expect(last).to_be_in_viewport()
