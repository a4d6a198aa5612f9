"""The built files, read once and served from memory by the front: pages, hashed assets, the widget's loader."""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from app.model.errors import Unavailable

DIST = Path(__file__).parent / "dist"
_ENCODINGS = {"br": ".br", "gzip": ".gz"}  # in order of preference
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
}
# The console is one page; these are the addresses it tells apart itself (web/src/console/state/router.ts).
_CONSOLE_PAGES = frozenset(
    {"/", "/sign-in", "/setup", "/password", "/settings", "/tickets", "/visitors", "/contacts", "/organisations"}
)
_CONSOLE_FOLDERS = ("/c/", "/settings/", "/tickets/", "/contacts/", "/organisations/")
_CHAT = "/chat/"
_DEMO = "/demo"
_KIT = "/kit"  # every component in every state, for who builds on it
_MANUAL = re.compile(r"/docs(?:/(en|zh)?)?/?")
_MANUAL_FIRST = "start"
_BUILT_LINK = b'"/assets/'  # as the build writes it into pages
_DEPTH_MAX = 3


class Asset(Struct, frozen=True):
    """One built file. `kind` is console, chat, demo, manual, loader or asset; `bodies` by coding, '' for none."""

    kind: str
    type: str
    etag: str
    bodies: dict[str, bytes]


class _Manifest(Struct, frozen=True):
    pages: dict[str, str]
    loader: str


class Assets:
    """The table of built files by path. `demo` adds the shop and the components.

    Pages name their files relative to themselves, so that they are right below any base path, whether a proxy keeps it
    or takes it away; so each page stands there once for each depth of its address.
    """

    def __init__(self, files: dict[str, Asset], console: Sequence[Asset] = (), chat: Sequence[Asset] = ()) -> None:
        self._files = files
        self._console = console
        self._chat = chat

    @classmethod
    def load(cls, dist: Path, demo: bool) -> "Assets":
        """Read everything under `dist`; raises `Unavailable` where nothing was built."""
        try:
            manifest = msgspec.json.decode((dist / "manifest.json").read_bytes(), type=_Manifest)
            files = {f"/assets/{path.name}": _read(path, "asset") for path in _plain((dist / "assets").iterdir())}
            files[f"/{manifest.loader}"] = _read(dist / manifest.loader, "loader")
            for page in _plain((dist / "docs").glob("*/*.html*")):
                files[f"/docs/{page.parent.name}/{page.stem}"] = _linked(_read(page, "manual"), "../../")
            if demo:
                files[_DEMO] = _at_depths(_read(dist / manifest.pages[_DEMO], "demo"))[0]
            console = _at_depths(_read(dist / manifest.pages["/"], "console"))
            if demo:
                files[_KIT] = console[0]
            return cls(files, console, _at_depths(_read(dist / manifest.pages[_CHAT], "chat")))
        except (OSError, KeyError, msgspec.MsgspecError) as error:
            raise Unavailable(
                "web_not_built",
                f"The web pages are not built ({error}). Run: make web",
                f"网页尚未构建（{error}）。请运行：make web",
            ) from error

    def find(self, path: str) -> Asset | None:
        """The file for a request's path (without query), or None where it is not a matter of files."""
        found = self._files.get(path)
        if found is not None:
            return found
        pages: Sequence[Asset] = ()
        if path in _CONSOLE_PAGES or path.startswith(_CONSOLE_FOLDERS):
            pages = self._console
        elif path.startswith(_CHAT) and len(path) > len(_CHAT):
            pages = self._chat
        depth = path.count("/") - 1
        return pages[depth] if depth < len(pages) else None


def first_page(path: str, language: str) -> str | None:
    """Where the manual begins for who asks for `/docs` without naming a page, or None: relative to what was asked."""
    asked = _MANUAL.fullmatch(path)
    if asked is None:
        return None
    begin = f"docs/{asked[1] or language}/{_MANUAL_FIRST}"
    return "../" * (path.count("/") - 1) + begin


def _at_depths(page: Asset) -> list[Asset]:
    """The page as it is at addresses of depth 0, 1, …; only gzip is at hand here to pack it."""
    return [_linked(page, "../" * depth or "./") for depth in range(_DEPTH_MAX + 1)]


def _linked(page: Asset, up: str) -> Asset:
    body = page.bodies[""].replace(_BUILT_LINK, f'"{up}assets/'.encode())
    etag = hashlib.sha256(body).hexdigest()[:20]
    return Asset(page.kind, page.type, etag, {"": body, "gzip": gzip.compress(body, mtime=0)})


def _plain(found: Iterable[Path]) -> list[Path]:
    """Each file once, without its codings; the one file holds most of them in their codings alone."""
    return sorted({path.with_suffix("") if path.suffix in _ENCODINGS.values() else path for path in found})


def _read(path: Path, kind: str) -> Asset:
    twins = {coding: path.with_name(path.name + suffix) for coding, suffix in _ENCODINGS.items()}
    coded = {coding: twin.read_bytes() for coding, twin in twins.items() if twin.exists()}
    body = path.read_bytes() if path.exists() or "gzip" not in coded else gzip.decompress(coded["gzip"])
    bodies = {"": body, **coded}
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return Asset(kind, guessed or "application/octet-stream", hashlib.sha256(body).hexdigest()[:20], bodies)
