"""Maps: what each word of a rule means, and what is told of one that cannot be."""

from decimal import Decimal
from typing import Any

import pytest

from app.adapters.errors import BadDocument, BadSpec
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.mapping import read_at, read_map, read_text
from app.settings import Limits
from tests.adapters.maps import MARK, built, compiled, context, mapped, one, where

ORDER: dict[str, Any] = {
    "order_sn": "240102-1",
    "order_status": 1,
    "pay_amount": "39.99",
    "pay_time": "2024-01-02 10:11:12",
    "receiver": {"name": "Ann", "city": "Hangzhou", "odd-key": 1},
    "remark": "",
    "tags": ["a", None, "b"],
    "codes": "1, 2,,3",
    "item_list": [
        {"sku_id": 5, "outer_id": "", "goods_count": "2", "goods_price": "10", "goods_spec": "red,L"},
        {"sku_id": 6, "outer_id": "o6", "goods_count": 0, "goods_price": 9.5 and Decimal("9.5"), "goods_spec": ""},
    ],
}


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        ("order_sn", "240102-1"),
        ("receiver.city", "Hangzhou"),
        ('receiver."odd-key"', 1),
        ("receiver.odd-key", 1),
        ("missing.city", None),
        ("remark.city", None),
        ("item_list[1].sku_id", 6),
        ("item_list[].sku_id", [5, 6]),
        ("tags[]", ["a", "b"]),
        ("missing[]", []),
        ("$settings.shop", "main"),
        ("$item.order_sn", "240102-1"),
        ("$root.order_sn", "240102-1"),
        ("$now", "2024-01-02T02:11:12.123Z"),
        ({"value": "pdd"}, "pdd"),
        ({"value": {"a": [1]}}, {"a": [1]}),
        ({"from": "order_sn"}, "240102-1"),
        ({"first": ["remark", "missing", "order_sn"]}, "240102-1"),
        ({"first": ["remark", {"value": 0}]}, 0),
        ({"first": ["remark"]}, None),
        ({"join": {"of": ["receiver.city", "remark", "receiver.name"], "with": " "}}, "Hangzhou Ann"),
        ({"join": {"of": "tags[]", "with": "+"}}, "a+b"),
        ({"join": {"of": ["remark"]}}, None),
        ({"from": "codes", "split": ","}, ["1", "2", "3"]),
        ({"from": "codes", "split": ",", "as": "int"}, [1, 2, 3]),
        ({"from": "codes", "split": ",", "where": "$item != 2", "as": "int"}, [1, 3]),
        ({"from": "missing", "split": ","}, []),
        ({"from": "item_list[].goods_count", "as": "int"}, [2, 0]),
        ({"from": "item_list[]", "where": "goods_count > 0 and $parent.order_status == 1"}, [ORDER["item_list"][0]]),
        ({"from": "order_status", "enum": {1: "to_ship", 2: "shipped"}}, "to_ship"),
        ({"from": "order_status", "enum": {"1": "to_ship"}}, "to_ship"),
        ({"from": "order_status", "enum": {2: "shipped"}, "else": "unknown"}, "unknown"),
        ({"from": "order_status", "enum": {2: "shipped"}}, None),
        ({"from": "missing", "enum": {2: "shipped"}, "else": "unknown"}, None),
        ({"from": "remark", "enum": {2: "shipped"}, "else": "unknown"}, None),
        ({"from": "tags[]", "enum": {"a": 1}, "else": 0}, [1, 0]),
        ({"from": "remark", "default": "none"}, "none"),
        ({"from": "order_status", "default": "none"}, 1),
        ({"from": "missing", "default": []}, []),
        ({"expr": "goods * 2", "default": 0}, 0),
        ({"expr": "pay_amount * 2", "as": "money"}, "79.98"),
        ({"map": {"city": "receiver.city"}}, {"city": "Hangzhou"}),
        ({"from": "receiver", "map": {"city": "city", "order": "$parent.order_sn"}},
         {"city": "Hangzhou", "order": "240102-1"}),
        ({"from": "missing", "map": {"city": "city"}}, None),
        ({"each": "item_list", "where": "goods_count > 0", "map": {
            "sku": {"first": ["outer_id", "sku_id"]}, "qty": {"from": "goods_count", "as": "int"},
            "price": {"from": "goods_price", "as": "money"}, "options": {"from": "goods_spec", "split": ","},
            "order": "$parent.order_sn"}},
         [{"sku": 5, "qty": 2, "price": "10.00", "options": ["red", "L"], "order": "240102-1"}]),
        ([{"map": {"no": "order_sn"}}, "order_status"], [{"no": "240102-1"}, 1]),
        ([{"map": {"no": "order_sn"}, "when": "remark"}, {"value": 1, "when": "order_sn"}], [1]),
        ([], []),
        ({"map": {"no": "order_sn", "n": {"value": 1}}, "as": "json"}, '{"no":"240102-1","n":1}'),
        ({"each": "item_list", "map": {"id": "sku_id"}, "as": "json"}, '[{"id":5},{"id":6}]'),
        ({"from": "missing", "map": {"id": "sku_id"}, "as": "json"}, None),
        ({"each": "missing", "map": {"a": "b"}}, []),
        ({"each": "codes_of_none", "map": {"a": "b"}}, []),
    ],
)  # fmt: skip
def test_what_a_rule_makes(rule: Any, result: Any) -> None:
    assert one(rule, ORDER) == result


def test_a_field_is_there_only_when_its_condition_holds() -> None:
    rules = {"a": {"from": "order_sn", "when": "order_status == 1"}, "b": {"value": 1, "when": "remark"}, "c": "remark"}
    assert list(mapped(rules, ORDER).items()) == [("a", "240102-1"), ("c", "")]


def test_parents_are_reached_level_by_level() -> None:
    rules = {"x": {"each": "a", "map": {"y": {"each": "b", "map": {
        "here": "n", "out": "$parent.n", "far": "$parent.$parent.n", "top": "$root.n",
        "sum": {"expr": "n + $parent.n * $parent.$parent.n"},
    }}}}}  # fmt: skip
    document = {"n": 3, "a": [{"n": 2, "b": [{"n": 1}]}]}
    assert mapped(rules, document) == {"x": [{"y": [{"here": 1, "out": 2, "far": 3, "top": 3, "sum": 7}]}]}


def test_what_is_taken_whole_has_no_unknown_fields() -> None:
    """`receiver` is taken as it is, so its parts are; `remark` is not."""
    run = compile_rule(read_map({"all": "receiver", "city": "receiver.city"}, where), examples=[]).run
    world = context()
    run({"receiver": {"city": "a", "new": 1}, "remark": ""}, world)
    assert world.unknown_fields == {"remark": 1}


def test_what_comes_out_shares_nothing_with_the_map() -> None:
    run = compiled({"a": {"value": {"list": []}}, "b": {"from": "x", "default": []}}).run
    first = run({}, context())
    assert isinstance(first, dict)
    first["a"]["list"].append(1)  # type: ignore[index,call-overload,union-attr]
    first["b"].append(1)  # type: ignore[union-attr]
    assert run({}, context()) == {"a": {"list": []}, "b": []}


def test_unknown_values_are_counted_where_they_stand() -> None:
    world = context()
    rules = {"s": {"from": "order_status", "enum": {9: "x"}, "else": "?"},
             "i": {"each": "item_list", "map": {"q": {"from": "goods_count", "enum": {"2": 2}}}}}  # fmt: skip
    run = compiled(rules).run
    assert run(ORDER, world) == {"s": "?", "i": [{"q": 2}, {"q": None}]}
    run(ORDER, world)
    assert world.unknown_values == {("order_status", "1"): 2, ("item_list[].goods_count", "0"): 2}


def test_counters_are_bounded() -> None:
    world = context()
    world.paths_max = 2
    run = compiled({"s": {"from": "s", "enum": {9: "x"}}}).run
    for number in range(5):
        run({"s": f"new-{number}"}, world)
    assert world.unknown_values == {("s", "new-0"): 1, ("s", "new-1"): 1, ("s", "…"): 3}


def test_fields_that_no_map_takes_are_counted_by_path() -> None:
    rules: Any = {
        "id": "order_sn",
        "city": "receiver.city",
        "i": {"each": "item_list", "map": {"sku": "sku_id"}},
        "t": "tags",
    }
    run = compile_rule(read_map(rules, where), examples=[{"remark": "", "codes": "", "pay_time": ""}]).run
    world = context()
    world.drift_every = 2
    for _ in range(3):
        run(ORDER | {"new_one": {"a": 1}}, world)
    assert world.unknown_fields == {
        "new_one": 2, "order_status": 2, "pay_amount": 2, "receiver.name": 2, 'receiver.odd-key': 2,
        **{f"item_list[].{name}": 4 for name in ("goods_count", "goods_price", "goods_spec", "outer_id")},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "document", "path", "said"),
    [
        ({"a": {"from": "x.y", "required": True}}, {"x": {}}, "x.y", "required"),
        ({"a": {"from": "x", "required": True}}, {"x": ""}, "x", "required"),
        ({"a": {"each": "x", "map": {"b": "c"}, "required": True}}, {"x": []}, "x", "required"),
        ({"a": "x.y.z"}, {"x": {"y": 1}}, "x.y", "this is a number, and an object"),
        ({"a": "x"}, [1], "", "this is a list, and an object"),
        ({"a": {"each": "x", "map": {"b": "c"}}}, {"x": {"c": 1}}, "x", "records: {lists: […]}"),
        ({"a": {"each": "x", "map": {"b": "c"}}}, {"x": [{}, 1]}, "x[1]", "an object"),
        ({"a": {"each": "x", "map": {"b": {"from": "c", "as": "int"}}}}, {"x": [{}, {"c": "?"}]}, "x[1].c", "a number"),
        ({"a": {"from": "x[].c", "as": "int"}}, {"x": [{}, {"c": "?"}]}, "x[1].c", "a number"),
        ({"a": {"each": "x", "map": {"b": {"each": "y", "map": {"c": {"from": "z", "as": "int"}}}}}},
         {"x": [{}, {"y": [{"z": 1}, {"z": 2.5 and "2.5"}]}]}, "x[1].y[1].z", "no whole number"),
        ({"a": {"first": ["x", "y"], "as": "int"}}, {"y": "?"}, "y", "a number"),
        ({"a": {"join": {"of": ["x", "y"]}}}, {"y": {"z": 1}}, "y", "a single value"),
        ({"a": {"from": "x", "enum": {"1": 1}}}, {"x": [1]}, "x", "a single value"),
        ({"a": {"expr": "x + y"}}, {"x": 1, "y": "?"}, "y", "a number"),
        ({"a": {"from": '"odd key".x', "as": "int"}}, {"odd key": {"x": "?"}}, "odd key.x", "a number"),
        ({"a": {"from": "$event.n", "as": "int"}}, {}, "$event.n", "a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_is_told_with_its_path(rules: Any, document: Any, path: str, said: str) -> None:
    with pytest.raises(BadDocument) as refused:
        mapped(rules, document, event={"n": "?"})
    assert refused.value.path == path
    assert refused.value.en.startswith(f"{path}: " if path else "this")
    assert said in refused.value.en
    assert refused.value.code == "adapter_map"


@pytest.mark.parametrize(
    ("rules", "column", "said"),
    [
        ([], 1, "fields are expected"),
        ({"a": 5}, 2, "a: a field is a path"),
        ({"a": {}}, 2, "a value comes from one of"),
        ({"a": {"form": "x"}}, 3, "a.form: “form” says nothing"),
        ({"a": {"form": "x"}}, 3, "Did you mean “from”"),
        ({"a": {"city": "x"}}, 3, "an inner object is written {map: {…}}"),
        ({"a": {"from": "x", "first": ["y"]}}, 2, "here is from and first"),
        ({"a": {"from": 5}}, 3, "`from` takes one path"),
        ({"a": {"value": 1, "as": "int"}}, 3, "`as` cannot stand beside `value`"),
        ({"a": {"from": "x", "as": "integer"}}, 3, "Did you mean “int”"),
        ({"a": {"from": "x", "unit": "yuan"}}, 3, "`unit` belongs to `as: money`"),
        ({"a": {"from": "x", "as": "money", "unit": "yan"}}, 3, "Did you mean “yuan”"),
        ({"a": {"from": "x", "as": "money", "unit": 10}}, 3, "0 to 9"),
        ({"a": {"from": "x", "as": "time", "zone": "Asia/Shangai"}}, 3, "Did you mean “Asia/Shanghai”"),
        ({"a": {"from": "x", "as": "time", "zone": "../etc/passwd"}}, 3, "is no time zone"),
        ({"a": {"from": "x", "as": "time", "format": "%Y-%m"}}, 3, "tells no whole day"),
        ({"a": {"from": "x", "as": "time", "format": "%Y-%m-%d %Q"}}, 3, "“%Q” is not known"),
        ({"a": {"from": "x", "as": "time", "format": "%Y%Y-%m-%d"}}, 3, "twice"),
        ({"a": {"from": "x", "as": "int", "format": "%Y"}}, 3, "unix and unix_ms"),
        ({"a": {"from": "x", "where": "y"}}, 3, "write `when`"),
        ({"a": {"from": "x", "enum": []}}, 3, "`enum` takes"),
        ({"a": {"from": "x", "else": 1}}, 3, "`enum` takes"),
        ({"a": {"from": "x", "enum": {"a": [1]}}}, 4, "a single value is expected"),
        ({"a": {"from": "x", "split": ""}}, 3, "a text is expected"),
        ({"a": {"from": "x", "required": "yes"}}, 3, "true or false"),
        ({"a": {"first": "x"}}, 3, "a list of paths"),
        ({"a": {"join": ["x"]}}, 3, "`join` takes"),
        ({"a": {"join": {"of": ["x"], "by": ","}}}, 3, "`join` takes"),
        ({"a": {"each": "x"}}, 2, "`each` needs a `map`"),
        ({"a": {"map": {"b": "c"}, "as": "text"}}, 3, "can only be `as: json`"),
        ({"a": {"from": "x[]", "map": {"b": "c"}}}, 3, "for a list write {each"),
        ({"a": {"each": "x", "map": {"b": {"from": "c", "as": "tex"}}}}, 5, "a.map.b.as: "),
        ({"a": {"expr": "1 +"}}, 3, "at character 4 of “1 +”"),
        ({"a": {"from": "x", "when": 5}}, 3, "an expression is a text"),
        ({"a": "x..y"}, 2, "at character 3 of “x..y”"),
        ({"a": "x[b]"}, 2, "`[0]`"),
        ({"a": "$client_id"}, 2, "secrets are known in requests alone"),
        ({"a": "$parent.x"}, 2, "nothing around"),
        ({"a": {"each": "x", "map": {"b": "$parent.$parent.x"}}}, 4, "here 1 times"),
        ({"": "x"}, 1, "1 to 200 characters"),
        ({"a": {"value": 1.5}}, 3, "no value of a document"),
        ({"a": {"value": 10**70}}, 3, "too large"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_told_with_what_may(rules: Any, column: int, said: str) -> None:
    with pytest.raises(BadSpec) as refused:
        read_map(rules, where)
    assert said in refused.value.en
    assert (refused.value.mark.column, refused.value.mark.file) == (column, "shop.yaml")
    assert any("一" <= one <= "鿿" for one in refused.value.zh)


def test_maps_are_bounded() -> None:
    limits = Limits(adapter_map_fields_max=3, adapter_map_depth_max=2)
    read_map({"a": "x", "b": {"map": {"c": "x"}}}, where, limits=limits)
    with pytest.raises(BadSpec, match="at most 3 fields"):
        read_map({"a": "x", "b": {"map": {"c": "x", "d": "y"}}}, where, limits=limits)
    with pytest.raises(BadSpec, match="at most 2 deep"):
        read_map({"b": {"map": {"c": {"map": {"d": "x"}}}}}, where, limits=limits)


def test_lists_within_lists_are_bounded_before_python_bounds_them() -> None:
    with pytest.raises(BadSpec, match="lists are at most"):
        compiled({"a": ".".join(["x[]"] * 16)})
    rule: Any = {"each": "x[].x", "map": {"y": "z"}}
    for _ in range(6):
        rule = {"each": "x[].x", "map": {"y": rule}}
    with pytest.raises(BadSpec, match="lists are at most"):
        compiled({"a": rule})


def test_a_part_of_a_request_is_built_by_the_same_rules() -> None:
    rules = {
        "type": "order.list",
        "client_id": "$app_key",
        "timestamp": "$now.unix",
        "at": {"from": "$now", "as": "text", "format": "%Y-%m-%d %H:%M:%S.%L%z", "zone": "+08:00"},
        "since": "$window.start",
        "page": "$page",
        "size": 100,
        "price": "$$5",
        "note": "page ${page} of ${settings.shop}",
        "inner": {"ids": ["$page", {"value": "$page"}], "empty": {}},
        "lines": {"each": "$mapped.items", "map": {"sku": "$item.sku", "kind": "line"}},
        "param": {"map": {"page": "$page"}, "when": "$page > 5"},
    }
    assert built(rules, secrets={"app_key": "k1"}, mapped={"items": [{"sku": 1}]}) == {
        "type": "order.list",
        "client_id": "k1",
        "timestamp": 1_704_161_472,
        "at": "2024-01-02 10:11:12.123+0800",
        "since": "2024-01-02T02:11:12.123Z",
        "page": 2,
        "size": 100,
        "price": "$5",
        "note": "page 2 of main",
        "inner": {"ids": [2, "$page"], "empty": {}},
        "lines": [{"sku": 1, "kind": "line"}],
    }


def test_values_within_an_address_are_encoded_and_must_be_there() -> None:
    run = compile_rule(read_text("https://shop.example/orders/${item.id}?a=$$", MARK, encoded=True)).run
    assert run({"id": "a/b?c ü"}, context()) == "https://shop.example/orders/a%2Fb%3Fc%20%C3%BC?a=$"
    with pytest.raises(BadDocument) as refused:
        run({"id": ""}, context())
    assert refused.value.path == "id"


def test_secrets_are_told_apart_from_fields_and_not_told_in_errors() -> None:
    with pytest.raises(BadDocument) as refused:
        built({"a": {"from": "$app_key", "as": "int"}}, secrets={"app_key": "hunter2"})
    assert "hunter2" not in str(refused.value) + refused.value.zh
    with pytest.raises(BadSpec, match="has no parts"):
        built({"a": "$app_key.x"})


def test_a_path_alone_is_a_function_too() -> None:
    assert compile_rule(read_at("a.b[0]", MARK)).run({"a": {"b": [7]}}, context()) == 7
    assert compile_rule(read_at("", MARK)).run([1], context()) == [1]
    assert compile_rule(read_at("$headers.X-Id", MARK)).run({}, context(headers={"X-Id": "7"})) == "7"


def test_settings_are_checked_by_name_where_they_are_known() -> None:
    from app.adapters.maps.paths import IN_MAPS, References

    references = References(IN_MAPS.names, settings=frozenset({"shop"}))
    read_map({"a": "$settings.shop"}, where, references)
    with pytest.raises(BadSpec, match="Did you mean “shop”"):
        read_map({"a": "$settings.shp"}, where, references)
