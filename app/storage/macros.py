"""Macros: their SQL and nothing else."""

from typing import Any

import msgspec

from app.model.canned import Scope
from app.model.macros import Action, Macro
from app.storage.database import Database, Row, Transaction, Value

_NAMES = ("id", "name", "scope", "owner_id", "team_id", "actions", "created_at", "updated_at", "used")
_COLUMNS = ", ".join(_NAMES)
_CHANGING = [name for name in _NAMES if name not in ("id", "owner_id", "created_at", "used")]
_SAVE = (
    f"INSERT INTO macros ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _CHANGING)}"
)
_OF_AGENT = f"SELECT {_COLUMNS} FROM macros WHERE scope <> 'me' OR owner_id = :agent ORDER BY name, id"
_BY_ID = f"SELECT {_COLUMNS} FROM macros WHERE id = :id"
_OTHERS_OF = "SELECT count(*) FROM macros WHERE scope = 'me' AND owner_id = :owner AND id <> :id"
_OTHERS_SHARED = "SELECT count(*) FROM macros WHERE scope <> 'me' AND id <> :id"
_DELETE = "DELETE FROM macros WHERE id = :id"
_USE = "UPDATE macros SET used = used + 1 WHERE id = :id"
_actions = msgspec.json.Decoder(tuple[Action, ...])


def save(tx: Transaction, macro: Macro) -> None:
    """Store a new or changed one; its use is not counted here."""
    values: dict[str, Value] = {name: getattr(macro, name) for name in _NAMES}
    actions = msgspec.json.encode(macro.actions).decode()
    tx.execute(_SAVE, {**values, "scope": macro.scope.value, "actions": actions})


def by_id(tx: Transaction, macro_id: str) -> Macro | None:
    """One inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": macro_id})
    return _macro(rows[0]) if rows else None


def beside(tx: Transaction, macro: Macro) -> int:
    """How many there are beside this one: of its owner's own, or of those that are shared."""
    if macro.scope is Scope.ME:
        return int(tx.execute(_OTHERS_OF, {"owner": macro.owner_id, "id": macro.id})[0][0] or 0)
    return int(tx.execute(_OTHERS_SHARED, {"id": macro.id})[0][0] or 0)


def delete(tx: Transaction, macro_id: str) -> None:
    """Forget one."""
    tx.execute(_DELETE, {"id": macro_id})


def use(tx: Transaction, macro_id: str) -> None:
    """It was used once more."""
    tx.execute(_USE, {"id": macro_id})


async def of_agent(database: Database, agent_id: str) -> list[Macro]:
    """An agent's own and every shared one, by name."""
    return [_macro(row) for row in await database.read(_OF_AGENT, {"agent": agent_id})]


def _macro(row: Row) -> Macro:
    values: list[Any] = list(row)
    values[2], values[5] = Scope(values[2]), _actions.decode(values[5])
    return Macro(*values)
