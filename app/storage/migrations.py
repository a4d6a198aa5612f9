"""Bringing a database file to the schema of this code: an append-only list, `migrations/NNNN_name.sql`.

The number of the last one applied is the file's `user_version`, which SQLite changes inside the transaction.
"""

import os
import re
import sqlite3
from importlib import resources
from pathlib import Path

from msgspec import Struct

from app.model.errors import Conflict, Defect

_NAME = re.compile(r"(\d{4})_\w+\.sql")


class Migration(Struct, frozen=True):
    """One step of the schema; `number` counts from 1 without a hole."""

    number: int
    name: str
    sql: str


def migrations() -> tuple[Migration, ...]:
    """Every step, in order; raises `Defect` where a number is missing or given twice."""
    folder = resources.files("app.storage") / "migrations"
    texts = sorted((entry.name, entry.read_text("utf-8")) for entry in folder.iterdir() if _NAME.fullmatch(entry.name))
    steps = tuple(Migration(int(name[:4]), name.removesuffix(".sql"), sql) for name, sql in texts)
    if [step.number for step in steps] != list(range(1, len(steps) + 1)):
        raise Defect(f"migrations must count from 1 without a hole: {[step.name for step in steps]}")
    return steps


def migrate(connection: sqlite3.Connection, path: Path, steps: tuple[Migration, ...]) -> Path | None:
    """Apply what is missing, each step in its own transaction; `connection` is in autocommit mode.

    A database that holds data is copied first into `backups/` beside it; returns that copy's path. Raises `Conflict`
    for a database that a newer version has written.
    """
    present = version(connection)
    if present > len(steps):
        raise newer(present, len(steps))
    missing = steps[present:]
    if not missing:
        return None
    kept = _keep(connection, path, missing[0]) if present else None
    for step in missing:
        _apply(connection, step)
    return kept


def version(connection: sqlite3.Connection) -> int:
    """The number of the last migration that this database has seen, 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _keep(connection: sqlite3.Connection, path: Path, first: Migration) -> Path:
    """Copy the database as it stands before `first`."""
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = folder / f"before-{first.name}.db"
    kept.unlink(missing_ok=True)  # of an upgrade that was broken off
    connection.execute("VACUUM INTO ?", (str(kept),))
    kept.chmod(0o600)
    sync(kept)
    sync(folder)
    return kept


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    try:
        # nosemgrep: sql-put-together - a script of ours, one transaction with its number
        connection.executescript(f"BEGIN IMMEDIATE;\n{step.sql}\n;PRAGMA user_version = {step.number};\nCOMMIT;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def sync(path: Path) -> None:
    """Make a file, or a folder's list of names, survive a power cut (fsync(2))."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def newer(present: int, known: int) -> Conflict:
    return Conflict(
        "database_newer",
        f"This database was written by a newer version (schema {present}, this one knows {known}). "
        "Start that version, or restore a backup made by this one.",
        f"该数据库由更新的版本写入（架构 {present}，当前版本仅支持 {known}）。请启动新版本，或恢复当前版本的备份。",
    )
