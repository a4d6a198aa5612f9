"""How much of the memory that it may take this process and its siblings have taken.

By the kernel's control groups, from our own up to the root (`control_groups`), and by what the processes themselves
hold of `limits.memory_bytes_max`: the fullest decides. The kernel kills in whichever group is full first, and where no
group has a limit, when the machine is.
"""

from collections.abc import Callable

from app.control_groups import Files, Group, OwnFiles, groups_of


class Memory:
    """`held` and `most` in bytes: what all processes of the server hold, and may."""

    def __init__(self, held: Callable[[], int], most: Callable[[], int], files: Files | None = None) -> None:
        self._held = held
        self._most = most
        self._files = files or OwnFiles()
        try:
            groups = groups_of(self._files, "memory")
        except (OSError, ValueError):  # no /proc, or one that is not ours: then `most` is all there is
            groups = []
        self._limited = [group for group in groups if self._limit(group) is not None]
        self._waiting = [*self._limited, *(group for group in groups[:1] if group not in self._limited)]

    def taken(self) -> float:
        """The part that is taken, of 1."""
        taken, most = self.bytes()
        return taken / most

    def bytes(self) -> tuple[int, int]:
        """What is taken and the most that may be, where that part is largest."""
        parts = [(self._held(), self._most()), *filter(None, map(self._part_of, self._limited))]
        return max(parts, key=lambda part: part[0] / part[1])

    def stalled_percent(self) -> float:
        """As `Group.stalled_percent`, of the group where it is worst: our own, or one with a limit."""
        return max((group.stalled_percent(self._files) for group in self._waiting), default=0.0)

    def _part_of(self, group: Group) -> tuple[int, int] | None:
        """What a group holds, and may; None where it is gone."""
        limit = self._limit(group)
        try:
            return (group.held_bytes(self._files), int(limit)) if limit else None
        except (OSError, ValueError):
            return None

    def _limit(self, group: Group) -> float | None:
        try:
            return min((limit for limit, _ in group.memory_limits(self._files)), default=None)
        except (OSError, ValueError):
            return None
