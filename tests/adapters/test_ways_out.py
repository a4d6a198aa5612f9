"""What leaves over gRPC and over a WebSocket: kept while the other side is away, in order, each told by its id."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from app.adapters.joined import JoinedSystems
from app.storage import dead_letters, source_links
from app.telemetry import traces
from tests.adapters.far import Far, answer
from tests.adapters.formats.protos import TEXTS
from tests.adapters.protocols.erp import SERVICE, Erp
from tests.adapters.test_engine import joined, put, until
from tests.domain import Domain

HEAD = """\
source: out
title: Out
allow: ["127.0.0.1:%(port)d"]
events: [message.created]
map: {name: message.text}
deliver:
  breaker: {after: 1000, pause: 1s}
  order: conversation.id
"""
GRPC = (
    HEAD
    + f"""\
  grpc: http://127.0.0.1:%(port)d/{SERVICE}/GetOrder
  %(described)s
  idempotency: Idempotency-Key
  keep: {{id: name}}
"""
)
WS = (
    HEAD
    + """\
  ws: ws://127.0.0.1:%(port)d/line
  headers: {X-Shop: west}
  json: {id: $id, said: $mapped.name}
"""
)


class Board:
    """A server of lines: `answer` says what is answered to a message, None closes the line, "" says nothing."""

    def __init__(self) -> None:
        self.port = 0
        self.heard: list[Any] = []
        self.lines = 0
        self.answers: list[str | None] = []
        self.shop = ""

    async def line(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.lines += 1
        self.shop = request.headers.get("X-Shop", "")
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            answer = self.answers.pop(0) if self.answers else ""
            if answer is None:
                break
            self.heard.append(json.loads(message.data))
            if answer:
                await socket.send_str(answer)
        await socket.close()
        return socket

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Board"]:
        app = web.Application()
        app.router.add_get("/line", self.line)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()


async def ready(systems: JoinedSystems) -> None:
    await until(lambda: "out" in systems.states and systems.states["out"].state == "waiting")


async def say(domain: Domain, *texts: str) -> str:
    visitor = await domain.visitor(await domain.inbox())
    conv: str | None = None
    for text in texts:
        conv = (await domain.say(visitor, text, conv)).conv
    assert conv is not None
    return conv


@pytest.mark.parametrize("described", ["reflection: true", "proto_files: [acme/erp.proto]"])
async def test_messages_leave_over_grpc_in_their_order_and_what_they_are_called_is_kept(
    domain: Domain, tmp_path: Path, described: str
) -> None:
    files = [name for name in TEXTS if name.startswith("acme/")]
    for name in files:
        (tmp_path / "adapters" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "adapters" / name).write_text(TEXTS[name])
    described = described.replace("acme/erp.proto", ", ".join(files))
    async with Erp("v1").serving() as erp, joined(domain, tmp_path) as systems:
        put(tmp_path, GRPC % {"port": erp.port, "described": described}, "out.yaml")
        await ready(systems)
        conv = await say(domain, "orders/1", "orders/2", "orders/3")
        await until(lambda: len(erp.heard) == 3)
        assert len({one.metadata["idempotency-key"] for one in erp.heard}) == 3
        assert all(traces.read(one.metadata["traceparent"]) for one in erp.heard)
        async with asyncio.timeout(30):
            while not (links := await domain.database.write(lambda tx: source_links.theirs(tx, "conversation", conv))):
                await asyncio.sleep(0.02)
        assert {one.external_id for one in links} <= {"orders/1", "orders/2", "orders/3"}


async def test_a_grpc_server_that_is_away_at_the_start_gets_what_waited(domain: Domain, tmp_path: Path) -> None:
    async with Erp("v1").serving() as erp:
        port = erp.port
    async with joined(domain, tmp_path) as systems:
        put(tmp_path, GRPC % {"port": port, "described": "reflection: true"}, "out.yaml")
        await ready(systems)
        await say(domain, "orders/1", "fails/INVALID_ARGUMENT", "orders/3")
        back = Erp("v1")
        back.port = port
        async with back.serving():
            await until(lambda: len(back.heard) == 3)
            async with asyncio.timeout(30):
                while not (letters := await systems.letters("out", "", 9)):
                    await asyncio.sleep(0.02)
        assert [(one.stage, one.code) for one in letters] == [("deliver", "refused")]


async def test_messages_leave_over_one_line_that_is_opened_anew_where_it_was_cut(
    domain: Domain, tmp_path: Path
) -> None:
    board = Board()
    board.answers = ["", "", None, "", ""]
    async with board.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, WS % {"port": board.port}, "out.yaml")
        await ready(systems)
        await say(domain, *(str(n) for n in range(6)))
        await until(lambda: len(board.heard) == 6)
    assert [one["said"] for one in board.heard] == [str(n) for n in range(6)]
    assert (board.lines, board.shop, len({one["id"] for one in board.heard})) == (2, "west", 6)


async def test_where_answers_count_a_message_is_there_when_it_is_answered(domain: Domain, tmp_path: Path) -> None:
    board = Board()
    good, bad = '{"code": 0, "no": "A-1"}', '{"code": 5, "no": ""}'
    board.answers = [good, bad, '{"code": 9}', good, good]
    judged = "  fails_when: {code: code, ok: [0], limited: [9]}\n  keep: {id: no}\n  timeout: 2s\n"
    async with board.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, WS % {"port": board.port} + judged, "out.yaml")
        await ready(systems)
        conv = await say(domain, "1", "2", "3", "4")
        await until(lambda: len(board.heard) == 5)
        async with asyncio.timeout(30):
            while not (letters := await systems.letters("out", "", 9)):
                await asyncio.sleep(0.02)
            while not (links := await domain.database.write(lambda tx: source_links.theirs(tx, "conversation", conv))):
                await asyncio.sleep(0.02)
    said = [one["said"] for one in board.heard]
    assert said == ["1", "2", "3", "3", "4"], "what is limited is tried again before the next one"
    assert board.heard[2]["id"] == board.heard[3]["id"]
    assert [(one.stage, one.code) for one in letters] == [("deliver", "refused")]
    assert links[0].external_id == "A-1"


async def test_a_line_that_answers_too_late_is_not_believed(domain: Domain, tmp_path: Path) -> None:
    board = Board()
    board.answers = ["", '{"code": 0}']
    async with board.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, WS % {"port": board.port} + "  fails_when: {code: code, ok: [0]}\n  timeout: 200ms\n", "out.yaml")
        await ready(systems)
        await say(domain, "1")
        await until(lambda: len(board.heard) == 2)
    assert board.lines == 2
    assert board.heard[0] == board.heard[1]


async def test_an_answer_that_is_too_large_is_not_read_and_the_line_goes_on(domain: Domain, tmp_path: Path) -> None:
    board = Board()
    board.answers = ['{"code": 0, "more": "' + "x" * 3_000 + '"}', '{"code": 0}']
    async with board.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, WS % {"port": board.port} + "  fails_when: {code: code, ok: [0]}\n  bytes: 2KB\n", "out.yaml")
        await ready(systems)
        await say(domain, "1", "2")
        await until(lambda: len(board.heard) == 2)
        async with asyncio.timeout(30):
            while not (letters := await systems.letters("out", "", 9)):
                await asyncio.sleep(0.02)
    assert [one.code for one in letters] == ["answer_too_large"]


HTTP = (
    HEAD
    + """\
  post: http://127.0.0.1:%(port)d/hook
  idempotency: Idempotency-Key
  %(more)s
"""
)


@pytest.mark.parametrize("said", [b"OK", b"", b"<html>Thank you</html>", b"{"])
@pytest.mark.parametrize("more", ["", "keep: {id: name}"])
async def test_what_a_receiver_answers_says_nothing_where_nobody_asks(
    domain: Domain, tmp_path: Path, said: bytes, more: str
) -> None:
    there = Far(answer(said))
    async with there.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, HTTP % {"port": far.port, "more": more}, "out.yaml")
        await until(lambda: "out" in systems.states and systems.states["out"].state == "waiting")
        visitor = await domain.visitor(await domain.inbox())
        ack = await domain.say(visitor, "one")
        await domain.say(visitor, "two", ack.conv)
        await until(lambda: len(far.heard) == 2)
        await asyncio.sleep(0.3)
    assert [json.loads(one.body)["name"] for one in far.heard] == ["one", "two"], "each once"
    assert await dead_letters.page(domain.database, "out", "", 9) == []


async def test_where_the_answer_counts_a_page_instead_of_it_is_a_trouble_of_the_moment(
    domain: Domain, tmp_path: Path
) -> None:
    there = Far(answer(b"<html>Maintenance</html>"))
    async with there.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, HTTP % {"port": far.port, "more": "fails_when: {code: code, ok: [0]}"}, "out.yaml")
        await until(lambda: "out" in systems.states and systems.states["out"].state == "waiting")
        await domain.say(await domain.visitor(await domain.inbox()), "one")
        await until(lambda: len(far.heard) >= 3)
        far.say = answer(b'{"code": 0}')
        said = len(far.heard)
        await until(lambda: len(far.heard) > said)
        await asyncio.sleep(0.3)
    assert len({one.headers["idempotency-key"] for one in far.heard}) == 1
    assert len(far.heard) <= said + 2, "taken, it is sent no more"
    assert await dead_letters.page(domain.database, "out", "", 9) == []
