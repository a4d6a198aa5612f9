"""PROXY headers from a real nginx, over plain connections and over TLS that ends in the appliance."""

import ssl
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.appliance import Appliance, free_port
from tests.journeys.chromium import launched
from tests.journeys.nginx import PROXY, Nginx, make_certificate
from tests.journeys.people import Agent, Visitor
from tests.journeys.test_talk import png
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

SECURE = pytest.mark.parametrize("secure", [False, True])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def appliance(tmp_path: Path, port: int, secure: bool) -> Iterator[Appliance]:
    environment = {"MONODESK_TRUSTED_PROXIES": PROXY, "MONODESK_PROXY_PROTOCOL": "true"}
    context = None
    if secure:
        certificate, key = make_certificate(tmp_path)
        context = partial(ssl.create_default_context, cafile=str(certificate))
        files = {"MONODESK_TLS_CERTIFICATE": str(certificate), "MONODESK_TLS_KEY": str(key)}
        environment |= {"MONODESK_TLS_MODE": "files", **files}
    server = Appliance(tmp_path / "data", options=("--demo",), environment=environment, secure=context)
    server.start()  # by its own address: who is no trusted proxy needs no header
    nginx = Nginx(tmp_path, port)
    nginx.serve_streams(
        f"server {{ listen 127.0.0.1:{port}; proxy_pass 127.0.0.1:{server.port};"
        f" proxy_protocol on; proxy_bind {PROXY}; }}\n"
    )
    yield server
    nginx.stop()
    server.kill()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """One that trusts any certificate."""
    async with launched("--ignore-certificate-errors") as browser:
        yield browser


@SECURE
async def test_people_talk_through_a_proxy_of_connections_and_the_agent_sees_where_the_visitor_is(
    appliance: Appliance, browser: Browser, watch: Watch, tmp_path: Path, port: int, secure: bool
) -> None:
    url = f"{'https' if secure else 'http'}://127.0.0.1:{port}"
    visitor = await Visitor.in_shop(browser, watch, url)
    agent = await Agent.signed_in(browser, watch, appliance, url=url)
    await visitor.say("Where is my order?")
    await agent.open("Where is my order?")
    await agent.say("On its way.")
    await visitor.sees("Where is my order?", "On its way.")
    facts = agent.page.locator(".facts").first
    await expect(facts).to_contain_text("127.0.0.1")
    await expect(facts).not_to_contain_text(PROXY)
    picture = tmp_path / "label.png"
    picture.write_bytes(png(40, 30))
    await agent.attach(picture)
    await expect(visitor.log.get_by_role("img", name=picture.name)).to_be_visible()
    (cookie,) = [one for one in await agent.page.context.cookies() if one["name"] == "monodesk_session"]
    assert (cookie["path"], cookie["secure"]) == ("/", secure)
