"""Signatures as data, outwards and inwards: what is joined, what the secret does to it, how it is digested.

One joiner for both ways, so what vendors publish as vectors proves both. What is signed is what is sent but for the
signature itself: `seal` takes the parameters from the request that it completes.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.adapters.errors import BadSpec
from app.adapters.formats.tree import Tree
from app.adapters.specs.model import Sign

ALL, BODY = "all-sorted", "body"
OWN_NAMES = frozenset({ALL, BODY, "secret", "path", "method"})  # in a text, beside the parameters' names
REFERENCE = re.compile(r"\$\{([^{}]+)\}")
_CANONICAL = msgspec.json.Encoder(order="sorted", decimal_format="number")


class Signable(Struct, frozen=True):
    """What a signature may be of. `others`: what a text may name beside parameters (headers, in lower case)."""

    params: Mapping[str, str] = {}
    body: bytes = b""
    method: str = ""
    path: str = ""
    others: Mapping[str, str] = {}


class Unsigned(Struct, frozen=True):
    """A request about to leave. `fields`: the top of its JSON or XML, where it has one; `body`: its bytes so far."""

    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    form: Mapping[str, str] | None = None
    fields: Mapping[str, Tree] | None = None
    body: bytes = b""
    method: str = ""
    path: str = ""


def seal(how: Sign, secret: str, request: Unsigned) -> Unsigned:
    """The same request with its signature where the spec wants it.

    Raises `BadSpec` where a name that is to be signed is not sent.
    """
    place = how.place or _place(request)
    params = {**request.query, **(request.form or {})}
    if place in ("json", "xml") and not how.header:
        params |= {name: text_of(value) for name, value in (request.fields or {}).items()}
    made = sign(how, secret, Signable(params, request.body, request.method, request.path, _lower(request.headers)))
    if how.header:
        return replace(request, headers={**request.headers, how.header: made})
    if place == "query":
        return replace(request, query={**request.query, how.into: made})
    if place == "form":
        return replace(request, form={**(request.form or {}), how.into: made})
    return replace(request, fields={**(request.fields or {}), how.into: made})


def sign(how: Sign, secret: str, what: Signable) -> str:
    """The signature as it is sent. Raises `BadSpec` where a name that is to be signed is not there."""
    key = _filled(how, how.key, secret, what) if how.key else secret.encode()
    digest = _digest(how.digest, key, _text(how, secret, what))
    if how.encode == "base64":
        return how.prefix + base64.b64encode(digest).decode()
    return how.prefix + (digest.hex().upper() if how.case == "upper" else digest.hex())


def holds(how: Sign, secret: str, given: str, what: Signable) -> bool:
    """Whether `given` is the signature, in constant time; hexadecimal letters may be of either case.

    False, too, where a name that is to be signed is not there.
    """
    try:
        made = sign(how, secret, what)
    except BadSpec:
        return False
    if not given.startswith(how.prefix):
        return False
    ours, theirs = made.removeprefix(how.prefix), given.removeprefix(how.prefix)
    if how.encode == "hex":
        ours, theirs = ours.lower(), theirs.lower()
    return hmac.compare_digest(ours.encode(), theirs.encode(errors="replace"))


def text_of(value: Tree) -> str:
    """A value as a parameter carries it: nothing for null, `true`, digits as they are, canonical JSON for the rest."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case bytes():
            return base64.b64encode(value).decode()
        case list() | dict():
            return canonical(value)
        case _:
            return format(value, "f") if not isinstance(value, int) else str(value)


def canonical(value: Tree) -> str:
    """JSON with keys sorted at every depth, compact, nothing escaped that need not be (RFC 8259 §7)."""
    return _CANONICAL.encode(value).decode()


def names_of(how: Sign) -> tuple[str, ...]:
    """Every name of a parameter that it signs by name, `a|b` as it stands."""
    if isinstance(how.of, tuple):
        return how.of
    found = [*REFERENCE.findall(how.of), *REFERENCE.findall(how.key)]
    return tuple(name for name in found if name not in OWN_NAMES)


def uses_secret(how: Sign) -> bool:
    """Whether nobody can make it who has not the secret."""
    in_text = isinstance(how.of, str) and "${secret}" in how.of
    in_key = not how.key or "${secret}" in how.key
    return how.style != "plain" or in_text or (how.digest.startswith("hmac-") and in_key)


def _place(request: Unsigned) -> str:
    if request.form is not None:
        return "form"
    return "json" if request.fields is not None else "query"


def _text(how: Sign, secret: str, what: Signable) -> bytes:
    """All that is digested, the secret with it."""
    if how.of == BODY:
        text = what.body
    elif how.of == ALL:
        text = _joined(how, _sorted(how, what), secret)
    elif isinstance(how.of, tuple):
        text = _joined(how, [(name, _value(how, name, what)) for name in how.of], secret)
    else:
        text = _filled(how, how.of, secret, what)
    between, own = how.join.secret.encode(), secret.encode()
    before = own + between if how.style in ("wrap", "prefix") else b""
    behind = between + own if how.style in ("wrap", "suffix") else b""
    return before + text + behind


def _sorted(how: Sign, what: Signable) -> list[tuple[str, bytes]]:
    """Every parameter but the signature and those that do not count, by name as bytes."""
    params = {name: value.encode() for name, value in what.params.items()}
    if how.body_as:
        params[how.body_as] = what.body
    apart = {*how.skip, how.into} if how.into else {*how.skip}
    kept = [(name, value) for name, value in params.items() if name not in apart and (value or not how.drop_empty)]
    return sorted(kept, key=lambda pair: pair[0].encode())


def _joined(how: Sign, pairs: list[tuple[str, bytes]], secret: str) -> bytes:
    join = how.join
    if how.parts == "pairs":
        return join.between.encode().join(name.encode() + join.pair.encode() + value for name, value in pairs)
    values = [value for _, value in pairs] + ([secret.encode()] if how.style == "among" else [])
    return join.between.encode().join(sorted(values) if how.parts == "sorted-values" else values)


def _filled(how: Sign, text: str, secret: str, what: Signable) -> bytes:
    """A text with what its `${…}` stand for."""
    return b"".join(_pieces(how, text, secret, what))


def _pieces(how: Sign, text: str, secret: str, what: Signable) -> Iterator[bytes]:
    for number, piece in enumerate(REFERENCE.split(text)):
        yield _named(how, piece, secret, what) if number % 2 else piece.encode()


def _named(how: Sign, name: str, secret: str, what: Signable) -> bytes:
    match name:
        case "all-sorted":
            return _joined(how, _sorted(how, what), secret)
        case "body":
            return what.body
        case "secret":
            return secret.encode()
        case "path" | "method":
            return str(getattr(what, name)).encode()
        case _:
            return _value(how, name, what)


def _value(how: Sign, names: str, what: Signable) -> bytes:
    """Of the first of `a|b` that is there: a parameter, the body under its name, or a header."""
    for name in names.split("|"):
        if (found := what.params.get(name)) is not None:
            return found.encode()
        if name == how.body_as:
            return what.body
        if (found := what.others.get(name.lower())) is not None:
            return found.encode()
    raise BadSpec(
        how.mark,
        f"“{names}” is to be signed but is not sent. Send it, or take it out of `of`.",
        f"“{names}”需要参与签名，但请求中没有。请加上该参数，或从 `of` 中去掉。",
    )


def _digest(kind: str, key: bytes, text: bytes) -> bytes:
    name = kind.removeprefix("hmac-")
    if kind.startswith("hmac-"):
        return hmac.new(key, text, name).digest()
    return hashlib.new(name, text, usedforsecurity=False).digest()


def _lower(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
