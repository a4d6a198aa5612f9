"""A command on a real terminal (pty(7)): what it draws, when, and what stands there in the end."""

import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from tests.journeys.appliance import ROOT

_ERASE = "\r\x1b[K"
_RUN_SECONDS = 0.002  # of a process that is held up
_HELD_SECONDS = 0.008


class Shown(Struct, frozen=True):
    """The exit code, and all that came."""

    returncode: int
    text: str

    @property
    def bars(self) -> list[str]:
        """What was drawn over and over, one after the other."""
        return [text for text in self.text.split(_ERASE)[1:] if text and "\n" not in text]

    @property
    def left(self) -> list[str]:
        """The lines that stand on the screen in the end."""
        lines = [line.split(_ERASE)[-1].split("\r")[-1] for line in self.text.replace("\r\n", "\n").split("\n")]
        return [line for line in lines if line]


def on_terminal(
    *command: object,
    columns: int = 80,
    environment: Mapping[str, str] = {},
    given: bytes = b"",
    stop_at: Callable[[str], bool] | None = None,
    stdout: int | None = None,
    program: Sequence[object] = (sys.executable, "-m", "app"),
    slow: bool = False,
) -> Shown:
    """Run a command with a terminal of so many columns; `stop_at` presses Ctrl-C once it says so of the text so far.

    With `slow` it is held up again and again, so that what it shows does not depend on how quick the machine is.
    """
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    with subprocess.Popen(
        [*map(str, program), *map(str, command)],
        cwd=ROOT,
        stdin=slave,
        stdout=slave if stdout is None else stdout,
        stderr=slave,
        env={**kept, "LC_ALL": "C.UTF-8", "TERM": "xterm", **environment},
        start_new_session=True,
    ) as child:
        os.close(slave)
        if given:
            os.write(master, given)
        text, rest, stopped = "", b"", False
        held_up = slowed(child.pid) if slow else contextlib.nullcontext()
        with held_up, contextlib.suppress(OSError):  # EIO: the last one has closed the terminal
            while piece := os.read(master, 65_536):
                rest += piece
                try:
                    said, rest = rest.decode(), b""
                except UnicodeDecodeError:  # in the middle of a character
                    continue
                text += said
                if stop_at is not None and not stopped and stop_at(text):
                    stopped = True
                    child.send_signal(signal.SIGINT)
        os.close(master)
    return Shown(child.returncode, text)


@contextlib.contextmanager
def slowed(pid: int) -> Iterator[None]:
    """A process that runs for two milliseconds in ten, as on a machine with other things to do."""
    over = threading.Event()

    def hold() -> None:
        with contextlib.suppress(ProcessLookupError):
            while not over.wait(_RUN_SECONDS):
                os.kill(pid, signal.SIGSTOP)
                over.wait(_HELD_SECONDS)
                os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def width(text: str) -> int:
    """Its columns, counted without the product's own code."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
