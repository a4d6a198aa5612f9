"""What is told of a document beside its bytes: its format, its characters, and what each format needs to know."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from app.adapters.formats.tree import Tree
from app.settings import Limits


class Format(StrEnum):
    """As a spec's `answer` names them."""

    JSON = "json"
    XML = "xml"
    PROTOBUF = "proto"
    FORM = "form"
    CSV = "csv"
    NDJSON = "ndjson"


class Message(Protocol):
    """A ProtoBuf message's type (`proto_codec.MessageCodec`); both verbs raise `BadDocument`."""

    def decode(self, data: bytes, /) -> Tree: ...

    def encode(self, tree: Tree, /) -> bytes: ...


class XmlOptions(Struct, frozen=True, kw_only=True):
    """What XML does not say of itself.

    `lists` are elements that are lists though there be one: each a path, or the end of one (`("trades", "trade")` is
    every `trade` directly within a `trades`). `prefixes` are the namespaces whose elements keep a prefix, prefix to
    URI; on the way out they are declared at the root (`""`: the default one). `root` and `item` name the elements of
    what has no name of its own: a tree that is not one object with one key, and the members of a list.
    """

    lists: tuple[tuple[str, ...], ...] = ()
    prefixes: Mapping[str, str] = {}
    root: str = ""
    item: str = "item"


class CsvOptions(Struct, frozen=True, kw_only=True):
    """`delimiter` empty: found out on the way in, a comma on the way out. `columns` empty: the first row names them."""

    delimiter: str = ""
    columns: tuple[str, ...] = ()


class Options(Struct, frozen=True, kw_only=True):
    """`charset` as a content type or a spec names it; empty: found out on the way in, UTF-8 on the way out."""

    charset: str = ""
    xml: XmlOptions = XmlOptions()
    csv: CsvOptions = CsvOptions()
    message: Message | None = None
    limits: Limits = Limits()


AS_IT_COMES = Options()
