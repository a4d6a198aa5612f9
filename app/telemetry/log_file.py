"""The log in a file that several processes append to: bounded, never in anybody's way.

Whoever finds it too long moves it aside, under a lock of the folder; the others notice that the name leads to another
file. A disk that is full or gone costs lines, which are counted, and nothing else.
"""

import fcntl
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PRIVATE = 0o600


class LogFile(logging.Handler):
    """Appends to `path`; a file of `bytes_max` becomes `….1`, of which with the older ones `kept` remain; 0: never.

    `lost_line` words how many lines could not be written, once one can again.
    """

    def __init__(self, path: Path, bytes_max: int, kept: int, lost_line: Callable[[int], str]) -> None:
        super().__init__()
        self._path = path
        self._bytes_max = bytes_max
        self._kept = kept
        self._lost_line = lost_line
        self._lost = 0
        self._torn = False  # the last line is there in part
        self._descriptor = -1
        self._inode = 0
        with suppress(OSError):  # the first line tries again
            self._find()

    @property
    def lost(self) -> int:
        """Lines that were refused since the last one that was written."""
        return self._lost

    def emit(self, record: logging.LogRecord) -> None:
        """Called under the handler's lock. Raises nothing."""
        try:
            self._write(f"{self.format(record)}\n")
        except OSError:
            self._lost += 1

    def reopen(self) -> None:
        """Go on in the file that the name leads to now."""
        self.acquire()
        try:
            self._let_go()
        finally:
            self.release()

    def close(self) -> None:
        self.reopen()
        super().close()

    def _write(self, line: str) -> None:
        self._find()
        if self._lost:
            line = f"{self._lost_line(self._lost)}\n{line}"
        if self._torn:
            line = f"\n{line}"
        data = line.encode(errors="replace")
        written = os.write(self._descriptor, data)
        self._torn = written < len(data)
        self._lost = self._lost + 1 if self._torn else 0

    def _find(self) -> None:
        """Have the file open that the name leads to, with room in it."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            found = None
        if found is not None and 0 < self._bytes_max <= found.st_size:
            with suppress(OSError):  # what cannot be moved is written on
                self._move_aside(found.st_ino)
                found = None
        if self._descriptor < 0 or found is None or found.st_ino != self._inode:
            self._let_go()
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, _PRIVATE)
            self._inode = os.fstat(self._descriptor).st_ino

    def _move_aside(self, inode: int) -> None:
        """One number further each, the last one away, unless another process has done it meanwhile."""
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if self._inode_there() != inode:
                return
            for number in range(self._kept - 1, 0, -1):
                if self._older(number).exists():
                    self._older(number).rename(self._older(number + 1))
            if self._kept:
                self._path.rename(self._older(1))
            else:
                self._path.unlink()
        finally:
            os.close(folder)

    def _inode_there(self) -> int:
        try:
            return self._path.stat().st_ino
        except FileNotFoundError:  # moved aside, and nobody had anything to say since
            return 0

    def _older(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
