"""What a WebSocket costs in CPU time, ours beside Go's gorilla/websocket: to accept, to echo, to tell everybody.

    python -m tests.bench.sockets [--clients 1000] [--rounds 9]

The server on one core, its clients (`volley`, the same for both) on the other; user and system time of the server's
threads from the kernel's schedstat, so that neighbours and the clients' pace hardly matter. Rounds alternate between
the two servers; the ratio is the median of the rounds' ratios. Go runs with GOMAXPROCS=1. Ours is uvloop with the
collector set as in the appliance; accepting and telling everybody go through the real front and the real hub
(`hello` is said, one topic is joined by all), the echo through the socket alone, as the Autobahn cases do.
Go and gorilla are Debian's: `apt install golang-go golang-github-gorilla-websocket-dev`.
"""

import argparse
import asyncio
import gc
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvloop
from msgspec import Struct

from app.gateway.core import Delivery, Opened, Peer, Replies
from app.gateway.front import Front
from app.gateway.relay import Relay
from app.model.clock import SystemClock
from app.model.frames import ClientFrame, Hello, Send
from app.model.ids import Ids
from app.model.principals import Agent, Visitor
from app.settings import Limits, Settings
from app.web.assets import Assets
from tests.bench.conditions import headline
from tests.bench.volley import Crowd, frame_bytes
from tests.gateway.echo import EchoServer
from tests.gateway.small_core import SmallCore

_GO_SOURCE = Path(__file__).with_name("gorilla.go")
_GC_THRESHOLDS = (5_000, 20, 50)  # as the appliance sets them
_SERVER_CORE, _CLIENT_CORE = 0, 1
_TEXT = b"x" * 128
_ECHOES = 20
_TOLD = 20
_WELCOME = b'{"t":"welcome"}'
_HELLO = b'{"t":"hello","token":"%026d"}' % 0
_TO_ALL = b'{"t":"send","cid":"%032d","text":"%s"}' % (0, b"x" * 128)
_TO_ALL_IN_GO = b"B" + b"x" * 127
_SETTLE_SECONDS = 1.0  # by then the server has seen that the first crowd left
_LIMITS = Limits(
    socket_frames_per_second=1e6,
    socket_frames_burst=1_000_000,
    hello_seconds_max=3_600,
    ping_seconds=3_600,
    silence_seconds_max=3_600,
    connections_per_address_max=60_000,
)


class Everybody(SmallCore):
    """A core where all hear what anyone says."""

    async def open(self, peer: Peer, hello: Hello, link: str = "") -> Opened:
        return Opened(Visitor(hello.token or "", "i" * 26), ("all",), (_WELCOME,))

    async def command(self, principal: Visitor | Agent, frame: ClientFrame, language: str) -> Replies:
        assert isinstance(frame, Send)
        self.announce(Delivery(("all",), frame.text.encode()))
        return Replies()

    async def closed(self, principal: Visitor | Agent, link: str = "") -> None:
        pass


class Server(Struct, frozen=True):
    """What to run for the echo and for the rest; what its clients say first, and what is repeated to all."""

    echo: Sequence[str]
    all: Sequence[str]
    hello: bytes
    to_all: bytes


async def serve(kind: str) -> None:
    """Serve until killed, in a process of its own; says its port."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    if kind == "echo":
        port = await EchoServer(_LIMITS).start()
    else:
        clock = SystemClock()
        nowhere = Relay(Path("/nonexistent"))
        front = Front(Everybody(), Assets({}), nowhere, Settings(limits=_LIMITS), clock, Ids(clock))
        port = await front.start("127.0.0.1:0")
    print(port, flush=True)
    await asyncio.Event().wait()


@contextmanager
def running(command: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The server's process id and port."""
    pinned = ("taskset", "-c", str(_SERVER_CORE), *command)
    process = subprocess.Popen(pinned, stdout=subprocess.PIPE, env={**os.environ, "GOMAXPROCS": "1"})
    try:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def cpu_ns(pid: int) -> int:
    """On-CPU time of all threads of a process."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def cost_us(pid: int, count: int, work: Callable[[], None]) -> float:
    """The server's CPU time in microseconds for each of `count` things."""
    before = cpu_ns(pid)
    work()
    return (cpu_ns(pid) - before) / 1_000 / count


def measure(server: Server, clients: int) -> dict[str, float]:
    """One round with fresh processes: each thing's cost."""
    told = frame_bytes(len(_TEXT))
    with running(server.echo) as (pid, port), Crowd(port, clients) as crowd:
        crowd.arrive()
        crowd.say_each(_TEXT, told, 2)
        echo = cost_us(pid, clients * _ECHOES, lambda: crowd.say_each(_TEXT, told, _ECHOES))
    with running(server.all) as (pid, port), Crowd(port, clients) as crowd:
        with Crowd(port, clients) as first:
            first.arrive()
        time.sleep(_SETTLE_SECONDS)
        accept = cost_us(pid, clients, crowd.arrive)
        if server.hello:
            crowd.say_each(server.hello, frame_bytes(len(_WELCOME)), 1)
        crowd.say_to_all(server.to_all, told, 2)
        fan_out = cost_us(pid, clients * _TOLD, lambda: crowd.say_to_all(server.to_all, told, _TOLD))
    return {"accept + upgrade": accept, "echo": echo, "tell everybody": fan_out}


def compare(ours: Server, go: Server, clients: int, rounds: int) -> None:
    """Rounds of both, one after the other; medians."""
    pairs = [(measure(ours, clients), measure(go, clients)) for _ in range(rounds)]
    for thing in pairs[0][0]:
        mine, its = ([pair[side][thing] for pair in pairs] for side in (0, 1))
        ratios = sorted(one / other for one, other in zip(mine, its, strict=True))
        print(
            f"{thing}: ours {statistics.median(mine):.1f} µs ({min(mine):.1f}–{max(mine):.1f}), "
            f"Go {statistics.median(its):.1f} µs ({min(its):.1f}–{max(its):.1f}), "
            f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})",
            flush=True,
        )


def build_go(folder: Path) -> Path:
    """The Go server, built with Debian's packages alone."""
    target = folder / "gorilla"
    own = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(folder / "cache"), "GOFLAGS": "-mod="}
    subprocess.run(["go", "build", "-o", str(target), str(_GO_SOURCE)], env={**os.environ, **own}, check=True)
    return target


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--serve", choices=("echo", "all"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        uvloop.run(serve(options.serve))
        return
    print(headline(options))
    if shutil.which("go") is None:
        print("left out: apt install golang-go golang-github-gorilla-websocket-dev")
        return
    own = (sys.executable, "-m", "tests.bench.sockets", "--serve")
    os.sched_setaffinity(0, {_CLIENT_CORE})
    with tempfile.TemporaryDirectory() as folder:
        binary = (str(build_go(Path(folder))),)
        ours = Server((*own, "echo"), (*own, "all"), _HELLO, _TO_ALL)
        compare(ours, Server(binary, binary, b"", _TO_ALL_IN_GO), options.clients, options.rounds)


if __name__ == "__main__":
    main()
