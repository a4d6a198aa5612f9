"""What administrators, visitors and pages write around a conversation is text wherever it is read."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.journeys.payloads import payloads
from tests.journeys.scene import NewContext, Scene, console, shown, texts_of
from tests.journeys.site import Site

pytestmark = pytest.mark.full

SOME = payloads()[::16]
_KEY_MAX = 60


def line(text: str) -> str:
    """As one line of what can be shown, which is how the desk keeps it."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _inbox(scene: Scene, text: str) -> str:
    """An inbox whose every word is this."""
    both = {"en": text, "zh": text}
    fields = {"free": "optional", "free_label": both, "consent": both, "consent_link": "https://shop.example/"}
    widget: dict[str, Any] = {"label": both, "invitation": both, "invitation_seconds": 0, "fields": fields}
    return str(scene.agent("POST", "inboxes", {"name": "Shop", "widget": widget})["inbox"]["id"])


async def test_what_an_inbox_says_on_the_page_and_asks_is_text(guarded: NewContext, scene: Scene) -> None:
    """Label and invitation in somebody's page; the field and the consent in the frame."""
    context = await guarded()
    page = await context.new_page()
    with Site() as shop:
        for text in SOME:
            inbox = _inbox(scene, text)
            shop.pages["/"] = f'<h1>A shop</h1><script src="{scene.url}/widget.js" data-inbox="{inbox}"></script>'
            await page.goto(shop.url)
            inside = "document.querySelector('monodesk-widget').shadowRoot.querySelector"
            drawn = text.replace("\r\n", "\n")
            await shown(page, f"() => [{inside}('.label').textContent, {inside}('.words').textContent]", [text, text])
            await page.get_by_role("button", name="Open chat").click()
            frame = page.frame_locator("iframe")
            await frame.get_by_role("button", name="Start a conversation").click()
            await expect(frame.locator(".consent .check")).to_be_visible()
            (inner,) = (one for one in page.frames if one.url.startswith(scene.url))
            await shown(inner, texts_of(".consent .check span"), [text])
            await shown(inner, texts_of(".wform label"), [f"{text} (optional)", text])
            assert drawn in (await inner.evaluate("document.body.textContent")).replace("\r\n", "\n")


async def test_what_is_said_of_and_by_a_visitor_is_text(guarded: NewContext, scene: Scene) -> None:
    """Claims, events and ratings beside a conversation, and the rating's line in it."""
    inbox = scene.desk.inbox()
    desk = await console(await guarded(), scene, "/")
    for text in SOME:
        token, _ = scene.desk.visitor(inbox)
        key = line(text)[:_KEY_MAX].strip()
        scene.visitor("PATCH", "contact", token, {"name": text, "attributes": {text[:_KEY_MAX]: text}})
        scene.visitor("POST", "events", token, {"name": text[:_KEY_MAX], "data": {text[:_KEY_MAX]: text}})
        conv = scene.visitor("POST", "messages", token, {"text": "Hello."})["conv"]
        scene.agent("POST", f"conversations/{conv}/messages", {"text": "Hello."})
        scene.agent("POST", f"conversations/{conv}/resolve", {})
        scene.visitor("PUT", f"conversations/{conv}/rating", token, {"score": 4, "text": text})
        await desk.goto(f"{scene.url}/c/{conv}")
        rated, happened = text.strip(), f"{key} · {key} {line(text)}"
        await shown(desk, texts_of(".ratings .grow"), [rated, happened])
        said = await desk.evaluate(texts_of(".claimed"))
        assert said == [f"Said by the visitor or the page, not verified: {key}, name"]
        await expect(desk.get_by_role("log")).to_contain_text(f"4 of 5: {rated}")
