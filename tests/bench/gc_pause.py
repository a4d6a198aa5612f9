"""How long the collector of garbage stops a server of 18,000 visitors at most: while they come, talk and wait.

    python -m tests.bench.gc_pause [--visitors 18000] [--seconds 30] [--per-second 100] [--folder DIR]

The real server in one process, which measures its own collections from its start on (`/metrics`,
`monodesk_gc_longest_pause_seconds`); its clients in two processes, for 20,000 descriptors are all that one may have
here. Every visitor has said hello with his own token and resumed; then some of them write.
"""

import argparse
import asyncio
import multiprocessing
import re
import resource
import tempfile
from collections.abc import Sequence
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop

from tests.bench.conditions import headline
from tests.bench.crowd import Site, Visitor

_PROCESSES = 2
_AT_A_TIME = 64
_SPEAKERS = 200  # of each process
_LOOK = re.compile(rb"^monodesk_(gc_longest_pause(?:_cpu)?_seconds|connections) (\S+)$", re.MULTILINE)


def people(pipe: Connection, port: int, inbox: str, tokens: Sequence[str]) -> None:
    """A part of the visitors, in a process: tells `all` when they are there, talks for as long as told, then ends."""
    uvloop.run(_people(pipe, port, inbox, tokens))


async def _people(pipe: Connection, port: int, inbox: str, tokens: Sequence[str]) -> None:
    gate = asyncio.Semaphore(_AT_A_TIME)
    visitors = [Visitor(inbox, token, lambda _: None) for token in tokens]

    async def connect(visitor: Visitor) -> None:
        async with gate:
            await visitor.connect(port)

    await asyncio.gather(*map(connect, visitors))
    pipe.send("all")
    seconds, per_second = await asyncio.to_thread(pipe.recv)
    cids = count(hash(tokens[0]) % 2**60 * 2**40)
    for number in range(round(seconds * per_second)):
        visitors[number % _SPEAKERS].send(f"{next(cids):032x}", "Where is my order 4711?")
        await asyncio.sleep(1 / per_second)
    pipe.send("said")
    await asyncio.to_thread(pipe.recv)


def figures(site: Site) -> dict[str, float]:
    """Connections, and the longest pause so far in seconds."""
    page = site.appliance.get("/metrics")[1]
    return {name.decode(): float(value) for name, value in _LOOK.findall(page)}


def told(site: Site, when: str) -> None:
    now = figures(site)
    pause, cpu = now["gc_longest_pause_seconds"] * 1e3, now["gc_longest_pause_cpu_seconds"] * 1e3
    print(
        f"{when:34} {now['connections']:7.0f} connections   longest pause {pause:6.1f} ms, of CPU {cpu:5.1f} ms",
        flush=True,
    )


def measure(site: Site, options: argparse.Namespace) -> None:
    """Let everybody in, then talk, then wait; a line after each."""
    context = multiprocessing.get_context("spawn")
    told(site, "nobody")
    pipes: list[Connection] = []
    processes = []
    for part in range(_PROCESSES):
        ours, theirs = context.Pipe()
        arguments = (theirs, site.appliance.port, site.inbox, site.tokens[part::_PROCESSES])
        processes.append(context.Process(target=people, args=arguments, daemon=True))
        processes[-1].start()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()
    told(site, "all have come")
    for pipe in pipes:
        pipe.send((options.seconds, options.per_second / _PROCESSES))
    for pipe in pipes:
        pipe.recv()
    told(site, f"{options.per_second:.0f} messages a second, {options.seconds:.0f} s")
    for process in processes:
        process.kill()
        process.join()


def main() -> None:
    """Build a site, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, default=18_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--per-second", type=float, default=100.0)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    print(headline(options))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        site = Site(Path(folder), options.visitors)
        try:
            site.appliance.stop()  # what making the tokens left behind is not of this measurement
            site.appliance.start()
            measure(site, options)
        finally:
            site.appliance.kill()


if __name__ == "__main__":
    main()
