"""What an archive holds: a zip file whose last member, `manifest.json`, names every other with size and SHA-256."""

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Final

import msgspec
from msgspec import Struct

from app.model.errors import Conflict, Invalid
from app.storage import faults

FORMAT: Final = 1
NAME: Final = "manifest.json"
DATABASE: Final = "monodesk.db"
DEMO_MARK: Final = "DEMO"  # in a demo's data folder (`app.demo.folder`): it goes where the data goes
FILES: Final = ("config.toml", DEMO_MARK)
FOLDERS: Final = ("files", "adapters")
SEALED_KEYS: Final = "keys.sealed"  # `sealed_keys`: only where the backup was given a passphrase
_CHUNK_BYTES: Final = 1_048_576
_MANIFEST_BYTES_MAX: Final = 268_435_456
# What zipfile raises over bytes that are not what they were: RuntimeError for a flag of encryption.
_BROKEN: Final = (OSError, EOFError, RuntimeError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)


def never() -> bool:
    """Nobody gives up."""
    return False


def unheard(count: int) -> None:
    """Nobody wants to know how many bytes more are done."""


class Member(Struct, frozen=True, gc=False):
    """One file of the archive; `size` in bytes, `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str


class Manifest(Struct, frozen=True):
    """The archive as a whole: made by `version` at `made_at` (milliseconds UTC) from the database of that `epoch`.

    `keys` are the names of what lay in `keys/`, whether the archive holds them (sealed) or not.
    """

    version: str
    schema: int
    epoch: str
    made_at: int
    members: tuple[Member, ...]
    format: int = FORMAT
    keys: tuple[str, ...] = ()


class Writing:
    """An archive that is being written."""

    def __init__(
        self, file: BinaryIO, given_up: Callable[[], bool] = never, heard: Callable[[int], None] = unheard
    ) -> None:
        self._zip = zipfile.ZipFile(file, "w", compresslevel=6)
        self._given_up = given_up
        self._heard = heard
        self._members: list[Member] = []

    def add(self, name: str, path: Path) -> None:
        """Append one file. Attachments are mostly compressed already, so only the rest is."""
        method = zipfile.ZIP_STORED if name.startswith("files/") else zipfile.ZIP_DEFLATED
        entry = zipfile.ZipInfo(name)
        entry.compress_type = method
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as source, self._zip.open(entry, "w", force_zip64=True) as copy:
            for chunk in _chunks(source):
                demand_going_on(self._given_up)
                digest.update(chunk)
                size += len(chunk)
                copy.write(chunk)
                self._heard(len(chunk))
        self._members.append(Member(name, size, digest.hexdigest()))

    def give_up(self) -> None:
        """Let go of the file while it is still open: it is nobody's archive."""
        with suppress(*_BROKEN):
            self._zip.close()

    def finish(self, version: str, schema: int, epoch: str, made_at: int, keys: tuple[str, ...]) -> Manifest:
        """Append the manifest and the zip's directory."""
        manifest = Manifest(version, schema, epoch, made_at, tuple(self._members), keys=keys)
        self._zip.writestr(NAME, msgspec.json.encode(manifest))
        self._zip.close()
        return manifest


class Reading:
    """An archive that exists; every method raises `Invalid` for one that is damaged or not ours."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise damaged(path) from error
        self._path = path
        self.manifest = self._manifest()
        self._check_names()

    def close(self) -> None:
        self._zip.close()

    @property
    def size(self) -> int:
        """What its members take when they are unpacked, in bytes."""
        return sum(member.size for member in self.manifest.members)

    def check(self, given_up: Callable[[], bool] = never, heard: Callable[[int], None] = unheard) -> None:
        """Read everything and compare it with the manifest; raises `Unavailable` soon after `given_up` says so."""
        for member in self.manifest.members:
            for chunk in self._checked(member):
                demand_going_on(given_up)
                heard(len(chunk))

    def extract(self, folder: Path, heard: Callable[[int], None] = unheard) -> None:
        """Write every member below `folder`, comparing it with the manifest on the way."""
        for member in self.manifest.members:
            path = folder / member.name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("xb") as copy:
                for chunk in self._checked(member):
                    copy.write(chunk)
                    heard(len(chunk))
            path.chmod(0o600)

    def _manifest(self) -> Manifest:
        try:
            if self._zip.getinfo(NAME).file_size > _MANIFEST_BYTES_MAX:
                raise damaged(self._path)
            manifest = msgspec.json.decode(self._zip.read(NAME), type=Manifest)
        except (*_BROKEN, msgspec.DecodeError) as error:
            raise damaged(self._path) from error
        if manifest.format > FORMAT:
            raise _newer_format(self._path)
        if manifest.format != FORMAT:
            raise damaged(self._path)
        return manifest

    def _check_names(self) -> None:
        """Exactly the manifest's files, each in a place where a backup puts one."""
        names = [member.name for member in self.manifest.members]
        listed = sorted(self._zip.namelist())
        if sorted([*names, NAME]) != listed or len(set(listed)) != len(listed) or DATABASE not in names:
            raise damaged(self._path)
        if not all(name in (DATABASE, SEALED_KEYS, *FILES) or _in_folder(name) for name in names):
            raise damaged(self._path)

    def _checked(self, member: Member) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        try:
            with self._zip.open(member.name) as source:
                for chunk in _chunks(source):
                    digest.update(chunk)
                    size += len(chunk)
                    if size > member.size:
                        break
                    yield chunk
        except _BROKEN as error:
            raise damaged(self._path) from error
        if (size, digest.hexdigest()) != (member.size, member.sha256):
            raise damaged(self._path)


def demand_going_on(given_up: Callable[[], bool]) -> None:
    """Raise `Unavailable` where somebody has given this up: the server stops."""
    if given_up():
        raise faults.closing()


def damaged(path: Path) -> Invalid:
    return Invalid(
        "archive_damaged",
        f"{path} is not a complete Monodesk archive; nothing was changed. Use another backup.",
        f"{path} 不是完整的 Monodesk 备份，数据未作任何更改。请使用其他备份。",
    )


def _newer_format(path: Path) -> Conflict:
    return Conflict(
        "archive_newer",
        f"{path} was written by a newer version; nothing was changed. Restore it with that version.",
        f"{path} 由更新的版本写入，数据未作任何更改。请使用该版本恢复。",
    )


def _in_folder(name: str) -> bool:
    path = PurePosixPath(name)
    plain = str(path) == name and "\\" not in name and "\0" not in name
    return (
        plain and not path.is_absolute() and ".." not in path.parts and path.parts[0] in FOLDERS and len(path.parts) > 1
    )


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK_BYTES):
        yield chunk
