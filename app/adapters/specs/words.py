"""What every word of a spec means, in both languages: the manual's page and a form are made of this and of the Structs.

A word's kind, its default and its choices come from its field in `model`, a line of help from `wording`. A test holds
that there is a line for every word and no line for any other.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from msgspec import Meta, Struct

from app.adapters.proving.signing import text_of
from app.adapters.specs import model
from app.adapters.specs.model import (
    EVENT_NAMES,
    Request,
    Send,
    Signed,
    Source,
    Span,
)
from app.adapters.specs.parts import METHODS_OF
from app.adapters.specs.shapes import Word, bare, words_of
from app.adapters.specs.wording import METHOD, ORIGINS, PARTS, PROOFS
from app.model.health import Words

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_MEGABYTE = 1_048_576


class DescribedWord(Struct, frozen=True):
    """One word of a part. `kind`: see `wording.KINDS`; `part` is the name of the part that it holds.

    `many`: a list of such, or one alone.
    """

    name: str
    kind: str
    means: Words
    required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()
    part: str = ""
    many: bool = False


class DescribedPart(Struct, frozen=True):
    """`also`: the part whose words stand here, too."""

    name: str
    title: Words
    words: tuple[DescribedWord, ...]
    also: str = ""


def parts() -> tuple[DescribedPart, ...]:
    """Every part of a spec with its words, in the manual's order."""
    found = [
        DescribedPart(name, Words(en, zh), tuple(_described(shape, texts)), _ALSO.get(shape, ""))
        for shape, name, en, zh, texts in PARTS
    ]
    proofs = tuple(
        DescribedWord(
            name, "part" if name != "addresses" else "text", Words(*texts), part=_PARTS_OF_PROOFS.get(name, name)
        )
        for name, texts in PROOFS.items()
    )
    at = next(number for number, part in enumerate(found) if part.name == "bearer")
    return (
        *found[:at],
        DescribedPart("proof", Words("`proof`: who calls", "`proof`：验证调用方"), proofs),
        *found[at:],
    )


def texts_of() -> Mapping[type[Struct], Mapping[str, tuple[str, str]]]:
    """The texts by the Struct whose words they are; of one that takes another's, only its own."""
    return {shape: texts for shape, _, _, _, texts in PARTS}


def _described(shape: type[Struct], texts: Mapping[str, tuple[str, str]]) -> Iterator[DescribedWord]:
    if issubclass(shape, Request) and shape in METHODS_OF:
        yield DescribedWord("` `".join(METHODS_OF[shape]), "template", Words(*METHOD), required=True)
    for name, word in words_of(shape).items():
        if shape is Source and name == "records":
            yield from (_origin(origin, Words(*means)) for origin, means in ORIGINS.items())
        if name in texts:
            yield _word(word, Words(*texts[name]), required=word.required and (shape, name) != (Source, "title"))


def _origin(name: str, means: Words) -> DescribedWord:
    if name == "events":
        return DescribedWord(name, "events", means, choices=EVENT_NAMES, many=True)
    return DescribedWord(name, "part", means, part=name)


def _word(word: Word, means: Words, *, required: bool) -> DescribedWord:
    kind, part = _kind(word.kind, word.about)
    choices = tuple(str(one) for one in get_args(_innermost(word.kind)) if one) if kind == "choice" else ()
    many = get_origin(word.kind) is tuple
    return DescribedWord(word.name, kind, means, required, _default(word, kind), choices, part, many)


def _kind(kind: Any, about: Meta) -> tuple[str, str]:
    """Its kind, and the part that it holds."""
    named = {"request": "values", "answer": "values"}.get(about.description or "", about.description)
    if named is not None:
        return named, ""
    if kind in _NAMED_KINDS:
        return _NAMED_KINDS[kind], ""
    if get_origin(kind) is Literal:
        return "choice", ""
    if get_origin(kind) is tuple:
        inner, meta = bare(get_args(kind)[0])
        return _kind(inner, meta)
    if isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Mapping):
        return "names", ""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return "part", _PARTS.get(kind, "")
    return ("part", _UNIONS[kind]) if kind in _UNIONS else ("text", "")


def _innermost(kind: Any) -> Any:
    return _innermost(bare(get_args(kind)[0])[0]) if get_origin(kind) is tuple else kind


def _default(word: Word, kind: str) -> str:
    """As one would write it; empty where nothing is."""
    value = word.default
    if word.required or value is None or value in ("", (), {}) or kind in ("part", "names"):
        return ""
    if kind == "duration":
        return _duration(value) if value else ""
    if kind == "size":
        return f"{value // _MEGABYTE}MB"
    if isinstance(value, Span):
        return f"{_duration(value.least)}..{_duration(value.most)}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return text_of(value) if not isinstance(value, float) else f"{value:g}"


def _duration(seconds: float) -> str:
    for unit, letter in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if seconds and seconds % unit == 0:
            return f"{seconds / unit:g}{letter}"
    return f"{seconds:g}s"


_NAMED_KINDS: dict[Any, str] = {
    str: "text", int: "number", float: "number", bool: "switch", Words: "words", Span: "span",
    model.Plain: "data", model.Expression: "expression",
}  # fmt: skip
_ALSO: dict[Any, str] = {Send: "call", Signed: "sign"}
_PARTS_OF_PROOFS = {"basic": "basic-proof", "addresses": "", "any": "proof"}
_PARTS: dict[Any, str] = {shape: name for shape, name, _, _, _ in PARTS}
_UNIONS: dict[Any, str] = {model.Proof: "proof", model.Sink: "deliver", model.Case: "cases"}
