"""What the build promises: sizes, hashed names, twins that unpack to the file, pages without inline code."""

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

CONSOLE_BYTES_MAX = 120_000
CHAT_BYTES_MAX = 45_000
LOADER_BYTES_MAX = 6_000
COMPRESSED = {".js", ".css", ".html", ".svg", ".json"}
ROUTES = {"/": "console.html", "/chat/": "chat.html", "/demo": "demo.html"}


class Page(HTMLParser):
    """The addresses a page loads, and whatever a strict CSP would refuse."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self._script = False
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [value for name in ("src", "href") if (value := given.get(name))]
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        self._script = tag == "script"
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._script = False

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.inline.append(data)


def gzipped(folder: Path, name: str) -> int:
    return (folder / f"{name}.gz").stat().st_size


def first_load(folder: Path, page: str) -> int:
    """Bytes on the wire, gzipped, until the first screen: the page, what it names, and the sprite."""
    sprites = [path.name for path in (folder / "assets").glob("icons-*.svg")]
    named = [address.removeprefix("/assets/") for address in Page(folder / page).addresses]
    loaded = {*named, *sprites} if page != "demo.html" else set(named)
    return gzipped(folder, page) + sum(gzipped(folder, f"assets/{name}") for name in loaded)


def test_manifest(built: Path) -> None:
    assert json.loads((built / "manifest.json").read_text()) == {"pages": ROUTES, "loader": "widget.js"}


@pytest.mark.parametrize(("page", "bytes_max"), [("console.html", CONSOLE_BYTES_MAX), ("chat.html", CHAT_BYTES_MAX)])
def test_first_load(built: Path, page: str, bytes_max: int) -> None:
    assert first_load(built, page) <= bytes_max


def test_loader_is_one_small_file(built: Path) -> None:
    text = (built / "widget.js").read_text()
    assert gzipped(built, "widget.js") <= LOADER_BYTES_MAX
    assert not re.search(r"\bimport\b\s*[({\"']", text), "the loader loads a second script"


@pytest.mark.parametrize("page", ROUTES.values())
def test_page_passes_a_strict_csp(built: Path, page: str) -> None:
    parsed = Page(built / page)
    assert parsed.inline == []
    assert parsed.addresses
    for address in parsed.addresses:
        assert re.fullmatch(r"/assets/[\w-]+-[A-Z0-9]{8}\.\w+", address), address
        assert (built / "assets" / address.removeprefix("/assets/")).is_file()


def test_every_asset_is_named_by_its_content(built: Path) -> None:
    for path in (built / "assets").iterdir():
        stem = path.name.removesuffix(".br").removesuffix(".gz")
        assert re.fullmatch(r"[\w-]+-[A-Z0-9]{8}\.\w+", stem), path.name


def test_twins(built: Path) -> None:
    files = [path for path in built.rglob("*") if path.suffix in COMPRESSED]
    assert files
    for path in files:
        assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == path.read_bytes()
        assert path.with_name(f"{path.name}.br").stat().st_size < path.stat().st_size


def test_old_browsers_get_no_new_colours(built: Path) -> None:
    """Chrome 87 shows nothing for a custom property that holds oklch() or light-dark()."""
    names = [address for page in ("chat.html", "demo.html") for address in Page(built / page).addresses]
    styles = [(built / name.lstrip("/")).read_text() for name in names if name.endswith(".css")]
    assert styles
    for style in [*styles, (built / "widget.js").read_text()]:
        for function in ("oklch(", "light-dark(", "lab(", "color("):
            assert function not in without_supports(style), function


def without_supports(style: str) -> str:
    """A sheet without its `@supports` blocks: what a browser is given that passes none of them."""
    while (start := style.find("@supports")) >= 0:
        end = style.index("{", start) + 1
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(style[end], 0)
            end += 1
        style = style[:start] + style[end:]
    return style


def test_nothing_is_loaded_from_another_host(built: Path) -> None:
    """Addresses of namespaces and of text that people read are no loads; every other one is."""
    allowed = re.compile(r"https?://(www\.w3\.org/|([\w-]+\.)*example(\.com)?\b)")
    for path in built.rglob("*"):
        if path.suffix in {".js", ".css", ".html"}:
            found = [match for match in re.findall(r"https?://[\w.-]+/?", path.read_text()) if not allowed.match(match)]
            assert found == [], f"{path.name} names {found}"


def test_lock_file_pins_by_hash_and_names_no_address() -> None:
    lock = json.loads((Path(__file__).parents[2] / "app" / "web" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert "integrity" in entry, name
