"""Documents that are read record by record, as they come in: what each reader does, whatever its format."""

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree

PIECE_BYTES = 65_536  # that a parser gets at once: what it finds out late is then at most so late


class Spoilt(Struct, frozen=True):
    """A record that cannot be read, while those around it can: its bytes, and why."""

    raw: bytes
    problem: BadDocument


Reading: TypeAlias = Tree | Spoilt


class Reader(Protocol):
    """Takes a document in pieces of any size and gives its records as they are whole.

    Both verbs raise `BadDocument` where the document itself cannot be read on: what this piece held before is not
    given then, so that nobody takes a part for the whole. `beside` holds what else of the document was asked for, as
    far as it has been met.
    """

    @property
    def beside(self) -> Mapping[tuple[str, ...], Tree]: ...

    def feed(self, chunk: bytes) -> list[Reading]: ...

    def close(self) -> list[Reading]: ...


class Meter:
    """Counts the bytes of a document; raises `BadDocument` (document_bytes) beyond `bytes_max`."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self.bytes_seen = 0

    def take(self, count: int) -> None:
        self.bytes_seen += count
        if self.bytes_seen > self._bytes_max:
            raise too_large(self._bytes_max)


def too_large(bytes_max: int) -> BadDocument:
    """The document as a whole."""
    return BadDocument(
        "document_bytes", "",
        f"The document is larger than {bytes_max} bytes. Ask for smaller pages or a shorter window of time.",
        f"文档超过 {bytes_max} 字节。请减小每页条数或缩短时间窗口。",
    )  # fmt: skip


def record_too_large(path: str, bytes_max: int) -> BadDocument:
    """One record, or one value beside them."""
    return BadDocument(
        "record_bytes", path,
        f"One record, or one value, is larger than {bytes_max} bytes. Ask the sender to leave files out of it.",
        f"单条记录或单个值超过 {bytes_max} 字节。请让发送方不要在其中嵌入文件。",
    )  # fmt: skip


def of_line(number: int, problem: BadDocument) -> BadDocument:
    """What is wrong with one line of many, from 1."""
    return BadDocument(problem.code, "", f"line {number}: {problem.en}", f"第 {number} 行：{problem.zh}")


def empty() -> BadDocument:
    return BadDocument(
        "document_empty", "",
        "The document is empty. Look at the status and the address of the call.",
        "文档为空。请检查调用的状态码和地址。",
    )  # fmt: skip
