"""`keys/` inside an archive: sealed under a passphrase, because an archive is copied around.

argon2id makes a key of the passphrase (RFC 9106 §4, the choice for less memory: 3 rounds, 64 MiB), AES-256-GCM seals
with it. Synchronous, as `archive` is, which alone calls it.
"""

import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import msgspec

from app.model.errors import Invalid
from app.storage.manifest import damaged

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FOLDER: Final = "keys"
_MARK: Final = b"monodesk keys 1\n"  # names the format and its figures; it is authenticated with what it seals
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_ROUNDS, _MEMORY_KIB, _LANES, _KEY_BYTES = 3, 65_536, 4, 32


def names(data: Path) -> tuple[str, ...]:
    """What lies in `keys/`: paths below it, in order."""
    folder = data / FOLDER
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return tuple(sorted(path.relative_to(folder).as_posix() for path in found))


def seal(data: Path, target: Path, passphrase: str) -> None:
    """Write `keys/` to `target`, readable with the passphrase alone."""
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    content = msgspec.msgpack.encode({name: (data / FOLDER / name).read_bytes() for name in names(data)})
    target.write_bytes(_MARK + salt + nonce + _cipher(passphrase, salt).encrypt(nonce, content, _MARK))


def unseal(sealed: Path, data: Path, passphrase: str) -> None:
    """Put what was sealed into `keys/` below `data`; raises `Invalid` for another passphrase or a damaged file."""
    text = sealed.read_bytes()
    salt_at, nonce_at, content_at = len(_MARK), len(_MARK) + _SALT_BYTES, len(_MARK) + _SALT_BYTES + _NONCE_BYTES
    if not text.startswith(_MARK) or len(text) <= content_at:
        raise damaged(sealed)
    cipher = _cipher(passphrase, text[salt_at:nonce_at])
    contents = _opened(cipher, text[nonce_at:content_at], text[content_at:])
    (data / FOLDER).mkdir(mode=0o700)
    for name, content in contents.items():
        if not _stays_below(name):
            raise damaged(sealed)
        path = data / FOLDER / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)


def _opened(cipher: "AESGCM", nonce: bytes, content: bytes) -> Mapping[str, bytes]:
    from cryptography.exceptions import InvalidTag

    try:
        return msgspec.msgpack.decode(cipher.decrypt(nonce, content, _MARK), type=dict[str, bytes])
    except (InvalidTag, msgspec.MsgspecError) as error:
        raise Invalid(
            "passphrase_wrong",
            "The passphrase is not the one under which this archive's keys were sealed; nothing was changed. Give the "
            "right one, or leave --keys out to restore without them.",
            "口令与封存该备份密钥时使用的不一致，数据未作任何更改。请输入正确的口令，或去掉 --keys 只恢复其余数据。",
        ) from error


def _stays_below(name: str) -> bool:
    path = PurePosixPath(name)
    return str(path) == name and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _cipher(passphrase: str, salt: bytes) -> "AESGCM":
    """Imported here: only who seals or opens pays for it."""
    from argon2.low_level import Type, hash_secret_raw
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    typed = unicodedata.normalize("NFKC", passphrase).encode(errors="surrogateescape")
    return AESGCM(hash_secret_raw(typed, salt, _ROUNDS, _MEMORY_KIB, _LANES, _KEY_BYTES, Type.ID))
