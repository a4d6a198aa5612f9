"""Who made a file: an Ed25519 signature (RFC 8032) over its bytes, in a file of its own beside it, `FILE.sig`.

`FILE.sig` is the signature in base64 and a line end, so that any other tool checks it as well. The public keys are
compiled in (`release_keys`, from MONODESK_RELEASE_KEYS at build time): one that signs, and a second that takes its
place when the first is lost or stolen. A file built without them is a development file.

For maintainers: `python -m installer.signature`, with `generate KEY`, `public KEY`, `sign FILE --key KEY`, `verify`.
"""

import argparse
import base64
import binascii
import os
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.model.errors import Invalid, Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEYS: Final = "release_keys"  # beside this module, a key a line; absent from source and from development files
ENDING: Final = ".sig"
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_SIGNATURE_FILE_BYTES_MAX: Final = 1_024
_PRIVATE: Final = 0o600


def release_keys() -> tuple[bytes, ...]:
    """The public keys that were compiled in; empty for a development file. Raises `Invalid` for a damaged list."""
    try:
        text = (resources.files("installer") / KEYS).read_text(encoding="ascii")
    except FileNotFoundError:
        return ()
    return parse_keys(text)


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Public keys, 32 bytes each in base64, between commas, spaces or line ends. Raises `Invalid`."""
    keys = []
    for word in text.replace(",", " ").split():
        key = _decoded(word)
        if key is None or len(key) != _KEY_BYTES:
            raise Invalid(
                "release_key_malformed",
                f"“{word}” is no public key: it must be 32 bytes in base64, as `python -m installer.signature public` "
                "prints it.",
                f"“{word}” 不是公钥：应为 32 字节的 base64，即 `python -m installer.signature public` 的输出。",
            )
        keys.append(key)
    return tuple(keys)


def signature_of(file: Path) -> Path:
    """Where the signature of a file lies."""
    return file.with_name(f"{file.name}{ENDING}")


def verify(content: Path, signature: Path, keys: Sequence[bytes]) -> None:
    """Check that one of `keys` has signed the bytes of `content`. Raises `Invalid`, which says what is wrong."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signed, message = _read(signature), content.read_bytes()
    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signed, message)
        except InvalidSignature:
            continue
        return
    raise Invalid(
        "signature_wrong",
        f"{signature} is not the signature of this file by a key that this version knows. The download is damaged, or "
        "the file is not from who made this one: fetch both again from where you had this version from.",
        f"{signature} 与该文件不符，或签名密钥不为当前版本所知。"
        "文件可能已损坏，或并非来自同一发布者：请从原渠道重新下载这两个文件。",
    )


def sign(file: Path, key: Path) -> Path:
    """Write `FILE.sig` with the private key at `key` (PEM); its place."""
    target = signature_of(file)
    target.write_text(f"{base64.b64encode(_private(key).sign(file.read_bytes())).decode()}\n", encoding="ascii")
    return target


def generate(key: Path) -> str:
    """Make a private key at `key`, which must not exist, readable by its owner alone; its public key in base64."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return public(key)


def public(key: Path) -> str:
    """The public key of the private one at `key`, in base64, as MONODESK_RELEASE_KEYS takes it."""
    return base64.b64encode(_private(key).public_key().public_bytes_raw()).decode()


def _private(key: Path) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    except ValueError as error:
        raise _no_private_key(key) from error
    if not isinstance(loaded, Ed25519PrivateKey):
        raise _no_private_key(key)
    return loaded


def _read(signature: Path) -> bytes:
    try:
        with signature.open("rb") as file:
            text = file.read(_SIGNATURE_FILE_BYTES_MAX)
    except OSError as error:
        raise Invalid(
            "signature_missing",
            f"There is no signature {signature}. Put it beside the file; it is published together with it.",
            f"找不到签名文件 {signature}。请将与程序一同发布的签名文件放在旁边。",
        ) from error
    signed = _decoded(text.decode("ascii", "replace").strip())
    if signed is None or len(signed) != _SIGNATURE_BYTES:
        raise Invalid(
            "signature_malformed",
            f"{signature} holds no signature (64 bytes in base64). Fetch it again.",
            f"{signature} 中没有有效的签名（64 字节的 base64）。请重新下载。",
        )
    return signed


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _no_private_key(key: Path) -> Invalid:
    return Invalid(
        "private_key_malformed",
        f"{key} holds no Ed25519 private key without a passphrase (PEM). Make one: python -m installer.signature "
        f"generate {key}",
        f"{key} 不是无口令的 Ed25519 私钥（PEM）。可用以下命令生成：python -m installer.signature generate {key}",
    )


def main(arguments: Sequence[str]) -> int:
    """The maintainer's tool; exit code 1 with a sentence where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m installer.signature", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("generate", "make a private key"), ("public", "print its public key")):
        commands.add_parser(name, help=text).add_argument("key", metavar="KEY", type=Path)
    signing = commands.add_parser("sign", help="write FILE.sig")
    signing.add_argument("file", metavar="FILE", type=Path)
    signing.add_argument("--key", metavar="KEY", type=Path, required=True)
    checking = commands.add_parser("verify", help="check FILE against FILE.sig")
    checking.add_argument("file", metavar="FILE", type=Path)
    checking.add_argument("--keys", required=True, help="public keys in base64, between commas")
    options = parser.parse_args(arguments)
    try:
        sys.stdout.write(f"{_carry(options)}\n")
    except (Problem, OSError) as error:
        sys.stderr.write(f"{error.en if isinstance(error, Problem) else error}\n")
        return 1
    return 0


def _carry(options: argparse.Namespace) -> str:
    match options.command:
        case "generate":
            return generate(options.key)
        case "public":
            return public(options.key)
        case "sign":
            return str(sign(options.file, options.key))
    verify(options.file, signature_of(options.file), parse_keys(options.keys))
    return f"{options.file}: signed by one of these keys"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
