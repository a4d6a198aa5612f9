"""The article rooms over a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.articles.articles import Articles
from app.articles.collections import Collections
from app.settings import Settings
from tests.clock import ManualClock
from tests.domain import Domain


@pytest.fixture
async def domain(database_path: Path, settings: Settings, clock: ManualClock) -> AsyncIterator[Domain]:
    async with Domain(database_path, settings, clock) as domain:
        yield domain


@pytest.fixture
def articles(domain: Domain) -> Articles:
    return Articles(domain.database, domain.ids, domain.clock, domain.settings.limits)


@pytest.fixture
def collections(domain: Domain) -> Collections:
    return Collections(domain.database, domain.ids, domain.clock, domain.settings.limits)
