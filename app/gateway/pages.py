"""The header fields of built files: how long they are kept, what a page may load, and who may hold it in a frame."""

import re
from collections.abc import Sequence

from app.web.assets import Asset

DATA = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
"""The header fields of every answer that is no page: it is never rendered, framed, or read by another site."""

_YEAR = "public, max-age=31536000, immutable"  # the name holds the content's hash
_ALWAYS_ASK = "no-cache"
_LOADER = "public, max-age=300"  # customers' pages name it without a hash
_PICTURE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"  # an SVG opened by itself is a page
_UNUSED = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi",
        "payment", "usb",
    )
)  # fmt: skip
_SITE = re.compile(r"https?://(\*\.)?[0-9a-z.-]+(:[0-9]{1,5})?")
_LOOPBACK = re.compile(r"(localhost|127(\.[0-9]+){3}|\[::1\])(:[0-9]+)?")


def fields_of(
    asset: Asset, coding: str, host: str, *, secure: bool, sites: Sequence[str] | None = None
) -> dict[str, str]:
    """The header fields of an answer with this asset in this content coding, to a client that called us `host`.

    They go with a 304 too: browsers heed its policy (measured: Chromium 87 and 156).
    `secure`: over https. `sites`: whose pages may hold the chat in a frame; empty: everybody's, None: only our own.
    """
    fields = {
        "content-type": asset.type,
        "etag": f'"{asset.etag}-{coding}"' if coding else f'"{asset.etag}"',
        "cache-control": {"asset": _YEAR, "loader": _LOADER}.get(asset.kind, _ALWAYS_ASK),
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin" if asset.kind == "loader" else "same-origin",
    }
    if coding:
        fields["content-encoding"] = coding
    if len(asset.bodies) > 1:
        fields["vary"] = "accept-encoding"
    if asset.kind == "loader":
        fields["access-control-allow-origin"] = "*"
    elif asset.kind != "asset":
        fields |= _page(asset.kind, host, secure, sites)
    elif asset.type == "image/svg+xml":
        fields["content-security-policy"] = _PICTURE
    return fields


def choose_coding(asset: Asset, accepted: str) -> str:
    """The best content coding we hold that Accept-Encoding allows; '' for none."""
    allowed = set()
    for part in accepted.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if weight.strip("0.") or not weight:
            allowed.add(name)
    return next((coding for coding in asset.bodies if coding and coding in allowed), "")


def _page(kind: str, host: str, secure: bool, sites: Sequence[str] | None) -> dict[str, str]:
    ancestors = _ancestors(sites) if kind == "chat" else "frame-ancestors 'none'"
    fields = {
        "content-security-policy": "; ".join((*_sources(kind, host), *((ancestors,) if ancestors else ()))),
        "referrer-policy": "same-origin",
        "permissions-policy": _UNUSED,
    }
    if kind != "chat":
        fields["x-frame-options"] = "DENY"
    if kind != "demo" and (secure or _LOOPBACK.fullmatch(host)):  # elsewhere a browser ignores it, and complains
        fields["cross-origin-opener-policy"] = "same-origin"
    return fields


def _ancestors(sites: Sequence[str] | None) -> str:
    """What is no host-source (an earlier version stored whatever it was given) is left out."""
    if sites is not None and not sites:
        return ""
    return " ".join(("frame-ancestors 'self'", *filter(_SITE.fullmatch, sites or ())))


def _sources(kind: str, host: str) -> list[str]:
    """No inline script, nothing from another host, no text that becomes markup or code (Trusted Types).

    Safari 14 does not count `ws:` to 'self', so it is named.
    """
    rules = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        f"connect-src 'self' ws://{host} wss://{host}" if host else "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
    ]
    if kind == "demo":
        return [*rules, "frame-src 'self'"]  # it adds the loader as customers do, by its address
    if kind == "console":
        rules.append("frame-src 'self'")  # the visitor's page, beside the settings that it follows
    return [*rules, "require-trusted-types-for 'script'", "trusted-types 'none'"]
