"""JSON as any system may send it: a tree or a refusal with its place, the same whole and in pieces, and back again."""

from typing import Any

from app.adapters.errors import BadDocument
from app.adapters.formats import json
from app.adapters.formats.json_records import JsonRecords
from app.adapters.formats.records import Spoilt
from app.adapters.formats.tree import Tree
from tests.adapters.formats.trees import fed, same
from tests.fuzz.line import pieces
from tests.fuzz.watch import Fault, demand_discretion

_PATHS: tuple[tuple[str, ...], ...] = ((), ("a",), ("a", "b"))
_BESIDE = (("n",), ("a", "n"))


class JsonDocuments:
    seeds = (
        b'\x00{"a":[1,-2.50,1e3,18446744073709551616,null,true,"\\u4e2d\\n"],"n":{"x":{}}}',
        b'\x03\xef\xbb\xbf [ {"a" : {"b" : [ {} , [] , "]}" ], "n":1}} ]\n',
        b'\x01{"a":{"b":[{"c":"\xff"},{"c":1e999},{"c":2}],"n":"x"},"n":0}',
        b'\x07' + b"[" * 70,
        b'\x00"\\ud800"', b"\x00" + b"1" * 500, b'\x02{"a":[1,],"b":NaN}', b'\x05[1,2,,"a\\"]"]',
    )  # fmt: skip
    words = (
        b'"a":', b'"b":', b'"n":', b"[", b"]", b"{", b"}", b",", b'\\"', b"\\u", b"\\ud83d", b"1e9999", b"null", b"NaN",
        b"\xff", b"\xef\xbb\xbf",
    )  # fmt: skip

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        tree, refused = None, False
        try:
            tree = json.decode(data[1:])
        except BadDocument as problem:
            demand_discretion(problem.en)
            refused = True
        if not refused and not same(json.decode(json.encode(tree)), tree):
            raise Fault(f"{tree!r} does not come back")
        _compare(data, _PATHS[data[0] % len(_PATHS)] if data else (), tree, refused)


def _compare(data: bytes, path: tuple[str, ...], tree: Tree, refused: bool) -> None:
    """What is passed over is not looked at, so that a wrong document may be read in pieces; a right one must be."""
    found = _in_pieces(data, path)
    if not path and refused and found is not None and not any(isinstance(one, Spoilt) for one in found):
        raise Fault(f"refused as a whole, in pieces {found!r}")
    if not refused and not _has_twice(data) and (found is None or not same(found, _records(tree, path))):
        raise Fault(f"{path}: whole {tree!r}, in pieces {found!r}")
    try:
        json.split(data[1:], path, _BESIDE)
    except BadDocument as problem:
        demand_discretion(problem.en)


def _in_pieces(data: bytes, path: tuple[str, ...]) -> list[Any] | None:
    try:
        return fed(JsonRecords(path, _BESIDE), pieces(data))
    except BadDocument as problem:
        demand_discretion(problem.en)
        return None


def _records(tree: Tree, path: tuple[str, ...]) -> list[Tree]:
    for step in path:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree if isinstance(tree, list) else [] if tree is None else [tree]


def _has_twice(data: bytes) -> bool:
    """Whether a key on our way may stand twice: the last one counts in the whole, each one in pieces."""
    return any(data.count(key) > 1 for key in (b'a"', b'b"')) or b"\\u" in data


TARGET = JsonDocuments()
