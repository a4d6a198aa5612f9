"""The listener for visitors alone, and a base path: what is answered there and what is nowhere."""

import pytest

from app.gateway.paths import is_public
from app.settings import Settings
from tests.gateway.client import Closed
from tests.gateway.conftest import Desk
from tests.gateway.small_core import AGENT_COOKIE

BELOW = Settings(public_url="https://shop.example/support")
CHAT = "/chat/" + "i" * 26
FILE = "f" * 26


@pytest.fixture
async def public_port(desk: Desk) -> int:
    return await desk.front.start_public("127.0.0.1:0")


@pytest.mark.parametrize(
    ("path", "public"),
    [
        ("/widget.js", True),
        ("/ws", True),
        ("/healthz", True),
        ("/assets/a-1.js", True),
        ("/in/shop", True),
        ("/help", True),
        ("/help/returns", True),
        ("/api/v1/visitor/session", True),
        ("/", False),
        ("/chat", False),
        ("/sign-in", False),
        ("/setup", False),
        ("/api/v1/visitor", False),
        ("/api/v1/visitors/x", False),
        ("/api/v1/session", False),
        ("/api/v1/frames", False),
        ("/api/openapi.json", False),
        ("/metrics", False),
        ("/readyz", False),
        ("/demo", False),
        ("/healthz/", False),
        ("/wsx", False),
    ],
)
def test_what_visitors_need_is_public_and_nothing_else(path: str, public: bool) -> None:
    assert is_public(path) is public


async def test_where_visitors_alone_are_served_staff_finds_nothing(desk: Desk, public_port: int) -> None:
    inside, outside = await desk.browser(), await desk.browser(port=public_port)
    for path in ("/", "/c/01hx", "/sign-in", "/demo", f"/api/v1/files/{FILE}", "/api/hello"):
        assert (await inside.get(path)).status in (200, 401)
        hidden = await outside.get(path, cookie=AGENT_COOKIE)
        assert (hidden.status, hidden.json()["code"]) == (404, "not_found")
    for path in ("/widget.js", CHAT, "/healthz", "/assets/console-ABC123.js"):
        assert (await outside.get(path)).status == 200
    assert (await outside.get(f"/api/v1/visitor/files/{FILE}")).status == 401
    assert (await outside.get("/api/hello", "POST", b"x" * 10)).status == 404
    assert await outside.gone() == b""


async def test_a_visitor_is_welcome_there_and_an_agent_is_nobody(desk: Desk, public_port: int) -> None:
    visitor = await desk.raw_socket(public_port)
    await visitor.upgrade({})
    assert (await visitor.greet("v" * 26))["id"] == "v" * 26
    agent = await desk.raw_socket(public_port)
    await agent.upgrade({"Cookie": AGENT_COOKIE, "Origin": f"http://127.0.0.1:{public_port}"})
    await agent.send(t="hello")
    assert (await agent.closed()).code == 4401
    await desk.agent()


@pytest.mark.parametrize("desk", [BELOW], indirect=True)
async def test_a_proxy_may_take_the_base_path_away_or_keep_it(desk: Desk) -> None:
    browser = await desk.browser()
    for base in ("", "/support"):
        for path in (
            "/",
            "/c/01hx",
            CHAT,
            "/widget.js",
            "/healthz",
            "/assets/console-ABC123.js",
            "/api/hello?a=/support/",
        ):
            assert (await browser.get(base + path)).status == 200, base + path
        assert (await browser.get(f"{base}/api/v1/files/{FILE}", cookie="x=y")).status == 404
        socket = await desk.raw_socket()
        await socket.upgrade({"Origin": "https://shop.example"}, f"{base}/ws")
        await socket.greet("v" * 26)
    for path in ("/supportive", "/support/support/healthz", "/other/healthz", "/support/nothing"):
        assert (await browser.get(path)).status == 404, path


@pytest.mark.parametrize("desk", [BELOW], indirect=True)
async def test_the_base_path_without_its_slash_leads_to_it(desk: Desk) -> None:
    browser = await desk.browser()
    answer = await browser.get("/support?a=b")
    assert (answer.status, answer.headers["location"]) == (308, "/support/?a=b")
    assert (await browser.get("/healthz")).status == 200


async def test_without_a_base_path_there_is_none(desk: Desk) -> None:
    socket = await desk.raw_socket()
    with pytest.raises(Closed) as refused:
        await socket.upgrade({}, "/support/ws")
    assert refused.value.code == 404
    assert (await (await desk.browser()).get("/support/healthz")).status == 404
