import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.journeys.appliance import Appliance
from tests.journeys.watch import Watch

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP desk.lan 127.0.0.1",
)


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
    chromium = shutil.which("chromium") or pytest.skip("no chromium: apt install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*FLAGS], chromium_sandbox=False)
        yield browser
        await browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Whatever the journey, its pages behaved."""
    watch = Watch()
    yield watch
    assert watch.complaints == []
