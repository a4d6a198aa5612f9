"""Which characters an XML document is written in (XML 1.0, appendix F; RFC 7303, section 3)."""

import re
from functools import lru_cache

from app.adapters.formats import charsets

HEAD_BYTES = 256  # in which a declaration ends
_ENCODING = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z][\w.:-]{0,39})[\"']", re.ASCII)
_WIDE = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_SPACE = b" \t\r\n"


def codec(head: bytes, told: str = "") -> str:
    """Python's codec: by a mark, else as told (by a content type), else as the document declares, else UTF-8.

    `head`: its first 256 bytes or more. Raises `BadDocument` (charset_unknown).
    """
    marked = charsets.by_bom(head)
    if marked or told:
        return marked or charsets.charset(told).reads
    if b"\0" in head[:2]:
        return wide(head) or charsets.UTF8
    head = head[:HEAD_BYTES].lstrip(_SPACE)
    return _declared(head[: head.find(b">") + 1]) if head.startswith(b"<?xml") else charsets.UTF8


@lru_cache(maxsize=256)
def _declared(declaration: bytes) -> str:
    told = _ENCODING.match(declaration)
    found = charsets.charset(told[1].decode()).reads if told else charsets.UTF8
    # What declares UTF-16 in single bytes was made UTF-8 by somebody on the way.
    return charsets.UTF8 if found.startswith("utf-16") else found


def wide(head: bytes) -> str:
    """UTF-16 without a mark, by its first character; else nothing."""
    return next((name for begins, name in _WIDE.items() if head.startswith(begins)), "")


def is_whole(head: bytes) -> bool:
    """Whether enough of a document has come to ask."""
    return len(head) >= HEAD_BYTES or b">" in head[4:]
