"""Versions of the engine: trained models with their figures; their SQL and nothing else."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from app.storage.database import Database, Row, Transaction, Value

_NAMES = ("id", "number", "at", "agent_id", "why", "state", "correction", "thresholds", "figures", "model_bytes")
_COLUMNS = ", ".join(_NAMES)
_INSERT = f"INSERT INTO intent_versions ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
_FINISH = (
    "UPDATE intent_versions SET state = :state, thresholds = :thresholds, figures = :figures, "
    "model_bytes = :model_bytes WHERE id = :id"
)
_NEXT = "SELECT coalesce(max(number), 0) + 1 FROM intent_versions"
_BY_ID = f"SELECT {_COLUMNS} FROM intent_versions WHERE id = :id"
_LISTING = f"SELECT {_COLUMNS} FROM intent_versions WHERE state <> 'storing' ORDER BY number DESC LIMIT 0 + :limit"
_TOO_OLD = (
    "SELECT id FROM intent_versions WHERE id <> :at_work AND (state = 'storing' OR number <= "
    "(SELECT number FROM intent_versions WHERE state <> 'storing' ORDER BY number DESC LIMIT 1 OFFSET 0 + :kept))"
)
_FORGET_PART = (
    "DELETE FROM intent_models WHERE version_id = :id "
    "AND part = (SELECT max(part) FROM intent_models WHERE version_id = :id) RETURNING part"
)
_SET = (
    "INSERT INTO intent_choices (key, value) VALUES (:key, :value) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


class StoredVersion(Struct, frozen=True):
    """A row: `thresholds` and `figures` as JSON text; `correction` is the newest that it was trained on."""

    id: str
    number: int
    at: int
    agent_id: str
    why: str
    state: str
    correction: str
    thresholds: str
    figures: str
    model_bytes: int


def insert(tx: Transaction, version: StoredVersion) -> StoredVersion:
    """Store one under the next number."""
    number = int(tx.execute(_NEXT)[0][0] or 0)
    values: dict[str, Value] = {name: getattr(version, name) for name in _NAMES}
    tx.execute(_INSERT, {**values, "number": number})
    return replace(version, number=number)


def finish(tx: Transaction, version: StoredVersion) -> None:
    """Store what came of one."""
    names = ("id", "state", "thresholds", "figures", "model_bytes")
    tx.execute(_FINISH, {name: getattr(version, name) for name in names})


def add_part(tx: Transaction, version_id: str, part: int, content: bytes) -> None:
    """Store a part of a version's model."""
    values: dict[str, Value] = {"id": version_id, "part": part, "bytes": content}
    tx.execute("INSERT INTO intent_models (version_id, part, bytes) VALUES (:id, :part, :bytes)", values)


def forget_part(tx: Transaction, version_id: str) -> bool:
    """Forget a part of a version's model, or with the last one the version; whether it is gone."""
    if tx.execute(_FORGET_PART, {"id": version_id}):
        return False
    tx.execute("DELETE FROM intent_versions WHERE id = :id", {"id": version_id})
    return True


def forget_model_part(tx: Transaction, version_id: str) -> bool:
    """Forget a part of a version's model, the version stays; whether there was one."""
    return bool(tx.execute(_FORGET_PART, {"id": version_id}))


def choose(tx: Transaction, key: str, value: str) -> None:
    """Store a choice (JSON)."""
    tx.execute(_SET, {"key": key, "value": value})


async def chosen(database: Database, key: str) -> str:
    """A choice (JSON), empty where none was made."""
    rows = await database.read("SELECT value FROM intent_choices WHERE key = :key", {"key": key})
    return str(rows[0][0]) if rows else ""


async def listing(database: Database, limit: int) -> list[StoredVersion]:
    """The newest first."""
    return [_version(row) for row in await database.read(_LISTING, {"limit": limit}, many=True)]


async def find(database: Database, version_id: str) -> StoredVersion | None:
    """One of them."""
    rows = await database.read(_BY_ID, {"id": version_id})
    return _version(rows[0]) if rows else None


async def too_old(database: Database, at_work: str, kept: int) -> list[str]:
    """Ids of those that are cut off or beyond the newest `kept`; never the one at work."""
    return [str(row[0]) for row in await database.read(_TOO_OLD, {"at_work": at_work, "kept": kept})]


async def part(database: Database, version_id: str, number: int) -> bytes | None:
    """A part of a version's model; None behind the last."""
    asked: dict[str, Value] = {"id": version_id, "part": number}
    rows: list[Any] = list(
        await database.read("SELECT bytes FROM intent_models WHERE version_id = :id AND part = :part", asked)
    )
    return bytes(rows[0][0]) if rows else None


def _version(row: Row) -> StoredVersion:
    values: list[Any] = list(row)
    return StoredVersion(*values)
