"""The manual says what is true: commands, settings, limits and keys are the product's, and links lead somewhere."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from app.model.canned import VARIABLES
from app.settings import Limits, Settings, load
from app.web.assets import Assets, first_page

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "app" / "docs").glob("*/*.md"))
LANGUAGES = ("en", "zh")
_DESCRIPTION = "/api/openapi.json"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| `(\w+)` \| ([\d.]+) \|", re.MULTILINE)
_INLINE = re.compile(r"`(monodesk [^`]+)`")
_SHORTCUT = re.compile(r"^  (\w+): \{ group: '\w+', keys: '([^']+)'", re.MULTILINE)
_LABELS = re.compile(r"labels: \{(.*?)^    \}", re.MULTILINE | re.DOTALL)
_LABEL = re.compile(r"^      (\w+): '([^']+)'", re.MULTILINE)


class Page(HTMLParser):
    """What one page of the manual holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.elements: set[str] = set()
        self.language = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.add(tag)
        self.ids |= {given["id"]} if "id" in given else set()
        self.language = given["lang"] if tag == "html" else self.language
        if tag == "a":
            self.links.append(given["href"])
        self.loads += [given[name] for name in ("src",) if name in given]
        self.loads += [given["href"]] if tag == "link" else []


@pytest.fixture(scope="module")
def assets(built: Path) -> Assets:
    return Assets.load(built, demo=True)


@pytest.fixture(scope="module")
def pages(built: Path, assets: Assets) -> dict[str, Page]:
    """Every page as it is served, by its address."""
    found = {}
    for path in (built / "docs").glob("*/*.html"):
        address = f"/docs/{path.parent.name}/{path.stem}"
        asset = assets.find(address)
        assert asset is not None
        found[address] = Page(asset.bodies[""].decode())
    return found


def blocks(language: str) -> Iterator[str]:
    """What stands in blocks of this language of code, over all pages."""
    for source in SOURCES:
        yield from (body for name, body in _FENCE.findall(source.read_text()) if name == language)


def commands() -> list[str]:
    """Every command that a page names, without what the shell would make of the rest."""
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("monodesk ")]
    lines += [found for source in SOURCES for found in _INLINE.findall(source.read_text())]
    return sorted({line.split(" <")[0].split(" |")[0] for line in lines})


def test_both_languages_say_the_same(pages: dict[str, Page]) -> None:
    english = {address: page for address, page in pages.items() if address.startswith("/docs/en/")}
    assert len(english) >= 10
    for address, page in english.items():
        twin = pages[address.replace("/en/", "/zh/")]
        assert page.ids == twin.ids, address
        assert [page.language, twin.language] == ["en", "zh-CN"]


def test_every_link_leads_somewhere(pages: dict[str, Page], assets: Assets) -> None:
    for address, page in pages.items():
        for link in page.links:
            target = urlsplit(urljoin(f"http://desk{address}", link))
            if target.netloc != "desk":
                assert target.netloc == "127.0.0.1:8080", link  # told, not served
                continue
            if target.path in pages:
                assert not target.fragment or target.fragment in pages[target.path].ids, f"{address}: {link}"
            else:
                assert assets.find(target.path) is not None or target.path == _DESCRIPTION, f"{address}: {link}"


def test_pages_work_without_script_and_load_nothing_from_elsewhere(pages: dict[str, Page], assets: Assets) -> None:
    for address, page in pages.items():
        allowed = {"script"} if address.endswith("/search") else set()
        assert page.elements.isdisjoint({"script", "style", "iframe"} - allowed), address
        for load_of in page.loads:
            assert assets.find(urlsplit(urljoin(f"http://desk{address}", load_of)).path) is not None, load_of
            assert urlsplit(load_of).netloc == ""


@pytest.mark.parametrize("asked", ["/docs", "/docs/", "/docs/zh", "/docs/en/"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("base", ["", "/support"])
def test_who_names_no_page_gets_the_first_in_his_language(
    pages: dict[str, Page], asked: str, language: str, base: str
) -> None:
    begin = first_page(asked, language)
    assert begin is not None
    named = asked.strip("/").partition("/")[2]
    assert urljoin(f"http://desk{base}{asked}", begin) == f"http://desk{base}/docs/{named or language}/start"
    assert f"/docs/{named or language}/start" in pages


@pytest.mark.parametrize("other", ["/docs/fr", "/docs/en/start", "/docsx", "/documents"])
def test_other_addresses_are_not_the_manuals_door(other: str) -> None:
    assert first_page(other, "en") is None


def test_commands_and_their_options_exist() -> None:
    assert len(commands()) >= 8
    for command in commands():
        _, name, *rest = shlex.split(command)
        done = subprocess.run(
            [sys.executable, "-m", "app", name, "--help"],
            cwd=ROOT,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        for option in (word for word in rest if word.startswith("--")):
            assert re.search(rf"{option}\b", done.stdout), f"{command}: no {option}"


def test_configurations_are_accepted(tmp_path: Path) -> None:
    written = list(blocks("toml"))
    assert len(written) >= 6
    for text in written:
        file = tmp_path / "config.toml"
        file.write_text(text)
        assert isinstance(load({}, {}, file), Settings), text


def test_settings_and_limits_that_are_named_exist() -> None:
    for language in LANGUAGES:
        server = (ROOT / "app" / "docs" / language / "08-server.md").read_text()
        named = re.findall(r"^\| `\[?(\w+)\]?` \|", server.split("{#config}")[1], re.MULTILINE)
        assert set(named) <= set(Settings.__struct_fields__)
        limits = dict(_ROW.findall((ROOT / "app" / "docs" / language / "11-limits.md").read_text()))
        assert limits == {name: str(getattr(Limits(), name)) for name in limits}
        assert len(limits) >= 10
    for text in blocks("toml"):
        assert set(tomllib.loads(text)) <= set(Settings.__struct_fields__)


@pytest.mark.parametrize("language", LANGUAGES)
def test_variables_of_canned_replies_are_those_that_exist(language: str) -> None:
    text = (ROOT / "app" / "docs" / language / "06-replies.md").read_text()
    assert re.findall(r"^\| `\{\{([\w.]+)\}\}` \|", text, re.MULTILINE) == list(VARIABLES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_are_those_of_the_console(language: str) -> None:
    source = (ROOT / "app" / "web" / "src" / "console" / "state" / "shortcuts.ts").read_text()
    labels = [dict(_LABEL.findall(part)) for part in _LABELS.findall(source)][LANGUAGES.index(language)]
    table = (ROOT / "app" / "docs" / language / "04-workspace.md").read_text().split("{#keys}")[1]
    rows = re.findall(r"^\| (`.+`) \| (.+) \|$", table, re.MULTILINE)
    told = {(keys, word) for keys, words in rows for word in re.split("; |；", words)}
    assert told == {(_caps(keys), labels[name]) for name, keys in _SHORTCUT.findall(source)}


def _caps(keys: str) -> str:
    """As the manual writes a combination: Ctrl for Mod, capital letters, arrows."""
    names = {"Escape": "Esc", "ArrowUp": "↑", "ArrowDown": "↓"}

    def one(combination: str) -> str:
        *held, last = combination.replace("Mod", "Ctrl").split("+") if len(combination) > 1 else [combination]
        return "+".join((*held, names.get(last, last.upper() if len(last) == 1 else last)))

    return " ".join(f"`{one(combination)}`" for combination in keys.split())
