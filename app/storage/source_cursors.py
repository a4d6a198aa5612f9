"""How far sources have been read: its SQL and nothing else."""

from app.storage.database import Database, Transaction

_MOVE = (
    "INSERT INTO source_cursors (source, state, at, heard) VALUES (:source, :state, :at, :heard) "
    "ON CONFLICT (source) DO UPDATE SET state = excluded.state, at = excluded.at, heard = excluded.heard"
)


def move(tx: Transaction, source: str, state: bytes, at: int, heard: int | None = None) -> None:
    """A source has been read so far; in the transaction of the rows. `heard`: of our events, up to this position."""
    tx.execute(_MOVE, {"source": source, "state": state.decode(), "at": at, "heard": heard})


def forget(tx: Transaction, source: str) -> None:
    """Read it from its beginning again."""
    tx.execute("DELETE FROM source_cursors WHERE source = :source", {"source": source})


async def find(database: Database, source: str) -> bytes | None:
    """Its state as it was put away; None before the first page."""
    rows = await database.read("SELECT state FROM source_cursors WHERE source = :source", {"source": source})
    return str(rows[0][0]).encode() if rows else None
