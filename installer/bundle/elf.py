"""Which libraries a file of machine code asks for: read off by objdump (binutils)."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from installer.bundle.interpreter import GLIBC

_SYMBOL = re.compile(r"GLIBC_(\d+)\.(\d+)")
_NEEDED = re.compile(r"NEEDED +(\S+)")
# Libraries of compilers, named by linkers though nothing of them may be used, and how their symbols' versions begin.
_OF_COMPILERS = {"libstdc++.so.6": ("GLIBCXX_", "CXXABI_"), "libgcc_s.so.1": ("GCC_",)}


def newest_glibc(file: Path) -> tuple[int, int]:
    """The highest version of glibc that `file` asks for; (0, 0) where it asks for none."""
    asked = _SYMBOL.findall(_shown("-T", file))
    return max(((int(major), int(minor)) for major, minor in asked), default=(0, 0))


def needlessly_needed(file: Path) -> list[str]:
    """Libraries of compilers that must be there for `file` to load although it uses nothing of them."""
    needed = set(_NEEDED.findall(_shown("-p", file))) & set(_OF_COMPILERS)
    if not needed:
        return []
    used = _shown("-T", file)
    return sorted(name for name in needed if not any(version in used for version in _OF_COMPILERS[name]))


def too_new(files: Iterable[Path]) -> list[str]:
    """Those that would not start on the oldest system that we promise, each with what it asks for."""
    found = [(file, newest_glibc(file)) for file in files]
    return [f"{file.name} ({major}.{minor})" for file, (major, minor) in found if (major, minor) > GLIBC]


def _shown(how: str, file: Path) -> str:
    return subprocess.run(("objdump", how, str(file)), capture_output=True, text=True, check=True).stdout
