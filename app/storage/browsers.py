"""Browsers in which an agent has signed in before: their SQL and nothing else."""

from app.storage.database import Database, Transaction

_KNOWN = (
    "SELECT 1 FROM known_browsers b JOIN agents a ON a.id = b.agent_id WHERE b.digest = :digest AND a.email = :email"
)
_OURS = "SELECT 1 FROM known_browsers WHERE digest = :digest"
_SAVE = (
    "INSERT INTO known_browsers (digest, agent_id, seen_at) VALUES (:digest, :agent, :at) "
    "ON CONFLICT (digest, agent_id) DO UPDATE SET seen_at = excluded.seen_at"
)
_PRUNE = (
    "DELETE FROM known_browsers WHERE agent_id = :agent AND digest NOT IN "
    "(SELECT digest FROM known_browsers WHERE agent_id = :agent ORDER BY seen_at DESC LIMIT 0 + :kept)"
)
_DELETE_OVER = "DELETE FROM known_browsers WHERE seen_at <= :since"


async def known(database: Database, digest: str, email: str) -> bool:
    """Whether the agent of this e-mail address has signed in by this browser."""
    return bool(await database.read(_KNOWN, {"digest": digest, "email": email}))


async def ours(database: Database, digest: str) -> bool:
    """Whether anybody has: only a secret that we made is used again."""
    return bool(await database.read(_OURS, {"digest": digest}))


def save(tx: Transaction, digest: str, agent_id: str, at: int, kept: int) -> None:
    """Note that an agent signed in by a browser; only his `kept` newest are remembered."""
    tx.execute(_SAVE, {"digest": digest, "agent": agent_id, "at": at})
    tx.execute(_PRUNE, {"agent": agent_id, "kept": kept})


def delete_over(tx: Transaction, since: int) -> None:
    """Forget browsers not seen after `since`."""
    tx.execute(_DELETE_OVER, {"since": since})
