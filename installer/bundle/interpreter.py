"""The Python of the one file: built from Debian's source package in a Debian 11 tree, so that glibc 2.31 will do.

Trixie's sources, because they are maintained; bullseye's tree, because its C library is the oldest that a mirror still
offers. Versions are not pinned: the archive keeps only the newest, and a pin would fail on the day of a security
update. What was taken is written beside it and stands in the bill of materials.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from installer.bundle.chroot import CACHE, inside, locked, sources, tree

GLIBC = (2, 31)  # of Debian 11 and Ubuntu 20.04
PACKAGES = ("python3.13", "openssl", "zlib", "xz-utils", "bzip2", "libffi", "expat")
SUITES = ("trixie", "sid")  # the second only for what the mirror lacks in the first
TOOLS = ("build-essential", "pkg-config", "autoconf", "automake", "libtool", "xz-utils", "dpkg-dev")
OPTIONS = ""
RECIPE = Path(__file__).with_suffix(".sh")


def interpreter() -> Path:
    """Folder of the finished Python (`bin/`, `lib/`, `parts/`), built where the cache lacks it: minutes, root, apt."""
    folder = CACHE / f"python-{_key()}"
    with locked("python"):
        if not folder.exists():
            _build(folder)
    return folder


def in_compiler_tree(folder: Path, command: Sequence[str]) -> None:
    """Run `command` in `folder`, with the C compiler of the Debian 11 tree: for what has to start on an old system."""
    inside(tree("bullseye", *TOOLS), folder, command)


def _key() -> str:
    recipe = f"{PACKAGES} {SUITES} {TOOLS} {OPTIONS} {RECIPE.read_text()}"
    return hashlib.sha256(recipe.encode()).hexdigest()[:12]


def _build(folder: Path) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="python-work-") as name:
        work = Path(name)
        work.chmod(0o755)
        (work / "sources").mkdir()
        versions = sources(PACKAGES, SUITES, work / "sources")
        print(f"Building {', '.join(f'{name} {version}' for name, version in versions.items())}: minutes", flush=True)
        shutil.copy(RECIPE, work / "recipe.sh")
        settings = (f"JOBS={len(os.sched_getaffinity(0))}", f"PYTHON_OPTIONS={OPTIONS}")
        in_compiler_tree(work, ("env", *settings, "sh", "recipe.sh"))
        done = work / "out" / "python"
        versions["gcc-10"] = (done / "parts" / "gcc-10.version").read_text()
        (done / "parts" / "versions.json").write_text(json.dumps(versions, indent=1, sort_keys=True))
        done.rename(folder)
