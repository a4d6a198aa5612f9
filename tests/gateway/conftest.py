"""A front on a free port, with a small core behind it and a Starlette application beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from app.gateway.front import Front
from app.gateway.http_server import HttpServer
from app.model.ids import Ids
from app.settings import Limits, Settings
from app.web.assets import Assets
from tests.clock import ManualClock
from tests.gateway.client import Browser, Socket
from tests.gateway.small_core import AGENT_COOKIE, SmallCore


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """A module may name the loop that its tests need: TLS works on uvloop alone."""
    module = item.getparent(pytest.Module)
    return {"loop": getattr(module.obj, "LOOP", asyncio.new_event_loop) if module else asyncio.new_event_loop}


async def hello(request: Request) -> Response:
    client = request.client
    return JSONResponse({"client": list(client) if client else None, "headers": dict(request.headers)})


async def count(request: Request) -> Response:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return PlainTextResponse(str(size))


async def unread(request: Request) -> Response:
    return PlainTextResponse("not interested", 413)


async def pieces(request: Request) -> Response:
    async def many() -> AsyncIterator[bytes]:
        for _ in range(int(request.query_params["n"])):
            yield b"x" * 10_000

    return StreamingResponse(many())


def application() -> Starlette:
    routes = [
        Route("/api/hello", hello, methods=["GET", "POST", "HEAD"]),
        Route("/api/count", count, methods=["POST"]),
        Route("/api/unread", unread, methods=["POST"]),
        Route("/api/pieces", pieces),
    ]
    return Starlette(routes=routes)


def build(folder: Path) -> Path:
    """What app/web/build.mjs leaves behind, in small."""
    dist = folder / "dist"
    (dist / "assets").mkdir(parents=True)
    for name in ("console", "chat", "demo"):
        (dist / f"{name}.html").write_text(f"<!doctype html><title>{name}</title>")
    (dist / "assets" / "console-ABC123.js").write_text("console.log(1)")
    (dist / "assets" / "console-ABC123.js.br").write_bytes(b"brotli")
    (dist / "assets" / "console-ABC123.js.gz").write_bytes(b"gzip")
    (dist / "widget.js").write_text("widget()")
    pages = {"/": "console.html", "/chat/": "chat.html", "/demo": "demo.html"}
    (dist / "manifest.json").write_bytes(msgspec.json.encode({"pages": pages, "loader": "widget.js"}))
    return dist


class Desk:
    """The door with its small core, and the clients that came to it."""

    def __init__(self, core: SmallCore, front: Front, http: HttpServer, clock: ManualClock, port: int) -> None:
        self.core = core
        self.clock = clock
        self.front = front
        self.http = http
        self.port = port
        self._clients: list[Browser | Socket] = []

    async def browser(self, address: str = "127.0.0.1", port: int = 0) -> Browser:
        """A new HTTP connection from this address, to another port than the first where one is named."""
        browser = await Browser.open_from(address, port or self.port)
        self._clients.append(browser)
        return browser

    async def raw_socket(self, port: int = 0) -> Socket:
        """A connection that is to become a WebSocket."""
        socket = await Socket.connect(port or self.port)
        self._clients.append(socket)
        return socket

    async def socket(self, **headers: str) -> Socket:
        """A new WebSocket; raises `Closed` with the HTTP status where it was refused."""
        socket = await Socket.connect(self.port)
        self._clients.append(socket)
        await socket.upgrade(headers)
        return socket

    async def visitor(self, token: str = "v" * 26) -> Socket:
        """A visitor's WebSocket after its welcome."""
        socket = await self.socket()
        await socket.greet(token)
        return socket

    async def agent(self) -> Socket:
        """An agent's WebSocket after its welcome."""
        socket = await self.socket(Cookie=AGENT_COOKIE, Origin=f"http://127.0.0.1:{self.port}")
        await socket.send(t="hello")
        await socket.receive_type("welcome")
        return socket

    def adopt(self, client: Browser) -> Browser:
        """A client that came another way; it is dropped with the others."""
        self._clients.append(client)
        return client

    def pass_time(self, seconds: float) -> None:
        """The clock goes on, second by second, and the door looks at its deadlines at each."""
        for _ in range(round(seconds)):
            self.clock.advance(1)
            self.front.sweep()
            self.front.hub.sweep()

    def drop_clients(self) -> None:
        for client in self._clients:
            client.writer.transport.abort()


@asynccontextmanager
async def opened(folder: Path, given: Limits | Settings, served: ASGIApp | None = None) -> AsyncIterator[Desk]:
    """A door on a free port; its clock moves only by `pass_time`."""
    settings = given if isinstance(given, Settings) else Settings(limits=given)
    settings = replace(settings, data=folder, demo=True)
    limits = settings.limits
    core, clock = SmallCore(), ManualClock()
    http = HttpServer(served or application(), limits)
    front = Front(core, Assets.load(build(folder), demo=True), http, settings, clock, Ids(clock))
    await http.start()
    port = await front.start("127.0.0.1:0")
    desk = Desk(core, front, http, clock, port)
    try:
        yield desk
    finally:
        core.gate.set()
        desk.drop_clients()
        await front.stop()
        await http.stop()


@pytest.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """Parametrise indirectly with `Limits` for other bounds, with `Settings` for others of these."""
    async with opened(tmp_path, getattr(request, "param", Limits())) as desk:
        yield desk
