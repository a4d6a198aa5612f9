"""Where fencing tokens go on after a restart, so that none is ever given twice."""

from typing import Final

from app.storage.database import Database, Transaction

_TOKENS_PER_START: Final = 2**32


async def first_token(database: Database) -> int:
    """A token greater than every one an earlier process can have given (it had 2**32 of them); call once per start."""
    start = await database.write(_count_start)
    return start * _TOKENS_PER_START


def _count_start(transaction: Transaction) -> int:
    rows = transaction.execute(
        "INSERT INTO meta (key, value) VALUES ('starts', '1')"
        " ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT) RETURNING value"
    )
    return int(str(rows[0][0]))
