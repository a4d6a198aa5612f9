"""As test_xss: what stands on a card that is put before an agent, what he says to it, and where visitors wait."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.journeys.desk import Desk
from tests.journeys.payloads import payloads
from tests.journeys.scene import NewContext, Scene, console, name_of, shown

pytestmark = pytest.mark.full

PAYLOADS = payloads()
_PARTS = 8
_EVERY = 4  # each costs two offers; what differs between them is the payload alone
_REASON_MAX = 200
_CARD = """() => ['.offer .row b', '.offer-line', '.offer-note'].map(
  (one) => document.querySelector(one)?.lastChild.textContent ?? '')"""
_PASSWORD = "four unrelated words here"


def _colleague(scene: Scene, part: int) -> tuple[str, Desk]:
    """Somebody to hand over to: his id, and his own requests."""
    email = f"offers{part}@shop.example"
    new = {"name": f"Ann {part}", "email": email, "role": "agent", "password": _PASSWORD}
    made = scene.agent("POST", "agents", new)["agent"]["id"]
    scene.agent("PATCH", f"agents/{made}", {"capacity": 100})
    desk = Desk(scene.server.port)
    desk.ask("POST", "/api/v1/session", {"email": email, "password": _PASSWORD})
    return made, desk


def _waits(scene: Scene, text: str) -> dict[str, Any]:
    """A visitor of this name, who says the same and is with the owner: the conversation."""
    token, contact = scene.desk.visitor(scene.inbox)
    scene.agent("PATCH", f"contacts/{contact}", {"name": text})
    conv = scene.visitor("POST", "messages", token, {"text": text})["conv"]
    taken: dict[str, Any] = scene.agent("POST", f"conversations/{conv}/take", {})["conversation"]
    return taken


@pytest.mark.parametrize("part", range(_PARTS))
async def test_what_an_offer_says_and_why_it_is_refused_is_text(guarded: NewContext, scene: Scene, part: int) -> None:
    """Name, last words, note of who hands over; the reason, in the thread of who is told of it."""
    ann, desk = _colleague(scene, part)
    context = await guarded()
    name, _, value = desk.cookie.partition("=")
    await context.add_cookies([{"name": name, "value": value, "url": scene.url}])
    hers = await context.new_page()
    await hers.goto(scene.url)
    await expect(hers.get_by_role("link", name="Settings").or_(hers.locator("nav.rail")).first).to_be_visible()
    owner = await console(await guarded(), scene, "/")
    with desk:
        for text in PAYLOADS[part::_PARTS][::_EVERY]:
            conv = _waits(scene, text)
            handed = {"agent_id": ann, "note": text}
            offer = scene.agent("POST", f"conversations/{conv['id']}/transfer", handed)["offer"]
            await shown(hers, "() => document.querySelectorAll('.offer').length", 1)
            title, line, note = [_plain(one) for one in await hers.evaluate(_CARD)]
            assert name_of(text) in title
            assert (line, note) == (_plain(text), _plain(text))
            desk.ask("POST", f"/api/v1/offers/{offer['id']}/refuse", {"reason": text})
            await shown(hers, "() => document.querySelectorAll('.offer').length", 0)
            await owner.goto(f"{scene.url}/c/{conv['id']}")
            told = owner.locator(".event").filter(has_text="did not take it")
            await expect(told).to_have_count(1)
            assert _plain(text)[:_REASON_MAX] in _plain(await told.inner_text())
            scene.agent("POST", f"conversations/{conv['id']}/resolve", {})


def _plain(text: str) -> str:
    """Without what nobody sees: both sides are compared by what is read."""
    return name_of(text, 10_000)
