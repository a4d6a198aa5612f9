"""What the build promises: sizes, hashed names, twins that unpack to the file, pages without inline code."""

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

CONSOLE_BYTES_MAX = 120_000
CHAT_BYTES_MAX = 45_000  # all that a visitor's first screen takes, be it home or his conversation
LOADER_BYTES_MAX = 6_000
CONSOLE_REQUESTS_MAX = 6  # the page, what it names, and the sprite
TOO_SMALL_TO_PACK_BYTES = 256
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
    twin = folder / f"{name}.gz"
    return (twin if twin.exists() else folder / name).stat().st_size


def loaded(folder: Path, page: str, *further: str) -> set[str]:
    """The page, the files that it names, and those of these names, with what their scripts name: the sprite too."""
    assets = {path.name for path in (folder / "assets").iterdir()}
    names = {address.removeprefix("/assets/") for address in Page(folder / page).addresses}
    names |= {name for stem in further for name in assets if re.fullmatch(rf"{stem}-\w+\.(js|css)", name)}
    waiting = [name for name in names if name.endswith(".js")]
    while waiting:
        text = (folder / "assets" / waiting.pop()).read_text()
        static = re.findall(r"(?:from|import)\s*\"\./([\w-]+\.js)\"", text)
        sprites = re.findall(r"icons-\w+\.svg", text)
        waiting += [name for name in static if name not in names]
        names |= {*static, *sprites}
    return {page, *(f"assets/{name}" for name in names)}


def weight(folder: Path, names: set[str]) -> int:
    """Bytes on the wire, gzipped."""
    return sum(gzipped(folder, name) for name in names)


def test_manifest(built: Path) -> None:
    assert json.loads((built / "manifest.json").read_text()) == {"pages": ROUTES, "loader": "widget.js"}


def test_the_console_is_small(built: Path) -> None:
    assert weight(built, loaded(built, "console.html")) <= CONSOLE_BYTES_MAX


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("parts", [("HomeScreen", "later"), ("Thread",)])
def test_the_chat_is_small(built: Path, parts: tuple[str, ...], language: str) -> None:
    """Who is new sees home; who comes back, his conversation. `tests/journeys/test_returning.py` asks a browser."""
    names = loaded(built, "chat.html", language, *parts)
    assert len(names) > len(parts) + 4, names
    assert weight(built, names) <= CHAT_BYTES_MAX, {name: gzipped(built, name) for name in names}


def test_a_visitor_is_sent_icons_and_tokens_that_he_can_see(built: Path) -> None:
    chat, console = (loaded(built, page) for page in ("chat.html", "console.html"))
    sprites = [next((built / name).read_text() for name in names if "icons-" in name) for names in (chat, console)]
    few, all_of_them = (set(re.findall(r'id="i-([\w-]+)"', sprite)) for sprite in sprites)
    assert {"send", "clip", "offline"} <= few < all_of_them
    assert "cart" not in few
    style = next((built / name).read_text() for name in chat if name.endswith(".css"))
    used = set(re.findall(r"var\((--[\w-]+)", style))
    assert used - set(re.findall(r"(--[\w-]+):", style)) <= {"--v"}, "named and not there"
    assert "--chart-2" not in style
    assert "--note-line" not in style, "a token of notes, which no visitor sees"


def test_a_visitor_is_sent_rules_of_classes_that_he_can_see(built: Path) -> None:
    """Of the sheets that the console has too; a class that is put together (`av-3`) stays."""
    sheet = next((built / name).read_text() for name in loaded(built, "chat.html") if name.endswith(".css"))
    assert {".bub", ".av-3", ".menu"} <= set(re.findall(r"\.[a-z][\w-]*", sheet))
    for seldom in (".ghost-bub", ".memo{", "@keyframes caret", ".pcard", ".tile"):
        assert seldom not in sheet, seldom


def test_what_few_conversations_need_is_no_part_of_one(built: Path) -> None:
    """Cards, files that are chosen and long-polling are scripts of their own, and each is there."""
    names = loaded(built, "chat.html", "en", "Thread")
    for stem in ("Cards", "uploading", "polling"):
        assert list((built / "assets").glob(f"{stem}-*.js")), stem
        assert not any(stem in name for name in names), names


def test_the_console_comes_in_few_requests(built: Path) -> None:
    named = {address for address in Page(built / "console.html").addresses if "/mark-" not in address}  # the tab's icon
    assert len({"console.html", *named, "icons.svg"}) <= CONSOLE_REQUESTS_MAX, named


def test_an_older_browser_is_told_by_a_script_that_it_can_read(built: Path) -> None:
    page = (built / "console.html").read_text()
    script, style = re.findall(r'<script src="/assets/(old-\w+\.js)" data-style="/assets/(old-\w+\.css)">', page)[0]
    assert page.index(script) < page.index('type="module"')
    assert not re.search(r"=>|`|\b(const|let|class)\b|\?\.", (built / "assets" / script).read_text()), "not ES5"
    for function in ("oklch(", "light-dark("):
        assert function not in without_supports((built / "assets" / style).read_text()), function


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
    """Each file has its twins, but for a few bytes that packed would only be more."""
    files = [path for path in built.rglob("*") if path.suffix in COMPRESSED]
    assert files
    for path in files:
        packed, brotli = (path.with_name(f"{path.name}.{ending}") for ending in ("gz", "br"))
        size = path.stat().st_size
        assert not packed.exists() or (gzip.decompress(packed.read_bytes()) == path.read_bytes())
        for twin in (packed, brotli):
            assert twin.stat().st_size < size if twin.exists() else size < TOO_SMALL_TO_PACK_BYTES, path.name


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
    allowed = re.compile(r"https?://(www\.w3\.org/|([\w-]+\.)*example(\.com)?\b|127\.0\.0\.1\b)")
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
