"""What a server stands on, for the application, which knows nothing of the installer."""

import os
import sys
from pathlib import Path

import msgspec

from app.commands.config import explained
from app.commands.tuned import Tuned
from app.model.errors import Problem
from app.model.server import Ground, Setting
from installer import layout
from installer.machine import Machine
from installer.probe import resources
from installer.signature import release_keys

_UNSET = "default"
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io/serviceaccount")


def ground(tuned: Tuned) -> Ground:
    """As it is found now: a few files are read (1.5 ms)."""
    have = resources(Machine(environ=os.environ), tuned.settings.data)
    frozen = bool(getattr(sys, "frozen", False))
    return Ground(
        installed_as=_installed_as() if frozen else "source",
        development=frozen and not release_keys(),
        memory_bytes=have.memory_bytes,
        memory_limited=have.limited,
        processors=have.cores,
        disk_kind=have.disk_kind.value or "unknown",
        settings=tuple(_settings(tuned)),
    )


def _installed_as() -> str:
    """The target of the installation that this program belongs to; where there is none, a container or a bare file."""
    try:
        prefix = layout.prefix_of(Path(sys.executable))
        record = layout.read(prefix) if prefix else None
    except Problem:  # damaged; what it is called is not worth a start
        record = None
    if record is not None:
        return record.target
    return "container" if any(Path(mark).exists() for mark in _CONTAINER_MARKS) else "file"


def _settings(tuned: Tuned) -> list[Setting]:
    return [
        Setting(key, msgspec.json.encode(value).decode(), origin, reason.en, reason.zh)
        for key, value, origin, reason in explained(tuned)
        if origin != _UNSET
    ]
