"""What TLS in the process costs: memory of an idle, resumed visitor's socket, and CPU time of a handshake.

    python -m tests.bench.tls [--visitors 2000] [--folder DIR]

The real server over a fresh folder, once in plain and once with a certificate of its own authority (ECDSA P-256), the
same visitors in both. Memory is the growth of the server's private memory (USS) from nobody to everybody, ten seconds
after the last came; CPU is user and system time of the server from the first connection to the last visitor's `live`,
so the difference is what the handshake adds. Every handshake is a full one (TLS 1.3, no ticket is shown). The clients
are in this process, so what they cost is not counted.
"""

import argparse
import asyncio
import http.client
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil
import uvloop

from tests.bench.conditions import headline
from tests.bench.crowd import Site, Visitor
from tests.journeys.appliance import Appliance

_AT_A_TIME = 64
_LOOK_UPS = 3
_WARM = 100
_SETTLE_SECONDS = 10.0


class Measured:
    """Bytes of an idle visitor, seconds of CPU to arrive, and bytes that stay when all have left."""

    def __init__(self, idle_bytes: float, arrival_seconds: float, left_bytes: float) -> None:
        self.idle_bytes = idle_bytes
        self.arrival_seconds = arrival_seconds
        self.left_bytes = left_bytes


async def measure(server: Appliance, inbox: str, tokens: Sequence[str], tls: ssl.SSLContext | None) -> Measured:
    """Warm up, measure with nobody, let everybody in, measure again, let them go."""
    look_up_all(server.port, tokens, tls)
    leave(await crowd(server, inbox, tokens[:_WARM], tls))
    await asyncio.sleep(_SETTLE_SECONDS)
    empty, began = memory(server), cpu_seconds(server)
    visitors = await crowd(server, inbox, tokens, tls)
    arrived = cpu_seconds(server)
    await asyncio.sleep(_SETTLE_SECONDS)
    full, count = memory(server), len(tokens)
    leave(visitors)
    await asyncio.sleep(_SETTLE_SECONDS)
    return Measured((full - empty) / count, (arrived - began) / count, (memory(server) - empty) / count)


async def crowd(server: Appliance, inbox: str, tokens: Sequence[str], tls: ssl.SSLContext | None) -> Sequence[Visitor]:
    """Connect a visitor for each token; returns when all are live."""
    gate = asyncio.Semaphore(_AT_A_TIME)
    visitors = [Visitor(inbox, token, lambda _: None) for token in tokens]

    async def connect(visitor: Visitor) -> None:
        async with gate:
            await visitor.connect(server.port, tls=tls)

    await asyncio.gather(*map(connect, visitors))
    return visitors


def leave(visitors: Sequence[Visitor]) -> None:
    """Gone without a word."""
    for visitor in visitors:
        if visitor.wire is not None:
            visitor.wire.abort()


def look_up_all(port: int, tokens: Sequence[str], tls: ssl.SSLContext | None) -> None:
    """Prove every token on one connection, so that the database's caches grow now and not later."""
    connection = (
        http.client.HTTPConnection("127.0.0.1", port)
        if tls is None
        else http.client.HTTPSConnection("127.0.0.1", port, context=tls)
    )
    for token in list(tokens) * _LOOK_UPS:
        connection.request("GET", f"/api/v1/visitor/files/{'0' * 26}", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        assert (response.status, bool(response.read())) == (404, True)
    connection.close()


def memory(server: Appliance) -> int:
    """The server's private memory in bytes."""
    uss: int = psutil.Process(server.pid).memory_full_info().uss
    return uss


def cpu_seconds(server: Appliance) -> float:
    """What the server has used so far, user and system."""
    times = psutil.Process(server.pid).cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """Build a site, measure it in plain and over TLS, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, default=2_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        site = Site(Path(folder), options.visitors)
        try:
            plain = uvloop.run(measure(site.appliance, site.inbox, site.tokens, None))
        finally:
            site.appliance.stop()
        root = site.appliance.data / "keys" / "authority.crt"

        def trusting() -> ssl.SSLContext:
            return ssl.create_default_context(cafile=str(root))

        server = Appliance(site.appliance.data, environment={"MONODESK_TLS_MODE": "own"}, secure=trusting)
        server.start()
        try:
            secure = uvloop.run(measure(server, site.inbox, site.tokens, trusting()))
        finally:
            server.kill()
    for name, found in (("plain", plain), ("TLS", secure)):
        print(
            f"{name}: {found.idle_bytes:,.0f} B an idle visitor, {found.arrival_seconds * 1e6:,.0f} µs CPU to arrive, "
            f"{found.left_bytes:,.0f} B each stay when all have left"
        )
    print(
        f"TLS adds {secure.idle_bytes - plain.idle_bytes:,.0f} B a socket and "
        f"{(secure.arrival_seconds - plain.arrival_seconds) * 1e6:,.0f} µs CPU a handshake"
    )


if __name__ == "__main__":
    main()
