"""`serve --demo` as a person meets it: three links that sign in, a desk full of work, a folder that stays apart."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.journeys.appliance import ROOT, Appliance
from tests.journeys.desk import Desk

_INDEXED_SECONDS_MAX = 60.0  # a deadline against hanging: the outbox feeds search a moment after the start


def _refusal(data: Path, *options: str) -> tuple[int, str]:
    """Exit code and words of a start that ends by itself."""
    command = [sys.executable, "-m", "app", "serve", "--data", str(data), "--listen", "127.0.0.1:0", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return ended.returncode, ended.stderr


@pytest.fixture
def demo(tmp_path: Path) -> Appliance:
    return Appliance(tmp_path / "demo", options=("--demo",))


async def test_the_demo_is_served_and_its_folder_stays_apart(demo: Appliance) -> None:
    await asyncio.to_thread(demo.start)
    try:
        await asyncio.to_thread(_look_round, demo)
        assert await asyncio.to_thread(demo.stop) == 0
    finally:
        demo.kill()
    code, words = await asyncio.to_thread(_refusal, demo.data)
    assert code == 1 and "--demo" in words


def _look_round(demo: Appliance) -> None:
    for name in ("周可", "Hannah Reed", "陈默"):
        with Desk(demo.port) as desk:
            token = demo.demo_link(name).partition("#demo=")[2]
            assert desk.ask("POST", "/api/v1/session/demo", {"token": token})["agent"]["name"] == name
            assert len(desk.heads()) >= 20
            assert desk.ask("GET", "/api/v1/conversations?view=resolved&limit=200")["next"] is not None
            deadline = time.monotonic() + _INDEXED_SECONDS_MAX
            for word in ("退款", "invoice"):
                while not desk.ask("GET", f"/api/v1/search?q={quote(word)}")["results"]:
                    assert time.monotonic() < deadline, f"search does not find {word}"
                    time.sleep(0.05)


def test_real_data_is_not_served_as_a_demo(tmp_path: Path) -> None:
    (tmp_path / "monodesk.db").touch()
    code, words = _refusal(tmp_path, "--demo")
    assert code == 1 and "--demo" in words
