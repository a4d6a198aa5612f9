"""What learning costs chats: their latency while phrases come in by the file and while they are trained.

    python -m tests.bench.learning [--phrases 100000] [--seconds 20]

The real server, its bot on, and one visitor who writes all the time (REST, one message after the other); median and
99th percentile by the clock while nothing else happens, while phrases are imported, while the engine is built, while a
version is trained. Beside that: how long import and training took, the most memory of the process that trains, what the
core holds before and after, how soon a correction is at work.
"""

import argparse
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import psutil

from app.intent.starter import load
from tests.bench.conditions import headline
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk

_LIMITS = {"MONODESK_BOT": "true", "MONODESK_LIMITS_VISITOR_FRAMES_PER_SECOND": "10000"}
_ENDS = ("please", "now", "thanks", "quickly", "for me", "today", "with you", "in the app", "this time", "once more")
_CORRECTIONS = 20
_POLL_SECONDS = 0.2


class Chat:
    """A visitor who writes without a pause; what each message took, by what else went on."""

    def __init__(self, port: int, inbox: str) -> None:
        self._desk = Desk(port)
        self._token = str(self._desk.ask("POST", "/api/v1/visitor/session", {"inbox": inbox})["token"])
        self.phase = "nothing else"
        self.took: dict[str, list[float]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def end(self) -> None:
        """Stop writing."""
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        conversation: str | None = None
        for number in count():
            if self._ended.is_set():
                return
            headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": secrets.token_hex(16)}
            body: dict[str, Any] = {"conv": conversation, "text": f"message {number}", "files": []}
            phase, began = self.phase, time.perf_counter()
            conversation = str(self._desk.ask("POST", "/api/v1/visitor/messages", body, headers)["conv"])
            self.took.setdefault(phase, []).append(time.perf_counter() - began)
            time.sleep(0.01)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--phrases", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory() as folder:
        server = Appliance(Path(folder) / "data", environment=_LIMITS)
        server.start()
        try:
            with Desk.founded(server.data, server.port) as desk:
                _measure(server, desk, options.phrases, options.seconds)
        finally:
            server.stop()


def _measure(server: Appliance, desk: Desk, phrases: int, seconds: float) -> None:
    core = psutil.Process(server.pid)
    chat = Chat(server.port, desk.inbox())
    try:
        time.sleep(seconds)
        before = core.memory_info().rss
        chat.phase = "import"
        began = time.perf_counter()
        body = "\n".join(("intent\ttext", *_lines(phrases))).encode()
        told = desk.ask_raw("POST", "/api/v1/intents/import?create=true", body, "text/plain")
        print(f"import: {told['added']} phrases, {len(body) / 1e6:.1f} MB, {time.perf_counter() - began:.1f} s")
        chat.phase = "building"
        began = time.perf_counter()
        while _tried(desk, "where is my parcel") is None:
            time.sleep(_POLL_SECONDS)
        print(f"built after {time.perf_counter() - began:.1f} s")
        chat.phase = "training"
        _trained(desk, core)
        chat.phase = "trained"
        time.sleep(seconds)
        print(f"core: {before / 1e6:.0f} MB before, {core.memory_info().rss / 1e6:.0f} MB after")
        _correct(desk)
    finally:
        chat.end()
    for phase, took in chat.took.items():
        print(f"{phase:13} {len(took):6} messages  {_at(took, 0.5):7.2f} ms  p99 {_at(took, 0.99):7.2f} ms")


def _trained(desk: Desk, core: psutil.Process) -> None:
    most = 0
    if desk.ask("GET", "/api/v1/intents/training")["state"] != "running":  # the first one begins by itself
        desk.ask("POST", "/api/v1/intents/training")
    while (told := desk.ask("GET", "/api/v1/intents/training"))["state"] == "running":
        for child in core.children():
            try:
                most = max(most, child.memory_info().rss)
            except psutil.NoSuchProcess:
                continue
        time.sleep(_POLL_SECONDS)
    versions: Sequence[Any] = desk.ask("GET", "/api/v1/intents/versions")["versions"]
    newest: Any = versions[0] if versions else {"measured": {}, "model_bytes": 0}
    measured = newest["measured"]
    print(
        f"training: {told['state']} {told['en']} {measured.get('seconds', 0):.1f} s, {measured.get('phrases')} phrases"
        f", most {max(most, measured.get('bytes_held', 0)) / 1e6:.0f} MB, model {newest['model_bytes'] / 1e6:.2f} MB"
    )


def _correct(desk: Desk) -> None:
    took = []
    for number in range(_CORRECTIONS):
        text = f"{secrets.token_hex(4)} words number {number}"
        began = time.perf_counter()
        desk.ask("POST", "/api/v1/intents/corrections", {"verdict": "this", "text": text, "intent": _NAMES[0]})
        found = _tried(desk, text)
        took.append(time.perf_counter() - began)
        assert found is not None and found["intent"] == _NAMES[0]
    print(f"a correction, and a trial that shows it: {_at(took, 0.5):.1f} ms, at most {_at(took, 1.0):.1f} ms")


def _tried(desk: Desk, text: str) -> Any:
    return desk.ask("POST", "/api/v1/intents/try", {"text": text})["classification"]


_INTENTS = load().intents
_NAMES = [intent.name for intent in _INTENTS]


def _lines(wanted: int) -> Iterator[str]:
    """The starter pack's phrases, then with other ends and in other orders, until there are enough."""
    made = 0
    for turn in count():
        for intent in _INTENTS:
            for phrase in intent.phrases:
                end = "" if turn == 0 else f" {_ENDS[turn % len(_ENDS)]} {_ENDS[turn // len(_ENDS) % len(_ENDS)]}"
                yield f"{intent.name}\t{phrase.text}{end}"
                made += 1
                if made >= wanted:
                    return


def _at(took: Sequence[float], share: float) -> float:
    rising = sorted(took)
    return 1e3 * rising[min(int(len(rising) * share), len(rising) - 1)] if rising else 0.0


if __name__ == "__main__":
    main()
