"""The data folder: everything the appliance keeps, and the lock that lets one process serve it.

Called by `appliance` and `cli`. Nothing is written outside this folder.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.model.errors import Conflict, Unavailable

_ROOMS = ("files", "keys", "adapters", "backups", "logs", "run")
_PRIVATE = 0o700


class Folder:
    """Where things lie under the data folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.database = self.root / "monodesk.db"
        self.files = self.root / "files"
        self.logs = self.root / "logs"
        self.backups = self.root / "backups"
        self.lock = self.root / "run" / "lock"
        self.control = self.root / "run" / "control.sock"
        self.core = self.root / "run" / "core.sock"
        self.http = self.root / "run" / "http.sock"

    def exists(self) -> bool:
        """Whether something is kept here already."""
        return self.database.exists()

    def create(self) -> None:
        """Make the folder and its rooms, readable by the owner alone; raises `Unavailable` where that is impossible."""
        try:
            self.root.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            for room in _ROOMS:
                (self.root / room).mkdir(mode=_PRIVATE, exist_ok=True)
        except OSError as error:
            raise _unusable(self.root, error) from error

    def holder(self) -> int:
        """The process that holds the folder; 0 where none does."""
        try:
            descriptor = os.open(self.lock, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return 0
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.read(descriptor, 32).decode(errors="replace").strip()
            return int(text) if text.isdecimal() else -1
        finally:
            os.close(descriptor)
        return 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this process; a second one is refused with the first one's pid.

        The lock is the kernel's (flock): it ends with the process, however that ends.
        """
        self.create()
        try:
            descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(self.root, error) from error
        try:
            self._hold(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _hold(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        except BlockingIOError as error:
            raise _served_by(os.read(descriptor, 32).decode(errors="replace").strip(), self.root) from error
        except OSError as error:
            raise _unusable(self.root, error) from error


def _unusable(root: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "data_folder_unusable",
        f"The data folder {root} cannot be used: {error.strerror}. Mend that, or name another one with --data.",
        f"数据目录 {root} 无法使用：{error.strerror}。请先解决该问题，或用 --data 指定其他目录。",
    )


def _served_by(pid: str, root: Path) -> Conflict:
    return Conflict(
        "already_served",
        f"Process {pid} already serves {root}. Stop it first, or name another folder with --data.",
        f"进程 {pid} 正在使用 {root}。请先停止该进程，或用 --data 指定其他目录。",
    )
