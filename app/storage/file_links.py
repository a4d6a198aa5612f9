"""The key by which links to files are signed: its SQL and nothing else."""

from app.storage.database import Transaction

_KEEP = "INSERT INTO meta (key, value) VALUES ('file_links', :key) ON CONFLICT (key) DO NOTHING"


def key(tx: Transaction, fresh: str) -> str:
    """The key that there is; `fresh` from now on where there was none."""
    tx.execute(_KEEP, {"key": fresh})
    return str(tx.execute("SELECT value FROM meta WHERE key = 'file_links'")[0][0])
