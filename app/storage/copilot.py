"""The copilot's endpoint: its SQL and nothing else. Its key lies in `keys/`."""

import msgspec

from app.model.copilot import Endpoint
from app.storage.database import Database, Transaction

_SAVE = "INSERT INTO copilot (id, body) VALUES (1, :body) ON CONFLICT (id) DO UPDATE SET body = excluded.body"


def save(tx: Transaction, endpoint: Endpoint) -> None:
    """Store it in the place of another."""
    tx.execute(_SAVE, {"body": msgspec.json.encode(endpoint).decode()})


def remove(tx: Transaction) -> None:
    """None any more."""
    tx.execute("DELETE FROM copilot WHERE id = 1")


async def find(database: Database) -> Endpoint | None:
    """As it is set."""
    rows = await database.read("SELECT body FROM copilot WHERE id = 1")
    return msgspec.json.decode(str(rows[0][0]), type=Endpoint) if rows else None
