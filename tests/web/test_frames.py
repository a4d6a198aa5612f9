"""The browser's frames are the server's: kit/frames.ts against model/frames.py, field by field."""

import re
from pathlib import Path

import msgspec
import pytest
from msgspec import NODEFAULT, Struct

from app.model import conversations, frames, people, routing, server, tickets
from app.model.frames import ClientFrame, CloseCode, ServerFrame

SOURCE = (Path(__file__).parents[2] / "app" / "web" / "src" / "kit" / "frames.ts").read_text()
NOUNS = (
    conversations.Speaker, conversations.Attachment, conversations.CardButton, conversations.Card,
    conversations.Content, conversations.Conversation, people.Contact, people.Colleague,
    people.Viewer, routing.Offer, routing.Why, tickets.Ticket, server.Alert, server.BackupRun,
)  # fmt: skip
INTERFACE = re.compile(r"export interface (\w+) \{\n(.*?)\n\}", re.DOTALL)
FIELD = re.compile(r"  (\w+)(\??): (.+);")


class Field(Struct, frozen=True):
    """One field as TypeScript declares it."""

    name: str
    optional: bool
    type: str


def interfaces() -> dict[str, list[Field]]:
    """Every interface of frames.ts with its fields in order."""
    return {
        name: [Field(field, mark == "?", kind) for field, mark, kind in FIELD.findall(body)]
        for name, body in INTERFACE.findall(SOURCE)
    }


def union(name: str) -> list[str]:
    """The members of an exported union, in order."""
    match = re.search(rf"export type {name} =\s*\|?(.*?);", SOURCE, re.DOTALL)
    assert match is not None, f"frames.ts exports no union {name}"
    return [member.strip() for member in match[1].split("|")]


def structs(alias: object) -> list[type[Struct]]:
    return list(alias.__args__)  # type: ignore[attr-defined]  # a union of Structs


def expected_type(kind: msgspec.inspect.Type) -> str:
    """What TypeScript calls a type of ours."""
    match kind:
        case msgspec.inspect.EnumType(cls=cls) if issubclass(cls, int):
            return "number"
        case msgspec.inspect.StrType() | msgspec.inspect.EnumType():
            return "string"
        case msgspec.inspect.IntType():
            return "number"
        case msgspec.inspect.FloatType():
            return "number"
        case msgspec.inspect.BoolType():
            return "boolean"
        case msgspec.inspect.VarTupleType(item_type=item):
            return f"{expected_type(item)}[]"
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return f"Record<{expected_type(key)}, {expected_type(value)}>"
        case msgspec.inspect.StructType(cls=cls):
            return cls.__name__
        case msgspec.inspect.UnionType(types=types):
            names = [expected_type(part) for part in types if not isinstance(part, msgspec.inspect.NoneType)]
            return " | ".join([*names, "null"])
    raise AssertionError(f"no TypeScript name for {kind}")


def plain(declared: str) -> str:
    """Closed sets of words are strings to the server."""
    words = {"Status", "Kind", "SpeakerKind"}
    parts = ["string" if part in words or part.startswith("'") else part for part in declared.split(" | ")]
    return " | ".join(dict.fromkeys(parts))


@pytest.mark.parametrize("struct", [*NOUNS, *structs(ClientFrame), *structs(ServerFrame)], ids=lambda s: s.__name__)
def test_same_fields(struct: type[Struct]) -> None:
    info = msgspec.inspect.type_info(struct)
    assert isinstance(info, msgspec.inspect.StructType)
    declared = interfaces()[struct.__name__]
    if info.tag_field:
        tag, *declared = declared
        assert tag == Field(info.tag_field, False, f"'{info.tag}'")
    assert [field.name for field in declared] == [field.encode_name for field in info.fields]
    for ours, theirs in zip(info.fields, declared, strict=True):
        assert plain(theirs.type) == expected_type(ours.type), f"{struct.__name__}.{ours.name}"
        if theirs.optional:
            assert may_be_left_out(struct, ours), f"{struct.__name__}.{ours.name} is always there"
        elif struct not in NOUNS:
            assert not may_be_left_out(struct, ours), f"{struct.__name__}.{ours.name} may be missing"


def may_be_left_out(struct: type[Struct], field: msgspec.inspect.Field) -> bool:
    """From a client: whatever has a default. From the server: only where it omits defaults."""
    has_default = field.default is not NODEFAULT or field.default_factory is not NODEFAULT
    return has_default and (struct in structs(ClientFrame) or bool(struct.__struct_config__.omit_defaults))


def test_same_unions() -> None:
    assert union("ClientFrame") == [struct.__name__ for struct in structs(ClientFrame)]
    assert union("ServerFrame") == [struct.__name__ for struct in structs(ServerFrame)]


@pytest.mark.parametrize("name", ["TEXT_MAX", "PREVIEW_MAX", "FILES_MAX", "CONVERSATIONS_MAX", "RANGE_MAX"])
def test_same_limits(name: str) -> None:
    match = re.search(rf"export const {name} = ([\d_]+);", SOURCE)
    assert match is not None
    assert int(match[1].replace("_", "")) == getattr(frames, name)


def test_same_close_codes() -> None:
    declared = dict(re.findall(r"  ([A-Z_]+): (\d{4}),", SOURCE))
    ours = {name: value for name, value in vars(CloseCode).items() if name.isupper()}
    assert {name: int(value) for name, value in declared.items()} == ours


def test_same_words() -> None:
    def words(name: str) -> list[str]:
        match = re.search(rf"export type {name} = (.*?);", SOURCE)
        assert match is not None
        return re.findall(r"'(\w+)'", match[1])

    assert words("Status") == [status.value for status in conversations.Status]
    assert words("Kind") == [kind.value for kind in conversations.Kind]
