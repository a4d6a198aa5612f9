"""The names in a ZIP archive, read within a bound and without unpacking anything (PKWARE APPNOTE 4.3.12, 4.3.16).

Python's zipfile makes an object for each entry, and a few megabytes hold a million of them.
"""

import struct
from pathlib import Path

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_COMMENT_BYTES_MAX = 65_535
_DIRECTORY_BYTES_MAX = 1_048_576


def names(path: Path) -> list[bytes] | None:
    """Every member's name, None where there are too many to look at; raises `ValueError` where it is no archive."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _END.size - _COMMENT_BYTES_MAX))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < _END.size:
            raise ValueError("no end of a central directory")
        *_, length, start, _ = _END.unpack_from(tail, at)
        if length > _DIRECTORY_BYTES_MAX:
            return None
        if start + length > size:
            raise ValueError("the central directory lies outside")
        file.seek(start)
        return _walk(file.read(length))


def _walk(directory: bytes) -> list[bytes]:
    found = []
    at = 0
    while at + _ENTRY.size <= len(directory):
        signature, *_, name, extra, comment, _disk, _inner, _outer, _offset = _ENTRY.unpack_from(directory, at)
        if signature != b"PK\x01\x02":
            raise ValueError("no entry of a central directory")
        at += _ENTRY.size
        found.append(directory[at : at + name])
        at += name + extra + comment
    return found
