"""The header fields of built files: how long they are kept, and what a page may load and who may frame it."""

from app.web.assets import Asset

_YEAR = "public, max-age=31536000, immutable"  # the name holds the content's hash
_ALWAYS_ASK = "no-cache"
_LOADER = "public, max-age=300"  # customers' pages name it without a hash


def fields_of(asset: Asset, coding: str, host: str) -> dict[str, str]:
    """The header fields of an answer with this asset in this content coding, to a client that called us `host`."""
    fields = {
        "content-type": asset.type,
        "etag": etag_of(asset, coding),
        "cache-control": {"asset": _YEAR, "loader": _LOADER}.get(asset.kind, _ALWAYS_ASK),
        "x-content-type-options": "nosniff",
    }
    if coding:
        fields["content-encoding"] = coding
    if len(asset.bodies) > 1:
        fields["vary"] = "accept-encoding"
    if asset.kind == "loader":
        fields |= {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
    elif asset.kind != "asset":
        fields |= {"content-security-policy": _policy(asset.kind, host), "referrer-policy": "same-origin"}
        if asset.kind != "chat":
            fields["x-frame-options"] = "DENY"
    return fields


def etag_of(asset: Asset, coding: str) -> str:
    """The entity tag of one coding of an asset."""
    return f'"{asset.etag}-{coding}"' if coding else f'"{asset.etag}"'


def choose_coding(asset: Asset, accepted: str) -> str:
    """The best content coding we hold that Accept-Encoding allows; '' for none."""
    allowed = set()
    for part in accepted.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if weight.strip("0.") or not weight:
            allowed.add(name)
    return next((coding for coding in asset.bodies if coding and coding in allowed), "")


def _policy(kind: str, host: str) -> str:
    """No inline script, nothing from another host. Safari 14 does not count `ws:` to 'self', so it is named."""
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
        rules.append("frame-src 'self'")
    if kind != "chat":
        rules.append("frame-ancestors 'none'")
    return "; ".join(rules)
