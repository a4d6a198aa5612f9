"""Files to upgrade to, made from source in a second each: they say their version and write their tree as built ones do.

A tree's `monodesk` runs this Python over the copy of `app/` and `installer/` beside it, changed as a test wants it.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.journeys.appliance import ROOT

_LEFT_OUT = shutil.ignore_patterns("node_modules", "src", "docs", "dist")
_FILE = """#!/bin/sh
case "$1" in
  version) echo '{{"version": "{version}"}}' ;;
  unpack) cp -a {tree} "$2" ;;
  *) exit 2 ;;
esac
"""
_LAUNCHER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
{before}
PYTHONPATH="$here/_internal" exec {python} -P -m app "$@"
"""


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def write_tree(
    folder: Path,
    version: str,
    *,
    steps: Mapping[str, str] = {},
    changes: Mapping[str, tuple[str, str]] = {},
    before: str = "",
    python: str = sys.executable,
) -> Path:
    """A tree of this version; with `steps` more migrations, with `changes` (file: old text, new text) of its source.

    `before` are lines of shell that run first; `python` is what runs it.
    """
    inside = folder / "_internal"
    for name in ("app", "installer"):
        shutil.copytree(ROOT / name, inside / name, ignore=_LEFT_OUT)
    shutil.copytree(ROOT / "app/web/dist", inside / "app/web/dist", copy_function=_linked)
    (inside / "app/__init__.py").write_text(f'__version__ = "{version}"\n')
    for name, sql in steps.items():
        (inside / "app/storage/migrations" / name).write_text(sql)
    for name, (old, new) in changes.items():
        text = (inside / name).read_text()
        assert old in text, f"{name} has no {old}"
        (inside / name).write_text(text.replace(old, new))
    launcher = folder / "monodesk"
    launcher.write_text(_LAUNCHER.format(python=shlex.quote(python), before=before))
    launcher.chmod(0o755)
    return folder


def write_file(
    path: Path,
    version: str,
    *,
    steps: Mapping[str, str] = {},
    changes: Mapping[str, tuple[str, str]] = {},
    before: str = "",
    python: str = sys.executable,
) -> Path:
    """The file whose tree is that of `write_tree`."""
    folder = path.with_name(f".{path.name}.tree")
    tree = write_tree(folder, version, steps=steps, changes=changes, before=before, python=python)
    path.write_text(_FILE.format(version=version, tree=shlex.quote(str(tree))))
    path.chmod(0o755)
    return path
