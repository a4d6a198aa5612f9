"""What a large import costs in memory, and what it brings that pages are fetched, mapped and stored at the same time.

    python -m tests.bench.streaming [--rounds 5] [--pages 120] [--part memory|speed]

The engine's own parts over a real database; the other system is a process of its own. Memory: one answer of 20 MB of
JSON (26 MB of XML) becomes orders, the kernel's mark of the process's peak against what it held before; each import in
a process of its own, `cold` the first of a source, `warm` the second, when the database's caches are full.
Speed: pages of 100 orders, streamed against stage by stage (a page is asked for when the one before it is stored). What
overlapping brings depends on how much of the time is spent waiting, so it is measured at several: the other system
answers after so many times what fetching, mapping and storing a page takes by itself.
"""

from app.storage import library

library.install()  # before anything imports sqlite3

# ruff: noqa: E402 - the library's place must be taken first
import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.adapters.calls.callers import Callers
from app.adapters.ground import Ground
from app.adapters.maps.recipes import Recipe
from app.adapters.origins.intake import Intake
from app.adapters.origins.lots import Lot
from app.adapters.origins.polling import Polling
from app.adapters.sinks.delivery import sink_of
from app.adapters.specs.model import Call, Source
from app.adapters.specs.reading import read
from app.model.clock import SystemClock
from app.settings import Limits, Settings
from tests.adapters.test_engine import grounded
from tests.bench.conditions import headline
from tests.bench.documents import order
from tests.clock import ManualClock
from tests.domain import Domain

SPEC = """\
source: mall
title: Mall
allow: ["127.0.0.1:%(port)d"]
call:
  get: http://127.0.0.1:%(port)d/%(what)s
  query: {page: $page, wait: "%(wait)s"}
  bytes: 64MB
  timeout: 10m
records: {at: "%(at)s", id: order_sn}
follow: {pages: %(pages)s, size: 100, total: total, lanes: %(lanes)d}
map:
  id: order_sn
  status: {from: order_status, enum: {1: to_ship, 2: shipped, 3: done}}
  total: {from: pay_amount, as: money}
  created_at: {from: created_time, as: time, zone: "+08:00"}
  paid_at: {from: pay_time, as: time, zone: "+08:00"}
  customer: {map: {name: receiver_name, phone: receiver_phone}}
  items:
    each: item_list
    map: {title: goods_name, sku: outer_id, quantity: {from: goods_count, as: int}}
deliver: {to: orders}
"""
_PAGE = 100
_MEASURED = ((1, 0.5), (1, 1.0), (1, 2.0), (4, 2.0), (4, 4.0), (4, 8.0))  # lanes, and how long the other system takes
_AT = {"json": "orders", "xml": "answer.orders.order"}


# ---- the other system, in a process of its own


def orders(begin: int, count: int) -> list[dict[str, Any]]:
    """Distinct orders of 1 KB."""
    made = json.loads(json.dumps(order(0), default=str))
    return [{**made, "order_sn": f"240102-{begin + at:015}"} for at in range(count)]


def large(form: str, begin: int, megabytes: int) -> tuple[bytes, int]:
    """One document of that size, and how many orders are in it."""
    from app.adapters.formats import xml

    one = len(json.dumps(orders(0, 1)[0]).encode())
    if form == "json":
        count = megabytes * 1_000_000 // one
        return json.dumps({"orders": orders(begin, count), "total": count}).encode(), count
    texts = [xml.encode({"order": each}).partition(b"\n")[2] for each in orders(begin, 1)]
    count = megabytes * 1_000_000 // len(texts[0])
    rows = b"".join(xml.encode({"order": each}).partition(b"\n")[2] for each in orders(begin, count))
    return b"<answer><orders>" + rows + b"</orders><total>%d</total></answer>" % count, count


async def serve(pages: int) -> None:
    """Print the port, then answer until it is killed."""
    made = {
        f"/{form}{at}": large(form, at * 1_000_000, {"json": 20, "xml": 26}[form])[0]
        for form in _AT
        for at in range(2)
        if not pages
    }
    bodies = [json.dumps({"orders": orders(at * _PAGE, _PAGE), "total": pages * _PAGE}).encode() for at in range(pages)]

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                place = urlsplit(head.split()[1].decode())
                asked = {name: values[0] for name, values in parse_qs(place.query).items()}
                await asyncio.sleep(float(asked["wait"]))
                body = made.get(place.path) or bodies[int(asked["page"]) - 1]
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
                for at in range(0, len(body), 65_536):
                    writer.write(body[at : at + 65_536])
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@asynccontextmanager
async def other_system(pages: int) -> AsyncIterator[int]:
    """Its port."""
    asked = [sys.executable, "-m", "tests.bench.streaming", "--serve", str(pages)]
    process = await asyncio.create_subprocess_exec(*asked, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


# ---- ours


@asynccontextmanager
async def ground(folder: Path) -> AsyncIterator[Ground]:
    """A desk's rooms over a database file."""
    limits, clock = Limits(), SystemClock()
    settings = Settings(limits=limits)
    async with Domain(folder / "desk.db", settings, ManualClock(clock.now_ms())) as domain:
        yield grounded(domain, folder, clock, limits)


class Import:
    """One source, with its parts at hand."""

    def __init__(self, source: Source, place: Ground) -> None:
        self._source = source
        self._place = place
        self._callers = Callers(source, place, {})

    async def __aenter__(self) -> Polling:
        place, source = self._place, self._source
        assert isinstance(source.origin, Call)
        recipe = Recipe(source, place.limits)
        sink, masker = await sink_of(source, place, self._callers), self._callers.masker
        self.intake = Intake(source, recipe, sink, masker, place.database, place.ids, place.clock, place.limits)
        asking = await self._callers.asking(source.origin)
        return Polling(source, recipe, asking, self.intake, place.clock)

    async def __aexit__(self, *_: object) -> None:
        await self._callers.close()


class StageByStage(Polling):
    """The same pages through the same map and sink, each when the one before it is stored."""

    async def round(self) -> Any:
        """Fetch, map, store; then the next."""
        pages = self._pages(await self.position())
        run = None
        async for lot in pages:
            run = await self._intake.take(_alone(lot))
        return run


async def _alone(lot: Lot) -> AsyncGenerator[Lot]:
    from msgspec.structs import replace

    yield replace(lot, held=0)


def spec(port: int, what: str, at: str, **others: object) -> Source:
    """As its YAML says."""
    said = {"wait": "0", "pages": "one", "lanes": 1, **others, "port": port, "what": what, "at": at}
    (source,) = read((SPEC % said).encode(), "mall.yaml", Limits())
    return source


# ---- memory


def _kibibytes(name: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition(f"{name}:")[2].split()[0])


async def import_large(form: str, port: int) -> None:
    """Two imports; prints for each its records, MiB of the peak above what was there before, and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        async with ground(Path(folder)) as place:
            async with Import(spec(port, "json0", "nothing.here"), place) as polling:  # all that is used is loaded
                await polling.round()
            for number in range(2):
                async with Import(spec(port, f"{form}{number}", _AT[form]), place) as polling:
                    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
                    before, began = _kibibytes("VmRSS"), time.perf_counter()
                    run = await polling.round()
                    peak, took = _kibibytes("VmHWM") - before, time.perf_counter() - began
                print(json.dumps({"records": run.counts.written, "mib": peak / 1_024, "seconds": took}), flush=True)


async def memory(rounds: int) -> None:
    async with other_system(0) as port:
        for form, megabytes in (("json", 20), ("xml", 26)):
            told: list[list[dict[str, float]]] = []
            for _ in range(rounds):
                asked = [sys.executable, "-m", "tests.bench.streaming", "--import", form, str(port)]
                process = await asyncio.create_subprocess_exec(*asked, stdout=subprocess.PIPE)
                said, _ = await process.communicate()
                told.append([json.loads(line) for line in said.splitlines()])
            for at, name in enumerate(("cold", "warm")):
                mib = sorted(one[at]["mib"] for one in told)
                print(
                    f"  {megabytes} MB of {form}, {name}: {told[0][at]['records']:,.0f} orders, peak "
                    f"{statistics.median(mib):.1f} MiB ({mib[0]:.1f} to {mib[-1]:.1f}), "
                    f"{statistics.median(one[at]['seconds'] for one in told):.1f} s"
                )


# ---- speed


async def import_pages(port: int, lanes: int, wait: float, *, streamed: bool) -> float:
    """Seconds that all pages take, in a database of their own."""
    with tempfile.TemporaryDirectory() as folder:
        async with ground(Path(folder)) as place:
            source = spec(port, "pages", "orders", wait=f"{wait:.6f}", pages="first-to-last", lanes=lanes)
            importing = Import(source, place)
            async with importing as polling:
                if not streamed:
                    polling.__class__ = StageByStage
                began = time.perf_counter()
                await polling.round()
                return time.perf_counter() - began


async def speed(rounds: int, pages: int) -> None:
    async with other_system(pages) as port:
        await import_pages(port, 1, 0.0, streamed=False)
        for lanes, times in _MEASURED:
            told = [await compared(port, pages, lanes, times) for _ in range(rounds)]
            ratios = sorted(one / two for _, one, two in told)
            busy, one, two = (statistics.median(each) for each in zip(*told, strict=True))
            print(
                f"  {lanes} lane{'s' * (lanes > 1)}: {pages} pages of {_PAGE} orders, {busy * 1_000:.1f} ms of work, "
                f"the other system takes {times:g} times that (wait ratio {times / (times + 1):.2f}): stage by stage "
                f"{one:.2f} s, streamed {two:.2f} s, {statistics.median(ratios):.2f} x "
                f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
            )


async def compared(port: int, pages: int, lanes: int, times: float) -> tuple[float, float, float]:
    """Seconds that a page takes without waiting, then those of both ways, one right after the other."""
    busy = await import_pages(port, 1, 0.0, streamed=False) / pages
    one = await import_pages(port, 1, times * busy, streamed=False)
    return busy, one, await import_pages(port, lanes, times * busy, streamed=True)


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=120)
    parser.add_argument("--part", choices=["memory", "speed"])
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--import", dest="source", nargs=2, help=argparse.SUPPRESS)
    options: Any = parser.parse_args()
    if options.serve is not None:
        asyncio.run(serve(options.serve))
    elif options.source:
        asyncio.run(import_large(options.source[0], int(options.source[1])))
    else:
        print(headline(options))
        if options.part != "speed":
            asyncio.run(memory(options.rounds))
        if options.part != "memory":
            asyncio.run(speed(options.rounds, options.pages))


if __name__ == "__main__":
    main()
