"""Debian's Chromium, without a window: one way to start it for every journey."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP desk.lan 127.0.0.1",
)


@asynccontextmanager
async def launched(*flags: str, home: Path | None = None) -> AsyncIterator[Browser]:
    """A browser; with `home` that of a person whose trusted authorities lie there."""
    program = shutil.which("chromium") or pytest.skip("no chromium: apt install chromium")
    env: dict[str, str | float | bool] = {**os.environ, **({"HOME": str(home)} if home is not None else {})}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=[*_FLAGS, *flags], chromium_sandbox=False, env=env
        )
        yield browser
        await browser.close()
