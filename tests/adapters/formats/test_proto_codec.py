"""Messages to trees and back, against ProtoBuf's own JSON mapping as the oracle."""

import base64
import math
import random
from decimal import Decimal
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.internal import api_implementation
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.errors import BadDocument
from app.adapters.formats.proto_functions import Functions
from app.adapters.formats.proto_text import json_name
from app.adapters.formats.protobuf import Schema
from app.adapters.formats.tree import Tree
from app.settings import Limits
from tests.adapters.formats.protos import TEXTS

_LIMITS = Limits()
_SCHEMA = Schema.of_texts(TEXTS, _LIMITS)
_TYPES = (
    "acme.scalars.Scalars", "acme.maps.Shelf", "acme.nested.Outer", "acme.oneofs.Payment", "acme.optionals.Customer",
    "acme.defaults.Defaults", "acme.strings.Strings", "acme.groups.Result", "acme.required.Needs", "acme.known.Known",
    "acme.recursive.Node", "acme.erp.v1.UpdateOrderRequest", "acme.large.Trade", "message.service.rpc.package",
    "acme.enums.Carrier",
)  # fmt: skip


def test_it_stands_on_upb() -> None:
    assert api_implementation.Type() == "upb"


# --- any message there and back -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", _TYPES)
@settings(max_examples=15)
@given(source=st.randoms(use_true_random=False))
def test_a_message_is_the_same_after_a_tree(name: str, source: random.Random) -> None:
    codec = _SCHEMA.message(name)
    message = _filled(codec.descriptor, source, 3)
    data = message.SerializeToString(deterministic=True)
    decoded = codec.examine(data)
    assert not decoded.unknown_fields
    assert codec.build(decoded.tree).SerializePartialToString(deterministic=True) == data
    _demand_tree(decoded.tree)


@pytest.mark.parametrize("name", _TYPES)
@settings(max_examples=15)
@given(source=st.randoms(use_true_random=False))
def test_a_tree_says_what_the_json_mapping_says(name: str, source: random.Random) -> None:
    codec = _SCHEMA.message(name)
    message = _filled(codec.descriptor, source, 3)
    expected = json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        descriptor_pool=codec.descriptor.file.pool,
    )
    assert _as_json(codec.read(message)) == expected


def _filled(descriptor: Any, source: random.Random, depth: int) -> Any:
    """A message of random values in random fields; every required one is set."""
    message: Any = GetMessageClass(descriptor)()
    if descriptor.full_name == "google.protobuf.Timestamp":
        message.seconds, message.nanos = source.randrange(-62_135_596_800, 253_402_300_800), _nanos(source)
    elif descriptor.full_name == "google.protobuf.Duration":
        sign = source.choice((1, -1))
        message.seconds, message.nanos = sign * source.randrange(315_576_000_001), sign * _nanos(source)
    elif descriptor.full_name == "google.protobuf.FieldMask":
        message.paths.extend(["a", "b.c"])
    elif descriptor.full_name == "google.protobuf.Any":
        if source.random() < 0.8:
            name = source.choice(("acme.recursive.Leaf", "google.protobuf.Timestamp", "google.protobuf.Int64Value"))
            message.Pack(_filled(_SCHEMA.message(name).descriptor, source, 1))
    else:
        for field in descriptor.fields:
            if field.is_required or source.random() < (0.6 if depth else 0.2):
                _fill(message, field, source, depth)
    return message


def _nanos(source: random.Random) -> int:
    return source.choice((0, 500_000_000, 123_000, source.randrange(1_000_000_000)))


def _fill(message: Any, field: Any, source: random.Random, depth: int) -> None:
    is_message = field.message_type is not None
    if is_message and field.message_type.GetOptions().map_entry:
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        for _ in range(source.randrange(3)):
            if value.message_type is not None:
                getattr(message, field.name)[_scalar(key, source)].CopyFrom(_inner(value, source, depth))
            else:
                getattr(message, field.name)[_scalar(key, source)] = _scalar(value, source)
    elif field.is_repeated:
        count = source.randrange(3)
        getattr(message, field.name).extend(
            [_inner(field, source, depth) if is_message else _scalar(field, source) for _ in range(count)]
        )
    elif not is_message:
        setattr(message, field.name, _scalar(field, source))
    elif depth or field.is_required:
        getattr(message, field.name).CopyFrom(_inner(field, source, depth))


def _inner(field: Any, source: random.Random, depth: int) -> Any:
    if field.message_type.full_name == "google.protobuf.Value":
        value = GetMessageClass(field.message_type)()
        _fill_value(value, source, 2)
        return value
    return _filled(field.message_type, source, max(0, depth - 1))


def _fill_value(value: Any, source: random.Random, depth: int) -> None:
    match source.randrange(6 if depth else 4):
        case 0:
            value.null_value = 0
        case 1:
            value.number_value = source.choice((0.0, 1.5, -2.0, 1e300, 9007199254740991.0))
        case 2:
            value.string_value = source.choice(("", "x", "你好"))
        case 3:
            value.bool_value = True
        case 4:
            _fill_value(value.list_value.values.add(), source, depth - 1)
        case 5:
            _fill_value(value.struct_value.fields["k"], source, depth - 1)


def _scalar(field: Any, source: random.Random) -> Any:
    kinds = field.CPPTYPE_INT32, field.CPPTYPE_INT64, field.CPPTYPE_UINT32, field.CPPTYPE_UINT64
    if field.cpp_type in kinds:
        least, most = ((-(2**31), 2**31 - 1), (-(2**63), 2**63 - 1), (0, 2**32 - 1), (0, 2**64 - 1))[
            kinds.index(field.cpp_type)
        ]
        return source.choice((0, 1, least, most, source.randint(least, most)))
    if field.cpp_type == field.CPPTYPE_DOUBLE:
        return source.choice((0.0, 0.1, -1e-300, 1e308, math.inf, source.random()))
    if field.cpp_type == field.CPPTYPE_FLOAT:
        return source.choice((0.0, 0.1, 3.4e38, 1e-40, -math.inf, source.random()))
    if field.cpp_type == field.CPPTYPE_BOOL:
        return source.random() < 0.5
    if field.cpp_type == field.CPPTYPE_ENUM:
        return source.choice(field.enum_type.values).number
    if field.type == field.TYPE_BYTES:
        return source.randbytes(source.randrange(4))
    return source.choice(("", "a", "中文 \U0001f600", "x" * 50))


def _demand_tree(tree: Any) -> None:
    assert type(tree) in (bool, int, Decimal, str, bytes, list, dict, type(None)), type(tree)
    for inner in tree.values() if type(tree) is dict else tree if type(tree) is list else ():
        _demand_tree(inner)


def _as_json(tree: Any) -> Any:
    """What JSON's mapping makes of what a tree keeps exact; 64-bit numbers are text in it, so are both here."""
    if type(tree) is dict and list(tree) == ["paths"]:  # a FieldMask, which is the one type that we leave as it is
        return ",".join(json_name(path) for path in tree["paths"])
    if type(tree) is dict:
        return {key: _as_json(value) for key, value in tree.items()}
    if type(tree) is list:
        return [_as_json(value) for value in tree]
    if type(tree) is bytes:
        return base64.b64encode(tree).decode()
    return _Same(tree)


# --- what stands in a tree ------------------------------------------------------------------------------------------

_TEXT = """
syntax = "proto3";
package t;
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Order {
  int64 number = 1;
  double price = 2;
  float share = 3;
  State state = 4;
  repeated State states = 5;
  bytes data = 6;
  map<int64, Item> items = 7;
  optional string note = 8;
  google.protobuf.Timestamp at = 9;
  google.protobuf.Value value = 10;
  google.protobuf.StringValue text = 11;
  google.protobuf.Any any = 12;
  repeated Item list = 13;
  oneof kind { string one = 14; Item other = 15; google.protobuf.NullValue none = 16; }
  Order inner = 17;
  map<bool, string> flags = 18;
  uint32 small_number = 19;
  string name = 20;
  google.protobuf.Struct data_struct = 21;
}
message Item { string sku = 1; int32 count = 2; google.protobuf.Timestamp at = 3; }
enum State { NEW = 0; PAID = 1; }
message Newer { int64 number = 1; Item list = 13; string more = 99; NewerItem inner_more = 98; }
message NewerItem { string sku = 1; repeated int32 sizes = 77; }
message NewerOrder { repeated NewerItem list = 13; string more = 99; }
"""
_ORDERS = Schema.of_texts({"t.proto": _TEXT}, _LIMITS)
_ORDER = _ORDERS.message("t.Order")


def _order(**fields: Any) -> dict[str, Any]:
    """What is always there, and these."""
    always: dict[str, Any] = {
        "number": 0, "price": Decimal("0.0"), "share": Decimal(0), "state": "NEW", "states": [], "data": b"",
        "items": {}, "list": [], "flags": {}, "small_number": 0, "name": "",
    }  # fmt: skip
    return always | fields


@pytest.mark.parametrize(("given", "read"), [
    ({"number": 2**63 - 1}, {"number": 2**63 - 1}),
    ({"number": "-9223372036854775808"}, {"number": -(2**63)}),
    ({"number": Decimal("12.0")}, {"number": 12}),
    ({"price": Decimal("0.1")}, {"price": Decimal("0.1")}),
    ({"price": 3}, {"price": Decimal("3.0")}),
    ({"price": "39.99"}, {"price": Decimal("39.99")}),
    ({"price": "-Infinity"}, {"price": "-Infinity"}),
    ({"share": Decimal("0.1")}, {"share": Decimal("0.1")}),
    ({"share": Decimal(16777217)}, {"share": Decimal(16777216)}),
    ({"share": "NaN"}, {"share": "NaN"}),
    ({"state": "PAID"}, {"state": "PAID"}),
    ({"state": 1}, {"state": "PAID"}),
    ({"states": ["PAID", "NEW"]}, {"states": ["PAID", "NEW"]}),
    ({"data": b"\0\xff"}, {"data": b"\0\xff"}),
    ({"data": "AP8"}, {"data": b"\0\xff"}),
    ({"data": "_-8="}, {"data": b"\xff\xef"}),
    ({"items": {"-5": {"sku": "a"}}}, {"items": {"-5": {"sku": "a", "count": 0}}}),
    ({"flags": {"true": "x"}}, {"flags": {"true": "x"}}),
    ({"note": ""}, {"note": ""}),
    ({"note": None}, {}),
    ({"at": "2024-01-02T10:11:12+08:00"}, {"at": "2024-01-02T02:11:12Z"}),
    ({"at": "1969-12-31T23:59:59.5Z"}, {"at": "1969-12-31T23:59:59.500Z"}),
    ({"at": "0001-01-01T00:00:00.000001Z"}, {"at": "0001-01-01T00:00:00.000001Z"}),
    ({"value": None}, {"value": None}),
    ({"value": [1, Decimal("1.5"), None, {"a": True}]}, {"value": [1, Decimal("1.5"), None, {"a": True}]}),
    ({"text": ""}, {"text": ""}),
    ({"any": {}}, {"any": {}}),
    ({"any": {"@type": "x/t.Item", "sku": "a"}}, {"any": {"@type": "x/t.Item", "sku": "a", "count": 0}}),
    (
        {"any": {"@type": "google.protobuf.Value", "value": [True]}},
        {"any": {"@type": "google.protobuf.Value", "value": [True]}},
    ),
    ({"any": {"@type": "x/not.There", "value": b"\1"}}, {"any": {"@type": "x/not.There", "value": b"\1"}}),
    ({"smallNumber": 5}, {"small_number": 5}),
    ({"one": "x"}, {"one": "x"}),
    ({"one": None, "other": {"sku": "a"}}, {"other": {"sku": "a", "count": 0}}),
    ({"none": None}, {"none": None}),
    ({"dataStruct": {"a": {"b": []}}}, {"data_struct": {"a": {"b": []}}}),
], ids=repr)  # fmt: skip
def test_a_tree_comes_back(given: dict[str, Any], read: dict[str, Any]) -> None:
    tree = _ORDER.decode(_ORDER.encode(given))
    assert tree == _order(**read)
    assert {type(value) for value in tree.values()} == {type(value) for value in _order(**read).values()}  # type: ignore[union-attr]


@pytest.mark.parametrize(("given", "path", "said"), [
    ([], "", "an object is needed, and a list"),
    ({"number": "x"}, "number", "a whole number is needed, and text"),
    ({"number": True}, "number", "a whole number is needed, and true or false"),
    ({"number": Decimal("1.5")}, "number", "a whole number is needed, and a number"),
    ({"number": Decimal("1E+999999")}, "number", "a whole number is needed"),
    ({"number": 2**63}, "number", "out of its field's range"),
    ({"small_number": -1}, "small_number", "out of its field's range"),
    ({"price": "x"}, "price", "a number is needed"),
    ({"price": 10**400}, "price", "too large"),
    ({"price": "9" * 401}, "price", "a number is needed"),
    ({"price": False}, "price", "a number is needed, and true or false"),
    ({"share": Decimal("1e300")}, "share", "too large"),
    ({"name": 5}, "name", "text is needed, and a whole number"),
    ({"name": b"x"}, "name", "text is needed, and bytes"),
    ({"name": "\ud800"}, "name", "no Unicode"),
    ({"state": "GONE"}, "state", "one of NEW, PAID"),
    ({"state": 2**40}, "state", "out of its field's range"),
    ({"states": ["NEW", "GONE"]}, "states[1]", "one of NEW, PAID"),
    ({"states": ["NEW", None]}, "states[1]", "and nothing"),
    ({"states": "NEW"}, "states", "a list is needed"),
    ({"data": "?"}, "data", "base64"),
    ({"items": {"x": {}}}, "items.x", "whole numbers"),
    ({"items": {"99999999999999999999": {}}}, 'items."99999999999999999999"', "out of its field's range"),
    ({"items": []}, "items", "an object is needed"),
    ({"items": {"5": {"count": "x"}}}, 'items."5".count', "a whole number"),
    ({"flags": {"yes": "x"}}, "flags.yes", "true and false"),
    ({"at": "yesterday"}, "at", "a time such as"),
    ({"at": "2024-02-30T00:00:00Z"}, "at", "a time that there is"),
    ({"at": "0001-01-01T00:00:00+08:00"}, "at", "a time in the years"),
    ({"list": [{}, {"sku": "a"}, {"at": 5}]}, "list[2].at", "a time such as"),
    ({"list": [None]}, "list[0]", "an object is needed, and nothing"),
    ({"inner": {"inner": {"name": 5}}}, "inner.inner.name", "text is needed"),
    ({"any": {"sku": "a"}}, "any", "@type"),
    ({"any": {"@type": "t.Item", "sku": 5}}, "any", "text is needed"),
    ({"nobody": 1}, "nobody", "there is no field nobody"),
    ({"odd key": 1}, '"odd key"', "there is no field odd key"),
    ({"inner": {"nobody": 1}}, "inner.nobody", "there is no field"),
    ({"small_number": 1, "smallNumber": 2}, "smallNumber", "given more often"),
    ({"one": "x", "other": {}}, "other", "kind may be given once"),
    ({"value": {"a": float}}, "value", "JSON can say"),
], ids=repr)  # fmt: skip
def test_a_tree_that_does_not_fit_says_where(given: Any, path: str, said: str) -> None:
    with pytest.raises(BadDocument) as refused:
        _ORDER.encode(given)
    assert refused.value.path == path
    assert said in refused.value.en
    assert refused.value.zh != refused.value.en


def test_of_a_closed_enum_an_unknown_number_is_refused() -> None:
    with pytest.raises(BadDocument, match=r"source: one of WEB, SHOP, FAIR"):
        _SCHEMA.encode("acme.crm.Contact", {"id": 1, "source": 7})


def test_a_required_field_that_is_missing_is_named() -> None:
    phones: list[Tree] = [{"number": "1"}, {"kind": "HOME"}]
    with pytest.raises(BadDocument) as refused:
        _SCHEMA.encode("acme.crm.Contact", {"id": 1, "phones": phones})
    assert refused.value.path == "phones[1].number"
    assert "required" in refused.value.en


# --- what stands in bytes -------------------------------------------------------------------------------------------


def test_an_enums_unknown_number_stays_and_is_counted() -> None:
    data = _ORDER.encode({"state": 7, "states": [1, 7, 8]})
    decoded = _ORDER.examine(data)
    assert decoded.tree == _order(state=7, states=["PAID", 7, 8])
    assert decoded.unknown_values == {"t.Order.state=7": 1, "t.Order.states=7": 1, "t.Order.states=8": 1}
    assert not _ORDER.examine(b"").unknown_values, "the next document has a count of its own"


def test_unknown_fields_are_counted_by_path() -> None:
    newer: Any = {"more": "x", "list": [{"sku": "a", "sizes": [1, 2]}, {"sku": "b", "sizes": [3]}]}
    decoded = _ORDER.examine(_ORDERS.encode("t.NewerOrder", newer))
    assert decoded.tree == _order(list=[{"sku": "a", "count": 0}, {"sku": "b", "count": 0}])
    assert decoded.unknown_fields == {"#99": 1, "list[].#77": 2}
    assert _ORDER.decode(_ORDERS.encode("t.NewerOrder", newer)) == decoded.tree


def test_the_same_in_more_bytes_is_not_unknown() -> None:
    spread = b"\x28\x01\x28\x00" + b"\x08\x80\x00"  # states not packed, a 0 in two bytes
    decoded = _ORDER.examine(spread)
    assert decoded.tree == _order(states=["PAID", "NEW"])
    assert not decoded.unknown_fields


@pytest.mark.parametrize("data", [b"\x08", b"\xff" * 30, b"\x52\x7f", b"\xa2\x01\x01\xff"])
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(BadDocument, match=r"this is no t\.Order"):
        _ORDER.decode(data)


@pytest.mark.parametrize(("data", "path", "said"), [
    (b"\x4a\x0b\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40", "at", "years 1 to 9999"),
    (b"\x6a\x00\x6a\x08\x1a\x06\x10\x80\x94\xeb\xdc\x03", "list[1].at", "years 1 to 9999"),
    (b"\x62\x0d\x0a\x08x/t.Item\x12\x01\x08", "any", "is no t.Item"),
    (b"\x52\x09\x11\x00\x00\x00\x00\x00\x00\xf0\x7f", "value", "NaN and infinities"),
], ids=repr)  # fmt: skip
def test_what_in_a_message_cannot_be_read_says_where(data: bytes, path: str, said: str) -> None:
    if path == "at":
        data = b"\x4a\x0a\x08" + b"\x80" * 8 + b"\x40"
    with pytest.raises(BadDocument) as refused:
        _ORDER.decode(data)
    assert refused.value.path == path
    assert said in refused.value.en


def test_text_of_proto2_that_is_no_utf_8_is_bytes() -> None:
    assert _SCHEMA.decode("acme.crm.Contact", b"\x12\x01\xff") == {"name": b"\xff", "phones": []}


# --- bounds ---------------------------------------------------------------------------------------------------------


def _nested(levels: int) -> bytes:
    """An order in an order, so many levels."""
    data = b""
    for _ in range(levels - 1):
        data = b"\x8a\x01" + _varint(len(data)) + data
    return data


def _varint(number: int) -> bytes:
    said = bytearray()
    while number > 0x7F:
        said.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*said, number))


def _depth_of(tree: Any) -> int:
    inner = tree.values() if type(tree) is dict else tree if type(tree) is list else None
    return 0 if inner is None else 1 + max(map(_depth_of, inner), default=0)


def test_a_tree_is_at_most_64_deep() -> None:
    # an order may hold maps of items, which have objects: two levels under its own
    assert _depth_of(_ORDER.decode(_nested(62))) == 63
    for levels in (63, 64, 90):
        with pytest.raises(BadDocument, match="more than 64 deep") as refused:
            _ORDER.decode(_nested(levels))
        assert refused.value.path.count("inner") == 62


@pytest.mark.parametrize("name", ["children", "named"])
def test_a_list_and_a_map_are_a_level_of_their_own(name: str) -> None:
    codec = _SCHEMA.message("acme.recursive.Node")

    def nested(levels: int) -> Any:
        inner = nested(levels - 1) if levels else None
        return {} if inner is None else {name: [inner] if name == "children" else {"x": inner}}

    assert _depth_of(codec.decode(codec.encode(nested(31)))) == 64
    with pytest.raises(BadDocument, match="more than 64 deep"):
        codec.encode(nested(32))
    deep: Any = GetMessageClass(codec.descriptor)()
    inner = deep
    for _ in range(32):
        inner = inner.children.add() if name == "children" else inner.named["x"]
    with pytest.raises(BadDocument, match="more than 64 deep") as refused:
        codec.read(deep)
    assert refused.value.path.count(name) == 32


def test_depth_is_counted_only_where_a_type_may_hold_itself() -> None:
    functions = Functions(_SCHEMA.message("acme.large.Trade").descriptor.file.pool, _LIMITS)
    deep = {name: functions.shape(_SCHEMA.message(name).descriptor).deep for name in _TYPES}
    assert {name for name, is_deep in deep.items() if is_deep} == {
        "acme.maps.Shelf", "acme.nested.Outer", "acme.optionals.Customer", "acme.known.Known", "acme.recursive.Node",
        "message.service.rpc.package",
    }  # fmt: skip


def test_bytes_240_deep_are_refused() -> None:
    with pytest.raises(BadDocument, match="nested too deep"):
        _ORDER.decode(_nested(240))


@pytest.mark.parametrize("kind", ["order", "struct", "list", "any"])
def test_a_deep_tree_is_refused(kind: str) -> None:
    tree: Any = "x" if kind != "order" else {}
    for _ in range(100):
        tree = {
            "order": {"inner": tree},
            "struct": {"a": tree},
            "list": [tree],
            "any": {"@type": "google.protobuf.Any", "value": tree},
        }[kind]
    given = {"order": tree, "struct": {"data_struct": tree}, "list": {"value": tree}, "any": {"any": tree}}[kind]
    if kind == "any":
        given = {"any": _any_in_any(100)}
    with pytest.raises(BadDocument, match="more than 64 deep"):
        _ORDER.encode(given)


def _any_in_any(levels: int) -> dict[str, Any]:
    return {"@type": "t.Order", "any": _any_in_any(levels - 1)} if levels else {}


def test_a_deep_struct_is_refused_as_it_comes() -> None:
    deep: Any = GetMessageClass(_ORDER.descriptor)()
    value = deep.value
    for _ in range(32):
        value = value.list_value.values.add()
    assert _depth_of(_ORDER.read(deep)) == 33
    for _ in range(40):
        value = value.list_value.values.add()
    with pytest.raises(BadDocument, match="more than 64 deep") as refused:
        _ORDER.read(deep)
    assert refused.value.path == "value"


def test_few_bytes_do_not_become_many_values() -> None:
    small = Schema.of_texts({"t.proto": _TEXT}, Limits(adapter_document_values_max=1_000)).message("t.Order")
    small.decode(b"\x6a\x00" * 300)
    with pytest.raises(BadDocument, match="more than 1000 values") as refused:
        small.decode(b"\x6a\x00" * 400)
    assert refused.value.path == "list"


def test_a_type_that_holds_too_much_is_refused() -> None:
    with pytest.raises(BadDocument, match="more than 20 fields"):
        Schema.of_texts({"t.proto": _TEXT}, Limits(adapter_proto_fields_max=20)).message("t.Order")


def test_a_long_chain_of_types_is_bounded_like_one_that_holds_itself() -> None:
    text = 'syntax = "proto3";' + "".join(f"message M{n} {{ M{n + 1} m = 1; }}" for n in range(90)) + "message M90 {}"
    codec = Schema.of_texts({"t.proto": text}, _LIMITS).message("M0")
    with pytest.raises(BadDocument, match="more than 64 deep"):
        codec.decode(_chain(80))
    assert _depth_of(codec.decode(_chain(20))) == 20


def _chain(levels: int) -> bytes:
    data = b""
    for _ in range(levels - 1):
        data = b"\x0a" + _varint(len(data)) + data
    return data


# --- odd names ------------------------------------------------------------------------------------------------------


def test_fields_may_be_called_as_methods_of_a_message_are() -> None:
    names = (
        "HasField", "SerializeToString", "ByteSize", "__class__", "ListFields", "from", "DESCRIPTOR", "__init__",
        "FromString", "Clear", "Extensions", "None", "__debug__", "MergeFromString", "m", "t", "d", "spend",
    )  # fmt: skip
    fields = "".join(f"optional string {name} = {n};" for n, name in enumerate(names, start=1))
    enum = "enum E { FromString_ = 0; } message In { E SetInParent = 1; repeated In add = 2; }"
    text = f'syntax = "proto3"; message Odd {{ {fields} optional In present = 99; }} {enum}'
    codec = Schema.of_texts({"t.proto": text}, _LIMITS).message("Odd")
    tree: Any = {name: name for name in names} | {"present": {"SetInParent": "FromString_", "add": []}}
    assert codec.decode(codec.encode(tree)) == tree
    newer = codec.encode(tree) + b"\xca\x3e\x00"
    assert codec.examine(newer).unknown_fields == {"#1001": 1}


def test_a_type_that_only_has_a_well_known_name_is_a_message_like_others() -> None:
    text = 'syntax = "proto3"; package google.protobuf; message Timestamp { string text = 1; }'
    codec = Schema.of_texts({"t.proto": text}, _LIMITS).message("google.protobuf.Timestamp")
    assert codec.decode(codec.encode({"text": "now"})) == {"text": "now"}


def test_extensions_have_their_full_names_in_brackets() -> None:
    tree: Any = {
        "id": "a", "[acme.extensions.color]": "red", "[acme.extensions.sizes]": [1, 2],
        "[acme.extensions.Part.own]": {"name": "p"}, "[acme.extensions.Part.listed]": [{"n": 1}, {}],
    }  # fmt: skip
    codec = _SCHEMA.message("acme.extensions.Base")
    decoded = codec.examine(codec.encode(tree))
    assert decoded.tree == tree
    assert not decoded.unknown_fields
    assert codec.decode(b"\xaa\x06\x00") == codec.decode(b""), "a packed list of none says nothing"
    wrong: list[tuple[str, Any, str]] = [
        ("[acme.extensions.color]", 5, "[acme.extensions.color]"),
        ("[acme.extensions.Part.listed]", [{"n": "x"}], "[acme.extensions.Part.listed][0].n"),
        ("[acme.crm.wechat_id]", "x", "[acme.crm.wechat_id]"),
        ("[acme.extensions.gone]", "x", "[acme.extensions.gone]"),
    ]
    for key, value, path in wrong:
        with pytest.raises(BadDocument) as refused:
            codec.encode({key: value})
        assert refused.value.path == path


class _Same:
    """Equal to a number as JSON's mapping writes it: 64-bit ones as text, a float of 32 bits rounded."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        mine = self._value
        if isinstance(mine, int) and not isinstance(mine, bool) and isinstance(other, str):
            return str(mine) == other
        if isinstance(mine, Decimal | int) and isinstance(other, float):
            return float(mine) == other
        return type(mine) is type(other) and mine == other

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return repr(self._value)
