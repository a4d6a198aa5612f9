"""Memory runs short: load is shed level by level and taken up again, messages always arrive.

In a real control group, which another process fills; and where nobody limits the server, which grows by itself to what
it is tuned to take of a machine of 512 MB.
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import psutil
import pytest

from tests.abuse.cgroup import Group, group
from tests.installer.sizing import Size, numbers, tuned
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk
from tests.journeys.wire import Wire

pytestmark = pytest.mark.full

_LIMIT_BYTES = 320 * 2**20
_STEP_BYTES = 2 * 2**20
_SECONDS_MAX = 60.0  # against hanging
_LOOKED_SECONDS_MAX = 5.0
_BALLAST = """
import sys
held = []
for line in sys.stdin:
    held = held + [bytearray(b"x") * int(line)] if int(line) else []
    print("done", flush=True)
"""
# The same inside the server: Python imports a module of this name when it starts.
_GROWTH = """
import os, threading

def grow(orders, answers):
    held = []
    for line in open(orders):
        held = held + [bytearray(b"x") * int(line)] if int(line) else []
        with open(answers, "w") as told:
            told.write("done")

if "GROWTH" in os.environ:
    folder = os.environ.pop("GROWTH")  # not in what this process starts
    threading.Thread(target=grow, args=(folder + "/orders", folder + "/answers"), daemon=True).start()
"""


class Ballast:
    """Another process in the group, which takes memory and gives it back."""

    def __init__(self, limited: Group) -> None:
        command = (*limited.around(sys.executable), "-c", _BALLAST)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def take(self, size: int) -> None:
        """Take so many bytes more; 0 gives all back."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"%d\n" % size)
        self._process.stdin.flush()
        assert self._process.stdout.readline() == b"done\n"

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


class Growth:
    """The server's own process, which takes memory and gives it back as it is told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_GROWTH)
        for name in ("orders", "answers"):
            os.mkfifo(folder / name)
        self.environment = {"GROWTH": str(folder), "PYTHONPATH": str(folder)}
        self._orders = os.open(folder / "orders", os.O_RDWR)  # so that neither end waits for the other

    def take(self, size: int) -> None:
        """As `Ballast.take`."""
        os.write(self._orders, b"%d\n" % size)
        assert (self._folder / "answers").read_text() == "done"

    def end(self) -> None:
        os.close(self._orders)


class Weight(Protocol):
    def take(self, size: int) -> None: ...


class Person:
    """One at a socket, who keeps what he was told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.wire: Wire | None = None

    async def come(self, port: int, hello: dict[str, str], cookie: str = "") -> None:
        self.wire = await Wire.connect(port, lambda text: self.told.append(json.loads(text)), cookie=cookie)
        self.say(t="hello", **hello)
        self.say(t="resume")
        await self.hears(lambda frame: frame["t"] == "live")

    def say(self, **frame: Any) -> None:
        assert self.wire is not None
        self.wire.send(json.dumps(frame).encode())

    async def hears(self, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(_SECONDS_MAX):
            while True:
                for number, frame in enumerate(self.told):
                    if what(frame):
                        del self.told[: number + 1]
                        return frame
                await asyncio.sleep(0.02)


class Talk:
    """A visitor and an agent in one conversation."""

    def __init__(self, server: Appliance, desk: Desk, inbox: str) -> None:
        self.server = server
        self.desk = desk
        self.inbox = inbox
        self.token = desk.visitor(inbox)[0]
        self.visitor, self.agent = Person(), Person()
        self.conv = ""

    async def begin(self) -> None:
        await self.agent.come(self.server.port, {}, self.desk.cookie)
        await self.visitor.come(self.server.port, {"inbox": self.inbox, "token": self.token})
        await self.message()

    async def message(self) -> None:
        """One, acknowledged and delivered."""
        cid, text = secrets.token_hex(16), secrets.token_hex(4)
        self.visitor.say(t="send", cid=cid, text=text, **({"conv": self.conv} if self.conv else {}))
        self.conv = (await self.visitor.hears(lambda frame: frame.get("cid") == cid and frame["t"] == "ack"))["conv"]
        await self.agent.hears(lambda frame: frame["t"] == "msg" and frame["text"] == text)

    async def left_out(self) -> list[str]:
        """What does not happen: each is tried, and a message behind it shows that its time was over."""
        self.visitor.say(t="typing", conv=self.conv, on=True, text="unsent")
        self.visitor.say(t="page", url="http://shop.example/shoes", title="Shoes")
        self.agent.told.clear()
        await self.message_after_all()
        words = [frame for frame in self.seen if frame["t"] == "writing"]
        missing = [] if any(frame.get("text") == "unsent" for frame in words) else ["preview"]
        missing += [] if words else ["typing"]
        missing += [] if any(frame["t"] == "viewed" for frame in self.seen) else ["tracking"]
        status, answer = self.server.send("POST", "/api/v1/visitor/session", json.dumps({"inbox": self.inbox}).encode())
        if status != 200:
            assert (status, json.loads(answer)["code"]) == (503, "memory_short")
            missing.append("new_visitors")
        known = {"inbox": self.inbox, "token": self.token}
        assert self.server.send("POST", "/api/v1/visitor/session", json.dumps(known).encode())[0] == 200
        return missing

    async def message_after_all(self) -> None:
        cid = secrets.token_hex(16)
        self.visitor.say(t="send", cid=cid, conv=self.conv, text=cid)
        await self.visitor.hears(lambda frame: frame.get("cid") == cid and frame["t"] == "ack")
        async with asyncio.timeout(_SECONDS_MAX):
            while not any(frame["t"] == "msg" and frame["text"] == cid for frame in self.agent.told):
                await asyncio.sleep(0.02)
        self.seen = list(self.agent.told)

    def level(self) -> int:
        return int(self.figure("load_shed_level"))

    def figure(self, name: str) -> float:
        page = self.server.get("/metrics")[1].decode()
        return float(next(line.split()[1] for line in page.splitlines() if line.startswith(f"monodesk_{name} ")))


@contextmanager
def served(
    folder: Path, workers: int, python: tuple[str, ...] = (sys.executable,), environment: Mapping[str, str] = {}
) -> Iterator[Appliance]:
    quick = {"MONODESK_LIMITS_MEMORY_LOOK_SECONDS": "0.1", **environment}
    options = ("--workers", str(workers))
    server = Appliance(folder / "data", command=(*python, "-m", "app"), options=options, environment=quick)
    server.start()
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    try:
        yield server
    finally:
        server.kill()
        psutil.wait_procs(family, timeout=60)


@asynccontextmanager
async def talking(server: Appliance) -> AsyncIterator[Talk]:
    with Desk.founded(server.data, server.port) as desk:
        talk = Talk(server, desk, desk.inbox())
        await talk.begin()
        yield talk
        for person in (talk.visitor, talk.agent):
            assert person.wire is not None
            person.wire.abort()


@pytest.mark.parametrize("workers", [0, 2])
async def test_load_is_shed_in_its_order_and_taken_up_again_and_no_message_is_lost(
    tmp_path: Path, workers: int
) -> None:
    with group(f"monodesk-{secrets.token_hex(4)}") as limited:
        limited.limit(_LIMIT_BYTES)
        ballast = Ballast(limited)
        try:
            with served(tmp_path, workers, limited.around(sys.executable)) as server:
                await _shed_and_taken_up_again(server, ballast)
            assert limited.kills == 0
        finally:
            ballast.end()


@pytest.mark.parametrize("workers", [0, 2])
async def test_a_machine_of_512_mb_without_any_limit_sheds_as_well(tmp_path: Path, workers: int) -> None:
    bound = numbers(tuned(Size(512 * 2**20, 1, limited=False)))["limits.memory_bytes_max"]
    growth = Growth(tmp_path / "growth")
    environment = {"MONODESK_LIMITS_MEMORY_BYTES_MAX": str(bound), **growth.environment}
    try:
        with served(tmp_path, workers, environment=environment) as server:
            before = _resident(server)
            await _shed_and_taken_up_again(server, growth)
            assert _resident(server) - before < (bound - before) / 2, "what was taken is given back"
    finally:
        growth.end()


async def _shed_and_taken_up_again(server: Appliance, weight: Weight) -> None:
    async with talking(server) as talk:
        await _squeezed(talk, weight)
        status = _status(server)
        weight.take(0)
        async with asyncio.timeout(_SECONDS_MAX):
            while talk.level():
                await asyncio.sleep(0.1)
        assert await talk.left_out() == []
    log = (server.data / "logs" / "monodesk.log").read_text()
    assert "new_visitors" in status
    assert 1 <= log.count("memory is short: load is shed") <= 5


async def _squeezed(talk: Talk, weight: Weight) -> None:
    """From nothing to the last level: what is said to be left out is what does not happen."""
    expected = {1: ["preview"], 2: ["preview", "typing"], 3: ["preview", "typing", "tracking"]}
    expected |= {0: [], 4: expected[3], 5: [*expected[3], "new_visitors"]}
    reached, taken = -1, 0
    while reached < 5:
        assert taken < 2**30, "nothing is shed"
        level = talk.level()
        if level != reached:
            left_out = await talk.left_out()
            if talk.level() != level:
                continue  # it moved meanwhile
            assert left_out == expected[level]
            reached = level
        ratio = talk.figure("memory_taken_ratio")
        step = _STEP_BYTES if ratio > 0.75 else 4 * _STEP_BYTES
        weight.take(step)
        taken += step
        with suppress(TimeoutError):  # no step more before the server has looked at this one
            async with asyncio.timeout(_LOOKED_SECONDS_MAX):
                while talk.figure("memory_taken_ratio") == ratio:
                    await asyncio.sleep(0.02)


def _resident(server: Appliance) -> int:
    """Of all its processes; what they share is counted in each, before as after."""
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    return sum(one.memory_info().rss for one in family)


def _status(server: Appliance) -> str:
    command = [sys.executable, "-m", "app", "status", "--data", str(server.data)]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=environment).stdout
