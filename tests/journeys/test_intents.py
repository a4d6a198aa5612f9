"""An owner teaches the desk what visitors want: an intent with phrases and a rule, tried, corrected, changed by two."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.people import PATIENCE_MS
from tests.journeys.test_console import serious
from tests.journeys.test_sources import owner_at, owner_by_rest
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

ENGRAVING = [
    "can you engrave my kettle",
    "engraving a name on the lid",
    "有刻字服务吗",
    "do you do engravings",
    "杯子能刻名字吗",
]


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Appliance]:
    """The demo with its bot: without it no engine is made."""
    server = Appliance(tmp_path / "data", options=("--demo",), environment={"MONODESK_BOT": "true"})
    server.start()
    yield server
    server.kill()


async def make_intent(page: Page, url: str) -> None:
    """With its first phrases, by the form."""
    await page.goto(f"{url}/intents")
    await page.get_by_role("button", name="New intent").first.click()
    dialog = page.get_by_role("dialog", name="New intent")
    await dialog.get_by_label("Title").fill("Engraving")
    await expect(dialog.get_by_label("Name")).to_have_value("engraving")
    await dialog.get_by_label("First phrases").fill("\n".join(ENGRAVING[:4]))
    await dialog.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("heading", name="Engraving")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.locator(".phrase-row")).to_have_count(4)


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tablist", name="Parts of the intent").get_by_role("tab", name=re.compile(f"^{name}"))


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Saved and at work")).to_be_visible(timeout=PATIENCE_MS)


def stored(appliance: Appliance, name: str) -> dict[str, Any]:
    with owner_by_rest(appliance) as desk:
        found: dict[str, Any] = desk.ask("GET", f"/api/v1/intents/{name}")
        return found


async def attempt(page: Page, text: str) -> Locator:
    """What is said of a message, at the side."""
    side = page.get_by_role("region", name="Try it")
    await side.get_by_label("What a visitor writes").fill(text)
    told = side.locator(".tried-head")
    for _ in range(60):  # the demo makes its engine at its start
        await side.get_by_role("button", name="Try", exact=True).click()
        await expect(told.or_(side.get_by_text("not at work yet"))).to_be_visible(timeout=PATIENCE_MS)
        if await told.count():
            break
        await page.wait_for_timeout(1_000)
    await expect(told).to_be_visible()
    return side


async def test_an_owner_makes_an_intent_tries_it_corrects_it_and_sees_the_correction_at_work(
    answering: Appliance, browser: Browser, watch: Watch
) -> None:
    watch.expect_outage()  # a browser writes every refusal into its console: a pattern, figures before any training
    page = await owner_at(browser, watch, answering)
    await make_intent(page, answering.url)
    await tab(page, "Rules").click()
    await page.get_by_role("button", name="Add a rule").click()
    await page.get_by_label("Pattern").fill("(put|write) my name on *")
    await expect(page.get_by_text("This pattern will do")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_label("Pattern").fill("(put|write my name on *")
    await expect(page.locator(".rule-place mark")).to_have_text("(", timeout=PATIENCE_MS)
    await page.get_by_label("Pattern").fill("(put|write) my name on *")
    await tab(page, "Replies").click()
    await page.get_by_role("button", name="Reply in English").first.click()
    await page.get_by_label("Text", exact=True).fill("Hello , we engrave.")
    await page.get_by_label("Text", exact=True).evaluate("field => field.setSelectionRange(6, 6)")
    await page.get_by_role("button", name="Insert").click()
    await page.get_by_role("menuitem", name="{contact.name}").click()
    await expect(page.get_by_label("Text", exact=True)).to_have_value("Hello {contact.name}, we engrave.")
    await save(page)

    side = await attempt(page, "write my name on the box")
    await expect(side.locator(".tried-head h3")).to_have_text("Engraving", timeout=PATIENCE_MS)
    await expect(side.locator(".tried-layers li.on")).to_contain_text("(put|write) my name on *")
    assert await serious(page) == []

    odd = "zxq wobble gizmo blorp"
    side = await attempt(page, odd)
    await expect(side.locator(".tried-layers li.on").filter(has_text="Just these words")).to_have_count(0)
    await side.get_by_label("It is", exact=True).select_option("engraving")
    await side.get_by_role("button", name="Teach this").click()
    await expect(side.locator(".tried-layers li.on")).to_contain_text("Just these words", timeout=PATIENCE_MS)
    await expect(side.locator(".tried-head h3")).to_have_text("Engraving")
    await page.get_by_role("tab", name="Corrections").click()
    await expect(page.locator(".correction-text").first).to_have_text(odd)

    await page.get_by_role("tab", name="Intents").click()
    await page.locator(".intent-what").filter(has_text="Engraving").get_by_role("link").click()
    await tab(page, "Tests").click()
    await page.get_by_role("button", name="Add a test").click()
    await page.get_by_label("Message").fill(odd)
    await page.get_by_role("button", name="Run").click()
    await expect(page.get_by_text("The test passed")).to_be_visible(timeout=PATIENCE_MS)


async def test_two_who_change_an_intent_at_once_lose_nothing(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    watch.expect_outage()  # a browser writes every refusal into its console
    page = await owner_at(browser, watch, appliance)
    await make_intent(page, appliance.url)
    await page.get_by_label("Phrases, one a line").fill(f"{ENGRAVING[4]}\nCan you engrave my kettle?")
    await expect(page.get_by_text("1 new, 1 already there")).to_be_visible()
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator(".phrase-row")).to_have_count(5)
    assert await serious(page) == []

    await tab(page, "Scope").click()
    await page.get_by_label("Title · Chinese").fill("刻字服务")
    await tab(page, "Rules").click()
    await page.get_by_role("button", name="Add a rule").click()
    await page.get_by_label("Pattern").fill("engrave *")
    with owner_by_rest(appliance) as desk:  # a colleague, meanwhile: the same title otherwise, and a reply
        theirs = stored(appliance, "engraving")
        reply = {"language": "en", "text": "We engrave for free."}
        intent = {**theirs["intent"], "title": {"en": "Engraving", "zh": "刻名字"}, "replies": [reply]}
        desk.ask("PUT", "/api/v1/intents/engraving", {"intent": intent, "version": theirs["version"]})
    await page.get_by_role("button", name="Save", exact=True).click()
    clash = page.get_by_role("alert", name="Changed by somebody else at the same time")
    await expect(clash).to_contain_text("Title", timeout=PATIENCE_MS)
    await expect(page.get_by_label("Pattern")).to_have_value("engrave *")  # mine is still there
    assert stored(appliance, "engraving")["intent"]["title"]["zh"] == "刻名字"  # nothing is decided yet
    await clash.get_by_role("button", name="Keep mine").click()
    await save(page)
    intent = stored(appliance, "engraving")["intent"]
    assert intent["title"]["zh"] == "刻字服务"
    assert [one["text"] for one in intent["replies"]] == ["We engrave for free."]
    assert [one["pattern"] for one in intent["rules"]] == ["engrave *"]


async def test_work_that_is_not_saved_is_not_left_by_accident(
    appliance: Appliance, browser: Browser, watch: Watch
) -> None:
    page = await owner_at(browser, watch, appliance)
    await make_intent(page, appliance.url)
    await tab(page, "Dialogue").click()
    for _ in range(2):
        await page.get_by_role("button", name="Ask for something").click()
    await page.get_by_label("Name", exact=True).first.fill("lid_text")
    await page.get_by_role("button", name=re.compile("^slot_2 .*: move up")).press("Alt+ArrowUp")
    await expect(page.locator(".ordered-name").first).to_contain_text("slot_2")
    await expect(page.locator(".ordered-name").first).to_be_focused()

    for leave in (page.get_by_role("link", name="All intents").click, page.go_back):
        await leave()
        dialog = page.get_by_role("dialog", name="Leave without saving?")
        await dialog.get_by_role("button", name="Stay here").click()
        await expect(dialog).to_have_count(0)
        await expect(page.locator(".ordered-name").first).to_contain_text("slot_2")
        await expect(page).to_have_url(re.compile("/intents/engraving$"))
    await page.get_by_role("heading", name="Engraving").click()
    await page.get_by_label("Name", exact=True).first.press("Control+s")
    await expect(page.get_by_text("Saved and at work")).to_be_visible(timeout=PATIENCE_MS)
    assert [slot["name"] for slot in stored(appliance, "engraving")["intent"]["slots"]] == ["slot_2", "lid_text"]

    await page.get_by_label("Name", exact=True).first.fill("gone")
    await page.get_by_role("link", name="All intents").click()
    await page.get_by_role("button", name="Leave without saving").click()
    await expect(page.locator(".intent-what").filter(has_text="Engraving")).to_be_visible()
    assert [slot["name"] for slot in stored(appliance, "engraving")["intent"]["slots"]] == ["slot_2", "lid_text"]
