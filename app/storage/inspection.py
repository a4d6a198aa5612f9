"""A look at the database from outside, beside a server or without one: nothing is written. Synchronous.

Called by `health` alone. Each function raises the `Problem` for which the file does not let itself be read.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from app.model.audit import sealed
from app.storage import audit, faults
from app.storage.library import OLDEST
from app.storage.migrations import migrations
from app.storage.migrations import version as version_of

_BUSY_SECONDS: Final = 5.0
_ROWS_SHOWN: Final = 5
_STATEMENTS: Final = {
    "founded": "SELECT coalesce(min(created_at), 0) FROM agents",
    "newest": "SELECT coalesce(max(at), 0) FROM messages WHERE number > (SELECT max(number) - 100 FROM messages)",
    "backlog": (
        "SELECT count(*) FILTER (WHERE state <> 'dead'), coalesce(min(created_at) FILTER (WHERE state <> 'dead'), 0),"
        " count(*) FILTER (WHERE state = 'dead') FROM outbox"
    ),
    "error": "SELECT coalesce(error, '') FROM outbox WHERE state = 'dead' ORDER BY number DESC LIMIT 1",
    "files": "SELECT stored_as, size FROM files",
    "audit": audit.EVERYTHING,
    "uploads": "SELECT stored_as FROM uploads",
}


class Backlog(Struct, frozen=True):
    """What the outbox holds: `waiting` tasks, the oldest stored at `oldest_at` (0: none), `dead` ones, why the last."""

    waiting: int
    oldest_at: int
    dead: int
    error: str


class AuditFound(Struct, frozen=True):
    """How many entries are whole, the hash of the last of them, and the number of the first that is not (0: none)."""

    entries: int
    hash: str
    broken_at: int = 0


class Schema(Struct, frozen=True):
    """The number of the last migration that the file has seen, and of the last one that this version knows."""

    present: int
    known: int


def library() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The version of the SQLite that this process uses, and the oldest one that harms nothing."""
    return sqlite3.sqlite_version_info, OLDEST


def schema(database: Path) -> Schema:
    """How far the schema is."""
    with _opened(database) as connection:
        return Schema(version_of(connection), len(migrations()))


def damage(database: Path, *, whole: bool) -> str:
    """What SQLite says is wrong with the file, empty where nothing is; `whole`: indexes against their tables too."""
    with _opened(database) as connection:
        check = "PRAGMA integrity_check(1)" if whole else "PRAGMA quick_check(1)"
        try:
            (told,) = connection.execute(check).fetchone()
        except sqlite3.OperationalError:  # busy, or not to be read: that is no damage
            raise
        except sqlite3.DatabaseError as error:
            return str(error)
    return "" if told == "ok" else " ".join(str(told).split())


def dangling(database: Path) -> list[str]:
    """Tables whose rows name rows that are not there, with the tables that they name; at most a few."""
    with _opened(database) as connection:
        rows = connection.execute("PRAGMA foreign_key_check").fetchmany(_ROWS_SHOWN)
        return sorted({f"{table} → {parent}" for table, _, parent, _ in rows})


def founded_at(database: Path) -> int:
    """When its first agent came, in milliseconds UTC; 0 before that."""
    with _opened(database) as connection:
        return int(connection.execute(_STATEMENTS["founded"]).fetchone()[0])


def newest_message_at(database: Path) -> int:
    """When the newest of the last messages was stored, in milliseconds UTC; 0 where there is none."""
    with _opened(database) as connection:
        return int(connection.execute(_STATEMENTS["newest"]).fetchone()[0])


def backlog(database: Path) -> Backlog:
    """What waits in the outbox."""
    with _opened(database) as connection:
        waiting, oldest_at, dead = connection.execute(_STATEMENTS["backlog"]).fetchone()
        error = connection.execute(_STATEMENTS["error"]).fetchone() if dead else ("",)
        return Backlog(int(waiting), int(oldest_at), int(dead), str(error[0]))


def audit_log(database: Path) -> AuditFound:
    """The audit log, read whole in bounded memory: each entry against its hash, its number and the one before."""
    number, previous = 0, ""
    with _opened(database) as connection:
        for row in connection.execute(_STATEMENTS["audit"]):
            entry = audit.entry(row)
            whole = entry.number == number + 1 and entry.previous == previous
            if not whole or sealed(replace(entry, hash="")) != entry.hash:
                return AuditFound(number, previous, broken_at=entry.number)
            number, previous = entry.number, entry.hash
    return AuditFound(number, previous)


def stored_files(database: Path) -> dict[str, int]:
    """Every file's name on disk with its size in bytes."""
    with _opened(database) as connection:
        return {str(name): int(size) for name, size in connection.execute(_STATEMENTS["files"])}


def names_of_uploads(database: Path) -> set[str]:
    """The names on disk of what has begun to arrive."""
    with _opened(database) as connection:
        return {str(name) for (name,) in connection.execute(_STATEMENTS["uploads"])}


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    """Read only; the file must exist."""
    place = f"{database.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(place, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise faults.fault(error) or error from error
