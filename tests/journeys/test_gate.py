"""What one client may have of the gate, asked of the running server over both protocols, in one process and in two."""

import asyncio
import json
import ssl
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes

from app.demo.seed import INBOX_ID
from tests.gateway.client import Browser, until
from tests.gateway.http2_client import Http2Client, http2
from tests.journeys.appliance import Appliance, free_port

DOWNLOADS, PLACES, PLAIN = 4, 6, 3
PROXY, ONE, OTHER, BESIDE = "127.0.0.9", "203.0.113.7", "198.51.100.9", "127.0.0.5"
FILE = b"x" * 1_000_000
DEAF = {SettingCodes.INITIAL_WINDOW_SIZE: 0}  # whatever is for it waits in the server
Fields = list[tuple[str, str]]


@pytest.fixture(scope="module", params=[0, 1], ids=["one process", "a gateway"])
def workers(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture(scope="module")
def server(workers: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    server = Appliance(
        tmp_path_factory.mktemp("gate") / "data",
        options=("--demo", "--workers", str(workers)),
        environment={
            "MONODESK_PUBLIC_URL": "http://shop.example/support",
            "MONODESK_TRUSTED_PROXIES": PROXY,
            "MONODESK_LIMITS_DOWNLOADS_MAX": str(DOWNLOADS),
            "MONODESK_LIMITS_CONNECTIONS_PER_ADDRESS_MAX": str(PLACES),
            "MONODESK_LIMITS_HTTP2_WAITING_BYTES_OF_NETWORK_MAX": "150000",  # two pieces of a download
        },
    )
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.output()


@pytest.fixture
def own(server: Appliance) -> Fields:
    """A visitor with a file, and how he proves himself."""
    body = json.dumps({"inbox": INBOX_ID}).encode()
    token = json.loads(server.send("POST", "/api/v1/visitor/session", body)[1])["token"]
    return [("authorization", f"Bearer {token}")]


@pytest.fixture
def file(server: Appliance, own: Fields) -> str:
    """Where his file is to be had."""
    fields = {**dict(own), "Content-Type": "text/plain", "X-File-Name": "a.txt"}
    return f"/api/v1/visitor/files/{json.loads(server.send('POST', '/api/v1/visitor/files', FILE, fields)[1])['id']}"


async def leave(*browsers: Browser) -> None:
    """Be gone before the loop is: a socket that is left to the collector is a warning in some later test."""
    for browser in browsers:
        browser.writer.transport.abort()
    for _ in range(5):
        await asyncio.sleep(0)


def begun(client: Http2Client, stream: int) -> bool:
    return ":status" in client.answers[stream].fields


async def test_downloads_over_http2_are_some_of_all(server: Appliance, own: Fields, file: str, workers: int) -> None:
    async with AsyncExitStack() as stack, http2(server.port) as reader:
        for number in range(DOWNLOADS):  # from everywhere, for what waits for one network is bounded as well
            client = await stack.enter_async_context(
                http2(server.port, settings=DEAF, address=f"127.0.0.{20 + number}")
            )
            stream = client.ask(file, fields=own)
            await until(lambda client=client, stream=stream: begun(client, stream))
        refused = await reader.get(file, **dict(own))
        assert (refused.status, refused.json()["code"]) == (503, "too_many_downloads")
        assert (await reader.get(file, "HEAD", **dict(own))).status == 200
        over_http1 = server.send("GET", file, headers=dict(own))[0]
        assert over_http1 == (200 if workers else 503)  # a gateway process counts those that it sends itself
        client.h2.reset_stream(stream, ErrorCodes.CANCEL)
        client.flush()
        while (answer := await reader.get(file, **dict(own))).status == 503:
            await asyncio.sleep(0.02)
        assert answer.body == FILE


async def test_what_waits_for_one_network_is_bounded_over_all_its_connections(
    server: Appliance, own: Fields, file: str
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(2):
            client = await stack.enter_async_context(http2(server.port, settings=DEAF))
            stream = client.ask(file, fields=own)
            await until(lambda client=client, stream=stream: begun(client, stream))
        third = await stack.enter_async_context(http2(server.port, settings=DEAF))
        assert (await third.answer(third.ask(file, fields=own))).reset == ErrorCodes.ENHANCE_YOUR_CALM
    async with http2(server.port, settings=DEAF, address=BESIDE) as other:
        stream = other.ask(file, fields=own)
        await until(lambda: begun(other, stream))
        assert (await other.get("/healthz", "HEAD")).status == 200, "that was heard after it"
        assert not other.answers[stream].over


async def test_behind_a_proxy_http2_counts_for_the_client(server: Appliance, own: Fields) -> None:
    async with http2(server.port, address=PROXY) as proxy:
        told = [*own, ("x-forwarded-for", ONE), ("x-file-name", "a.txt")]
        held = [proxy.ask("/api/v1/visitor/files", "POST", told, ends=False) for _ in range(PLACES)]
        refused = await proxy.get("/api/v1/setup", x_forwarded_for=ONE)
        assert (refused.status, refused.json()["code"]) == (429, "too_many_connections")
        assert (await proxy.get("/api/v1/setup", x_forwarded_for=OTHER)).status == 200
        assert (await proxy.get("/api/v1/setup")).status == 200, "who is not named is not counted"
        for stream in held:
            proxy.h2.reset_stream(stream, ErrorCodes.CANCEL)
        proxy.flush()
        for _ in range(1_000):
            if (await proxy.get("/api/v1/setup", x_forwarded_for=ONE)).status == 200:
                break
        else:
            raise AssertionError("their places are not given back")


async def test_a_stranger_who_calls_himself_a_proxy_is_counted_as_himself(server: Appliance, own: Fields) -> None:
    async with http2(server.port, address=BESIDE) as client:
        told = [*own, ("x-forwarded-for", ONE), ("x-file-name", "a.txt")]
        for _ in range(PLACES):
            client.ask("/api/v1/visitor/files", "POST", told, ends=False)
        assert (await client.get("/api/v1/setup", x_forwarded_for=ONE)).status == 200


async def test_the_base_path_is_taken_off_once(server: Appliance) -> None:
    browser = await Browser.open(server.port)
    async with http2(server.port) as client:
        for get in (browser.get, client.get):
            for path, status in (
                ("/api/v1/setup", 200),
                ("/support/api/v1/setup", 200),
                ("/support/support/api/v1/setup", 404),
                ("/support/support/healthz", 404),
                ("/support/support/", 404),
                ("/support", 308),
            ):
                assert (await get(path)).status == status, path
            assert (await get("/support?a=b")).headers["location"] == "/support/?a=b"
    await leave(browser)


async def test_a_proxys_prefix_changes_nothing(server: Appliance) -> None:
    """The public URL says it, once for all; see ARCHITECTURE.md."""
    browser = await Browser.open_from(PROXY, server.port)
    assert (await browser.get("/other/api/v1/setup", x_forwarded_prefix="/other")).status == 404
    assert (await browser.get("/support", x_forwarded_prefix="/other")).headers["location"] == "/support/"
    await leave(browser)


@pytest.fixture(scope="module")
def secure(workers: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Appliance, int, int]]:
    """A server with https of its own authority; the ports of its visitors and of plain HTTP."""
    data, public, plain = tmp_path_factory.mktemp("secure") / "data", free_port(), free_port()
    server = Appliance(
        data,
        options=("--demo", "--workers", str(workers)),
        environment={
            "MONODESK_TLS_MODE": "own",
            "MONODESK_TLS_NAMES": "desk.lan",
            "MONODESK_TLS_HTTP_LISTEN": f"127.0.0.1:{plain}",
            "MONODESK_PUBLIC_LISTEN": f"127.0.0.1:{public}",
            "MONODESK_PUBLIC_URL": f"https://127.0.0.1:{public}",
            "MONODESK_LIMITS_PLAIN_CONNECTIONS_PER_ADDRESS_MAX": str(PLAIN),
        },
        secure=lambda: trusting(data),
    )
    server.start()
    yield server, public, plain
    assert server.stop() == 0
    assert "Traceback" not in server.output()


def trusting(data: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(data / "keys" / "authority.crt"))


async def test_the_root_is_offered_on_every_listener_over_either_protocol(secure: tuple[Appliance, int, int]) -> None:
    server, public, _ = secure
    root = (server.data / "keys" / "authority.crt").read_bytes()
    only = trusting(server.data)
    only.set_alpn_protocols(["h2"])
    for port in (server.port, public):
        browser = Browser(*await asyncio.open_connection("127.0.0.1", port, ssl=trusting(server.data)))
        async with http2(port, tls=only) as client:
            pages = [await get("/certificate?language=zh", "GET") for get in (browser.get, client.get)]
            assert [page.status for page in pages] == [200, 200]
            assert pages[0].body == pages[1].body
            assert "frame-ancestors 'none'" in pages[1].headers["content-security-policy"]
            for get in (browser.get, client.get):
                assert (await get("/certificate/monodesk-root.crt")).body == root
                assert (await get("/certificate/authority.key")).status == 404
            assert (await client.get("/certificate", "POST")).status == 405
        await leave(browser)


async def test_one_address_leaves_others_room_where_plain_http_is_led_to_https(
    secure: tuple[Appliance, int, int],
) -> None:
    _, _, port = secure
    half = [await Browser.open(port) for _ in range(PLAIN)]
    one_more = await Browser.open(port)
    refused = await one_more.response()
    assert (refused.status, refused.json()["code"]) == (429, "too_many_connections")
    beside = await Browser.open_from(BESIDE, port)
    assert (await beside.get("/")).status == 308
    await leave(*half, one_more, beside)
