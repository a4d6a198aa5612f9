"""Nothing that a spec says reaches Python: what is generated holds only what our compiler writes."""

import ast
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.expressions import read_expression
from app.adapters.maps.generated import load
from app.adapters.maps.mapping import read_map, read_template
from app.adapters.maps.paths import IN_MAPS
from app.model.errors import Defect
from app.settings import Limits
from tests.adapters.maps import SECRETS, context, where

_STATEMENTS = (ast.FunctionDef, ast.Try, ast.Assign, ast.If, ast.For, ast.Expr, ast.Return, ast.Raise)
_ATTRIBUTES = {"append", "drift_every", "get", "mapped", "references", "secrets", "__class__"}
_WORDS = {
    "document", "context", "at", "references", "secrets", "whole", "seen", "drift", "wrong", "located", "unknown",
    "dict", "list", "str", "int", "enumerate", "Wrong", "UNKNOWN", "as_object", "as_list", "element", "empty",
    "copied", "missing", "number", "equal", "among", "to_text", "to_int", "split", "texts", "joined", "inserted",
    "looked_up", "add", "subtract", "multiply", "divide", "remainder", "less", "at_most", "more", "at_least",
}  # fmt: skip
_COUNTED = re.compile(r"[vi][0-9]+|K[0-9]+")
_ATTACKS = (
    "'", '"', "\\", "'''", '"""', "{", "}", "{0}", "%s", "\n", "\r", "\0", "__class__", "__import__('os')", "'+x+'",
    "\\'); import os #", "\N{LINE SEPARATOR}", "\ud800", "$item", "#", "a.b", "[]", "]", "🙂",
)  # fmt: skip
hostile = st.one_of(st.sampled_from(_ATTACKS), st.text(max_size=12), st.lists(st.sampled_from(_ATTACKS)).map("".join))


def demand_plain(source: str) -> set[object]:
    """What may stand in generated source, written down a second time; gives the texts in it."""
    tree = ast.parse(source)
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    assert (function.name, [one.arg for one in function.args.args]) == ("run", ["document", "context"])
    for node in ast.walk(tree):
        assert not isinstance(node, ast.stmt) or isinstance(node, _STATEMENTS), ast.dump(node)
        if isinstance(node, ast.Name):
            assert node.id in _WORDS or _COUNTED.fullmatch(node.id), node.id
        elif isinstance(node, ast.Attribute):
            assert node.attr in _ATTRIBUTES, node.attr
        elif isinstance(node, ast.Constant):
            assert type(node.value) in (str, int, bool, type(None))
        elif isinstance(node, ast.Call):
            assert not node.keywords
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def _in_quotes(text: str) -> str:
    """As a path or an expression takes any text."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(hostile, hostile, hostile)
@example("__class__", "\n", "'")
def test_any_text_is_data(name: str, key: str, constant: str) -> None:
    key = re.sub(r"[\x00-\x1f]", "?", key)  # a path's quotes hold no control characters
    name, at, text = name[:199] or "x", f"$item.{_in_quotes(key)}", _in_quotes(constant)
    rules: Any = {
        name: {"value": constant},
        name + "1": at,
        name + "2": {"from": f"{_in_quotes(key)}[].x", "split": constant or ",", "default": {constant: [constant]}},
        name + "3": {"from": "s", "enum": {constant: constant}, "else": key},
        name + "4": {"join": {"of": ["s", at], "with": constant}},
        name + "5": {"expr": f"if {at} == {text} then 1 else concat(s, {text})"},
        name + "6": {"each": "list", "map": {name: f"$parent.{_in_quotes(key)}"}, "where": f"s != {text}"},
        name + "7": {"expr": f"s in [{text}, 'y']", "when": f"s == {text}"},
    }  # fmt: skip
    made = compile_rule(read_map(rules, where), examples=[])
    demand_plain(made.source)
    if key in ("s", "list"):
        return
    made_of = made.run({"s": constant, "list": [{"s": constant + "z"}], key: []}, context())
    assert isinstance(made_of, dict)
    assert made_of[name] == constant
    assert made_of[name + "3"] == constant
    assert made_of[name + "6"] == [{name: []}]
    assert made_of[name + "7"] is True


@given(hostile, hostile)
def test_any_text_of_a_request_is_data(name: str, text: str) -> None:
    text = text.replace("$", "$$")
    made = compile_rule(read_template({name[:200] or "x": [text, {"k": "a${page}" + text}]}, where, SECRETS))
    demand_plain(made.source)
    assert made.run({}, context(page=1)) == {
        name[:200] or "x": [text.replace("$$", "$"), {"k": "a1" + text.replace("$$", "$")}]
    }


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from([*_ATTACKS, "a", "1", "+", "(", ")", ".", " and ", "not "])).map("".join)
)
def test_any_text_as_an_expression_is_read_or_refused(text: str) -> None:
    from app.adapters.maps.paths import Misread

    try:
        read_expression(text, IN_MAPS, 0, Limits())
    except Misread:
        return
    demand_plain(compile_rule(read_map({"x": {"expr": text}}, where)).source)


@pytest.mark.parametrize("source", [
    "import os",
    "def run(a):\n    import os",
    "def run(a):\n    return a.__dict__",
    "def run(a):\n    return a.get.__globals__",
    "def run(a):\n    return __builtins__",
    "def run(a):\n    return OPEN",
    "def run(a):\n    return lambda: 1",
    "def run(a):\n    return [b for b in a]",
    "def run(a):\n    return f'{a}'",
    "def run(a):\n    return b'a'",
    "def run(a):\n    return 1.5",
    "def run(a):\n    return a(*a)",
    "def run(a):\n    return a(b=1)",
    "def run(a):\n    global b",
    "def run(a):\n    del a.get",
    "def run(a):\n    while a: a()",
    "def run(a):\n    with a: a()",
    "def run(a=1):\n    def inner(): return a",
    "@a\ndef run(a):\n    return a",
    "def Run(a):\n    return a",
    "async def run(a):\n    return a",
    "def run(a):\n    yield a",
    "def run(a):\n    return (b := a)",
    "class A: pass",
    "a = 1",
    "def run(a: b):\n    return a",
])  # fmt: skip
def test_what_our_compilers_do_not_write_is_not_loaded(source: str) -> None:
    with pytest.raises(Defect):
        load(source, {"given": 1}, frozenset({"get"}))


def test_what_is_loaded_knows_what_it_was_given_and_no_builtins() -> None:
    run = load(
        "def run(a):\n    return given(a.get('b'), len)\n", {"given": lambda *all: all, "len": 7}, frozenset({"get"})
    )
    assert run["run"]({"b": 1}) == (1, 7)
    with pytest.raises(NameError):
        load("def run(a):\n    return len(a)\n", {}, frozenset())["run"]([])
