"""Tokens of the API: their SQL and nothing else."""

from typing import Any

import msgspec

from app.model.people import Token
from app.storage.database import Database, Row, Transaction

_COLUMNS = "SELECT id, agent_id, name, scopes, created_at, expires_at, seen_at, address FROM tokens"
_BY_ID = f"{_COLUMNS} WHERE id = :id"
_BY_DIGEST = f"{_COLUMNS} WHERE digest = :digest"
_ALL = f"{_COLUMNS} ORDER BY created_at DESC, id DESC"
_INSERT = (
    "INSERT INTO tokens (id, digest, agent_id, name, scopes, created_at, expires_at) "
    "VALUES (:id, :digest, :agent, :name, :scopes, :created, :expires)"
)
_SEEN = "UPDATE tokens SET seen_at = :at, address = :address WHERE id = :id"
_COUNT = "SELECT count(*) FROM tokens WHERE agent_id = :agent"
_scopes = msgspec.json.Decoder(tuple[str, ...])


def insert(tx: Transaction, digest: str, token: Token) -> None:
    """Store a new one under its secret's digest."""
    tx.execute(
        _INSERT,
        {
            "id": token.id,
            "digest": digest,
            "agent": token.agent_id,
            "name": token.name,
            "scopes": msgspec.json.encode(token.scopes).decode(),
            "created": token.created_at,
            "expires": token.expires_at,
        },
    )


def by_id(tx: Transaction, token_id: str) -> Token | None:
    """One inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": token_id})
    return _token(rows[0]) if rows else None


def count_of(tx: Transaction, agent_id: str) -> int:
    """How many act in an agent's name."""
    return int(str(tx.execute(_COUNT, {"agent": agent_id})[0][0]))


def seen(tx: Transaction, token_id: str, at: int, address: str) -> None:
    """Note that it was used."""
    tx.execute(_SEEN, {"id": token_id, "at": at, "address": address})


def delete(tx: Transaction, token_id: str) -> None:
    """It works no more."""
    tx.execute("DELETE FROM tokens WHERE id = :id", {"id": token_id})


async def find(database: Database, digest: str) -> Token | None:
    """The token of a secret's digest."""
    rows = await database.read(_BY_DIGEST, {"digest": digest})
    return _token(rows[0]) if rows else None


async def all_of_them(database: Database) -> list[Token]:
    """Every one, the newest first."""
    return [_token(row) for row in await database.read(_ALL)]


def _token(row: Row | tuple[Any, ...]) -> Token:
    token_id, agent_id, name, scopes, created_at, expires_at, seen_at, address = row
    return Token(
        str(token_id), str(agent_id), str(name), _scopes.decode(str(scopes)), int(str(created_at)),
        None if expires_at is None else int(str(expires_at)), None if seen_at is None else int(str(seen_at)),
        str(address),
    )  # fmt: skip
