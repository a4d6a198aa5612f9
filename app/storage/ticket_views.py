"""Lists of tickets that are kept under a name: their SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.model.tickets import TicketView
from app.storage.database import Database, Transaction

_COLUMNS = "id, name, query, owner_id, shared, created_at"
_SAVE = (
    f"INSERT INTO ticket_views ({_COLUMNS}) VALUES (:id, :name, :query, :owner_id, :shared, :created_at) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, query = excluded.query, shared = excluded.shared"
)
_BY_ID = f"SELECT {_COLUMNS} FROM ticket_views WHERE id = :id"
_OF_AGENT = f"SELECT {_COLUMNS} FROM ticket_views WHERE owner_id = :agent OR shared = 1 ORDER BY shared, created_at, id"
_OTHERS_OF = "SELECT count(*) FROM ticket_views WHERE shared = 0 AND owner_id = :owner AND id <> :id"
_OTHERS_SHARED = "SELECT count(*) FROM ticket_views WHERE shared = 1 AND id <> :id"
_query = msgspec.json.Decoder(dict[str, str])


def save(tx: Transaction, view: TicketView) -> None:
    """Store a new or changed one."""
    query = msgspec.json.encode(view.query).decode()
    tx.execute(_SAVE, {**msgspec.structs.asdict(view), "query": query, "shared": int(view.shared)})


def by_id(tx: Transaction, view_id: str) -> TicketView | None:
    """One inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": view_id})
    return _view(rows[0]) if rows else None


def beside(tx: Transaction, view: TicketView) -> int:
    """How many there are beside this one: of those that are shared, or of its owner's own."""
    if view.shared:
        return int(tx.execute(_OTHERS_SHARED, {"id": view.id})[0][0] or 0)
    return int(tx.execute(_OTHERS_OF, {"owner": view.owner_id, "id": view.id})[0][0] or 0)


def delete(tx: Transaction, view_id: str) -> None:
    """Forget one."""
    tx.execute("DELETE FROM ticket_views WHERE id = :id", {"id": view_id})


async def of_agent(database: Database, agent_id: str) -> list[TicketView]:
    """An agent's own, then every shared one, oldest first."""
    return [_view(row) for row in await database.read(_OF_AGENT, {"agent": agent_id})]


def _view(row: Sequence[Any]) -> TicketView:
    return TicketView(row[0], row[1], _query.decode(row[2]), row[3], row[4] == 1, row[5])
