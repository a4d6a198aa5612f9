"""What a program or library asks of the system: its loader and the libraries that it names (System V ABI, ELF-64)."""

import struct
from pathlib import Path

from msgspec import Struct

_MAGIC = b"\x7fELF\x02\x01"
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<qQ")
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_STRTAB = 1, 5


class Needs(Struct, frozen=True):
    """`loader` is the path of the program interpreter, empty for a library; `libraries` are names like `libc.so.6`."""

    loader: str
    libraries: tuple[str, ...]


def needs(path: Path) -> Needs | None:
    """What the ELF file at `path` asks for; None where it is no ELF file of 64 bits."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return None
    data = path.read_bytes()
    header = _HEADER.unpack_from(data)
    first, size, count = header[5], header[9], header[10]
    segments = [_SEGMENT.unpack_from(data, first + number * size) for number in range(count)]
    loader = next((_text(data, one[2]) for one in segments if one[0] == _PT_INTERP), "")
    dynamic = next((one for one in segments if one[0] == _PT_DYNAMIC), None)
    return Needs(loader, _libraries(data, segments, dynamic) if dynamic else ())


def _libraries(data: bytes, segments: list[tuple[int, ...]], dynamic: tuple[int, ...]) -> tuple[str, ...]:
    entries = list(_DYNAMIC.iter_unpack(data[dynamic[2] : dynamic[2] + dynamic[5]]))
    table = next(value for tag, value in entries if tag == _DT_STRTAB)
    strings = next(
        one[2] + table - one[3] for one in segments if one[0] == _PT_LOAD and one[3] <= table < one[3] + one[5]
    )
    return tuple(_text(data, strings + value) for tag, value in entries if tag == _DT_NEEDED)


def _text(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode()
