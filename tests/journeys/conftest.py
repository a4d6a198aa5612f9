from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.journeys.appliance import Appliance
from tests.journeys.chromium import launched
from tests.journeys.desk import Desk
from tests.journeys.guard import Guard
from tests.journeys.people import PATIENCE_MS
from tests.journeys.scene import LIMITS, NewContext, Scene
from tests.journeys.watch import Watch

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    """The demo, running."""
    server = Appliance(tmp_path / "data", options=("--demo",))
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    async with launched() as browser:
        yield browser


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Whatever the journey, its pages behaved."""
    watch = Watch()
    yield watch
    assert watch.complaints == []


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A desk that takes much in a short time."""
    with pytest.MonkeyPatch.context() as environment, ExitStack() as leaving:
        for name, value in LIMITS.items():
            environment.setenv(f"MONODESK_LIMITS_{name.upper()}", value)
        server = Appliance(tmp_path_factory.mktemp("scene") / "data")
        server.start()
        leaving.callback(server.kill)
        server.printed("/setup#")  # it comes when commands are heard too
        yield Scene(server, leaving.enter_context(Desk.founded(server.data, server.port)))


@pytest.fixture
async def guarded(browser: Browser, watch: Watch) -> AsyncIterator[NewContext]:
    """Makes browsers in which nothing that anybody wrote may take effect."""
    guard = Guard()

    async def context() -> BrowserContext:
        made = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
        made.set_default_timeout(PATIENCE_MS)
        watch.attach(made)
        await guard.attach(made)
        return made

    yield context
    assert guard.effects == []
