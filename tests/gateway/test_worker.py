"""A gateway in its own process: sockets, files and relayed HTTP beside the core, and nothing of the core inside."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from app.gateway.core import Delivery
from app.gateway.http_server import HttpServer
from app.gateway.link import LinkServer
from app.model.ids import Ids
from app.settings import Limits
from tests.clock import ManualClock
from tests.gateway.client import Browser, Socket, until
from tests.gateway.conftest import application, build
from tests.gateway.small_core import SmallCore

# What the child says: its port, then on TERM every module of ours that it has loaded.
CHILD = """
import json, sys
from pathlib import Path
from app.gateway.worker import run
from app.settings import Settings
folder, listen = Path(sys.argv[1]), sys.argv[2]
settings = Settings(data=folder, listen=listen, workers=2)
run(settings, folder / "core.sock", folder / "http.sock", folder / "dist", lambda port: print(port, flush=True))
watched = {"app", "sqlite3", "pysqlite3", "aiosqlite", "hypercorn", "starlette", "cryptography"}
print(json.dumps(sorted(name for name in sys.modules if name.split(".")[0] in watched)), flush=True)
"""


class Worker:
    """A child process that serves."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self._clients: list[Socket | Browser] = []

    @classmethod
    async def start(cls, folder: Path, listen: str = "127.0.0.1:0") -> "Worker":
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, str(folder), listen, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        return cls(process, int(line))

    async def socket(self) -> Socket:
        socket = await Socket.connect(self.port)
        self._clients.append(socket)
        await socket.upgrade({})
        return socket

    async def visitor(self, token: str) -> Socket:
        socket = await self.socket()
        await socket.greet(token)
        return socket

    async def browser(self) -> Browser:
        browser = await Browser.open(self.port)
        self._clients.append(browser)
        return browser

    async def stop(self) -> list[str]:
        """End it; the modules it had loaded."""
        for client in self._clients:
            client.writer.transport.abort()
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        rest = await asyncio.wait_for(self.process.stdout.read(), 60)
        assert await self.process.wait() == 0
        modules: list[str] = json.loads(rest)
        return modules


class House:
    """The core's side of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.core = SmallCore()
        self.http = HttpServer(application(), Limits())
        self.links = LinkServer(self.core, Limits(), Ids(ManualClock()))

    async def start(self) -> None:
        await self.http.start()
        await self.http.listen(self.folder / "http.sock")
        await self.links.start(self.folder / "core.sock")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    # A data folder deeper than a socket's address may be long.
    folder = tmp_path / ("deep" * 20) / ("er" * 20)
    folder.mkdir(parents=True)
    build(folder)
    house = House(folder)
    await house.start()
    yield house
    await house.links.stop()
    await house.http.stop()


async def test_a_gateway_process_serves_everything_and_holds_neither_database_nor_domain(house: House) -> None:
    worker = await Worker.start(house.folder)
    anne, other_tab = await worker.visitor("a" * 26), await worker.visitor("a" * 26)
    await anne.send(t="send", cid="0" * 32, text="hello")
    assert (await anne.receive())["t"] == "ack"
    assert (await other_tab.receive())["text"] == "hello"

    browser = await worker.browser()
    path = house.folder / "stored"
    path.write_bytes(b"file" * 100_000)
    file = house.core.grant(path, "a.bin", "application/octet-stream")
    for _ in range(2):
        answer = await browser.get("/api/hello")
        assert answer.json()["client"] == list(browser.writer.get_extra_info("sockname"))
        assert (await browser.get("/api/count", "POST", b"x" * 300_000)).body == b"300000"
        assert (await browser.get("/")).body == b"<!doctype html><title>console</title>"
        assert (await browser.get(f"/api/v1/files/{file}", cookie="x=y")).body == path.read_bytes()
        assert len((await browser.get("/api/pieces?n=50")).body) == 500_000

    modules = await worker.stop()
    rooms = {name.split(".")[1] for name in modules if name.startswith("app.")}
    assert rooms == {"bus", "certificates", "gateway", "model", "settings", "telemetry", "web"}
    parts = {name for name in modules if name.startswith("app.certificates.")}
    assert parts == {"app.certificates.page", "app.certificates.places"}, "what is read there, not what makes it"
    assert not {"app.gateway.local", "app.gateway.http_server"} & set(modules)
    assert not [name for name in modules if not name.startswith("app")]


async def test_two_gateways_share_a_port_and_one_core(house: House) -> None:
    first = await Worker.start(house.folder)
    second = await Worker.start(house.folder, f"127.0.0.1:{first.port}")
    assert second.port == first.port
    sockets = [await first.visitor(f"{number:026d}") for number in range(40)]
    assert house.links.gateways == 2
    told = msgspec.json.encode({"t": "note"})
    house.core.announce(*(Delivery((f"{number:026d}",), told) for number in range(40)))
    for socket in sockets:
        assert (await socket.receive_type("note")) == {"t": "note"}
    await asyncio.gather(first.stop(), second.stop())


async def test_when_the_core_dies_sockets_return_with_1012_and_the_gateway_waits_for_the_next(house: House) -> None:
    worker = await Worker.start(house.folder)
    anne = await worker.visitor("a" * 26)
    await house.links.stop()
    closed = await anne.closed()
    assert (closed.code, closed.reason.partition("=")[0]) == (1012, "retry_after_ms")
    await until(lambda: house.core.present == [])
    early = await worker.socket()
    await early.send(t="hello", token="b" * 26)
    assert (await early.closed()).code == 1012
    house.links = LinkServer(house.core, Limits(), Ids(ManualClock()))
    await house.links.start(house.folder / "core.sock")
    await until(lambda: house.links.gateways == 1)
    await worker.visitor("a" * 26)
    assert house.core.present == ["a" * 26]
    await worker.stop()


async def test_without_the_cores_http_server_a_request_is_answered_all_the_same(house: House) -> None:
    worker = await Worker.start(house.folder)
    await house.http.stop()
    browser = await worker.browser()
    answer = await browser.get("/api/hello")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    await house.http.start()
    await worker.stop()
