"""`.proto` text to a `FileDescriptorProto`: proto2 and proto3, by recursive descent. Pure.

Follows the published grammars (protobuf.dev/reference/protobuf/proto2-spec, proto3-spec); what protoc makes of the same
text is the oracle of its tests. Names of types stay as they are written: `proto_names` finds what they mean.

Options that `descriptor.proto` knows are kept: `packed`, `deprecated`, `allow_alias` and so on (`default`, `json_name`
are fields of a descriptor). Custom ones, in brackets, speak to other tools and are read over, as are unknown ones.
"""

from collections.abc import Callable

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    OneofDescriptorProto,
    ServiceDescriptorProto,
)
from google.protobuf.message import Message
from msgspec import Struct

from app.adapters.errors import BadSpec, Mark
from app.adapters.formats.proto_rules import NUMBER_MAX, check_enum, check_message
from app.adapters.formats.proto_tokens import (
    END,
    FLOAT,
    IDENTIFIER,
    INTEGER,
    STRING,
    SYMBOL,
    Source,
    Token,
    integer_of,
    string_of,
)
from app.adapters.formats.proto_values import Value, default_text, set_option

NESTED_MAX = 32  # messages in messages, as protoc has it; brackets in values of options
_ENUM_MAX, _ENUM_MIN = 2**31 - 1, -(2**31)
_TYPES = {name.removeprefix("TYPE_").lower(): number for name, number in FieldDescriptorProto.Type.items()}
_SCALARS = {name: number for name, number in _TYPES.items() if name not in ("message", "enum", "group")}
_LABELS = {name.removeprefix("LABEL_").lower(): number for name, number in FieldDescriptorProto.Label.items()}
_KEYS = frozenset(_SCALARS) - {"double", "float", "bytes"}
_OPTIONAL, _REPEATED = _LABELS["optional"], _LABELS["repeated"]


class Reference(Struct, frozen=True):
    """A name of a type as it is written in `field` of `holder`, where names are looked for in `scope` first."""

    holder: Message
    field: str
    scope: str
    mark: Mark


class ProtoFile(Struct, frozen=True):
    """One parsed text. `imports`: where each stands; `declared`: full names; `dropped`: options that were read over."""

    descriptor: FileDescriptorProto
    references: tuple[Reference, ...]
    declared: dict[str, Mark]
    imports: dict[str, Mark]
    dropped: tuple[str, ...]


def parse_proto(name: str, text: str) -> ProtoFile:
    """Raises `BadSpec` with the place of the first fault. The caller bounds the text's size."""
    return _Parser(Source(name, text)).file()


class _Parser:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._tokens = source.tokens()
        self._next = 0
        self._scope = ""  # the full name of what is being read
        self._file = FileDescriptorProto(name=source.name)
        self._references: list[Reference] = []
        self._imports: dict[str, Mark] = {}
        self._declared: dict[str, Mark] = {}
        self._dropped: list[str] = []
        self._depth = 0
        self._places: list[Mark] = []  # of the fields of the message that is being read

    # --- the file -----------------------------------------------------------------------------------------------

    def file(self) -> ProtoFile:
        self._syntax()
        while self._token.kind != END:
            self._statement()
        return ProtoFile(self._file, tuple(self._references), self._declared, self._imports, tuple(self._dropped))

    def _syntax(self) -> None:
        if self._token.text == "edition":
            raise self._fault(
                'editions are not read. Say syntax = "proto3"; or syntax = "proto2"; and write what that takes.',
                '不支持 edition。请改用 syntax = "proto3"; 或 syntax = "proto2"; 的写法。',
            )
        if not self._take("syntax"):
            return
        self._demand("=")
        at = self._token
        said = self._text()
        if said not in ("proto2", "proto3"):
            raise self._fault(
                f'the syntax {said!r} is not known. Allowed: "proto2", "proto3".',
                f'未知的语法 {said!r}。可用："proto2"、"proto3"。',
                at,
            )
        if said == "proto3":
            self._file.syntax = said
        self._demand(";")

    @property
    def _is_proto3(self) -> bool:
        return self._file.syntax == "proto3"

    def _statement(self) -> None:
        at = self._token
        match at.text if at.kind in (IDENTIFIER, SYMBOL) else "":
            case ";":
                self._next += 1
            case "package":
                self._package()
            case "import":
                self._import()
            case "option":
                self._option_statement(self._file.options)
            case "message":
                self._message(self._file.message_type.add())
            case "enum":
                self._enum(self._file.enum_type.add())
            case "service":
                self._service(self._file.service.add())
            case "extend":
                self._extend(self._file.extension.add, self._file.message_type.add)
            case _:
                raise self._unexpected("message, enum, service, extend, import, package, option")

    def _package(self) -> None:
        at = self._read()
        if self._file.package:
            raise self._fault("there are two packages. Keep one.", "package 出现了两次。请只保留一个。", at)
        self._file.package = self._scope = self._path()
        self._demand(";")

    def _import(self) -> None:
        self._next += 1
        kind = self._read().text if self._token.text in ("public", "weak") and self._token.kind == IDENTIFIER else ""
        at = self._token
        name = self._text()
        if name in self._imports:
            raise self._fault(f"{name} is imported twice. Keep one.", f"{name} 被导入了两次。请只保留一个。", at)
        if kind == "public":
            self._file.public_dependency.append(len(self._file.dependency))
        elif kind == "weak":
            self._file.weak_dependency.append(len(self._file.dependency))
        self._file.dependency.append(name)
        self._imports[name] = self._source.mark(at.at)
        self._demand(";")

    # --- messages -----------------------------------------------------------------------------------------------

    def _message(self, message: DescriptorProto) -> None:
        self._next += 1
        message.name = self._declare()
        self._body(message)

    def _body(self, message: DescriptorProto) -> None:
        outer, self._scope = self._scope, f"{self._scope}.{message.name}".lstrip(".")
        places, self._places = self._places, []
        self._enter()
        self._demand("{")
        while not self._take("}"):
            self._member(message)
        self._depth -= 1
        check_message(message, self._places, proto3=self._is_proto3)
        add_synthetic_oneofs(message)
        self._scope, self._places = outer, places

    def _member(self, message: DescriptorProto) -> None:
        at = self._token
        match at.text if at.kind in (IDENTIFIER, SYMBOL) else "":
            case ";":
                self._next += 1
            case "message":
                self._message(message.nested_type.add())
            case "enum":
                self._enum(message.enum_type.add())
            case "option":
                self._option_statement(message.options)
            case "extensions":
                self._extensions(message)
            case "reserved":
                self._reserved_of_message(message)
            case "extend":
                self._extend(message.extension.add, message.nested_type.add)
            case "oneof":
                self._oneof(message)
            case _:
                self._places.append(self._source.mark(at.at))
                self._field(message.field.add(), message.nested_type.add)

    def _oneof(self, message: DescriptorProto) -> None:
        self._next += 1
        index, oneof = len(message.oneof_decl), message.oneof_decl.add()
        at = self._token
        oneof.name = self._declare()
        self._demand("{")
        while not self._take("}"):
            if self._token.text == "option":
                self._option_statement(oneof.options)
                continue
            if self._token.text in _LABELS:
                raise self._fault(
                    f"a field in a oneof has no label. Take {self._token.text} out.",
                    f"oneof 中的字段不能带标签。请去掉 {self._token.text}。",
                )
            self._places.append(self._source.mark(self._token.at))
            field = message.field.add(oneof_index=index)
            self._field(field, message.nested_type.add, label=_OPTIONAL)
        if not any(field.HasField("oneof_index") and field.oneof_index == index for field in message.field):
            raise self._fault(
                f"the oneof {oneof.name} has no field. Give it one, or take it out.",
                f"oneof {oneof.name} 没有字段。请添加一个，或删除它。",
                at,
            )

    # --- fields -------------------------------------------------------------------------------------------------

    def _field(
        self,
        field: FieldDescriptorProto,
        nest: Callable[[], DescriptorProto],
        *,
        label: int = 0,
        extendee: bool = False,
    ) -> None:
        if not label:
            label = self._label(field)
        if self._token.text == "map" and self._tokens[self._next + 1].text == "<":
            self._map(field, nest, label, extendee=extendee)
            return
        field.label = label or _OPTIONAL  # type: ignore[assignment]
        if not label and not self._is_proto3:
            raise self._fault(
                "a field of proto2 begins with optional, required or repeated. Write one of them before the type.",
                "proto2 的字段须以 optional、required 或 repeated 开头。请在类型前写上其中之一。",
            )
        if self._token.text == "group" and self._token.kind == IDENTIFIER:
            self._group(field, nest)
            return
        self._type(field)
        at = self._token
        field.name = self._declare()
        self._number_and_options(field, at)
        self._demand(";")

    def _label(self, field: FieldDescriptorProto) -> int:
        """0 where none is written, and something that is no type follows."""
        at = self._token
        if at.kind != IDENTIFIER or at.text not in _LABELS:
            return 0
        self._next += 1
        if self._is_proto3 and at.text == "required":
            raise self._fault(
                "proto3 has no required fields. Take required out.", "proto3 没有 required 字段。请去掉 required。", at
            )
        if self._is_proto3 and at.text == "optional":
            field.proto3_optional = True
        return _LABELS[at.text]

    def _type(self, field: FieldDescriptorProto) -> None:
        at = self._token
        if at.kind == IDENTIFIER and at.text in _SCALARS:
            self._next += 1
            field.type = _SCALARS[at.text]
        else:
            field.type_name = self._reference(field, "type_name")

    def _number_and_options(self, field: FieldDescriptorProto, at: Token) -> None:
        self._demand("=")
        field.number = self._field_number()
        field.json_name = json_name(field.name)
        if self._take("["):
            self._field_options(field)
        if self._is_proto3 and field.HasField("default_value"):
            raise self._fault(
                "proto3 has no defaults of fields. Take default out.", "proto3 字段没有默认值。请去掉 default。", at
            )

    def _group(self, field: FieldDescriptorProto, nest: Callable[[], DescriptorProto]) -> None:
        at = self._read()
        if self._is_proto3:
            raise self._fault(
                "proto3 has no groups. Make it a message and a field.",
                "proto3 不支持 group。请改为 message 和字段。",
                at,
            )
        group = nest()
        name = self._token
        group.name = self._declare()
        if not group.name[0].isupper():
            raise self._fault(
                f"the name of a group begins with a capital: {group.name.capitalize()}.",
                f"group 名称须以大写字母开头：{group.name.capitalize()}。",
                name,
            )
        field.name, field.type, field.type_name = group.name.lower(), FieldDescriptorProto.TYPE_GROUP, group.name
        self._keep(field.name, name)
        self._references.append(Reference(field, "type_name", self._scope, self._source.mark(name.at)))
        self._number_and_options(field, name)
        self._body(group)

    def _map(
        self, field: FieldDescriptorProto, nest: Callable[[], DescriptorProto], label: int, *, extendee: bool
    ) -> None:
        at = self._read()
        if label or extendee:
            raise self._fault(
                "a map has no label, and is no extension and in no oneof. Make it a plain field.",
                "map 不能带标签，也不能是扩展或放在 oneof 中。请改为普通字段。",
                at,
            )
        entry = nest()
        key, value = (
            entry.field.add(name=name, json_name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
            for number, name in enumerate(("key", "value"), start=1)
        )
        self._demand("<")
        if self._token.text not in _KEYS:
            raise self._fault(
                "the key of a map is text, a whole number or a bool. Take one of those.",
                "map 的键须为 string、整数或 bool 类型。请改用其中之一。",
            )
        key.type = _SCALARS[self._read().text]
        self._demand(",")
        self._type(value)
        self._demand(">")
        name = self._token
        field.name = self._declare()
        entry.name = _entry_name(field.name)
        self._keep(entry.name, name)
        entry.options.map_entry = True
        field.label = FieldDescriptorProto.LABEL_REPEATED
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = entry.name
        self._references.append(Reference(field, "type_name", self._scope, self._source.mark(name.at)))
        self._number_and_options(field, name)
        self._demand(";")

    def _field_options(self, field: FieldDescriptorProto) -> None:
        while True:
            at = self._token
            if at.text in ("default", "json_name") and self._tokens[self._next + 1].text == "=":
                self._next += 2
                if at.text == "default":
                    self._default(field, at)
                else:
                    field.json_name = self._text()
            else:
                self._option(field.options)
            if self._take("]"):
                return
            self._demand(",")

    def _default(self, field: FieldDescriptorProto, at: Token) -> None:
        if field.HasField("default_value"):
            raise self._fault("there are two defaults. Keep one.", "default 出现了两次。请只保留一个。", at)
        if field.label == _REPEATED:
            raise self._fault(
                "a repeated field has no default. Take it out.", "repeated 字段没有默认值。请删除 default。", at
            )
        value_at = self._source.mark(self._token.at)
        field.default_value = default_text(field.type if field.HasField("type") else 0, self._value(), value_at)

    # --- numbers ------------------------------------------------------------------------------------------------

    def _field_number(self) -> int:
        at = self._token
        number = self._integer()
        if not 1 <= number <= NUMBER_MAX:
            raise self._fault(
                f"fields are numbered from 1 to {NUMBER_MAX}. Take such a number.",
                f"字段编号范围为 1 至 {NUMBER_MAX}。请改用其中的编号。",
                at,
            )
        return number

    def _extensions(self, message: DescriptorProto) -> None:
        at = self._read()
        if self._is_proto3:
            raise self._fault("proto3 has no extensions. Take them out.", "proto3 不支持 extensions。请删除。", at)
        first = len(message.extension_range)
        while True:
            start, end = self._range(1, NUMBER_MAX)
            message.extension_range.add(start=start, end=end + 1)
            if not self._take(","):
                break
        if self._take("["):
            again = self._next
            for one in message.extension_range[first:]:
                self._next = again
                while True:
                    self._option(one.options)
                    if self._take("]"):
                        break
                    self._demand(",")
        self._demand(";")

    def _range(self, least: int, most: int) -> tuple[int, int]:
        """`5`, `5 to 9`, `5 to max`: both ends belong to it."""
        at = self._token
        start = self._signed()
        end = start
        if self._take("to"):
            end = most if self._take("max") else self._signed()
        if not least <= start <= end <= most:
            raise self._fault(
                f"a range goes up, from {least} to {most}. Correct it.",
                f"范围须由小到大，在 {least} 至 {most} 之间。请更正。",
                at,
            )
        return start, end

    def _reserved_of_message(self, message: DescriptorProto) -> None:
        self._next += 1
        if self._token.kind == STRING:
            message.reserved_name.extend(self._reserved_names())
        else:
            while True:
                start, end = self._range(1, NUMBER_MAX)
                message.reserved_range.add(start=start, end=end + 1)
                if not self._take(","):
                    break
        self._demand(";")

    def _reserved_names(self) -> list[str]:
        names = [self._text()]
        while self._take(","):
            names.append(self._text())
        return names

    # --- extensions, enums, services ----------------------------------------------------------------------------

    def _extend(self, add: Callable[[], FieldDescriptorProto], nest: Callable[[], DescriptorProto]) -> None:
        self._next += 1
        at = self._token
        extendee = self._written_path()
        self._demand("{")
        count = 0
        while not self._take("}"):
            if self._take(";"):
                continue
            field = add()
            field.extendee = extendee
            self._references.append(Reference(field, "extendee", self._scope, self._source.mark(at.at)))
            self._field(field, nest, extendee=True)
            count += 1
        if not count:
            raise self._fault(
                "nothing is extended here. Give it a field, or take it out.",
                "extend 内没有字段。请添加一个，或删除它。",
                at,
            )

    def _enum(self, enum: EnumDescriptorProto) -> None:
        self._next += 1
        at = self._token
        enum.name = self._declare()
        places: list[Mark] = []
        self._demand("{")
        while not self._take("}"):
            match self._token.text:
                case ";":
                    self._next += 1
                case "option":
                    self._option_statement(enum.options)
                case "reserved":
                    self._reserved_of_enum(enum)
                case _:
                    places.append(self._source.mark(self._token.at))
                    self._enum_value(enum)
        if not enum.value:
            raise self._fault(
                f"the enum {enum.name} has no value. Give it one.", f"枚举 {enum.name} 没有值。请添加一个。", at
            )
        check_enum(enum, places, self._source.mark(at.at), proto3=self._is_proto3)

    def _enum_value(self, enum: EnumDescriptorProto) -> None:
        value = enum.value.add(name=self._declare())  # beside its enum, not in it: names of C++
        self._demand("=")
        at = self._token
        number = self._signed()
        if not _ENUM_MIN <= number <= _ENUM_MAX:
            raise self._fault(
                "a value of an enum has 32 bits. Take a smaller number.",
                "枚举值须在 32 位范围内。请改用较小的数字。",
                at,
            )
        value.number = number
        if self._take("["):
            while True:
                self._option(value.options)
                if self._take("]"):
                    break
                self._demand(",")
        self._demand(";")

    def _reserved_of_enum(self, enum: EnumDescriptorProto) -> None:
        self._next += 1
        if self._token.kind == STRING:
            enum.reserved_name.extend(self._reserved_names())
        else:
            while True:
                start, end = self._range(_ENUM_MIN, _ENUM_MAX)
                enum.reserved_range.add(start=start, end=end)
                if not self._take(","):
                    break
        self._demand(";")

    def _service(self, service: ServiceDescriptorProto) -> None:
        self._next += 1
        service.name = self._declare()
        outer, self._scope = self._scope, f"{self._scope}.{service.name}".lstrip(".")
        self._demand("{")
        while not self._take("}"):
            match self._token.text:
                case ";":
                    self._next += 1
                case "option":
                    self._option_statement(service.options)
                case "rpc":
                    self._method(service.method.add())
                case _:
                    raise self._unexpected("rpc, option")
        self._scope = outer

    def _method(self, method: MethodDescriptorProto) -> None:
        self._next += 1
        method.name = self._declare()
        if self._ends_of("input_type", method):
            method.client_streaming = True
        self._demand("returns")
        if self._ends_of("output_type", method):
            method.server_streaming = True
        if self._take(";"):
            return
        self._demand("{")
        method.options.SetInParent()
        while not self._take("}"):
            if not self._take(";"):
                self._option_statement(method.options)

    def _ends_of(self, field: str, method: MethodDescriptorProto) -> bool:
        """`(Type)` or `(stream Type)`; whether it streams."""
        self._demand("(")
        streams = self._token.text == "stream" and self._tokens[self._next + 1].text != ")"
        if streams:
            self._next += 1
        setattr(method, field, self._reference(method, field))
        self._demand(")")
        return streams

    # --- options ------------------------------------------------------------------------------------------------

    def _option_statement(self, options: Message) -> None:
        if self._read().text != "option":
            self._next -= 1
            raise self._unexpected("option")
        self._option(options)
        self._demand(";")

    def _option(self, options: Message) -> None:
        """`name = value`; a name may have brackets and points: `(acme.limit).most`."""
        at = self._token
        parts = [self._option_part()]
        while self._take("."):
            parts.append(self._option_part())
        self._demand("=")
        value_at = self._source.mark(self._token.at)
        value = self._value()
        if len(parts) > 1 or not set_option(options, parts[0], value, self._source.mark(at.at), value_at):
            self._dropped.append(".".join(parts))

    def _option_part(self) -> str:
        if not self._take("("):
            return self._name()
        name = self._written_path()
        self._demand(")")
        return f"({name})"

    def _value(self) -> Value:
        at = self._token
        if at.text == "{" and at.kind == SYMBOL:
            self._skip_aggregate()
            return Value("aggregate", "")
        if at.kind == STRING:
            return Value("string", self._bytes())
        negative = self._take("-")
        if not negative:
            self._take("+")
        token = self._read()
        if token.kind == INTEGER:
            return Value("integer", -integer_of(token.text) if negative else integer_of(token.text))
        if token.kind == FLOAT:
            return Value("float", -float(token.text) if negative else float(token.text))
        if token.kind == IDENTIFIER and token.text in ("inf", "nan"):
            return Value("word", f"-{token.text}" if negative else token.text)
        if token.kind == IDENTIFIER and not negative:
            return Value("word", token.text)
        self._next -= 1
        raise self._unexpected("a name, a number, a string")

    def _skip_aggregate(self) -> None:
        """`{ … }` in the text format: what stands in it belongs to a custom option."""
        opened: list[str] = []
        while True:
            token = self._read()
            if token.kind == END:
                raise self._fault("a bracket { has no end. Close it with }.", "花括号 { 没有结束。请用 } 结束。", token)
            if token.kind == SYMBOL and token.text in "{[":
                opened.append("}" if token.text == "{" else "]")
                if len(opened) > NESTED_MAX:
                    raise self._too_deep(token)
            elif token.kind == SYMBOL and token.text in "}]":
                if token.text != opened.pop():
                    raise self._fault(
                        f"{token.text} closes another bracket. Correct the order.",
                        f"{token.text} 与前面的括号不匹配。请更正顺序。",
                        token,
                    )
                if not opened:
                    return

    # --- words --------------------------------------------------------------------------------------------------

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _read(self) -> Token:
        token = self._tokens[self._next]
        if token.kind != END:
            self._next += 1
        return token

    def _take(self, text: str) -> bool:
        token = self._tokens[self._next]
        if token.text == text and token.kind in (SYMBOL, IDENTIFIER):
            self._next += 1
            return True
        return False

    def _demand(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected(text)

    def _name(self) -> str:
        if self._token.kind != IDENTIFIER:
            raise self._unexpected("a name")
        return self._read().text

    def _declare(self) -> str:
        """A name that is new here."""
        at, name = self._token, self._name()
        self._keep(name, at)
        return name

    def _keep(self, name: str, at: Token) -> None:
        name = f"{self._scope}.{name}".lstrip(".")
        if name in self._declared:
            raise self._fault(
                f"{name} is defined already, in line {self._declared[name].line}. Rename one.",
                f"{name} 已在第 {self._declared[name].line} 行定义。请重命名其中之一。",
                at,
            )
        self._declared[name] = self._source.mark(at.at)

    def _path(self) -> str:
        parts = [self._name()]
        while self._take("."):
            parts.append(self._name())
        return ".".join(parts)

    def _written_path(self) -> str:
        """A path that may begin with a point, which says that it is whole."""
        return ("." if self._take(".") else "") + self._path()

    def _reference(self, holder: Message, field: str) -> str:
        mark = self._source.mark(self._token.at)
        if self._token.kind != IDENTIFIER and self._token.text != ".":
            raise self._unexpected("a type")
        name = self._written_path()
        self._references.append(Reference(holder, field, self._scope, mark))
        return name

    def _integer(self) -> int:
        if self._token.kind != INTEGER:
            raise self._unexpected("a whole number")
        return integer_of(self._read().text)

    def _signed(self) -> int:
        return -self._integer() if self._take("-") else self._integer()

    def _bytes(self) -> bytes:
        """One string, or several that stand behind each other and are one."""
        if self._token.kind != STRING:
            raise self._unexpected("a string")
        said = b""
        while self._token.kind == STRING:
            said += string_of(self._source, self._read())
        return said

    def _text(self) -> str:
        at = self._token
        try:
            return self._bytes().decode()
        except UnicodeDecodeError:
            raise self._fault(
                "this string is no UTF-8. Write the characters themselves.", "该字符串不是 UTF-8。请直接写字符。", at
            ) from None

    # --- faults -------------------------------------------------------------------------------------------------

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > NESTED_MAX:
            raise self._too_deep(self._token)

    def _too_deep(self, at: Token) -> BadSpec:
        return self._fault(
            f"this is nested more than {NESTED_MAX} deep. Take inner parts out into their own.",
            f"嵌套超过 {NESTED_MAX} 层。请把内层移出单独定义。",
            at,
        )

    def _unexpected(self, allowed: str) -> BadSpec:
        found = "the end" if self._token.kind == END else self._token.text[:40]
        found_zh = "文件结尾" if self._token.kind == END else self._token.text[:40]
        return self._fault(
            f"{found} stands where this may: {allowed}. Correct it.",
            f"这里出现了 {found_zh}，应为：{allowed}。请更正。",
        )

    def _fault(self, en: str, zh: str, at: Token | None = None) -> BadSpec:
        return BadSpec(self._source.mark((at or self._token).at), en, zh)


def json_name(name: str) -> str:
    """`order_sn` → `orderSn`, as protoc makes it."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _entry_name(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Entry"


def add_synthetic_oneofs(message: DescriptorProto) -> None:
    """Each `optional` of proto3 is a oneof of its own, behind the written ones."""
    taken = {field.name for field in message.field} | {oneof.name for oneof in message.oneof_decl}
    for field in message.field:
        if field.proto3_optional:
            name = field.name if field.name.startswith("_") else f"_{field.name}"
            while name in taken:
                name = f"X{name}"
            taken.add(name)
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.append(OneofDescriptorProto(name=name))
