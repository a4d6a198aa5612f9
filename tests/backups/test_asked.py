"""A backup at somebody's word, beside those that are due: how far it is, what became of it, never two at once."""

import asyncio
import threading
from pathlib import Path

import pytest

from app.model.errors import Conflict
from app.settings import Backups
from app.storage import archive
from app.storage.sqlite import SqliteDatabase
from tests.backups.test_keeper import SMALL, keeper, names
from tests.clock import ManualClock

NEVER = Backups(every_hours=0)


@pytest.fixture
async def data(tmp_path: Path, database: SqliteDatabase) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "0123").write_bytes(b"picture" * 100_000)
    return tmp_path


async def test_it_is_made_also_where_none_are_scheduled(data: Path, clock: ManualClock) -> None:
    keeping = keeper(data, clock, NEVER)
    await keeping.look()
    assert keeping.run_of_now() is None
    asked = keeping.ask()
    assert (asked.state, asked.began_at, keeping.next_at) == ("running", clock.now_ms(), None)
    await keeping.look()
    run = keeping.run_of_now()
    assert run is not None
    assert (run.state, run.share, run.began_at) == ("done", 1.0, asked.began_at)
    (made,) = names(data / "backups")
    archive.restore(data / "backups" / made, data / "elsewhere")
    await keeping.look()
    assert names(data / "backups") == [made]  # asked once, made once


async def test_it_does_not_wait_for_the_next_look(data: Path, clock: ManualClock) -> None:
    keeping = keeper(data, clock, NEVER)
    running = asyncio.create_task(keeping.run())  # looks every minute
    try:
        await asyncio.sleep(0)
        keeping.ask()
        async with asyncio.timeout(30):
            while (run := keeping.run_of_now()) is None or run.state == "running":
                await asyncio.sleep(0.01)
        assert run.state == "done"
    finally:
        running.cancel()


async def test_a_second_one_is_refused_while_it_runs_and_its_share_grows(
    data: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, go = threading.Event(), threading.Event()
    real = archive._check

    def held(*given: object) -> None:
        written.set()
        assert go.wait(30)
        real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "_check", held)
    keeping = keeper(data, clock)
    keeping.ask()
    making = asyncio.create_task(keeping.look())
    assert await asyncio.to_thread(written.wait, 30)
    run = keeping.run_of_now()
    assert run is not None
    assert (run.state, 0.5 < run.share <= 0.95) == ("running", True), run
    with pytest.raises(Conflict) as refused:
        keeping.ask()
    assert refused.value.code == "backup_running"
    go.set()
    await making
    keeping.ask()


async def test_why_it_failed_is_told_and_the_next_may_succeed(data: Path, clock: ManualClock) -> None:
    keeping = keeper(data, clock, Backups(folder=data / "file"), SMALL)
    (data / "file").write_text("no folder")
    keeping.ask()
    await keeping.look()
    run = keeping.run_of_now()
    assert run is not None
    assert (run.state, "cannot be used" in run.en, "无法使用" in run.zh) == ("failed", True, True)
    (data / "file").unlink()
    keeping.ask()
    await keeping.look()
    assert (run := keeping.run_of_now()) is not None
    assert run.state == "done"
