"""Sessions and set-up links: their SQL and nothing else."""

from msgspec import Struct

from app.storage.database import Database, Row, Transaction

_INSERT = (
    "INSERT INTO sessions (digest, id, agent_id, created_at, seen_at, expires_at, address, user_agent) "
    "VALUES (:digest, :id, :agent, :at, :at, :expires, :address, :user_agent)"
)
_BY_DIGEST = "SELECT id, agent_id, seen_at, expires_at FROM sessions WHERE digest = :digest"
_SEEN = "UPDATE sessions SET seen_at = :at WHERE id = :id"
_DELETE = "DELETE FROM sessions WHERE id = :id RETURNING id"
_DELETE_OF_AGENT = "DELETE FROM sessions WHERE agent_id = :agent AND id <> :kept RETURNING id"
_DELETE_OVER = "DELETE FROM sessions WHERE expires_at <= :at OR seen_at <= :idle RETURNING id"
_INSERT_LINK = "INSERT INTO setup_links (digest, expires_at) VALUES (:digest, :expires)"
_USE_LINK = "DELETE FROM setup_links WHERE digest = :digest AND expires_at > :at RETURNING digest"
_LINK = "SELECT 1 FROM setup_links WHERE digest = :digest AND expires_at > :at"
_CLEAR_LINKS = "DELETE FROM setup_links"


class StoredSession(Struct, frozen=True):
    """A session at rest; times in milliseconds UTC."""

    id: str
    agent_id: str
    seen_at: int
    expires_at: int


def insert(tx: Transaction, digest: str, session: StoredSession, *, address: str, user_agent: str) -> None:
    """Store a new session under the digest of its secret."""
    tx.execute(
        _INSERT,
        {
            "digest": digest,
            "id": session.id,
            "agent": session.agent_id,
            "at": session.seen_at,
            "expires": session.expires_at,
            "address": address,
            "user_agent": user_agent,
        },
    )


def seen(tx: Transaction, session_id: str, at: int) -> None:
    """Note that a session is still used."""
    tx.execute(_SEEN, {"id": session_id, "at": at})


def delete(tx: Transaction, session_id: str) -> tuple[str, ...]:
    """End one session; the ids that ended."""
    return _ids(tx.execute(_DELETE, {"id": session_id}))


def delete_of_agent(tx: Transaction, agent_id: str, kept: str = "") -> tuple[str, ...]:
    """End the sessions of an agent but `kept`; the ids that ended."""
    return _ids(tx.execute(_DELETE_OF_AGENT, {"agent": agent_id, "kept": kept}))


def delete_over(tx: Transaction, at: int, idle_since: int) -> tuple[str, ...]:
    """End sessions past their time or unused since `idle_since`; the ids that ended."""
    return _ids(tx.execute(_DELETE_OVER, {"at": at, "idle": idle_since}))


async def find(database: Database, digest: str) -> StoredSession | None:
    """The session of a secret's digest."""
    rows = await database.read(_BY_DIGEST, {"digest": digest})
    if not rows:
        return None
    session_id, agent_id, seen_at, expires_at = rows[0]
    return StoredSession(str(session_id), str(agent_id), int(str(seen_at)), int(str(expires_at)))


def insert_link(tx: Transaction, digest: str, expires_at: int) -> None:
    """Store a set-up link; an earlier one stops working."""
    tx.execute(_CLEAR_LINKS)
    tx.execute(_INSERT_LINK, {"digest": digest, "expires": expires_at})


def use_link(tx: Transaction, digest: str, at: int) -> bool:
    """Use up a set-up link; False when there is no such link any more."""
    return bool(tx.execute(_USE_LINK, {"digest": digest, "at": at}))


def clear_links(tx: Transaction) -> None:
    """No set-up link works any more."""
    tx.execute(_CLEAR_LINKS)


async def link_valid(database: Database, digest: str, at: int) -> bool:
    """Whether a set-up link would work."""
    return bool(await database.read(_LINK, {"digest": digest, "at": at}))


def _ids(rows: list[Row]) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in rows)
