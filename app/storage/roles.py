"""A desk's own roles: their SQL and nothing else."""

import msgspec

from app.model.people import Role
from app.storage.database import Database, Row, Transaction

_COLUMNS = "SELECT id, name, permissions, created_at FROM roles"
_BY_ID = f"{_COLUMNS} WHERE id = :id"
_ALL = f"{_COLUMNS} ORDER BY name, id"
_SAVE = (
    "INSERT INTO roles (id, name, permissions, created_at) VALUES (:id, :name, :permissions, :created_at) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, permissions = excluded.permissions"
)
_HOLDERS = "SELECT count(*) FROM agents WHERE role = :role"
_PROOFS = (
    "SELECT s.id FROM sessions s JOIN agents a ON a.id = s.agent_id WHERE a.role = :role "
    "UNION ALL SELECT t.id FROM tokens t JOIN agents a ON a.id = t.agent_id WHERE a.role = :role"
)
_permissions = msgspec.json.Decoder(tuple[str, ...])


def save(tx: Transaction, role: Role) -> None:
    """Store a new or changed role."""
    permissions = msgspec.json.encode(role.permissions).decode()
    tx.execute(_SAVE, {"id": role.id, "name": role.name, "permissions": permissions, "created_at": role.created_at})


def by_id(tx: Transaction, role_id: str) -> Role | None:
    """One inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": role_id})
    return _role(rows[0]) if rows else None


def named(tx: Transaction, name: str) -> str | None:
    """The id of the role of a name."""
    rows = tx.execute("SELECT id FROM roles WHERE name = :name", {"name": name})
    return str(rows[0][0]) if rows else None


def count(tx: Transaction) -> int:
    """How many there are."""
    return int(str(tx.execute("SELECT count(*) FROM roles")[0][0]))


def holders(tx: Transaction, role_id: str) -> int:
    """How many agents have it, disabled ones too."""
    return int(str(tx.execute(_HOLDERS, {"role": role_id})[0][0]))


def proofs(tx: Transaction, role_id: str) -> tuple[str, ...]:
    """Ids of the sessions and tokens of those who have it."""
    return tuple(str(row[0]) for row in tx.execute(_PROOFS, {"role": role_id}))


def delete(tx: Transaction, role_id: str) -> None:
    """Forget one."""
    tx.execute("DELETE FROM roles WHERE id = :id", {"id": role_id})


async def find(database: Database, role_id: str) -> Role | None:
    """One as committed."""
    rows = await database.read(_BY_ID, {"id": role_id})
    return _role(rows[0]) if rows else None


async def all_of_them(database: Database) -> list[Role]:
    """Every one, by name."""
    return [_role(row) for row in await database.read(_ALL)]


def _role(row: Row) -> Role:
    return Role(str(row[0]), str(row[1]), _permissions.decode(str(row[2])), int(str(row[3])))
