"""What the service manager hears, over a real datagram socket: a path, an abstract name, of the real server."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.appliance import _starting
from app.settings import Limits
from app.telemetry.notify import Notify
from tests.journeys.appliance import Appliance

_SECONDS_MAX = 60.0  # against hanging


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    """As systemd listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        listening.settimeout(_SECONDS_MAX)
        yield listening


def heard(listening: socket.socket) -> dict[str, str]:
    lines = listening.recv(4096).decode().split("\n")
    return dict(line.split("=", 1) for line in lines)


async def all_of(listening: socket.socket, count: int) -> list[dict[str, str]]:
    """What is told until there are so many; more than that where several wait already."""
    told = waiting(listening)
    async with asyncio.timeout(_SECONDS_MAX):
        while len(told) < count:
            await asyncio.sleep(0.01)
            told += waiting(listening)
    return told


def waiting(listening: socket.socket) -> list[dict[str, str]]:
    listening.setblocking(False)
    found = []
    try:
        while True:
            found.append(heard(listening))
    except BlockingIOError:
        return found


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_each_word_is_one_datagram(tmp_path: Path, kind: str) -> None:
    address = str(tmp_path / "notify") if kind == "path" else f"@monodesk-test-{os.getpid()}"
    with manager(address) as listening:
        notify = Notify(address)
        notify.starting(1.5)
        notify.ready("Serving")
        notify.alive()
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        notify.reloading()
        notify.stopping()
        assert heard(listening) == {"EXTEND_TIMEOUT_USEC": "1500000"}
        assert heard(listening) == {"READY": "1", "STATUS": "Serving"}
        assert heard(listening) == {"WATCHDOG": "1"}
        reloading = heard(listening)
        assert reloading["RELOADING"] == "1"
        assert before <= int(reloading["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert heard(listening) == {"STOPPING": "1", "STATUS": "Stopping"}
        notify.close()


def test_the_environment_is_read_once_and_not_passed_on(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    own = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}
    anothers = {**own, "WATCHDOG_PID": "1" if os.getppid() != 1 else "2"}
    first, second = Notify.from_environment(own), Notify.from_environment(anothers)
    assert (first.watchdog_seconds, second.watchdog_seconds) == (30.0, 0.0)
    assert own == {}
    first.close()
    second.close()
    assert not Notify.from_environment({}).listens


def test_a_service_manager_that_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    notify = Notify(str(tmp_path / "nobody"))
    notify.alive()  # nobody listens there
    notify.close()
    with manager(str(tmp_path / "deaf")) as listening:
        notify = Notify(str(tmp_path / "deaf"))
        for _ in range(2_000):  # more than any socket's buffer takes
            notify.alive()
        notify.close()
        assert 0 < len(waiting(listening)) < 2_000


async def test_the_watchdog_hears_of_a_loop_that_turns_alone(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with manager(address) as listening:
        async with _starting(Notify(address, 0.04), Limits(), asyncio.Event()) as started:
            started("Serving")
            for _ in range(10):
                await asyncio.sleep(0.02)
            turning = [told for told in waiting(listening) if "WATCHDOG" in told]
            time.sleep(0.4)
            hanging = [told for told in waiting(listening) if "WATCHDOG" in told]
    assert len(turning) >= 3
    assert hanging == []


async def test_a_long_start_asks_for_more_time(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with manager(address) as listening:
        async with _starting(Notify(address, 30.0), Limits(start_news_seconds=0.05), asyncio.Event()) as started:
            asked = await all_of(listening, 3)
            started("Serving")
            then = await all_of(listening, 2)
    assert all(told == {"EXTEND_TIMEOUT_USEC": "150000"} for told in asked)
    assert then == [{"READY": "1", "STATUS": "Serving"}, {"WATCHDOG": "1"}]


async def test_a_start_that_is_to_end_asks_for_no_more_time(tmp_path: Path) -> None:
    """systemd would give it, stop after stop: a start that hangs could not be ended."""
    address, stop = str(tmp_path / "notify"), asyncio.Event()
    with manager(address) as listening:
        async with _starting(Notify(address, 30.0), Limits(start_news_seconds=0.05), stop):
            await all_of(listening, 2)
            stop.set()
            await asyncio.sleep(0.1)
            waiting(listening)
            await asyncio.sleep(0.3)
            assert waiting(listening) == []


def test_the_server_says_when_it_is_ready_that_it_lives_and_that_it_stops(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "400000"}
    server = Appliance(tmp_path / "data", environment=environment)
    with manager(address) as listening:
        try:
            server.start()
            words = [heard(listening)]
            while "READY" not in words[-1]:
                words.append(heard(listening))
            assert words[-1]["STATUS"] == f"Serving {server.url}"
            assert all("EXTEND_TIMEOUT_USEC" in word for word in words[:-1])
            assert [heard(listening) for _ in range(3)] == [{"WATCHDOG": "1"}] * 3
            os.kill(server.pid, signal.SIGTERM)
            last = heard(listening)
            while "WATCHDOG" in last:
                last = heard(listening)
            assert last["STOPPING"] == "1"
            assert server.stop() == 0
        finally:
            server.kill()
