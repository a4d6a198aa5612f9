"""Expressions and maps as anybody may write them: read or refused, and compiled as they are traced."""

from decimal import Decimal
from typing import Any

import msgspec

from app.adapters.errors import BadDocument, BadSpec, Mark
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_condition, read_map, read_template
from app.adapters.maps.rules import Rule
from app.adapters.maps.times import moment
from app.adapters.maps.tracing import trace
from app.settings import Limits
from tests.fuzz.watch import Fault

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_MARK = Mark("fuzz.yaml", 1, 1)


_WORDS = (
    "$item.", "$parent.", "$root.", "$now.unix", "$settings.", '"from":', '"each":', '"map":', '"expr":', '"where":',
    '"when":', '"first":[', '"join":', '"split":', '"enum":{', '"else":', '"as":"', '"unit":"cents"', "0000-00-00",
    '"zone":"Asia/Shanghai"', '"format":"unix"', '"default":', '"required":true', "[]", "[-1]", " and ", " or ", "not ",
    " in [", "if ", " then ", " else ", "replace(", "substring(", "1e999", "'", '\\"', "\n", "((((", "null", "${a}",
    "$$", "9223372036854775808",
)  # fmt: skip


def _lines(expression: str, rules: object, document: object) -> bytes:
    return b"\n".join([expression.encode(), msgspec.json.encode(rules), msgspec.json.encode(document)])


class Maps:
    """An expression, a map in JSON, a document in JSON, a line each."""

    seeds = (
        _lines("a + 1 > 2 and not b", {"x": "a.b[0].c[]"}, {"a": {"b": [{"c": [1]}]}}),
        _lines(
            "if a in [1, 'x'] then round(b, 2) else $now.unix",
            {"x": {"from": "t", "as": "time", "zone": "+08:00"}},
            {"a": "x", "b": "1.005", "t": "2024-01-02 10:11:12"},
        ),
        _lines(
            "concat(lower(a), pad(b, 3))",
            {"x": {"each": "l", "where": "n > 1", "map": {"y": {"from": "n", "as": "int"}, "z": "$parent.a"}}},
            {"a": "A", "b": 7, "l": [{"n": 1}, {"n": "2"}]},
        ),
        _lines(
            "sum(l[].n) / len(l)",
            {"x": {"first": ["a", "b"], "enum": {"1": "one"}, "else": "?", "default": 0}},
            {"b": 1, "l": [{"n": 1}]},
        ),
        _lines(
            "b",
            {"x": {"join": {"of": ["a", "b"], "with": " "}}, "y": {"from": "a", "split": ",", "as": "money"}},
            {"a": "1,2"},
        ),
        _lines(
            "a",
            {"x": {"from": "t", "as": "date", "format": "%d.%m.%Y", "required": True}, "y": {"map": {"z": "t"}}},
            {"t": "02.01.2024"},
        ),
        _lines('default(a, "\\u00e9")', {"x": {"value": [1]}, "y": {"expr": "a % b", "when": "b"}}, {"a": 7, "b": 0.5}),
        _lines("$item", {"a": "${now.unix}$$", "b": ["$now", {"c": "$settings.shop"}]}, {}),
    )
    words = tuple(word.encode() for word in _WORDS)

    def __init__(self) -> None:
        self._limits = Limits()

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        expression, rules, document = (*data.split(b"\n", 2), b"", b"")[:3]
        given = _decoded(document)
        self._try(lambda: read_condition(expression.decode("utf-8", "replace"), _MARK, limits=self._limits), given)
        self._try(lambda: read_map(_decoded(rules), lambda way: _MARK, limits=self._limits), given)
        self._try(lambda: read_template(_decoded(rules), lambda way: _MARK, limits=self._limits), given)

    def _try(self, read: Any, document: Any) -> None:
        try:
            rule: Rule = read()
        except BadSpec:
            return
        told = trace(rule, document, self._context(), self._limits)
        try:
            result = compile_rule(rule, self._limits, examples=[]).run(document, self._context())
        except BadDocument as refused:
            if told.failed is None or told.failed.path != refused.path:
                raise Fault(f"traced otherwise: {told.failed} but {refused.en}") from refused
            return
        if told.failed is not None or repr(told.result) != repr(result):
            raise Fault(f"traced otherwise: {told.failed} {told.result!r} but {result!r}")

    def _context(self) -> Context:
        return Context({"now": moment(1_704_161_472_123), "settings": {"shop": "a"}}, limits=self._limits)


def _decoded(data: bytes) -> Any:
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}


TARGET = Maps()
