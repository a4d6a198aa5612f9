"""Files that come after the one in dist/: another version, more migrations, a fault; in a second each.

They are the file that `make binary` left, written anew by the Python that packed it (`repack.py`).
"""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from app.storage.migrations import migrations
from installer.bundle.environment import environment, variables
from installer.bundle.interpreter import interpreter
from installer.signature import KEYS
from tests.binary.repack import Changes
from tests.journeys.appliance import ROOT

BINARY = ROOT / "dist" / "monodesk"
TABLE = "-- one more table\nCREATE TABLE {name} (x INTEGER);\n"
# Goes through on the copy for the rehearsal and fails on the database itself: what no rehearsal foresees.
FAILS_HERE_ALONE = """
CREATE TABLE here (path TEXT CHECK (path LIKE '%/run/rehearsal/%'));
INSERT INTO here SELECT file FROM pragma_database_list WHERE name = 'main';
"""
FAILS = "INSERT INTO nowhere VALUES (1);\n"
# It has migrated the database and built every room; then, where it should open its doors, it waits for ever.
HANGS = {"app/appliance.py": ("    await http.start()\n", "    await asyncio.sleep(600)\n")}


def step(count: int, sql: str) -> dict[str, str]:
    """The migration that comes `count` after the last one of this source."""
    return {f"app/storage/migrations/{len(migrations()) + count:04}_later.sql": sql}


def later(
    folder: Path,
    version: str,
    *,
    steps: Mapping[str, str] = {},
    changes: Mapping[str, tuple[str, str]] = {},
    keys: str = "",
) -> Path:
    """A file of this version in `folder`; with `changes` (module: old text, new text), and `keys` that it knows."""
    assert BINARY.exists(), "run `make binary` first"
    modules = {name: _changed(name, *texts) for name, texts in changes.items()}
    modules["app/__init__.py"] = f'__version__ = "{version}"\n'
    files = {**steps, **({f"installer/{KEYS}": keys} if keys else {})}
    return repacked(BINARY, folder / f"monodesk-{version}", modules, files)


def repacked(file: Path, target: Path, modules: dict[str, str], files: dict[str, str]) -> Path:
    """`file`, written anew as `target` with these modules and files."""
    python = interpreter()
    with tempfile.TemporaryDirectory() as beside:
        told = Path(beside) / "changes.json"
        told.write_bytes(msgspec.json.encode(Changes(modules, files)))
        command = (environment(python) / "bin" / "python", "-m", "tests.binary.repack", file, target, told)
        subprocess.run(command, cwd=ROOT, env=variables(python), check=True)
    return target


def _changed(name: str, old: str, new: str) -> str:
    text = (ROOT / name).read_text()
    assert text.count(old) == 1, f"{name} has not once {old}"
    return text.replace(old, new)
