"""What can be told of a database file without telling anything that stands in it: schema, numbers of rows, pragmas.

Called by `commands.support` alone, beside a server or without one. Read-only, synchronous.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from app.storage.migrations import migrations, version

ENGINE = sqlite3.sqlite_version
_STEPS_MAX = 50_000_000  # of SQLite's machine, for one count: some seconds
_STEPS_BETWEEN = 1_000_000
_NOT_OURS = "not as we make it"
_PRAGMAS = (
    "application_id", "auto_vacuum", "cache_size", "encoding", "foreign_keys", "freelist_count", "journal_mode",
    "journal_size_limit", "mmap_size", "page_count", "page_size", "synchronous", "temp_store", "user_version",
    "wal_autocheckpoint",
)  # fmt: skip


class Outline(Struct, frozen=True):
    """`rows` by table, None where counting would take long; `objects` by kind and name, as SQL where that is ours.

    `missing` are objects that this version makes and that are not there, `unknown` is how many others there are.
    """

    schema: int
    newest_schema: int
    pragmas: dict[str, str | int | None]
    rows: dict[str, int | None]
    missing: list[str]
    unknown: int
    objects: dict[str, str]


def outline(database: Path) -> Outline:
    """Of the file at `database`; raises `sqlite3.Error` where it is none."""
    address = f"file:{database}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection, closing(_as_we_make_it()) as ours:
        expected, found = dict(_schema(ours)), dict(_schema(connection))
        return Outline(
            schema=version(connection),
            newest_schema=len(migrations()),
            pragmas={name: _pragma(connection, name) for name in _PRAGMAS},
            rows={table: _count(connection, table) for table in sorted(_tables(ours))},
            missing=sorted(set(expected) - set(found)),
            unknown=len(set(found) - set(expected)),
            objects={name: sql if found[name] == sql else _NOT_OURS for name, sql in expected.items() if name in found},
        )


def _schema(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    rows = connection.execute("SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1")
    yield from ((str(name), str(sql)) for name, sql in rows)


def _as_we_make_it() -> sqlite3.Connection:
    """An empty database with every step of ours."""
    connection = sqlite3.connect(":memory:")
    for step in migrations():
        connection.executescript(step.sql)
    return connection


def _tables(connection: sqlite3.Connection) -> list[str]:
    """Those that are counted: of a table for the search its own, not the five behind it."""
    kinds = "SELECT name FROM pragma_table_list WHERE type IN ('table', 'virtual') AND schema = 'main'"
    return [str(name) for (name,) in connection.execute(kinds) if not str(name).startswith("sqlite_")]


def _count(connection: sqlite3.Connection, table: str) -> int | None:
    """How many rows; None where that would take long, or the table is not there."""
    left = _STEPS_MAX // _STEPS_BETWEEN

    def enough() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    connection.set_progress_handler(enough, _STEPS_BETWEEN)
    try:
        # nosemgrep: sql-put-together - a name out of our own migrations
        count: int = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # nosec B608
    except sqlite3.Error:
        return None
    finally:
        connection.set_progress_handler(None, 0)
    return count


def _pragma(connection: sqlite3.Connection, name: str) -> str | int | None:
    # nosemgrep: sql-put-together - one of the names above
    row = connection.execute(f"PRAGMA {name}").fetchone()
    value: str | int | None = row[0] if row else None
    return value
