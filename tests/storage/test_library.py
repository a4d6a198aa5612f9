"""The library that could corrupt a database is refused, and ours takes its place before anybody imports it."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.model.errors import Problem
from app.storage.library import OLDEST, check


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2), (2, 99, 99)])
def test_an_old_library_is_refused_in_both_languages(version: tuple[int, ...]) -> None:
    with pytest.raises(Problem) as refused:
        check(version)
    found = ".".join(map(str, version))
    for language, words in (("en", "Install pysqlite3"), ("zh-CN", "请安装")):
        assert found in refused.value.text(language)
        assert "3.51.3" in refused.value.text(language)
        assert words in refused.value.text(language)


@pytest.mark.parametrize("version", [OLDEST, (3, 51, 4), (3, 53, 4), (4, 0, 0)])
def test_a_mended_library_is_taken(version: tuple[int, ...]) -> None:
    check(version)


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60).stdout


def test_everybody_after_it_gets_ours() -> None:
    out = run(
        "from app.storage.library import install; install(); import sqlite3, aiosqlite, pysqlite3, sqlite3.dbapi2\n"
        "print(sqlite3 is pysqlite3, aiosqlite.core.sqlite3 is pysqlite3, sqlite3.sqlite_version_info >= (3, 51, 3))"
    )
    assert out == "True True True\n"


def test_coming_too_late_is_a_defect() -> None:
    out = run(
        "import aiosqlite\nfrom app.model.errors import Defect\nfrom app.storage.library import install\n"
        "try: install()\nexcept Defect as defect: print(defect)"
    )
    assert "before storage.library.install" in out


def test_the_engine_without_it_is_a_defect(tmp_path: Path) -> None:
    out = run(
        "import asyncio, sqlite3, pathlib\n"
        "from app.model.errors import Defect\nfrom app.model.clock import SystemClock\n"
        "from app.settings import Settings\nfrom app.storage.sqlite import SqliteDatabase\n"
        "sqlite3.sqlite_version_info = (3, 40, 1)\n"
        f"path = pathlib.Path({str(tmp_path)!r}) / 'x.db'\n"
        "try: asyncio.run(SqliteDatabase.open(path, Settings(), SystemClock(), print))\n"
        "except Defect as defect: print(defect, path.exists())"
    )
    assert "install was not called" in out
    assert "False" in out
