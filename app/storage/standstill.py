"""The database while no server has it open: kept aside before its schema moves, and put back where that went wrong.

Called by `commands.upgrade` alone, which holds the data folder's lock. Synchronous.
"""

import contextlib
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from msgspec import Struct

from app.model.clock import Clock, SystemClock
from app.model.ids import Ids
from app.storage import faults
from app.storage.migrations import sync, version

_CLOCK: Final = SystemClock()
_LOGS: Final = ("-wal", "-shm")
_HEADER: Final = b"SQLite format 3\0"
_FICLONE: Final = 0x40049409  # ioctl_ficlone(2): a copy that shares its blocks, where the file system can


class Written(Struct, frozen=True):
    """What a database holds, to be compared with another state of it."""

    messages: int
    conversations: int


def schema(database: Path) -> int:
    """The number of the last migration of a database; 0 where there is none yet. Raises `Unavailable`."""
    if not database.exists():
        return 0
    with _in_words(), closing(_connect(database)) as connection:
        return version(connection)


def written(database: Path) -> Written:
    """What it holds. Raises `Unavailable`."""
    with _in_words(), closing(_connect(database)) as connection:
        (messages,) = connection.execute("SELECT count(*) FROM messages").fetchone()
        (conversations,) = connection.execute("SELECT count(*) FROM conversations").fetchone()
        return Written(messages, conversations)


def snapshot(database: Path, target: Path) -> None:
    """Copy a database as committed now, beside whoever has it open; whole or not at all. Raises `Unavailable`."""
    partial = target.with_name(f".{target.name}.part")
    try:
        partial.unlink(missing_ok=True)
        with closing(_connect(database)) as connection:
            connection.execute("VACUUM INTO ?", (str(partial),))
        _settle(partial, target, database)
    except (sqlite3.Error, OSError) as error:
        raise faults.fault(error) or error from error
    finally:
        partial.unlink(missing_ok=True)


def keep(database: Path, target: Path) -> None:
    """Copy a database that nobody has open to `target`, whole or not at all. Raises `Unavailable`."""
    partial = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        _empty_log(database)
        _copy(database, partial)
        _settle(partial, target, database)
    except (sqlite3.Error, OSError) as error:
        raise faults.fault(error) or error from error
    finally:
        partial.unlink(missing_ok=True)


def put_back(kept: Path, database: Path, aside: Path, *, sign_out: bool, clock: Clock = _CLOCK) -> None:
    """Put `kept` in the database's place, under a new epoch; what was there lies at `aside` afterwards.

    With `sign_out` nobody is let in on what was promised before (`archive.restore`). Broken off in the middle it is to
    be called again; there is a whole database at every moment. Raises `Unavailable`.
    """
    partial = database.with_name(f".{database.name}.back")
    try:
        if _is_database(database):  # else SQLite would throw the log away, which may be all that can be read
            with contextlib.suppress(sqlite3.Error):
                _empty_log(database)
        _copy(kept, partial)
        with closing(_connect(partial)) as connection:
            connection.execute("UPDATE meta SET value = :epoch WHERE key = 'epoch'", {"epoch": Ids(clock).token()})
            if sign_out:
                connection.execute("DELETE FROM sessions")
                connection.execute("DELETE FROM setup_links")
            _empty(connection)
        for end in _LOGS:
            Path(f"{partial}{end}").unlink(missing_ok=True)
        _own_as(partial, database)
        sync(partial)
        _move_aside(database, aside)
        partial.replace(database)
        sync(database.parent)
    except (sqlite3.Error, OSError) as error:
        raise faults.fault(error) or error from error
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise faults.fault(error) or error from error


def _move_aside(database: Path, aside: Path) -> None:
    """A second name first, so that the first never lacks a database."""
    aside.unlink(missing_ok=True)  # of one that was broken off
    try:
        aside.hardlink_to(database)
    except OSError:  # a file system without links
        _copy(database, aside)
        _own_as(aside, database)
    for end in _LOGS:
        log = Path(f"{database}{end}")
        if log.exists():
            log.replace(f"{aside}{end}")
    sync(aside.parent)


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def _empty_log(database: Path) -> None:
    """Bring what stands in the log into the file, which is then whole by itself."""
    with closing(_connect(database)) as connection:
        _empty(connection)


def _empty(connection: sqlite3.Connection) -> None:
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise faults.busy()


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as write:
        os.fchmod(write.fileno(), 0o600)
        try:
            fcntl.ioctl(write.fileno(), _FICLONE, read.fileno())
        except OSError:
            shutil.copyfileobj(read, write, 1 << 20)
        write.flush()
        os.fsync(write.fileno())


def _settle(partial: Path, target: Path, like: Path) -> None:
    partial.chmod(0o600)
    _own_as(partial, like)
    sync(partial)
    partial.replace(target)
    sync(target.parent)


def _own_as(path: Path, like: Path) -> None:
    """Root writes here for the server's user, who has to be able to read it."""
    facts = like.stat()
    if (facts.st_uid, facts.st_gid) != (path.stat().st_uid, path.stat().st_gid):
        os.chown(path, facts.st_uid, facts.st_gid)


def _connect(path: Path) -> sqlite3.Connection:
    """In autocommit mode, the file as it is: it must exist."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=5.0)
