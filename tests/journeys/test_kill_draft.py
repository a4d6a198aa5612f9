"""An agent's draft that was answered as kept outlives `kill -9` at a random moment."""

import http.client
import os
import threading
import time
from pathlib import Path
from random import Random

import pytest

from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk

CYCLES = 10
SPAN_SECONDS = (0.05, 0.6)
_THERE_SECONDS_MAX = 60.0  # a deadline against hanging


class Writer:
    """Types without a pause, each state of both drafts one request; `kept` is the last one that was answered."""

    def __init__(self, port: int, cookie: str, conv: str) -> None:
        self.kept = self.asked = 0
        self._port = port
        self._cookie = cookie
        self._path = f"/api/v1/conversations/{conv}/draft"

    def type(self) -> None:
        with Desk(self._port, self._cookie) as desk:
            try:
                while True:
                    self.asked += 1
                    words = f"state {self.asked} " + "of the draft " * 40
                    desk.ask("PATCH", self._path, {"reply": words, "note": f"note {words}"})
                    self.kept = self.asked
            except (OSError, http.client.HTTPException):
                return

    def stands(self) -> tuple[int, int]:
        """Which state of the reply and of the note is there."""
        with Desk(self._port, self._cookie) as desk:
            told = desk.ask("GET", self._path)
        return int(told["reply"]["text"].split()[1]), int(told["note"]["text"].split()[2])


@pytest.mark.full
def test_a_draft_that_was_answered_as_kept_outlives_kill_nine(tmp_path: Path) -> None:
    number = Random().randrange(2**32)
    print(f"seed {number}")
    random = Random(number)
    appliance = Appliance(tmp_path / "data")
    appliance.start()
    try:
        with Desk.founded(appliance.data, appliance.port) as desk:
            token, _ = desk.visitor(desk.inbox())
            fields = {"Authorization": f"Bearer {token}", "Idempotency-Key": os.urandom(16).hex(), "Cookie": ""}
            conv = desk.ask("POST", "/api/v1/visitor/messages", {"text": "Where is my order?"}, fields)["conv"]
            desk.sign_in()
            writer = Writer(appliance.port, desk.cookie, conv)
        for _ in range(CYCLES):
            begun = writer.kept
            typing = threading.Thread(target=writer.type)
            typing.start()
            _more(writer, begun)
            time.sleep(random.uniform(*SPAN_SECONDS))
            appliance.kill()
            typing.join()
            kept, asked = writer.kept, writer.asked
            appliance.start()
            reply, note = writer.stands()
            assert kept <= reply <= asked
            assert note == reply  # both of one request
        print(f"{writer.kept} states kept")
        assert appliance.stop() == 0
    finally:
        appliance.kill()


def _more(writer: Writer, begun: int) -> None:
    """Waits for an answer of this run."""
    deadline = time.monotonic() + _THERE_SECONDS_MAX
    while writer.kept <= begun:
        assert time.monotonic() < deadline
        time.sleep(0.01)
