"""A gateway process: sockets, files and relayed HTTP beside the core, with neither database nor domain."""

import asyncio
import ctypes
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

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def run(
    settings: Settings, core_socket: Path, http_socket: Path, dist: Path, ready: Callable[[int], None] | None = None
) -> None:
    """Serve until TERM or INT, or until the parent is gone; `ready` is told the port."""
    _die_with_parent()
    uvloop.run(serve(settings, core_socket, http_socket, dist, ready))


async def serve(
    settings: Settings, core_socket: Path, http_socket: Path, dist: Path, ready: Callable[[int], None] | None = None
) -> None:
    """As `run`, on a loop that runs already."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    clock = SystemClock()
    core = RemoteCore(core_socket, settings.limits)
    front = Front(core, Assets.load(dist, settings.demo), Relay(http_socket), settings, clock, Ids(clock))
    link = loop.create_task(core.run(front.hub.dismiss))
    try:
        if await _comes_before(core.connected, stop):  # a core that died meanwhile is never connected to
            port = await front.start(settings.listen)
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


def _die_with_parent() -> None:
    """Ask the kernel for TERM when the parent dies, however it dies: an orphan would keep the port."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the kernel was asked
        os.kill(os.getpid(), signal.SIGTERM)
