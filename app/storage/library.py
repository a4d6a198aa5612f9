"""Which SQLite the process uses: the one that `pysqlite3` brings, in the place of the machine's own.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections write or checkpoint at once
(https://sqlite.org/wal.html, "the WAL-reset bug"), so an older library is refused.
"""

import sys

import pysqlite3
import pysqlite3.dbapi2

from app.model.errors import Defect, Unavailable

OLDEST = (3, 51, 3)


def install() -> None:
    """Make every later `import sqlite3` mean the library we bring. Called first by whoever starts a process.

    Raises `Unavailable` when that library is too old, `Defect` when another one is in use already.
    """
    check(pysqlite3.dbapi2.sqlite_version_info)
    driver = sys.modules.get("aiosqlite.core")
    if driver is not None and vars(driver)["sqlite3"] is not pysqlite3:
        raise Defect("aiosqlite was imported before storage.library.install")
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def check(version: tuple[int, ...]) -> None:
    """Refuse a SQLite that is older than `OLDEST`."""
    if version >= OLDEST:
        return
    found, needed = ".".join(map(str, version)), ".".join(map(str, OLDEST))
    raise Unavailable(
        "sqlite_too_old",
        f"SQLite {found} can damage a database; {needed} or newer is needed. Install pysqlite3 0.6.1 or newer.",
        f"SQLite {found} 可能损坏数据库，需要 {needed} 或更高版本。请安装 pysqlite3 0.6.1 或更高版本。",
    )
