"""What signing in costs the others: a chat goes on while a hundred log in at once, and while strangers guess.

    python -m tests.bench.sign_in [--at-once 100] [--waves 10] [--rate 100] [--visitors 64] [--folder DIR]

A real server in a process of its own; visitors with sockets write to one agent at a steady `--rate` messages a second,
each message measured from its sending until its sender has the ack and the agent has the message. First alone; then
while `--at-once` agents sign in with their right passwords, again and again; then while as many strangers guess, each
from nowhere known. The load runs in this process, on the same machine.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import psutil
import uvloop
from msgspec import Struct

from tests.bench.conditions import headline
from tests.bench.crowd import Agent, Site, Visitor
from tests.journeys.desk import PASSWORD, Desk

TEXT = "Where is my order 4711? It should have come on Tuesday."
_ALONE_SECONDS = 5.0
_WATCH_SECONDS = 0.02
_BOTH = 2  # the ack and the delivery
_MIB = 1 << 20


class Flight(Struct):
    """A message on its way."""

    began: float
    left: int = _BOTH


class Chat:
    """Visitors who write at a steady rate, whatever the server does."""

    def __init__(self, site: Site, rate: float) -> None:
        self._interval = 1 / rate
        self._flights: dict[bytes, Flight] = {}
        self._cids = count()
        self._landed: list[float] = []
        self._visitors = [Visitor(site.inbox, token, self._arrived) for token in site.tokens]
        self._agent = Agent(site.cookie, self._arrived)

    async def connect(self, port: int) -> None:
        await self._agent.connect(port)
        for visitor in self._visitors:
            await visitor.connect(port)

    async def go_on(self) -> None:
        """Write until cancelled: by the clock, so that a slow server is not written to more slowly."""
        due = time.perf_counter()
        for number in count():
            cid = f"{next(self._cids):032x}"
            self._flights[cid.encode()] = Flight(time.perf_counter())
            self._visitors[number % len(self._visitors)].send(cid, TEXT)
            due += self._interval
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    def landed(self) -> list[float]:
        """Seconds of every message since the last call; one that still flies counts as long as it has flown."""
        now = time.perf_counter()
        landed = self._landed + [now - flight.began for flight in self._flights.values()]
        self._landed = []
        return landed

    def _arrived(self, cid: bytes) -> None:
        flight = self._flights.get(cid)
        if flight is None:
            return
        flight.left -= 1
        if not flight.left:
            del self._flights[cid]
            self._landed.append(time.perf_counter() - flight.began)


class Measured(Struct, frozen=True):
    """What one part came to: the chat in milliseconds, the log-ins by status, the server's memory at its highest."""

    p50: float
    p99: float
    longest: float
    messages: int
    statuses: dict[int, int]
    seconds: float
    rss_mib: float

    def line(self, name: str) -> str:
        answers = ", ".join(f"{number} × {status}" for status, number in sorted(self.statuses.items()))
        return (
            f"{name:22}  chat p50 {self.p50:6.1f}  p99 {self.p99:6.1f}  max {self.longest:6.1f} ms "
            f"of {self.messages:5d}   {self.seconds:5.1f} s   RSS {self.rss_mib:5.1f} MiB   {answers}"
        )


async def measured(site: Site, chat: Chat, work: Awaitable[Counter[int]]) -> Measured:
    """The chat and the server's memory for as long as `work` lasts."""
    chat.landed()
    peak, began = _Peak(site.appliance.pid), time.perf_counter()
    watching = asyncio.create_task(peak.watch())
    statuses = await work
    watching.cancel()
    seconds, landed = time.perf_counter() - began, chat.landed()
    cuts = statistics.quantiles(landed, n=100)
    return Measured(
        cuts[49] * 1e3, cuts[98] * 1e3, max(landed) * 1e3, len(landed), dict(statuses), seconds, peak.bytes / _MIB
    )


class _Peak:
    """The highest memory of the server and its children."""

    def __init__(self, pid: int) -> None:
        self._server = psutil.Process(pid)
        self.bytes = 0

    async def watch(self) -> None:
        while True:
            family = (self._server, *self._server.children(recursive=True))
            self.bytes = max(self.bytes, sum(one.memory_info().rss for one in family))
            await asyncio.sleep(_WATCH_SECONDS)


async def sign_in(port: int, email: str, password: str) -> int:
    """One log-in over a connection of its own; its status."""
    body = json.dumps({"email": email, "password": password}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"Host: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"POST /api/v1/session HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode() + body)
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


async def waves(at_once: int, number: int, one: Callable[[int], Awaitable[int]]) -> Counter[int]:
    """`at_once` log-ins in parallel, the next so many when all are over."""
    statuses: Counter[int] = Counter()
    for _ in range(number):
        statuses.update(await asyncio.gather(*(one(who) for who in range(at_once))))
    return statuses


async def measure(site: Site, at_once: int, number: int, rate: float) -> dict[str, Measured]:
    """Every part by its name."""
    port = site.appliance.port
    with Desk(port, site.cookie) as desk:
        for who in range(at_once):
            agent = {"name": f"Agent {who}", "email": f"agent{who}@example.com", "role": "agent", "password": PASSWORD}
            desk.ask("POST", "/api/v1/agents", agent)
    chat = Chat(site, rate)
    await chat.connect(port)
    going_on = asyncio.create_task(chat.go_on())

    async def alone() -> Counter[int]:
        await asyncio.sleep(_ALONE_SECONDS)
        return Counter()

    parts: dict[str, Callable[[], Awaitable[Counter[int]]]] = {
        "alone": alone,
        "right passwords": lambda: waves(
            at_once, number, lambda who: sign_in(port, f"agent{who}@example.com", PASSWORD)
        ),
        "guesses at all": lambda: waves(at_once, number, lambda who: sign_in(port, f"agent{who}@example.com", "wrong")),
        "guesses at the owner": lambda: waves(at_once, number, lambda _: sign_in(port, "owner@example.com", "wrong")),
    }
    try:
        return {name: await measured(site, chat, work()) for name, work in parts.items()}
    finally:
        going_on.cancel()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--at-once", type=int, default=100)
    parser.add_argument("--waves", type=int, default=10)
    parser.add_argument("--rate", type=float, default=100.0, help="messages a second")
    parser.add_argument("--visitors", type=int, default=64)
    parser.add_argument("--folder", type=Path, help="where the data folder lies; default: the temporary folder")
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        site = Site(Path(folder), options.visitors)
        try:
            for name, one in uvloop.run(measure(site, options.at_once, options.waves, options.rate)).items():
                print(one.line(name))
        finally:
            site.appliance.kill()


if __name__ == "__main__":
    main()
