"""Time-based one-time passwords (RFC 6238 over RFC 4226): six digits, SHA-1, 30 seconds, as every app expects.

Twenty lines on `hmac` instead of a library: the standard's own test vectors hold them.
"""

import base64
import hmac
import re
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
SECRET_BYTES = 20  # RFC 4226 §4: as long as the hash
_DIGITS = 6
_WINDOW_STEPS = 1  # RFC 6238 §5.2: one step back for slow fingers and the way; one on for a clock that is ahead
_CODE = re.compile(r"[0-9]{6}")


def secret_of(random_bytes: bytes) -> str:
    """A secret as apps take it: base32 without padding."""
    return base64.b32encode(random_bytes).decode().rstrip("=")


def code_at(secret: str, step: int) -> str:
    """The code of a time step."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def accepted_step(secret: str, code: str, now_ms: int, after: int) -> int | None:
    """The time step whose code this is, in the window around now and after step `after`, so that each is good once."""
    if _CODE.fullmatch(code) is None:
        return None
    present = now_ms // (STEP_SECONDS * 1_000)
    found = None
    for step in range(present - _WINDOW_STEPS, present + _WINDOW_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step), code) and step > after:
            found = step
    return found


def link(secret: str, issuer: str, account: str) -> str:
    """What an app reads from the picture (Google Authenticator's key URI format)."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"
