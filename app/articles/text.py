"""What is done to words before they are stored: invisible signs go, an address is made of a title."""

import re
import unicodedata
from hashlib import sha256

from app.model.articles import SLUG_CHARACTERS_MAX

_KEPT = frozenset("\n\t")
_NO_SLUG = re.compile(r"[^a-z0-9]+")
_DIGEST_CHARACTERS = 8


def clean(text: str) -> str:
    """The text without control signs and signs that turn the direction of what follows; each line ends with LF."""
    joined = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in joined if sign in _KEPT or not _hidden(sign))


def slug_of(title: str) -> str:
    """An address made of a title's Latin words and digits; of a title without any its digest."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = _NO_SLUG.sub("-", plain).strip("-")[:SLUG_CHARACTERS_MAX].strip("-")
    return slug or f"a-{sha256(title.encode()).hexdigest()[:_DIGEST_CHARACTERS]}"


def _hidden(sign: str) -> bool:
    """Control signs, surrogates, and the marks by which text runs the other way; joiners of emoji stay."""
    turns = "\u202a" <= sign <= "\u202e" or "\u2066" <= sign <= "\u2069"
    return turns or unicodedata.category(sign) in ("Cc", "Cs")
