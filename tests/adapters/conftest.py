from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.settings import Settings
from tests.clock import ManualClock
from tests.domain import Domain


@pytest.fixture
async def domain(database_path: Path, settings: Settings, clock: ManualClock) -> AsyncIterator[Domain]:
    async with Domain(database_path, settings, clock) as domain:
        yield domain
