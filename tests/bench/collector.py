"""How long Python's collector stops a gateway process that holds very many visitors, settled and left alone.

    python -m tests.bench.collector [--visitors 12000] [--workers 2]

Visitors say hello and resume, half of them leave and come back, then as many messages are sent as there are visitors in
a hundredth. The longest collection of each process from the moment it serves, in milliseconds of its own CPU time, so
that other programs are not counted; first with the thresholds of `telemetry/collector.py`, then with Python's own.
"""

import argparse
import asyncio
import json
import os
import secrets
import tempfile
from pathlib import Path

import uvloop

from tests.bench.conditions import headline
from tests.bench.crowd import Site, Visitor
from tests.bench.idle import crowd, leave

_HOOK = Path(__file__).with_name("pauses")
_ROUNDS = 3


def measure(visitors: int, workers: int, *, settled: bool) -> None:
    """Prints one line."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PAUSES"] = folder
        os.environ["PYTHONPATH"] = str(_HOOK)
        os.environ.pop("PAUSES_AS_PYTHON", None)
        if not settled:
            os.environ["PAUSES_AS_PYTHON"] = "1"
        site = Site(Path(folder), visitors, ("--workers", str(workers)))
        try:
            uvloop.run(_come_and_go(site))
            site.appliance.stop()
        finally:
            site.appliance.kill()
        told = [json.loads(path.read_text()) for path in Path(folder).glob("*.json")]
    figures = "; ".join(
        f"longest {one['longest'] * 1e3:.1f} ms of {one['collections']}, in all {one['all'] * 1e3:.0f} ms"
        for one in sorted(told, key=lambda one: -float(one["longest"]))[: workers + 1]
    )
    print(f"{'settled' if settled else 'Python’s own':12} {figures}", flush=True)


async def _come_and_go(site: Site) -> None:
    visitors = await crowd(site, site.tokens)
    half = len(visitors) // 2
    for _ in range(_ROUNDS):
        for visitor in visitors[:half]:
            leave(visitor)
        await asyncio.sleep(1.0)
        visitors = [*await crowd(site, site.tokens[:half]), *visitors[half:]]
        for visitor in visitors[::100]:
            _say(visitor)
    await asyncio.sleep(3.0)
    for visitor in visitors:
        leave(visitor)


def _say(visitor: Visitor) -> None:
    visitor.send(secrets.token_hex(16), "is anybody there")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, default=12_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print(headline(options))
    for settled in (True, False):
        measure(options.visitors, options.workers, settled=settled)


if __name__ == "__main__":
    main()
