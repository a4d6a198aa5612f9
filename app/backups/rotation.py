"""Which archives stay: the newest, one of each of the last days, one of each of the last weeks; then the quota."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from msgspec import Struct

from app.settings import Backups

_DAY_HOURS = 24


class Kept(Struct, frozen=True):
    """An archive in the folder: made at `made_at` (milliseconds UTC), `bytes` on disk."""

    path: Path
    made_at: int
    bytes: int


def surplus(archives: Iterable[Kept], rules: Backups, newest: Path, zone: tzinfo | None = None) -> list[Kept]:
    """What has to go, oldest first. `newest`, which was just written and read again, never does.

    Son: all of one day's backups. Father: the newest of each of the last `daily_kept` days that have one. Grandfather:
    the newest of each of the last `weekly_kept` weeks (ISO 8601). What is then above `bytes_max` goes oldest first.
    """
    order = sorted(archives, key=lambda one: (one.path == newest, one.made_at), reverse=True)
    keep = {one.path for one in order[: max(1, _DAY_HOURS // (rules.every_hours or _DAY_HOURS))]}
    keep |= _first_of_each(order, rules.daily_kept, lambda at: at.date().isoformat(), zone)
    keep |= _first_of_each(order, rules.weekly_kept, lambda at: at.strftime("%G-%V"), zone)
    held = 0
    for one in order:
        held += one.bytes if one.path in keep else 0
        if held > rules.bytes_max and one.path != newest:
            keep.discard(one.path)
    return [one for one in reversed(order) if one.path not in keep]


def _first_of_each(
    order: Sequence[Kept], count: int, period: Callable[[datetime], str], zone: tzinfo | None
) -> set[Path]:
    """The newest archive of each of the newest `count` periods."""
    first: dict[str, Path] = {}
    for one in order:
        first.setdefault(period(datetime.fromtimestamp(one.made_at / 1_000, zone)), one.path)
    return set(list(first.values())[:count])
