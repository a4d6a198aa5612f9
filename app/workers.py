"""The gateway processes of `workers = N`: started, watched, started again, stopped.

Called by `appliance`. Each one listens on the same port (SO_REUSEPORT, socket(7)): the kernel shares connections out.
"""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process

from msgspec.structs import replace

from app.environment import put_back
from app.gateway.port import bind
from app.model.errors import Unavailable
from app.settings import Settings, adopt, to_json
from app.telemetry.log import logger

READY = b"ready\n"  # what a gateway prints once it listens
_FROZEN = getattr(sys, "frozen", False)
_log = logger("workers")


class Workers:
    """`settings.workers` gateway processes on one port."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._reserved: list[socket.socket] = []
        self._processes: dict[int, Process] = {}  # their standard input ends with this process, and they with it

    async def start(self) -> tuple[int, int]:
        """Start them all; the ports they share, the second 0 without `public_listen`. Raises `Unavailable`."""
        settings = self._settings
        port, listen = self._reserve(settings.listen)
        public_port, public_listen = self._reserve(settings.public_listen) if settings.public_listen else (0, "")
        self._settings = replace(settings, listen=listen, public_listen=public_listen)
        await asyncio.gather(*(self._start(number) for number in range(self._settings.workers)))
        return port, public_port

    def adopt(self, read: Settings) -> None:
        """What may change while they run, as this process has taken it over; it is each one's to tell what that is."""
        adopt(self._settings, read)
        line = to_json(self._settings).encode() + b"\n"
        for process in self._processes.values():
            if process.stdin is not None and process.returncode is None:
                process.stdin.write(line)

    async def watch(self) -> None:
        """Until cancelled: a process that ends is started again, after a moment."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._settings.workers):
                group.create_task(self._watch(number))

    async def stop(self) -> None:
        """TERM to all, which drain; KILL to who is not gone within `stop_seconds_max` and a half."""
        running = [process for process in self._processes.values() if process.returncode is None]
        for process in running:
            process.terminate()
        if running:
            waits = [asyncio.create_task(process.wait()) for process in running]
            await asyncio.wait(waits, timeout=self._limits.stop_seconds_max * 1.5)
        for process in running:
            if process.returncode is None:
                process.kill()
                await process.wait()
        for reserved in self._reserved:
            reserved.close()

    def _reserve(self, listen: str) -> tuple[int, str]:
        """Hold it without listening, so that all get the same port and one that is taken is noticed at once."""
        reserved = bind(listen, shared=True)
        self._reserved.append(reserved)
        port = int(reserved.getsockname()[1])
        return port, f"{listen.rpartition(':')[0]}:{port}"

    async def _watch(self, number: int) -> None:
        while True:
            code = await self._processes[number].wait()
            _log.error("a gateway process ended", extra={"gateway": number, "code": code})
            await asyncio.sleep(self._limits.worker_restart_seconds)
            try:
                await self._start(number)
            except Unavailable as problem:
                _log.error("a gateway process does not start", extra={"gateway": number, "code": problem.code})

    async def _start(self, number: int) -> None:
        command = [sys.executable] if _FROZEN else [sys.executable, "-m", "app"]
        settings = to_json(self._settings)
        command += ["gateway", "--settings", settings, "--number", str(number)]
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=put_back(os.environ))
        self._processes[number] = process
        output = process.stdout
        try:
            async with asyncio.timeout(self._limits.worker_start_seconds_max):
                line = b"" if output is None else await output.readline()
        except TimeoutError:
            process.kill()
            line = b""
        if line != READY:
            raise Unavailable(
                "gateway_not_started",
                "A gateway process did not start. Read the log for its reason.",
                "网关进程未能启动。原因请查看日志。",
            )
