"""What a message or an enum of a `.proto` text must keep to, beyond its grammar: numbers and names that are free."""

from collections.abc import Sequence

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto

from app.adapters.errors import BadSpec, Mark

NUMBER_MAX = 536_870_911  # of a field: 29 bits
_PROTOBUFS_OWN = range(19_000, 20_000)  # numbers that the library keeps for itself


def check_message(message: DescriptorProto, places: Sequence[Mark], *, proto3: bool) -> None:
    """`places`: where each field stands. Raises `BadSpec` for the first number or name that is not free."""
    numbers: dict[int, str] = {}
    in_json: dict[str, str] = {}
    reserved = set(message.reserved_name)
    for field, place in zip(message.field, places, strict=True):
        number = field.number
        if number in numbers:
            raise _taken(place, number, numbers[number])
        if number in _PROTOBUFS_OWN:
            raise BadSpec(
                place,
                "the numbers 19000 to 19999 belong to the protobuf library. Take another one.",
                "编号 19000 至 19999 由 protobuf 库保留。请换一个编号。",
            )
        if _is_kept(message, number) or field.name in reserved:
            raise _reserved(place, field.name, number)
        if proto3 and field.json_name in in_json:
            other = in_json[field.json_name]
            raise BadSpec(
                place,
                f"{field.name} and {other} have the same name in JSON, {field.json_name}. Rename one.",
                f"{field.name} 与 {other} 的 JSON 名称相同：{field.json_name}。请重命名其中之一。",
            )
        numbers[number] = in_json[field.json_name] = field.name


def _is_kept(message: DescriptorProto, number: int) -> bool:
    """Whether it is reserved, or an extension's."""
    return any(one.start <= number < one.end for one in message.reserved_range) or any(
        one.start <= number < one.end for one in message.extension_range
    )


def check_enum(enum: EnumDescriptorProto, places: Sequence[Mark], at: Mark, *, proto3: bool) -> None:
    """`places`: where each value stands. Raises `BadSpec` for the first number or name that is not free."""
    numbers: dict[int, str] = {}
    aliases, reserved = enum.options.allow_alias, set(enum.reserved_name)
    if proto3 and enum.value[0].number != 0:
        raise BadSpec(
            places[0],
            f"the first value of an enum of proto3 is 0. Put one before {enum.value[0].name}.",
            f"proto3 枚举的第一个值须为 0。请在 {enum.value[0].name} 之前添加。",
        )
    for value, place in zip(enum.value, places, strict=True):
        if value.number in numbers and not aliases:
            raise _taken(place, value.number, numbers[value.number])
        if value.name in reserved or any(one.start <= value.number <= one.end for one in enum.reserved_range):
            raise _reserved(place, value.name, value.number)
        numbers[value.number] = value.name
    if aliases and len(numbers) == len(enum.value):
        raise BadSpec(
            at,
            "allow_alias is set, but no two values share a number. Take the option out.",
            "设置了 allow_alias，但没有两个值的编号相同。请删除该选项。",
        )


def _taken(at: Mark, number: int, other: str) -> BadSpec:
    return BadSpec(
        at,
        f"the number {number} is that of {other} already. Take another one.",
        f"编号 {number} 已被 {other} 使用。请换一个编号。",
    )


def _reserved(at: Mark, name: str, number: int) -> BadSpec:
    return BadSpec(
        at,
        f"{name} = {number} is reserved, by name or by number. Take others.",
        f"{name} = {number} 的名称或编号已被保留。请换用其他的。",
    )
