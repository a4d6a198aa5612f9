"""The trace of a map: what it shows, and that it does what the compiled map does."""

from typing import Any

import msgspec
from hypothesis import given, reject

from app.adapters.errors import BadDocument, BadSpec
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.mapping import read_map
from app.adapters.maps.tracing import Done, Failed, Taken, TracedField, trace
from tests.adapters import drawn
from tests.adapters.maps import context, traced, where

ORDER: dict[str, Any] = {
    "order_sn": "1", "status": 1, "memo": "", "extra": {"deep": 1},
    "item_list": [{"sku": 5, "count": "2", "img": "x"}, {"sku": 6, "count": "3", "img": "y"}],
}  # fmt: skip


def test_each_field_shows_what_it_took_and_what_became_of_it() -> None:
    told = traced(
        {
            "id": {"first": ["memo", "order_sn"], "required": True},
            "status": {"from": "status", "enum": {1: "paid"}, "as": "text"},
            "memo": {"from": "memo", "when": "memo"},
            "items": {"each": "item_list", "map": {"qty": {"from": "count", "as": "int"}, "order": "$parent.order_sn"}},
        },
        ORDER,
    )
    assert told.result == {"id": "1", "status": "paid", "items": [{"qty": 2, "order": "1"}, {"qty": 3, "order": "1"}]}
    fields = {field.field: field for field in told.fields}
    assert list(fields) == [
        "id", "status", "memo", "items", "items[0].qty", "items[0].order", "items[1].qty", "items[1].order",
    ]  # fmt: skip
    assert fields["id"] == TracedField(
        "id", (Taken("memo", ""), Taken("order_sn", "1")), (Done("first", "1"), Done("required", "1")), "1"
    )
    assert fields["status"].steps == (Done("enum", "paid"), Done("as", "paid"))
    assert fields["memo"] == TracedField("memo", (Taken("memo", ""),), (), None, left_out=True)
    assert fields["items[1].qty"].took == (Taken("item_list[1].count", "3"),)
    assert told.untaken == ("extra", "item_list[].img", "item_list[].sku")
    assert told.failed is None


def test_what_fails_does_not_hide_the_rest() -> None:
    rules = {
        "items": {"each": "item_list", "map": {"qty": {"from": "count", "as": "int"}, "sku": "sku"}},
        "total": {"expr": "status + memo"},
        "id": "order_sn",
    }
    told = traced(rules, ORDER | {"item_list": [{"count": "x", "sku": 5}]})
    fields = {field.field: field for field in told.fields}
    failed = fields["items[0].qty"].failed
    assert failed is not None
    assert (failed.path, failed.en) == ("item_list[0].count", "this is a text, and a number is expected.")
    assert fields["items"].failed == told.failed == failed
    assert (fields["items[0].sku"].result, fields["id"].result) == (5, "1")
    assert fields["total"].failed == Failed("memo", failed.en, failed.zh)
    assert told.result is None


def test_a_trace_can_be_sent_to_the_console() -> None:
    told = traced({"a": {"expr": "status / 3"}}, ORDER)
    assert b'"field":"a"' in msgspec.json.encode(told)


def _run(rules: Any, document: Any) -> tuple[Any, Any, Any]:
    """What a map gives: its result, or the path and text of what fails; and what it counted."""
    world = context(event={"a": {"items": [1]}})
    rule = read_map(rules, where)
    try:
        return compile_rule(rule).run(document, world), None, world.unknown_values
    except BadDocument as refused:
        return None, (refused.path, refused.en), world.unknown_values


def _demand_the_same(rules: Any, document: Any) -> None:
    try:
        result, failed, counted = _run(rules, document)
    except BadSpec:
        reject()
    world = context(event={"a": {"items": [1]}})
    told = trace(read_map(rules, where), document, world)
    if failed is not None:
        assert told.failed is not None
        said = f"{told.failed.path}: {told.failed.en}" if told.failed.path else told.failed.en
        assert (told.failed.path, said) == failed
        return
    assert told.failed is None, told.failed
    assert repr(told.result) == repr(result)  # by type as well: 1 is neither true nor 1.0
    assert world.unknown_values == counted


@given(drawn.maps, drawn.documents)
def test_the_compiled_map_and_its_trace_do_the_same(rules: Any, document: Any) -> None:
    _demand_the_same(rules, document)


@given(drawn.expressions, drawn.documents)
def test_an_expression_compiled_and_traced_gives_the_same(text: str, document: Any) -> None:
    _demand_the_same({"x": {"expr": text}}, document)
