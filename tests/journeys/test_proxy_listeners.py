"""Two listeners: visitors come in by one that hides the desk, staff by the other; one process or several gateways."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.gateway.http2_client import http2
from tests.journeys.appliance import ROOT, Appliance, free_port
from tests.journeys.people import INBOX, Agent, Visitor
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

WORKERS = pytest.mark.parametrize("workers", [0, 2])


@pytest.fixture
def public_port() -> int:
    return free_port()


@pytest.fixture
def appliance(tmp_path: Path, public_port: int, workers: int) -> Iterator[Appliance]:
    public = f"127.0.0.1:{public_port}"
    environment = {"MONODESK_PUBLIC_LISTEN": public, "MONODESK_PUBLIC_URL": f"http://{public}"}
    server = Appliance(tmp_path / "data", options=("--demo", "--workers", str(workers)), environment=environment)
    server.start()
    yield server
    server.kill()


def ask(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of a GET."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


@WORKERS
async def test_a_visitor_at_the_public_listener_talks_with_an_agent_at_the_other(
    appliance: Appliance, browser: Browser, watch: Watch, public_port: int, workers: int
) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, f"http://127.0.0.1:{public_port}")
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("Hello?")
    await agent.open("Hello?")
    await agent.say("Here I am.")
    await visitor.sees("Hello?", "Here I am.")
    await agent.page.goto(f"{appliance.url}/settings/inboxes")
    await expect(agent.page.locator("code.snippet").first).to_contain_text(f"127.0.0.1:{public_port}/widget.js")

    for _ in range(8):  # whichever gateway is met
        for path in ("/", "/sign-in", "/setup", "/demo", "/api/v1/session", "/api/openapi.json", "/metrics", "/readyz"):
            assert ask(appliance.port, path)[0] == 200, path
            hidden, nowhere = ask(public_port, path), ask(public_port, "/api/v1/nowhere")
            assert hidden[0] == nowhere[0] == 404
            assert without_number(hidden[1]) == without_number(nowhere[1])
        assert ask(public_port, "/healthz") == (200, b"ok\n")


@WORKERS
async def test_over_http_2_the_desk_is_hidden_too(appliance: Appliance, public_port: int, workers: int) -> None:
    async with http2(appliance.port) as inside, http2(public_port) as outside:
        for path in ("/", "/sign-in", "/demo", "/api/v1/session", "/metrics"):
            assert (await inside.get(path)).status == 200, path
            assert (await outside.get(path)).status == 404, path
        assert (await outside.get("/widget.js")).status == 200
        asked = json.dumps({"inbox": INBOX}).encode()
        kind = {"content_type": "application/json"}
        assert (await outside.get("/api/v1/visitor/session", "POST", asked, **kind)).status == 200


@WORKERS
def test_both_addresses_are_told(appliance: Appliance, public_port: int, workers: int) -> None:
    assert appliance.printed(rf"visitors alone:  (http://127\.0\.0\.1:{public_port})\n")
    command = [sys.executable, "-m", "app", "status", "--json", "--data", str(appliance.data)]
    told = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    assert told["urls"] == [appliance.url]
    assert told["public_urls"] == [f"http://127.0.0.1:{public_port}"]


def without_number(body: bytes) -> dict[str, object]:
    """A refusal but for the number of its request."""
    refusal: dict[str, object] = json.loads(body)
    assert refusal.pop("request_id")
    return refusal
