"""The page that explains our own authority and offers its root; it needs no script and nothing from elsewhere.

Read by `gateway`, so it does without `cryptography`.
"""

import hashlib
import ssl
from pathlib import Path

from msgspec import Struct

from app.certificates.places import places
from app.model.language import reader_language
from app.settings import Settings

PATH = "/certificate"
_ROOT = "/monodesk-root.crt"
_FOLDER = Path(__file__).parent / "page"
_LANGUAGES = {"en": "en", "zh": "zh-CN"}
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_SAFE = {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin"}


class Page(Struct, frozen=True):
    """An answer; `fields` are header fields in lower case."""

    fields: dict[str, str]
    body: bytes


def root_pages(settings: Settings) -> "RootPages | None":
    """The pages of our own authority, where there is one."""
    return RootPages(places(settings).authority.certificate) if settings.tls.mode == "own" else None


class RootPages:
    """What lies under `/certificate`, made from the root at `root` (PEM)."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, target: str, accept_language: str) -> Page | None:
        """The answer to a GET of this target; None where it is none of ours."""
        path, _, query = target.partition("?")
        if not path.startswith(PATH):
            return None
        match path.removeprefix(PATH):
            case "":
                return self._page(query.removeprefix("language="), accept_language)
            case "/style.css":
                fields = {"content-type": "text/css; charset=utf-8", "cache-control": "no-cache"}
                return Page(_SAFE | fields, (_FOLDER / "style.css").read_bytes())
            case name if name == _ROOT:
                return Page(_SAFE | _download(name), self._root.read_bytes())
        return None

    def _page(self, chosen: str, accept_language: str) -> Page:
        language = chosen if chosen in _LANGUAGES else reader_language(accept_language)
        text = (_FOLDER / f"{language}.html").read_text(encoding="utf-8")
        fields = {
            "content-type": "text/html; charset=utf-8",
            "content-language": _LANGUAGES[language],
            "cache-control": "no-store",
            "vary": "accept-language",
            "content-security-policy": _POLICY,
            "referrer-policy": "no-referrer",
            "x-frame-options": "DENY",
        }
        digest = fingerprint(self._root).replace(":", ":<wbr>")
        return Page(_SAFE | fields, text.replace("FINGERPRINT", digest).encode())


def fingerprint(root: Path) -> str:
    """SHA-256 of a certificate in PEM, as operating systems show it."""
    found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(root.read_text())).hexdigest().upper()
    return ":".join(found[at : at + 2] for at in range(0, len(found), 2))


def _download(name: str) -> dict[str, str]:
    return {
        "content-type": "application/x-x509-ca-cert",
        "content-disposition": f"attachment; filename={name.removeprefix('/')}",
        "cache-control": "no-store",
    }
