import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext

from tests.journeys.appliance import Appliance
from tests.journeys.browsing import browser, pytest_collection_modifyitems, shared_browser, watch
from tests.journeys.desk import Desk
from tests.journeys.guard import Guard
from tests.journeys.people import PATIENCE_MS
from tests.journeys.ready import ReadyAppliances
from tests.journeys.scene import LIMITS, NewContext, Scene
from tests.journeys.watch import Watch

__all__ = ["browser", "pytest_collection_modifyitems", "shared_browser", "watch"]


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadyAppliances]:
    """What the demo is taken from."""
    with ReadyAppliances(tmp_path_factory.mktemp("ready")) as appliances:
        yield appliances


@pytest.fixture
def appliance(ready: ReadyAppliances) -> Iterator[Appliance]:
    """The demo, running."""
    server = ready.take()
    yield server
    server.kill()
    shutil.rmtree(server.data, ignore_errors=True)  # a hundred of them would fill a small disk


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


@pytest_asyncio.fixture(loop_scope="session")
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
