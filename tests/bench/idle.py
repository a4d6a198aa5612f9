"""What one idle, authenticated, resumable visitor costs the server, in resident memory.

    python -m tests.bench.idle [--visitors 10000] [--folder DIR]

The real server over a fresh folder; its clients are in this process, so what they cost is not counted. Every visitor
has said hello with his own token and has resumed. Growth of the server's private memory (USS, which leaves out the
kernel's part) from no socket to all of them, after every token was looked up once over HTTP, so that the database's
cache is not counted as a visitor's. Method: as for the comparison of 2026-11-23 (other servers' figures stand there).
"""

import argparse
import asyncio
import http.client
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import uvloop

from tests.bench.conditions import headline
from tests.bench.crowd import Site, Visitor

_AT_A_TIME = 64
_AT_ONCE = 16
_LOOK_UPS = 3
_WARM = 100
_SETTLE_SECONDS = 10.0  # by then the hub has looked at every socket and taken back what an idle one does not need


async def crowd(site: Site, tokens: list[str]) -> list[Visitor]:
    """Connect a visitor for each token; returns when all are live."""
    gate = asyncio.Semaphore(_AT_A_TIME)
    visitors = [Visitor(site.inbox, token, lambda _: None) for token in tokens]

    async def connect(visitor: Visitor) -> None:
        async with gate:
            await visitor.connect(site.appliance.port)

    await asyncio.gather(*map(connect, visitors))
    return visitors


async def measure(site: Site) -> None:
    """Warm up, measure with nobody, let everybody in, measure again."""
    for visitor in await crowd(site, site.tokens[:_WARM]):
        leave(visitor)
    await asyncio.sleep(_SETTLE_SECONDS)
    empty, began = memory(site), site.cpu_seconds()
    visitors = await crowd(site, site.tokens)
    arrived = site.cpu_seconds()
    await asyncio.sleep(_SETTLE_SECONDS)
    full, count = memory(site), len(visitors)
    print(
        f"{count} visitors: {(full - empty) / count:,.0f} B each; server {empty / 2**20:.1f} → {full / 2**20:.1f} MiB; "
        f"{(arrived - began) / count * 1e6:,.0f} µs CPU each to arrive"
    )
    for visitor in visitors:
        leave(visitor)


def look_up_all(site: Site) -> None:
    """Prove every token for a file that is not there: the database's caches, one a reader, grow now and not later."""
    for turn in range(_LOOK_UPS):
        parts = [site.tokens[(turn + part) % _AT_ONCE :: _AT_ONCE] for part in range(_AT_ONCE)]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(lambda part: look_up(site.appliance.port, part), parts))


def look_up(port: int, tokens: list[str]) -> None:
    """Prove these tokens on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for token in tokens:
        connection.request("GET", f"/api/v1/visitor/files/{'0' * 26}", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        assert (response.status, bool(response.read())) == (404, True)
    connection.close()


def leave(visitor: Visitor) -> None:
    """Gone without a word."""
    if visitor.wire is not None:
        visitor.wire.abort()


def memory(site: Site) -> int:
    """The server's private memory in bytes."""
    uss: int = psutil.Process(site.appliance.pid).memory_full_info().uss
    return uss


def main() -> None:
    """Build a site, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        site = Site(Path(folder), options.visitors)
        try:
            site.appliance.stop()  # what making the tokens left in the heap would hide some of the growth
            site.appliance.start()
            look_up_all(site)
            uvloop.run(measure(site))
        finally:
            site.appliance.kill()


if __name__ == "__main__":
    main()
