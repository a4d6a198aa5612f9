"""The widget in a real Chrome 87: opened, written in, answered, a picture sent, in the colours that were meant."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Frame, Page

from tests.journeys.appliance import Appliance
from tests.journeys.chrome87 import old_chrome
from tests.journeys.desk import Desk
from tests.journeys.people import INBOX
from tests.journeys.test_talk import png

pytestmark = pytest.mark.full

_PATIENCE_SECONDS = 90.0
_POLL_SECONDS = 0.05
# The element that a person would mean by these words: a control by its name, or a field by its label.
_NAMED = """([selector, words]) => {
  const roots = [document, ...[...document.querySelectorAll('monodesk-widget')].map(({ shadowRoot }) => shadowRoot)];
  const all = [].concat(...roots.map((root) => [...root.querySelectorAll(selector)]));
  const named = (one) => `${one.getAttribute('aria-label') || ''} ${one.textContent} ${one.placeholder || ''}`;
  const found = all.find((one) => named(one).includes(words) && one.getBoundingClientRect().width > 0);
  if (!found) return null;
  found.scrollIntoView({ block: 'nearest' });
  const { left, top, width, height } = found.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""


@pytest.fixture
async def chrome() -> AsyncIterator[Browser]:
    async with old_chrome() as browser:
        yield browser


async def test_a_visitor_talks_and_sends_a_picture(appliance: Appliance, chrome: Browser, tmp_path: Path) -> None:
    page = await chrome.contexts[0].new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    assert "Chrome/87." in await page.evaluate("navigator.userAgent")
    await page.goto(f"{appliance.url}/demo?lang=en")
    await _press(page, page.main_frame, "button", "Open chat")
    launcher = "document.querySelector('monodesk-widget').shadowRoot.querySelector('.launch')"
    await _becomes(page.main_frame, f"() => getComputedStyle({launcher}).backgroundColor !== 'rgba(0, 0, 0, 0)'")
    frame = await _chat(page)

    await _press(page, frame, "button", "Start a conversation")
    await _write(page, frame, "Does the kettle whistle?")
    await _becomes(frame, "() => /Sent/.test(document.querySelector('[role=log]').textContent)")
    with Desk(appliance.port, _owner(appliance)) as desk:
        conv = _asked(desk, "Does the kettle whistle?")
        desk.ask("POST", f"/api/v1/conversations/{conv}/take", {})
        desk.say(conv, "It hums.")
        await _becomes(frame, "() => document.querySelector('[role=log]').textContent.includes('It hums.')")

        picture = tmp_path / "kettle.png"
        picture.write_bytes(png(40, 30))
        await frame.locator("input[type=file]").set_input_files(picture)
        await _becomes(
            frame,
            "() => document.querySelector('.chosen')"
            " && !document.querySelector('.chosen progress, .chosen [role=progressbar]')",
        )
        await _press(page, frame, "textarea", "")
        await page.keyboard.press("Enter")
        await _becomes(
            frame,
            "() => [...document.querySelectorAll('[role=log] img')].some(({ naturalWidth }) => naturalWidth === 40)",
        )
        sent = desk.ask("GET", f"/api/v1/conversations/{conv}/messages")["messages"]
        assert [file["name"] for message in sent for file in message.get("files") or []] == ["kettle.png"]
    assert broken == []


async def test_what_is_asked_first_and_the_rating(appliance: Appliance, chrome: Browser) -> None:
    page = await chrome.contexts[0].new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    with Desk(appliance.port, _owner(appliance)) as desk:
        fields = {"email": "required", "consent": {"en": "I agree."}}
        desk.ask("PATCH", f"/api/v1/inboxes/{INBOX}", {"widget": {"fields": fields}})
        await page.goto(f"{appliance.url}/demo?lang=en")
        await _press(page, page.main_frame, "button", "Open chat")
        frame = await _chat(page)
        await _press(page, frame, "button", "Start a conversation")
        await _press(page, frame, "input[type=email]", "")
        await page.keyboard.insert_text("lin@example.com")
        await _press(page, frame, "input[type=checkbox]", "")
        await _press(page, frame, "button", "Start the conversation")
        await _write(page, frame, "Is the lid glass?")
        await _becomes(frame, "() => /Sent/.test(document.querySelector('[role=log]').textContent)")
        conv = _asked(desk, "Is the lid glass?")
        desk.say(conv, "It is.")
        desk.ask("POST", f"/api/v1/conversations/{conv}/resolve", {})
        await _press(page, frame, ".rate-invite button", "Good")
        await _press(page, frame, ".chips button", "Quick answers")
        await _press(page, frame, "button", "Submit")
        await _becomes(frame, "() => /You rated it: Good/.test(document.body.textContent)")
        contact = desk.ask("GET", f"/api/v1/conversations/{conv}")["contact"]
        detail = desk.ask("GET", f"/api/v1/contacts/{contact['id']}")
    assert (contact["email"], [one["score"] for one in detail["ratings"]]) == ("lin@example.com", [4])
    assert broken == []


async def test_colours_are_those_that_were_meant(appliance: Appliance, chrome: Browser) -> None:
    page = await chrome.contexts[0].new_page()
    await page.goto(f"{appliance.url}/demo?lang=en")
    await _press(page, page.main_frame, "button", "Open chat")
    frame = await _chat(page)
    await _press(page, frame, "button", "Start a conversation")
    await _write(page, frame, "Which colour is it?")
    await _becomes(frame, "() => document.querySelector('.bub')")
    launcher = "document.querySelector('monodesk-widget').shadowRoot.querySelector('.launch')"
    grounds = [
        await page.evaluate(f"getComputedStyle({launcher}).backgroundColor"),
        await frame.evaluate("getComputedStyle(document.querySelector('.bub')).backgroundColor"),
    ]
    for ground in grounds:
        assert _contrast_with_white(ground) >= 4.5, grounds
    tokens = await frame.evaluate(
        "['--accent', '--accent-fill', '--bg-surface', '--text-1', '--line-1'].map((name) => "
        "getComputedStyle(document.documentElement).getPropertyValue(name).trim())"
    )
    assert all(re.match(r"#|rgb", value) for value in tokens), tokens
    drawn = await frame.evaluate(
        "[getComputedStyle(document.querySelector('.wid')).backgroundColor,"
        " getComputedStyle(document.querySelector('.wid')).color]"
    )
    assert "rgba(0, 0, 0, 0)" not in drawn


async def test_the_desk_says_kindly_that_the_browser_is_too_old(appliance: Appliance, chrome: Browser) -> None:
    page = await chrome.contexts[0].new_page()
    await page.goto(appliance.url)
    await _becomes(page.main_frame, "() => /浏览器/.test(document.body.innerText)")
    shown = await page.evaluate("document.body.innerText")
    assert re.search(r"browser", shown)
    assert not re.search(r"JavaScript", shown)
    ground, ink = await page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert ground != ink


async def _chat(page: Page) -> Frame:
    """The widget's frame, when it has come."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not (found := [frame for frame in page.frames if "/chat/" in frame.url]):
            await asyncio.sleep(_POLL_SECONDS)
    return found[0]


async def _press(page: Page, frame: Frame, selector: str, words: str) -> None:
    """Clicks where the control of this name stands."""
    found: list[float] | None = None
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while (found := await frame.evaluate(_NAMED, [selector, words])) is None:
            await asyncio.sleep(_POLL_SECONDS)
    left, top = await _corner(page, frame)
    await page.mouse.click(left + found[0], top + found[1])


async def _corner(page: Page, frame: Frame) -> tuple[float, float]:
    if frame is page.main_frame:
        return 0, 0
    box = "document.querySelector('monodesk-widget').shadowRoot.querySelector('iframe').getBoundingClientRect()"
    left, top = await page.evaluate(f"(() => {{ const box = {box}; return [box.left, box.top]; }})()")
    return left, top


async def _write(page: Page, frame: Frame, text: str) -> None:
    await _press(page, frame, "textarea", "")
    await page.keyboard.insert_text(text)
    await page.keyboard.press("Enter")


async def _becomes(frame: Frame, script: str) -> None:
    """Waits until this is so."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await frame.evaluate(script):
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise AssertionError(f"never: {script}\n{await frame.evaluate('document.body.innerText')}") from None


def _owner(appliance: Appliance) -> str:
    with Desk(appliance.port) as desk:
        desk.ask("POST", "/api/v1/session/demo", {"token": appliance.demo_link("周可").partition("=")[2]})
        return desk.cookie


def _asked(desk: Desk, question: str) -> str:
    rows: list[dict[str, Any]] = desk.ask("GET", "/api/v1/conversations?view=unassigned&limit=200")["conversations"]
    return str(next(row["conversation"]["id"] for row in rows if question in str(row["conversation"])))


def _contrast_with_white(colour: str) -> float:
    """WCAG 2.2, contrast ratio; a transparent colour has none."""
    parts = [float(part) for part in re.findall(r"[\d.]+", colour)]
    if len(parts) == 4 and parts[3] < 1:
        return 1.0
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in parts[:3])
    ]
    luminance = sum(value * weight for value, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
    return 1.05 / (luminance + 0.05)
