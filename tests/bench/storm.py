"""Ten thousand visitors leave at once and return: nothing is lost, everybody is back soon, nobody is turned away.

    python -m tests.bench.storm [--visitors 10000] [--writing 500] [--folder DIR]

Every visitor has a socket and a conversation. At the same instant all lines are cut, those of `--writing` visitors just
after they sent a message and before its ack; an agent writes to as many others while they are away. They come back as
`tests.journeys.client` does, with the product's own back-off and jitter. Client and server share the machine.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from random import Random

import psutil
import uvloop

from app.model import frames
from tests.bench.conditions import headline
from tests.bench.crowd import Site
from tests.journeys.client import Client
from tests.journeys.desk import Desk

_AT_A_TIME = 64
_CALL = "Are you there?"
_BACK_SECONDS_MAX = 120.0


async def storm(site: Site, options: argparse.Namespace) -> None:
    """One storm; prints its figures and ends the bench with a failure where it did harm."""
    random = Random(2026)
    visitors = [
        Client(site.appliance.port, random, hello=frames.Hello(inbox=site.inbox, token=token)) for token in site.tokens
    ]
    lines, convs = await _arrive(visitors)
    writing, called = visitors[: options.writing], convs[-options.writing :]
    before = site.cpu_seconds()
    began = time.perf_counter()
    sent = [visitor.send("before the storm", conv) for visitor, conv in zip(writing, convs, strict=False)]
    for visitor in visitors:
        visitor.cut()
    calls = asyncio.create_task(asyncio.to_thread(_call, site, called))
    await asyncio.sleep(0)
    async with asyncio.timeout(_BACK_SECONDS_MAX):
        await asyncio.gather(*(visitor.live.wait() for visitor in visitors))
        back = time.perf_counter() - began
        await asyncio.gather(*sent)
        await calls
        waiting = list(zip(visitors[-options.writing :], called, strict=True))
        while any(_last_text(visitor, conv) != _CALL for visitor, conv in waiting):
            await asyncio.sleep(0.05)
    told = time.perf_counter() - began
    print(
        f"{len(visitors)} visitors: all back after {back:.1f} s, all told after {told:.1f} s; "
        f"server {site.cpu_seconds() - before:.1f} CPU s, {_rss_mib(site):.0f} MiB"
    )
    refused = [status for visitor in visitors for status in visitor.refusals]
    holes = [visitor for visitor in visitors for thread in visitor.threads.values() if thread.hole() is not None]
    for line in lines:
        line.cancel()
    lost = await _lost(site, convs, options)
    print(f"refused: {len(refused)} {refused[:1]}   holes: {len(holes)}   lost: {lost}")
    if refused or holes or lost:
        raise SystemExit("the storm did harm")


async def _arrive(visitors: list[Client]) -> tuple[list[asyncio.Task[None]], list[str]]:
    """Connect everybody, a few at a time, and open a conversation each: their running lines, their conversations."""
    gate = asyncio.Semaphore(_AT_A_TIME)
    lines: list[asyncio.Task[None]] = []

    async def one(visitor: Client) -> str:
        async with gate:
            lines.append(asyncio.create_task(visitor.run()))
            await visitor.live.wait()
            return (await visitor.send("hello")).conv

    return lines, list(await asyncio.gather(*(one(visitor) for visitor in visitors)))


def _call(site: Site, convs: list[str]) -> None:
    """An agent writes while they are away."""
    with Desk(site.appliance.port, site.cookie) as desk:
        for conv in convs:
            desk.say(conv, _CALL)


def _last_text(visitor: Client, conv: str) -> str:
    thread = visitor.threads[conv]
    entry = thread.entries.get(thread.last)
    return entry.text if entry is not None else ""


async def _lost(site: Site, convs: list[str], options: argparse.Namespace) -> int:
    """Messages that should be stored and are not: every visitor's first, the writers' second."""
    with Desk(site.appliance.port, site.cookie) as desk:
        heads = await asyncio.to_thread(desk.heads)
    wanted = {conv: 2 if number < options.writing else 1 for number, conv in enumerate(convs)}
    return sum(heads.get(conv, 0) < number for conv, number in wanted.items())


def _rss_mib(site: Site) -> float:
    return float(psutil.Process(site.appliance.pid).memory_info().rss) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, default=10_000)
    parser.add_argument("--writing", type=int, default=500)
    parser.add_argument("--folder", type=Path, help="where the data folder lies; default: the temporary folder")
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        site = Site(Path(folder), options.visitors)
        try:
            uvloop.run(storm(site, options))
        finally:
            site.appliance.kill()


if __name__ == "__main__":
    main()
