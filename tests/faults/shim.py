"""The shim that lets one call fail: built from `shim.c` once, told by a mapped file what is to fail."""

import errno
import fcntl
import hashlib
import mmap
import re
import struct
import subprocess
from pathlib import Path
from typing import Self

from msgspec import Struct

_SOURCE = Path(__file__).with_name("shim.c")
_CACHE = Path.home() / ".cache" / "monodesk"
_SEEN_MAX, _NAME_BYTES = 8192, 96
_HEAD_BYTES = 32
_FEW = 6
_EVERY = 2**32 - 1
_RANDOM = re.compile(r"[0-9a-z]{20,}|(?<=/)[0-9a-z]{2}(?=/|$)")
ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EROFS": errno.EROFS}


def built() -> Path:
    """The shared object, compiled where it is not yet there."""
    digest = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]
    _CACHE.mkdir(parents=True, exist_ok=True)
    made = _CACHE / f"fault-shim-{digest}.so"
    with (_CACHE / "fault-shim.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            partial = made.with_suffix(".part")
            command = ["gcc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(partial), str(_SOURCE), "-ldl"]
            subprocess.run(command, check=True, timeout=120)
            partial.rename(made)
    return made


class Call(Struct, frozen=True):
    """The call of this number: what and on which file, random names made alike."""

    number: int
    what: str


class Shim:
    """Watches a server over the data folder `data`, which is started with `environment`."""

    def __init__(self, data: Path) -> None:
        control = data.with_name(f"{data.name}.faults")
        control.write_bytes(bytes(_HEAD_BYTES + _SEEN_MAX * _NAME_BYTES))
        with control.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self.environment = {
            "LD_PRELOAD": str(built()),
            "FAULT_SHIM_FOLDER": f"{data}/",
            "FAULT_SHIM_CONTROL": str(control),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._map.close()

    def arm(self, nth: int, error: str) -> None:
        """From now on count; the call number `nth` fails, 0 for none."""
        self.rest()
        self._map[:20] = struct.pack("=IIiII", 0, nth, ERRORS[error], 0, 0)
        self._map[:4] = struct.pack("=I", 1)

    def read_only(self) -> None:
        """From now on every write below the folder is refused (EROFS), until `rest`."""
        self.arm(_EVERY, "EROFS")

    def rest(self) -> None:
        """Nothing fails and nothing counts any more."""
        self._map[:4] = bytes(4)

    @property
    def failed(self) -> bool:
        """Whether the call came that was to fail."""
        return bool(struct.unpack("=I", self._map[16:20])[0])

    @property
    def calls(self) -> list[Call]:
        """All that were counted since it was armed."""
        count = min(struct.unpack("=I", self._map[12:16])[0], _SEEN_MAX)
        names = (self._map[_HEAD_BYTES + _NAME_BYTES * n :][:_NAME_BYTES] for n in range(count))
        texts = (name.split(b"\0")[0].decode(errors="replace") for name in names)
        return [Call(number, _RANDOM.sub("*", text)) for number, text in enumerate(texts, 1)]


def chosen(calls: list[Call], *, every: bool) -> list[int]:
    """Which numbers to try: each one and the first that did not come, or the first few and two of each kind."""
    if every:
        return [*(call.number for call in calls), len(calls) + 1]
    few = range(1, min(_FEW, len(calls)) + 1)
    kinds: dict[str, list[int]] = {}
    for call in calls:
        kinds.setdefault(call.what, []).append(call.number)
    return sorted({*few, *(number for numbers in kinds.values() for number in (numbers[0], numbers[-1]))})
