"""Sessions and set-up links: their SQL and nothing else."""

from msgspec import Struct

from app.storage.database import Database, Row, Transaction

_INSERT = (
    "INSERT INTO sessions (digest, id, agent_id, created_at, seen_at, expires_at, address, user_agent) "
    "VALUES (:digest, :id, :agent, :created, :seen, :expires, :address, :user_agent)"
)
_COLUMNS = "SELECT id, agent_id, created_at, seen_at, expires_at, address, user_agent FROM sessions "
_BY_DIGEST = f"{_COLUMNS} WHERE digest = :digest"
_BY_ID = f"{_COLUMNS} WHERE id = :id"
_OF_AGENT = f"{_COLUMNS} WHERE agent_id = :agent ORDER BY seen_at DESC, id DESC"
_SEEN = "UPDATE sessions SET seen_at = :at WHERE id = :id"
_DELETE = "DELETE FROM sessions WHERE id = :id RETURNING id"
_DELETE_OF_AGENT = "DELETE FROM sessions WHERE agent_id = :agent AND id <> :kept RETURNING id"
_DELETE_OWN = "DELETE FROM sessions WHERE agent_id = :agent AND id = :id RETURNING id"
_DELETE_OLDEST = (
    "DELETE FROM sessions WHERE agent_id = :agent AND id NOT IN "
    "(SELECT id FROM sessions WHERE agent_id = :agent ORDER BY seen_at DESC, id DESC LIMIT 0 + :kept) RETURNING id"
)
_DELETE_OVER = "DELETE FROM sessions WHERE expires_at <= :at OR seen_at <= :idle RETURNING id"
_INSERT_LINK = "INSERT INTO setup_links (digest, expires_at) VALUES (:digest, :expires)"
_USE_LINK = "DELETE FROM setup_links WHERE digest = :digest AND expires_at > :at RETURNING digest"
_LINK = "SELECT 1 FROM setup_links WHERE digest = :digest AND expires_at > :at"
_CLEAR_LINKS = "DELETE FROM setup_links"


class StoredSession(Struct, frozen=True):
    """A session at rest; times in milliseconds UTC. `address` and `user_agent` are those of signing in."""

    id: str
    agent_id: str
    created_at: int
    seen_at: int
    expires_at: int
    address: str
    user_agent: str


def insert(tx: Transaction, digest: str, session: StoredSession) -> None:
    """Store a new session under the digest of its secret."""
    tx.execute(
        _INSERT,
        {
            "digest": digest,
            "id": session.id,
            "agent": session.agent_id,
            "created": session.created_at,
            "seen": session.seen_at,
            "expires": session.expires_at,
            "address": session.address,
            "user_agent": session.user_agent,
        },
    )


def by_id(tx: Transaction, session_id: str) -> StoredSession | None:
    """The session inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": session_id})
    return _session(rows[0]) if rows else None


def seen(tx: Transaction, session_id: str, at: int) -> None:
    """Note that a session is still used."""
    tx.execute(_SEEN, {"id": session_id, "at": at})


def delete(tx: Transaction, session_id: str) -> tuple[str, ...]:
    """End one session; the ids that ended."""
    return _ids(tx.execute(_DELETE, {"id": session_id}))


def delete_of_agent(tx: Transaction, agent_id: str, kept: str = "") -> tuple[str, ...]:
    """End the sessions of an agent but `kept`; the ids that ended."""
    return _ids(tx.execute(_DELETE_OF_AGENT, {"agent": agent_id, "kept": kept}))


def delete_own(tx: Transaction, agent_id: str, session_id: str) -> tuple[str, ...]:
    """End one session if it is this agent's; the ids that ended."""
    return _ids(tx.execute(_DELETE_OWN, {"agent": agent_id, "id": session_id}))


def delete_oldest(tx: Transaction, agent_id: str, kept: int) -> tuple[str, ...]:
    """End the sessions of an agent but the `kept` last used; the ids that ended."""
    return _ids(tx.execute(_DELETE_OLDEST, {"agent": agent_id, "kept": kept}))


def delete_over(tx: Transaction, at: int, idle_since: int) -> tuple[str, ...]:
    """End sessions past their time or unused since `idle_since`; the ids that ended."""
    return _ids(tx.execute(_DELETE_OVER, {"at": at, "idle": idle_since}))


async def find(database: Database, digest: str) -> StoredSession | None:
    """The session of a secret's digest."""
    rows = await database.read(_BY_DIGEST, {"digest": digest})
    return _session(rows[0]) if rows else None


async def of_agent(database: Database, agent_id: str) -> list[StoredSession]:
    """An agent's sessions, the last used first."""
    return [_session(row) for row in await database.read(_OF_AGENT, {"agent": agent_id})]


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


def _session(row: Row) -> StoredSession:
    session_id, agent_id, created_at, seen_at, expires_at, address, user_agent = row
    return StoredSession(
        str(session_id), str(agent_id), int(str(created_at)), int(str(seen_at)), int(str(expires_at)), str(address),
        str(user_agent),
    )  # fmt: skip


def _ids(rows: list[Row]) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in rows)
