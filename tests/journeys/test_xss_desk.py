"""As test_xss: names of the desk, files, what browsers say of themselves, searches, addresses, and refusals."""

import asyncio
import http.client
import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Frame, Page, expect

from tests.api.desk import PNG
from tests.journeys.payloads import CLASSES, payloads
from tests.journeys.scene import NewContext, Scene, console, name_of, shown, texts_of
from tests.journeys.site import Site
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

PAYLOADS = payloads()
# Two of each class, where each costs the loading of a page.
_STARTS = [sum(len(texts) for texts in list(CLASSES.values())[:number]) for number in range(len(CLASSES))]
SOME = [PAYLOADS[start + step] for start in _STARTS for step in (0, 5)]
_FRAMES = 31  # chat pages at a time
_FILES = 10  # of one message


async def test_what_is_refused_is_quoted_as_text(guarded: NewContext, watch: Watch, scene: Scene) -> None:
    """The server repeats a website's address that is none; the form shows what it says."""
    watch.expect_outage()  # the browser writes every refusal down
    desk = await console(await guarded(), scene, "/settings/inboxes")
    card = desk.locator(".card").first
    for text in (re.split(r"[\s,;\ufeff]", name_of(text))[0] for text in SOME):
        if text:
            await card.get_by_label("Allowed websites").fill(text)
            await card.get_by_role("button", name="Save").click()
            await expect(card.get_by_role("alert")).to_contain_text(f"“{text}” is not a website's address")


async def test_names_of_inboxes_and_their_greetings_are_text(guarded: NewContext, scene: Scene) -> None:
    """In settings, in the chat by itself and in another site's frame."""
    made = [
        scene.agent("POST", "inboxes", {"name": name_of(text), "greeting_en": text, "greeting_zh": text})["inbox"]
        for text in PAYLOADS
    ]
    names = [name_of(text) for text in PAYLOADS]
    desk = await console(await guarded(), scene, "/settings/inboxes")
    # two of one millisecond stand in either order, so both sides are sorted, as JavaScript does it
    ordered = sorted(names, key=lambda name: name.encode("utf-16-be"))
    await shown(desk, f"() => ({texts_of('.card-head h2')})().slice(-{len(names)}).sort()", ordered)
    greetings = await desk.evaluate("() => [...document.querySelectorAll('textarea')].map(({ value }) => value)")
    assert {text.replace("\r\n", "\n") for text in PAYLOADS} <= set(greetings)  # HTML knows one end of a line
    await desk.close()
    with Site() as shop:
        page = await (await guarded()).new_page()
        for start in range(0, len(made), _FRAMES):
            part = made[start : start + _FRAMES]
            addresses = [f"{scene.url}/chat/{one['id']}?embed=1" for one in part]
            shop.pages["/"] = "".join(f'<iframe title="Chat" src="{address}"></iframe>' for address in addresses)
            await page.goto(shop.url)
            chats = [frame for frame in page.frames if frame.url.startswith(scene.url)]
            assert len(chats) == len(part)
            for chat, text in zip(chats, PAYLOADS[start : start + _FRAMES], strict=True):
                await shown(chat, texts_of(".home h1, .whead b, title"), [name_of(text), name_of(text), text])


async def test_names_of_teams_and_colleagues_are_text(guarded: NewContext, scene: Scene) -> None:
    """In settings, as they change, and where a conversation is handed over."""
    for text in PAYLOADS:
        scene.agent("POST", "teams", {"name": name_of(text)})
    names = {name_of(text) for text in PAYLOADS}
    new = {"name": "Ann", "email": "ann@shop.example", "role": "agent", "password": "four unrelated words here"}
    colleague = scene.agent("POST", "agents", new)["agent"]["id"]
    context = await guarded()
    teams = await console(context, scene, "/settings/teams")
    assert set(await _settled(teams, "td.mid", len(names))) == names
    await teams.goto(f"{scene.url}/settings/agents")
    await expect(teams.get_by_text("ann@shop.example")).to_be_visible()
    await expect(teams.get_by_role("cell", name="Online")).to_be_visible()  # known as soon as the line is live
    await teams.wait_for_load_state("networkidle")
    for text in PAYLOADS:
        email = f"{re.sub(r'[^!-?A-~]', '', text)[:50]}@shop.example"
        told = scene.agent("PATCH", f"agents/{colleague}", {"name": name_of(text), "email": email})["agent"]
        both = json.dumps(told["name"] + told["email"])
        assert told["name"] == name_of(text)
        await shown(teams, f"() => ({texts_of('td .col')})().includes({both})", True)
    token, conv = _conversation(scene, "Who takes this?")
    assert token
    scene.agent("POST", f"conversations/{conv}/take", {})
    await teams.goto(f"{scene.url}/c/{conv}")
    await teams.get_by_role("button", name="Hand over").click()
    offered = await _settled(teams, ".target .grow", len(names) + 2)
    assert names <= set(offered)
    for text in SOME[:4]:
        await teams.locator(".target").get_by_text(name_of(text), exact=True).click()
        await teams.get_by_role("dialog").get_by_role("button", name="Hand over").click()
        await shown(teams, f"() => document.querySelector('.toast')?.textContent.includes({_quoted(text)})", True)
        await shown(teams, f"() => ({texts_of('.event')})().some((line) => line.includes({_quoted(text)}))", True)
        await teams.get_by_role("button", name="Hand over").click()


async def test_names_of_files_are_text(guarded: NewContext, scene: Scene) -> None:
    """In the threads of both sides, and in the header field by which a browser names what it saves."""
    token, conv = _conversation(scene, "Here are the files.")
    names: list[str] = []
    for start in range(0, len(PAYLOADS), _FILES):
        sent = [_uploaded(scene, token, text, b"words of a file") for text in PAYLOADS[start : start + _FILES]]
        scene.visitor("POST", "messages", token, {"conv": conv, "text": "", "files": [file["id"] for file in sent]})
        names += [file["name"] for file in sent]
        for file in sent:
            fields = _saved_as(scene, token, file["id"])
            assert fields["content-disposition"] == f"attachment; filename*=UTF-8''{quote(file['name'], safe='')}"
            assert fields["content-type"].startswith("text/plain")
            assert fields["content-security-policy"].startswith("sandbox")
    pictures = [_uploaded(scene, token, text, PNG) for text in SOME[:_FILES]]
    scene.visitor("POST", "messages", token, {"conv": conv, "text": "", "files": [file["id"] for file in pictures]})
    alternatives = [file["name"] for file in pictures]
    assert not [name for name in names if set(name) & set('<>"\r\n\\/\u202e') or not name.endswith(".txt")]
    desk = await console(await guarded(), scene, f"/c/{conv}")
    await shown(desk, f"() => ({texts_of('.file .cut')})()", names)
    told = "() => [...document.querySelectorAll('.pic')].map((link) => [link.title, link.firstChild.alt])"
    await shown(desk, told, [[name, f"Image: {name}"] for name in alternatives])
    context = await guarded()
    page = await context.new_page()
    await page.goto(f"{scene.url}/healthz")
    await page.evaluate(f"localStorage.setItem('monodesk.token.{scene.inbox}', '{token}')")
    await page.goto(f"{scene.url}/chat/{scene.inbox}")
    await shown(page, f"() => ({texts_of('.file .cut')})()", names)
    told = "() => [...document.querySelectorAll('.picture')].map((button) => button.getAttribute('aria-label'))"
    labels = await page.evaluate(told)
    assert [name for name, label in zip(alternatives, labels, strict=True) if name not in label] == []


async def test_what_a_browser_says_of_itself_is_text(guarded: NewContext, scene: Scene) -> None:
    """Header fields of visitors and of the agent who signs in, and the language that a page asks for."""
    opened: list[str] = []
    for text in PAYLOADS:
        told = scene.desk.ask(
            "POST", "/api/v1/visitor/session", {"inbox": scene.inbox, "language": text[:20]}, _header_fields(text)
        )
        conv = scene.visitor("POST", "messages", told["token"], {"text": text})["conv"]
        if text in SOME:
            opened.append(conv)
    signed_in = {"email": "owner@example.com", "password": "a long enough sentence"}
    for text in SOME[::3]:
        scene.desk.ask("POST", "/api/v1/session", signed_in, _header_fields(text) | {"Cookie": ""})
    desk = await console(await guarded(), scene, "/settings/profile")
    await expect(desk.get_by_role("heading", name="Profile")).to_be_visible()
    for conv, text in zip(opened, SOME, strict=True):
        await desk.goto(f"{scene.url}/c/{conv}")
        await shown(desk, texts_of(".words"), [text])
        await expect(desk.locator(".facts dd").first).to_be_visible()
    await desk.get_by_role("tab", name="Unassigned").click()
    lines = await _scrolled(desk)
    assert {text for text in PAYLOADS if text == text.strip()} <= lines


async def test_what_is_searched_for_is_text(guarded: NewContext, scene: Scene) -> None:
    """In the field, in the results with what was found marked, and where nothing was found; several at a time."""
    _, conv = _conversation(scene, "First of all.")
    for text in PAYLOADS:
        scene.agent("POST", f"conversations/{conv}/messages", {"text": f"needle {text}", "note": True})
    context = await guarded()
    pages = [await console(context, scene, "/") for _ in range(3)]
    await asyncio.gather(*(_search(page, PAYLOADS[number::3]) for number, page in enumerate(pages)))
    await pages[0].get_by_role("combobox").fill("needle")
    await expect(pages[0].locator(".hit mark").first).to_have_text("needle")
    name = scene.desk.ask("GET", "/api/v1/me")["agent"]["name"]
    notes = {f"{name}: {_one_line(f'needle {text}')}" for text in PAYLOADS}
    assert set(await _settled(pages[0], ".hit .row-s .grow", 30)) <= notes


async def test_addresses_are_text(guarded: NewContext, watch: Watch, scene: Scene) -> None:
    """Whatever stands in path, query or fragment of a page of ours."""
    watch.expect_outage()  # the browser writes down what was not found
    page = await console(await guarded(), scene, "/")
    visiting = await (await guarded()).new_page()
    for text in SOME[::2]:
        part = quote(text, safe="")
        for path in (f"/c/{part}", f"/settings/{part}", f"/c/{'0' * 26}?m={part}", f"/#{part}"):
            await _opened(page, f"{scene.url}{path}")
        for path in (f"/sign-in#demo={part}", f"/setup#{part}", f"/chat/{part}", f"/chat/{scene.inbox}?lang={part}"):
            await _opened(visiting, f"{scene.url}{path}")


def _quoted(text: str) -> str:
    """A name as a script holds it."""
    return json.dumps(name_of(text))


async def _opened(page: Page, address: str) -> None:
    """At the address, as far as something is drawn."""
    await page.goto(address)
    await shown(page, "() => document.getElementById('root').children.length > 0", True)


def _conversation(scene: Scene, text: str) -> tuple[str, str]:
    """A new visitor who says this: his token, and the conversation."""
    token, _ = scene.desk.visitor(scene.inbox)
    return token, str(scene.visitor("POST", "messages", token, {"text": text})["conv"])


def _uploaded(scene: Scene, token: str, name: str, content: bytes) -> dict[str, Any]:
    """A file of this name, sent by the visitor, who says that it is a page."""
    connection = http.client.HTTPConnection("127.0.0.1", scene.server.port, timeout=60)
    fields = {"Authorization": f"Bearer {token}", "X-File-Name": quote(name, safe=""), "Content-Type": "text/html"}
    try:
        connection.request("POST", "/api/v1/visitor/files", content, fields)
        response = connection.getresponse()
        told: dict[str, Any] = json.loads(response.read())
        assert response.status == 200, told
        return told
    finally:
        connection.close()


def _saved_as(scene: Scene, token: str, file_id: str) -> dict[str, str]:
    """The header fields with which the file comes back."""
    connection = http.client.HTTPConnection("127.0.0.1", scene.server.port, timeout=60)
    try:
        connection.request("GET", f"/api/v1/visitor/files/{file_id}", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        assert response.read() == b"words of a file"
        return {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


def _header_fields(text: str) -> dict[str, str]:
    """What a browser may say of itself in a request, as far as HTTP lets these characters through."""
    kept = "".join(one for one in text if " " <= one <= "\xff" and one != "\x7f").strip()
    names = (
        "User-Agent",
        "Accept-Language",
        "Referer",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "Forwarded",
        "Sec-CH-UA",
    )
    return dict.fromkeys(names, kept)


def _one_line(text: str) -> str:
    """As a result is shown: what JavaScript counts as white space is one blank."""
    return re.sub(r"[\s\ufeff]+", " ", text)


async def _search(page: Page, texts: Sequence[str]) -> None:
    """Types one after the other and waits for what was found, or that nothing was."""
    await expect(page.get_by_role("tablist").first).to_be_visible()
    await page.keyboard.press("Control+k")
    field = page.get_by_role("combobox")
    for number, text in enumerate(texts):
        known = number % 2 == 0
        words = text.strip() if known else f"{text} nowhere".strip()
        async with page.expect_response(lambda answer: "/api/v1/search" in answer.url) as answer:
            await field.fill(words)
        assert (await answer.value).status == 200
        if not known:
            title = "document.querySelector('.search-results h2')?.textContent"
            sought = re.sub(r"[\s\ufeff]", "", f"Nothing found for “{words}”")  # a field has one line: blanks differ
            await shown(page, f"() => {title}?.replace(/\\s/g, '')", sought)


async def _scrolled(desk: Page) -> set[str]:
    """The last words of every row of the list, from its beginning to its end."""
    box = desk.get_by_role("listbox")
    await expect(box).to_be_visible()
    lines: set[str] = set()
    at, step = 0, 500
    while True:
        await box.evaluate(f"box => box.scrollTo(0, {at})")
        await desk.evaluate("() => new Promise(requestAnimationFrame)")
        lines |= set(await desk.evaluate(texts_of(".conv-words > .cut")))
        if at > await box.evaluate("box => box.scrollHeight"):
            return lines
        at += step


async def _settled(window: Page | Frame, selector: str, least: int) -> list[str]:
    """What the elements say, once there are so many."""
    await shown(window, f"() => ({texts_of(selector)})().length >= {least}", True)
    found: list[str] = await window.evaluate(texts_of(selector))
    return found
