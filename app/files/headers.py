"""How a file is sent: as a download, unless it is a picture that no browser can take for a page.

Shared by the front (sendfile) and the API (over a connection that is Hypercorn's already).
"""

from urllib.parse import quote

_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def download_headers(name: str, media_type: str, etag: str) -> dict[str, str]:
    """Header names in lower case; `name` is a display name, `etag` quoted. RFC 6266, RFC 8187 for the name.

    It must be asked for anew each time (`no-cache`), because the right to read it may end.
    """
    disposition = "inline" if media_type in _SHOWN else "attachment"
    return {
        "content-type": media_type,
        "content-disposition": f"{disposition}; filename*=UTF-8''{quote(name, safe='')}",
        "cache-control": "private, no-cache",
        "etag": etag,
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
    }
