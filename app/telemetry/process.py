"""What this process takes of the machine, out of /proc (proc(5)): a gateway process has no page of its own for it."""

import os
import resource
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def descriptors() -> int:
    """How many are open, the one that looks included."""
    with os.scandir("/proc/self/fd") as found:
        return sum(1 for _ in found)


def resident_bytes() -> int:
    """What of its memory is in the machine's."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


def family_held_bytes(process: str = "self") -> int:
    """What the process and all that it started hold of their own: no pages of files."""
    try:
        resident, of_files = Path(f"/proc/{process}/statm").read_text().split()[1:3]
        own = (int(resident) - int(of_files)) * _PAGE_BYTES
        children = Path(f"/proc/{process}/task/{os.getpid() if process == 'self' else process}/children").read_text()
    except OSError:  # it has ended meanwhile
        return 0
    return own + sum(map(family_held_bytes, children.split()))


def cpu_seconds() -> float:
    """What it has computed, in user and in kernel mode."""
    spent = os.times()
    return spent.user + spent.system


def ask_for_descriptors(wanted: int) -> int:
    """Raise the soft limit to `wanted`, as far as the hard one allows; never lower it. What holds then.

    Most systems start a process with 1,024 and a hard limit far above; what comes of this process gets the same.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if possible > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
    return max(soft, possible)
