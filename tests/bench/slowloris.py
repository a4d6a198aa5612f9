"""A thousand heads and a thousand bodies that never end, and what ordinary requests notice of them.

    python -m tests.bench.slowloris [--heads 1000] [--bodies 1000] [--rate 200] [--drop-seconds 3] [--runs 3]

The real server with its default limits. Lines are opened at `rate` a second, as slowhttptest does; each sends a few
bytes every `drop-seconds` for as long as the server takes them, all from a process of their own. Somebody else
meanwhile asks for a page, `/healthz` and the API by turns, one request at a time on a kept connection, before the
attack and during it.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast

import uvloop
from msgspec import Struct

from tests.bench.conditions import headline
from tests.bench.crowd import Site

HEAD = b"GET / HTTP/1.1\r\nHost: desk.lan\r\n"
HEAD_DROP = b"X: y\r\n"
BODY = (
    b"POST /api/v1/session HTTP/1.1\r\nHost: desk.lan\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
)
BODY_DROP = b" "
_PAUSE_SECONDS = 0.02  # between two ordinary requests
_ENOUGH_SECONDS = 90.0  # how long an attack is waited for at most


class Slow(asyncio.Protocol):
    """One line that never ends what it began; `lasted` once the server has cut it, in seconds."""

    def __init__(self, first: bytes, drop: bytes, seconds: float) -> None:
        self._first, self._drop, self._seconds = first, drop, seconds
        self._loop = asyncio.get_running_loop()
        self.over = self._loop.create_future()
        self.lasted = 0.0
        self.told = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._began = self._loop.time()
        self._transport.write(self._first)
        self._timer = self._loop.call_later(self._seconds, self._drip)

    def data_received(self, data: bytes) -> None:
        self.told = self.told or data[:12]

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._timer.cancel()
        self.lasted = self._loop.time() - self._began
        if not self.over.done():
            self.over.set_result(None)

    def abort(self) -> None:
        self._transport.abort()

    def _drip(self) -> None:
        self._transport.write(self._drop)
        self._timer = self._loop.call_later(self._seconds, self._drip)


class Outcome(Struct, frozen=True):
    """How long the lines of one kind lasted, in seconds, and what the server said to them."""

    lasted: tuple[float, ...]
    told: frozenset[bytes]


async def attack(port: int, heads: int, bodies: int, rate: int, drop_seconds: float) -> tuple[Outcome, Outcome]:
    """Open the lines and wait until the server has cut every one; heads, then bodies. Raises `TimeoutError`."""
    loop = asyncio.get_running_loop()
    kinds = [(HEAD, HEAD_DROP)] * heads + [(BODY, BODY_DROP)] * bodies
    lines: list[Slow] = []
    try:
        async with asyncio.timeout(_ENOUGH_SECONDS + len(kinds) / rate):
            for number, (first, drop) in enumerate(kinds):
                make = lambda first=first, drop=drop: Slow(first, drop, drop_seconds)  # noqa: E731
                lines.append((await loop.create_connection(make, "127.0.0.1", port))[1])
                if number % 10 == 9:
                    await asyncio.sleep(10 / rate)
            await asyncio.gather(*(one.over for one in lines))
    finally:
        for one in lines:
            one.abort()
    return outcome(lines[:heads]), outcome(lines[heads:])


def attack_alone(*given: Any) -> tuple[Outcome, Outcome]:
    """As `attack`, in a process of its own: whoever measures must not wait for his own attackers."""
    return uvloop.run(attack(*given))


def outcome(lines: Sequence[Slow]) -> Outcome:
    return Outcome(tuple(one.lasted for one in lines), frozenset(one.told for one in lines))


class Innocent:
    """Somebody who asks one thing after the other, and how long each took, in seconds."""

    def __init__(self, port: int, cookie: str) -> None:
        own = f"Host: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
        self._asked = [f"GET {path} HTTP/1.1\r\n{own}".encode() for path in ("/healthz", "/", "/api/v1/session")]
        self._port = port
        self.took: list[float] = []

    async def run(self) -> None:
        """Ask until cancelled; any answer but 200 is an error."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            while True:
                for asked in self._asked:
                    began = time.perf_counter()  # the loop's own clock counts milliseconds
                    writer.write(asked)
                    head = await reader.readuntil(b"\r\n\r\n")
                    assert head.startswith(b"HTTP/1.1 200"), head
                    await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
                    self.took.append(time.perf_counter() - began)
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            writer.close()


async def beside(port: int, cookie: str, work: "asyncio.Future[Any]") -> list[float]:
    """How long an innocent's requests took while `work` went on."""
    innocent = Innocent(port, cookie)
    asking = asyncio.ensure_future(innocent.run())
    await asyncio.wait((work, asking), return_when=asyncio.FIRST_COMPLETED)
    if asking.done():
        asking.result()
    asking.cancel()
    await asyncio.wait((asking,))
    return innocent.took


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


async def measure(site: Site, options: argparse.Namespace) -> None:
    port = site.appliance.port
    idle = await beside(port, site.cookie, asyncio.ensure_future(asyncio.sleep(15)))
    given = (port, options.heads, options.bodies, options.rate, options.drop_seconds)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as attackers:
        attacking = asyncio.get_running_loop().run_in_executor(attackers, attack_alone, *given)
        busy = await beside(port, site.cookie, attacking)
    heads, bodies = attacking.result()
    for name, kind in (("heads", heads), ("bodies", bodies)):
        told = ", ".join(sorted(one.decode() for one in kind.told))
        print(f"{name}: cut after {min(kind.lasted):.1f} to {max(kind.lasted):.1f} s ({told})")
    for name, took in (("idle", idle), ("attacked", busy)):
        print(
            f"{name:8} {len(took)} requests: p50 {statistics.median(took) * 1e3:.2f} ms, "
            f"p99 {percentile(took, 0.99) * 1e3:.2f} ms"
        )
    print(f"p99 attacked : idle = {percentile(busy, 0.99) / percentile(idle, 0.99):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--heads", type=int, default=1_000)
    parser.add_argument("--bodies", type=int, default=1_000)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--drop-seconds", type=float, default=3.0)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), 1)
        try:
            for _ in range(options.runs):
                uvloop.run(measure(site, options))
        finally:
            site.appliance.kill()


if __name__ == "__main__":
    main()
