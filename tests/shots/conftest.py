from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser

from tests.journeys.browsing import watch
from tests.journeys.chromium import launched
from tests.shots.stage import Houses

__all__ = ["watch"]


@pytest.fixture(scope="session")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """The appliances of all screens, started once."""
    with Houses.over(tmp_path_factory.mktemp("houses")) as houses:
        yield houses


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    async with launched() as browser:
        yield browser
