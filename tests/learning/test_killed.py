"""The real server is killed (-9): what it has acknowledged is at work when it comes back, and no child outlives it."""

import asyncio
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.intent.starter import load
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk

pytestmark = pytest.mark.full
ROUNDS = 3


async def test_no_acknowledged_correction_is_lost_and_no_training_stays(tmp_path: Path) -> None:
    await asyncio.to_thread(_killed_again_and_again, tmp_path / "data")


def _killed_again_and_again(data: Path) -> None:
    server = Appliance(data, environment={"MONODESK_BOT": "true"})
    server.start()
    try:
        with Desk.founded(data, server.port) as desk:
            _bring(desk)
        for number in range(ROUNDS):
            with Desk(server.port) as desk:
                desk.sign_in()
                desk.ask("POST", "/api/v1/intents/training")
                child = _learner(server.pid)
                said = {"verdict": "this", "text": f"strange words {chr(97 + number) * 3}", "intent": "refund"}
                desk.ask("POST", "/api/v1/intents/corrections", said)
                psutil.Process(server.pid).kill()
            server.kill()
            psutil.wait_procs([child], timeout=60)
            assert not child.is_running()
            server.start()
            with Desk(server.port) as desk:
                desk.sign_in()
                for earlier in range(number + 1):
                    found = _tried(desk, f"strange words {chr(97 + earlier) * 3}")
                    assert (found["intent"], found["tier"]) == ("refund", "confirmed"), (number, earlier)
                assert desk.ask("GET", "/api/v1/intents/versions")["versions"] == []
    finally:
        server.kill()


def _tried(desk: Desk, text: str) -> Any:
    """What the engine says; it is built in a moment after a start."""
    for _ in range(100):
        found = desk.ask("POST", "/api/v1/intents/try", {"text": text})["classification"]
        if found is not None:
            return found
    raise AssertionError("no engine is at work")


def _learner(pid: int) -> psutil.Process:
    for _ in range(10_000):
        for child in psutil.Process(pid).children(recursive=True):
            if "learn" in child.cmdline():
                return child
    raise AssertionError("nothing trains")


def _bring(desk: Desk) -> None:
    lines = ["intent\ttext", "refund\tgive me my money back"]
    lines += [f"{intent.name}\t{phrase.text}" for intent in load().intents[:20] for phrase in intent.phrases]
    path = "/api/v1/intents/import?create=true"
    desk.ask_raw("POST", path, "\n".join(lines).encode(), "text/plain")
