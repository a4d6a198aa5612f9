"""The machine as the probe sees it: files below one root, variables, and the few things only the kernel can be asked.

Tests give another root and another kernel; everything else is read the same way.
"""

import os
import resource
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from msgspec import Struct

from installer.facts import Fact

Value = TypeVar("Value")

_PIECE_BYTES, _PIECES_MAX = 65_536, 256  # tables of sockets are the largest that are read
_STA_UNSYNC = 0x0040  # adjtimex(2): the clock is not synchronised
_TIME_ERROR = 5
_TIMEX_BYTES, _TIMEX_STATUS = 208, 40  # struct timex of x86-64 and other 64-bit Linux


class Room(NamedTuple):
    """Of a file system, in bytes."""

    total: int
    free: int


class Kernel(Protocol):
    """What no file tells."""

    def processors(self) -> int:
        """How many this process may run on (sched_getaffinity(2))."""

    def physical_bytes(self) -> int:
        """The machine's memory (sysconf(3)), also where /proc shows no meminfo."""

    def descriptors(self) -> tuple[int, int]:
        """Soft and hard limit (getrlimit(2)); -1 for none."""

    def device(self, path: Path) -> tuple[int, int]:
        """Major and minor number of the device that a path lies on (stat(2))."""

    def room(self, path: Path) -> Room:
        """Of the file system that a path lies on (statvfs(3))."""

    def clock_synchronised(self) -> bool:
        """Whether somebody keeps the clock (adjtimex(2))."""

    def user(self) -> int:
        """The effective user id."""


class OwnKernel:
    """The kernel that this process runs on."""

    def processors(self) -> int:
        return len(os.sched_getaffinity(0))

    def physical_bytes(self) -> int:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self) -> tuple[int, int]:
        return resource.getrlimit(resource.RLIMIT_NOFILE)

    def device(self, path: Path) -> tuple[int, int]:
        number = path.stat().st_dev
        return os.major(number), os.minor(number)

    def room(self, path: Path) -> Room:
        told = os.statvfs(path)
        return Room(told.f_blocks * told.f_frsize, told.f_bavail * told.f_frsize)

    def clock_synchronised(self) -> bool:
        import ctypes  # 1.3 ms that the server's start need not take

        timex = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes 0: asks, changes nothing
        library = ctypes.CDLL(None, use_errno=True)
        state: int = library.adjtimex(timex)
        if state < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        status = int.from_bytes(timex.raw[_TIMEX_STATUS : _TIMEX_STATUS + 4], "little")
        return state != _TIME_ERROR and not status & _STA_UNSYNC

    def user(self) -> int:
        return os.geteuid()


class Machine(Struct, frozen=True):
    """Where to look."""

    root: Path = Path("/")
    environ: Mapping[str, str] = {}
    kernel: Kernel = OwnKernel()

    def path(self, absolute: str) -> Path:
        """A path of the machine below the root."""
        return self.root / absolute.lstrip("/")

    def read(self, absolute: str) -> str:
        """The text of a small file; raises `OSError`."""
        pieces: list[bytes] = []
        with self.path(absolute).open("rb", buffering=0) as file:
            # in small pieces: for /proc/sys the kernel takes as much memory as one read asks for, and refuses much
            while len(pieces) < _PIECES_MAX and (piece := file.read(_PIECE_BYTES)):
                pieces.append(piece)
        return b"".join(pieces).decode(errors="replace")

    def exists(self, absolute: str) -> bool:
        """Whether it is there; raises `OSError` where that cannot be seen."""
        try:
            self.path(absolute).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True


def ask(signal: str, question: Callable[[], Value | None]) -> Fact[Value]:
    """The answer to one question as a fact; whatever keeps it from being read is told and stops nothing else."""
    try:
        return Fact(question(), signal)
    except (OSError, ValueError, IndexError, ArithmeticError, AttributeError) as error:
        return Fact(None, signal, f"{type(error).__name__}: {error}")


def first_of(*facts: Fact[Value]) -> Fact[Value]:
    """The first that has a value; else the first with trouble; else the first."""
    with_value = (fact for fact in facts if fact.value is not None)
    with_trouble = (fact for fact in facts if fact.trouble)
    return next(with_value, None) or next(with_trouble, None) or facts[0]
