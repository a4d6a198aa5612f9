"""Whoever comes and is cut off, at whatever moment: nothing of him is left (facts F6: reader and writer end together).

The real server in a process of its own. Descriptors and tasks are the server's own figures at `/metrics`; the kernel's
count of its descriptors must agree.
"""

import asyncio
import re
import socket as sockets
import struct
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from tests.gateway.gate import Line
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk

pytestmark = pytest.mark.full

VISITORS = 200
AT_A_TIME = 40
WARM_UP = 4_000
CYCLES = 10_000
SETTLE_SECONDS_MAX = 90.0
GROWTH_MAX = 0.05
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST
# What SQLite keeps of the database in memory is full after the warm-up, so that its growth is not taken for a leak.
CONFIG = f"[limits]\nsqlite_cache_kib = 512\nsqlite_writer_cache_kib = 512\nvisitors_burst = {VISITORS + 1}\n"


class Left(NamedTuple):
    """What a server holds."""

    descriptors: int
    tasks: int
    connections: int
    sockets: int


class Server:
    """The appliance with an inbox and visitors who have written once."""

    def __init__(self, folder: Path) -> None:
        self.appliance = Appliance(folder / "data")
        self.appliance.data.mkdir()
        (self.appliance.data / "config.toml").write_text(CONFIG)
        self.appliance.start()
        with Desk.founded(self.appliance.data, self.appliance.port) as desk:
            self.inbox = desk.inbox()
            self.tokens = [desk.visitor(self.inbox)[0] for _ in range(VISITORS)]
        self.process = psutil.Process(self.appliance.pid)

    def left(self) -> Left:
        """By its own account, the connection of the scrape included."""
        status, body = self.appliance.get("/metrics")
        assert status == 200
        figures = dict(re.findall(r"^(\w+) (\S+)$", body.decode(), re.MULTILINE))
        names = ("process_open_fds", "monodesk_tasks", "monodesk_connections", "monodesk_sockets")
        return Left(*(round(float(figures[name])) for name in names))

    def settled(self, wanted: Left | None = None) -> Left:
        """What it holds when it says the same three times, or as soon as that is no more than it should be."""
        deadline = time.monotonic() + SETTLE_SECONDS_MAX
        seen: list[Left] = []
        while time.monotonic() < deadline:
            seen.append(self.left())
            if wanted is not None and all(held <= most for held, most in zip(seen[-1], wanted, strict=True)):
                return seen[-1]
            if wanted is None and len(seen) > 2 and len(set(seen[-3:])) == 1:
                return seen[-1]
            time.sleep(0.3)
        raise AssertionError(f"it does not settle: {seen[-3:]}, wanted {wanted}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.appliance.kill()


# --- the moments at which a line is cut -------------------------------------------------------------------------

Moment = Callable[[Line, Server, int], Coroutine[Any, Any, None]]


async def connected(line: Line, server: Server, number: int) -> None:
    pass


async def within_the_head(line: Line, server: Server, number: int) -> None:
    line.writer.write(b"GET /ws HTTP/1.1\r\nHost: here\r\nUpgr")
    await line.writer.drain()


async def upgraded(line: Line, server: Server, number: int) -> None:
    assert await line.shake_hands() == 101


async def within_hello(line: Line, server: Server, number: int) -> None:
    """The core still proves who it is."""
    await upgraded(line, server, number)
    line.frame(t="hello", inbox=server.inbox, token=server.tokens[number % VISITORS])


async def greeted(line: Line, server: Server, number: int) -> None:
    await within_hello(line, server, number)
    await line.told("welcome")


async def within_a_frame(line: Line, server: Server, number: int) -> None:
    await greeted(line, server, number)
    line.writer.write(b"\x81\xfe\x40\x00\x01\x02\x03\x04" + b"x" * 1_000)


async def within_a_message(line: Line, server: Server, number: int) -> None:
    await greeted(line, server, number)
    line.say(0x01, b'{"t":"resume"')


async def within_commands(line: Line, server: Server, number: int) -> None:
    """One is written down, one is carried out, one waits; the same key each time, so that nothing is stored anew."""
    await greeted(line, server, number)
    line.frame(t="send", cid=f"{number % VISITORS:032x}", text="cut off")
    line.frame(t="resume")
    line.frame(t="resume")


async def within_the_close(line: Line, server: Server, number: int) -> None:
    await greeted(line, server, number)
    line.text("no frame of ours")


MOMENTS: tuple[Moment, ...] = (
    connected, within_the_head, upgraded, within_hello, greeted, within_a_frame, within_a_message, within_commands,
    within_the_close,
)  # fmt: skip


async def cycle(server: Server, number: int) -> None:
    """Come in, and be cut off: by a reset, or by half and then silence."""
    port = server.appliance.port
    line = Line(*await asyncio.open_connection("127.0.0.1", port), f"127.0.0.1:{port}")
    try:
        await MOMENTS[number % len(MOMENTS)](line, server, number)
    finally:
        if number % 2:
            line.writer.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, _RESET)
        line.drop()


async def churn(server: Server, cycles: int) -> None:
    """So many cycles, some at a time."""
    numbers = iter(range(cycles))

    async def some() -> None:
        for number in numbers:
            await cycle(server, number)

    await asyncio.gather(*(some() for _ in range(AT_A_TIME)))


def test_ten_thousand_who_are_cut_off_leave_nothing_behind(server: Server) -> None:
    asyncio.run(churn(server, WARM_UP))
    before, memory = server.settled(), server.process.memory_info().rss
    assert before.sockets == 0
    asyncio.run(churn(server, CYCLES))
    server.settled(before)
    grown = server.process.memory_info().rss / memory - 1
    assert grown <= GROWTH_MAX, f"{grown:.1%} of {memory / 2**20:.1f} MiB"
    print(f"{CYCLES} cycles: {before}, memory {memory / 2**20:.1f} MiB {grown:+.1%}")


def test_the_servers_own_count_of_descriptors_is_the_kernels(server: Server) -> None:
    held = sockets.create_connection(("127.0.0.1", server.appliance.port))
    idle = server.settled()
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while idle.descriptors != server.process.num_fds() + 2:  # the scrape's connection, and the folder it counts in
        assert time.monotonic() < deadline
        time.sleep(0.05)
    held.close()
    server.settled(idle._replace(descriptors=idle.descriptors - 1, connections=idle.connections - 1))
