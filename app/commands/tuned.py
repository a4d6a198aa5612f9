"""The settings as a server would run with them: what was given, over what the machine suggests, over the defaults.

Called by `serve` and `config`. The probe is imported here alone, and reads a few files (1.5 ms).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from app.settings import Settings, Source, named, origins, settle, sources
from installer.tune import Given, Tuning, tune

TUNED = "tuned"


class Tuned(Struct, frozen=True):
    """The settings, where they come from, and the tuning that was done unless `tune = false`."""

    settings: Settings
    sources: tuple[Source, ...]  # the weakest first
    tuning: Tuning | None


def settled(flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None = None) -> Tuned:
    """Everything from `settings.sources`, and below it what this machine suggests; raises as `settings.load`."""
    given = sources(flags, environ, file)
    settings = settle(given)
    if not settings.tune:
        return Tuned(settings, given, None)
    tuning = _tuning(settings, given, environ)
    everything = (Source(TUNED, tuning.values()), *given)
    return Tuned(settle(everything), everything, tuning)


def _tuning(settings: Settings, given: Sequence[Source], environ: Mapping[str, str]) -> Tuning:
    from installer.machine import Machine
    from installer.probe import resources

    known = origins(given)
    numbers = {key: value for key, value in named(settings) if key in known and isinstance(value, int)}
    return tune(
        resources(Machine(environ=environ), settings.data),
        Given(encrypted=settings.tls.mode != "off", numbers=numbers),
    )
