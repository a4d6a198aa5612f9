"""Starting `writing.py` and holding its word against the file."""

import os
import selectors
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self


class WritingProcess:
    """A process that writes, as a context: killed at the end. `acknowledged` grows by `listen`.

    `under` is a command that starts it, and must stay out of the way of signals.
    """

    def __init__(self, database: Path, *options: str, under: tuple[str, ...] = ()) -> None:
        self._process = subprocess.Popen(
            [*under, sys.executable, "-m", "tests.storage.writing", str(database), *options],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        self.acknowledged: set[str] = set()
        self.refused: set[str] = set()
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def listen(self, acknowledged: int = 0, refused: str = "", patience: float = 30.0) -> None:
        """Until so much more is acknowledged, or that refusal is heard, or to the end of the process.

        It must say something within `patience` seconds.
        """
        goal = len(self.acknowledged) + acknowledged if acknowledged else sys.maxsize
        while len(self.acknowledged) < goal and refused not in self.refused:
            if not self._hear(patience):
                return

    def hear_the_rest(self) -> None:
        """What a stopped or dead process had said."""
        while self._hear(0.0):
            pass

    def wait(self) -> int:
        return self._process.wait(30)

    def _hear(self, seconds: float) -> bool:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                assert seconds == 0.0, "the writing process says nothing"
                return False
        said = os.read(self._process.stdout.fileno(), 65_536)
        *lines, self._rest = (self._rest + said).split(b"\n")
        for line in lines:
            self._take(line.decode())
        return bool(said)

    def _take(self, line: str) -> None:
        if line.startswith("refused "):
            self.refused.add(line.removeprefix("refused "))
        elif line != "ready":
            self.acknowledged.add(line)


def stored(database: Path) -> set[str]:
    """The names in the file; it must be sound, with dense events and a task for every name."""
    connection = sqlite3.connect(database)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = {str(name) for (name,) in connection.execute("SELECT name FROM teams")}
        assert connection.execute("SELECT count(*), coalesce(max(pos), 0) FROM events").fetchone() == (
            len(names),
            len(names),
        )
        assert {str(key) for (key,) in connection.execute("SELECT key FROM outbox")} == names
        return names
    finally:
        connection.close()
