"""What agents said of classifications: its SQL and nothing else."""

from typing import Any

from msgspec import Struct

from app.model.intents import Correction, Tier, Verdict
from app.storage.database import Database, Row, Transaction, Value

_NAMES = (
    "id", "at", "conversation_id", "message_id", "text", "said", "tier", "confidence", "verdict", "intent", "agent_id",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)
_INSERT = f"INSERT INTO intent_corrections ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
_PAGE = (
    f"SELECT {_COLUMNS} FROM intent_corrections WHERE (:before = '' OR id < :before) ORDER BY id DESC LIMIT 0 + :limit"
)
_AFTER = f"SELECT {_COLUMNS} FROM intent_corrections WHERE id > :after ORDER BY id LIMIT 0 + :limit"
_NEWEST = "SELECT coalesce(max(id), '') FROM intent_corrections"
_BY_INTENT = (
    "SELECT said, sum(said = intent), sum(said <> intent) FROM intent_corrections "
    "WHERE said <> '' AND at >= :since GROUP BY said"
)
_CONFUSED = (
    "SELECT intent, said, count(*) FROM intent_corrections WHERE at >= :since AND intent <> said "
    "GROUP BY intent, said ORDER BY count(*) DESC, intent, said LIMIT 0 + :limit"
)
_NONE_OF_THEM = (
    "SELECT c.text, c.said FROM intent_corrections c WHERE c.intent = '' AND NOT EXISTS "
    "(SELECT 1 FROM intent_corrections n WHERE n.text = c.text AND n.id > c.id) ORDER BY c.id DESC LIMIT 0 + :limit"
)


class Told(Struct, frozen=True, gc=False):
    """How often agents said that an intent was right, and that it was not."""

    intent: str
    right: int
    wrong: int


class Mistaken(Struct, frozen=True, gc=False):
    """How often messages of an intent were taken for another; an empty name is none of them."""

    intent: str
    taken_for: str
    count: int


def insert(tx: Transaction, correction: Correction) -> None:
    """Store one."""
    values: dict[str, Value] = {name: getattr(correction, name) for name in _NAMES}
    tx.execute(_INSERT, {**values, "tier": correction.tier.value, "verdict": correction.verdict.value})


async def page(database: Database, before: str, limit: int) -> list[Correction]:
    """Those before an id, newest first."""
    return [_correction(row) for row in await database.read(_PAGE, {"before": before, "limit": limit}, many=True)]


async def after(database: Database, correction_id: str, limit: int) -> list[Correction]:
    """Those behind an id, oldest first."""
    return [
        _correction(row) for row in await database.read(_AFTER, {"after": correction_id, "limit": limit}, many=True)
    ]


async def newest(database: Database) -> str:
    """The id of the newest one, empty before the first."""
    return str((await database.read(_NEWEST))[0][0])


async def before_newest(database: Database, count: int) -> str:
    """The id behind which the newest `count` come; empty where there are no more than these."""
    sql = "SELECT id FROM intent_corrections ORDER BY id DESC LIMIT 1 OFFSET 0 + :count"
    rows = await database.read(sql, {"count": count})
    return str(rows[0][0]) if rows else ""


async def count_after(database: Database, correction_id: str) -> int:
    """How many came behind an id."""
    asked: dict[str, Value] = {"after": correction_id}
    return int((await database.read("SELECT count(*) FROM intent_corrections WHERE id > :after", asked))[0][0] or 0)


async def none_of_them(database: Database, limit: int) -> list[tuple[str, str]]:
    """Texts of which agents said last that they are not what the engine said, with that; the newest first."""
    return [(str(row[0]), str(row[1])) for row in await database.read(_NONE_OF_THEM, {"limit": limit}, many=True)]


async def told(database: Database, since: int) -> list[Told]:
    """What was said of each intent's answers since a time (ms UTC)."""
    rows: list[Any] = list(await database.read(_BY_INTENT, {"since": since}, many=True))
    return [Told(row[0], int(row[1] or 0), int(row[2] or 0)) for row in rows]


async def mistaken(database: Database, since: int, limit: int) -> list[Mistaken]:
    """Which intents were taken for which since a time (ms UTC), the most frequent first."""
    rows: list[Any] = list(await database.read(_CONFUSED, {"since": since, "limit": limit}, many=True))
    return [Mistaken(row[0], row[1], row[2]) for row in rows]


def _correction(row: Row) -> Correction:
    values: list[Any] = list(row)
    values[6], values[8] = Tier(values[6]), Verdict(values[8])
    return Correction(*values)
