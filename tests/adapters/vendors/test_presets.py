"""Every preset that comes with the product holds its own cases, and says in both languages what it asks for."""

import re

import pytest

from app.adapters.maps.recipes import Recipe
from app.adapters.specs.cases import run_cases
from app.adapters.specs.model import Source
from app.adapters.specs.preset import Preset
from app.adapters.specs.reading import read
from app.adapters.specs.shipped import FOLDER, shipped
from app.settings import Limits

LIMITS = Limits()
PRESETS = shipped(LIMITS)


def sources(name: str, at: int) -> tuple[Source, ...]:
    """Of a preset whose every setting has its default, a choice this one of its choices, or something of its type."""
    given = {"text": "x", "address": '"https://there.example"', "number": "1", "time": "1m", "switch": "true"}
    asked = {key: one for part in PRESETS[name] for key, one in part.settings.items()}
    answers = {
        key: [*one.choices][at] if one.choices else given[one.type]
        for key, one in asked.items()
        if one.choices or one.default is None or one.type == "switch"
    }
    settings = ", ".join(f"{key}: {answer}" for key, answer in answers.items())
    secrets = ", ".join(f"{key}: vault:tried" for key in {key for part in PRESETS[name] for key in part.secrets})
    text = f"source: tried\npreset: {name}\nsettings: {{{settings}}}\nsecrets: {{{secrets}}}\n"
    return read(text.encode(), "tried.yaml", LIMITS, PRESETS)


@pytest.mark.parametrize("at", [0, -1])
@pytest.mark.parametrize("name", sorted(PRESETS))
def test_its_cases_hold_whatever_is_chosen(name: str, at: int) -> None:
    made = sources(name, at)
    assert len(made) == len(PRESETS[name])
    for source in made:
        results = run_cases(source, Recipe(source, LIMITS), LIMITS)
        assert results, f"{source.name} has no case"
        assert [one for one in results if not one.held] == []


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_what_it_asks_for_is_asked_in_both_languages(name: str) -> None:
    def said(preset: Preset) -> list[str]:
        words = [preset.title, *(one.title for one in preset.settings.values())]
        return [one.zh for one in (*words, *(one.title for one in preset.secrets.values()))]

    for part in PRESETS[name]:
        foreign = [words for words in said(part) if not re.search("[一-鿿]", words)]
        assert foreign == [], f"{part.name} {part.part}"
        assert part.part or part.help is not None, "the form says what it is"


def test_each_file_is_called_as_its_preset() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(PRESETS)


def test_what_presets_are_made_of_goes_into_the_file() -> None:
    packed = (FOLDER.parent.parent.parent / "build.spec").read_text(encoding="utf-8")
    kinds = {path.suffix for path in FOLDER.iterdir() if path.is_file()}
    assert kinds and all(f'*data("adapters/presets/*{kind}")' in packed for kind in kinds), kinds
