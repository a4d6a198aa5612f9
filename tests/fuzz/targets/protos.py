"""`.proto` texts: whatever they say they are read or refused in words, and what is read can be used."""

from app.adapters.errors import BadSpec
from app.adapters.formats.protobuf import Schema
from app.model.errors import Problem
from app.settings import Limits
from tests.adapters.formats.protos import TEXTS
from tests.fuzz.watch import Fault, demand_discretion

_LIMITS = Limits()
_BESIDE = {name: TEXTS[name] for name in ("acme/common/money.proto", "acme/common/geo.proto")}
_TYPES_MAX = 8  # of a text, that are made use of
_SEED_BYTES_MAX = 1_000


class Protos:
    seeds = tuple(text.encode() for text in TEXTS.values() if len(text) < _SEED_BYTES_MAX)
    words = (
        b'syntax = "proto3";', b'syntax = "proto2";', b"message ", b"enum ", b"oneof ", b"map<string, ", b"repeated ",
        b"optional ", b"required ", b"group ", b"extend ", b"extensions ", b"reserved ", b" to max", b"option ",
        b"[default = ", b"json_name", b"packed", b"allow_alias", b"import public ", b'"acme/common/money.proto"',
        b'"google/protobuf/timestamp.proto"', b"google.protobuf.Value", b"service ", b"rpc ", b"returns ", b"stream ",
        b" = 536870911;", b" = 18446744073709551616;", b"inf", b"-0x", b"\\377", b"\\ud83d", b"/*", b"//", b"{{{{{{{{",
        b"};", b"<", b">", b"1e400", b"\xef\xbb\xbf",
    )  # fmt: skip

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        try:
            schema = Schema.of_texts({"a.proto": text, **_BESIDE}, _LIMITS)
        except BadSpec as refusal:
            self._look_at(refusal, text)
            return
        for name in schema.messages[:_TYPES_MAX]:
            try:
                codec = schema.message(name)
                codec.decode(codec.encode(codec.decode(b"")))
            except Problem as refusal:
                demand_discretion(refusal.en)

    def _look_at(self, refusal: BadSpec, text: str) -> None:
        mark = refusal.mark
        if mark.file == "a.proto" and not 1 <= mark.line <= text.count("\n") + 1:
            raise Fault(f"there is no line {mark.line}")
        said = refusal.en.replace(text, "")
        if "the protobuf library refuses" in said:
            raise Fault(f"we took what the library refuses: {said}")


TARGET = Protos()
