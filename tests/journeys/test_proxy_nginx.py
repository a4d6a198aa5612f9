"""Behind a real nginx with TLS and a path: people talk, files go both ways, the agent sees the visitor's address."""

import http.client
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from email.message import Message
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.appliance import Appliance, free_port
from tests.journeys.chromium import launched
from tests.journeys.nginx import PROXY, Nginx, documented, make_certificate, put
from tests.journeys.people import INBOX, Agent, Visitor
from tests.journeys.test_talk import png
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

CLIENT = "127.0.0.1"  # where the browsers are: nobody's proxy
FORGED = {"X-Forwarded-For": "198.51.100.9", "Forwarded": "for=198.51.100.9", "X-Forwarded-Host": "evil.example"}


class Shop:
    """A shop's site with the appliance below `/support`, and an nginx before it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"https://{self.host}/support"
        self.nginx = Nginx(folder, self.port)
        environment = {"MONODESK_PUBLIC_URL": self.url, "MONODESK_TRUSTED_PROXIES": PROXY}
        self.appliance = Appliance(folder / "data", options=("--demo",), environment=environment)

    def open(self, *, keeps_path: bool, upgrades: bool = True) -> None:
        certificate, key = make_certificate(self._folder)
        server = put(documented(), "listen 443 ssl;", f"listen {self.host} ssl;")
        server = put(server, "/etc/ssl/shop.example.crt", str(certificate))
        server = put(server, "/etc/ssl/shop.example.key", str(key))
        target = f"http://127.0.0.1:{self.appliance.port}{'' if keeps_path else '/'}"
        server = put(server, "proxy_pass http://127.0.0.1:8080;", f"proxy_pass {target}; proxy_bind {PROXY};")
        if not upgrades:
            server = put(
                server, "    location /support/", "    location = /support/ws { return 403; }\n    location /support/"
            )
        self.appliance.start()
        self.nginx.serve_sites(server)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Message]:
        """Status and fields of what somebody is answered who trusts any certificate."""
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=trusting)
        content = None if body is None else json.dumps(body)
        kind = {} if body is None else {"Content-Type": "application/json"}
        with closing(connection):
            connection.request(method, path, content, {**kind, **headers})
            response = connection.getresponse()
            response.read()
            return response.status, response.headers


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.nginx.stop()
    shop.appliance.kill()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """One that trusts any certificate."""
    async with launched("--ignore-certificate-errors") as browser:
        yield browser


@pytest.mark.parametrize("keeps_path", [True, False])
async def test_people_talk_and_send_files_through_nginx_whether_it_keeps_the_path_or_takes_it_away(
    shop: Shop, browser: Browser, watch: Watch, tmp_path: Path, keeps_path: bool
) -> None:
    shop.open(keeps_path=keeps_path)
    visitor = await Visitor.in_shop(browser, watch, shop.url)
    agent = await Agent.signed_in(browser, watch, shop.appliance, url=shop.url)
    sockets: list[str] = []
    for page in (visitor.page, agent.page):
        page.on("websocket", lambda socket: sockets.append(socket.url))
    await visitor.say("Where is my order?")
    await agent.open("Where is my order?")
    await agent.say("On its way.")
    await visitor.sees("Where is my order?", "On its way.")

    await agent.page.reload()
    await agent.sees("Where is my order?", "On its way.")
    await visitor.say("Thanks")
    await agent.sees("Where is my order?", "On its way.", "Thanks")
    assert sockets == [f"wss://{shop.host}/support/ws"]

    facts = agent.page.locator(".facts").first
    await expect(facts).to_contain_text(CLIENT)
    await expect(facts).not_to_contain_text(PROXY)

    order = tmp_path / "order.csv"
    order.write_text("number,state\n4711,broken\n")
    await visitor.attach(order)
    async with agent.page.expect_download() as download:
        await agent.log.get_by_role("link").filter(has_text=order.name).click()
    assert (await (await download.value).path()).read_bytes() == order.read_bytes()
    picture = tmp_path / "label.png"
    picture.write_bytes(png(40, 30))
    await agent.attach(picture)
    shown = visitor.log.get_by_role("img", name=picture.name)
    await expect(shown).to_be_visible()
    assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40

    (cookie,) = [one for one in await agent.page.context.cookies() if one["name"] == "monodesk_session"]
    assert (cookie["path"], cookie["secure"], cookie["httpOnly"]) == ("/support/", True, True)
    await agent.page.goto(f"{shop.url}/settings/inboxes")
    await expect(agent.page.locator("code.snippet").first).to_contain_text(f'src="{shop.url}/widget.js"')


async def test_where_nginx_lets_no_upgrade_pass_the_words_still_arrive(
    shop: Shop, browser: Browser, watch: Watch
) -> None:
    shop.open(keeps_path=True, upgrades=False)
    watch.expect_outage()
    visitor = await Visitor.on_chat_page(browser, watch, shop.url)
    agent = await Agent.signed_in(browser, watch, shop.appliance, url=shop.url)
    await visitor.say("Hello?")
    await agent.open("Hello?")
    await agent.say("Here I am.")
    await visitor.sees("Hello?", "Here I am.")
    await visitor.say("Good")
    await agent.sees("Hello?", "Here I am.", "Good")


def test_what_a_client_says_of_himself_does_not_get_past_nginx(shop: Shop) -> None:
    shop.open(keeps_path=True)
    _, fields = shop.ask("GET", "/support/", **FORGED)
    policy = fields["Content-Security-Policy"]
    assert f"wss://{shop.host}" in policy and "evil.example" not in policy
    assert shop.ask("POST", "/support/api/v1/visitor/session", {"inbox": INBOX}, **FORGED)[0] == 200
    lines = [
        json.loads(line) for line in shop.appliance.output().splitlines() if '"route":"/api/v1/visitor/session"' in line
    ]
    assert [line["address"] for line in lines] == [CLIENT]
    foreign = {**FORGED, "Origin": "https://evil.example"}
    assert shop.ask("POST", "/support/api/v1/visitor/session", {"inbox": INBOX}, **foreign)[0] == 403
    assert "is not understood" not in shop.appliance.output()


def test_the_links_that_are_printed_are_those_of_the_public_url(shop: Shop, tmp_path: Path) -> None:
    environment = {"MONODESK_PUBLIC_URL": shop.url, "MONODESK_TRUSTED_PROXIES": PROXY}
    fresh = Appliance(tmp_path / "fresh", environment=environment)
    fresh.start()
    try:
        (link,) = fresh.printed(rf"{shop.url}(/setup#\w+)")
        assert link
    finally:
        fresh.kill()
