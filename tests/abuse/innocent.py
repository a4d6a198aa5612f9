"""Somebody who comes again and again while others abuse the server, in a process of its own: the abuse costs this one
nothing but what the server makes it wait.

`python -m tests.abuse.innocent PORT`; for each line on standard input it tells how often it was answered since the line
before, and the seconds of the slowest answer.
"""

import asyncio
import sys
import time

from tests.abuse.cgroup import AHEAD
from tests.abuse.line import ask, head
from tests.gateway.http2_client import http2

_PAUSE_SECONDS = 0.03


class Innocent:
    """That process, seen from a test."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, port: int) -> "Innocent":
        command = (*AHEAD, sys.executable, "-m", "tests.abuse.innocent", str(port))
        pipe = asyncio.subprocess.PIPE
        innocent = cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe))
        await innocent.told()
        return innocent

    async def told(self) -> tuple[int, float]:
        """How often it was answered since the last call, and the slowest answer in seconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        count, slowest = (await asyncio.wait_for(self._process.stdout.readline(), 60)).split()
        return int(count), float(slowest)

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


async def _come(port: int) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    asked = asyncio.create_task(reader.readline())
    count, slowest = 0, 0.0
    while True:
        began = time.monotonic()
        await _visit(port)
        count, slowest = count + 1, max(slowest, time.monotonic() - began)
        await asyncio.wait((asked,), timeout=_PAUSE_SECONDS)
        if asked.done():
            if not asked.result():
                return
            print(count, slowest, flush=True)
            count, slowest, asked = 0, 0.0, asyncio.create_task(reader.readline())


async def _visit(port: int) -> None:
    """Two requests, each on a fresh connection."""
    assert (await ask(port, head("GET", "/api/v1/setup"))).status == 200
    async with http2(port) as client:
        assert (await client.get("/healthz")).body == b"ok\n"


if __name__ == "__main__":
    asyncio.run(_come(int(sys.argv[1])))
