"""Who listens on a TCP port, out of /proc: its table of sockets, and whose descriptors lead to the socket."""

from pathlib import Path

from installer.machine import Machine
from installer.processes import running

_LISTENS = "0A"  # a state in /proc/net/tcp
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_INODE = 9  # the column


def listener(machine: Machine, port: int) -> str | None:
    """Its name and number, “a process of another user” where that is not to be seen; None where nobody listens.

    Raises `OSError` where the table of IPv4 cannot be read.
    """
    inodes = _inodes(machine, port)
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in running(machine).value or ():
        if _holds(machine.path(f"/proc/{process.number}/fd"), wanted):
            return f"{process.name} ({process.number})"
    return "a process of another user"


def _inodes(machine: Machine, port: int) -> set[str]:
    found = set()
    for table in _TABLES:
        if not machine.exists(table):
            continue
        for line in machine.read(table).splitlines()[1:]:
            row = line.split()
            if len(row) > _INODE and row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port:
                found.add(row[_INODE])
    return found


def _holds(folder: Path, wanted: set[str]) -> bool:
    try:
        return any(str(entry.readlink()) in wanted for entry in folder.iterdir())
    except OSError:  # it ended meanwhile, or is another user's
        return False
