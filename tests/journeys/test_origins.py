"""The chat between two origins: the desk at `desk.lan`, websites at 127.0.0.1.

A site that is not on the inbox's list cannot hold the chat; forged messages from other windows change nothing; and
nothing secret crosses the border, stands in an address or in the log.
"""

import asyncio
import http.client
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, expect

from tests.journeys.appliance import Appliance
from tests.journeys.desk import EMAIL, PASSWORD, Desk
from tests.journeys.people import PATIENCE_MS
from tests.journeys.site import Site
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

# Every window of a journey writes down what it is told, before any script of the page runs.
_LISTEN = "window.__told = []; addEventListener('message', ({ data }) => __told.push(JSON.stringify(data)), true);"
# A message takes a task to arrive; after two round trips through every window they all have.
_SETTLE = "() => new Promise((done) => setTimeout(() => setTimeout(done, 50), 50))"
_FORGED = [
    {"monodesk": "close"},
    {"monodesk": "unread", "count": 66, "color": "rgb(1, 2, 3)"},
    {"monodesk": "ready"},
    {"monodesk": "open", "open": True},
    {"monodesk": "open", "open": False},
    {"monodesk": "page", "url": "https://forged.example/", "title": "Forged", "referrer": ""},
]


class House:
    """A desk with one inbox, a shop and a stranger's site; each is another origin."""

    def __init__(self, server: Appliance, desk: Desk, inbox: str, shop: Site, stranger: Site) -> None:
        self.server = server
        self.desk = desk
        self.inbox = inbox
        self.shop = shop
        self.stranger = stranger
        self.url = f"http://desk.lan:{server.port}"
        self.chat = f"{self.url}/chat/{inbox}?embed=1&lang=en"
        widget = f'<h1>A page</h1><script src="{self.url}/widget.js" data-inbox="{inbox}" async></script>'
        for site in (shop, stranger):
            bare = f'<iframe title="Chat" width="400" height="600" src="{self.chat}"></iframe>'
            site.pages |= {"/": widget, "/bare": bare}

    def name_sites(self, *origins: str) -> None:
        """From now on these sites alone may hold the chat."""
        self.desk.ask("PATCH", f"/api/v1/inboxes/{self.inbox}", {"origins": list(origins)})

    def contacts(self) -> list[str]:
        """Everybody with a conversation."""
        rows = self.desk.ask("GET", "/api/v1/conversations?view=all")["conversations"]
        return [row["contact"]["id"] for row in rows]

    def visited(self) -> list[str]:
        """The pages that the only visitor with a conversation is said to have looked at."""
        (contact,) = self.contacts()
        return [visit["url"] for visit in self.desk.ask("GET", f"/api/v1/contacts/{contact}")["visits"]]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("MONODESK_LOG_LEVEL", "debug")
    with ExitStack() as leaving:
        server = Appliance(tmp_path / "data")
        server.start()
        leaving.callback(server.kill)
        server.printed("/setup#")  # it comes when commands are heard too
        desk = leaving.enter_context(Desk.founded(server.data, server.port))
        sites = [leaving.enter_context(Site()) for _ in range(2)]
        yield House(server, desk, desk.inbox(), *sites)


async def context_of(browser: Browser, watch: Watch | None) -> BrowserContext:
    """A new person's browser; without a watch where the browser is to complain."""
    context = await browser.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(_LISTEN)
    if watch is not None:
        watch.attach(context)
    return context


async def open_chat(page: Page, url: str) -> FrameLocator:
    """At a site with the widget, as far as the greeting."""
    await page.goto(url)
    await page.get_by_role("button", name="Open chat").click()
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_role("button", name="Start a conversation")).to_be_visible()
    return frame


async def say(frame: FrameLocator, text: str) -> None:
    """Begin a conversation with these words and wait until they are stored.

    By the button: a key goes to the frame that has the focus, which a frame of another site may get a moment late.
    """
    await frame.get_by_role("button", name="Start a conversation").click()
    await frame.get_by_role("textbox", name="Your message").fill(text)
    await frame.get_by_role("button", name="Send", exact=True).click()
    await expect(frame.locator(".foot")).to_contain_text("Sent")


async def refused(page: Page, url: str) -> str:
    """Opens a page that holds the chat; what the browser wrote when it refused to show it there."""
    async with page.expect_console_message(lambda message: "frame-ancestors" in message.text) as told:
        await page.goto(url)
    await page.evaluate(_SETTLE)
    for frame in page.frames[1:]:
        assert not frame.url.startswith("http")
    return (await told.value).text


async def test_only_the_sites_on_the_list_hold_the_chat(browser: Browser, watch: Watch, house: House) -> None:
    listed, unlisted = await context_of(browser, watch), await context_of(browser, None)
    shop, stranger = await listed.new_page(), await unlisted.new_page()
    # nobody is named: everybody's
    await open_chat(stranger, house.stranger.url)
    await stranger.goto(f"{house.stranger.url}/bare")
    await expect(stranger.frame_locator("iframe").get_by_role("button", name="Start a conversation")).to_be_visible()
    # named: the shop goes on, the stranger's browser, which knows the page already, is told
    house.name_sites(house.shop.url)
    frame = await open_chat(shop, house.shop.url)
    await say(frame, "Here I am.")
    assert house.shop.url in await refused(stranger, f"{house.stranger.url}/bare")
    assert house.shop.url in await refused(stranger, house.stranger.url)
    # a listed page inside an unlisted one: every ancestor counts
    house.stranger.pages["/around"] = f'<iframe title="Shop" src="{house.shop.url}/bare"></iframe>'
    async with stranger.expect_console_message(lambda message: "frame-ancestors" in message.text):
        await stranger.goto(f"{house.stranger.url}/around")
    # by itself the page is nobody's guest; the desk's own pages hold it too
    await stranger.goto(f"{house.url}/chat/{house.inbox}")
    await expect(stranger.get_by_role("button", name="Start a conversation")).to_be_visible()


async def test_a_wildcard_and_another_port_are_told_apart(browser: Browser, house: House) -> None:
    context = await context_of(browser, None)
    page = await context.new_page()
    for origins in (("https://*.shop.example",), (house.shop.url.rpartition(":")[0],), ("https://shop.example",)):
        house.name_sites(*origins)
        assert origins[0] in await refused(page, f"{house.shop.url}/bare")
    house.name_sites("https://*.shop.example", house.shop.url)
    await page.goto(f"{house.shop.url}/bare")
    await expect(page.frame_locator("iframe").get_by_role("button", name="Start a conversation")).to_be_visible()


async def test_an_owner_names_the_sites_in_the_settings(browser: Browser, watch: Watch, house: House) -> None:
    context = await context_of(browser, watch)
    watch.expect_outage()  # the browser writes the refusal down
    page = await context.new_page()
    await sign_in(page, house, PASSWORD)
    await expect(page.get_by_role("tab", name="Unassigned")).to_be_visible()
    await page.goto(f"{house.url}/settings/inboxes")
    card = page.locator(".card", has_text=house.inbox)
    field, warning = card.get_by_label("Allowed websites"), card.get_by_text("every website may show this chat")
    await expect(warning).to_be_visible()
    await field.fill(f"{house.shop.url}/path")
    await card.get_by_role("button", name="Save").click()
    await expect(card.get_by_role("alert")).to_contain_text("without a path")
    await field.fill(f"https://*\n{house.shop.url}")
    await card.get_by_role("button", name="Save").click()
    await expect(card.get_by_role("alert")).to_contain_text("would allow everybody's websites")
    await field.fill(f"{house.shop.url.upper()}/, https://*.Shop.Example:443 https://商店.example")
    await expect(warning).to_be_hidden()
    await card.get_by_role("button", name="Save").click()
    await expect(card.get_by_role("status")).to_have_text("Saved")
    await expect(field).to_have_value(f"{house.shop.url}\nhttps://*.shop.example\nhttps://xn--czrs0t.example")
    await page.goto(f"{house.shop.url}/bare")
    await expect(page.frame_locator("iframe").get_by_role("button", name="Start a conversation")).to_be_visible()


def test_behind_gateway_processes_a_change_holds_at_once(tmp_path: Path) -> None:
    server = Appliance(tmp_path / "data", options=("--workers", "2"))
    server.start()
    try:
        server.printed("/setup#")  # it comes when commands are heard too
        with Desk.founded(server.data, server.port) as desk:
            inbox = desk.inbox()
            for origins in ((), ("https://shop.example", "https://*.shop.example"), ("http://intranet",), ()):
                desk.ask("PATCH", f"/api/v1/inboxes/{inbox}", {"origins": origins})
                said = {policy_of(server, f"/chat/{inbox}").partition("frame-ancestors ")[2] for _ in range(8)}
                assert said == {" ".join(("'self'", *origins)) if origins else ""}
    finally:
        server.kill()


def policy_of(server: Appliance, path: str) -> str:
    """The content security policy of a page, asked for over a new connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().headers["Content-Security-Policy"]
    finally:
        connection.close()


async def test_nobody_frames_the_desk(browser: Browser, house: House) -> None:
    context = await context_of(browser, None)
    page = await context.new_page()
    for path in ("/", "/sign-in", "/setup", "/settings/inboxes"):
        house.shop.pages["/desk"] = f'<iframe title="Desk" src="{house.url}{path}"></iframe>'
        assert "'none'" in await refused(page, f"{house.shop.url}/desk")


async def test_forged_messages_to_the_loader_change_nothing(browser: Browser, watch: Watch, house: House) -> None:
    """From another origin's frame in the shop's page, from a window that opened the shop, and from the shop itself."""
    house.name_sites(house.shop.url)
    forged = json.dumps(_FORGED)
    house.stranger.pages["/ad"] = f"<script>for (const one of {forged}) parent.postMessage(one, '*')</script>"
    house.shop.pages["/"] += f'<iframe title="Advertisement" src="{house.stranger.url}/ad"></iframe>'
    context = await context_of(browser, watch)
    page = await context.new_page()
    await page.goto(house.shop.url)
    await page.get_by_role("button", name="Open chat").click()
    frame = page.frame_locator("monodesk-widget iframe")
    await say(frame, "Still here.")
    opener = await context.new_page()
    house.stranger.pages["/opener"] = "<h1>Opener</h1>"
    await opener.goto(f"{house.stranger.url}/opener")
    async with opener.expect_popup() as popup:
        await opener.evaluate(f"window.shop = window.open('{house.shop.url}/'); null")
    second = await popup.value
    await expect(
        second.get_by_role("button", name="Close chat").or_(second.get_by_role("button", name="Open chat"))
    ).to_be_visible()
    await opener.evaluate(f"for (const one of {forged}) window.shop.postMessage(one, '*')")
    await page.evaluate(f"for (const one of {forged}) window.postMessage(one, '*')")
    for window in (page, second):
        await window.evaluate(_SETTLE)
        heard = await window.evaluate("__told")
        assert {"monodesk": "close"} in [json.loads(one) for one in heard], "the forged messages did not arrive"
        button = window.locator("monodesk-widget button.launch")
        assert await button.evaluate("button => button.style.cssText") == ""
        assert "66" not in (await button.get_attribute("aria-label") or "")
        await expect(window.locator("monodesk-widget .badge")).to_be_hidden()
    await expect(frame.get_by_role("textbox", name="Your message")).to_be_visible()
    assert not [url for url in house.visited() if "forged" in url]


async def test_forged_messages_to_the_frame_change_nothing(browser: Browser, watch: Watch, house: House) -> None:
    """The chat stands in the page itself here, where another frame of that page finds it."""
    house.name_sites(house.shop.url, house.stranger.url)  # who is listed may hold the chat, not speak for who holds it
    forged = json.dumps(_FORGED)
    house.stranger.pages["/ad"] = "<h1>Advertisement</h1>"
    house.shop.pages["/bare"] += f'<iframe title="Advertisement" name="ad" src="{house.stranger.url}/ad"></iframe>'
    context = await context_of(browser, watch)
    page = await context.new_page()
    await page.goto(f"{house.shop.url}/bare")
    frame = page.frame_locator("iframe[title=Chat]")
    await expect(frame.get_by_role("button", name="Start a conversation")).to_be_visible()
    advertisement = page.frame(name="ad")
    assert advertisement is not None
    await advertisement.evaluate(f"for (const one of {forged}) parent.frames[0].postMessage(one, '*')")
    chat = next(one for one in page.frames if one.url.startswith(house.url))
    await chat.evaluate(_SETTLE)
    assert len(await chat.evaluate("__told")) == len(_FORGED), "the forged messages did not arrive"
    await page.evaluate("window.__told.length = 0")
    await say(frame, "Nobody told you.")
    assert house.visited() == []
    assert [json.loads(one)["monodesk"] for one in await page.evaluate("__told")] == []  # nobody has proved himself
    # the page that holds it may tell, and is told from then on
    true = {"monodesk": "page", "url": f"{house.shop.url}/bare", "title": "The shop", "referrer": ""}
    await page.evaluate(f"frames[0].postMessage({json.dumps(true)}, '{house.url}')")
    await until(lambda: house.visited() == [true["url"]])
    assert "open" not in [json.loads(one)["monodesk"] for one in await page.evaluate("__told")]


async def test_nothing_secret_crosses_the_border_or_is_written_down(
    browser: Browser, watch: Watch, house: House, tmp_path: Path
) -> None:
    house.name_sites(house.shop.url)
    addresses: list[str] = []
    visitor, agent = await context_of(browser, watch), await context_of(browser, None)  # a 401 is foreseen
    for context in (visitor, agent):
        context.on("request", lambda request: addresses.append(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: addresses.append(socket.url)))
    shop = await visitor.new_page()
    async with shop.expect_response(lambda answer: answer.url.endswith("/api/v1/visitor/session")) as session:
        frame = await open_chat(shop, house.shop.url)
    await say(frame, "My words are nobody's business.")
    upload = tmp_path / "private.txt"
    upload.write_text("what the file says")
    await frame.locator("input[type=file]").set_input_files(upload)
    await expect(frame.locator(".chosen progress, .chosen [role=progressbar]")).to_have_count(0)
    await frame.get_by_role("button", name="Send", exact=True).click()
    desk = await agent.new_page()
    await sign_in(desk, house, "not the right sentence")
    await expect(desk.get_by_role("alert")).to_be_visible()
    await sign_in(desk, house, PASSWORD)
    await desk.get_by_role("tab", name="Unassigned").click()
    await desk.get_by_role("option").first.click()
    await desk.get_by_role("button", name="Take", exact=True).click()
    await desk.get_by_role("form", name="Reply or note").get_by_role("textbox").fill("And mine are my own.")
    await desk.keyboard.press("Enter")
    await expect(frame.get_by_text("And mine are my own.", exact=True)).to_be_visible()

    (inside,) = (one for one in shop.frames if one.url.startswith(house.url))
    token = (await (await session.value).json())["token"]
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    cookies = {cookie["name"]: cookie["value"] for cookie in await agent.cookies() if "value" in cookie}
    assert cookies.keys() >= {"monodesk_session"}
    (link,) = house.server.printed(r"/setup#(\w+)")[:1]
    secrets = {**cookies, "token": token, "link": link, "password": PASSWORD, "wrong": "not the right"}
    # programs that put secrets where they do not belong: into addresses, and into requests that are refused
    house.server.get(f"/api/v1/me?token={token}&password=not+the+right+sentence")
    house.server.get(f"/chat/{house.inbox}?token={token}")
    house.server.send("POST", "/api/v1/session", json.dumps({"email": EMAIL, "password": [PASSWORD]}).encode())
    house.server.send("POST", f"/api/v1/visitor/frames?{token}", b"{", {"Authorization": f"Bearer {token}"})

    told = [json.loads(one) for window in (shop, inside) for one in await window.evaluate("__told")]
    assert {one["monodesk"] for one in told} == {"ready", "look", "unread", "message", "page", "open"}
    for kind, secret in secrets.items():
        assert secret not in json.dumps(told), kind
        assert not [url for url in addresses if secret in url], kind
    assert len(addresses) > 10
    assert [url for url in addresses if url.startswith("ws://desk.lan")]
    logged = log_of(house)
    assert logged.count('"room":"api"') > 20
    private = {"words": "nobody's business", "reply": "mine are my own", "file": "private.txt", "mail": EMAIL}
    for kind, secret in private.items():
        assert secret not in json.dumps(told), kind
    for kind, secret in {**secrets, **private}.items():
        assert secret not in logged, (kind, [line for line in logged.splitlines() if secret in line])


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what is sure to come; fails when it does not."""
    async with asyncio.timeout(PATIENCE_MS / 1_000):
        while not condition():
            await asyncio.sleep(0.05)


async def sign_in(page: Page, house: House, password: str) -> None:
    await page.goto(f"{house.url}/sign-in")
    await page.get_by_label("E-mail").fill(EMAIL)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()


def log_of(house: House) -> str:
    """What was logged, on the terminal and into the folder; what was said to the person at the terminal is no log."""
    kept = [path.read_text() for path in (house.server.data / "logs").glob("*") if path.is_file()]
    lines = [line for line in house.server.output().splitlines() if line.startswith("{")]
    return "\n".join([*lines, *kept])
