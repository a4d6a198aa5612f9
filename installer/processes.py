"""What runs on this machine, by name; in a container only what runs in it."""

from msgspec import Struct

from installer.facts import Fact
from installer.machine import Machine, ask

PROCESSES_MAX = 20_000  # a machine with more is not looked through to the end


class Process(Struct, frozen=True):
    """A process, by its number and the kernel's short name for it (15 characters)."""

    number: int
    name: str


def running(machine: Machine) -> Fact[tuple[Process, ...]]:
    """All that can be seen."""

    def look() -> tuple[Process, ...]:
        numbers = sorted(int(path.name) for path in machine.path("/proc").iterdir() if path.name.isdecimal())
        return tuple(one for number in numbers[:PROCESSES_MAX] if (one := _process(machine, number)) is not None)

    return ask("/proc/*/comm", look)


def _process(machine: Machine, number: int) -> Process | None:
    """None for one that ended meanwhile or may not be looked at."""
    try:
        return Process(number, machine.read(f"/proc/{number}/comm").strip())
    except OSError:
        return None
