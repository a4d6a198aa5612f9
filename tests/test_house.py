"""The house of ARCHITECTURE.md, held with `ast`: imports go one way, every room says what it owns."""

import ast
import re
import sys
from pathlib import Path

import pytest

APP = Path(__file__).parent.parent / "app"
PAGE = (APP / "ARCHITECTURE.md").read_text(encoding="utf-8")
LAW = PAGE.split("held by `tests/test_house.py`:")[1].split("(`accounts`")[0]
DOOR_SHARES = set(re.findall(r"`(gateway\.\w+)`", LAW))  # what `api` may take from its sibling
VERSION = "__version__"


def _order() -> dict[str, int]:
    """Each room's floor, from the sentence in ARCHITECTURE.md: 0 is the top."""
    floors = [re.findall(r"\w+", floor) for floor in LAW.split(";")[0].split(">")]
    return {room: number for number, floor in enumerate(floors) for room in floor}


def _modules() -> list[Path]:
    return [path for path in sorted(APP.rglob("*.py")) if "node_modules" not in path.parts]


def _name(path: Path) -> str:
    return ".".join(path.relative_to(APP).with_suffix("").parts).removesuffix("__init__").rstrip(".")


def _imports(path: Path) -> list[str]:
    """Every module or name of ours that a file imports, without the leading `app.`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they go"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name.removeprefix("app").removeprefix(".") for name in found if name.split(".")[0] == "app"]


@pytest.mark.parametrize("path", _modules(), ids=_name)
def test_imports_go_one_way(path: Path) -> None:
    order, room = _order(), _name(path).split(".")[0]
    others = [name for name in _imports(path) if name.split(".")[0] not in (room, VERSION)]
    if not room:
        assert not others, "what everybody imports imports nobody"
        return
    assert room in order, f"{room} has no place in ARCHITECTURE.md"
    for name in others:
        other, _, rest = name.partition(".")
        assert other in order, f"{other} has no place in ARCHITECTURE.md"
        shared = room == "api" and f"{other}.{rest.partition('.')[0]}" in DOOR_SHARES
        assert order[room] < order[other] or shared, f"{_name(path)} may not import {name}"


def test_every_room_says_what_it_owns() -> None:
    rooms = [path for path in APP.iterdir() if path.is_dir() and list(path.glob("*.py"))]
    for room in rooms:
        docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
        assert docstring and len(docstring) > 60, f"{room.name} does not say what it owns and who may call it"


def test_the_model_needs_nothing_but_msgspec() -> None:
    allowed = {"msgspec", "app", *sys.stdlib_module_names}
    for path in (APP / "model").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.split(".")[0] for name in names} <= allowed, path
