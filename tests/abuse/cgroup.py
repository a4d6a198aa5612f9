"""A real memory limit around a process: a control group of the kernel, version 1 or 2. Root only."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Abusers come from other machines; on this one they must not take the cores from the server and its users.
AHEAD = ("nice", "-n", "-10")
_ONE = Path("/sys/fs/cgroup/memory")
_TWO = Path("/sys/fs/cgroup")


class Group:
    """The group at `folder`; its files are named as the kernel's version names them."""

    def __init__(self, folder: Path, version: int) -> None:
        self._folder = folder
        self._limit, self._peak, self._now = (
            ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.usage_in_bytes")
            if version == 1
            else ("memory.max", "memory.peak", "memory.current")
        )
        self._events = "memory.oom_control" if version == 1 else "memory.events"

    def limit(self, size: int) -> None:
        """Nothing in it may hold more than this, in bytes."""
        (self._folder / self._limit).write_text(str(size))

    def around(self, command: str) -> tuple[str, ...]:
        """A command that begins inside the group; its arguments may follow."""
        return ("/bin/sh", "-c", f'echo $$ > {self._folder}/cgroup.procs && exec {" ".join(AHEAD)} "$0" "$@"', command)

    @property
    def kills(self) -> int:
        """How often the kernel had to kill somebody in it."""
        rows = (self._folder / self._events).read_text().splitlines()
        return next(int(row.split()[1]) for row in rows if row.startswith("oom_kill "))

    @property
    def peak(self) -> int:
        """The most that was held, in bytes, pages of files included: those the kernel takes back as it needs them."""
        return int((self._folder / self._peak).read_text())

    @property
    def resident(self) -> int:
        """What its processes hold now, in bytes, without pages of files."""
        rows = (self._folder / "memory.stat").read_text().splitlines()
        return next(int(row.split()[1]) for row in rows if row.split()[0] in ("total_rss", "anon"))


@contextmanager
def group(name: str) -> Iterator[Group]:
    """A group of this name below our own, removed at the end; nothing may run in it any more by then."""
    version = 1 if (_ONE / "memory.limit_in_bytes").exists() else 2
    folder = (_ONE if version == 1 else _TWO) / name
    folder.mkdir()
    try:
        yield Group(folder, version)
    finally:
        folder.rmdir()
