"""The clean environment that the file is packed from: what run.txt and build.txt lock, and nothing besides."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer.bundle.chroot import CACHE, Unbuildable, locked
from installer.bundle.elf import needlessly_needed
from installer.bundle.interpreter import GLIBC

# Read by pip (PEP 600): of a package with several wheels the one that is old enough is taken.
_MANYLINUX = """
def manylinux_compatible(major, minor, architecture):
    return (major, minor) <= {glibc}
"""
ROOT = Path(__file__).parent.parent.parent
LOCKS = (ROOT / "requirements" / "run.txt", ROOT / "requirements" / "build.txt")


def environment(prefix: Path | None) -> Path:
    """Folder of a virtual environment of the Python at `prefix`, None for the one that runs this; made where absent."""
    folder = CACHE / f"environment-{_key(prefix)}"
    with locked("environment"):
        if not folder.exists():
            try:
                _make(folder, prefix)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
    return folder


def variables(prefix: Path | None) -> Mapping[str, str]:
    """What processes of that Python need around them: its libraries are named nowhere in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept if prefix is None else {**kept, "LD_LIBRARY_PATH": str(prefix / "lib")}


def _key(prefix: Path | None) -> str:
    python = str(prefix) if prefix else f"{Path(sys.executable).resolve()} {sys.version}"
    parts = (python.encode(), _MANYLINUX.encode(), *(path.read_bytes() for path in LOCKS))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _make(folder: Path, prefix: Path | None) -> None:
    python = prefix / "bin" / "python3" if prefix else Path(sys.executable)
    names = [argument for path in LOCKS for argument in ("-r", str(path))]
    pip = (
        sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet",
        "--disable-pip-version-check", "--require-hashes", "--only-binary=:all:", *names,
    )  # fmt: skip
    _run((str(python), "-m", "venv", "--without-pip", str(folder)), prefix)
    if prefix:
        packages = next((folder / "lib").glob("python3*")) / "site-packages"
        (packages / "_manylinux.py").write_text(_MANYLINUX.format(glibc=GLIBC))
    _run(pip, prefix)
    if prefix:
        _forget_compilers(folder, packages, prefix)


def _forget_compilers(folder: Path, packages: Path, prefix: Path) -> None:
    """No module names a library that it uses nothing of: packed, it would want a newer C library than promised."""
    for module in sorted(packages.rglob("*.so")):
        for name in needlessly_needed(module):
            _run((str(folder / "bin" / "patchelf"), "--remove-needed", name, str(module)), prefix)


def _run(command: Sequence[str], prefix: Path | None) -> None:
    if subprocess.run(command, env=variables(prefix), check=False).returncode:
        raise Unbuildable("The environment to pack from could not be made; the lines above say why.")
