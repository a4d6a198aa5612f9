"""The one table of formats: what reads and writes each, loaded when a document of it first comes.

    | format | holds                                                                                       |
    |--------|---------------------------------------------------------------------------------------------|
    | json   | every tree; bytes as base64                                                                 |
    | ndjson | a list, each member on a line                                                               |
    | xml    | one root; texts and nulls alone come back (no types), an empty list or object is nothing,   |
    |        | a list of one is one where it is marked, keys are names, no list within a list              |
    | form   | one object of texts and lists of two and more of them; null and an empty list are nothing   |
    | csv    | a list of objects of texts with the same keys; null is an empty text                        |
    | proto  | what its message has fields for                                                             |

What a format cannot hold is refused with its path when it is written, or comes back as said here; never guessed at.
"""

from collections.abc import Mapping

from app.adapters.errors import BadDocument
from app.adapters.formats.options import AS_IT_COMES, Format, Message, Options
from app.adapters.formats.records import Meter, Reader, Reading
from app.adapters.formats.tree import Tree

Path = tuple[str, ...]


def decode(format: Format, raw: bytes, options: Options = AS_IT_COMES) -> Tree:  # noqa: A002 - the word of the field
    """A whole document; raises `BadDocument` with path, line or byte."""
    match format:
        case Format.JSON:
            from app.adapters.formats import json

            return json.decode(raw, options)
        case Format.XML:
            from app.adapters.formats import xml

            return xml.decode(raw, options)
        case Format.FORM:
            from app.adapters.formats import form

            return form.decode(raw, options)
        case Format.CSV:
            from app.adapters.formats import csv

            return csv.decode(raw, options)
        case Format.NDJSON:
            from app.adapters.formats import ndjson

            return ndjson.decode(raw, options)
        case Format.PROTOBUF:
            return _message(options).decode(raw)


def encode(format: Format, tree: Tree, options: Options = AS_IT_COMES) -> bytes:  # noqa: A002
    """A whole document; raises `BadDocument` with the path of what the format cannot hold."""
    match format:
        case Format.JSON:
            from app.adapters.formats import json

            return json.encode(tree, options)
        case Format.XML:
            from app.adapters.formats import xml

            return xml.encode(tree, options)
        case Format.FORM:
            from app.adapters.formats import form

            return form.encode(tree, options)
        case Format.CSV:
            from app.adapters.formats import csv

            return csv.encode(tree, options)
        case Format.NDJSON:
            from app.adapters.formats import ndjson

            return ndjson.encode(tree, options)
        case Format.PROTOBUF:
            return _message(options).encode(tree)


def reader(
    format: Format,  # noqa: A002
    path: Path = (),
    beside: tuple[Path, ...] = (),
    options: Options = AS_IT_COMES,
) -> Reader:
    """Reads a document record by record as it comes in.

    `path`: where the list of records stands; CSV and NDJSON are such a list themselves. `beside`: what else is asked
    for. A form or a ProtoBuf message is read when it is whole.
    """
    match format:
        case Format.JSON:
            from app.adapters.formats.json_records import JsonRecords

            return JsonRecords(path, beside, options)
        case Format.XML:
            from app.adapters.formats.xml_records import XmlRecords

            return XmlRecords(path, beside, options)
        case Format.CSV:
            from app.adapters.formats.csv import CsvRecords

            return CsvRecords(options)
        case Format.NDJSON:
            from app.adapters.formats.ndjson import NdjsonRecords

            return NdjsonRecords(options)
        case Format.FORM | Format.PROTOBUF:
            return _Whole(format, path, beside, options)


def found(tree: Tree, path: Path) -> Tree:
    """What stands at a path; null where nothing does."""
    for step in path:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def content_type(format: Format, charset: str = "") -> str:  # noqa: A002
    """As it is sent with such a document."""
    return _CONTENT_TYPES[format] + (f"; charset={charset}" if charset else "")


_CONTENT_TYPES = {
    Format.JSON: "application/json",
    Format.XML: "application/xml",
    Format.PROTOBUF: "application/x-protobuf",
    Format.FORM: "application/x-www-form-urlencoded",
    Format.CSV: "text/csv",
    Format.NDJSON: "application/x-ndjson",
}


class _Whole:
    """A small document, held until it has come."""

    def __init__(self, format: Format, path: Path, beside: tuple[Path, ...], options: Options) -> None:  # noqa: A002
        self._format = format
        self._path = path
        self._asked = beside
        self._options = options
        self._meter = Meter(options.limits.adapter_document_bytes_max)
        self._held = bytearray()
        self._beside: dict[Path, Tree] = {}

    @property
    def beside(self) -> Mapping[Path, Tree]:
        return self._beside

    def feed(self, chunk: bytes) -> list[Reading]:
        self._meter.take(len(chunk))
        self._held += chunk
        return []

    def close(self) -> list[Reading]:
        tree = decode(self._format, bytes(self._held), self._options)
        self._beside = {one: value for one in self._asked if (value := found(tree, one)) is not None}
        there = found(tree, self._path)
        return [*there] if isinstance(there, list) else [] if there is None else [there]


def _message(options: Options) -> Message:
    if options.message is None:
        raise BadDocument(
            "message_unknown", "",
            "ProtoBuf does not say what it is. Name its message, and where its .proto files are, in the spec.",
            "ProtoBuf 不含自描述信息。请在配置中写明消息类型及 .proto 文件。",
        )  # fmt: skip
    return options.message
