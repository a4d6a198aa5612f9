"""Writes the one file anew with some of our modules and files changed: run by the Python that packed it.

`python -P -m tests.binary.repack FILE TARGET CHANGES`, CHANGES a JSON file of `Changes`. What is changed is compiled as
PyInstaller compiles it; everything else is carried over as it lies in the file, so that this takes a second. Without a
change the same bytes come out: `test_later.py` holds that.
"""

import importlib.util
import marshal
import os
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import msgspec
from msgspec import Struct

from installer.onefile import Entry, OneFile

_PYZ = "PYZ.pyz"
_PYZ_HEADER = struct.Struct("!4s4si5x")  # magic, Python's, where the contents begin (PyInstaller 6, ZlibArchiveWriter)
_PYZ_LEVEL, _DATA_LEVEL = 6, 9
_OPTIMIZE = 1  # as in build.spec
_ENTRY = struct.Struct("!IIIIBc")
_COOKIE = struct.Struct("!8sIIII64s")
_MAGIC = b"MEI\014\013\012\013\016"
_ALIGNMENT = 16
_SECTION = "pydata"  # of the ELF file, in which the archive lies


class Changes(Struct, frozen=True):
    """Modules by path (`app/cli.py`) with their new source, and files that are unpacked beside them with their text."""

    modules: dict[str, str] = {}
    files: dict[str, str] = {}


class _Whole(OneFile):
    """What is written again as it was read."""

    def stored(self, entry: Entry) -> bytes:
        return self._read(self._begins + entry.offset, entry.length)

    def cookie(self, length: int, contents_begin: int, contents_length: int) -> bytes:
        return _COOKIE.pack(_MAGIC, length, contents_begin, contents_length, self._python, self._library)


def repack(file: Path, target: Path, changes: Changes) -> None:
    """Write `target`: `file` with these changes."""
    with _Whole.open(file) as whole, tempfile.TemporaryDirectory(dir=target.parent) as folder:
        archive = Path(folder) / "archive"
        archive.write_bytes(_archive(whole, changes))
        command = ("objcopy", "--update-section", f"{_SECTION}={archive}", str(file), str(target))
        subprocess.run(command, check=True)
    target.chmod(0o755)


def _archive(whole: _Whole, changes: Changes) -> bytes:
    blobs, contents = bytearray(), bytearray()

    def put(entry: Entry, stored: bytes, length: int) -> None:
        name = entry.name.encode() + b"\0"
        name += b"\0" * (-(_ENTRY.size + len(name)) % _ALIGNMENT)
        size = _ENTRY.size + len(name)
        contents.extend(_ENTRY.pack(size, len(blobs), len(stored), length, entry.compressed, entry.kind.encode()))
        contents.extend(name)
        blobs.extend(stored)

    left = dict(changes.files)
    for entry in whole.entries:
        stored, length = whole.stored(entry), entry.unpacked_length
        if entry.name == _PYZ and changes.modules:
            stored = _modules(whole.data(entry), changes.modules)
            length = len(stored)
        elif entry.name in left:
            stored, length = _compressed(left.pop(entry.name))
        put(entry, stored, length)
    for name, text in left.items():
        put(Entry(name, "x", 0, 0, 0, compressed=True), *_compressed(text))
    length = len(blobs) + len(contents) + _COOKIE.size
    return bytes(blobs + contents) + whole.cookie(length, len(blobs), len(contents))


def _compressed(text: str) -> tuple[bytes, int]:
    data = text.encode()
    return zlib.compress(data, _DATA_LEVEL), len(data)


def _modules(archive: bytes, sources: dict[str, str]) -> bytes:
    """The archive of modules with these compiled anew."""
    magic, python, begins = _PYZ_HEADER.unpack_from(archive)
    if python != importlib.util.MAGIC_NUMBER:
        raise SystemExit("This file was packed by another Python. Run `make binary` again.")
    new = {_name(path): (path, text) for path, text in sources.items()}
    blobs, contents = bytearray(_PYZ_HEADER.size), []
    for name, (kind, offset, length) in marshal.loads(archive[begins:]):
        stored = _compiled(*new.pop(name)) if name in new else archive[offset : offset + length]
        contents.append((name, (kind, len(blobs), len(stored))))
        blobs += stored
    if new:
        raise SystemExit(f"The file has no module {', '.join(new)}.")
    _PYZ_HEADER.pack_into(blobs, 0, magic, python, len(blobs))
    return bytes(blobs + marshal.dumps(contents))


def _name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _compiled(path: str, text: str) -> bytes:
    code = compile(text, path, "exec", dont_inherit=True, optimize=_OPTIMIZE)
    return zlib.compress(marshal.dumps(code), _PYZ_LEVEL)


if __name__ == "__main__":
    os.umask(0o022)
    here, there, told = map(Path, sys.argv[1:])
    repack(here, there, msgspec.json.decode(told.read_bytes(), type=Changes))
