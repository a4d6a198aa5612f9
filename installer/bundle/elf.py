"""Which C library a file of machine code asks for: read off its version references by objdump (binutils)."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from installer.bundle.interpreter import GLIBC

_SYMBOL = re.compile(r"GLIBC_(\d+)\.(\d+)")


def newest_glibc(file: Path) -> tuple[int, int]:
    """The highest version of glibc that `file` asks for; (0, 0) where it asks for none."""
    command = ("objdump", "-T", str(file))
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return max(((int(major), int(minor)) for major, minor in _SYMBOL.findall(shown)), default=(0, 0))


def too_new(files: Iterable[Path]) -> list[str]:
    """Those that would not start on the oldest system that we promise, each with what it asks for."""
    found = [(file, newest_glibc(file)) for file in files]
    return [f"{file.name} ({major}.{minor})" for file, (major, minor) in found if (major, minor) > GLIBC]
