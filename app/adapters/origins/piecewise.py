"""Documents of the formats of a spec, read record by record as they come in, and what they say beside their records.

Where the records, or what is asked for beside them, do not stand under plain names, the document is read when all of
it is here, and may then be no larger than one that is read whole.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from app.adapters.formats import codecs
from app.adapters.formats.options import Format, Options
from app.adapters.formats.records import Meter, Reader, Reading
from app.adapters.formats.sniff import HEAD_BYTES, sniff
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_at
from app.adapters.maps.paths import IN_MAPS, Key, read_path
from app.adapters.maps.recipes import listed
from app.adapters.specs.model import NOWHERE, Records

Names: TypeAlias = tuple[str, ...]
Run: TypeAlias = Callable[[Tree, Context], Tree]

_AUTO = "auto"


class Piecewise:
    """One document."""

    def __init__(self, reader: Reader, names: Sequence[Names]) -> None:
        self._reader = reader
        self._names = names

    def feed(self, piece: bytes) -> list[Reading]:
        """The records that end in this piece; raises `BadDocument` where the document cannot be read on."""
        return self._reader.feed(piece)

    def close(self) -> list[Reading]:
        """Those that are whole with its end; raises `BadDocument` where it is none."""
        return self._reader.close()

    def beside(self) -> Tree:
        """What was asked for beside the records, as far as it has been met: a document that holds no more than that."""
        told: dict[str, Tree] = {}
        for names in sorted(self._names, key=len):
            if (value := self._reader.beside.get(names)) is not None:
                _put(told, names, value)
        return told


def piecewise(
    told: str, content_type: str, head: bytes, records: Records, beside: Sequence[str], options: Options
) -> Piecewise:
    """What reads a document that begins with `head`; `beside`: paths of what else is asked for.

    Raises `BadDocument` where it cannot be told what it is.
    """
    named = Format.PROTOBUF
    if told != Format.PROTOBUF:  # which cannot be told by how it begins
        found = sniff(content_type, head[:HEAD_BYTES])
        named = found.format if told == _AUTO else Format(told)
        options = replace(options, charset=found.charset)
    path = names_of(records.at)
    names = [names_of(one) for one in beside if one and not one.startswith("$")]
    plain = tuple(one for one in names if one is not None)
    if path is None or len(plain) < len(names):
        return _PiecewiseWhole(_WhenWhole(named, records.at, options))
    return Piecewise(codecs.reader(named, path, plain, options), plain)


def names_of(path: str) -> Names | None:
    """The names that a path goes by; None where it is more than names."""
    if not path:
        return ()
    read = read_path(path, IN_MAPS, 0)
    names = tuple(step.name for step in read.steps if isinstance(step, Key))
    return names if read.root == "item" and len(names) == len(read.steps) else None


class _WhenWhole:
    """A document whose records can only be looked for in all of it."""

    def __init__(self, form: Format, at: str, options: Options) -> None:
        self._form = form
        self._at = compile_rule(read_at(at, NOWHERE)).run
        self._options = options
        self._meter = Meter(options.limits.adapter_document_bytes_max)
        self._held = bytearray()
        self.tree: Tree = None
        self.beside: Mapping[Names, Tree] = {}

    def feed(self, chunk: bytes) -> list[Reading]:
        self._meter.take(len(chunk))
        self._held += chunk
        return []

    def close(self) -> list[Reading]:
        self.tree = codecs.decode(self._form, bytes(self._held), self._options)
        self._held.clear()
        return [*listed(self._at(self.tree, Context({})))]


class _PiecewiseWhole(Piecewise):
    def __init__(self, whole: _WhenWhole) -> None:
        super().__init__(whole, ())
        self._whole = whole

    def beside(self) -> Tree:
        return self._whole.tree


def _put(told: dict[str, Tree], names: Names, value: Tree) -> None:
    at = told
    for name in names[:-1]:
        inner = at.setdefault(name, {})
        if not isinstance(inner, dict):  # it came with what is around it
            return
        at = inner
    at.setdefault(names[-1], value)
