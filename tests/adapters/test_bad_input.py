"""Other systems that lie, stall and flood: little memory, a plain word on what is wrong, and the next round has it."""

import asyncio
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.model.clock import SystemClock
from app.model.records import RecordKind
from app.storage import dead_letters, records, source_runs
from tests.adapters import far as other_side
from tests.adapters.far import Far, answer
from tests.adapters.shop import Shop
from tests.adapters.test_engine import SPEC, joined, put, until, until_orders
from tests.domain import Domain

_MIB = 1_048_576


class Flood:
    """A body without end, or of so many bytes; `sent` counts what was taken from it."""

    def __init__(self, begins: bytes, piece: bytes, size: int = 0, headers: str = "") -> None:
        self._begins, self._piece, self._size, self._headers = begins, piece, size, headers
        self.sent = 0

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        length = f"Content-Length: {self._size}\r\n" if self._size else "Connection: close\r\n"
        writer.write(f"HTTP/1.1 200 OK\r\n{length}{self._headers}\r\n".encode() + self._begins)
        while not self._size or self.sent < self._size:
            writer.write(self._piece)
            self.sent += len(self._piece)
            await writer.drain()


def bomb() -> bytes:
    """100 KB that unpack to 100 MB."""
    return gzip.compress(b'{"list": [' + b" " * 100_000_000, 1)


RECORD = json.dumps({"sn": "flood", "pay": "1", "when": "2026-01-02 03:04:05", "x": "x" * 3_000}).encode() + b","
SIZE = {"record_bytes", "answer_too_large"}  # whichever is met first
LIES: dict[str, tuple[Callable[[], other_side.Say], set[str]]] = {
    "200 MB of one text": (
        lambda: Flood(b'{"list": "', b"x" * 65_536, 200_000_000),
        {"record_bytes", "answer_too_large"},
    ),
    "200 MB of records": (lambda: Flood(b'{"list": [', RECORD * 20, 200_000_000), {"answer_too_large"}),
    "records without end": (lambda: Flood(b'{"list": [', RECORD * 20), {"answer_too_large"}),
    "XML without end": (
        lambda: Flood(b"<list>", b"<order><sn>1</sn></order>" * 500, headers="Content-Type: text/xml\r\n"),
        SIZE,
    ),
    "brackets without end": (lambda: Flood(b"[", b"[" * 65_536), {"document_depth"}),
    "white space without end": (lambda: Flood(b"", b" " * 65_536), {"answer_too_large", "document_empty"}),
    "what unpacks to 100 MB": (
        lambda: answer(bomb(), "200 OK", "Content-Encoding: gzip"),
        SIZE,
    ),
    "a head and silence": (lambda: other_side.stalled, {"answer_too_slow"}),
    "nothing at all": (lambda: other_side.silent, {"answer_too_slow"}),
    "a web page": (
        lambda: answer(b"<!doctype html><html><body>Sign in</body></html>", "200 OK", "Content-Type: text/html"),
        {"document_page"},
    ),
    "a web page that says it is JSON": (
        lambda: answer(b"<html><head></head></html>", "200 OK", "Content-Type: application/json"),
        {"document_page"},
    ),
    "a gigabyte promised": (
        lambda: answer(b"", "200 OK", "Content-Length: 1000000000"),
        {"answer_too_slow", "not_reached"},
    ),
}


def _kibibytes(name: str) -> int:
    return int(Path("/proc/self/status").read_text(encoding="utf-8").partition(f"{name}:")[2].split()[0])


@pytest.mark.parametrize("name", LIES)
async def test_a_lie_takes_little_memory_is_called_by_its_name_and_the_next_round_goes_on(
    domain: Domain, tmp_path: Path, name: str
) -> None:
    make, codes = LIES[name]
    shop, lie = Shop(25), make()
    lies = [lie]

    async def say(writer: asyncio.StreamWriter) -> None:
        await (lies.pop()(writer) if lies and len(far.heard) > 3 else shop.far.say(writer))

    far = Far(say)
    shop.far.heard = far.heard
    async with far.serving(), joined(domain, tmp_path, dead_letters_max=50) as systems:
        put(tmp_path, (SPEC % {"port": far.port}).replace("  query:", "  retry: {times: 0}\n  timeout: 1s\n  query:"))
        await until_orders(domain, 25)
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
        before = _kibibytes("VmRSS")
        async with asyncio.timeout(30):
            while systems.states["mall"].code not in codes:
                assert systems.states["mall"].code == "", systems.states["mall"].code
                await asyncio.sleep(0.002)
        assert (_kibibytes("VmHWM") - before) * 1_024 < 48 * _MIB
        assert getattr(lie, "sent", 0) < 24 * _MIB, "what is refused is not read on"
        shop.orders.append({"sn": "late", "state": 2, "pay": "1", "when": "2026-01-02 03:04:05"})
        async with asyncio.timeout(30):
            while await records.find_external(domain.database, "mall", RecordKind.ORDER, "late") is None:
                await asyncio.sleep(0.02)
        await until(lambda: systems.states["mall"].code == "")
    runs = await source_runs.newest(domain.database, "mall", "", 99)
    assert {run.code for run in runs} - codes == {""}
    assert len(await dead_letters.page(domain.database, "mall", "", 99)) <= 50


WINDOWS = """\
source: mall
title: {en: By windows, zh: 按时间窗口}
allow: ["127.0.0.1:%(port)d"]
call:
  get: http://127.0.0.1:%(port)d/orders
  query: {from: $window.start.unix_ms, to: $window.end.unix_ms}
  retry: {times: 0}
records: {at: list, id: sn}
follow: {by: changed, pages: one, every: 200ms, overlap: 1s, window: 3h, since: 3h}
map: {id: sn}
deliver: {to: orders}
"""


class TickingShop:
    """Its clock is `ahead` of ours by so much; it tells what changed in a window of its own time."""

    def __init__(self, ahead: timedelta, *, strict: bool = False) -> None:
        self._ahead = ahead
        self._strict = strict
        self.orders: list[tuple[int, str]] = []
        self.far = Far(self._say)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def change(self, name: str) -> None:
        self.orders.append((round(self.now().timestamp() * 1_000), name))

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        query = parse_qs(urlsplit(self.far.heard[-1].line.split()[1]).query)
        begin, end = int(query["from"][0]), int(query["to"][0])
        told = [{"sn": name} for at, name in self.orders if begin <= at < end]
        off = abs(end / 1_000 - self.now().timestamp()) > 600
        status, body = ("403 Forbidden", b"timestamp") if self._strict and off else ("200 OK", _encoded(told))
        await answer(body, status, f"Date: {format_datetime(self.now(), usegmt=True)}")(writer)


def _encoded(told: object) -> bytes:
    return json.dumps({"list": told}).encode()


@pytest.mark.parametrize("ahead", [timedelta(hours=-1), timedelta(0)])
async def test_what_changes_while_our_clock_is_an_hour_ahead_is_not_left_behind(
    domain: Domain, tmp_path: Path, ahead: timedelta
) -> None:
    shop = TickingShop(ahead)
    shop.change("o1")
    async with shop.far.serving() as far, joined(domain, tmp_path):
        put(tmp_path, WINDOWS % {"port": far.port})
        await until_orders(domain, 1)
        for number in range(2, 4):
            shop.change(f"o{number}")
            await until_orders(domain, number)


async def test_who_refuses_us_for_our_clock_is_understood(domain: Domain, tmp_path: Path) -> None:
    shop = TickingShop(timedelta(hours=-1), strict=True)
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, WINDOWS % {"port": far.port})
        await until(lambda: bool(systems.states) and systems.states["mall"].code == "refused")
        assert "differ by 60 minutes" in systems.states["mall"].en
        assert "相差 60 分钟" in systems.states["mall"].zh


class SetClock(SystemClock):
    """Our clock, which somebody sets."""

    off_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.off_ms


async def test_a_clock_of_ours_that_was_ahead_and_is_set_right_leaves_nothing_behind(
    domain: Domain, tmp_path: Path
) -> None:
    shop = TickingShop(timedelta(0))
    shop.far.say = _without_date(shop)
    clock = SetClock()
    clock.off_ms = 3_600_000
    shop.change("o1")
    async with shop.far.serving() as far, joined(domain, tmp_path, clock=clock) as systems:
        put(tmp_path, WINDOWS % {"port": far.port})
        await until_orders(domain, 1)
        await until(lambda: systems.states["mall"].read_until > SystemClock().now_ms())
        clock.off_ms = 0
        shop.change("o2")
        await until_orders(domain, 2)


def _without_date(shop: TickingShop) -> other_side.Say:
    """The same shop, which does not say what its clock shows."""

    async def say(writer: asyncio.StreamWriter) -> None:
        query = parse_qs(urlsplit(shop.far.heard[-1].line.split()[1]).query)
        begin, end = int(query["from"][0]), int(query["to"][0])
        await answer(_encoded([{"sn": name} for at, name in shop.orders if begin <= at < end]))(writer)

    return say
