"""What is examined: one data folder, its settings, the machine below it, and what a running server tells of itself."""

import shlex
import shutil
import sys
from pathlib import Path

from msgspec import Struct

from app.folder import Folder
from app.model.clock import Clock
from app.model.errors import Problem
from app.settings import Settings
from installer import layout as places
from installer.layout import Layout, Record
from installer.machine import Machine


class Live(Struct, frozen=True, kw_only=True):
    """What only the server itself knows. Texts that are empty: nothing of the kind.

    `settings` are its own (`settings.to_json`); `changed` names those that a start would bring. `reserved_bytes` are
    all worst cases together, out of `memory_bytes`. `requests` counts since the start; `strangers` are clients whose
    word about others is not taken and from which most requests came with such a word; `unseen` are networks of
    `trusted_proxies` from which none came. `lines_lost` are lines of the log that the disk refused.
    """

    pid: int
    settings: str
    seconds: float
    ports: list[str]
    descriptors: int
    descriptors_max: int
    clock_leaps: int
    clock_leap_seconds: float
    crowds: list[str]
    requests: int
    strangers: list[str]
    unseen: list[str]
    backup_en: str
    backup_zh: str
    certificate_en: str
    certificate_zh: str
    writes_en: str
    writes_zh: str
    memory_percent: int
    left_out: list[str]
    memory_bytes: int
    reserved_bytes: int
    changed: list[str]
    lines_lost: int
    mail_servers: list[str] = []  # that letters leave by, and that they come in by
    mail_en: str = ""
    mail_zh: str = ""
    sources: list[str] = []  # that run, by name
    sources_en: str = ""
    sources_zh: str = ""
    source_failing: str = ""  # the name of the first that does, where it is one that runs


class Subject(Struct, frozen=True, kw_only=True):
    """Everything that a check may look at.

    `holder` is the process that holds the data folder, 0 where none does; `live` is None where there is none or where
    it does not answer. `problem` is why the settings could not be read; then `settings` are the defaults. `prefix` is
    where this program is installed, if it is.
    """

    settings: Settings
    folder: Folder
    machine: Machine
    clock: Clock
    deep: bool
    holder: int
    live: Live | None
    problem: Problem | None = None
    prefix: Path | None = None

    def installation(self) -> tuple[Layout, Record] | None:
        """The installation to which this data folder belongs."""
        record = places.read(self.prefix) if self.prefix else None
        if record is None or self.prefix is None or Path(record.data) != self.folder.root:
            return None
        return record.layout(self.prefix), record

    def command(self, words: str) -> str:
        """One of our own commands over this data folder, for a shell."""
        return f"{self.program()} {words} --data {quoted(self.folder.root)}"

    def program(self) -> str:
        """How a shell here finds us: by name where that leads to us, else by path."""
        installed = self.installation()
        if installed is not None and installed[0].command is None:
            return quoted(installed[0].program)
        by_name = installed is not None or not getattr(sys, "frozen", False) or shutil.which("monodesk")
        return "monodesk" if by_name else quoted(Path(sys.executable))

    def stop(self) -> str:
        """The line that stops the server and waits until it is gone; empty where none runs."""
        if self.holder <= 0:
            return ""
        return self._systemctl("stop") or f"kill {self.holder} && tail --pid={self.holder} -f /dev/null"

    def restart(self) -> str:
        """The line that starts the server anew, or for the first time."""
        by_systemd = self._systemctl("restart")
        if by_systemd:
            return by_systemd
        return " && ".join(line for line in (self.stop(), self.command("serve")) if line)

    def _systemctl(self, verb: str) -> str:
        installed = self.installation()
        if installed is None or installed[0].unit is None:
            return ""
        user = "" if installed[1].target == "systemd" else "--user "
        return f"systemctl {user}{verb} {installed[0].unit.name}"


def quoted(*paths: Path) -> str:
    """Paths as a shell takes them."""
    return shlex.join(map(str, paths))
