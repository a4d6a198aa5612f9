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


def test_the_installer_needs_nothing_of_the_application_but_its_settings_refusals_and_control_groups() -> None:
    for path in sorted(APP.with_name("installer").rglob("*.py")):
        rooms = {name.split(".")[0] for name in _imports(path) if not name.startswith("model.errors.")}
        assert rooms <= {"settings", "control_groups", VERSION}, path


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


def _patterns(path: Path) -> list[str]:
    """Every regular expression that a file names: given to `re`, to `Meta`, or kept as a `…_PATTERN`."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            if (
                isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
            ):
                found += node.args[:1]
            found += [keyword.value for keyword in node.keywords if keyword.arg == "pattern"]
        elif isinstance(node, ast.Assign) and any(getattr(one, "id", "").endswith("_PATTERN") for one in node.targets):
            found.append(node.value)
    return [str(one.value) for one in found if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _open_ended(pattern: str) -> bool:
    """Whether a `$` stands in it before which no line feed is refused: to Python it is true before a last one too."""
    bare = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "", pattern.replace(r"(?!\n)$", ""))
    return "$" in bare


def test_no_pattern_lets_a_line_feed_through_at_its_end() -> None:
    modules = [*_modules(), *sorted((APP.parent / "installer").rglob("*.py"))]
    patterns = {str(path): _patterns(path) for path in modules}
    assert sum(map(len, patterns.values())) > 30
    assert not {path: found for path, each in patterns.items() if (found := [one for one in each if _open_ended(one)])}


@pytest.mark.parametrize(
    ("pattern", "open_ended"),
    [("^a$", True), (r"(?=.$)b", True), (r"^a(?!\n)$", False), (r"a\$", False), ("[$]", False)],
)
def test_a_pattern_that_does_is_found(pattern: str, open_ended: bool) -> None:
    assert _open_ended(pattern) == open_ended
