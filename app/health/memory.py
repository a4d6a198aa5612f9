"""What all settings allow at their worst against the memory that there is, reckoned as the tuning does."""

from app.settings import Settings, named
from installer.machine import Machine
from installer.probe import resources
from installer.tune import Given, tune


def reckoned(settings: Settings, machine: Machine) -> tuple[int, int]:
    """The bytes that may be used here, by this process's control groups, and those of all worst cases together."""
    numbers = {key: value for key, value in named(settings) if isinstance(value, int)}
    given = Given(encrypted=settings.tls.mode != "off", numbers=numbers)
    tuning = tune(resources(machine, settings.data), given)
    return tuning.memory_bytes, tuning.spent_bytes
