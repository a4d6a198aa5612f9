"""Answers and bodies as trees: the format that a spec names, else the one that comes. Pure."""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from app.adapters.formats import codecs
from app.adapters.formats.options import Format, Message, Options, XmlOptions
from app.adapters.formats.sniff import HEAD_BYTES, sniff
from app.adapters.formats.tree import Tree
from app.adapters.protocols.exchange import Answer
from app.adapters.specs.model import Receive, Request
from app.settings import Limits

_AUTO = "auto"


def decoder(told: str, options: Options) -> Callable[[Answer], Tree]:
    """What reads the answers of a call: `told` is its `answer`."""
    return lambda answer: decoded(told, answer.headers.get("content-type", ""), answer.body, options)


def decoded(told: str, content_type: str, raw: bytes, options: Options) -> Tree:
    """One document. Raises `BadDocument`: what it is, and where it cannot be read."""
    if told == Format.PROTOBUF:  # which cannot be told by how it begins
        return codecs.decode(Format.PROTOBUF, raw, options)
    found = sniff(content_type, raw[:HEAD_BYTES])
    named = found.format if told == _AUTO else Format(told)
    return codecs.decode(named, raw, replace(options, charset=found.charset))


def xml_encoder(limits: Limits) -> Callable[[Tree], bytes]:
    """What writes the bodies of a call in XML."""
    options = Options(limits=limits)
    return lambda tree: codecs.encode(Format.XML, tree, options)


def options_of(lists: Sequence[str], limits: Limits, message: Message | None = None) -> Options:
    """How documents are read where these paths are lists even of one; `message` is what ProtoBuf holds."""
    xml = XmlOptions(lists=tuple(tuple(path.split(".")) for path in lists))
    return Options(xml=xml, limits=limits, message=message)


def message_of(described: Receive | Request, name: str, folder: Path, limits: Limits) -> Message | None:
    """A message of that full name, out of the files in `folder` that are named beside it; None without a name.

    Raises `BadSpec`.
    """
    if not name:
        return None
    from app.adapters.calls.grpc_calls import schema_of  # with the first that speaks ProtoBuf

    return schema_of(described, folder, limits).message(name)
