"""What this machine is and what it gives, with the signal of each fact. Nothing is changed, run or spoken to.

`resources` is what the server asks at its start (a few files); `probe` is all that `monodesk probe` tells. A signal
that cannot be read is said so in its fact and stops nothing.
"""

from pathlib import Path

from app import control_groups
from installer.disks import disk_kind, file_system, standing
from installer.facts import Fact, Facts, Resources
from installer.machine import Machine, ask, first_of

_KIB = 1_024


def probe(machine: Machine, data: Path) -> Facts:
    """Everything; `data` is the data folder, which need not exist yet."""
    from installer import neighbours, surroundings  # which the server does not ask for
    from installer.processes import running

    processes = running(machine)
    return Facts(
        resources=resources(machine, data),
        surroundings=surroundings.look(machine, processes),
        neighbours=neighbours.look(machine, processes),
        neighbours_trouble=processes.trouble,
    )


def resources(machine: Machine, data: Path) -> Resources:
    """What the server may use."""
    folder = standing(data)
    room = ask(f"statvfs({folder})", lambda: machine.kernel.room(folder))
    total, free = room.value or (None, None)
    return Resources(
        memory_total_bytes=_memory_total(machine),
        memory_limit_bytes=_memory_limit(machine),
        processors=ask("sched_getaffinity(2)", machine.kernel.processors),
        processor_quota=Fact(*control_groups.processor_quota(machine)),
        descriptors_soft=_descriptors(machine, 0),
        descriptors_hard=_descriptors(machine, 1),
        disk_kind=disk_kind(machine, folder),
        file_system=file_system(machine, folder),
        disk_total_bytes=Fact(total, room.signal, room.trouble),
        disk_free_bytes=Fact(free, room.signal, room.trouble),
    )


def _memory_limit(machine: Machine) -> Fact[int]:
    value, signal, trouble = control_groups.memory_limit(machine)
    return Fact(None if value is None else int(value), signal, trouble)


def _memory_total(machine: Machine) -> Fact[int]:
    def told() -> int | None:
        rows = [line.split() for line in machine.read("/proc/meminfo").splitlines()]
        return next((int(row[1]) * _KIB for row in rows if row and row[0] == "MemTotal:"), None)

    return first_of(ask("/proc/meminfo", told), ask("sysconf(3)", machine.kernel.physical_bytes))


def _descriptors(machine: Machine, which: int) -> Fact[int]:
    """The soft limit (0) or the hard one (1); the kernel says -1 where there is none."""
    limit = ask("getrlimit(RLIMIT_NOFILE)", lambda: machine.kernel.descriptors()[which])
    return limit if limit.value is None or limit.value >= 0 else Fact(None, limit.signal)
