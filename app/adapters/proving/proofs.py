"""How an incoming request proves whose it is, before anything of it is believed.

    prove(proof, secrets, arrived, now, seen) -> what must not come twice     or raises `Unproven`

Outside, every failure is one and the same 401; the reason is for the log alone. Comparisons take the same time whatever
is compared. What is signed is looked for in the body, the address and the headers, and may not be at two of these with
different values: otherwise one would be proven and another be used.
"""

import base64
import binascii
import hashlib
import hmac
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import assert_never
from urllib.parse import parse_qsl

from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree
from app.adapters.proving.secrets import Known
from app.adapters.proving.signing import Signable, holds, names_of, text_of
from app.adapters.specs.model import (
    Addresses,
    AllOf,
    AnyOf,
    BasicProof,
    Bearer,
    Certificate,
    Proof,
    Sign,
    Signed,
    Window,
)
from app.model.arrivals import ClientCertificate
from app.model.errors import Unauthenticated

_FORM = "application/x-www-form-urlencoded"
_FIELDS_MAX = 1_000  # of a form that is signed
_MS = 1_000.0


class Unproven(Unauthenticated):
    """Nobody that we know. `reason` is for the log; what is answered says no more to anybody."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "adapter_unproven",
            "This source could not tell that the request is from its system. Compare the secret on both sides.",
            "无法确认该请求来自对应系统。请核对双方配置的密钥。",
        )
        self.reason = reason


class Once(Struct, frozen=True):
    """What is to be remembered in the transaction that stores the delivery, until that moment (seconds UTC)."""

    key: str
    until: float


class Arrived(Struct, frozen=True, dict=True):
    """A request as it came: decoded pairs of its address, headers in lower case.

    `parsed` gives the body's tree; it is called only where what is signed is looked for in the body, and may raise
    `BadDocument`. `address` is the client's own, whatever stands between.
    """

    method: str = "POST"
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = {}
    body: bytes = b""
    address: str = ""
    peer: ClientCertificate | None = None
    parsed: Callable[[], Tree] | None = None

    @cached_property
    def form(self) -> tuple[tuple[str, str], ...]:
        """The pairs of a form, none where the body is no form."""
        if not self.headers.get("content-type", "").lower().startswith(_FORM):
            return ()
        try:
            return tuple(parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=_FIELDS_MAX))
        except ValueError:
            raise Unproven("the form cannot be read") from None

    @cached_property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The top of a JSON or XML body, below the root where that is all there is. A GET has none, nor has a form."""
        try:
            read = self.parsed if self.method != "GET" and not self.form else None
            tree = read() if read is not None else None
        except BadDocument:
            raise Unproven("the body cannot be read") from None
        if isinstance(tree, dict) and len(tree) == 1 and isinstance(inner := next(iter(tree.values())), dict):
            tree = inner
        if not isinstance(tree, dict):
            return ()
        return tuple((name, text_of(value)) for name, value in tree.items() if not isinstance(value, dict | list))


def prove(proof: Proof, secrets: Known, arrived: Arrived, now: float, seen: Callable[[str], bool]) -> tuple[Once, ...]:
    """Raises `Unproven`. `now` in seconds UTC; `seen` says of an `Once.key` whether it is remembered.

    What is returned is to be remembered when the delivery is stored, not before: a sender that we failed may try again.
    """
    once = tuple(_proven(proof, secrets, arrived, now))
    for one in once:
        if seen(one.key):
            raise Unproven("it came before")
    return once


def named(name: str, arrived: Arrived) -> str:
    """The value of that name at the body's top, in the address or the headers; empty for none.

    Raises `Unproven` where these differ. What is decrypted is to be taken by this, so that it is what was proven.
    """
    values = {value for one, value in (*arrived.query, *arrived.form, *arrived.fields) if one == name}
    if (header := arrived.headers.get(name.lower())) is not None:
        values.add(header)
    if len(values) > 1:
        raise Unproven(f"{name} comes twice")
    return next(iter(values), "")


def _proven(proof: Proof, secrets: Known, arrived: Arrived, now: float) -> Iterator[Once]:
    match proof:
        case Bearer():
            _bearer(proof, secrets, arrived)
        case BasicProof():
            _basic(proof, secrets, arrived)
        case Signed():
            yield from _signed(proof, secrets, arrived, now)
        case Certificate():
            _certificate(proof, arrived.peer)
        case Addresses():
            _address(proof, arrived.address)
        case AllOf():
            for one in proof.proofs:
                yield from _proven(one, secrets, arrived, now)
        case AnyOf():
            yield from _any(proof, secrets, arrived, now)
        case _:
            assert_never(proof)


def _any(proof: AnyOf, secrets: Known, arrived: Arrived, now: float) -> list[Once]:
    reasons = []
    for one in proof.proofs:
        try:
            return list(_proven(one, secrets, arrived, now))
        except Unproven as error:
            reasons.append(error.reason)
    raise Unproven("; ".join(reasons) or "no proof is named")


def _bearer(proof: Bearer, secrets: Known, arrived: Arrived) -> None:
    if proof.query:
        given = _single(proof.query, arrived.query)
    elif proof.header:
        given = arrived.headers.get(proof.header.lower(), "")
    else:
        scheme, _, given = arrived.headers.get("authorization", "").partition(" ")
        given = given.strip() if scheme.lower() == "bearer" else ""
    if not given:
        raise Unproven("it carries no token")
    if not _same(given, secrets[proof.secret]):
        raise Unproven("its token is another")


def _basic(proof: BasicProof, secrets: Known, arrived: Arrived) -> None:
    scheme, _, given = arrived.headers.get("authorization", "").partition(" ")
    user, password = _credentials(given.strip())
    both = _same(user, proof.user) & _same(password, secrets[proof.password])
    if scheme.lower() != "basic" or not both:
        raise Unproven("its user or password is another, or none")


def _credentials(given: str) -> tuple[str, str]:
    """User and password (RFC 7617 §2); empty where it is no such thing."""
    try:
        user, _, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return "", ""
    return user, password


def _signed(proof: Signed, secrets: Known, arrived: Arrived, now: float) -> Iterator[Once]:
    how = proof.sign
    given = arrived.headers.get(how.header.lower(), "") if how.header else named(how.into, arrived)
    if not given:
        raise Unproven(f"it carries no signature in {how.header or how.into}")
    if not holds(how, secrets[how.secret], given, _signable(how, arrived)):
        raise Unproven(f"the signature in {how.header or how.into} is of something else, or by another secret")
    until = _in_time(proof.time, arrived, now) if proof.time is not None else math.inf
    if proof.once:
        unique = given.lower() if proof.once in (how.header, how.into) else named(proof.once, arrived)
        if not unique:
            raise Unproven(f"it carries no {proof.once}")
        yield Once(hashlib.sha256(unique.encode(errors="replace")).hexdigest(), until)


def _in_time(window: Window, arrived: Arrived, now: float) -> float:
    """Until when it would be believed, in seconds UTC."""
    said = named(window.name, arrived)
    try:
        sent = _seconds(said, window.unit)
    except (ValueError, OverflowError):
        raise Unproven(f"{window.name} is no time") from None
    if abs(now - sent) > window.within:
        raise Unproven(f"{window.name} is {now - sent:+.0f} s from our clock, more than {window.within:.0f} s")
    return sent + window.within


def _seconds(said: str, unit: str) -> float:
    if unit == "iso":
        moment = datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not (said.isascii() and said.isdigit() and len(said) < 20):
        raise ValueError(said)
    return int(said) / (_MS if unit == "milliseconds" else 1.0)


def _signable(how: Sign, arrived: Arrived) -> Signable:
    """What they signed, as far as the spec names it."""
    params = _once_each([*arrived.query, *arrived.form])
    if how.place in ("json", "xml"):
        params |= _once_each([*params.items(), *arrived.fields])
    named = {
        name: value for names in names_of(how) if names != how.body_as for name, value in [_chosen(names, arrived)]
    }
    return Signable({**params, **named}, arrived.body, arrived.method, arrived.path)


def _once_each(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Each name with its value. Which of two would count, nobody knows."""
    once: dict[str, str] = {}
    for name, value in pairs:
        if once.setdefault(name, value) != value:
            raise Unproven(f"{name} comes twice")
    return once


def _chosen(names: str, arrived: Arrived) -> tuple[str, str]:
    """The one of `a|b` that is there; two of them would let one be proven and the other be used."""
    there = [(name, value) for name in names.split("|") if (value := named(name, arrived))]
    if len(there) != 1:
        raise Unproven(f"{names} is not there" if not there else f"of {names} more than one is there")
    return there[0]


def _single(name: str, pairs: tuple[tuple[str, str], ...]) -> str:
    return _once_each([pair for pair in pairs if pair[0] == name]).get(name, "")


def _certificate(proof: Certificate, peer: ClientCertificate | None) -> None:
    if peer is None:
        raise Unproven("it brings no certificate")
    fingerprint = proof.fingerprint.replace(":", "").lower()
    if fingerprint and not _same(peer.fingerprint.replace(":", "").lower(), fingerprint):
        raise Unproven("its certificate is another")
    if proof.subject and proof.subject.lower() not in {name.lower() for name in peer.names}:
        raise Unproven("its certificate is of another name")
    if not fingerprint and not proof.subject:
        raise Unproven("the proof names no certificate")


def _address(proof: Addresses, address: str) -> None:
    try:
        here: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        raise Unproven("it comes from no address") from None
    if isinstance(here, IPv6Address) and here.ipv4_mapped is not None:
        here = here.ipv4_mapped
    if not any(here in ip_network(one, strict=False) for one in proof.networks):
        raise Unproven(f"it comes from {here}")


def _same(given: str, wanted: str) -> bool:
    """In a time that tells neither length nor letters; nothing is nobody's secret."""
    digests = [hashlib.sha256(one.encode(errors="replace")).digest() for one in (given, wanted)]
    return hmac.compare_digest(*digests) and bool(wanted)
