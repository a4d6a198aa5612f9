"""The manual's pages about maps and expressions say what is so: every example in them is run."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from app.adapters.maps.conversions import KINDS, UNITS
from app.adapters.maps.layouts import DIRECTIVES
from app.adapters.maps.mapping import WORDS
from app.adapters.specs import manual
from tests.adapters.maps import found, mapped

_DOCS = Path(manual.__file__).parent.parent.parent / "docs"
_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| `([^|]+)` \| `([^|`]+)` \|$", re.MULTILINE)
_DOCUMENT = re.compile(r'`(\{"qty".*?\})`', re.DOTALL)
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def _page(language: str, name: str) -> str:
    return (_DOCS / language / name).read_text(encoding="utf-8")


def _exact(value: Any) -> Any:
    """YAML's fractions as a source reads them."""
    return _decode(msgspec.json.encode(value))


@pytest.mark.parametrize("language", manual.LANGUAGES)
def test_the_maps_of_the_manual_give_what_it_says(language: str) -> None:
    blocks = [yaml.safe_load(block) for block in _BLOCK.findall(_page(language, "21-maps.md"))]
    assert len(blocks) == 4
    for block in blocks:
        assert mapped(block["map"], _exact(block["given"])) == block["gives"]


@pytest.mark.parametrize("language", manual.LANGUAGES)
def test_the_expressions_of_the_manual_give_what_it_says(language: str) -> None:
    page = _page(language, manual.NAME)
    match = _DOCUMENT.search(page)
    assert match is not None
    document = _decode(match[1].replace("\n", " "))
    rows = _ROW.findall(page)
    assert len(rows) == 14
    for text, said in rows:
        assert _encode(found(text, document)) == said.encode(), text


@pytest.mark.parametrize("language", manual.LANGUAGES)
def test_every_word_is_explained(language: str) -> None:
    page = _page(language, "21-maps.md")
    told = set(re.findall(r"`([a-z_]+)(?:[:`])", page)) | set(re.findall(r"%([A-Za-z])", page))
    own = {*WORDS, *KINDS, *DIRECTIVES, *UNITS} - {"major", "minor", "won"}
    assert own <= told, own - told


@pytest.mark.parametrize("language", manual.LANGUAGES)
def test_the_table_of_functions_is_what_there_is(language: str) -> None:
    page = _page(language, manual.NAME)
    assert page == manual.with_section(page, language), "write it: python -m app.adapters.specs.manual"
