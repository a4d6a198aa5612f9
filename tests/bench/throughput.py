"""How many messages a second go from visitors to an agent: stored at FULL, acknowledged and delivered.

    python -m tests.bench.throughput [--runs 5] [--seconds 5] [--in-flight 64] [--visitors 512] [--workers 0] \
        [--folder DIR]

A real server in a process of its own, every visitor with a socket and a conversation of his own, one agent. A message
is over when its sender has the ack and the agent has the message; as many as `--in-flight` are on their way at any
time. Then the same with one in flight. A line for each run, then the medians of all runs. The load runs in this
process, on the same machine.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import uvloop
from msgspec import Struct

from tests.bench.conditions import headline
from tests.bench.crowd import Agent, Site, Visitor

TEXT = "Where is my order 4711? It should have come on Tuesday. 我的订单还没有到，可以退款吗？"
_WARM_UP_SECONDS = 2.0
_BOTH = 2  # the ack and the delivery


class Flight(Struct):
    """A message on its way."""

    began: float
    left: int = _BOTH


class Load:
    """Keeps a number of messages in flight: each one that is over is followed by the next visitor's."""

    def __init__(self, site: Site) -> None:
        self._flights: dict[bytes, Flight] = {}
        self._cids = count()
        self._landed: list[float] = []
        self._next = 0
        self._flying = False
        self.over = 0  # all that ever landed
        self._visitors = [Visitor(site.inbox, token, self._arrived) for token in site.tokens]
        self._agent = Agent(site.cookie, self._arrived)

    async def connect(self, port: int) -> None:
        await self._agent.connect(port)
        for visitor in self._visitors:
            await visitor.connect(port)

    async def fly(self, in_flight: int, seconds: float) -> list[float]:
        """Seconds from sending to both arrivals, of each message that was over in time."""
        self._flying = True
        for _ in range(in_flight):
            self._depart()
        await asyncio.sleep(_WARM_UP_SECONDS)
        self._landed = []
        await asyncio.sleep(seconds)
        landed, self._flying = self._landed, False
        while self._flights:
            await asyncio.sleep(0.01)
        return landed

    def _depart(self) -> None:
        cid = f"{next(self._cids):032x}"
        self._flights[cid.encode()] = Flight(time.perf_counter())
        self._visitors[self._next].send(cid, TEXT)
        self._next = (self._next + 1) % len(self._visitors)

    def _arrived(self, cid: bytes) -> None:
        flight = self._flights.get(cid)
        if flight is None:
            return
        flight.left -= 1
        if flight.left:
            return
        del self._flights[cid]
        self.over += 1
        self._landed.append(time.perf_counter() - flight.began)
        if self._flying:
            self._depart()


class Run(Struct, frozen=True):
    """What one run came to: messages a second; milliseconds; CPU microseconds a message."""

    rate: float
    p50: float
    p99: float
    longest: float
    server: float
    load: float

    def line(self) -> str:
        return (
            f"{self.rate:7.0f}/s  p50 {self.p50:6.2f} ms  p99 {self.p99:6.2f} ms  max {self.longest:6.1f} ms   "
            f"CPU a message: server {self.server:4.0f} µs, load {self.load:3.0f} µs"
        )


async def measure(site: Site, options: argparse.Namespace) -> None:
    """Every run; prints a line for each and the medians."""
    load = Load(site)
    await load.connect(site.appliance.port)
    for in_flight in (options.in_flight, 1):
        runs = []
        for _ in range(options.runs):
            runs.append(await run(site, load, in_flight, options.seconds))
            print(f"{in_flight:4d} in flight  {runs[-1].line()}")
        print(f"{in_flight:4d}   medians  {medians(runs).line()}")


async def run(site: Site, load: Load, in_flight: int, seconds: float) -> Run:
    """One run."""
    before, own, flown = site.cpu_seconds(), time.process_time(), load.over
    landed = await load.fly(in_flight, seconds)
    server, own, flown = site.cpu_seconds() - before, time.process_time() - own, load.over - flown
    cuts = statistics.quantiles(landed, n=100)
    return Run(
        len(landed) / seconds, cuts[49] * 1e3, cuts[98] * 1e3, max(landed) * 1e3, server / flown * 1e6,
        own / flown * 1e6,
    )  # fmt: skip


def medians(runs: Sequence[Run]) -> Run:
    """The median of every figure by itself."""
    return Run(*(statistics.median(getattr(one, name) for one in runs) for name in Run.__struct_fields__))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--visitors", type=int, default=512)
    parser.add_argument("--workers", type=int, default=0, help="gateway processes beside the core; 0: one process")
    parser.add_argument("--folder", type=Path, help="where the data folder lies; default: the temporary folder")
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        site = Site(Path(folder), options.visitors, ("--workers", str(options.workers)))
        try:
            uvloop.run(measure(site, options))
        finally:
            site.appliance.kill()


if __name__ == "__main__":
    main()
