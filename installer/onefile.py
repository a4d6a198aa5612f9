"""What the one file is made of: a bootloader, and behind it the archive that PyInstaller appended.

The format is that of PyInstaller 6 (`PyInstaller/archive/writers.py`, `CArchiveWriter`); its own reader belongs to the
build and is not in the file. `tests/binary/test_tree.py` holds this one to what the bootloader unpacks.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

from msgspec import Struct

from app.model.errors import Unsupported

_COOKIE = struct.Struct("!8sIIII64s")  # magic, archive's length, contents' offset and length, Python, its library
_MAGIC = b"MEI\014\013\012\013\016"
_ENTRY = struct.Struct("!IIIIBc")  # own length with the name, offset, length, length unpacked, compressed?, kind
_ENTRY_ALIGNMENT = 16
_COOKIE_DISTANCE_MAX = 8_192  # behind the archive there are only the section's name and the table of sections
_BINARY, _DATA, _LINK = "b", "x", "n"
_UNPACKED = (_BINARY, _DATA, _LINK)  # with any of these the bootloader unpacks to a temporary folder and starts a child
_CONTENTS = "pyi-contents-directory "

# ELF-64, little endian (System V ABI, "ELF Header" and "Sections"): what has to move where the archive shrinks.
_ELF = b"\x7fELF\x02\x01"
_SECTIONS_OFFSET = 0x28  # e_shoff, 8 bytes
_SECTION_SIZE = 0x3A  # e_shentsize, 2 bytes, then e_shnum
_SECTION_OFFSET = 0x18  # sh_offset, 8 bytes, then sh_size
_SECTIONS_ALIGNMENT = 8


class Entry(Struct, frozen=True):
    """One thing in the archive; a file's name is its path below the contents folder, with slashes."""

    name: str
    kind: str
    offset: int  # from the archive's beginning, in bytes
    length: int
    unpacked_length: int
    compressed: bool

    @property
    def is_unpacked(self) -> bool:
        return self.kind in _UNPACKED

    @property
    def is_link(self) -> bool:
        return self.kind == _LINK

    @property
    def mode(self) -> int:
        """The file's rights: everybody may read it, because a service runs under a user of its own."""
        return 0o755 if self.kind == _BINARY else 0o644


class OneFile:
    """An open one file. Raises `Unsupported` where it is none, or one that was cut short."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        size = file.seek(0, os.SEEK_END)
        tail_begins = max(0, size - _COOKIE_DISTANCE_MAX)
        tail = self._read(tail_begins, size - tail_begins)
        cookie_at = tail.rfind(_MAGIC)
        if cookie_at < 0 or len(tail) < cookie_at + _COOKIE.size:
            raise _not_ours()
        _, length, contents_offset, contents_length, self._python, self._library = _COOKIE.unpack_from(tail, cookie_at)
        self._ends = tail_begins + cookie_at + _COOKIE.size
        self._begins = self._ends - length
        if self._begins < 0 or contents_offset + contents_length + _COOKIE.size > length:
            raise _not_ours()
        self.entries = tuple(_entries(self._read(self._begins + contents_offset, contents_length)))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file at `path`; to be closed, or used with `with`."""
        file = path.open("rb")
        try:
            return cls(file)
        except BaseException:
            file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def contents(self) -> str:
        """The folder beside a launcher in which it looks for its files."""
        return next(entry.name for entry in self.entries if entry.name.startswith(_CONTENTS)).removeprefix(_CONTENTS)

    def data(self, entry: Entry) -> bytes:
        """An entry's bytes, unpacked; for a link, the path it leads to."""
        stored = self._read(self._begins + entry.offset, entry.length)
        try:
            data = zlib.decompress(stored) if entry.compressed else stored
        except zlib.error as error:
            raise _not_ours() from error
        if len(data) != entry.unpacked_length:
            raise _not_ours()
        return data.removesuffix(b"\0") if entry.is_link else data

    def launcher(self) -> bytes:
        """The file without what is unpacked: the same bootloader, which then finds its files beside it.

        The bootloader serves both forms and goes by the archive alone, so that nothing needs to be carried twice.
        """
        head, tail = bytearray(self._read(0, self._begins)), self._rest()
        archive = self._without_files()
        archive = b"\0" * ((self._ends - self._begins - len(archive)) % _SECTIONS_ALIGNMENT) + archive
        if head[: len(_ELF)] != _ELF:
            raise _not_ours()
        return bytes(_moved(head, archive, tail, archive_ended=self._ends))

    def _without_files(self) -> bytes:
        """The archive anew, with what Python itself is started from: modules, scripts, options."""
        blobs, contents = bytearray(), bytearray()
        for entry in self.entries:
            if entry.is_unpacked:
                continue
            name = entry.name.encode() + b"\0"
            name += b"\0" * (-(_ENTRY.size + len(name)) % _ENTRY_ALIGNMENT)
            length, unpacked_length = entry.length, entry.unpacked_length
            contents += _ENTRY.pack(
                _ENTRY.size + len(name), len(blobs), length, unpacked_length, entry.compressed, entry.kind.encode()
            )
            contents += name
            blobs += self._read(self._begins + entry.offset, length)
        length = len(blobs) + len(contents) + _COOKIE.size
        return bytes(
            blobs + contents + _COOKIE.pack(_MAGIC, length, len(blobs), len(contents), self._python, self._library)
        )

    def _rest(self) -> bytearray:
        return bytearray(self._read(self._ends, self._file.seek(0, os.SEEK_END) - self._ends))

    def _read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        data = self._file.read(length)
        if len(data) != length:
            raise _not_ours()
        return data


def _entries(contents: bytes) -> Iterator[Entry]:
    at = 0
    while at < len(contents):
        try:
            size, offset, length, unpacked_length, compressed, kind = _ENTRY.unpack_from(contents, at)
            name = contents[at + _ENTRY.size : at + size].rstrip(b"\0").decode()
        except (struct.error, UnicodeDecodeError) as error:
            raise _not_ours() from error
        path = PurePosixPath(name)
        if size <= _ENTRY.size or path.is_absolute() or ".." in path.parts:
            raise _not_ours()
        yield Entry(name, kind.decode("latin-1"), offset, length, unpacked_length, bool(compressed))
        at += size


def _moved(head: bytearray, archive: bytes, tail: bytearray, *, archive_ended: int) -> bytearray:
    """An ELF file whose section with the archive became shorter: what stands behind it is found again."""
    moved = archive_ended - len(head) - len(archive)
    (sections,) = struct.unpack_from("<Q", head, _SECTIONS_OFFSET)
    size, count = struct.unpack_from("<HH", head, _SECTION_SIZE)
    struct.pack_into("<Q", head, _SECTIONS_OFFSET, sections - moved)
    table = sections - archive_ended
    if table < 0 or table + size * count > len(tail):
        raise _not_ours()
    for section in range(table, table + size * count, size):
        (offset,) = struct.unpack_from("<Q", tail, section + _SECTION_OFFSET)
        if offset == len(head):
            struct.pack_into("<Q", tail, section + _SECTION_OFFSET + 8, len(archive))
        elif offset >= archive_ended:
            struct.pack_into("<Q", tail, section + _SECTION_OFFSET, offset - moved)
    return head + archive + tail


def _not_ours() -> Unsupported:
    return Unsupported(
        "not_the_one_file",
        "This is not Monodesk's one file, or it was cut short on its way. Download it again.",
        "这不是 Monodesk 的单文件程序，或文件在传输中被截断。请重新下载。",
    )
