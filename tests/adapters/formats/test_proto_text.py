"""Our reading of `.proto` against protoc's: the same descriptors, and the same texts refused."""

import functools

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message

from app.adapters.errors import BadSpec
from app.adapters.formats.proto_files import read_protos
from app.adapters.formats.proto_text import parse_proto
from app.settings import Limits
from tests.adapters.formats.protos import NAMES, TEXTS, by_protoc, of_protoc

_LIMITS = Limits()
_OF_CUSTOM_OPTIONS = "custom_options.proto"  # protoc keeps what they say; we read over it


def _read(texts: dict[str, str]) -> dict[str, FileDescriptorProto]:
    return {file.name: file for file in read_protos(texts, _LIMITS)}


@functools.cache
def _ours() -> dict[str, FileDescriptorProto]:
    return _read(TEXTS)


@pytest.mark.parametrize("name", [name for name in NAMES if name != _OF_CUSTOM_OPTIONS])
def test_a_descriptor_is_protocs_byte_for_byte(name: str) -> None:
    assert _ours()[name].SerializeToString() == of_protoc()[name].SerializeToString()


def test_custom_options_alone_make_a_difference() -> None:
    ours, theirs = _ours()[_OF_CUSTOM_OPTIONS], of_protoc()[_OF_CUSTOM_OPTIONS]
    assert ours != theirs
    assert _without_custom_options(ours) == _without_custom_options(theirs)


def _without_custom_options(message: Message) -> Message:
    """Their values are unknown fields to who does not know the extensions; an `options` that had no other goes."""
    message.DiscardUnknownFields()
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        for one in value if field.is_repeated else (value,):
            _without_custom_options(one)
        if field.name == "options" and not value.ListFields():
            message.ClearField("options")
    return message


def test_dropped_options_are_named() -> None:
    dropped = parse_proto("a.proto", TEXTS[_OF_CUSTOM_OPTIONS]).dropped
    assert dropped[0] == "(owner)"
    assert "(.acme.custom.rule).most" in dropped
    assert "deprecated" not in dropped


def test_there_are_many_files_and_they_are_varied() -> None:
    assert len(NAMES) >= 30
    assert sum("proto2" in text for text in TEXTS.values()) >= 5


def _proto3(inside: str) -> str:
    return f'syntax = "proto3";\nmessage A {{\n{inside}\n}}\n'


def _proto2(inside: str) -> str:
    return f'syntax = "proto2";\nmessage A {{\n{inside}\n}}\n'


_BAD = {
    "no syntax": ('syntax = "proto4";', 1, 10),
    "an edition": ('edition = "2023";\nmessage A {}', 1, 1),
    "a statement": ("mesage A {}", 1, 1),
    "a word of no language": ('syntax = "proto3";\nmessage é {}', 2, 9),
    "an open message": ("message A {", 1, 12),
    "an open comment": ("message A {}\n/* so", 2, 1),
    "an open string": ('import "a.proto;\n', 1, 8),
    "an escape": ('import "a\\q";', 1, 10),
    "no semicolon": (_proto3("string a = 1"), 4, 1),
    "no number": (_proto3("string a;"), 3, 9),
    "number 0": (_proto3("string a = 0;"), 3, 12),
    "a number too large": (_proto3("string a = 536870912;"), 3, 12),
    "a very large number": (_proto3(f"string a = {'9' * 6000};"), 3, 12),
    "a number of the library": (_proto3("string a = 19000;"), 3, 1),
    "a number twice": (_proto3("string a = 1;\n  string b = 1;"), 4, 3),
    "a name twice": (_proto3("string a = 1;\nint32 a = 2;"), 4, 7),
    "a message twice": ("message A {}\nenum A { X = 0; }", 2, 6),
    "a reserved number": (_proto3("reserved 1 to 3;\nstring a = 2;"), 4, 1),
    "a reserved name": (_proto3('reserved "a";\nstring a = 2;'), 4, 1),
    "a range downwards": (_proto3("reserved 3 to 1;"), 3, 10),
    "the same name in JSON": (_proto3("string a_b = 1;\nstring aB = 2;"), 4, 1),
    "octal 8": (_proto3("string a = 08;"), 3, 12),
    "no gap": (_proto3("string a = 1b;"), 3, 13),
    "an unknown type": (_proto3("Nobody a = 1;"), 3, 1),
    "an unknown whole type": (_proto3(".a.Nobody a = 1;"), 3, 1),
    "hidden by a nearer name": ("package p; message A { message B {} } message C { message A {} A.B b = 1; }", 1, 64),
    "an enum for a message": ("service S { rpc R (E) returns (E); } enum E { X = 0; }", 1, 20),
    "required in proto3": (_proto3("required string a = 1;"), 3, 1),
    "no label in proto2": (_proto2("string a = 1;"), 3, 1),
    "a default in proto3": (_proto3("string a = 1 [default = 'x'];"), 3, 8),
    "a group in proto3": (_proto3("optional group G = 1 {}"), 3, 10),
    "extensions in proto3": (_proto3("extensions 1 to 5;"), 3, 1),
    "a small group": (_proto2("optional group g = 1 {}"), 3, 16),
    "a default out of range": (_proto2("optional int32 a = 1 [default = 2147483648];"), 3, 33),
    "a default of another type": (_proto2("optional bool a = 1 [default = 1];"), 3, 32),
    "a default of a repeated": (_proto2("repeated bool a = 1 [default = true];"), 3, 22),
    "a default that is no value": (_proto2("enum E { X = 0; }\noptional E a = 1 [default = Y];"), 4, 10),
    "a default of a message": (_proto2("optional A a = 1 [default = Y];"), 3, 10),
    "two defaults": (_proto2("optional bool a = 1 [default = true, default = true];"), 3, 38),
    "a label in a oneof": (_proto3("oneof o {\n repeated string a = 1; }"), 4, 2),
    "an empty oneof": (_proto3("oneof o {}"), 3, 7),
    "a map in a oneof": (_proto3("oneof o { map<string, string> a = 1; }"), 3, 11),
    "a repeated map": (_proto3("repeated map<string, string> a = 1;"), 3, 10),
    "a map's key": (_proto3("map<float, string> a = 1;"), 3, 5),
    "an empty enum": ("enum E {}", 1, 6),
    "an enum from 1": ('syntax = "proto3";\nenum E {\n A = 1; }', 3, 2),
    "an enum's number twice": ("enum E { A = 0; B = 0; }", 1, 17),
    "aliases of none": ("enum E { option allow_alias = true; A = 0; }", 1, 6),
    "an enum too large": ("enum E { A = 2147483648; }", 1, 14),
    "a reserved value": ("enum E { A = 0; reserved 5 to max; B = 7; }", 1, 36),
    "a reserved value's name": ('enum E { A = 0; reserved "B"; B = 7; }', 1, 31),
    "an option of another type": ("option java_multiple_files = 1;", 1, 30),
    "an option's unknown word": ("option optimize_for = SMALL;", 1, 23),
    "an option twice": ('option go_package = "a";\noption go_package = "b";', 2, 8),
    "an open value": ("option (a) = { b: [1 };", 1, 22),
    "an import that is not there": ('import "not/there.proto";', 1, 8),
    "an import twice": ('import "google/protobuf/any.proto";\nimport "google/protobuf/any.proto";', 2, 8),
    "an import of itself": ('import "bad.proto";', 1, 8),
    "two packages": ("package a;\npackage b;", 2, 1),
    "nothing extended": ("message A { extensions 1; } extend A {}", 1, 36),
    "an extension without a range": ("message A { extensions 5; }\nextend A { optional int32 x = 6; }", 2, 8),
    "an extension twice": (
        "message A { extensions 5; }\nextend A { optional int32 x = 5;\n optional int32 y = 5; }", 2, 8
    ),
    "a deep message": ("message A {" * 40 + "}" * 40, 1, 11 * 32 + 11),
}  # fmt: skip
_OURS_ALONE = {"an edition", "an open value"}  # protoc reads editions; the option is unknown to it


@pytest.mark.parametrize("fault", _BAD)
def test_a_fault_is_refused_where_it_is(fault: str) -> None:
    text, line, column = _BAD[fault]
    with pytest.raises(BadSpec) as refused:
        _read({"bad.proto": text})
    mark = refused.value.mark
    assert (mark.file, mark.line, mark.column) == ("bad.proto", line, column), refused.value.en
    assert refused.value.en.startswith(f"bad.proto:{line}:{column}: ") and refused.value.zh != refused.value.en


@pytest.mark.parametrize("fault", [fault for fault in _BAD if fault not in _OURS_ALONE])
def test_protoc_refuses_it_too(fault: str) -> None:
    assert by_protoc({"bad.proto": _BAD[fault][0]}) is None


def test_a_circle_of_imports_is_named() -> None:
    with pytest.raises(BadSpec, match=r"a\.proto → b\.proto → a\.proto"):
        _read({"a.proto": 'import "b.proto";', "b.proto": 'import "a.proto";'})


def test_a_name_of_a_file_that_is_not_imported_says_which() -> None:
    with pytest.raises(BadSpec, match=r"acme\.Item stands in item\.proto, which is not imported"):
        _read(
            {
                "item.proto": "package acme; message Item {}",
                "use.proto": 'syntax = "proto3"; message A { acme.Item a = 1; }',
            }
        )


def test_an_import_reaches_only_what_is_public_behind_it() -> None:
    texts = {
        "far.proto": 'syntax = "proto3"; message Far {}',
        "near.proto": 'syntax = "proto3"; import "far.proto";',
        "use.proto": 'syntax = "proto3"; import "near.proto"; message A { Far far = 1; }',
    }
    with pytest.raises(BadSpec, match="not imported"):
        _read(texts)
    texts["near.proto"] = texts["near.proto"].replace("import", "import public")
    assert _read(texts)["use.proto"].message_type[0].field[0].type_name == ".Far"


def test_a_file_that_lies_elsewhere_is_found_by_the_end_of_its_path() -> None:
    read = _read(
        {
            "item.proto": "message Item {}",
            "use.proto": 'import "acme/v1/item.proto"; message A { optional Item i = 1; }',
        }
    )
    assert list(read["use.proto"].dependency) == ["item.proto"]


def test_an_import_for_options_alone_is_left_out() -> None:
    read = _read({"a.proto": 'import "google/api/annotations.proto"; import public "google/protobuf/any.proto";'})
    assert list(read["a.proto"].dependency) == ["google/protobuf/any.proto"]
    assert list(read["a.proto"].public_dependency) == [0]


def test_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadSpec, match="larger than"):
        read_protos({"a.proto": "x" * 101}, Limits(adapter_proto_bytes_max=100))
    with pytest.raises(BadSpec, match="more than 1 "):
        read_protos({"a.proto": "", "b.proto": ""}, Limits(adapter_proto_files_max=1))


def test_deep_values_of_options_are_refused() -> None:
    with pytest.raises(BadSpec, match="nested more than 32 deep"):
        _read({"a.proto": "option (a) = " + "{ b: " * 5000})
