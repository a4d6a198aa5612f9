"""Whatever people, browsers and files say of themselves is text: in every view, live and from the store.

Every payload goes through every field; no dialog, no report of a broken policy, no element, and it is read as written.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Frame, Page, expect

from app.settings import Limits
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk
from tests.journeys.guard import Guard
from tests.journeys.payloads import payloads
from tests.journeys.people import PATIENCE_MS
from tests.journeys.site import Site
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

PAYLOADS = payloads()
# One visitor says here in a second what others say in an hour, and a desk has a thousand names.
_LIMITS = {
    name: "100000" for name in Limits.__struct_fields__ if name.endswith(("_frames_per_second", "_frames_burst"))
}
_LIMITS |= {"inboxes_max": "1000", "teams_max": "1000"}


class Scene:
    """A desk, and the REST calls by which its people say what they say."""

    def __init__(self, server: Appliance, desk: Desk) -> None:
        self.server = server
        self.desk = desk
        self.url = server.url
        self.inbox = desk.inbox()

    def visitor(self, method: str, path: str, token: str, body: dict[str, Any]) -> Any:
        """One request of a visitor."""
        fields = {"Authorization": f"Bearer {token}", "Idempotency-Key": os.urandom(16).hex(), "Cookie": ""}
        return self.desk.ask(method, f"/api/v1/visitor/{path}", body, fields)

    def agent(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """One request of the owner."""
        return self.desk.ask(method, f"/api/v1/{path}", body, {"Idempotency-Key": os.urandom(16).hex()})


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with pytest.MonkeyPatch.context() as environment, ExitStack() as leaving:
        for name, value in _LIMITS.items():
            environment.setenv(f"MONODESK_LIMITS_{name.upper()}", value)
        server = Appliance(tmp_path_factory.mktemp("xss") / "data")
        server.start()
        leaving.callback(server.kill)
        yield Scene(server, leaving.enter_context(Desk.founded(server.data, server.port)))


@pytest.fixture
async def guarded(browser: Browser, watch: Watch) -> AsyncIterator[Callable[[], Any]]:
    """Makes browsers that are watched; whatever the test, nothing took effect in them."""
    guard = Guard()

    async def context() -> BrowserContext:
        made = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
        made.set_default_timeout(PATIENCE_MS)
        watch.attach(made)
        await guard.attach(made)
        return made

    yield context
    assert guard.effects == []


async def console(context: BrowserContext, scene: Scene, path: str) -> Page:
    """The owner's console at this address."""
    name, _, value = scene.desk.sign_in().partition("=")
    await context.add_cookies([{"name": name, "value": value, "url": scene.url}])
    page = await context.new_page()
    await page.goto(f"{scene.url}{path}")
    return page


async def shown(window: Page | Frame, script: str, expected: object) -> None:
    """Waits until what the window shows is exactly this."""
    found: object = None
    try:
        async with asyncio.timeout(PATIENCE_MS / 1_000):
            while found != expected:
                found = await window.evaluate(script)
    except TimeoutError:
        pass
    assert found == expected


def name_of(text: str, characters_max: int = 80) -> str:
    """A payload as it is kept where a name is one line of at most so many characters."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line[:characters_max].strip()


_TEXTS = "(selector) => [...document.querySelectorAll(selector)].map(({ textContent }) => textContent)"
_NOW = """() => {
  const text = (selector) => document.querySelector(selector)?.textContent ?? null;
  return {
    header: text('.thread-head h1 .cut'), pane: text('.side h2'), row: text('.conv.on .conv-name'),
    words: text('.conv.on .conv-words > .cut'), unsent: text('.ghost-bub'), page: text('.trail li .cut'),
    facts: [1, 2, -1].map((place) => [...document.querySelectorAll('.facts dd')].at(place)?.textContent),
    fact: [...document.querySelectorAll('.facts dt')].pop()?.textContent,
  };
}"""


@pytest.mark.parametrize("part", range(5))
async def test_words_names_and_pages_of_a_conversation_are_text(guarded: Any, scene: Scene, part: int) -> None:
    """Message, reply, note, unsent words, names of both, facts, pages: as they come, then from the store."""
    texts = PAYLOADS[part::5]
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
        await shown(desk, f"() => ({_TEXTS})('.words')", ["Hello."])
        await expect(desk.locator(".thread-head .badge")).to_have_text("Online")  # known as soon as the line is live
        for number, text in enumerate(texts):
            await _tell(scene, desk, conv, visitor, text, titled=number % 2 == 0)
        for text in texts:
            _say(scene, conv, visitor["token"], text)
        said = ["Hello.", *(text for text in texts for _ in range(2))]
        await shown(frame, f"() => ({_TEXTS})('.bub')", said)
        lines = ["Hello.", *(text for text in texts for _ in range(3))]
        await shown(desk, f"() => ({_TEXTS})('.words')", lines)
        names = await frame.evaluate(f"() => ({_TEXTS})('.say .who b, .event')")
        assert {name_of(text) for text in texts} <= {
            part for name in names for part in (name, name.partition(" joined")[0])
        }
        await desk.reload()
        await shown(desk, f"() => ({_TEXTS})('.words').slice(-20)", lines[-20:])


async def _tell(scene: Scene, desk: Page, conv: str, visitor: dict[str, Any], text: str, *, titled: bool) -> None:
    """One payload as what is known of a visitor and as what he has not sent; waits until the agent sees all of it."""
    name = text.strip()
    facts = {"name": text, "email": text, "phone": text, "attributes": {text[:60]: text}}
    scene.agent("PATCH", f"contacts/{visitor['contact_id']}", facts)
    looked = {"t": "page", "url": text, "title": text if titled else "", "referrer": text}
    scene.visitor("POST", "frames", visitor["token"], looked)
    scene.visitor("POST", "frames", visitor["token"], {"t": "typing", "conv": conv, "on": True, "text": text})
    seen = {"header": name, "pane": name, "row": name, "words": text, "unsent": text, "page": text}
    await shown(desk, _NOW, {**seen, "facts": [name, name, text], "fact": text[:60]})


def _say(scene: Scene, conv: str, token: str, text: str) -> None:
    """One payload as message, reply and note, and as the name of who replies."""
    scene.agent("PATCH", "me", {"name": name_of(text)})
    scene.visitor("POST", "messages", token, {"conv": conv, "text": text})
    for note in (False, True):
        scene.agent("POST", f"conversations/{conv}/messages", {"text": text, "note": note})
