"""What a machine holds and what runs on it, so that what was there before can be compared with what is there after."""

import hashlib
import os
import re
import stat
from collections import Counter
from pathlib import Path

from msgspec import Struct

from tests.machines.machine import Machine

# What differs from boot to boot or belongs to the test, and the copies that useradd keeps of what was before.
_RESTLESS = re.compile(r"/(proc|sys|dev|run|tmp|root|var/(log|tmp|cache|lib/systemd|lib/private))(/|$)")
_COPIES = re.compile(r"/etc/((passwd|group|shadow|gshadow|subuid|subgid)-|\.pwd\.lock|machine-id|\.updated)")
_OURS = ("find", "/run", "/tmp", "/dev/shm", "/var", "(", "-iname", "*monodesk*", "-o", "-name", "_MEI*", ")")
_LISTENING = "0A"  # Linux, include/net/tcp_states.h


class Traces(Struct, frozen=True):
    """Of a running machine. `files` by path with mode, owner and content; `ours` are names that speak of us."""

    files: dict[str, str]
    unit_files: list[str]
    failed: list[str]
    processes: dict[str, int]
    listening: list[str]
    ours: list[str]


def traces(machine: Machine) -> Traces:
    """Of all of it, the users in /etc/passwd and the links included."""

    def lines(*command: str) -> list[str]:
        return sorted(machine.run(*command).stdout.splitlines())

    sockets = [line.split() for name in ("tcp", "tcp6") for line in lines("cat", f"/proc/net/{name}")]
    return Traces(
        files=files(machine.root),
        unit_files=lines("systemctl", "list-unit-files", "--no-legend", "--plain"),
        failed=lines("systemctl", "list-units", "--failed", "--no-legend", "--plain"),
        processes=dict(Counter(name for name in machine.processes() if not name.startswith("("))),
        listening=sorted(words[1] for words in sockets if len(words) > 3 and words[3] == _LISTENING),
        ours=lines(*_OURS),
    )


def files(root: Path) -> dict[str, str]:
    """Each path of a machine with what it is: mode, owner and content."""
    found = {}
    for folder, folders, names in os.walk(root):
        below = "/" + str(Path(folder).relative_to(root)).removeprefix(".")
        folders[:] = [name for name in folders if not _RESTLESS.match(f"{below.rstrip('/')}/{name}")]
        for name in (*folders, *names):
            path, shown = Path(folder, name), f"{below.rstrip('/')}/{name}"
            if not _COPIES.match(shown):
                found[shown] = _what(path)
    return found


def _what(path: Path) -> str:
    told = path.lstat()
    content = ""
    if stat.S_ISLNK(told.st_mode):
        content = str(path.readlink())
    elif stat.S_ISREG(told.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{told.st_mode:o} {told.st_uid} {told.st_gid} {content}"
