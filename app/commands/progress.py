"""How far a command is, on the terminal of who waits for it: a bar below what it says, gone when it is done.

Nothing of it where nobody looks (a pipe, a file, `--json`), plain lines where a terminal is not to be drawn on
(NO_COLOR, TERM=dumb). Made by `Voice.progress`. A thread draws, so that who works only notes a number.
"""

import os
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final, Literal, Self, TextIO

from msgspec import Struct

Unit = Literal["bytes", "steps", "messages", "rows"]
Manner = Literal["nothing", "lines", "bar"]

_PATIENCE_SECONDS: Final = 0.5  # what is done by then needs no bar
_BETWEEN_DRAWS_SECONDS: Final = 0.1
_BETWEEN_LINES_SECONDS: Final = 2.0
_COLUMNS: Final = 80  # of a terminal that does not know its own
_BAR_CELLS_MAX: Final = 24
_BAR_CELLS_MIN: Final = 8
_ERASE: Final = "\r\x1b[K"
_SCALES: Final = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
_WORDS: Final = {"steps": ("steps", "步"), "messages": ("messages", "条消息"), "rows": ("rows", "行")}
_DUMB: Final = ("", "dumb")


class Far(Struct, frozen=True):
    """`done` of `total` in the unit, 0 where the whole is not known; `what` is being done."""

    what: str = ""
    done: int = 0
    total: int = 0


def manner(stream: TextIO, environ: Mapping[str, str], *, quiet: bool) -> Manner:
    """How progress is shown on `stream`."""
    if quiet or not stream.isatty():
        return "nothing"
    return "lines" if environ.get("NO_COLOR") or environ.get("TERM", "") in _DUMB else "bar"


class Progress:
    """Shown while its `with` lasts; `reach` may be called as often as one likes, by any thread."""

    def __init__(
        self, stream: TextIO, how: Manner, unit: Unit, *, chinese: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._how = how
        self._unit = unit
        self._chinese = chinese
        self._clock = clock
        self._far = Far()
        self._began_at = 0.0
        self._shown = ""  # what stands on the terminal's last line
        self._told = ("", -1, 0.0)  # the last plain line: what, tenths, when
        self._over = threading.Event()
        self._drawing = threading.Lock()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._began_at = self._clock()
        if self._how != "nothing":
            self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        with self._drawing:
            self._erase()

    def reach(self, done: int, total: int, en: str = "", zh: str = "") -> None:
        """So much is done; without words what was being done goes on."""
        what = (zh if self._chinese else en) or self._far.what
        self._far = Far(what, done, total)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The terminal for a line of somebody else's, above the bar."""
        with self._drawing:
            self._erase()
            yield

    def _run(self) -> None:
        if self._over.wait(_PATIENCE_SECONDS):
            return
        while not self._over.wait(_BETWEEN_DRAWS_SECONDS):
            with self._drawing, suppress(OSError, ValueError):  # a terminal that has gone: nobody looks any more
                if self._how == "bar":
                    self._draw()
                else:
                    self._tell()

    def _draw(self) -> None:
        text = bar(self._far, self._unit, self._seconds(), self._columns() - 1, chinese=self._chinese)
        if text != self._shown:
            self._stream.write(f"{_ERASE}{text}")
            self._stream.flush()
            self._shown = text

    def _erase(self) -> None:
        if self._shown:
            with suppress(OSError, ValueError):
                self._stream.write(_ERASE)
                self._stream.flush()
            self._shown = ""

    def _tell(self) -> None:
        """A line now and then, where it has something new to say; what steps are taken is said by who takes them."""
        far, (what, tenths, when) = self._far, self._told
        now = self._clock()
        new = (far.what, 10 * far.done // max(1, far.total))
        if self._unit == "steps" or new == (what, tenths) or (what == far.what and now - when < _BETWEEN_LINES_SECONDS):
            return
        self._told = (*new, now)
        self._stream.write(f"{amount(far, self._unit, chinese=self._chinese, words=True)}\n")
        self._stream.flush()

    def _seconds(self) -> int:
        return int(self._clock() - self._began_at)

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _COLUMNS
        except (OSError, ValueError):
            return _COLUMNS


def bar(far: Far, unit: Unit, seconds: int, columns: int, *, chinese: bool) -> str:
    """One line of at most `columns` cells: what is done, a bar, numbers, time. The least needed goes first."""
    numbers = amount(far, unit, chinese=chinese)
    tail = f"{numbers}  {seconds // 60}:{seconds % 60:02}" if numbers else f"{seconds // 60}:{seconds % 60:02}"
    what = cut(far.what, columns // 2) if far.what else ""
    head = f"{what}  " if what else ""
    room = columns - cells(head) - cells(tail) - 4  # brackets and two spaces
    if far.total > 0 and room >= _BAR_CELLS_MIN:
        width = min(room, _BAR_CELLS_MAX)
        full = width * min(far.done, far.total) // far.total
        return f"{head}[{'#' * full}{'.' * (width - full)}]  {tail}"
    return cut(f"{head}{tail}", columns)


def amount(far: Far, unit: Unit, *, chinese: bool, words: bool = False) -> str:
    """The numbers, with the share where the whole is known; with `words` also what is being done."""
    if not far.done and not far.total:
        return far.what if words else ""
    if unit == "bytes":
        numbers = _bytes(far)
    else:
        name = _WORDS[unit][chinese]
        numbers = f"{far.done:,} / {far.total:,}" if far.total else f"{far.done:,}"
        numbers = f"{numbers} {name}"
    if far.total and unit != "steps":
        numbers = f"{100 * min(far.done, far.total) // far.total} %  {numbers}"
    return f"{far.what}  {numbers}" if words and far.what else numbers


def cells(text: str) -> int:
    """How many columns of a terminal a text takes: two for a wide character, none for one that stands on another."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in ("W", "F") else 1 for one in text
    )


def cut(text: str, columns: int) -> str:
    """As much of a text as goes into so many columns."""
    if cells(text) <= columns:
        return text
    kept = ""
    for one in text:
        if cells(kept) + cells(one) > columns - 2:
            break
        kept += one
    return f"{kept}.." if columns > 2 else ""


def _bytes(far: Far) -> str:
    name, scale = next((one for one in _SCALES if max(far.total, far.done) >= one[1]), _SCALES[-1])
    done = f"{far.done / scale:.1f}"
    return f"{done} / {far.total / scale:.1f} {name}" if far.total else f"{done} {name}"
