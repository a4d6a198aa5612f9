"""200 MB up and down through the real server: whole, in a few megabytes of memory, and the chat goes on meanwhile."""

import asyncio
import hashlib
import http.client
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench.crowd import Agent, Site, Visitor
from tests.bench.files import Door, family, held, peak
from tests.storage.mounts import mounted

pytestmark = pytest.mark.full

BYTES = 200_000_000
MEMORY_BYTES_MAX = 16_777_216  # above idle, of all processes together
ROOMY = "[limits]\nfile_bytes_max = 300_000_000\nvisitor_bytes_per_day = 10_000_000_000\n"


def site_of(folder: Path, limits: str, workers: int = 0) -> Site:
    config = folder / "config.toml"
    config.write_text(limits)
    return Site(folder, 2, ("--config", str(config), "--workers", str(workers)))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.ogg"
    path.write_bytes(b"OggS" + os.urandom(BYTES // 100) * 100)
    return path


@pytest.fixture(params=[0, 1])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """In one process, and with a gateway that relays uploads and sends downloads itself."""
    site = site_of(tmp_path, ROOMY, request.param)
    yield site
    site.appliance.kill()


class Chat:
    """A visitor who says the next thing as soon as the last was stored and seen by the agent."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._over: dict[bytes, int] = {}
        self._visitor = Visitor(site.inbox, site.tokens[1], self._arrived)
        self._agent = Agent(site.cookie, self._arrived)
        self.said = 0

    async def connect(self) -> None:
        await self._agent.connect(self._site.appliance.port)
        await self._visitor.connect(self._site.appliance.port)

    async def leave(self) -> None:
        for wire in (self._visitor.wire, self._agent.wire):
            assert wire is not None
            wire.abort()
            await wire.closed

    async def go_on_while(self, work: Callable[[], object]) -> int:
        """How many messages were stored and delivered before the work was done."""
        working = asyncio.ensure_future(asyncio.to_thread(work))
        began = self.said
        while not working.done():
            cid = f"{self.said:032x}"
            self._visitor.send(cid, "Are you still there?")
            while self._over.get(cid.encode(), 0) < 2 and not working.done():
                await asyncio.sleep(0.01)
            if self._over.get(cid.encode(), 0) == 2:
                self.said += 1
            await asyncio.sleep(0.1)  # as fast as one may speak
        await working
        return self.said - began

    def _arrived(self, cid: bytes) -> None:
        self._over[cid] = self._over.get(cid, 0) + 1


async def test_a_large_file_up_and_down(site: Site, film: Path) -> None:
    door, chat, pid = Door(site.appliance.port, site.tokens[0]), Chat(site), site.appliance.pid
    await chat.connect()
    await chat.go_on_while(lambda: asyncio.run(asyncio.sleep(1)))
    idle = held(pid)
    ids: list[str] = []
    for move in (
        lambda: ids.append(door.upload(film)),
        lambda: ids.append(door.resume(film)),
        lambda: [door.download(ids[0]) for _ in range(20)],
    ):
        held(pid)
        said = await chat.go_on_while(move)
        grown = sum(map(peak, family(pid))) - idle
        assert grown <= MEMORY_BYTES_MAX, f"{grown:,} bytes more"
        assert said > 0, "nobody got through meanwhile"
    await chat.leave()
    digest = hashlib.sha256(film.read_bytes()).hexdigest()
    assert [await asyncio.to_thread(door.sha256, file_id) for file_id in ids] == [digest, digest]


def test_files_leave_the_database_its_room(tmp_path: Path, film: Path) -> None:
    """Of 60 MB 30 are the database's: neither a file that says its size nor one that does not gets them."""
    limits = f"{ROOMY}disk_reserve_bytes = 30_000_000\n"
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=60m", "tmpfs") as folder:
        site = site_of(folder, limits)
        try:
            door = Door(site.appliance.port, site.tokens[0])
            piece = film.read_bytes()[:50_000_000]
            for body in (piece, iter([piece[at : at + 65_536] for at in range(0, len(piece), 65_536)])):
                line = http.client.HTTPConnection("127.0.0.1", door.port, timeout=60)
                headers = {"Authorization": f"Bearer {door.token}", "X-File-Name": "film.ogg"}
                try:
                    line.request("POST", "/api/v1/visitor/files", body, headers, encode_chunked=True)
                except OSError:
                    pass  # it was refused while it still came
                answer = line.getresponse()
                assert answer.status == 507, answer.read()
                assert b'"disk_reserved"' in answer.read()
                line.close()
            left = os.statvfs(folder)
            assert left.f_bavail * left.f_frsize > 30_000_000 - 1_000_000
            stored = [path for path in (site.appliance.data / "files").rglob("*") if path.is_file()]
            assert stored == []
        finally:
            site.appliance.kill()
