"""From PyInstaller's source distribution, whose hash is locked, to the finished bootloader."""

import fcntl
import hashlib
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
OURS = Path(__file__).parent
CACHE = Path("~/.cache/monodesk").expanduser()
OPENER = ROOT / "requirements" / "bootloader.txt"
SOURCES = ("hooks.patch", "monodesk.c", "monodesk.h", "compile.sh")
_PACKAGE = "pyinstaller"
_LOCKED = re.compile(rf"^{_PACKAGE}==.*(?:\n    --hash=.*)+", re.MULTILINE)

Compile = Callable[[Path, Sequence[str]], None]  # runs the command in that folder


class Unbuildable(SystemExit):
    """What this machine lacks, in one sentence; the build ends with it."""


def bootloader(libc_minor: int | None = None, compiled: Compile | None = None) -> Path:
    """The finished bootloader, built where the cache lacks it: seconds, and pip once for the source.

    `libc_minor`: N of the oldest glibc 2.N that the file is for, else this machine's; `compiled`: where the compiler is
    to run, else on this machine.
    """
    minor = libc_minor if libc_minor is not None else _libc_minor_here()
    folder = CACHE / f"bootloader-{_key(minor, here=compiled is None)}"
    with _locked("bootloader"):
        if not folder.exists():
            _build(folder, minor, compiled or _here)
    return folder / "run"


def _build(folder: Path, minor: int, compiled: Compile) -> None:
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="bootloader-work-") as name:
        work = Path(name)
        work.chmod(0o755)
        source = _opened(_source(work), work) / "bootloader"
        for ours in ("monodesk.c", "monodesk.h"):
            shutil.copy(OURS / ours, source / "src")
        shutil.copy(OURS / "compile.sh", source)
        # Without fuzz: where PyInstaller's code has changed, somebody has to look.
        patch = ("patch", "-p0", "--fuzz=0", "--no-backup-if-mismatch", "--silent")
        _run(patch, source, given=(OURS / "hooks.patch").read_text())
        compiled(source, ("sh", "compile.sh", str(minor)))
        done = work / "done"
        done.mkdir(mode=0o755)
        (source / "run").rename(done / "run")
        done.rename(folder)


def _source(work: Path) -> Path:
    """The source distribution, by pip; its build backend is locked too, because pip asks it for the package's name."""
    environment = work / "pip"
    python = str(environment / "bin" / "python")
    asked = work / "asked.txt"
    asked.write_text(_lock() + "\n")
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run((sys.executable, "-m", "venv", str(environment)), work)
    _run((*pip, "install", "--require-hashes", "--only-binary=:all:", "-r", str(OPENER)), work)
    _run(
        (*pip, "download", "--require-hashes", "--no-deps", "--no-build-isolation", f"--no-binary={_PACKAGE}",
         "--dest", str(work / "source"), "-r", str(asked)), work,
    )  # fmt: skip
    return next((work / "source").glob(f"{_PACKAGE}-*.tar.gz"))


def _opened(source: Path, work: Path) -> Path:
    with tarfile.open(source) as archive:
        archive.extractall(work, filter="data")
    return work / source.name.removesuffix(".tar.gz")


def _lock() -> str:
    """The lines that lock PyInstaller, of whichever lock holds it: the packer and its bootloader are one version."""
    texts = [path.read_text() for path in sorted((ROOT / "requirements").glob("*.txt"))]
    return next(found.group() for text in texts if (found := _LOCKED.search(text)))


def _key(minor: int, *, here: bool) -> str:
    parts = [str(minor).encode(), _lock().encode(), *((OURS / name).read_bytes() for name in SOURCES)]
    if here:
        parts.append(_compiler_here())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _compiler_here() -> bytes:
    for program in ("gcc", "patch"):
        if not shutil.which(program):
            raise Unbuildable(
                f"The bootloader is compiled, for which this machine needs {program}: apt install {program}."
            )
    return subprocess.run(("gcc", "--version"), capture_output=True, check=True).stdout


def _libc_minor_here() -> int:
    name, version = platform.libc_ver()
    if name != "glibc":
        raise Unbuildable("The one file is built on Linux with glibc alone.")
    return int(version.split(".")[1])


def _here(folder: Path, command: Sequence[str]) -> None:
    _run(command, folder)


def _run(command: Sequence[str], folder: Path, given: str | None = None) -> None:
    done = subprocess.run(
        command, cwd=folder, input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise Unbuildable(f"{done.stdout[-4000:]}\n{' '.join(command[:4])} failed; its last words are above.")


@contextmanager
def _locked(name: str) -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
