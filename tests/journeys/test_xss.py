"""Whatever people, browsers and files say of themselves is text: in every view, live and from the store.

Every payload goes through every field; no dialog, no report of a broken policy, no element, and it is read as written.
"""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from app.contacts.claims import one_line
from tests.journeys.payloads import as_drawn, payloads
from tests.journeys.scene import NewContext, Scene, console, name_of, shown, texts_of
from tests.journeys.site import Site

pytestmark = pytest.mark.full

PAYLOADS = payloads()
_PARTS = 8  # each line drawn costs the more, the longer the thread
_NOW = """() => {
  const text = (selector) => document.querySelector(selector)?.textContent ?? null;
  return {
    header: text('.thread-head h1 .cut'), pane: text('.side h2'), row: text('.conv.on .conv-name'),
    words: text('.conv.on .conv-words > .cut'), unsent: text('.ghost-bub'), page: text('.trail li .cut'),
    facts: [1, 2, -1].map((place) => [...document.querySelectorAll('.facts dd')].at(place)?.textContent),
    fact: [...document.querySelectorAll('.facts dt')].pop()?.textContent,
  };
}"""


@pytest.mark.parametrize("part", range(_PARTS))
async def test_words_names_and_pages_of_a_conversation_are_text(guarded: NewContext, scene: Scene, part: int) -> None:
    """Message, reply, note, unsent words, names of both, facts, pages: as they come, then from the store."""
    texts = PAYLOADS[part::_PARTS]
    with Site() as shop:
        shop.pages["/"] = f'<h1>A shop</h1><script src="{scene.url}/widget.js" data-inbox="{scene.inbox}"></script>'
        visiting = await guarded()
        page = await visiting.new_page()
        async with page.expect_response(lambda answer: answer.url.endswith("/visitor/session")) as session:
            await page.goto(shop.url)
            await page.get_by_role("button", name="Open chat").click()
        visitor = await (await session.value).json()
        await page.frame_locator("iframe").get_by_role("button", name="Start a conversation").click()
        (frame,) = (one for one in page.frames if one.url.startswith(scene.url))
        conv = scene.visitor("POST", "messages", visitor["token"], {"text": "Hello."})["conv"]
        scene.agent("POST", f"conversations/{conv}/take", {})
        desk = await console(await guarded(), scene, f"/c/{conv}")
        await shown(desk, texts_of(".words"), ["Hello."])
        await expect(desk.locator(".thread-head .badge")).to_have_text("Online")  # known as soon as the line is live
        for number, text in enumerate(texts):
            await _tell(scene, desk, conv, visitor, text, titled=number % 2 == 0)
        for text in texts:
            _say(scene, conv, visitor["token"], text)
        said = ["Hello.", *(drawn for text in texts for drawn in (text, as_drawn(text)))]
        await shown(frame, texts_of(".bub"), said)
        lines = ["Hello.", *(drawn for text in texts for drawn in (text, as_drawn(text), as_drawn(text)))]
        await shown(desk, texts_of(".words"), lines)
        names = await frame.evaluate(texts_of(".say .who b, .event"))
        assert {name_of(text) for text in texts} <= {
            part for name in names for part in (name, name.partition(" joined")[0])
        }
        await desk.reload()
        await shown(desk, f"() => ({texts_of('.words')})().slice(-20)", lines[-20:])


async def _tell(scene: Scene, desk: Page, conv: str, visitor: dict[str, Any], text: str, *, titled: bool) -> None:
    """One payload as what is known of a visitor and as what he has not sent; waits until the agent sees all of it."""
    name = one_line(text)
    email = f"x{re.sub('[^!-?A-~]', '', text)[:50]}@shop.example"  # as near to it as an address may be
    facts = {"name": text, "email": email, "phone": "+49 30 123456", "attributes": {text[:60]: text}}
    scene.agent("PATCH", f"contacts/{visitor['contact_id']}", facts)
    looked = {"t": "page", "url": text, "title": text if titled else "", "referrer": text}
    scene.visitor("POST", "frames", visitor["token"], looked)
    scene.visitor("POST", "frames", visitor["token"], {"t": "typing", "conv": conv, "on": True, "text": text})
    seen = {"header": name, "pane": name, "row": name, "words": text, "unsent": text, "page": text}
    await shown(desk, _NOW, {**seen, "facts": [email, "+49 30 123456", text], "fact": text[:60]})


def _say(scene: Scene, conv: str, token: str, text: str) -> None:
    """One payload as message, reply and note, and as the name of who replies."""
    scene.agent("PATCH", "me", {"name": name_of(text)})
    scene.visitor("POST", "messages", token, {"conv": conv, "text": text})
    for note in (False, True):
        scene.agent("POST", f"conversations/{conv}/messages", {"text": text, "note": note})
