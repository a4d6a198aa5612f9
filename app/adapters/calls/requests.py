"""The request of a spec as a function: what is sent for this window, page, record or event, signed at the moment.

Compiled once when a source starts; made anew at every attempt, for signatures and times are good for minutes.
"""

import base64
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from msgspec.structs import replace

from app.adapters.errors import BadDocument, Mark
from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_template, read_text
from app.adapters.maps.paths import IN_REQUESTS, References
from app.adapters.protocols.exchange import Request
from app.adapters.proving import signing
from app.adapters.proving.secrets import Known
from app.adapters.proving.signing import Unsigned
from app.adapters.specs.model import Plain, Send
from app.adapters.specs.model import Request as Asked

Run: TypeAlias = Callable[[Tree, Context], Tree]

_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_JSON = "application/json; charset=utf-8"
_XML = "application/xml; charset=utf-8"
_PROTO = "application/x-protobuf"
_TEXT = "text/plain; charset=utf-8"


class Requests:
    """Makes the requests of one call; `secrets` are those that its templates and its signature name."""

    def __init__(
        self,
        asked: Asked,
        secrets: Known,
        encode_xml: Callable[[Tree], bytes],
        encode_proto: Callable[[Tree], bytes] | None = None,
    ) -> None:
        self._asked = asked
        self.secrets = secrets
        self._encode_xml = encode_xml
        self._encode_proto = encode_proto
        known = References(IN_REQUESTS.names, frozenset(secrets))
        self._url = _text(asked.url, asked, known, encoded=True)
        self._query = _part(asked.query, known)
        self._headers = _part(asked.headers, known)
        self._form = _part(asked.form, known)
        self._json = _part(asked.json, known)
        self._xml = _part(asked.xml, known)
        self._proto = _part(asked.proto, known)
        if isinstance(asked, Send) and asked.method not in ("get", "delete") and not _says_what(asked):
            self._json, self._proto = (None, _whole) if asked.method == "grpc" else (_whole, None)
        self._body = _text(asked.text, asked, known) if asked.text else None
        self._user = _text(asked.basic.user, asked, known) if asked.basic else None

    def make(self, context: Context, document: Tree = None) -> Request:
        """The request as it is sent. Raises `BadDocument` where what it is made of does not fit, `BadSpec`."""
        url = signing.text_of(self._url(document, context))
        link = context.references.get("link")
        parts = urlsplit(_followed(url, link) if isinstance(link, str) else url)
        named = {} if link else _params(self._query, document, context)  # a link says all of its query itself
        made = Unsigned(
            query={**dict(parse_qsl(parts.query, keep_blank_values=True)), **named},
            headers=self._all_headers(document, context),
            form=_params(self._form, document, context) if self._form else None,
            fields=self._fields(document, context),
            method=self._asked.method.upper(),
            path=parts.path,
        )
        made = self._with_body(made, document, context)
        if self._asked.sign is not None:
            secret = self.secrets[self._asked.sign.secret] if self._asked.sign.secret else ""
            made = signing.seal(self._asked.sign, secret, made)
            if not self._asked.sign.header:
                made = self._with_body(made, document, context)
        address = urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(made.query), ""))
        return Request(made.method, address, tuple(made.headers.items()), made.body or None)

    def _all_headers(self, document: Tree, context: Context) -> dict[str, str]:
        headers = {"Content-Type": kind} if (kind := self._kind()) else {}
        if self._asked.basic is not None and self._user is not None:
            pair = f"{signing.text_of(self._user(document, context))}:{self.secrets[self._asked.basic.password]}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        given = _params(self._headers, document, context)
        if isinstance(self._asked, Send) and self._asked.idempotency:
            given[self._asked.idempotency] = signing.text_of(context.references.get("id"))
        names = {name.lower() for name in given}
        return {**{name: value for name, value in headers.items() if name.lower() not in names}, **given}

    def _kind(self) -> str:
        if self._form is not None:
            return _FORM
        if self._json is not None:
            return _JSON
        if self._xml is not None:
            return _XML
        if self._proto is not None and self._asked.method != "grpc":
            return _PROTO
        return _TEXT if self._body is not None else ""

    def _fields(self, document: Tree, context: Context) -> Mapping[str, Tree] | None:
        run = self._json or self._xml
        made = run(document, context) if run else None
        return made if isinstance(made, dict) else None

    def _with_body(self, made: Unsigned, document: Tree, context: Context) -> Unsigned:
        if self._encode_proto is not None and (self._proto is not None or self._asked.method == "grpc"):
            return replace(made, body=self._encode_proto(self._proto(document, context) if self._proto else {}))
        if made.form is not None:
            return replace(made, body=urlencode(made.form).encode())
        if self._json is not None:
            tree = dict(made.fields) if made.fields is not None else self._json(document, context)
            canonical = self._asked.sign is not None and self._asked.sign.canonical
            return replace(made, body=signing.canonical(tree).encode() if canonical else json.encode(tree))
        if self._xml is not None:
            tree = dict(made.fields) if made.fields is not None else self._xml(document, context)
            return replace(made, body=self._encode_xml(tree))
        if self._body is not None:
            return replace(made, body=signing.text_of(self._body(document, context)).encode())
        return made


def address_of(asked: Asked, context: Context) -> str:
    """Where a call goes, as far as it is known before there is anything to send."""
    run = _text(asked.url, asked, References(IN_REQUESTS.names, frozenset(context.secrets)), encoded=True)
    return signing.text_of(run(None, context))


def text_with(text: str, mark: Mark, context: Context) -> str:
    """A text of a spec with what its references stand for, as an address takes it."""
    known = References(IN_REQUESTS.names, frozenset(context.secrets))
    return signing.text_of(compile_rule(read_text(text, mark, known, encoded=True)).run(None, context))


def _says_what(asked: Asked) -> bool:
    return any((asked.form, asked.json, asked.xml, asked.proto, asked.text))


def _whole(document: Tree, context: Context) -> Tree:
    """What a call outwards sends that does not say what: what its map made, else what happened."""
    return context.references.get("mapped") or context.references.get("event")


def _followed(url: str, link: str) -> str:
    """The address that a `Link` header leads to: at the same place, for it is asked with the same secrets."""
    led = urljoin(url, link)
    if urlsplit(led)[:2] != urlsplit(url)[:2]:
        raise BadDocument(
            "link_elsewhere",
            "$headers.link",
            "The next page is said to be at another host; it is not asked, for secrets would go there.",
            "下一页的链接指向其他主机；为避免泄露密钥，不予请求。",
        )
    return led


def _part(plain: Plain | None, known: References) -> Run | None:
    if plain is None:
        return None
    return compile_rule(read_template(plain.value, lambda way: plain.mark(*way), known)).run


def _text(text: str, asked: Asked, known: References, *, encoded: bool = False) -> Run:
    return compile_rule(read_text(text, asked.mark, known, encoded=encoded)).run


def _params(run: Run | None, document: Tree, context: Context) -> dict[str, str]:
    """Named values as texts; null ones are not sent."""
    made = run(document, context) if run else None
    if not isinstance(made, dict):
        return {}
    return {name: signing.text_of(value) for name, value in made.items() if value is not None}
