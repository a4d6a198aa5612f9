"""Fixtures of every room: the clock that stands still, ids from it, a migrated database of one's own."""

from app.storage import library

library.install()  # before anything imports sqlite3

# ruff: noqa: E402 - the library's place must be taken first
import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from app.model.events import Event
from app.model.ids import Ids
from app.settings import Settings
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ids(clock: ManualClock) -> Ids:
    return Ids(clock)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def announced() -> list[Event]:
    """What `database` has announced, in order."""
    return []


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that has been migrated once, to be copied: 30 ms saved each time."""
    path = tmp_path_factory.mktemp("migrated") / "monodesk.db"

    async def make() -> None:
        database = await SqliteDatabase.open(path, Settings(), ManualClock(), lambda events: None)
        await database.close()

    with asyncio.Runner() as runner:
        runner.run(make())
    return path


@pytest.fixture
def database_path(migrated: Path, tmp_path: Path) -> Path:
    """A migrated database file of one's own."""
    return Path(shutil.copy(migrated, tmp_path / "monodesk.db"))


@pytest.fixture
async def database(
    database_path: Path, settings: Settings, clock: ManualClock, announced: list[Event]
) -> AsyncIterator[SqliteDatabase]:
    def announce(events: Sequence[Event]) -> None:
        announced.extend(events)

    database = await SqliteDatabase.open(database_path, settings, clock, announce)
    yield database
    await database.close()
