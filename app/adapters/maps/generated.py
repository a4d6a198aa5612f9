"""The one place where text becomes code: source that our own compilers put together from what they have parsed.

What they may write is held here too, whatever they are given: a few kinds of statements, names of their own making and
of what they are handed, attributes that are listed, no builtins. So nothing in a spec can reach Python.
"""

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from app.model.errors import Defect

_LOCAL = re.compile(r"[a-z]+[0-9]*")
_NODES = (
    ast.Return, ast.Assign, ast.Expr, ast.Name, ast.Load,
    ast.Store, ast.Constant, ast.Call, ast.Attribute, ast.If, ast.IfExp, ast.For, ast.Compare, ast.Is, ast.IsNot,
    ast.Eq, ast.In, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Mod, ast.Dict,
    ast.List, ast.Tuple, ast.Try, ast.ExceptHandler, ast.Raise, ast.Subscript,
)  # fmt: skip
_CONSTANTS = (str, int, bool, type(None))


def load(source: str, given: Mapping[str, object], attributes: frozenset[str]) -> dict[str, Callable[..., Any]]:
    """The functions that the source defines, by name. Raises `Defect` for anything that is not of the above.

    `given` is all that they know beside their parameters; `attributes` are those that they may ask of a thing.
    """
    tree = ast.parse(source)
    functions = [_function(statement) for statement in tree.body]
    for function in functions:
        for node in (inner for statement in function.body for inner in ast.walk(statement)):
            _demand_plain(node, given, attributes)
    world: dict[str, Any] = {"__builtins__": {}, **given}
    exec(compile(tree, "<generated>", "exec"), world)  # noqa: S102  # nosec B102 - what this module is for
    return {function.name: world[function.name] for function in functions}


def _function(node: ast.stmt) -> ast.FunctionDef:
    """`def name(a, b):` and no more."""
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or node.returns or not _LOCAL.fullmatch(node.name):
        raise _foreign(node)
    plain = ast.arguments(posonlyargs=[], args=[ast.arg(one.arg) for one in node.args.args], kwonlyargs=[],
                          kw_defaults=[], defaults=[])  # fmt: skip
    if ast.dump(plain) != ast.dump(node.args):
        raise _foreign(node)
    return node


def _demand_plain(node: ast.AST, given: Mapping[str, object], attributes: frozenset[str]) -> None:
    plain = isinstance(node, _NODES)
    if isinstance(node, ast.Name):
        plain = node.id in given or _LOCAL.fullmatch(node.id) is not None
    elif isinstance(node, ast.Attribute):
        plain = node.attr in attributes and isinstance(node.ctx, ast.Load | ast.Store)
    elif isinstance(node, ast.Constant):
        plain = type(node.value) in _CONSTANTS
    if not plain:
        raise _foreign(node)


def _foreign(node: ast.AST) -> Defect:
    return Defect(f"generated code holds {ast.dump(node)[:200]}")
