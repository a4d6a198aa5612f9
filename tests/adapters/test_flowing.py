"""Large answers are read record by record while they come, held back by what takes them, and read again if cut off."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.storage import dead_letters, records, source_cursors, source_runs
from tests.adapters import far as other_side
from tests.adapters.far import Far, answer
from tests.adapters.test_engine import joined, put, until, until_orders
from tests.domain import Domain

SPEC = """\
source: mall
title: {en: Large answers, zh: 大应答}
allow: ["127.0.0.1:%(port)d"]
call:
  get: http://127.0.0.1:%(port)d/orders
  query: {page: $page}
  bytes: %(bytes)s
  timeout: %(timeout)s
  retry: {times: 0}
  fails_when: {has: answer.error, code: answer.error.code, text: answer.error.text}
records: {at: "%(at)s", id: sn}
follow: {pages: first-to-last, size: 4000, total: answer.total, every: 200ms}
map:
  id: sn
  total: {from: pay, as: money}
deliver: {to: orders}
"""
PAGE = 4_000
Make = Callable[[int, int], bytes]


def spec(port: int, **others: str) -> str:
    return SPEC % {"port": port, "bytes": "64MB", "timeout": "20s", "at": "answer.list", **others}


def orders(page: int, count: int) -> list[dict[str, str]]:
    there = range((page - 1) * PAGE, min(count, page * PAGE))
    return [{"sn": f"o{n}", "pay": f"{n}.5", "note": "x" * 150} for n in there]


def in_json(page: int, count: int) -> bytes:
    return json.dumps({"answer": {"list": orders(page, count), "total": count}}).encode()


def in_xml(page: int, count: int) -> bytes:
    rows = "".join(
        "<order>" + "".join(f"<{name}>{value}</{name}>" for name, value in one.items()) + "</order>"
        for one in orders(page, count)
    )
    return f"<answer><list>{rows}</list><total>{count}</total></answer>".encode()


class Large:
    """A server whose pages are large: 4,000 orders each; `lies` are answers that it gives first."""

    def __init__(self, count: int, make: Make = in_json) -> None:
        self.count = count
        self.lies: list[other_side.Say] = []
        self.make = make
        self.far = Far(self._say)

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        if self.lies:
            await self.lies.pop(0)(writer)
            return
        page = int(self.far.heard[-1].line.split("page=")[1].split("&")[0].split()[0])
        await answer(self.make(page, self.count))(writer)


@pytest.mark.parametrize(("make", "at"), [(in_json, "answer.list"), (in_xml, "answer.list.order")])
async def test_pages_that_are_large_are_there_whole(domain: Domain, tmp_path: Path, make: Make, at: str) -> None:
    server = Large(6_500, make)
    async with server.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, spec(far.port, at=at))
        await until_orders(domain, 6_500)
        await until(lambda: systems.states["mall"].state == "waiting")
    runs = await source_runs.newest(domain.database, "mall", "", 9)
    first = runs[-1].counts
    assert (first.pages, first.fetched, first.written) == (2, 6_500, 6_500)
    assert first.bytes > 1_000_000


async def cut(writer: asyncio.StreamWriter) -> None:
    """Half of a page, and then the line is gone."""
    body = in_json(1, 6_500)
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) * 3 // 4])
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.transport.abort()


async def stalled(writer: asyncio.StreamWriter) -> None:
    """Half of a page, and silence."""
    body = in_json(1, 6_500)
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) * 3 // 4])
    await writer.drain()
    await asyncio.sleep(3_600)


async def endless(writer: asyncio.StreamWriter) -> None:
    """Orders without end."""
    writer.write(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"answer": {"list": [')
    number = 0
    while True:
        number += 1
        writer.write(json.dumps({"sn": f"e{number % 50}", "pay": "1", "note": "x" * 900}).encode() + b",")
        await writer.drain()


def refusal() -> other_side.Say:
    said = {"answer": {"list": orders(1, 6_500), "error": {"code": 7, "text": "no such shop"}}}
    return answer(json.dumps(said).encode())


def page_of_html() -> other_side.Say:
    return answer(b"<!doctype html><html><body>" + b"<p>sorry</p>" * 60_000, "200 OK", "Content-Type: application/json")


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (cut, "not_reached"),
        (stalled, "answer_too_slow"),
        (endless, "answer_too_large"),
        (refusal(), "refused"),
        (page_of_html(), "document_page"),
        (answer(in_json(1, 6_500)[:-100_000] + b"]}", "200 OK"), "json_malformed"),
        (answer(b'{"answer": {"list": [' + b"[" * 600_000, "200 OK"), "document_depth"),
        (answer(b'{"answer": {"list": ["' + b"x" * 3_000_000 + b'"]}}', "200 OK"), "record_bytes"),
    ],
)
async def test_what_goes_wrong_is_said_the_page_waits_and_the_next_round_has_it(
    domain: Domain, tmp_path: Path, lie: other_side.Say, code: str
) -> None:
    server = Large(6_500)
    server.lies = [lie]
    async with server.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, spec(far.port, bytes="4MB", timeout="1s"))
        codes: list[str] = []
        async with asyncio.timeout(30):
            while (await records.counts(domain.database, "mall")).get("order", 0) < 6_500:
                codes += [state.code for state in systems.states.values() if state.code and state.code not in codes]
                await asyncio.sleep(0.01)
        await until(lambda: systems.states["mall"].code == "")
    assert codes == [code]
    runs = await source_runs.newest(domain.database, "mall", "", 99)
    assert [one.ended_at is not None for one in runs if one.code == code] == [True]
    assert await dead_letters.page(domain.database, "mall", "", 9) == []


async def test_what_does_not_take_holds_back_what_sends(domain: Domain, tmp_path: Path) -> None:
    sent, gate = [0], asyncio.Event()

    async def many(writer: asyncio.StreamWriter) -> None:
        if "page=" not in server.heard[-1].line:
            await gate.wait()
            await answer(b'{"sn": "o1", "pay": "1"}')(writer)
            return
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\n\r\n")
        for number in range(40_000):
            line = json.dumps({"sn": f"o{number}", "note": "x" * 1_000}).encode() + b"\n"
            sent[0] += len(line)
            writer.write(line)
            await writer.drain()
        writer.close()

    server = Far(many)
    text = spec(server.port, at="") + "then: {call: {get: http://127.0.0.1:%d/one}, each: sn, lanes: 2}\n"
    async with server.serving() as far, joined(domain, tmp_path, source_held_bytes_max=1_000_000):
        put(tmp_path, spec(far.port, at="") + text.splitlines()[-1] % far.port + "\n")
        await until(lambda: len(server.heard) == 3)
        await asyncio.sleep(0.5)
        held = sent[0]
        assert held < 12_000_000, "sockets hold some, the source little"
        assert len(server.heard) == 3
        gate.set()
        await until(lambda: sent[0] > held)
    assert (await source_cursors.find(domain.database, "mall")) is None


async def test_lanes_ask_for_each_large_page_once(domain: Domain, tmp_path: Path) -> None:
    server = Large(9_500)
    async with server.far.serving() as far, joined(domain, tmp_path):
        put(tmp_path, spec(far.port).replace("every: 200ms", "every: 1h, lanes: 3"))
        await until_orders(domain, 9_500)
        await until(lambda: len(server.far.heard) >= 3)
        asked = [one.line.split("page=")[1].split()[0] for one in server.far.heard]
    assert asked == ["1", "2", "3"]
