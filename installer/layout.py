"""Where an installed Monodesk lies, and the record of what was put there.

    <prefix>/versions/<version>/   the program of one version: `monodesk` and `_internal/`
    <prefix>/current               link to `versions/<version>`, changed by a rename: old or new, nothing between
    <prefix>/install.json          what was installed: `uninstall` removes that and nothing else
    <prefix>/healer                while an upgrade is under way, link to the version that ends it before a start

On a machine with systemd the prefix is /opt/monodesk, the data lie in /var/lib/monodesk and /usr/local/bin/monodesk
leads to the program. Without any right the same lies in a folder of the user's own, the data in `<prefix>/data`.
"""

import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from app.model.errors import Invalid, NotFound

Target = Literal["systemd", "portable"]
PROGRAM = "monodesk"
HEALER = "healer"
DRAFTS = (".current.new", ".healer.new", ".install.json.new", ".upgrade.json.new")  # renamed once they are whole
_RECORD = "install.json"
_PIECE_BYTES = 1_048_576
_READABLE = 0o644


class Layout(Struct, frozen=True):
    """The places of one installation. `command` and `unit` are None where nothing outside the prefix is touched."""

    target: Target
    prefix: Path
    data: Path
    command: Path | None = None
    unit: Path | None = None

    @property
    def versions(self) -> Path:
        return self.prefix / "versions"

    @property
    def current(self) -> Path:
        return self.prefix / "current"

    @property
    def program(self) -> Path:
        """What is started: it stays the same path over every upgrade."""
        return self.current / PROGRAM

    @property
    def healer(self) -> Path:
        """There while an upgrade is under way: it leads to the version that was there before, which is known to run."""
        return self.prefix / HEALER

    @property
    def completion(self) -> Path | None:
        """Where bash-completion looks for what completes the command (its README, "Where should I put it")."""
        if self.command is None:
            return None
        return self.command.parent.parent / "share" / "bash-completion" / "completions" / self.command.name

    @property
    def outside(self) -> list[Path]:
        """What lies outside the prefix, the data apart."""
        return [path for path in (self.command, self.unit, self.completion) if path]

    def version(self, version: str) -> Path:
        """The folder of one version's program."""
        return self.versions / version

    def points_to(self) -> str:
        """The version that `current` leads to; empty where there is none."""
        return self.current.readlink().name if self.current.is_symlink() else ""


def of_systemd(prefix: Path | None = None, data: Path | None = None) -> Layout:
    """The places under systemd."""
    return Layout(
        target="systemd",
        prefix=prefix or Path("/opt/monodesk"),
        data=data or Path("/var/lib/monodesk"),
        command=Path("/usr/local/bin") / PROGRAM,
        unit=Path("/etc/systemd/system/monodesk.service"),
    )


def of_portable(prefix: Path, data: Path | None = None, unit: Path | None = None) -> Layout:
    """The places in one folder of a user's own; `unit` is that of his own systemd, if he has one."""
    return Layout(target="portable", prefix=prefix, data=data or prefix / "data", unit=unit)


class Record(Struct, frozen=True, kw_only=True):
    """What was installed. Paths are absolute, digests SHA-256 in hexadecimal.

    `previous` is the version to which `rollback` leads, empty before the first upgrade. `files` were written outside
    `versions/` and `links` made, by path; `folders` were made, the outermost first. `tree` are the files of the current
    version below its folder, `source` is the digest of the one file from which they came. `user` was made by us,
    `port` opened in the firewall, `label` is the pattern that was taught to SELinux.
    """

    target: Target
    version: str
    data: str
    source: str
    previous: str = ""
    command: str = ""
    unit: str = ""
    user: str = ""
    port: str = ""
    label: str = ""
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    folders: list[str] = []
    tree: dict[str, str] = {}

    def layout(self, prefix: Path) -> Layout:
        """The places that this record speaks of."""
        return Layout(
            target=self.target,
            prefix=prefix,
            data=Path(self.data),
            command=Path(self.command) if self.command else None,
            unit=Path(self.unit) if self.unit else None,
        )


def file_of(prefix: Path) -> Path:
    """Where the record of an installation at `prefix` lies."""
    return prefix / _RECORD


def read(prefix: Path) -> Record | None:
    """The record of the installation at `prefix`; None where there is none; raises `Invalid` where it is unreadable."""
    path = file_of(prefix)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except msgspec.MsgspecError as error:
        raise Invalid(
            "install_record_damaged",
            f"{path} cannot be read: {error}. Put it back from a backup, or remove {prefix} by hand and install again.",
            f"无法读取 {path}：{error}。请从备份中恢复该文件，或手动删除 {prefix} 后重新安装。",
        ) from error


def write(prefix: Path, record: Record) -> None:
    """Replace the record whole: it is the old one or the new one, also after a power cut."""
    path = file_of(prefix)
    draft = path.with_name(f".{_RECORD}.new")
    with draft.open("wb") as file:
        os.fchmod(file.fileno(), _READABLE)  # commands of any user read where the data lie
        file.write(msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(prefix)


def point(layout: Layout, version: str) -> None:
    """Let `current` lead to `version`, in one step."""
    _lead(layout.current, version)


def call_healer(layout: Layout, version: str) -> None:
    """From now on `version` looks after a broken-off upgrade before anything is started."""
    _lead(layout.healer, version)


def dismiss_healer(layout: Layout) -> None:
    """Nothing is broken off any more, and of what was cut off in the middle of a word nothing is left."""
    for name in (HEALER, *DRAFTS):
        (layout.prefix / name).unlink(missing_ok=True)
    sync(layout.prefix)


def _lead(link: Path, version: str) -> None:
    draft = link.with_name(f".{link.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(Path("versions") / version)
    draft.replace(link)
    sync(link.parent)


def sync(folder: Path) -> None:
    """Have the disk keep which names the folder holds (fsync of a directory)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    whole = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            whole.update(piece)
    return whole.hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Each file below a folder with its SHA-256, by relative path; a link counts as what it says."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(folder))] = sha256(os.fsencode(path.readlink())).hexdigest()
        elif path.is_file():
            found[str(path.relative_to(folder))] = digest(path)
    return found


def prefix_of(program: Path) -> Path | None:
    """The prefix of the installation that `program` belongs to (`<prefix>/versions/<version>/monodesk`), if any."""
    folder = program.resolve().parent.parent
    prefix = folder.parent
    return prefix if folder.name == "versions" and (prefix / _RECORD).exists() else None


def data_of(program: Path) -> Path | None:
    """The data folder of the installation that `program` belongs to, if any."""
    prefix = prefix_of(program)
    record = read(prefix) if prefix else None
    return Path(record.data) if record else None


def find(prefix: Path | None = None) -> tuple[Layout, Record]:
    """The installation at `prefix`, else that of the running program, else the one under /opt; raises `NotFound`."""
    for place in (prefix,) if prefix else (prefix_of(Path(sys.executable)), of_systemd().prefix):
        record = read(place) if place else None
        if place and record:
            return record.layout(place), record
    raise NotFound(
        "not_installed",
        f"Monodesk is not installed at {prefix or of_systemd().prefix}. Name its folder with --prefix, "
        "or install it first: monodesk install",
        f"{prefix or of_systemd().prefix} 中没有安装 Monodesk。请用 --prefix 指定安装目录，或先安装：monodesk install",
    )
