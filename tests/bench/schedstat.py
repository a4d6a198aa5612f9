"""The CPU time that a process has used, in nanoseconds of the scheduler instead of ticks of 10 ms."""

from pathlib import Path

import psutil


def cpu_seconds(pid: int) -> float:
    """Seconds on a core of a process and its children, all threads that live (proc(5): schedstat)."""
    process = psutil.Process(pid)
    family = [pid, *(child.pid for child in process.children(recursive=True))]
    return sum(_nanoseconds(one) for one in family) / 1e9


def _nanoseconds(pid: int) -> int:
    return sum(int(stat.read_text().split()[0]) for stat in Path(f"/proc/{pid}/task").glob("*/schedstat"))
