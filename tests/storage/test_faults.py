"""Disks that are full, read-only or failing: refused in words, nothing acknowledged that is not there."""

import asyncio
import shutil
from pathlib import Path

import pytest

from app.model.errors import Problem
from app.settings import Settings
from app.storage.archive import backup, restore
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock
from tests.storage.mounts import mounted, run
from tests.storage.writers import WritingProcess, stored

pytestmark = pytest.mark.full


async def open_at(path: Path) -> SqliteDatabase:
    return await SqliteDatabase.open(path, Settings(), ManualClock(), lambda events: None)


async def add(database: SqliteDatabase, name: str) -> None:
    await database.write(
        lambda tx: tx.execute("INSERT INTO teams (id, name) VALUES (:name, :name)", {"name": name + "x" * 8_000})
    )


async def test_a_full_disk_is_refused_reads_go_on_and_space_heals(migrated: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=4m", "tmpfs") as folder:
        shutil.copy(migrated, folder / "monodesk.db")
        database = await open_at(folder / "monodesk.db")
        await add(database, "first")
        (folder / "ballast").write_bytes(b"x" * (shutil.disk_usage(folder).free - 150_000))
        kept, refusals = 1, []
        for number in range(60):
            try:
                await add(database, f"{number} ")
                kept += 1
            except Problem as problem:
                refusals.append(problem)
        assert {problem.code for problem in refusals} == {"disk_full"}
        assert all(problem.retry_after_ms and "磁盘已满" in problem.zh for problem in refusals)
        assert await database.read("SELECT count(*) FROM teams") == [(kept,)]
        (folder / "ballast").unlink()
        await add(database, "healed ")
        assert await database.read("SELECT count(*) FROM teams") == [(kept + 1,)]
        assert await database.read("PRAGMA integrity_check") == [("ok",)]
        await database.close()


async def test_a_group_on_a_full_disk_is_refused_whole(migrated: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=4m", "tmpfs") as folder:
        shutil.copy(migrated, folder / "monodesk.db")
        database = await open_at(folder / "monodesk.db")
        results = await asyncio.gather(*(add(database, f"{n} ") for n in range(400)), return_exceptions=True)
        refused = [result for result in results if isinstance(result, Problem)]
        assert {problem.code for problem in refused} == {"disk_full"}
        assert await database.read("SELECT count(*) FROM teams") == [(len(results) - len(refused),)]
        await database.close()


async def test_a_read_only_disk_is_refused_at_the_start(migrated: Path, tmp_path: Path) -> None:
    shutil.copy(migrated, tmp_path / "monodesk.db")
    with mounted(tmp_path / "fixed", "--bind", str(tmp_path)) as folder:
        run("mount", "-o", "remount,ro,bind", str(folder))
        with pytest.raises(Problem) as refused:
            await open_at(folder / "monodesk.db")
        assert refused.value.code == "disk_read_only"


def strace(*faults: str) -> tuple[str, ...]:
    """Start under strace, which stays out of the way (-D) and lets system calls fail as told."""
    chosen = [part for fault in faults for part in ("-e", f"inject={fault}")]
    return ("strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync,pwrite64", *chosen)


def test_a_failing_fsync_stops_the_writing_for_good(database_path: Path) -> None:
    faults = strace("fsync,fdatasync:error=EIO:when=30+")
    with WritingProcess(database_path, under=faults) as process:
        process.listen(refused="unwritable")
        assert process.refused == {"disk_failed", "unwritable"}
        assert process.acknowledged
    assert process.acknowledged <= stored(database_path)


def test_after_one_failed_fsync_nothing_is_acknowledged_any_more(database_path: Path) -> None:
    with WritingProcess(database_path, under=strace("fsync,fdatasync:error=EIO:when=30")) as process:
        process.listen(refused="unwritable")
        process.hear_the_rest()
        acknowledged = set(process.acknowledged)
        with pytest.raises(AssertionError, match="says nothing"):
            process.listen(acknowledged=1, patience=1.0)
        assert process.acknowledged == acknowledged
    assert acknowledged <= stored(database_path)


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("turn", [1, 2, 3, 5, 17, 60, 400, 2_000])
def test_the_nth_write_fails_once(database_path: Path, turn: int, error: str) -> None:
    with WritingProcess(database_path, under=strace(f"pwrite64:error={error}:when={turn}")) as process:
        if error == "ENOSPC":
            process.listen(acknowledged=600)  # it heals by itself, unless it could not even start
            assert not (process.ended and process.acknowledged)
        else:
            process.listen(acknowledged=600, refused="disk_failed")
    assert process.acknowledged <= stored(database_path)


async def test_a_backup_onto_a_full_disk_leaves_nothing_behind(
    database: SqliteDatabase, tmp_path: Path, clock: ManualClock
) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=300k", "tmpfs") as folder:
        (folder / "ballast").write_bytes(b"x" * 200_000)
        with pytest.raises(Problem) as refused:
            backup(tmp_path, folder / "desk.zip", clock)
        assert refused.value.code == "disk_full"
        assert [path.name for path in folder.iterdir()] == ["ballast"]


async def test_restoring_onto_a_full_disk_changes_nothing(
    database: SqliteDatabase, tmp_path: Path, clock: ManualClock
) -> None:
    backup(tmp_path, tmp_path / "desk.zip", clock)
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=100k", "tmpfs") as folder:
        with pytest.raises(Problem) as refused:
            restore(tmp_path / "desk.zip", folder, clock=clock)
        assert refused.value.code == "restore_no_room"
        assert list(folder.iterdir()) == []
