"""A real Chrome 87, the oldest browser that visitors are promised: fetched once by npm, kept outside the repository.

It comes in npm's `chrome-aws-lambda`, packed for machines without anything, so it needs no package of the system's
beside those of Debian's chromium. Playwright reaches it over CDP; what its locators ask of a page (`checkVisibility`)
is younger than it, so a person's hand is moved by coordinates, found by plain scripts.
"""

import asyncio
import base64
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

_PACKAGE = "chrome-aws-lambda@5.4.0"
_INTEGRITY = "sha512-edlk3okaPwVJ7lLhmi0p1Xs0lx3ekloW5Lqq+q+V0jS/4dyXYLeA23SKdB+A6+hBf/n88yfR8ssb78tBD/C9CA=="
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monodesk" / "chrome87"
_UNPACK = """const { createReadStream, createWriteStream } = require('fs');
require('stream').pipeline(createReadStream(process.argv[1]), require('zlib').createBrotliDecompress(),
  createWriteStream(process.argv[2], { mode: 0o755 }), (error) => process.exit(error ? 1 : 0));"""
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--no-zygote",  # with --single-process beside it, as its package starts it, every third start hangs
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--lang=en-GB",
    "--window-size=1280,800",
    "--remote-debugging-port=0",
)
_SECONDS_TO_START_MAX = 60.0


@asynccontextmanager
async def old_chrome() -> AsyncIterator[Browser]:
    """The browser, running; its one context is `contexts[0]`."""
    program = _program()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process = await asyncio.create_subprocess_exec(
            program,
            *_FLAGS,
            f"--user-data-dir={home}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "HOME": str(_CACHE)},  # where it keeps what it found out about the machine's fonts
        )
        assert process.stderr is not None
        drain: asyncio.Task[bytes] | None = None
        try:
            address = await asyncio.wait_for(_address(process.stderr), _SECONDS_TO_START_MAX)
            drain = asyncio.create_task(process.stderr.read())
            async with async_playwright() as playwright:
                yield await playwright.chromium.connect_over_cdp(address)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            if drain is not None:
                await drain


async def _address(output: asyncio.StreamReader) -> str:
    """Where it listens, which it says as it starts."""
    said = b""
    while line := await output.readline():
        said += line
        if found := re.search(rb"listening on (ws://\S+)", line):
            return found[1].decode()
    raise AssertionError(f"Chrome 87 did not start:\n{said.decode(errors='replace')}")


def _program() -> Path:
    """The unpacked program; fetched and proved at the first time."""
    program = _CACHE / "chromium"
    if not program.exists():
        npm, node = (shutil.which(name) or pytest.skip(f"no {name}") for name in ("npm", "node"))
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as folder:
            _unpack(_fetched(npm, Path(folder)), node, program)
    return program


def _fetched(npm: str, folder: Path) -> Path:
    """The package as its author published it, or no test."""
    done = subprocess.run(
        [npm, "pack", _PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode != 0:
        pytest.skip(f"{_PACKAGE} cannot be fetched: {done.stderr[-300:]}")
    (archive,) = folder.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert f"sha512-{digest}" == _INTEGRITY, "this is not the package that was pinned"
    return archive


def _unpack(archive: Path, node: str, program: Path) -> None:
    packed = archive.with_name("chromium.br")
    with tarfile.open(archive) as files, packed.open("wb") as target:
        source = files.extractfile("package/bin/chromium.br")
        assert source is not None
        shutil.copyfileobj(source, target)
    fresh = archive.with_name("chromium")
    subprocess.run([node, "-e", _UNPACK, str(packed), str(fresh)], check=True, timeout=120)
    fresh.rename(program)
