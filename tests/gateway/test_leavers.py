"""Who leaves while he is served over HTTP leaves no task behind, whatever was going on."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.gateway.http_server import HttpServer
from app.gateway.upstream import Addresses
from app.settings import Limits
from tests.gateway.client import until
from tests.gateway.test_hypercorn import Client

ADDRESSES = Addresses(("192.0.2.7", 1234), ("198.51.100.9", 80))
REQUEST = "GET {} HTTP/1.1\r\nhost: d\r\n\r\n"


class Shop:
    """An application whose answers wait for the test."""

    def __init__(self) -> None:
        self.asked = 0
        self.go_on = asyncio.Event()
        self.http = HttpServer(
            Starlette(routes=[Route("/", self._at_once), Route("/late", self._late), Route("/pieces", self._pieces)]),
            Limits(),
        )

    async def _at_once(self, _: Request) -> Response:
        return PlainTextResponse("hello")

    async def _late(self, _: Request) -> Response:
        self.asked += 1
        await self.go_on.wait()
        return PlainTextResponse("late")

    async def _pieces(self, _: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"first"
            self.asked += 1
            await self.go_on.wait()
            yield b"second"

        return StreamingResponse(pieces())


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    await shop.http.start()
    yield shop
    shop.go_on.set()
    await shop.http.stop()


async def test_between_two_requests(shop: Shop) -> None:
    before = len(asyncio.all_tasks())
    for _ in range(20):
        client = Client()
        stream = shop.http.open(ADDRESSES, client)
        stream.send(REQUEST.format("/").encode())
        await until(lambda client=client: client.got.endswith(b"hello"))
        stream.drop()
    await until(lambda: len(asyncio.all_tasks()) == before)


@pytest.mark.parametrize("path", ["/late", "/pieces"])
async def test_while_the_application_works_for_him(shop: Shop, path: str) -> None:
    before = len(asyncio.all_tasks())
    streams = [shop.http.open(ADDRESSES, Client()) for _ in range(20)]
    for stream in streams:
        stream.send(REQUEST.format(path).encode())
    await until(lambda: shop.asked == len(streams))
    for stream in streams:
        stream.drop()
    shop.go_on.set()
    await until(lambda: len(asyncio.all_tasks()) == before)


async def test_before_his_request_was_whole(shop: Shop) -> None:
    before = len(asyncio.all_tasks())
    for cut in (0, 1, 20):
        stream = shop.http.open(ADDRESSES, Client())
        stream.send(REQUEST.format("/").encode()[:cut])
        await asyncio.sleep(0)
        stream.drop()
    await until(lambda: len(asyncio.all_tasks()) == before)
