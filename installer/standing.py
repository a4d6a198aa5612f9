"""What of an installation is there already: read from the disk and from the system, before anything is planned."""

import os
import pwd
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from installer import layout as places
from installer.layout import Layout, Record
from installer.programs import Programs

# What the data folder of a server may hold before it was ever started, and what says that it is one.
_DATA = frozenset({"monodesk.db", "config.toml", "keys", "files", "run"})
_OWN = frozenset({"versions", "current", "upgrade.json", ".upgrade.lock", "healer", "incoming", "data", "install.json"})


class Standing(Struct, frozen=True, kw_only=True):
    """What was found. Paths are absolute; digests SHA-256.

    `source` is the running file; `owner` who owns the data folder, empty where there is none or it has no name.
    `strange` names what lies in the way and was not put there by us.
    """

    record: Record | None = None
    source: str = ""
    current: str = ""
    tree: dict[str, str] = {}
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    folders: frozenset[str] = frozenset()
    owner: str = ""
    user: bool = False
    enabled: bool = False
    active: bool = False
    port_open: bool = False
    semanage: bool = False
    strange: tuple[str, ...] = ()


def look(
    layout: Layout, version: str, source: Path, user: str, paths: Iterable[Path], programs: Programs, port: str = ""
) -> Standing:
    """What is there of `layout`; `paths` are the files and links that a plan may write."""
    record = places.read(layout.prefix)
    known = [path for path in paths if path.is_file() and not path.is_symlink()]
    tree = layout.version(version)
    return Standing(
        record=record,
        source=places.digest(source),
        current=layout.points_to(),
        tree=places.digests(tree) if tree.is_dir() else {},
        files={str(path): places.digest(path) for path in known},
        links={str(path): str(path.readlink()) for path in paths if path.is_symlink()},
        folders=frozenset(str(path) for path in _folders(layout) if path.is_dir()),
        owner=_owner(layout.data),
        user=_is_user(user),
        enabled=_systemctl(layout, programs, "is-enabled"),
        active=_systemctl(layout, programs, "is-active"),
        port_open=bool(port) and programs.says("firewall-cmd", "--permanent", f"--query-port={port}") == "yes",
        semanage=programs.has("semanage"),
        strange=tuple(_strange(layout, record)),
    )


def _folders(layout: Layout) -> list[Path]:
    """Every folder above and of the installation, to know later which of them were made."""
    ends = [layout.versions, layout.data, *(path.parent for path in layout.outside)]
    return [folder for end in ends for folder in (end, *end.parents)]


def _strange(layout: Layout, record: Record | None) -> list[str]:
    """Who finds something else in a place of ours must not overwrite it, and must not remove it later."""
    found = []
    data = layout.data
    names = {path.name for path in data.iterdir()} if data.is_dir() and os.access(data, os.R_OK) else set()
    if names and not names & _DATA:
        found.append(str(data))
    if record is None:
        prefix = layout.prefix
        if prefix.is_dir() and {path.name for path in prefix.iterdir()} - _OWN:
            found.append(str(prefix))
        found += [str(path) for path in layout.outside if path.exists() or path.is_symlink()]
    return found


def _owner(data: Path) -> str:
    try:
        return pwd.getpwuid(data.stat().st_uid).pw_name
    except (OSError, KeyError):
        return ""


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _systemctl(layout: Layout, programs: Programs, question: str) -> bool:
    if layout.unit is None or not layout.unit.exists():
        return False
    whose = () if layout.target == "systemd" else ("--user",)
    return programs.says("systemctl", *whose, question, layout.unit.name) is not None
