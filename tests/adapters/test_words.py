"""Every word of a spec is described once, in both languages; the manual's page is made of that, its examples hold."""

import re
from pathlib import Path

import msgspec
import pytest

from app.adapters.maps.recipes import Recipe
from app.adapters.specs import manual, model
from app.adapters.specs.cases import run_cases
from app.adapters.specs.model import EVENT_NAMES, Send, Signed
from app.adapters.specs.preset import by_name
from app.adapters.specs.reading import read, read_presets
from app.adapters.specs.shapes import words_of
from app.adapters.specs.wording import KINDS
from app.adapters.specs.words import parts, texts_of
from app.settings import Limits

LIMITS = Limits()
DOCS = Path(manual.__file__).parent.parent.parent / "docs"
# What is no object of its own in YAML, or shares the words of another.
_NO_PARTS = {"Plain", "Expression", "Span", "Request", "Addresses", "AllOf", "AnyOf", "Events", "Reference", "Source"}
_INHERITED = {Send: model.Call, Signed: None}
_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_each_part_that_a_spec_has_is_described() -> None:
    shapes = {
        name for name, one in vars(model).items()
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and one.__module__ == model.__name__
        and not name.startswith("_")
    }  # fmt: skip
    assert {shape.__name__ for shape in texts_of()} - {"Source"} == shapes - _NO_PARTS


@pytest.mark.parametrize("shape", texts_of(), ids=lambda shape: shape.__name__)
def test_each_word_is_described_and_no_other(shape: type[msgspec.Struct]) -> None:
    inherited = words_of(model.Call) if shape is Send else {}
    own = {name for name in words_of(shape) if name not in inherited} - {"scheme"}
    assert set(texts_of()[shape]) == own


def test_each_text_is_a_sentence_in_both_languages() -> None:
    for part in parts():
        for word in part.words:
            assert re.fullmatch("[A-Z`].*[.]", word.means.en), word
            assert re.fullmatch(".*[一-鿿].*。", word.means.zh), word


def test_what_a_form_is_made_of_leads_from_part_to_part() -> None:
    found = {part.name: part for part in parts()}
    assert len(found) == len(parts())
    for part in found.values():
        assert part.also in ("", *found)
        for word in part.words:
            assert word.kind in KINDS and word.part in ("", *found), word
            assert (word.kind == "part") == bool(word.part) or word.name == "addresses", word
            assert bool(word.choices) == (word.kind in ("choice", "events")), word
    document = {word.name: word for word in found["document"].words}
    assert document["deliver"].required and document["source"].required and not document["title"].required
    assert document["events"].choices == EVENT_NAMES
    follow = {word.name: word for word in found["follow"].words}
    assert (follow["window"].default, follow["every"].default, follow["since"].default) == ("30m", "1m", "30d")
    retry = {word.name: word for word in found["retry"].words}
    assert (retry["wait"].default, retry["on"].many, retry["on"].choices) == (
        "1s..1m",
        True,
        ("network", "5xx", "limited"),
    )
    assert {word.name: word.default for word in found["call"].words}["bytes"] == "8MB"
    assert {word.name: word.default for word in found["times"].words}["every"] == ""
    assert msgspec.json.decode(msgspec.json.encode(parts()))[0]["name"] == "document"


def test_every_event_that_a_spec_may_name_happens() -> None:
    app = Path(manual.__file__).parent.parent.parent
    rooms = [path for room in ("chat", "contacts", "tickets", "mail", "records") for path in (app / room).glob("*.py")]
    files = [*rooms, app / "adapters" / "origins" / "happenings.py", app / "model" / "events.py"]
    texts = "".join(path.read_text(encoding="utf-8") for path in files)
    assert not [name for name in EVENT_NAMES if f'"{name}"' not in texts]
    assert list(EVENT_NAMES) == sorted(EVENT_NAMES)


@pytest.mark.parametrize("language", manual.LANGUAGES)
def test_the_page_of_words_is_what_there_is(language: str) -> None:
    page = (DOCS / language / manual.SPECS).read_text(encoding="utf-8")
    assert page == manual.with_words(page, language), "write it: python -m app.adapters.specs.manual"
    assert page.count("\n## ") > len(parts())


@pytest.mark.parametrize("language", manual.LANGUAGES)
def test_the_examples_of_the_page_are_specs(language: str) -> None:
    mall, events, clock, answers, refunds, lines, both, hook, preset, ours = (
        block.encode() for block in _BLOCK.findall((DOCS / language / manual.SPECS).read_text(encoding="utf-8"))
    )
    (source,) = read(mall, manual.SPECS, LIMITS)
    assert [one.held for one in run_cases(source, Recipe(source, LIMITS), LIMITS)] == [True]
    assert [one.name for one in read(events, manual.SPECS, LIMITS)] == ["shop-events"]
    assert [type(one.origin) for one in read(clock, manual.SPECS, LIMITS)] == [model.Folder, model.Times]
    for block in (answers, refunds):
        assert [type(one.origin) for one in read(block, manual.SPECS, LIMITS)] == [model.Events]
    assert [type(one.origin) for one in read(lines, manual.SPECS, LIMITS)] == [model.Call, model.Subscribe]
    asked, told = read(both, manual.SPECS, LIMITS)
    assert (asked.keeps_as, told.keeps_as, isinstance(told.deliver, model.Send)) == ("crm", "crm", True)
    (signed,) = read(hook, manual.SPECS, LIMITS)
    assert isinstance(signed.deliver, model.Send) and signed.deliver.sign is not None
    (made,) = read(ours, manual.SPECS, LIMITS, by_name(read_presets(preset, manual.SPECS, LIMITS)))
    assert isinstance(made.origin, model.Call) and made.origin.url == "https://mall.example/orders"
    assert made.follow is not None and made.follow.every == 60
