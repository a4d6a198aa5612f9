"""Secrets of sources: found by reference, kept in files of their own, masked wherever a text goes out.

A reference is `env:NAME` (the server's environment), `file:/path` (nobody else may read it) or `vault:name` (a file of
`data/keys/adapters/`, 0600, written here). Values live in `Known` alone; nothing prints them.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

import msgspec

from app.adapters.errors import BadSpec
from app.adapters.specs.model import Reference
from app.mail.secrets import Secrets
from app.model.errors import Invalid

MASK = "•••"
VAULT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_BYTES_MAX = 65_536  # of one secret; a certificate with its key is the longest
_LEARNT_MAX = 100  # values that are masked of one source
_MASKED_MIN = 4  # characters; a shorter one would blot out every text, and is none
_OUR_VARIABLES = ("MONODESK_", "MAIL_")  # the server's own, which no source is to have


class Known(Mapping[str, str]):
    """A source's secrets by their names. Their values are had by asking, never by printing."""

    def __init__(self, values: Mapping[str, str] = {}) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Known({', '.join(sorted(self._values))})"

    def replace(self, name: str, value: str) -> None:
        """Its system has given it another value."""
        self._values[name] = value


class Masker:
    """Takes every known secret out of what is shown: as it is, and as an address, JSON or XML carry it."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = dict.fromkeys(values)
        self._compile()

    def __repr__(self) -> str:
        return "Masker()"

    def learn(self, value: str) -> None:
        """One more, a token that was lent; the oldest of too many is one that has ended long ago."""
        self._values[value] = None
        while len(self._values) > _LEARNT_MAX:
            del self._values[next(iter(self._values))]
        self._compile()

    def _compile(self) -> None:
        shapes = {shape for value in self._values for shape in _shapes(value) if len(shape) >= _MASKED_MIN}
        either = "|".join(re.escape(shape) for shape in sorted(shapes, key=lambda one: (-len(one), one)))
        self._text = re.compile(either) if shapes else None
        self._bytes = re.compile(either.encode()) if shapes else None

    def text(self, text: str) -> str:
        """The same without them."""
        return self._text.sub(MASK, text) if self._text else text

    def bytes(self, data: bytes) -> bytes:
        """Of a body in UTF-8, or in any code that writes ASCII as ASCII."""
        return self._bytes.sub(MASK.encode(), data) if self._bytes else data


class Vault:
    """Secrets that the console keeps: one file each in `keys/adapters/`, readable by the server's user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = Secrets(folder)

    def names(self) -> list[str]:
        """Of all that are kept, never their values."""
        try:
            return sorted(one.name for one in self._folder.iterdir() if VAULT_NAME.fullmatch(one.name))
        except OSError:
            return []

    def read(self, name: str) -> str | None:
        """None for none."""
        try:
            with (self._folder / _checked(name)).open("rb") as file:
                return _value(file.read(_BYTES_MAX + 1))
        except OSError:
            return None

    def write(self, name: str, value: str) -> None:
        """Whole or not at all. Raises `Invalid` for a name or a value that cannot be, `Unavailable` for a full disk."""
        if not value or len(value.encode()) > _BYTES_MAX:
            raise Invalid(
                "adapter_secret",
                f"A secret has 1 to {_BYTES_MAX} bytes. Enter it again.",
                f"密钥长度须为 1 到 {_BYTES_MAX} 字节。请重新输入。",
                field="value",
            )
        self._files.keep_bytes(_checked(name), value.encode())

    def delete(self, name: str) -> None:
        """It is there no more."""
        with suppress(FileNotFoundError):
            (self._folder / _checked(name)).unlink()


class Finder:
    """Finds what references stand for. `private`: the folder that no `file:` may lead into, the server's own data."""

    def __init__(self, vault: Vault, private: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._vault = vault
        self._private = private.resolve()
        self._environ = environ

    def all(self, references: Mapping[str, Reference]) -> Known:
        """Every secret of a source. Raises `BadSpec` for the first that is not to be had."""
        return Known({name: self.find(name, reference) for name, reference in references.items()})

    def find(self, name: str, reference: Reference) -> str:
        """The one that `reference` leads to; `name` is what the spec calls it."""
        match reference.kind:
            case "env":
                found = self._variable(name, reference)
            case "vault":
                found = self._vault.read(reference.at)
            case "file":
                found = self._file(name, reference)
        if not found:
            raise _missing(name, reference)
        return found

    def _variable(self, name: str, reference: Reference) -> str | None:
        if reference.at.startswith(_OUR_VARIABLES):
            raise BadSpec(
                reference.mark,
                f"{reference.at} is the server's own variable, which no source may have. Name another for “{name}”.",
                f"{reference.at} 是服务器自身的环境变量，数据源不能使用。请为“{name}”换一个变量。",
            )
        return self._environ.get(reference.at)

    def _file(self, name: str, reference: Reference) -> str | None:
        """Of a file that neither the world can read nor another than root or ourselves can have put there."""
        if Path(reference.at).resolve().is_relative_to(self._private):
            raise BadSpec(
                reference.mark,
                f"{reference.at} lies in the server's own data folder. Put “{name}” elsewhere, or use vault:…",
                f"{reference.at} 位于服务器自身的数据目录中。请把“{name}”放到别处，或改用 vault:…",
            )
        try:
            descriptor = os.open(reference.at, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            _demand_private(reference, os.fstat(descriptor))
            return _value(file.read(_BYTES_MAX + 1))


def _demand_private(reference: Reference, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise BadSpec(
            reference.mark,
            f"{reference.at} is no file. Name the file that holds the secret.",
            f"{reference.at} 不是文件。请填写保存密钥的文件。",
        )
    if status.st_mode & stat.S_IRWXO or status.st_mode & stat.S_IWGRP:
        raise BadSpec(
            reference.mark,
            f"{reference.at} can be read by everybody on this machine, or changed by others. "
            f"Run: chmod o=,g-w {reference.at}",
            f"{reference.at} 可被本机所有用户读取，或可被其他用户修改。请执行：chmod o=,g-w {reference.at}",
        )
    if status.st_uid not in (0, os.geteuid()):
        raise BadSpec(
            reference.mark,
            f"{reference.at} belongs to somebody else. Give it to root or to the server's user with chown.",
            f"{reference.at} 属于其他用户。请用 chown 改为 root 或服务器的运行用户。",
        )


def _value(raw: bytes) -> str | None:
    """Without the line feed that editors add; None for what is no text, or too much of it."""
    if len(raw) > _BYTES_MAX:
        return None
    try:
        return raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return None


def _checked(name: str) -> str:
    if not VAULT_NAME.fullmatch(name):
        raise Invalid(
            "adapter_secret_name",
            "A secret's name has lower-case letters, digits, dots and dashes, at most 80. Name it so.",
            "密钥名只能包含小写字母、数字、点、下划线和连字符，最多 80 个字符。请改名。",
            field="name",
        )
    return name


def _shapes(value: str) -> Iterator[str]:
    """How a value may stand in an address, in JSON, in XML; and each line of one that has several."""
    yield value
    yield quote(value, safe="")
    yield quote_plus(value)
    yield msgspec.json.encode(value).decode()[1:-1]
    yield value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield from (line for line in value.splitlines() if len(line) > _MASKED_MIN)


def _missing(name: str, reference: Reference) -> BadSpec:
    match reference.kind:
        case "env":
            en, zh = f"the variable {reference.at} is not set", f"未设置环境变量 {reference.at}"
        case "file":
            en, zh = f"{reference.at} cannot be read, or is empty", f"无法读取 {reference.at}，或文件为空"
        case "vault":
            en, zh = f"no secret “{reference.at}” is kept", f"未保存密钥“{reference.at}”"
    return BadSpec(
        reference.mark,
        f"the secret “{name}” is not there: {en}. Put it there, then check again.",
        f"找不到密钥“{name}”：{zh}。请补上后重新检查。",
        code="adapter_secret_missing",
    )
