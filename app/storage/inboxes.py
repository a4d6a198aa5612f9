"""Inboxes: their SQL and nothing else."""

from typing import Any

import msgspec

from app.model.people import Inbox
from app.model.widget import Widget
from app.storage.database import Database, Row, Transaction, Value

_NAMES = (
    "id", "name", "created_at", "origins", "team_id", "color", "greeting_en", "greeting_zh", "preview", "widget",
    "schedule_id", "kind",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)
_SAVE = (
    f"INSERT INTO inboxes ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) ON CONFLICT (id) DO UPDATE "
    f"SET {', '.join(f'{name} = excluded.{name}' for name in _NAMES[1:] if name != 'created_at')}"
)
_ALL = f"SELECT {_COLUMNS} FROM inboxes ORDER BY created_at, id"
_BY_ID = f"SELECT {_COLUMNS} FROM inboxes WHERE id = :id"


def save(tx: Transaction, inbox: Inbox) -> None:
    """Store a new or changed inbox."""
    parameters: dict[str, Value] = {name: getattr(inbox, name) for name in _NAMES}
    told = {name: msgspec.json.encode(getattr(inbox, name)).decode() for name in ("origins", "widget")}
    tx.execute(_SAVE, {**parameters, **told})


def by_id(tx: Transaction, inbox_id: str) -> Inbox | None:
    """The inbox inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": inbox_id})
    return _inbox(rows[0]) if rows else None


async def all_of_them(database: Database) -> list[Inbox]:
    """Every inbox, oldest first."""
    return [_inbox(row) for row in await database.read(_ALL)]


def _inbox(row: Row) -> Inbox:
    values: list[Any] = list(row)
    values[3] = msgspec.json.decode(values[3], type=tuple[str, ...])
    values[8] = bool(values[8])
    values[9] = msgspec.json.decode(values[9], type=Widget)
    return Inbox(*values)
