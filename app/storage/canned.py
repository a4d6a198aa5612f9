"""Canned replies: their SQL and nothing else."""

from typing import Any

from app.model.canned import CannedReply, Scope
from app.storage.database import Database, Row, Transaction, Value

_NAMES = (
    "id", "shortcut", "title", "text_en", "text_zh", "scope", "owner_id", "team_id", "created_at", "updated_at", "used",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)
_CHANGING = [name for name in _NAMES if name not in ("id", "owner_id", "created_at", "used")]
_SAVE = (
    f"INSERT INTO canned_replies ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _CHANGING)}"
)
_OF_AGENT = f"SELECT {_COLUMNS} FROM canned_replies WHERE scope <> 'me' OR owner_id = :agent ORDER BY created_at, id"
_BY_ID = f"SELECT {_COLUMNS} FROM canned_replies WHERE id = :id"
_OTHERS_OF = "SELECT count(*) FROM canned_replies WHERE scope = 'me' AND owner_id = :owner AND id <> :id"
_OTHERS_SHARED = "SELECT count(*) FROM canned_replies WHERE scope <> 'me' AND id <> :id"
_DELETE = "DELETE FROM canned_replies WHERE id = :id"
_USE = "UPDATE canned_replies SET used = used + 1 WHERE id = :id"


def save(tx: Transaction, reply: CannedReply) -> None:
    """Store a new or changed one; its use is not counted here."""
    values: dict[str, Value] = {name: getattr(reply, name) for name in _NAMES}
    tx.execute(_SAVE, {**values, "scope": reply.scope.value})


def by_id(tx: Transaction, reply_id: str) -> CannedReply | None:
    """One inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": reply_id})
    return _reply(rows[0]) if rows else None


def beside(tx: Transaction, reply: CannedReply) -> int:
    """How many there are beside this one: of its owner's own, or of those that are shared."""
    if reply.scope is Scope.ME:
        return int(tx.execute(_OTHERS_OF, {"owner": reply.owner_id, "id": reply.id})[0][0] or 0)
    return int(tx.execute(_OTHERS_SHARED, {"id": reply.id})[0][0] or 0)


def delete(tx: Transaction, reply_id: str) -> None:
    """Forget one."""
    tx.execute(_DELETE, {"id": reply_id})


def use(tx: Transaction, reply_id: str) -> None:
    """It was used once more."""
    tx.execute(_USE, {"id": reply_id})


async def of_agent(database: Database, agent_id: str) -> list[CannedReply]:
    """An agent's own and every shared one, oldest first."""
    return [_reply(row) for row in await database.read(_OF_AGENT, {"agent": agent_id})]


def _reply(row: Row) -> CannedReply:
    values: list[Any] = list(row)
    values[5] = Scope(values[5])
    return CannedReply(*values)
