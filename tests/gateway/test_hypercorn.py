"""What we rely on of Hypercorn beyond its public interface. A new version that breaks one of these breaks the front."""

import asyncio
import inspect
import re
from importlib.metadata import version
from typing import Any

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.gateway.http_server import HttpServer
from app.gateway.upstream import ADDRESSES as STATE
from app.gateway.upstream import Addresses, Stream, decode_addresses, encode_addresses
from app.settings import Limits
from tests.gateway.client import until

ADDRESSES = Addresses(("192.0.2.7", 1234), ("198.51.100.9", 80))
REQUEST = b"GET / HTTP/1.1\r\nhost: d\r\n\r\n"
LIMITS = Limits(stop_seconds_max=1.0)


class Client:
    """The side of the client, in memory."""

    def __init__(self) -> None:
        self.got = b""
        self.over = False
        self.paused = False

    def answered(self, data: bytes) -> None:
        self.got += data

    def ended(self) -> None:
        self.over = True

    def pause_request(self) -> None:
        self.paused = True

    def resume_request(self) -> None:
        self.paused = False


def test_the_version_is_the_one_these_tests_were_written_for() -> None:
    assert version("hypercorn") == "0.18.0"


def test_the_constructors_take_what_we_give() -> None:
    def parameters(thing: Any) -> list[str]:
        return list(inspect.signature(thing).parameters)

    assert parameters(TCPServer) == ["app", "loop", "config", "context", "state", "reader", "writer"]
    assert parameters(Lifespan) == ["app", "config", "loop", "lifespan_state"]
    assert parameters(WorkerContext) == ["max_requests"]
    assert parameters(ASGIWrapper) == ["app"]
    settings = ("h11_max_incomplete_size", "keep_alive_timeout", "startup_timeout", "shutdown_timeout", "errorlog")
    assert all(hasattr(Config, name) for name in settings)


class Application:
    """Counts its life and holds requests until `go`."""

    def __init__(self) -> None:
        self.life: list[str] = []
        self.go = asyncio.Event()
        self.waiting = 0
        self.left = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                kind = (await receive())["type"]
                self.life.append(kind)
                await send({"type": f"{kind}.complete"})
            return
        await self._starlette(scope, receive, send)

    @property
    def _starlette(self) -> Starlette:
        both = ["GET", "POST"]
        return Starlette(
            routes=[
                Route("/", self._answer),
                Route("/wait", self._wait, methods=both),
                Route("/deaf", self._deaf, methods=both),
                Route("/much", self._much),
                Route("/ends", self._ends),
            ]
        )

    async def _answer(self, request: Request) -> Response:
        assert request.client is not None
        return PlainTextResponse(f"{request.client.host}:{request.client.port}")

    async def _wait(self, request: Request) -> Response:
        await request.body()
        self.waiting += 1
        await self.go.wait()
        self.left += await request.is_disconnected()
        return PlainTextResponse("done")

    async def _deaf(self, _: Request) -> Response:
        await self.go.wait()
        return PlainTextResponse("heard nothing")

    async def _ends(self, request: Request) -> Response:
        addresses: Addresses = request.scope["state"][STATE]
        return PlainTextResponse(f"{request.url.scheme} {addresses.client[0]}")

    async def _much(self, _: Request) -> Response:
        return PlainTextResponse(b"x" * 1_000_000)


async def opened(limits: Limits = LIMITS) -> tuple[Application, HttpServer, Client, Stream]:
    application, client = Application(), Client()
    server = HttpServer(application, limits)
    await server.start()
    return application, server, client, server.open(ADDRESSES, client)


async def test_requests_are_answered_in_memory_with_the_clients_address_and_the_stream_is_kept() -> None:
    application, server, client, stream = await opened()
    for count in (1, 2):
        stream.send(REQUEST)
        await until(lambda count=count: client.got.count(b"192.0.2.7:1234") == count)
    assert not stream.closing
    await server.stop()
    assert application.life == ["lifespan.startup", "lifespan.shutdown"]
    await until(lambda: client.over)


async def test_tls_that_ended_in_the_front_makes_the_scheme_https_and_the_application_learns_both_ends() -> None:
    _, server, client, _ = await opened()
    for secure, told in ((True, b"https 192.0.2.7"), (False, b"http 192.0.2.7")):
        stream = server.open(replace(ADDRESSES, secure=secure), client)
        stream.send(REQUEST.replace(b"/ ", b"/ends "))
        await until(lambda told=told: client.got.endswith(told))
        stream.drop()
    await server.stop()


async def test_an_idle_stream_is_ended_after_its_time_and_not_while_a_request_is_under_way() -> None:
    application, server, client, stream = await opened(Limits(keep_alive_seconds=0.05))
    stream.send(REQUEST.replace(b"/ ", b"/wait "))
    await until(lambda: application.waiting)
    await asyncio.sleep(0.2)  # twice as long as an idle one is kept
    assert not client.over
    application.go.set()
    await until(lambda: client.over)
    assert client.got.endswith(b"done")
    await server.stop()


async def test_the_stop_ends_idle_streams_at_once_and_the_others_behind_their_answers() -> None:
    application, server, client, idle = await opened(Limits(stop_seconds_max=60.0))
    idle.send(REQUEST)
    await until(lambda: b"192.0.2.7" in client.got)
    busy = Client()
    server.open(ADDRESSES, busy).send(REQUEST.replace(b"/ ", b"/wait "))
    await until(lambda: application.waiting)
    stopping = asyncio.create_task(server.stop())
    await until(lambda: client.over)
    assert not busy.over
    application.go.set()
    await stopping
    await until(lambda: busy.over)
    assert busy.got.endswith(b"done")


async def test_every_answer_has_a_date() -> None:
    _, server, client, stream = await opened()
    stream.send(REQUEST)
    await until(lambda: b"192.0.2.7:" in client.got)
    assert re.search(rb"\r\ndate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n", client.got)
    await server.stop()


async def test_a_client_that_leaves_is_noticed_by_the_application() -> None:
    application, server, client, stream = await opened()
    stream.send(REQUEST.replace(b"/ ", b"/wait "))
    await until(lambda: application.waiting)
    stream.drop()
    application.go.set()
    await until(lambda: application.left == 1)
    await server.stop()
    assert not client.over  # it was the client who left
    assert client.got == b""


async def test_a_paused_response_waits() -> None:
    _, server, client, stream = await opened()
    stream.pause_response()
    for _ in range(3):
        stream.send(REQUEST.replace(b"/ ", b"/much "))
    await asyncio.sleep(0.05)
    assert len(client.got) < 1_100_000  # one write was under way
    stream.resume_response()
    await until(lambda: len(client.got) > 3_000_000)
    await server.stop()


async def test_a_request_body_that_nobody_reads_pauses_the_client() -> None:
    application, server, client, stream = await opened()
    stream.send(b"POST /deaf HTTP/1.1\r\nhost: d\r\ncontent-length: 10000000\r\n\r\n")
    for _ in range(200):
        stream.send(b"x" * 10_000)
        await asyncio.sleep(0)
        if client.paused:
            break
    assert client.paused
    application.go.set()
    await server.stop()


async def test_stopping_waits_for_what_runs_and_cuts_what_does_not_end() -> None:
    application, server, client, stream = await opened()
    slow = Client()
    endless = server.open(ADDRESSES, slow)
    stream.send(REQUEST.replace(b"/ ", b"/wait "))
    endless.send(b"POST /wait HTTP/1.1\r\nhost: d\r\ncontent-length: 5\r\n\r\n")
    await until(lambda: application.waiting)
    stopping = asyncio.create_task(server.stop())
    application.go.set()
    await asyncio.wait_for(stopping, 60)
    assert client.got.endswith(b"done")
    assert application.life == ["lifespan.startup", "lifespan.shutdown"]


def test_addresses_travel_as_proxy_v2() -> None:
    six = Addresses(("2001:db8::7", 1234), ("::1", 80))
    over_tls, public = replace(six, secure=True), replace(ADDRESSES, secure=True, public=True)
    for addresses in (ADDRESSES, six, over_tls, public, replace(public, secure=False), replace(over_tls, http2=True)):
        header = encode_addresses(addresses)
        assert decode_addresses(header + REQUEST) == (addresses, len(header))
        assert all(decode_addresses(header[:length]) is None for length in range(len(header)))


def test_what_is_no_such_header_is_refused() -> None:
    header = bytearray(encode_addresses(ADDRESSES))
    cut_short = bytes(header[:14]) + b"\x00\x0e" + bytes(header[16:]) + b"\x20\x00"
    lying = bytes(header[:14]) + b"\x00\x0f" + bytes(header[16:]) + b"\x20\x00\x05"
    for wrong in (
        REQUEST,
        b"PROXY TCP4 192.0.2.7",
        bytes(header[:12]) + b"\x20\x00\x00\x00",
        b"\r\n\r\nX",
        cut_short,
        lying,
        bytes(header[:14]) + b"\x00\x0b" + bytes(header[16:]),
    ):
        try:
            found = decode_addresses(wrong)
        except ValueError:
            continue
        raise AssertionError(found)
