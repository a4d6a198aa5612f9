"""Memory and processor time of the control groups around this process, of version 1, 2 or both.

The kernel lists our path in each hierarchy (/proc/self/cgroup) and where each is mounted (/proc/self/mountinfo); every
group from ours up to the mount may limit, so all are read. A hierarchy of version 1 that has a controller wins over the
unified one. What the mount's root says alone is no limit of ours (cgroups(7), Documentation/admin-guide/cgroup-v2).
The installer asks for limits, `telemetry.memory` for what is held: neither reads these files itself.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

_NONE_BYTES = 1 << 60  # version 1 writes "no limit" as the largest number of pages
_OCTAL = re.compile(r"\\([0-7]{3})")
_MEMBERSHIP, _MOUNTS = "/proc/self/cgroup", "/proc/self/mountinfo"
# Pages of files are given back as they are needed; what the kernel keeps of directories too.
_GIVEN_BACK_ONE = frozenset({"total_active_file", "total_inactive_file"})
_GIVEN_BACK_TWO = frozenset({"active_file", "inactive_file", "slab_reclaimable"})


class Files(Protocol):
    """Where to look; tests lay other files out."""

    def read(self, absolute: str) -> str:
        """The text of a small file; raises `OSError`."""

    def exists(self, absolute: str) -> bool:
        """Whether it is there; raises `OSError` where that cannot be seen."""


class OwnFiles:
    """Those of the kernel that this process runs on, below another root in tests."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = str(root).rstrip("/")

    def read(self, absolute: str) -> str:
        """As `Files.read`."""
        return Path(self._root + absolute).read_text(encoding="utf-8", errors="replace")

    def exists(self, absolute: str) -> bool:
        """As `Files.exists`."""
        return Path(self._root + absolute).exists()


class Mount(NamedTuple):
    """A line of mountinfo (proc(5))."""

    device: str
    root: str
    point: str
    kind: str
    source: str
    options: frozenset[str]  # of the super block: a hierarchy of version 1 names its controllers there


class Limit(NamedTuple):
    """The tightest of a kind, None where nobody set one; the file that said so; why what was there is unreadable."""

    value: float | None
    signal: str
    trouble: str = ""


class Group(NamedTuple):
    """A control group's folder, whose files are named as its kernel's version names them."""

    folder: str
    version: int

    def memory_limits(self, files: Files) -> Iterator[tuple[float, str]]:
        """Each limit of its own in bytes, with the file that says it; raises `OSError`, `ValueError`."""
        for name in ("memory.limit_in_bytes",) if self.version == 1 else ("memory.max", "memory.high"):
            signal = self._file(name)
            if self.version == 1 or files.exists(signal):
                text = files.read(signal).strip()
                if text != "max" and 0 < int(text) < _NONE_BYTES:
                    yield int(text), signal

    def quotas(self, files: Files) -> Iterator[tuple[float, str]]:
        """The same of processor time, in processors."""
        signal = self._file("cpu.cfs_quota_us" if self.version == 1 else "cpu.max")
        if files.exists(signal):
            quota, *rest = files.read(signal).split()
            period = files.read(self._file("cpu.cfs_period_us")) if self.version == 1 else rest[0]
            if quota != "max" and int(quota) > 0:
                yield int(quota) / int(period), signal

    def held_bytes(self, files: Files) -> int:
        """What is held and would not be given back when it is needed; raises `OSError`, `ValueError`."""
        name, ours = (
            ("memory.usage_in_bytes", _GIVEN_BACK_ONE) if self.version == 1 else ("memory.current", _GIVEN_BACK_TWO)
        )
        rows = (row.split() for row in files.read(self._file("memory.stat")).splitlines())
        given_back = sum(int(row[1]) for row in rows if row[0] in ours)
        return max(0, int(files.read(self._file(name))) - given_back)

    def stalled_percent(self, files: Files) -> float:
        """How much of the last ten seconds everybody in it waited for memory (PSI); 0 where that is not told."""
        try:
            rows = files.read(self._file("memory.pressure")).splitlines()
        except OSError:
            return 0.0
        full = (row.split()[1] for row in rows if row.startswith("full "))
        return float(next(full, "avg10=0").removeprefix("avg10="))

    def _file(self, name: str) -> str:
        return f"{self.folder}/{name}"


def groups_of(files: Files, controller: str) -> list[Group]:
    """Our group in the hierarchy that has the controller, then every one above it to the mount; none where none has.

    Raises `OSError`, `ValueError`.
    """
    unified, own = "", ""
    for line in files.read(_MEMBERSHIP).splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers:
            unified = path
        elif controller in controllers.split(","):
            own = path
    known = mounts(files)
    first = next((one for one in known if one.kind == "cgroup" and controller in one.options), None)
    if own and first is not None:
        return [Group(folder, 1) for folder in _upwards(files, first, own)]
    second = next((one for one in known if one.kind == "cgroup2"), None)
    if unified and second is not None:
        return [Group(folder, 2) for folder in _upwards(files, second, unified)]
    return []


def memory_limit(files: Files) -> Limit:
    """The tightest limit in bytes."""
    return _tightest(files, "memory", Group.memory_limits)


def processor_quota(files: Files) -> Limit:
    """The tightest quota, in processors."""
    return _tightest(files, "cpu", Group.quotas)


def mounts(files: Files) -> list[Mount]:
    """Everything that is mounted, in order; raises `OSError`."""
    found = []
    for line in files.read(_MOUNTS).splitlines():
        before, separator, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if separator and len(fields) >= 5 and len(rest) >= 3:
            found.append(
                Mount(fields[2], _plain(fields[3]), _plain(fields[4]), rest[0], rest[1], frozenset(rest[2].split(",")))
            )
    return found


def _tightest(files: Files, controller: str, look: Callable[[Group, Files], Iterator[tuple[float, str]]]) -> Limit:
    try:
        groups = groups_of(files, controller)
    except (OSError, ValueError) as error:
        return Limit(None, _MEMBERSHIP, f"{type(error).__name__}: {error}")
    found: list[tuple[float, str]] = []
    trouble = ""
    for group in groups:
        try:
            found += look(group, files)
        except (OSError, ValueError, IndexError) as error:
            trouble = trouble or f"{group.folder}: {type(error).__name__}: {error}"
    if found:
        return Limit(*min(found))
    return Limit(None, groups[0].folder if groups else _MEMBERSHIP, trouble)


def _upwards(files: Files, mount: Mount, path: str) -> list[str]:
    """From our group up to the mount's own. In a namespace, or where only a part is mounted, it may be that alone."""
    inner = PurePosixPath(path)
    root = PurePosixPath(mount.root)
    relative = inner.relative_to(root) if inner.is_relative_to(root) else None
    if relative is None or ".." in relative.parts:
        return [mount.point]
    folder = PurePosixPath(mount.point) / relative
    if not files.exists(str(folder)):
        return [mount.point]
    return [str(one) for one in (folder, *folder.parents) if one.is_relative_to(mount.point)]


def _plain(path: str) -> str:
    """As proc(5) escapes spaces in paths."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), path)
