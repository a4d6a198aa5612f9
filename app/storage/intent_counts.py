"""How often the engine was asked, and what came of it: its SQL and nothing else."""

from typing import Any

from msgspec import Struct

from app.storage.database import Database, Transaction, Value

_KEY = ("day", "intent", "tier", "outcome", "bucket")
_ADD = (
    f"INSERT INTO intent_counts ({', '.join(_KEY)}, asked, told_right, told_wrong) "
    f"VALUES ({', '.join(f':{name}' for name in _KEY)}, :asked, :told_right, :told_wrong) "
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET asked = intent_counts.asked + excluded.asked, "
    "told_right = intent_counts.told_right + excluded.told_right, "
    "told_wrong = intent_counts.told_wrong + excluded.told_wrong"
)
_SUMS = "sum(asked), sum(told_right), sum(told_wrong)"
_SPAN = "FROM intent_counts WHERE day >= :first AND day <= :last"


class Counted(Struct, frozen=True, gc=False):
    """What is counted under: `day` since 1970, `bucket` the confidence in twentieths, 0 to 19."""

    day: int
    intent: str
    tier: str
    outcome: str
    bucket: int


class Count(Struct, frozen=True, gc=False):
    """How often it was asked, and how often an agent said that it was right and wrong."""

    asked: int = 0
    told_right: int = 0
    told_wrong: int = 0


def add(tx: Transaction, key: Counted, count: Count) -> None:
    """Count more."""
    values: dict[str, Value] = {name: getattr(key, name) for name in _KEY}
    tx.execute(_ADD, {**values, "asked": count.asked, "told_right": count.told_right, "told_wrong": count.told_wrong})


def forget(tx: Transaction, before_day: int) -> None:
    """Forget days that are long past."""
    tx.execute("DELETE FROM intent_counts WHERE day < :day", {"day": before_day})


async def grouped(
    database: Database, by: tuple[str, ...], first: int, last: int
) -> list[tuple[tuple[Any, ...], Count]]:
    """Sums of days `first` to `last` by some of the facts that are counted under."""
    if not set(by) <= set(_KEY):
        raise ValueError(by)
    names = ", ".join(by)
    sql = f"SELECT {names}, {_SUMS} {_SPAN} GROUP BY {names} ORDER BY {names}"
    rows = await database.read(sql, {"first": first, "last": last}, many=True)
    return [(tuple(row[:-3]), Count(*(int(str(one)) for one in row[-3:]))) for row in rows]
