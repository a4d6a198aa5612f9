"""A furnished desk, made once and copied for every test."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.settings import Limits, Settings
from tests.api.desk import HOST, Desk, World, furnish
from tests.clock import ManualClock


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> tuple[Path, World]:
    """A data folder with people and conversations in it, and who they are."""
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(migrated, folder / "monodesk.db")

    async def make() -> World:
        async with Desk(folder, Settings(data=folder), ManualClock()) as desk:
            return await furnish(desk)

    with asyncio.Runner() as runner:
        return folder, runner.run(make())


@pytest.fixture
def world(furnished: tuple[Path, World]) -> World:
    return furnished[1]


@pytest.fixture
def limits() -> Limits:
    """The limits of `desk`; a test may parametrize them."""
    return Limits()


@pytest.fixture
def desk_settings(tmp_path: Path, limits: Limits) -> Settings:
    return Settings(data=tmp_path / "data", public_url=f"https://public.{HOST}/desk", limits=limits)


@pytest.fixture
async def desk(furnished: tuple[Path, World], desk_settings: Settings, clock: ManualClock) -> AsyncIterator[Desk]:
    shutil.copytree(furnished[0], desk_settings.data)
    async with Desk(desk_settings.data, desk_settings, clock) as desk:
        yield desk


@pytest.fixture
async def demo(furnished: tuple[Path, World], tmp_path: Path, clock: ManualClock) -> AsyncIterator[Desk]:
    """The same desk, served as a demo."""
    folder = Path(shutil.copytree(furnished[0], tmp_path / "demo"))
    async with Desk(folder, Settings(data=folder, demo=True), clock) as desk:
        yield desk


@pytest.fixture
async def empty(migrated: Path, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Desk]:
    """A desk that nobody owns yet."""
    folder = tmp_path / "empty"
    folder.mkdir()
    shutil.copy(migrated, folder / "monodesk.db")
    async with Desk(folder, Settings(data=folder), clock) as desk:
        yield desk
