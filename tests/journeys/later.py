"""The server with clocks that a test moves on: what takes minutes is seen at once, and nothing is waited for.

As a module it is the server's command; the test writes how much later it is into the file that `LATER` names.
"""

import mmap
import os
import struct
import sys
import time
from pathlib import Path

FILE = "LATER"
_SHAPE = "d"
_COMMAND = (sys.executable, "-m", "tests.journeys.later")


class Later:
    """How much later it is at a server that is started with `command` and `environment`."""

    command = _COMMAND

    def __init__(self, path: Path) -> None:
        self._path = path
        self.seconds = 0.0
        self._note()

    @property
    def environment(self) -> dict[str, str]:
        return {FILE: str(self._path)}

    def passes(self, minutes: float) -> None:
        """So much time goes by there, on both of its clocks."""
        self.seconds += minutes * 60
        self._note()

    def _note(self) -> None:
        """In place: the server has the file before its eyes."""
        with self._path.open("r+b" if self._path.exists() else "wb") as file:
            file.write(struct.pack(_SHAPE, self.seconds))


def main() -> int:
    """The appliance, later."""
    from app.storage.library import install

    install()  # before anything imports sqlite3
    from app.cli import main as command
    from app.model.clock import SystemClock

    with Path(os.environ[FILE]).open("rb") as file:
        seen = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def seconds() -> float:
        return float(struct.unpack_from(_SHAPE, seen)[0])

    SystemClock.now_ms = lambda self: time.time_ns() // 1_000_000 + round(seconds() * 1_000)  # type: ignore[method-assign]
    SystemClock.monotonic = lambda self: time.monotonic() + seconds()  # type: ignore[method-assign]
    return command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
