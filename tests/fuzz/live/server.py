"""The running server, somebody innocent beside it, and what must be true of it however it is spoken to."""

import asyncio
import socket
import struct
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path

from tests.abuse.bystanders import watched
from tests.abuse.ground import Ground, still_well
from tests.fuzz.watch import Fault
from tests.journeys.scene import LIMITS

_AT_ONCE = 32
_SILENCE_SECONDS = 0.03  # so long after its last word the server has said all
_SECONDS_MAX = 90.0  # against hanging
_READ_BYTES, _HEARD_BYTES_MAX = 65_536, 1_000_000
_INPUTS_A_VISITOR = 3_200
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST, so that no port stays taken
# Each input is a visit of its own, so nobody rests; SQLite's pages in memory are few, so that what grows is ours.
_SMALL = {"abuse_rest_seconds": "0.01", "sqlite_cache_kib": "512", "sqlite_writer_cache_kib": "512"}
_CONFIG = "".join(
    f"{name} = {value}\n"
    for name, value in {**LIMITS, "visitors_per_minute": "100000", **_SMALL}.items()
    if name != "visitors_burst"  # which the ground sets
)


class Live(ABC):
    """A target that gathers inputs and says them beside each other, each on a connection of its own."""

    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...]

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._loop = asyncio.new_event_loop()
        self.ground = Ground(Path(self._folder.name), _CONFIG)
        self._watching = watched(self.ground, self.ground.tokens[3])
        self._loop.run_until_complete(self._watching.__aenter__())
        self._waiting: list[bytes] = []
        self._inputs = 0
        self._read_of_log = 0

    def one(self, data: bytes) -> None:
        self._waiting.append(data)
        if len(self._waiting) == _AT_ONCE:
            self._say_all()

    def memory(self) -> int:
        """What the server's processes hold, in bytes."""
        return sum(process.memory_info().rss for process in self.ground.family)

    def close(self) -> None:
        try:
            self._say_all()
            self._loop.run_until_complete(self._watching.__aexit__(None, None, None))
            if self.ground.appliance.stop() != 0:
                raise Fault("the server did not end well")
        finally:
            self.ground.appliance.kill()
            self._loop.close()
            self._folder.cleanup()

    @abstractmethod
    async def prepare(self) -> None:
        """Somebody new comes, in whose name the next inputs are said."""

    @abstractmethod
    def spoken(self, data: bytes) -> bytes:
        """All that the client says in a connection."""

    @abstractmethod
    def look(self, told: bytes) -> None:
        """Look at all that it was told. Raises `Fault`."""

    def _say_all(self) -> None:
        inputs, self._waiting = self._waiting, []
        try:
            self._loop.run_until_complete(asyncio.wait_for(self._all(inputs), _SECONDS_MAX))
        except TimeoutError:
            raise Fault(f"the server does not answer, after one of {inputs}") from None
        self._look_at_log(inputs)

    async def _all(self, inputs: list[bytes]) -> None:
        if self._inputs % _INPUTS_A_VISITOR == 0:
            await self.prepare()
            await still_well(self.ground)
        self._inputs += _AT_ONCE
        for data, told in zip(inputs, await asyncio.gather(*map(self._visit, inputs)), strict=True):
            try:
                self.look(told)
            except Fault as fault:
                raise Fault(f"{fault}, after {data!r}") from fault

    async def _visit(self, data: bytes) -> bytes:
        loop, told = asyncio.get_running_loop(), bytearray()
        with socket.socket() as one:
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            await loop.sock_connect(one, ("127.0.0.1", self.ground.port))
            try:
                await loop.sock_sendall(one, self.spoken(data))
                async with asyncio.timeout(_SILENCE_SECONDS) as silence:
                    while (piece := await loop.sock_recv(one, _READ_BYTES)) and len(told) < _HEARD_BYTES_MAX:
                        told += piece
                        silence.reschedule(loop.time() + _SILENCE_SECONDS)
            except (ConnectionError, TimeoutError):
                pass  # it was cut, or the server waits for more
        return bytes(told)

    def _look_at_log(self, inputs: list[bytes]) -> None:
        with self.ground.appliance.log.open("rb") as log:
            log.seek(self._read_of_log)
            new = log.read()
        self._read_of_log += len(new)
        bad = [line for line in new.splitlines() if b"Traceback" in line or b'"level":"error"' in line]
        if bad:
            raise Fault(f"{bad[0].decode(errors='replace')[:3_000]} after one of {inputs}")
