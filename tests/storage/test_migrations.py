"""A database of any age comes to the schema of this code, or is left as it was."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.model.errors import Problem
from app.storage.migrations import Migration, migrate, migrations, version
from tests.conftest import OpenDatabase

FIRST = Migration(1, "0001_first", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);")
SECOND = Migration(2, "0002_second", "CREATE TABLE b (y INTEGER); UPDATE a SET x = 2;")
BROKEN = Migration(3, "0003_broken", "UPDATE a SET x = 3; CREATE TABLE c (z INTEGER); INSERT INTO nowhere VALUES (1);")
MENDED = Migration(3, "0003_broken", "UPDATE a SET x = 3; CREATE TABLE c (z INTEGER);")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monodesk.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def value(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT x FROM a").fetchone()[0])
    finally:
        connection.close()


def test_every_step_once_in_order(connection: sqlite3.Connection, path: Path) -> None:
    assert migrate(connection, path, (FIRST,)) is None
    assert (version(connection), value(path)) == (1, 1)
    migrate(connection, path, (FIRST, SECOND))
    assert (version(connection), value(path)) == (2, 2)
    assert migrate(connection, path, (FIRST, SECOND)) is None
    assert (version(connection), value(path)) == (2, 2)


def test_data_is_copied_before_it_is_changed(connection: sqlite3.Connection, path: Path) -> None:
    assert migrate(connection, path, (FIRST,)) is None  # an empty database needs no copy
    kept = migrate(connection, path, (FIRST, SECOND))
    assert kept == path.parent / "backups" / "before-0002_second.db"
    assert value(kept) == 1
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_failing_step_leaves_what_was_before_it(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path, (FIRST,))
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, path, (FIRST, SECOND, BROKEN))
    assert not connection.in_transaction
    assert (version(connection), value(path)) == (2, 2)
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'c'").fetchone() == (0,)
    kept = migrate(connection, path, (FIRST, SECOND, MENDED))
    assert kept is not None
    assert (version(connection), value(path), value(kept)) == (3, 3, 2)


def test_a_newer_database_is_refused_untouched(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path, (FIRST, SECOND))
    with pytest.raises(Problem) as refused:
        migrate(connection, path, (FIRST,))
    assert refused.value.code == "database_newer"
    assert "2" in refused.value.en
    assert "2" in refused.value.zh
    assert (version(connection), value(path)) == (2, 2)


async def test_the_engine_refuses_a_newer_database(database_path: Path, open_database: OpenDatabase) -> None:
    connection = sqlite3.connect(database_path)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    with pytest.raises(Problem) as refused:
        await open_database()
    assert refused.value.code == "database_newer"


def test_the_products_own_steps_count_from_one(connection: sqlite3.Connection, path: Path) -> None:
    steps = migrations()
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    for count in range(1, len(steps) + 1):  # from every age to the next
        migrate(connection, path, steps[:count])
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_an_epoch_is_made_once(database_path: Path, open_database: OpenDatabase) -> None:
    epochs = []
    for _ in range(2):
        database = await open_database()
        epochs.append(database.epoch)
        await database.close()
    other = await open_database(database_path.with_name("other.db"))
    await other.close()
    assert epochs[0] == epochs[1] != other.epoch
    assert len(epochs[0]) == 32
