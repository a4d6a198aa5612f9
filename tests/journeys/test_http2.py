"""Over HTTP/2 as over HTTP/1.1: a visitor's message, a large file up and down again, built files, TLS."""

import asyncio
import hashlib
import json
import secrets
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from tests.abuse.ground import Ground
from tests.abuse.line import ask, head
from tests.gateway.client import Response
from tests.gateway.http2_client import Http2Client, http2
from tests.journeys.appliance import Appliance

pytestmark = pytest.mark.full

MEGABYTES = 120
PEAK_BYTES_MAX = 16 * 2**20


@pytest.fixture(scope="module", params=[0, 1], ids=["one process", "a gateway"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    config = f"file_bytes_max = {MEGABYTES * 2**20}\n"
    ground = Ground(tmp_path_factory.mktemp("http2"), config, workers=request.param)
    yield ground
    assert ground.appliance.stop() == 0
    assert "Traceback" not in ground.appliance.output()


async def write(client: Http2Client, ground: Ground, text: str) -> Response:
    body = json.dumps({"text": text}).encode()
    fields = [("idempotency-key", secrets.token_hex(16)), ("content-type", "application/json"), *bearer(ground)]
    stream = client.ask("/api/v1/visitor/messages", "POST", fields, ends=False)
    await client.send(stream, body)
    return (await client.answer(stream)).response()


def bearer(ground: Ground) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in ground.bearer().items()]


@asynccontextmanager
async def written_meanwhile(ground: Ground) -> AsyncIterator[None]:
    """A message each tenth of a second over the other protocol is taken while the block runs."""

    async def write_on() -> None:
        while True:
            assert (await ground.say("meanwhile")).status == 200
            await asyncio.sleep(0.1)

    writing = asyncio.create_task(write_on())
    yield
    assert not writing.done()
    writing.cancel()
    await asyncio.wait((writing,))


async def test_a_message_is_stored_and_heard_over_http1(ground: Ground) -> None:
    async with http2(ground.port) as client, ground.agent() as agent:
        told = await write(client, ground, "over HTTP/2")
        assert told.status == 200
        assert (await agent.told("msg"))["text"] == "over HTTP/2"


async def test_a_large_file_goes_up_and_comes_down_whole_and_little_is_held(ground: Ground) -> None:
    """In pieces both ways: the windows hold the client back, and the client's windows the server."""
    content = b"".join(Random(7).randbytes(2**20) for _ in range(MEGABYTES - 1))
    fields = [("x-file-name", "large.txt"), ("content-type", "text/plain"), *bearer(ground)]
    content = content.translate(bytes(32 + byte % 90 for byte in range(256)))  # a text is taken, whatever it says
    async with http2(ground.port) as client, written_meanwhile(ground):
        before = ground.forget_peak()
        stream = client.ask("/api/v1/visitor/files", "POST", fields, ends=False)
        await client.send(stream, content)
        told = await client.answer(stream, 60)
        assert told.status == 200, told.body
        file = json.loads(told.body)["id"]
        await write(client, ground, "here it is")
        down = await client.answer(client.ask(f"/api/v1/visitor/files/{file}", fields=bearer(ground)), 120)
        assert hashlib.sha256(down.body).digest() == hashlib.sha256(content).digest()
        assert ground.peak() - before < PEAK_BYTES_MAX
        part = await client.answer(
            client.ask(f"/api/v1/visitor/files/{file}", fields=[("range", "bytes=1000-1999"), *bearer(ground)])
        )
        assert (part.status, part.body) == (206, content[1_000:2_000])
        assert (await client.get(f"/api/v1/visitor/files/{file}")).status == 401


async def test_a_body_too_large_is_refused_before_it_has_come(ground: Ground) -> None:
    async with http2(ground.port) as client:
        before = ground.forget_peak()
        told = [("content-type", "application/json"), ("content-length", "200000000")]
        stream = client.ask("/api/v1/session", "POST", told, ends=False)
        assert (await client.answer(stream)).status == 413
        stream = client.ask("/api/v1/session", "POST", told[:1], ends=False)
        sending = asyncio.create_task(client.send(stream, bytes(50_000_000)))
        answer = await client.answer(stream)
        assert answer.status == 413
        sending.cancel()
        assert (await client.get("/healthz")).body == b"ok\n"
        assert ground.peak() - before < PEAK_BYTES_MAX


async def test_built_files_are_what_they_are_over_http1(ground: Ground) -> None:
    async with http2(ground.port) as client:
        for path in ("/", "/widget.js", f"/chat/{ground.inbox}", "/sign-in", "/docs/zh/start"):
            one = await ask(ground.port, head("GET", path, {"Accept-Encoding": "br", "Host": "desk.lan"}))
            two = await client.get(path, accept_encoding="br")
            assert (two.status, two.body) == (one.status, one.body)
            own = {":status", "date", "x-request-id", "content-length"}
            said = {name: value for name, value in one.fields.items() if name not in own}
            assert said.items() <= two.headers.items(), path
        etag = (await client.get("/widget.js")).headers["etag"]
        assert (await client.get("/widget.js", if_none_match=etag)).status == 304
        assert (await client.get("/", "POST", b"{}")).status == 405
        refused = await client.get("/ws")
        assert (refused.status, refused.json()["code"]) == (426, "socket_needs_http1")
        assert (await client.get("/nowhere")).status == 404
        manual = await client.get("/docs", accept_language="zh-CN")
        assert (manual.status, manual.headers["location"]) == (302, "docs/zh/start")


@pytest.mark.parametrize("workers", [0, 1])
async def test_under_tls_it_is_spoken_to_who_offers_nothing_else(tmp_path: Path, workers: int) -> None:
    server = Appliance(
        tmp_path / "data",
        options=("--demo", "--workers", str(workers)),
        environment={"MONODESK_TLS_MODE": "own", "MONODESK_TLS_NAMES": "desk.lan"},
        secure=lambda: ssl.create_default_context(cafile=str(tmp_path / "data" / "keys" / "authority.crt")),
    )
    server.start()
    try:
        only = ssl.create_default_context(cafile=str(tmp_path / "data" / "keys" / "authority.crt"))
        only.set_alpn_protocols(["h2"])
        async with http2(server.port, tls=only) as client:
            spoken = client.writer.get_extra_info("ssl_object")
            assert spoken.selected_alpn_protocol() == "h2"
            assert (await client.get("/api/v1/setup")).status == 200
            page = await client.get("/")
            assert "wss://desk.lan" in page.headers["content-security-policy"]
            assert len((await client.get("/api/openapi.json")).body) > 50_000
        both = ssl.create_default_context(cafile=str(tmp_path / "data" / "keys" / "authority.crt"))
        both.set_alpn_protocols(["h2", "http/1.1"])
        _, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=both)
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"  # as every browser does
        writer.close()
        assert server.stop() == 0
        assert "Traceback" not in server.output()
    finally:
        server.kill()
