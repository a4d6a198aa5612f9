"""Links by which colleagues set a password: their SQL and nothing else."""

from msgspec import Struct

from app.storage.database import Database, Transaction

_INSERT = (
    "INSERT INTO access_links (digest, agent_id, purpose, created_at, expires_at) "
    "VALUES (:digest, :agent, :purpose, :now, :expires)"
)
_OLDEST = (
    "DELETE FROM access_links WHERE agent_id = :agent AND digest NOT IN "
    "(SELECT digest FROM access_links WHERE agent_id = :agent ORDER BY created_at DESC LIMIT 0 + :kept)"
)
_VALID = "SELECT agent_id FROM access_links WHERE digest = :digest AND expires_at > :now"
_TAKE = "DELETE FROM access_links WHERE digest = :digest AND expires_at > :now RETURNING agent_id, purpose"


class Taken(Struct, frozen=True):
    """Whose link was used up, and what it was for."""

    agent_id: str
    purpose: str


def insert(tx: Transaction, digest: str, agent_id: str, purpose: str, now: int, expires_at: int, kept: int) -> None:
    """Store a link; of an agent's the newest `kept` stay."""
    tx.execute(
        _INSERT, {"digest": digest, "agent": agent_id, "purpose": purpose, "now": now, "expires": expires_at}
    )  # fmt: skip
    tx.execute(_OLDEST, {"agent": agent_id, "kept": kept})


def take(tx: Transaction, digest: str, now: int) -> Taken | None:
    """Use a link up; None where there is none, or it is over."""
    rows = tx.execute(_TAKE, {"digest": digest, "now": now})
    return Taken(str(rows[0][0]), str(rows[0][1])) if rows else None


def clear(tx: Transaction, agent_id: str) -> None:
    """No link of this agent leads anywhere any more."""
    tx.execute("DELETE FROM access_links WHERE agent_id = :agent", {"agent": agent_id})


def delete_over(tx: Transaction, now: int) -> None:
    """Forget those whose time is over."""
    tx.execute("DELETE FROM access_links WHERE expires_at <= :now", {"now": now})


async def valid(database: Database, digest: str, now: int) -> bool:
    """Whether this link is still good."""
    return bool(await database.read(_VALID, {"digest": digest, "now": now}))
