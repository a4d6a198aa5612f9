"""ARCHITECTURE.md against what is: its table of routes, its table of commands; and the manual's page of these."""

import argparse
import re
from pathlib import Path

import pytest

from app.api.app import Api
from app.commands.syntax import manual
from app.commands.syntax.table import parser
from app.commands.voice import Voice
from tests.api.conftest import desk, desk_settings, furnished, limits  # noqa: F401 - fixtures
from tests.api.desk import Desk

PAGE = (Path(__file__).parent.parent / "app" / "ARCHITECTURE.md").read_text(encoding="utf-8")
_ROUTE = re.compile(r"(GET|POST|PATCH|PUT|DELETE|OPTIONS)?\s*((?:/|…/)[^?\s]*)?")
_OPTION = re.compile(r"--[a-z-]+")


def _rows(heading: str) -> list[list[str]]:
    """The backticked words in the first cell of every row of the first table under a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [re.findall(r"`([^`]+)`", line.split("|")[1]) for line in section.splitlines() if line.startswith("| `")]


def _routes() -> set[tuple[str, str]]:
    """As the table says them: a bare method is of the path before it, `…/x` of the object before it."""
    found = set()
    method, path = "GET", ""
    for words in _rows("HTTP"):
        if "/sign-in" in words:
            continue  # the pages: built files, not routes of the API
        for word in words:
            match = _ROUTE.fullmatch(word.split("?")[0])
            assert match, f"{word} is neither a method nor a path"
            method = match[1] or (method if word.startswith("…") else "GET")
            if match[2]:
                path = match[2].replace("…", path.partition("}")[0] + "}")
            found.add((method, path))
    return found


async def test_the_table_of_routes_is_what_is_served(desk: Desk) -> None:  # noqa: F811 - the fixture
    assert isinstance(desk.api, Api)
    assert _routes() == {(route.method, route.path) for route in desk.api.routes}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_of_commands_is_what_help_says(language: str) -> None:
    written = {words[0].split()[0]: sorted(set(_OPTION.findall(words[0]))) for words in _rows("Commands")}
    (commands,) = (a for a in parser(Voice(language))._actions if isinstance(a, argparse._SubParsersAction))
    shown = {choice.dest: choice.help for choice in commands._choices_actions}
    offered = {
        name: sorted(option for option in _options(command) if option.startswith("--") and option != "--help")
        for name, command in commands.choices.items()
        if name in shown
    }
    assert written == offered
    assert all(shown.values())


@pytest.mark.parametrize("language", manual.LANGUAGES)
def test_the_manuals_page_of_commands_is_what_help_says(language: str) -> None:
    page = Path(__file__).parent.parent / "app" / "docs" / language / manual.NAME
    assert page.read_text(encoding="utf-8") == manual.page(language), "write it: python -m app.commands.syntax.manual"


def _options(command: argparse.ArgumentParser) -> list[str]:
    return [option for action in command._actions for option in action.option_strings]
