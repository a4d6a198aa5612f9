"""The log read back: oldest line first through the files that were moved aside, and on as new ones come.

What is read was written by several processes and may have been cut by a full disk or a power cut: no line is trusted to
be whole, none is longer in memory than `LINE_BYTES_MAX`.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

LINE_BYTES_MAX = 65_536
NAME = "monodesk.log"
LEVELS = ("debug", "info", "warning", "error", "critical")


class Line(Struct, frozen=True):
    """One line. One that is no line of ours, or only a part, is `damaged`: its `text` is all there was."""

    text: str
    at: datetime | None = None
    level: str = ""
    room: str = ""
    facts: dict[str, object] = {}
    damaged: bool = False

    @property
    def weight(self) -> int:
        """Its place among the levels; what cannot be told weighs most, so that nothing hides it."""
        return LEVELS.index(self.level) if self.level in LEVELS else len(LEVELS)


def parse(data: bytes) -> Line:
    """A line as `telemetry.log` writes it; whatever else stands there is told as it is."""
    try:
        facts = msgspec.json.decode(data, type=dict[str, object])
        at = datetime.fromisoformat(str(facts.pop("at")))
        level, room, text = (str(facts.pop(name)) for name in ("level", "room", "text"))
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, ValueError):
        return Line(data.decode(errors="replace").strip("\0"), damaged=True)
    return Line(text, at.astimezone(), level, room, facts)


class LogReader:
    """Reads the log of a folder: `lines()` what is there, then `more()` what has come since, again and again."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._files = self._open_from(None)
        self._rest = b""
        self._leaving = False

    @property
    def found(self) -> bool:
        """Whether there is a log at all."""
        return bool(self._files)

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            file.close()
        self._files = []

    def lines(self, since: datetime | None = None) -> Iterator[bytes]:
        """Every whole line from the oldest file on; files that nobody has written to `since` then are left out."""
        while len(self._files) > 1:
            if since is None or os.fstat(self._files[0].fileno()).st_mtime >= since.timestamp():
                yield from self._through()
            self._files.pop(0).close()
        if self._files:
            yield from self._through(to_the_end=False)

    def rest(self) -> bytes:
        """The beginning of a line of which the end has not come."""
        return self._rest

    def more(self) -> Iterator[bytes]:
        """What has been written since, also over files that were moved aside or emptied meanwhile."""
        if not self._files:
            self._files = self._open_from(None)
        elif self._leaving:  # once more after its name was gone: another process may still have had it open
            old = self._files[0]
            yield from self._through()
            newer = self._open_from(os.fstat(old.fileno()).st_ino)
            if newer:
                old.close()
            self._files, self._leaving = newer or [old], False
        elif self._is_emptied():
            self._files[0].seek(0)
            self._rest = b""
        yield from self.lines()
        self._leaving = bool(self._files) and self._is_moved()

    def _through(self, *, to_the_end: bool = True) -> Iterator[bytes]:
        """The rest of the oldest open file; `to_the_end`: nothing more comes into it, so what is cut is told too."""
        file = self._files[0]
        while piece := file.readline(LINE_BYTES_MAX):
            whole = self._rest + piece
            self._rest = b""
            if not piece.endswith(b"\n") and len(whole) < LINE_BYTES_MAX:
                self._rest = whole
                continue
            yield whole.rstrip(b"\n")
        if to_the_end and self._rest:
            rest, self._rest = self._rest, b""
            yield rest

    def _is_moved(self) -> bool:
        with suppress(FileNotFoundError):  # moved away, and nobody had anything to say since
            return os.fstat(self._files[0].fileno()).st_ino != self._path.stat().st_ino
        return False

    def _is_emptied(self) -> bool:
        return os.fstat(self._files[0].fileno()).st_size < self._files[0].tell()

    def _open_from(self, inode: int | None) -> list[BinaryIO]:
        """The files from the oldest on, or those that are newer than one; under the lock of those who move them."""
        try:
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            return []
        try:
            fcntl.flock(folder, fcntl.LOCK_SH)
            files: list[BinaryIO] = [path.open("rb") for path in self._oldest_first()]
        finally:
            os.close(folder)
        inodes = [os.fstat(file.fileno()).st_ino for file in files]
        # One that was moved out of the folder by another program has no place among them: only the newest follows it.
        first = inodes.index(inode) + 1 if inode in inodes else 0 if inode is None else max(len(files) - 1, 0)
        for file in files[:first]:
            file.close()
        return files[first:]

    def _oldest_first(self) -> list[Path]:
        older = [path for path in self._path.parent.glob(f"{NAME}.*") if path.suffix[1:].isdecimal()]
        older.sort(key=lambda path: -int(path.suffix[1:]))
        return [*older, self._path] if self._path.exists() else older
