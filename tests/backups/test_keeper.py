"""Scheduled backups beside a real database: made, read again, rotated; damaged ones and full disks are told."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path

import msgspec
import pytest

from app.backups.keeper import BackupKeeper
from app.settings import Backups, Limits, Settings
from app.storage import archive
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock
from tests.commands.test_commands import run
from tests.journeys.appliance import Appliance
from tests.storage.mounts import mounted

DAY = 86_400.0
DAILY = Backups()
SMALL = Limits(disk_reserve_bytes=1)


@pytest.fixture
async def data(tmp_path: Path, database: SqliteDatabase) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "0123").write_bytes(b"picture" * 1_000)
    return tmp_path


@asynccontextmanager
async def free() -> AsyncIterator[None]:
    yield


def keeper(data: Path, clock: ManualClock, rules: Backups = DAILY, limits: Limits = SMALL) -> BackupKeeper:
    """One that has settled."""
    made = BackupKeeper(data, Settings(data=data, backups=rules, limits=limits), clock, free, UTC)
    clock.advance(limits.backup_settle_seconds)
    return made


def failure(keeping: BackupKeeper) -> str:
    return keeping.facts.problem.code if keeping.facts.problem else ""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x55
    path.write_bytes(content)


async def test_one_a_day_each_of_them_whole(data: Path, clock: ManualClock) -> None:
    keeping = keeper(data, clock)
    for _ in range(5 * 24):
        await keeping.look()
        clock.advance(3_600)
    made = names(data / "backups")
    assert len(made) == 6  # at once, since there was none, then five nights
    assert all(name.endswith("2320.zip") for name in made), made
    newest = keeping.facts.newest
    assert newest is not None and newest.path.name == made[-1]
    assert (keeping.facts.kept, keeping.facts.problem, list(keeping.warnings)) == (6, None, [])
    archive.restore(newest.path, data / "elsewhere")
    assert (data / "elsewhere" / "files" / "0123").read_bytes() == b"picture" * 1_000
    assert newest.path.stat().st_mode & 0o777 == 0o600


async def test_a_start_is_not_slowed_and_one_backup_is_not_made_twice(data: Path, clock: ManualClock) -> None:
    keeping = BackupKeeper(data, Settings(data=data, limits=SMALL), clock, free, UTC)
    await keeping.look()
    assert not (data / "backups").exists()
    clock.advance(SMALL.backup_settle_seconds)
    await keeping.look()
    await keeping.look()
    await keeper(data, clock).look()  # after a restart
    assert len(names(data / "backups")) == 1


async def test_older_ones_go_by_the_rules(data: Path, clock: ManualClock) -> None:
    keeping = keeper(data, clock, Backups(daily_kept=2, weekly_kept=0))
    (data / "backups").mkdir()
    (data / "backups" / "replaced-20200101-000000").mkdir()
    (data / "backups" / "before-0005_drafts.db").write_bytes(b"kept for its own reason")
    for _ in range(4):
        await keeping.look()
        clock.advance(DAY)
    left = names(data / "backups")
    assert len(left) == 4
    assert {"replaced-20200101-000000", "before-0005_drafts.db"} < set(left)


async def test_the_quota_is_obeyed_and_the_only_one_stays(data: Path, clock: ManualClock) -> None:
    keeping = keeper(data, clock, Backups(bytes_max=10))
    for _ in range(3):
        await keeping.look()
        clock.advance(DAY)
    assert len(names(data / "backups")) == 1
    assert [warning.code for warning in keeping.warnings] == ["backup_quota"]


async def test_a_damaged_archive_is_told_and_counts_for_none(data: Path, clock: ManualClock) -> None:
    await keeper(data, clock).look()
    (first,) = names(data / "backups")
    spoil(data / "backups" / first)
    clock.advance(60)
    keeping = keeper(data, clock, Backups(bytes_max=10))
    await keeping.look()
    assert next(warning.code for warning in keeping.warnings) == "backup_damaged"
    assert str(data / "backups" / first) in keeping.warnings[0].en
    newest = keeping.facts.newest
    assert newest is not None and newest.path.name != first
    assert first in names(data / "backups"), "what an administrator should look at is not taken away"
    (data / "backups" / first).unlink()
    clock.advance(DAY)
    await keeping.look()
    assert "backup_damaged" not in [warning.code for warning in keeping.warnings]


async def test_the_newest_good_one_behind_a_damaged_one_is_found(data: Path, clock: ManualClock) -> None:
    keeping = keeper(data, clock)
    await keeping.look()
    clock.advance(DAY)
    await keeping.look()
    good, damaged = names(data / "backups")
    spoil(data / "backups" / damaged)
    (data / "monodesk.db").rename(data / "gone.db")  # so that no new one can be made
    again = keeper(data, clock)
    await again.look()
    newest = again.facts.newest
    assert newest is not None and newest.path.name == good
    assert [warning.code for warning in again.warnings] == ["backup_failed", "backup_damaged"]


async def test_a_failure_is_told_and_tried_again_later(
    data: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    keeping = keeper(data, clock, limits=Limits(disk_reserve_bytes=1 << 60))
    await keeping.look()
    assert failure(keeping) == "backup_no_room"
    assert "backups.folder" in keeping.warnings[0].en and "backups.folder" in keeping.warnings[0].zh
    assert "the scheduled backup failed" in caplog.text
    caplog.clear()
    await keeping.look()
    assert not caplog.text, "not every minute"
    clock.advance(SMALL.backup_retry_seconds)
    keeping._limits = SMALL
    await keeping.look()
    assert (keeping.facts.problem, keeping.facts.kept) == (None, 1)


async def test_a_folder_that_is_not_there_is_told(data: Path, clock: ManualClock) -> None:
    keeping = keeper(data, clock, Backups(folder=data / "not" / "mounted"))
    await keeping.look()
    assert failure(keeping) == "backup_folder_unusable"
    assert not (data / "not").exists()


async def test_a_clock_that_was_years_ahead_does_not_stop_the_backups(data: Path, clock: ManualClock) -> None:
    clock.jump(4 * 365 * DAY)
    keeping = keeper(data, clock)
    await keeping.look()
    clock.jump(-4 * 365 * DAY)
    await keeping.look()
    assert keeping.facts.kept == 2
    assert 0 <= keeping.age_seconds < 60
    again = keeper(data, clock)
    await again.look()
    assert again.facts.kept == 2 and again.age_seconds < DAY


async def test_keys_are_sealed_into_it_under_a_passphrase_from_a_file(data: Path, clock: ManualClock) -> None:
    (data / "keys").mkdir()
    (data / "keys" / "private").write_bytes(b"secret canary")
    (data / "passphrase").write_text("four unrelated words here\n")
    keeping = keeper(data, clock, Backups(passphrase_file=data / "passphrase"))
    await keeping.look()
    newest = keeping.facts.newest
    assert newest is not None
    archive.restore(newest.path, data / "new", passphrase="four unrelated words here")
    assert (data / "new" / "keys" / "private").read_bytes() == b"secret canary"
    for text, code in (("short", "backup_passphrase_short"), (None, "backup_passphrase_unreadable")):
        (data / "passphrase").unlink()
        if text:
            (data / "passphrase").write_text(text)
        clock.advance(DAY)
        await keeping.look()
        assert failure(keeping) == code


async def test_a_demo_makes_none_and_so_does_who_wants_none(data: Path, clock: ManualClock) -> None:
    for settings in (Settings(data=data, demo=True), Settings(data=data, backups=Backups(every_hours=0))):
        keeping = BackupKeeper(data, settings, clock, free, UTC)
        clock.advance(DAY)
        await keeping.look()
        assert (keeping.on, list(keeping.warnings)) == (False, [])
    assert not (data / "backups").exists()


async def test_a_server_that_stops_does_not_wait_for_a_backup(data: Path, clock: ManualClock) -> None:
    """What has begun is given up between two pieces, and leaves nothing behind."""
    (data / "files" / "large").write_bytes(b"0" * 64_000_000)
    reached = threading.Event()
    keeping = keeper(data, clock)
    write = keeping._write

    def noticed(given_up: Callable[[], bool]) -> object:
        def told() -> bool:
            if (data / "backups").exists() and any(path.suffix == ".part" for path in (data / "backups").iterdir()):
                reached.set()
            return given_up()

        return write(told)

    keeping._write = noticed  # type: ignore[method-assign,assignment]
    looking = asyncio.create_task(keeping.look())
    assert await asyncio.to_thread(reached.wait, 60)
    looking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await looking
    assert names(data / "backups") == []


def test_a_server_makes_one_and_tells_of_it(tmp_path: Path) -> None:
    server = Appliance(
        tmp_path / "data",
        environment={
            "MONODESK_BACKUPS_HOUR": str((time.localtime().tm_hour + 12) % 24),  # the next one is not due meanwhile
            "MONODESK_LIMITS_BACKUP_SETTLE_SECONDS": "0.01",
            "MONODESK_LIMITS_BACKUP_LOOK_SECONDS": "0.05",
            "MONODESK_LIMITS_DISK_RESERVE_BYTES": "1",
        },
    )
    server.start()
    try:
        told: dict[str, object] = {}
        while "last_backup" not in told:
            told = json.loads(run("status", "--json", data=server.data).stdout)
        assert (told["backups_kept"], told["warnings"]) == (1, [])
        made = Path(str(told["last_backup"]))
        assert run("restore", str(made), data=tmp_path / "elsewhere").returncode == 0
        figures = server.get("/metrics")[1].decode()
        assert "monodesk_backups_kept 1.0" in figures and "monodesk_backup_failed 0.0" in figures
        assert server.ready()
        made.write_bytes(b"what the disk made of it")
        server.stop()
        server.start()
        while not told["warnings"]:
            told = json.loads(run("status", "--json", data=server.data).stdout)
        assert str(made) in str(told["warnings"]) and str(made) in str(told["warnings_zh"])
        assert server.ready(), "a bad backup is no reason to take the traffic away"
    finally:
        server.kill()


@pytest.mark.full
async def test_a_full_disk_is_not_filled_further_and_leaves_the_last_backup(
    data: Path, clock: ManualClock, tmp_path: Path
) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=4m", "tmpfs") as small:
        keeping = keeper(data, clock, Backups(folder=small))
        await keeping.look()
        assert keeping.facts.kept == 1
        before = {name: (small / name).read_bytes() for name in names(small)}
        (small / "somebody else's").write_bytes(b"0" * 3_900_000)
        clock.advance(DAY)
        await keeping.look()
        assert failure(keeping) == "backup_no_room"
        # and where the room that was seen is taken while the backup is written
        keeping._demand_room = lambda: None  # type: ignore[method-assign]
        with contextlib.suppress(OSError):
            (small / "the rest").write_bytes(b"0" * 4_000_000)
        clock.advance(DAY)
        await keeping.look()
        assert failure(keeping) == "disk_full"
        after = [name for name in names(small) if name.startswith(("monodesk", "."))]
        assert {name: (small / name).read_bytes() for name in after} == before


def test_rules_travel_to_another_process() -> None:
    """Gateways get the settings as JSON."""
    from app.settings import from_json, to_json

    settings = Settings(backups=Backups(folder=Path("/backups"), hour=5))
    assert from_json(to_json(settings)) == settings
    assert msgspec.structs.asdict(settings.backups)["hour"] == 5


async def test_a_name_that_is_no_date_is_somebody_elses(data: Path, clock: ManualClock) -> None:
    folder = data / "backups"
    folder.mkdir()
    strange = folder / "monodesk-99999999-999999.zip"
    strange.write_bytes(b"kept")
    keeping = keeper(data, clock)
    await keeping.look()
    assert failure(keeping) == ""
    assert keeping.facts.kept == 1
    assert strange.read_bytes() == b"kept"
