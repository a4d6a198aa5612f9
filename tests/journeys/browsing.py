"""One Chromium for all tests that look at screens: each has contexts of its own in it, which are closed behind it.

To start a browser and its driver takes longer than many a journey. They live in the session's event loop, and so do the
tests that take this `browser`; every other test has a loop of its own.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.journeys.chromium import launched
from tests.journeys.people import PATIENCE_MS
from tests.journeys.watch import Watch

expect.set_options(timeout=PATIENCE_MS)


class SharedBrowser:
    """Started when it is first wanted, and again where one has died."""

    def __init__(self) -> None:
        self._leaving = AsyncExitStack()
        self._browser: Browser | None = None

    async def find(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = await self._leaving.enter_async_context(launched())
        return self._browser

    async def close(self) -> None:
        await self._leaving.aclose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_browser() -> AsyncIterator[SharedBrowser]:
    shared = SharedBrowser()
    yield shared
    await shared.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(shared_browser: SharedBrowser) -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window, in which nobody has been."""
    browser = await shared_browser.find()
    yield browser
    for context in browser.contexts:
        await context.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Whatever is looked at, its pages behaved."""
    watch = Watch()
    yield watch
    assert watch.complaints == [], watch.complaints


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test runs where its browser lives."""
    for item in items:
        if "shared_browser" in getattr(item, "fixturenames", ()) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
