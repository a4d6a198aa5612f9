"""Machines made up for the probe: a tree of files, and a kernel that answers what it is told to."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from installer.machine import Machine, Room

GIB = 1 << 30


class FakeKernel(Struct, frozen=True):
    cores: int = 4
    physical: int = 8 * GIB
    limits: tuple[int, int] = (1_024, 524_288)
    numbers: tuple[int, int] = (8, 1)
    synchronised: bool = True
    user_id: int = 0

    def processors(self) -> int:
        return self.cores

    def physical_bytes(self) -> int:
        return self.physical

    def descriptors(self) -> tuple[int, int]:
        return self.limits

    def device(self, path: Path) -> tuple[int, int]:
        return self.numbers

    def room(self, path: Path) -> Room:
        return Room(100 * GIB, 40 * GIB)

    def clock_synchronised(self) -> bool:
        return self.synchronised

    def user(self) -> int:
        return self.user_id


class DeafKernel(FakeKernel, frozen=True):
    """Refuses every question, as a seccomp filter may."""

    def processors(self) -> int:
        raise refusal()

    def physical_bytes(self) -> int:
        raise refusal()

    def descriptors(self) -> tuple[int, int]:
        raise refusal()

    def device(self, path: Path) -> tuple[int, int]:
        raise refusal()

    def room(self, path: Path) -> Room:
        raise refusal()

    def clock_synchronised(self) -> bool:
        raise refusal()


def refusal() -> OSError:
    return PermissionError(errno.EPERM, os.strerror(errno.EPERM))


_USUAL = FakeKernel()


def machine(
    root: Path,
    files: Mapping[str, str] = {},
    *,
    links: Mapping[str, str] = {},
    environ: Mapping[str, str] = {},
    kernel: FakeKernel = _USUAL,
) -> Machine:
    """A machine of these files and links; a name that ends with a slash is an empty folder."""
    for name, text in files.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_text(text)
    for name, target in links.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    return Machine(root, environ, kernel)
