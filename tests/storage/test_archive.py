"""Backup beside a writing server, and restore that checks before it touches."""

import asyncio
import hashlib
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
import pytest

from app.model.errors import Problem
from app.settings import Settings
from app.storage.archive import backup, restore
from app.storage.database import Transaction
from app.storage.manifest import Manifest, Member, Reading
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock
from tests.storage.mounts import mounted

FILES = {
    "files/ab/0123": b"\x89PNG picture" * 2_000,
    "files/empty": b"",
    "adapters/shop.yaml": "name: 商店\n".encode(),
    "config.toml": b"listen = '127.0.0.1:8080'\n",
}


@pytest.fixture
async def data(tmp_path: Path, database_path: Path, database: SqliteDatabase) -> Path:
    """The data folder of an open database that holds a team."""
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "private").write_bytes(b"secret canary")
    await database.write(lambda tx: add_team(tx, "before"))
    return tmp_path


def add_team(tx: Transaction, name: str) -> None:
    tx.execute("INSERT INTO teams (id, name) VALUES (:name, :name)", {"name": name})


def teams(data: Path) -> list[str]:
    connection = sqlite3.connect(data / "monodesk.db")
    try:
        return [name for (name,) in connection.execute("SELECT name FROM teams ORDER BY name")]
    finally:
        connection.close()


async def epoch(data: Path) -> str:
    database = await SqliteDatabase.open(data / "monodesk.db", Settings(), ManualClock(), lambda events: None)
    await database.close()
    return database.epoch


async def test_a_backup_of_a_writing_server_comes_back_whole(
    data: Path, database: SqliteDatabase, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    stop = asyncio.Event()
    written = 0

    async def go_on_writing() -> None:
        nonlocal written
        while not stop.is_set():
            await database.write(partial(add_team, name=f"during {written}"))
            written += 1

    async with asyncio.TaskGroup() as group:
        group.create_task(go_on_writing())
        while written < 10:
            await asyncio.sleep(0)
        before = written
        archived = await asyncio.to_thread(backup, data, place / "desk.zip", clock)
        stop.set()
    assert archived.bytes == (place / "desk.zip").stat().st_size
    assert (archived.manifest.epoch, archived.manifest.made_at) == (database.epoch, clock.now_ms())
    assert sorted(path.name for path in place.iterdir()) == ["desk.zip"]

    assert restore(place / "desk.zip", place / "new", clock=clock).aside is None
    assert {name: (place / "new" / name).read_bytes() for name in FILES} == FILES
    restored = teams(place / "new")
    assert "before" in restored
    assert {f"during {number}" for number in range(before)} <= set(restored)
    assert not (place / "new" / ".restoring").exists()
    assert await epoch(place / "new") not in ("", database.epoch)
    assert (place / "new" / "monodesk.db").stat().st_mode & 0o777 == 0o600


async def test_keys_never_travel(data: Path, clock: ManualClock) -> None:
    backup(data, data / "desk.zip", clock)
    with zipfile.ZipFile(data / "desk.zip") as archive:
        assert not any(name.startswith("keys") for name in archive.namelist())
        assert not any(b"secret canary" in archive.read(name) for name in archive.namelist())


async def test_keys_that_a_broken_off_backup_sealed_travel_with_no_later_one(data: Path, clock: ManualClock) -> None:
    (data / ".desk.zip.keys").write_bytes(b"sealed before the power went")
    kept = [member.name for member in backup(data, data / "desk.zip", clock).manifest.members]
    assert "keys.sealed" not in kept


PASSPHRASE = "four unrelated words here"


async def test_keys_travel_sealed_under_a_passphrase(
    data: Path, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    (data / "keys" / "deep").mkdir()
    (data / "keys" / "deep" / "other").write_bytes(b"second canary")
    backup(data, place / "desk.zip", clock, PASSPHRASE)
    with zipfile.ZipFile(place / "desk.zip") as archive:
        assert not any(b"canary" in archive.read(name) for name in archive.namelist())

    with pytest.raises(Problem) as refused:
        restore(place / "desk.zip", place / "new", clock=clock, passphrase="four unrelated words hers")
    assert (refused.value.code, (place / "new" / "monodesk.db").exists()) == ("passphrase_wrong", False)

    without = restore(place / "desk.zip", place / "without", clock=clock)
    assert (without.missing_keys, without.sealed) == (("deep/other", "private"), True)
    assert not (place / "without" / "keys").exists() and not (place / "without" / "keys.sealed").exists()

    restored = restore(place / "desk.zip", place / "new", clock=clock, passphrase=PASSPHRASE)
    assert (restored.missing_keys, restored.sealed) == ((), False)
    keys = place / "new" / "keys"
    assert [(keys / name).read_bytes() for name in ("private", "deep/other")] == [b"secret canary", b"second canary"]
    assert (keys.stat().st_mode & 0o777, (keys / "private").stat().st_mode & 0o777) == (0o700, 0o600)
    assert not (place / "new" / "keys.sealed").exists()


async def test_the_keys_of_an_archive_never_replace_others_unasked(
    data: Path, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    backup(data, place / "desk.zip", clock, PASSPHRASE)
    (place / "keys").mkdir()
    (place / "keys" / "private").write_bytes(b"of another desk")
    with pytest.raises(Problem) as refused:
        restore(place / "desk.zip", place, clock=clock, passphrase=PASSPHRASE)
    assert refused.value.code == "data_exists"
    aside = restore(place / "desk.zip", place, replace=True, clock=clock, passphrase=PASSPHRASE).aside
    assert aside is not None and (aside / "keys" / "private").read_bytes() == b"of another desk"
    assert (place / "keys" / "private").read_bytes() == b"secret canary"


async def test_who_asks_an_archive_for_keys_it_has_not_is_told(data: Path, clock: ManualClock) -> None:
    backup(data, data / "desk.zip", clock)
    with pytest.raises(Problem) as refused:
        restore(data / "desk.zip", data / "new", clock=clock, passphrase=PASSPHRASE)
    assert (refused.value.code, (data / "new").exists()) == ("archive_without_keys", False)
    assert restore(data / "desk.zip", data / "new", clock=clock).missing_keys == ("private",)


async def test_what_is_not_whole_yet_stays_at_home(data: Path, clock: ManualClock) -> None:
    (data / "files" / "incoming").mkdir(parents=True)
    (data / "files" / "incoming" / "half").write_bytes(b"half")
    (data / "files" / "ab" / "whole").write_bytes(b"whole")
    kept = [member.name for member in backup(data, data / "desk.zip", clock).manifest.members]
    assert "files/ab/whole" in kept
    assert not [name for name in kept if "incoming" in name]


async def test_restoring_over_data_keeps_it_aside(data: Path, database: SqliteDatabase, clock: ManualClock) -> None:
    backup(data, data / "desk.zip", clock)
    await database.write(lambda tx: add_team(tx, "after"))
    (data / "files" / "later").write_bytes(b"later")
    await database.close()
    with pytest.raises(Problem) as refused:
        restore(data / "desk.zip", data, clock=clock)
    assert refused.value.code == "data_exists"
    aside = restore(data / "desk.zip", data, replace=True, clock=clock).aside
    assert aside is not None
    assert aside.parent == data / "backups"
    assert (teams(data), teams(aside)) == (["before"], ["after", "before"])
    assert (aside / "files" / "later").read_bytes() == b"later"
    assert not (data / "files" / "later").exists()
    assert (data / "keys" / "private").read_bytes() == b"secret canary"
    again = restore(data / "desk.zip", data, replace=True, clock=clock).aside
    assert again not in (None, aside)


async def test_invented_customers_stay_marked_and_real_ones_unmarked(
    data: Path, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A demo's archive is none of a real desk; a real desk's that replaces a demo is not opened by a demo's links."""
    archives = tmp_path_factory.mktemp("archives")
    backup(data, archives / "real.zip", clock)
    (data / "DEMO").write_text("invented")
    backup(data, archives / "invented.zip", clock)
    place = tmp_path_factory.mktemp("elsewhere")
    restore(archives / "invented.zip", place, clock=clock)
    assert (place / "DEMO").read_text() == "invented"
    aside = restore(archives / "real.zip", place, replace=True, clock=clock).aside
    assert not (place / "DEMO").exists()
    assert aside is not None and (aside / "DEMO").exists()


async def test_what_a_crash_left_in_the_log_is_kept_aside(
    data: Path, database: SqliteDatabase, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    crashed = tmp_path_factory.mktemp("crashed")
    backup(data, data / "desk.zip", clock)
    await database.write(lambda tx: add_team(tx, "after"))
    for name in ("monodesk.db", "monodesk.db-wal"):
        (crashed / name).write_bytes((data / name).read_bytes())
    aside = restore(data / "desk.zip", crashed, replace=True, clock=clock).aside
    assert aside is not None
    assert (teams(crashed), teams(aside)) == (["before"], ["after", "before"])


async def test_a_log_without_its_database_is_not_replayed_into_the_restored_one(
    data: Path, database: SqliteDatabase, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rest = tmp_path_factory.mktemp("rest")
    backup(data, data / "desk.zip", clock)
    await database.write(lambda tx: add_team(tx, "after"))
    log = (data / "monodesk.db-wal").read_bytes()
    (rest / "monodesk.db-wal").write_bytes(log)
    with pytest.raises(Problem) as refused:
        restore(data / "desk.zip", rest, clock=clock)
    assert refused.value.code == "data_exists"
    aside = restore(data / "desk.zip", rest, replace=True, clock=clock).aside
    assert aside is not None
    assert (aside / "monodesk.db-wal").read_bytes() == log
    assert teams(rest) == ["before"]


async def test_a_running_server_is_not_restored_over(data: Path, clock: ManualClock) -> None:
    backup(data, data / "desk.zip", clock)
    with pytest.raises(Problem) as refused:
        restore(data / "desk.zip", data, replace=True, clock=clock)
    assert refused.value.code == "data_in_use"
    assert not (data / "backups").exists()


async def test_another_process_counts_as_running(data: Path, database: SqliteDatabase, clock: ManualClock) -> None:
    backup(data, data / "desk.zip", clock)
    await database.close()
    holder = (
        "import sys; from app.storage.library import install; install(); import sqlite3\n"
        "c = sqlite3.connect(sys.argv[1]); c.execute('SELECT count(*) FROM teams').fetchall()\n"
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(data / "monodesk.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with pytest.raises(Problem) as refused:
            restore(data / "desk.zip", data, replace=True, clock=clock)
        assert refused.value.code == "data_in_use"
        process.communicate()
    restore(data / "desk.zip", data, replace=True, clock=clock)


async def test_a_damaged_database_is_neither_backed_up_nor_in_the_way(
    data: Path, database: SqliteDatabase, clock: ManualClock
) -> None:
    backup(data, data / "desk.zip", clock)
    await database.close()
    with (data / "monodesk.db").open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 8_000)
    with pytest.raises(Problem) as refused:
        backup(data, data / "worse.zip", clock)
    assert refused.value.code == "database_damaged"
    assert not (data / "worse.zip").exists()
    restore(data / "desk.zip", data, replace=True, clock=clock)
    assert teams(data) == ["before"]


async def test_what_a_snapshot_cannot_see_is_found_all_the_same(
    data: Path, database: SqliteDatabase, clock: ManualClock
) -> None:
    await database.close()
    connection = sqlite3.connect(data / "monodesk.db", isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    for present, wanted in (
        ("name TEXT NOT NULL UNIQUE", "name TEXT UNIQUE"),
        ("name TEXT UNIQUE", "name TEXT NOT NULL UNIQUE"),
    ):
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, :present, :wanted) WHERE name = 'teams'",
            {"present": present, "wanted": wanted},
        )
        connection.execute("PRAGMA schema_version = 4711")
        connection.close()
        connection = sqlite3.connect(data / "monodesk.db", isolation_level=None)
        connection.execute("PRAGMA writable_schema = ON")
        if wanted == "name TEXT UNIQUE":
            connection.execute("INSERT INTO teams (id, name) VALUES ('nameless', NULL)")
    connection.close()
    with pytest.raises(Problem) as refused:
        backup(data, data / "desk.zip", clock)
    assert refused.value.code == "database_damaged"


async def test_no_database_no_backup(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(Problem) as refused:
        backup(tmp_path, tmp_path / "desk.zip", clock)
    assert refused.value.code == "no_database"
    assert list(tmp_path.iterdir()) == []


def flip(archive: Path, member: str) -> None:
    """Change one byte in the middle of a member's stored data."""
    with zipfile.ZipFile(archive) as reading:
        entry = reading.getinfo(member)
    content = bytearray(archive.read_bytes())
    extra = int.from_bytes(content[entry.header_offset + 28 : entry.header_offset + 30], "little")
    content[entry.header_offset + 30 + len(member) + extra + entry.compress_size // 2] ^= 0x55
    archive.write_bytes(content)


def rewrite(archive: Path, manifest: Manifest, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(archive, "w") as writing:
        for name, content in members.items():
            writing.writestr(name, content)
        writing.writestr("manifest.json", msgspec.json.encode(manifest))


def member(name: str, content: bytes) -> Member:
    return Member(name, len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("name", ["monodesk.db", "files/ab/0123", "manifest.json", "adapters/shop.yaml"])
async def test_a_flipped_byte_anywhere_is_found_before_anything_is_touched(
    data: Path, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    backup(data, place / "desk.zip", clock)
    flip(place / "desk.zip", name)
    with pytest.raises(Problem) as refused:
        restore(place / "desk.zip", place / "new", clock=clock)
    assert refused.value.code == "archive_damaged"
    assert not (place / "new" / "monodesk.db").exists()
    assert list(place.glob("new/*")) == []


async def test_every_flipped_byte_is_either_found_or_harmless(data: Path, clock: ManualClock) -> None:
    whole = backup(data, data / "desk.zip", clock)
    content = (data / "desk.zip").read_bytes()
    for place in [*range(0, len(content), len(content) // 100), *range(len(content) - 700, len(content), 7)]:
        spoilt = bytearray(content)
        spoilt[place] ^= 0x41
        (data / "spoilt.zip").write_bytes(spoilt)
        try:
            reading = Reading(data / "spoilt.zip")
        except Problem:
            continue
        with closing(reading):
            try:
                reading.check()
            except Problem:
                continue
            assert reading.manifest.members == whole.manifest.members, place


@pytest.mark.parametrize("kept", [0, 10, 1_000, -1, -100])
async def test_a_cut_archive_is_refused(data: Path, clock: ManualClock, tmp_path: Path, kept: int) -> None:
    backup(data, data / "desk.zip", clock)
    (data / "desk.zip").write_bytes((data / "desk.zip").read_bytes()[:kept])
    with pytest.raises(Problem) as refused:
        restore(data / "desk.zip", data, replace=True, clock=clock)
    assert refused.value.code == "archive_damaged"


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "files/../../evil", "files//evil", "keys/private", "files", "files/a\\b", "run/lock"],
)
async def test_a_name_that_leads_elsewhere_is_refused(data: Path, clock: ManualClock, name: str) -> None:
    archive = data / "desk.zip"
    made = backup(data, archive, clock).manifest
    with zipfile.ZipFile(archive) as reading:
        members = {one.name: reading.read(one.name) for one in made.members} | {name: b"evil"}
    manifest = msgspec.structs.replace(made, members=tuple(member(one, content) for one, content in members.items()))
    rewrite(archive, manifest, members)
    with pytest.raises(Problem) as refused:
        restore(archive, data / "new", clock=clock)
    assert refused.value.code == "archive_damaged"
    assert not (data / "new").exists()


async def test_what_the_manifest_does_not_name_is_refused(data: Path, clock: ManualClock) -> None:
    archive = data / "desk.zip"
    backup(data, archive, clock)
    with zipfile.ZipFile(archive, "a") as writing:
        writing.writestr("files/smuggled", b"x")
    with pytest.raises(Problem) as refused:
        restore(archive, data / "new", clock=clock)
    assert refused.value.code == "archive_damaged"


async def test_other_content_under_the_same_name_is_refused(data: Path, clock: ManualClock) -> None:
    archive = data / "desk.zip"
    made = backup(data, archive, clock).manifest
    with zipfile.ZipFile(archive) as reading:
        members = {one.name: reading.read(one.name) for one in made.members}
    members["config.toml"] = members["config.toml"].swapcase()
    rewrite(archive, made, members)
    with pytest.raises(Problem) as refused:
        restore(archive, data / "new", clock=clock)
    assert refused.value.code == "archive_damaged"


async def test_an_archive_of_a_newer_version_is_refused(data: Path, clock: ManualClock) -> None:
    archive = data / "desk.zip"
    made = backup(data, archive, clock).manifest
    with zipfile.ZipFile(archive) as reading:
        members = {one.name: reading.read(one.name) for one in made.members}
    rewrite(archive, msgspec.structs.replace(made, schema=9_999), members)
    with pytest.raises(Problem) as refused:
        restore(archive, data / "new", clock=clock)
    assert refused.value.code == "database_newer"


async def test_a_failed_backup_leaves_the_last_one(data: Path, clock: ManualClock) -> None:
    backup(data, data / "desk.zip", clock)
    kept = (data / "desk.zip").read_bytes()
    (data / "monodesk.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(Problem):
        backup(data, data / "desk.zip", clock)
    assert (data / "desk.zip").read_bytes() == kept
    assert sorted(path.name for path in data.glob(".desk*")) == []


async def test_an_archive_of_a_newer_form_is_refused_as_that(data: Path, clock: ManualClock) -> None:
    archive = data / "desk.zip"
    made = backup(data, archive, clock).manifest
    with zipfile.ZipFile(archive) as reading:
        members = {one.name: reading.read(one.name) for one in made.members}
    rewrite(archive, msgspec.structs.replace(made, format=2), members)
    with pytest.raises(Problem) as refused:
        restore(archive, data / "new", clock=clock)
    assert (refused.value.code, (data / "new").exists()) == ("archive_newer", False)


async def test_a_backup_that_is_given_up_leaves_nothing(data: Path, clock: ManualClock) -> None:
    """At whatever moment it is given up: in the snapshot, while files go in, while it is read again."""
    asked = 0

    def at(moment: int) -> bool:
        nonlocal asked
        asked += 1
        return asked > moment

    backup(data, data / "whole.zip", clock, given_up=lambda: at(1_000_000))
    looks, before = asked, sorted(data.iterdir())
    assert looks > len(FILES)
    for moment in range(looks):
        asked = 0
        with pytest.raises(Problem) as refused:
            backup(data, data / "desk.zip", clock, given_up=partial(at, moment))
        assert (refused.value.code, sorted(data.iterdir())) == ("closing", before)


@pytest.mark.full
async def test_what_does_not_fit_is_refused_before_anything_is_touched(
    data: Path, database: SqliteDatabase, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    (data / "files" / "large").write_bytes(b"0" * 8_000_000)
    backup(data, place / "desk.zip", clock)
    with mounted(place / "small", "-t", "tmpfs", "-o", "size=6m", "tmpfs") as small:
        with pytest.raises(Problem) as refused:
            restore(place / "desk.zip", small / "data", clock=clock)
        assert (refused.value.code, list(small.iterdir())) == ("restore_no_room", [])
