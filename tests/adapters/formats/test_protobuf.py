"""A schema from texts, from a descriptor set, from files in any order: messages and methods by their names."""

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from app.adapters.errors import BadSpec
from app.adapters.formats.protobuf import Schema
from app.adapters.formats.tree import Tree
from app.settings import Limits
from tests.adapters.formats.protos import TEXTS, of_protoc

_LIMITS = Limits()
_TREE: dict[str, Tree] = {
    "name": "orders/1",
    "customer_id": "c",
    "state": "STATE_PAID",
    "note": "",
    "shipment": {"carrier": "SF"},
}


def _sets() -> dict[str, Schema]:
    files = list(of_protoc().values())
    written = FileDescriptorSet(file=files).SerializeToString()
    return {
        "texts": Schema.of_texts(TEXTS, _LIMITS),
        "a descriptor set": Schema.of_descriptor_set(written, _LIMITS),
        "files backwards": Schema.of_files(reversed(files), _LIMITS),
    }


@pytest.mark.parametrize("origin", ["texts", "a descriptor set", "files backwards"])
def test_a_schema_is_the_same_wherever_it_comes_from(origin: str) -> None:
    schema = _sets()[origin]
    codec = schema.message("acme.erp.v1.Order")
    first = _sets()["texts"].encode("acme.erp.v1.Order", _TREE)
    assert schema.encode(".acme.erp.v1.Order", _TREE) == first
    assert codec.decode(first) == schema.decode("acme.erp.v1.Order", first)
    assert "acme.erp.v1.Order.Line" in schema.messages
    assert "acme.erp.v1.Order.LabelsEntry" not in schema.messages
    assert "acme.erp.v1.OrderService/GetOrder" in schema.methods


def test_a_method_says_what_it_takes_and_whether_it_streams() -> None:
    schema = Schema.of_texts(TEXTS, _LIMITS)
    said = [
        (method.path, method.input.name, method.output.name, method.client_streams, method.server_streams)
        for method in (
            schema.method("/acme.service.Orders/Get"), schema.method("acme.service.Orders/List"),
            schema.method("acme.service.Orders/Upload"), schema.method("/acme.service.Orders/Chat"),
        )
    ]  # fmt: skip
    of = ("acme.service.Request", "acme.service.Reply")
    assert said == [
        ("/acme.service.Orders/Get", *of, False, False), ("/acme.service.Orders/List", *of, False, True),
        ("/acme.service.Orders/Upload", *of, True, False), ("/acme.service.Orders/Chat", *of, True, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "near"), [
    ("acme.erp.v1.Ordr", "acme.erp.v1.Order"), ("acme.erp.v1.Order.State", "acme.erp.v1.Order"), ("", "There are: "),
])  # fmt: skip
def test_a_message_that_is_not_there_is_refused_with_those_near_it(name: str, near: str) -> None:
    with pytest.raises(BadSpec) as refused:
        Schema.of_texts(TEXTS, _LIMITS).message(name)
    assert near in refused.value.en and "现有" in refused.value.zh


@pytest.mark.parametrize("path", ["acme.erp.v1.OrderService/GetOrdr", "acme.erp.v1.OrderService", "/", "x/y"])
def test_a_method_that_is_not_there_is_refused_with_those_near_it(path: str) -> None:
    with pytest.raises(BadSpec, match=r"There are: .*/"):
        Schema.of_texts(TEXTS, _LIMITS).method(path)


def test_bytes_that_are_no_descriptor_set_say_how_to_write_one() -> None:
    with pytest.raises(BadSpec, match=r"set\.pb:1:1: .*--include_imports"):
        Schema.of_descriptor_set(b"\xff\xff", _LIMITS, "set.pb")


def test_imports_that_are_not_in_the_set_are_named_unless_protobuf_brings_them() -> None:
    files = of_protoc()
    orders, money = files["acme/erp/v1/orders.proto"], files["acme/common/money.proto"]
    Schema.of_files([orders, money], _LIMITS).message("acme.erp.v1.Order")
    with pytest.raises(BadSpec, match=r"acme/common/money\.proto is imported"):
        Schema.of_files([orders], _LIMITS)


def test_files_in_a_circle_are_refused() -> None:
    (one, other) = (FileDescriptorSet().file.add(name=name) for name in ("a.proto", "b.proto"))
    one.dependency.append("b.proto")
    other.dependency.append("a.proto")
    with pytest.raises(BadSpec, match="circle"):
        Schema.of_files([one, other], _LIMITS)


def test_what_the_library_refuses_is_refused_with_its_reason() -> None:
    file = FileDescriptorSet().file.add(name="a.proto")
    file.message_type.add(name="A").field.add(name="x", number=1, type=11, type_name=".not.There", label=1)
    with pytest.raises(BadSpec, match=r"a\.proto:1:1: the protobuf library refuses"):
        Schema.of_files([file], _LIMITS)


def test_too_large_a_set_is_refused() -> None:
    with pytest.raises(BadSpec, match="more than"):
        Schema.of_descriptor_set(bytes(101), Limits(adapter_proto_bytes_max=100))
    with pytest.raises(BadSpec, match="more than 3 files"):
        Schema.of_files(of_protoc().values(), Limits(adapter_proto_files_max=3))
