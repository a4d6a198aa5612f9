"""A gateway process: sockets, files and relayed HTTP beside the core, with neither database nor domain."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvloop

from app.gateway.core import Figures
from app.gateway.front import Front
from app.gateway.link import RemoteCore
from app.gateway.relay import Relay
from app.model.clock import SystemClock
from app.model.errors import Unavailable
from app.model.ids import Ids
from app.settings import Settings, adopt, from_json
from app.telemetry import log
from app.telemetry.collector import Collector
from app.telemetry.process import cpu_seconds, descriptors, resident_bytes
from app.web.assets import Assets

_PIPE_BYTES = 65_536


def run(
    settings: Settings,
    core_socket: Path,
    http_socket: Path,
    dist: Path,
    ready: Callable[[int], None] | None = None,
    life: int | None = None,
    number: int = 0,
) -> None:
    """Serve until TERM or INT, or until the core is gone; `ready` is told the port, `number` tells gateways apart.

    `life` is the descriptor of a pipe whose other end the core holds: it ends with the core, however that ends and
    whatever stands between the two, even before it is looked at. An orphan would keep the port. A line in it is the
    settings anew, as `settings.to_json` writes them.
    """
    uvloop.run(serve(settings, core_socket, http_socket, dist, ready, life, number))


async def serve(
    settings: Settings,
    core_socket: Path,
    http_socket: Path,
    dist: Path,
    ready: Callable[[int], None] | None = None,
    life: int | None = None,
    number: int = 0,
) -> None:
    """As `run`, on a loop that runs already."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for end in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(end, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # a terminal tells everybody; the core says what to do
    loop.add_signal_handler(signal.SIGUSR1, log.reopen)
    clock = SystemClock()
    core = RemoteCore(core_socket, settings.limits)
    front = Front(core, Assets.load(dist, settings.demo), Relay(http_socket), settings, clock, Ids(clock))
    if life is not None:
        loop.add_reader(life, _Life(life, stop, settings, front).hear)
    collector = Collector(settings.limits)
    chores = [loop.create_task(core.run(front.hub.dismiss)), loop.create_task(_report(core, front, number))]
    try:
        if await _comes_before(core.connected, stop):  # a core that died meanwhile is never connected to
            collector.settle()  # before anybody connects: who is seen to listen is ready in the same moment
            port = await front.start(settings.listen)
            if settings.public_listen:
                await front.start_public(settings.public_listen)
            chores.append(loop.create_task(collector.run(lambda: front.connections)))
            if ready is not None:
                ready(port)
            await stop.wait()
            await front.stop()
    finally:
        for chore in chores:
            chore.cancel()
        await asyncio.wait(chores)


async def _report(core: RemoteCore, front: Front, number: int) -> None:
    """Until cancelled: tell the core every few seconds how this process is; while it is away nobody asks."""
    while True:
        with suppress(Unavailable):
            await core.report(_figures(front, number))
        await asyncio.sleep(front.limits.gateway_figures_seconds)


def _figures(front: Front, number: int) -> Figures:
    return Figures(
        gateway=number,
        connections=front.connections,
        sockets=front.hub.sockets,
        downloads=front.downloads.running,
        tls_handshakes_failed=front.failed_handshakes,
        tasks=len(asyncio.all_tasks()),
        descriptors=descriptors(),
        resident_bytes=resident_bytes(),
        cpu_seconds=cpu_seconds(),
    )


async def _comes_before(first: asyncio.Event, second: asyncio.Event) -> bool:
    """Wait for either event; whether it was `first`."""
    waits = [asyncio.create_task(event.wait()) for event in (first, second)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return not second.is_set()


class _Life:
    """What comes through the pipe that the core holds: new settings, in the end its end."""

    def __init__(self, pipe: int, stop: asyncio.Event, settings: Settings, front: Front) -> None:
        self._pipe = pipe
        self._stop = stop
        self._settings = settings
        self._front = front
        self._heard = b""

    def hear(self) -> None:
        part = os.read(self._pipe, _PIPE_BYTES)
        if not part:
            asyncio.get_running_loop().remove_reader(self._pipe)
            self._stop.set()
        *lines, self._heard = (self._heard + part).split(b"\n")
        for line in lines:
            adopt(self._settings, from_json(line.decode()))
            log.set_level(self._settings.log_level)
            self._front.look_again()
