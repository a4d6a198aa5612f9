"""Fixtures of every room: the clock that stands still, ids from it, a migrated database of one's own."""

from app.storage import library

library.install()  # before anything imports sqlite3

# ruff: noqa: E402 - the library's place must be taken first
import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest

from app.model.events import Event
from app.model.ids import Ids
from app.settings import Settings
from app.storage.database import Announce
from app.storage.sqlite import SqliteDatabase
from app.storage.writer import Measure
from tests.clock import ManualClock

# What the shell around says decides nothing: not its language, nor a proxy for what goes to this machine, nor settings
# of a Monodesk. Whoever wants one of them says so.
os.environ["LC_ALL"] = "C.UTF-8"
for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = ",".join(filter(None, (os.environ.get(_name), "127.0.0.1,localhost,::1,desk.lan")))
for _name in [_name for _name in os.environ if _name.startswith("MONODESK_")]:
    del os.environ[_name]
# Nor does what it has taught the signals: behind `nohup` or `&` every program that a test starts would ignore them.
for _number, _meant in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _meant)


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


class OpenDatabase(Protocol):
    """Opens `database_path` unless another one is named; what is left open is closed at the end, even of a failure."""

    async def __call__(
        self,
        path: Path | None = None,
        *,
        settings: Settings | None = None,
        announce: Announce = ...,
        measure: Measure = ...,
    ) -> SqliteDatabase: ...


@pytest.fixture
async def open_database(database_path: Path, settings: Settings, clock: ManualClock) -> AsyncIterator[OpenDatabase]:
    given = settings
    async with AsyncExitStack() as opened:

        async def open_one(
            path: Path | None = None,
            *,
            settings: Settings | None = None,
            announce: Announce = lambda events: None,
            measure: Measure = lambda units, seconds: None,
        ) -> SqliteDatabase:
            database = await SqliteDatabase.open(path or database_path, settings or given, clock, announce, measure)
            opened.push_async_callback(database.close)
            return database

        yield open_one


@pytest.fixture
async def database(open_database: OpenDatabase, announced: list[Event]) -> SqliteDatabase:
    return await open_database(announce=announced.extend)
