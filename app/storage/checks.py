"""Whether the store takes writes: one row that is written again and again."""

from app.storage.database import Transaction

_WRITE = (
    "INSERT INTO meta (key, value) VALUES ('write_checked_at', :at) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


def write_check(tx: Transaction, at: int) -> None:
    """Write the time of the check (ms UTC); it resolves after the commit like any other unit."""
    tx.execute(_WRITE, {"at": str(at)})
