"""Servers beside ours that are worth knowing of: databases, a web server, a gofly that this product may replace.

Told from running processes, else from the port or socket that such a server has by default. No neighbour is spoken to.
"""

from collections.abc import Iterator, Mapping

import msgspec

from installer.facts import Fact, Neighbour
from installer.machine import Machine
from installer.processes import Process
from installer.surroundings import listening

_NAMES: Mapping[str, str] = {
    "postgres": "postgresql",
    "postmaster": "postgresql",
    "valkey-server": "valkey",
    "redis-server": "redis",
    "nginx": "nginx",
    "mysqld": "mysql",
    "mariadbd": "mysql",
    "go-fly": "gofly",
    "gofly": "gofly",
    "goflylivechat": "gofly",
}
_PORTS: Mapping[int, str] = {5432: "postgresql", 6379: "redis", 3306: "mysql"}
_SOCKETS: Mapping[str, str] = {
    "/run/postgresql/.s.PGSQL.5432": "postgresql",
    "/run/mysqld/mysqld.sock": "mysql",
    "/run/valkey/valkey-server.sock": "valkey",
    "/run/redis/redis-server.sock": "redis",
}
_GOFLY_CONFIGURATION = "config/mysql.json"  # below its working folder
_TOLD = {"Server": "host", "Port": "port", "Database": "database", "Username": "user"}  # not its Password


def look(machine: Machine, processes: Fact[tuple[Process, ...]]) -> tuple[Neighbour, ...]:
    """Each kind once, by the strongest signal."""
    found: dict[str, Neighbour] = {}
    for neighbour in (*_by_process(machine, processes.value or ()), *_by_socket(machine), *_by_port(machine)):
        if neighbour.kind == "redis" and "valkey" in found:
            continue  # it listens on the same port
        found.setdefault(neighbour.kind, neighbour)
    return tuple(found[kind] for kind in sorted(found))


def _by_process(machine: Machine, processes: tuple[Process, ...]) -> Iterator[Neighbour]:
    for process in processes:
        kind = _NAMES.get(process.name)
        if kind is not None:
            signal = f"/proc/{process.number}/comm: {process.name}"
            details = _gofly(machine, process.number) if kind == "gofly" else {}
            yield Neighbour(kind=kind, signal=signal, details=details)


def _by_socket(machine: Machine) -> Iterator[Neighbour]:
    for path, kind in _SOCKETS.items():
        try:
            if machine.exists(path):
                yield Neighbour(kind=kind, signal=path)
        except OSError:
            continue  # its folder is closed to us


def _by_port(machine: Machine) -> Iterator[Neighbour]:
    try:
        ports = listening(machine)
    except (OSError, ValueError):
        return
    for port, kind in _PORTS.items():
        if port in ports:
            yield Neighbour(kind=kind, signal=f"/proc/net/tcp: {port}", details={"port": str(port)})


def _gofly(machine: Machine, number: int) -> dict[str, str]:
    """Where its folder is and which database it uses, as far as may be read."""
    try:
        folder = str(machine.path(f"/proc/{number}/cwd").readlink())
        written = msgspec.json.decode(machine.read(f"{folder}/{_GOFLY_CONFIGURATION}"), type=dict[str, object])
    except (OSError, ValueError):
        return {}
    return {"folder": folder, **{told: str(written[key]) for key, told in _TOLD.items() if key in written}}
