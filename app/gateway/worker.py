"""A gateway process: sockets, files and relayed HTTP beside the core, with neither database nor domain."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import uvloop

from app.gateway.front import Front
from app.gateway.link import RemoteCore
from app.gateway.relay import Relay
from app.model.clock import SystemClock
from app.model.ids import Ids
from app.settings import Settings
from app.web.assets import Assets


def run(
    settings: Settings,
    core_socket: Path,
    http_socket: Path,
    dist: Path,
    ready: Callable[[int], None] | None = None,
    life: int | None = None,
) -> None:
    """Serve until TERM or INT, or until the core is gone; `ready` is told the port.

    `life` is the descriptor of a pipe whose other end the core holds: it ends with the core, however that ends and
    whatever stands between the two, even before it is looked at. An orphan would keep the port.
    """
    uvloop.run(serve(settings, core_socket, http_socket, dist, ready, life))


async def serve(
    settings: Settings,
    core_socket: Path,
    http_socket: Path,
    dist: Path,
    ready: Callable[[int], None] | None = None,
    life: int | None = None,
) -> None:
    """As `run`, on a loop that runs already."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if life is not None:
        loop.add_reader(life, _look_for_end, life, stop)
    clock = SystemClock()
    core = RemoteCore(core_socket, settings.limits)
    front = Front(core, Assets.load(dist, settings.demo), Relay(http_socket), settings, clock, Ids(clock))
    link = loop.create_task(core.run(front.hub.dismiss))
    try:
        if await _comes_before(core.connected, stop):  # a core that died meanwhile is never connected to
            port = await front.start(settings.listen)
            if settings.public_listen:
                await front.start_public(settings.public_listen)
            if ready is not None:
                ready(port)
            await stop.wait()
            await front.stop()
    finally:
        link.cancel()
        await asyncio.wait((link,))


async def _comes_before(first: asyncio.Event, second: asyncio.Event) -> bool:
    """Wait for either event; whether it was `first`."""
    waits = [asyncio.create_task(event.wait()) for event in (first, second)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return not second.is_set()


def _look_for_end(life: int, stop: asyncio.Event) -> None:
    if not os.read(life, 1):
        asyncio.get_running_loop().remove_reader(life)
        stop.set()
