"""What a website signs of its customer: a JSON Web Token, HS256 and nothing else (RFC 7519, RFC 8725). Pure."""

import base64
import binascii
import hashlib
import hmac
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.model.errors import Invalid

TOKEN_CHARACTERS_MAX = 8_192
_LEEWAY_SECONDS = 300  # by which clocks of websites are wrong
_Fact = Annotated[str, Meta(max_length=200)]
_Attributes = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=60)], Annotated[str, Meta(max_length=1_000)]],
    Meta(max_length=50),
]


class Proven(Struct, frozen=True):
    """What is proven of a customer: what the site calls him (`sub`), what it says of him; empty ones say nothing."""

    sub: Annotated[str, Meta(min_length=1, max_length=200)]
    exp: int
    name: _Fact = ""
    email: _Fact = ""
    phone: _Fact = ""
    attributes: _Attributes = {}
    aud: str = ""
    nbf: int = 0
    iat: int = 0


class _Header(Struct, frozen=True):
    alg: str
    crit: msgspec.UnsetType | list[str] = msgspec.UNSET


def proven(
    token: str, secrets: list[str], inbox_id: str, now_seconds: int, life_seconds_max: int
) -> tuple[Proven, int]:
    """What a token proves, and which of the `secrets` signed it; raises `Invalid`.

    It ends (`exp`), in `life_seconds_max` at the latest. Shown again until then it proves the same once more.
    """
    header, claims, signature, signed = _parts(token)
    if header.alg != "HS256":
        raise _malformed("alg must be HS256")
    if header.crit is not msgspec.UNSET:  # what it says must be understood (RFC 7515, 4.1.11), and nothing of it is
        raise _malformed("crit names what is not known here")
    which = next((number for number, secret in enumerate(secrets) if _fits(secret, signed, signature)), None)
    if which is None:
        raise Invalid(
            "identity_unsigned",
            "The token is not signed with a secret of this inbox. Use the one from Settings → Inboxes, on your server.",
            "令牌未使用该收件箱的密钥签名。请在你的服务器上使用“设置 → 收件箱”中的密钥。",
        )
    found = _claims(claims)
    if found.exp <= now_seconds:
        raise Invalid(
            "identity_over",
            "The token is over (exp). Make a new one for each page that you serve.",
            "令牌已过期（exp）。请在每次输出页面时重新生成。",
        )
    if found.exp > now_seconds + life_seconds_max + _LEEWAY_SECONDS:
        raise _malformed(f"exp may lie {life_seconds_max} seconds ahead at most")
    if found.nbf > now_seconds + _LEEWAY_SECONDS:
        raise _malformed("nbf lies ahead: check the clock of your server")
    if found.iat > now_seconds + _LEEWAY_SECONDS:
        raise _malformed("iat lies ahead: check the clock of your server")
    if found.aud not in ("", inbox_id):
        raise _malformed("aud is another inbox")
    return found, which


def _parts(token: str) -> tuple[_Header, bytes, bytes, bytes]:
    pieces = token.split(".")
    if len(token) > TOKEN_CHARACTERS_MAX or len(pieces) != 3:
        raise _malformed("a token has three parts between dots")
    try:
        header = msgspec.json.decode(_bytes(pieces[0]), type=_Header)
        return header, _bytes(pieces[1]), _bytes(pieces[2]), f"{pieces[0]}.{pieces[1]}".encode("ascii")
    except (msgspec.DecodeError, UnicodeError, binascii.Error, ValueError, RecursionError) as error:
        raise _malformed("its parts are base64url of JSON") from error


def _claims(claims: bytes) -> Proven:
    try:
        said: dict[str, Any] = msgspec.json.decode(claims, type=dict[str, Any])
        if isinstance(said.get("sub"), int):
            said["sub"] = str(said["sub"])
        for moment in ("exp", "nbf", "iat"):
            if isinstance(said.get(moment), float):
                said[moment] = int(said[moment])
        found = msgspec.convert(said, Proven)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError, OverflowError, ValueError) as error:
        raise _malformed(str(error)) from error
    if not found.sub.strip() or not found.sub.isprintable():
        raise _malformed("sub is empty")
    return found


def _fits(secret: str, signed: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(hmac.new(secret.encode(), signed, hashlib.sha256).digest(), signature)


def _bytes(piece: str) -> bytes:
    return base64.b64decode(piece.encode("ascii") + b"=" * (-len(piece) % 4), altchars=b"-_", validate=True)


def _malformed(why: str) -> Invalid:
    return Invalid(
        "identity_malformed",
        f"This is not a token that proves a customer: {why[:200]}. See the manual, Signed identity.",
        f"该令牌无法证明客户身份：{why[:200]}。请参阅手册“签名身份”。",
    )
