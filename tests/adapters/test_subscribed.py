"""A WebSocket that another system pushes into: greeted with the cursor, opened again, tried by pings, never overrun."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from app.adapters.errors import BadSpec
from app.adapters.specs.reading import read
from app.settings import Limits
from app.storage import dead_letters, source_drift, source_runs
from app.storage.database import Transaction
from tests.adapters.test_engine import joined, put, until, until_orders
from tests.domain import Domain

SPEC = """\
source: mall
title: {en: News of a shop, zh: 商城推送}
allow: ["127.0.0.1:%(port)d"]
subscribe:
  ws: ws://127.0.0.1:%(port)d/line
  headers: {X-Shop: west}
  query: {since: $cursor.id}
  hello: [{type: subscribe, after: $cursor.id}, "go"]
  bytes: %(bytes)s
  ping: %(ping)s
records: {at: orders, id: sn}
map:
  id: sn
  total: {from: pay, as: money}
  status: {from: state, enum: {new: to_ship}, else: unknown}
deliver: {to: orders}
"""


def spec(port: int, size: str = "1MB", ping: str = "10s") -> str:
    return SPEC % {"port": port, "bytes": size, "ping": ping}


class News:
    """A server of lines, each sent all orders behind the cursor that it is greeted with."""

    def __init__(self, count: int = 0) -> None:
        self.orders: list[dict[str, Any]] = [{"sn": f"{n:06}", "pay": f"{n}.5", "state": "new"} for n in range(count)]
        self.port = 0
        self.greeted: list[Any] = []
        self.asked: list[dict[str, str]] = []
        self.sent = 0
        self.first: list[str | bytes] = []  # said before the orders of the next line
        self.close_after: int | None = None
        self.is_deaf = False  # reads nothing, so answers no ping
        self.refuses = 0
        self.beats = False  # says that it stands before it closes

    async def line(self, request: web.Request) -> web.StreamResponse:
        self.asked.append({**request.query, "shop": request.headers.get("X-Shop", "")})
        if self.refuses:
            return web.Response(status=self.refuses)
        socket = web.WebSocketResponse(autoping=not self.is_deaf)
        await socket.prepare(request)
        hello = json.loads((await socket.receive()).data)
        assert (await socket.receive()).data == "go"
        self.greeted.append(hello)
        if self.is_deaf:
            self.is_deaf = False
            await asyncio.sleep(3_600)
        for one in self.first:
            await (socket.send_str(one) if isinstance(one, str) else socket.send_bytes(one))
        self.first = []
        pushing = asyncio.create_task(self._push(socket, hello["after"]))
        async for _ in socket:
            pass
        pushing.cancel()
        return socket

    async def _push(self, socket: web.WebSocketResponse, after: str | None) -> None:
        at = int(after) + 1 if after else 0
        count = 0
        while True:
            while at >= len(self.orders):
                await asyncio.sleep(0.01)
            await socket.send_str(json.dumps({"orders": [self.orders[at]]}))
            at, count = at + 1, count + 1
            self.sent += 1
            if count == self.close_after:
                self.close_after = None
                if self.beats:
                    await socket.send_str('{"type": "beat"}')
                await socket.close()
                return

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["News"]:
        app = web.Application()
        app.router.add_get("/line", self.line)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()


async def test_what_is_pushed_is_there_and_a_line_that_ends_goes_on_from_its_cursor(
    domain: Domain, tmp_path: Path
) -> None:
    news = News(40)
    news.close_after = 25
    news.orders[5]["state"] = "odd"
    async with joined(domain, tmp_path, source_line_seconds_min=0.05) as systems:
        async with news.serving():
            put(tmp_path, spec(news.port))
            await until_orders(domain, 40)
            await until(lambda: systems.states["mall"].counts.written == 15)
            assert (systems.states["mall"].state, systems.states["mall"].code) == ("waiting", "")
        await until(lambda: systems.states["mall"].state == "failing")
        news.orders += [{"sn": f"{n:06}", "pay": "1", "state": "new"} for n in range(40, 60)]
        async with news.serving():
            await until_orders(domain, 60)
    assert [one["after"] for one in news.greeted] == [None, "000024", "000039"]
    assert news.sent == 60
    assert news.asked[0]["shop"] == "west"
    assert news.asked[1]["since"] == "000024"
    assert ("value", "state", "odd") in {
        (one.what, one.path, one.value) for one in await source_drift.of(domain.database, "mall")
    }
    runs = await source_runs.newest(domain.database, "mall", "", 9)
    assert sorted(one.counts.fetched for one in runs if one.counts.fetched) == [15, 20, 25]
    assert all(one.ended_at is not None for one in runs if one.code)


async def test_what_only_says_that_the_line_stands_does_not_move_the_cursor(domain: Domain, tmp_path: Path) -> None:
    news = News(20)
    news.close_after, news.beats = 10, True
    whole = SPEC.replace("records: {at: orders, id: sn}", 'records: {id: "orders[0].sn"}\nwhere: type == null')
    whole = whole.replace("  id: sn", '  id: "orders[0].sn"').replace("from: pay", 'from: "orders[0].pay"')
    whole = whole.replace("from: state", 'from: "orders[0].state"')
    async with news.serving(), joined(domain, tmp_path, source_line_seconds_min=0.05):
        put(tmp_path, whole % {"port": news.port, "bytes": "1MB", "ping": "10s"})
        await until_orders(domain, 20)
    assert [one["after"] for one in news.greeted] == [None, "000009"]


async def test_what_cannot_be_read_is_kept_aside_and_what_is_none_of_them_changes_nothing(
    domain: Domain, tmp_path: Path
) -> None:
    news = News(3)
    news.first = ['{"type": "welcome"}', "{broken", b"\x00\xff"]
    async with news.serving(), joined(domain, tmp_path):
        put(tmp_path, spec(news.port))
        await until_orders(domain, 3)
    letters = await dead_letters.page(domain.database, "mall", "", 9)
    assert sorted((one.stage, one.code) for one in letters) == [("read", "format_unknown"), ("read", "json_malformed")]


async def test_a_message_that_is_too_large_ends_the_line_and_the_next_one_goes_on(
    domain: Domain, tmp_path: Path
) -> None:
    news = News(3)
    news.first = [json.dumps({"orders": [{"sn": "x" * 200_000}]})]
    async with news.serving(), joined(domain, tmp_path, source_line_seconds_min=0.5) as systems:
        put(tmp_path, spec(news.port, size="64KB"))
        await until(lambda: "mall" in systems.states and systems.states["mall"].code == "answer_too_large")
        await until_orders(domain, 3)


async def test_a_line_that_answers_no_ping_is_cut_and_opened_again(domain: Domain, tmp_path: Path) -> None:
    news = News(3)
    news.is_deaf = True
    async with news.serving(), joined(domain, tmp_path, source_line_seconds_min=0.05):
        put(tmp_path, spec(news.port, ping="200ms"))
        await until_orders(domain, 3)
    assert len(news.greeted) == 2


@pytest.mark.parametrize(("status", "code"), [(403, "refused"), (503, "answer_5xx")])
async def test_a_line_that_is_not_opened_is_tried_later_each_time(
    domain: Domain, tmp_path: Path, status: int, code: str
) -> None:
    news = News(3)
    news.refuses = status
    async with news.serving(), joined(domain, tmp_path, source_line_seconds_min=0.05) as systems:
        put(tmp_path, spec(news.port))
        await until(lambda: "mall" in systems.states and systems.states["mall"].code == code)
        began = asyncio.get_running_loop().time()
        await until(lambda: len(news.asked) >= 6)
        assert asyncio.get_running_loop().time() - began > 0.05 * 0.75 * (1 + 2 + 4 + 8) * 0.8
        news.refuses = 0
        await until_orders(domain, 3)


async def test_while_nothing_can_be_stored_no_more_is_taken(domain: Domain, tmp_path: Path) -> None:
    news, gate = News(100_000), threading.Event()
    for order in news.orders:
        order["note"] = "x" * 1_000

    def wait(tx: Transaction) -> None:
        gate.wait(60)

    async with news.serving(), joined(domain, tmp_path):
        put(tmp_path, spec(news.port))
        await until(lambda: news.sent > 1_000)
        held = asyncio.ensure_future(domain.database.write(wait))
        try:
            before, same = -1, 0
            async with asyncio.timeout(30):
                while same < 5:
                    same = same + 1 if news.sent == before else 0
                    before = news.sent
                    await asyncio.sleep(0.1)
            assert before < 30_000, "what is not taken is not sent"
        finally:
            gate.set()
        await held
        await until(lambda: news.sent > before)


def test_nothing_is_said_on_a_stream_of_grpc() -> None:
    text = SPEC.replace("ws: ws://127.0.0.1:%(port)d/line", "grpc: http://127.0.0.1:1/a.B/C\n  reflection: true")
    with pytest.raises(BadSpec, match="asked for by `proto`"):
        read((text % {"port": 1, "bytes": "1MB", "ping": "1s"}).encode(), "mall.yaml", Limits())
