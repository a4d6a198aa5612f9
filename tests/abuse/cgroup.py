"""A real limit of memory and processors around a process: a control group of the kernel, version 1 or 2. Root only."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Abusers come from other machines; on this one they must not take the cores from the server and its users. Without the
# right to it `nice` says so and goes on.
AHEAD = ("nice", "-n", "-10")
_SHARES_TIMES = 20
_ONE = Path("/sys/fs/cgroup/memory")
_PROCESSORS = Path("/sys/fs/cgroup/cpu")  # version 1 has a tree for each
_TWO = Path("/sys/fs/cgroup")


class Group:
    """The group at `folder`; its files are named as the kernel's version names them."""

    def __init__(self, folder: Path, version: int) -> None:
        self._folder = folder
        self._version = version
        self._processors = _PROCESSORS / folder.name if version == 1 else folder
        self._limit, self._peak, self._now = (
            ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.usage_in_bytes")
            if version == 1
            else ("memory.max", "memory.peak", "memory.current")
        )
        self._events = "memory.oom_control" if version == 1 else "memory.events"

    def limit(self, size: int) -> None:
        """Nothing in it may hold more than this, in bytes."""
        (self._folder / self._limit).write_text(str(size))

    def limit_processors(self, count: float) -> None:
        """All in it together may compute as long as on so many, and are not kept from it by what else runs here.

        A group's share of a busy processor is that of one session of somebody else's, whatever the niceness inside it.
        """
        period = 100_000
        quota = round(count * period)
        if self._version == 1:
            self._processors.mkdir(exist_ok=True)
            (self._processors / "cpu.cfs_period_us").write_text(str(period))
            (self._processors / "cpu.cfs_quota_us").write_text(str(quota))
            (self._processors / "cpu.shares").write_text(str(_SHARES_TIMES * 1_024))
        else:
            (self._processors / "cpu.weight").write_text(str(_SHARES_TIMES * 100))
            (self._processors / "cpu.max").write_text(f"{quota} {period}")

    def around(self, command: str) -> tuple[str, ...]:
        """A command that begins inside the group; its arguments may follow."""
        folders = sorted(folder for folder in {self._folder, self._processors} if folder.exists())
        joined = " && ".join(f"echo $$ > {folder}/cgroup.procs" for folder in folders)
        return ("/bin/sh", "-c", f'{joined} && exec {" ".join(AHEAD)} "$0" "$@"', command)

    def remove(self) -> None:
        """Give it back to the kernel; nothing runs in it any more."""
        for folder in {self._folder, self._processors}:
            if folder.exists():
                folder.rmdir()

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
    made = Group(folder, version)
    try:
        yield made
    finally:
        made.remove()
