"""Secrets that the server must read again: sealed in the database by a key that lies under `keys/`."""

import base64
import os
from collections.abc import Callable
from pathlib import Path

from app.model.errors import Unavailable

_KEY_BYTES = 32
_NONCE_BYTES = 12
_NAME = "seal.key"


class Seal:
    """AES-256-GCM; `folder` is `keys/` of the data folder. The key is made at the first use, for its user alone."""

    def __init__(self, folder: Path, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self._place = folder / _NAME
        self._random_bytes = random_bytes
        self._key = b""

    def close(self, secret: str, about: str) -> str:
        """A secret as it may lie in the database; it opens only `about` the same thing again. Raises `Unavailable`."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # only where something is sealed

        nonce = self._random_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._held(make=True)).encrypt(nonce, secret.encode(), about.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, about: str) -> str:
        """The secret; raises `Unavailable` where the key is not the one that closed it."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        whole = base64.b64decode(sealed)
        try:
            return AESGCM(self._held()).decrypt(whole[:_NONCE_BYTES], whole[_NONCE_BYTES:], about.encode()).decode()
        except InvalidTag as error:
            raise self._missing() from error

    def _held(self, *, make: bool = False) -> bytes:
        if not self._key:
            self._key = self._read() or (self._made() if make else b"")
        if not self._key:
            raise self._missing()
        return self._key

    def _read(self) -> bytes:
        try:
            found = self._place.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise self._missing() from error
        return found if len(found) == _KEY_BYTES else b""

    def _made(self) -> bytes:
        key = self._random_bytes(_KEY_BYTES)
        try:
            self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._missing() from error
        return key

    def _missing(self) -> Unavailable:
        return Unavailable(
            "seal_missing",
            f"{self._place} cannot be used: it is missing, damaged or not readable. Bring keys/ back from a backup "
            "made with --keys, or make a new secret.",
            f"无法使用 {self._place}：文件缺失、损坏或不可读。请从使用 --keys 制作的备份恢复 keys/，或生成新的密钥。",
        )
