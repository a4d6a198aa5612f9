"""What agents and administrators write of tickets is text wherever it is read: lists, board, page, settings."""

import pytest
from playwright.async_api import Page, expect

from tests.journeys.payloads import payloads
from tests.journeys.scene import NewContext, Scene, console, shown, texts_of

pytestmark = pytest.mark.full

SOME = payloads()[::24]
_NAME_MAX = 60


def line(text: str, most: int = 200) -> str:
    """As one line, which is how tickets keep titles and names."""
    return " ".join(text.replace("\0", "").split())[:most].strip()


def _ticket(scene: Scene, text: str, number: int) -> str:
    """A ticket whose every word is this, with a note, names elsewhere, a field, a status and a view of that name."""
    name = f"{number} {line(text, _NAME_MAX - 4)}"
    field = scene.agent("POST", "ticket-fields", {"kind": "text", "name_en": name})["field"]["id"]
    status = scene.agent("POST", "ticket-statuses", {"category": "waiting", "name_en": name})["status"]["id"]
    scene.agent("POST", "ticket-views", {"name": name, "query": {"q": line(text)}})
    made = {"title": text, "description": text, "fields": {field: text[:500]}, "status": status}
    ticket = str(scene.agent("POST", "tickets", made)["ticket"]["id"])
    scene.agent("POST", f"tickets/{ticket}/notes", {"text": text})
    scene.agent("POST", f"tickets/{ticket}/references", {"system": name[:100], "reference": line(text)})
    return ticket


async def test_what_a_ticket_says_is_text(guarded: NewContext, scene: Scene) -> None:
    tickets = {_ticket(scene, text, number): text for number, text in enumerate(SOME)}
    names = [f"{number} {line(text, _NAME_MAX - 4)}" for number, text in enumerate(SOME)]
    desk = await console(await guarded(), scene, "/tickets?sort=created")
    newest_first = [line(text) for text in reversed(SOME)]
    await shown(desk, texts_of("td.ticket-what .mid"), newest_first)
    await shown(desk, texts_of("td .badge:not(.line)"), names[::-1])
    await desk.goto(f"{scene.url}/tickets?show=board")
    for name in names:
        await expect(desk.locator(".board-column h2").filter(has_text=name).first).to_be_visible()
    for ticket, text in tickets.items():
        await _page_says(desk, scene, ticket, text)
    for place in ("fields", "statuses"):
        await desk.goto(f"{scene.url}/settings/{place}")
        if place == "fields":
            await desk.get_by_role("tab", name="Tickets", exact=True).click()
        for name in names:
            await expect(desk.get_by_role("cell", name=name, exact=True)).to_be_visible()
    await desk.goto(f"{scene.url}/tickets")
    await desk.get_by_role("button", name="Views").click()
    for name in names:
        await expect(
            desk.get_by_role("menuitemradio", name=name).or_(desk.get_by_role("menuitem", name=name)).first
        ).to_be_visible()


async def _page_says(desk: Page, scene: Scene, ticket: str, text: str) -> None:
    await desk.goto(f"{scene.url}/tickets/{ticket}")
    await expect(desk.get_by_role("heading", level=1)).to_contain_text(line(text))
    words = text.replace("\0", "").strip()
    await shown(desk, texts_of(".ticket-words"), [words, words])  # the description, and the note in the history
    assert line(text) in " ".join((await desk.locator(".ticket-links").last.text_content() or "").split())
