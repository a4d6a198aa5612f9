"""What needs an administrator: told when it begins, told when it ends, the worst first, and to administrators alone."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.bus.memory import MemoryBus
from app.model.errors import Problem
from app.model.events import Event, ServerChanged
from app.model.server import BackupRun, Level
from app.server.disk import Disk
from app.server.news import News
from app.settings import Limits
from app.storage.sqlite import SqliteDatabase
from tests.storage.mounts import mounted, run

OLD = Problem("backup_old", "Old.", "旧。")
ENDED = Problem("certificate_ended", "Ended.", "已过期。")


class Told:
    """Everything that was announced."""

    def __init__(self, bus: MemoryBus) -> None:
        self.news: list[ServerChanged] = []
        bus.subscribe(self._hear)

    def _hear(self, batch: Sequence[Event]) -> None:
        self.news += [event for event in batch if isinstance(event, ServerChanged)]

    @property
    def codes(self) -> list[list[str]]:
        return [[alert.code for alert in event.alerts] for event in self.news]


async def test_only_what_changes_is_announced_and_the_worst_comes_first(
    tmp_path: Path, database: SqliteDatabase
) -> None:
    limits = Limits()
    bus, problems = MemoryBus(limits), [OLD]
    told = Told(bus)
    news = News([lambda: problems], lambda: None, Disk(tmp_path, database, limits), bus, limits)
    for _ in range(3):
        news.look()
    assert told.codes == [["backup_old"]]
    problems.append(ENDED)
    news.look()
    assert told.codes[1:] == [["certificate_ended", "backup_old"]]
    assert [alert.level for alert in news.now.alerts] == [Level.DANGER, Level.WARNING]
    assert (news.now.alerts[0].en, news.now.alerts[0].zh) == ("Ended.", "已过期。")
    problems.clear()
    news.look()
    assert told.codes[2:] == [[]]


async def test_it_looks_at_once_when_told_and_often_while_a_backup_is_made(
    tmp_path: Path, database: SqliteDatabase
) -> None:
    limits = Limits(server_look_seconds=3_600, backup_told_seconds=0.01)
    bus, shares = MemoryBus(limits), iter([None, 0.1, 0.2, 0.3])
    told = Told(bus)

    def backup() -> BackupRun | None:
        share = next(shares, 1.0)
        return None if share is None else BackupRun("done" if share == 1.0 else "running", 1, share)

    news = News([], backup, Disk(tmp_path, database, limits), bus, limits)
    running = asyncio.create_task(news.run())
    try:
        await asyncio.sleep(0.05)
        assert told.news == []  # an hour until the next look
        news.hurry()
        async with asyncio.timeout(30):
            while not told.news or told.news[-1].backup is None or told.news[-1].backup.state != "done":
                await asyncio.sleep(0.01)
        assert [one.backup.share for one in told.news if one.backup] == [0.1, 0.2, 0.3, 1.0]
    finally:
        running.cancel()


@pytest.mark.full
async def test_a_disk_that_fills_up_is_told_in_time_and_so_is_one_that_may_not_be_written(
    tmp_path: Path, database: SqliteDatabase
) -> None:
    limits = Limits(disk_reserve_bytes=4 << 20)
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=16m", "tmpfs") as small:
        disk = Disk(small, database, limits)

        async def codes() -> list[str]:
            await disk.look()
            return [problem.code for problem in disk.warnings]

        assert await codes() == []
        assert 15 << 20 < disk.total_bytes <= 16 << 20
        found = []
        for mebibytes in (9, 4, 3):  # 7 MiB free, 3, nothing
            with (small / f"{mebibytes}").open("wb") as file:
                file.write(bytes(mebibytes << 20))
            found += await codes()
        assert found == ["disk_low", "disk_reserve_reached", "disk_full"]
        for path in small.iterdir():
            path.unlink()
        assert await codes() == []
        run("mount", "-o", "remount,ro", str(small))
        assert await codes() == ["disk_read_only"]
