"""What may be told of a text: what stands in our own program, numbers, and pseudonyms in the place of addresses.

A text that a person or another program may have had a hand in is never cleaned by looking for secrets in it: only the
pieces that our own source says word for word are kept, and of what stands between them short numbers.
"""

import errno
import hashlib
import hmac
import ipaddress
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pkgutil import walk_packages
from types import CodeType
from urllib.parse import urlsplit

LEFT_OUT = "…"
_OTHERS = ("app.demo", "app.frozen", "app.__main__")  # what invented people say is no word of ours
_PIECE_MIN = 8  # characters of a piece of ours; a shorter one could be anybody's
_TEXT_MAX = 4_000
_REPEATED = re.compile(rf"(?:\s*{LEFT_OUT}\s*)+")
_NUMBER = re.compile(r"(?<![\w.+-])\d{1,5}(?:\.\d{1,3})?(?: ?(?:%|[KMGT]?i?B|ms|s|min|h|d))?(?![\w.-])")
_SYSTEM = re.compile(r"/(?:proc|sys)(?:/[\w.*-]+)*")
_LONG = re.compile(r"[0-9A-Fa-f-]{12,}")
_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,4}){0,2}")
_FILE_SYSTEMS = ("ext3", "ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "nfs", "nfs4", "cifs", "fuse", "f2fs", "9p")
_OF_SQLITE = (  # what sqlite3_errstr says of a disk or a file
    "database is locked", "disk I/O error", "database disk image is malformed", "database or disk is full",
    "unable to open database file", "attempt to write a readonly database", "file is not a database",
)  # fmt: skip
_TELLING_NETWORKS = ("is_loopback", "is_unspecified")

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class Discretion:
    """Decides for one bundle; `secret` makes its pseudonyms, the same for the same all through it."""

    def __init__(self, secret: bytes, own: Iterable[str]) -> None:
        self._secret = secret
        self._own = frozenset(own)
        self._pieces: dict[str, list[str]] = {}  # by how they begin, the longest first
        for text in sorted((text for text in self._own if len(text) >= _PIECE_MIN), key=len, reverse=True):
            self._pieces.setdefault(text[:_PIECE_MIN], []).append(text)
        self.sentence = lru_cache(maxsize=10_000)(self._sentence)

    def pseudonym(self, kind: str, value: str) -> str:
        """Always the same for the same value in this bundle; nobody can lead it back."""
        digest = hmac.new(self._secret, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()
        return f"{kind}-{digest[:10]}"

    def address(self, text: str) -> str:
        """An IP address or network: its kind and a pseudonym; what stands for every machine alike is told."""
        try:
            network = ipaddress.ip_network(text.strip("[]"), strict=False)
        except ValueError:
            return self.pseudonym("host", text.lower()) if text and text != "localhost" else text
        if any(getattr(network, name) for name in _TELLING_NETWORKS):
            return text
        kind = "private-ip" if network.is_private else "ip"
        length = f"/{network.prefixlen}" if network.prefixlen < network.max_prefixlen else ""
        return self.pseudonym(kind, str(network)) + length

    def listener(self, text: str) -> str:
        """HOST:PORT with the host as an address."""
        host, _, port = text.rpartition(":")
        return f"{self.address(host)}:{port if port.isdecimal() else LEFT_OUT}"

    def url(self, text: str) -> str:
        """Scheme, host as an address, port, and whether there is a path."""
        try:
            parts = urlsplit(text)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return LEFT_OUT
        scheme = parts.scheme if parts.scheme in ("http", "https") else LEFT_OUT
        return f"{scheme}://{self.address(parts.hostname or '')}{port}{f'/{LEFT_OUT}' if parts.path.strip('/') else ''}"

    def knows(self, text: str) -> bool:
        """Whether a text stands in our own program as it is."""
        return text in self._own

    def term(self, text: str) -> str:
        """A word or name that is ours, a version, a file of the kernel's; anything else as a sentence."""
        if text in self._own or _VERSION.fullmatch(text):
            return text
        if _SYSTEM.fullmatch(text):
            return _LONG.sub(LEFT_OUT, text)
        return self.sentence(text)

    def values(self, value: object) -> Json:
        """Numbers and truths as they are, texts as terms, in lists and under names that are ours."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.term(value)
        if isinstance(value, Mapping):
            return {self.term(str(name)): self.values(inner) for name, inner in value.items()}
        if isinstance(value, Iterable):
            return [self.values(inner) for inner in value]
        return LEFT_OUT

    def _sentence(self, text: str) -> str:
        """From left to right the longest pieces that our source says; of what stands between them the short numbers."""
        if text in self._own:
            return text
        text = text[:_TEXT_MAX]
        told: list[str] = []
        begun = at = 0
        while at < len(text):
            candidates = self._pieces.get(text[at : at + _PIECE_MIN], ())
            piece = next((one for one in candidates if text.startswith(one, at)), "")
            if piece:
                told += [_between(text[begun:at]), piece]
                begun = at = at + len(piece)
            else:
                at += 1
        if not begun:
            return LEFT_OUT if text.strip() else ""
        told.append(_between(text[begun:]))
        return _REPEATED.sub(f" {LEFT_OUT} ", "".join(told)).strip()


def _between(text: str) -> str:
    """Short numbers that stand alone between what is ours; of anything else that there was something."""
    return f" {LEFT_OUT} " if _NUMBER.sub("", text).strip(" ,;:()") else text


def own_texts() -> Iterator[str]:
    """Every text that stands in the code of this program, those of the demo shop apart, and the system's own errors."""
    yield from map(os.strerror, errno.errorcode)
    yield from (*_OF_SQLITE, *_FILE_SYSTEMS)
    for package in ("app", "installer"):
        spec = find_spec(package)
        places = spec.submodule_search_locations if spec is not None else None
        for module in walk_packages(places or [], f"{package}."):
            if not module.name.startswith(_OTHERS):
                yield module.name
                yield from _texts_of_module(module.name)


def _texts_of_module(name: str) -> Iterator[str]:
    """Without running it: a module is a file, and its code holds its texts (PEP 302's `get_code`)."""
    spec = find_spec(name)
    get_code = getattr(spec.loader, "get_code", None) if spec is not None else None
    code = get_code(name) if get_code is not None else None
    if code is not None:
        yield from _texts_of_code(code)


def _texts_of_code(code: CodeType) -> Iterator[str]:
    yield code.co_name
    yield from code.co_names
    for constant in code.co_consts:
        yield from _texts_of_constant(constant)


def _texts_of_constant(constant: object) -> Iterator[str]:
    if isinstance(constant, str):
        yield constant
    elif isinstance(constant, CodeType):
        yield from _texts_of_code(constant)
    elif isinstance(constant, tuple | frozenset):
        for inner in constant:
            yield from _texts_of_constant(inner)
