"""What an expression says, read: a tree of Structs. Pure."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias, Union

from msgspec import Struct

from app.adapters.maps.paths import Path


class Constant(Struct, frozen=True, tag=True):
    value: bool | int | Decimal | str | None


class Negate(Struct, frozen=True, tag=True):
    of: "Node"


class Not(Struct, frozen=True, tag=True):
    of: "Node"


class And(Struct, frozen=True, tag=True):
    of: tuple["Node", ...]


class Or(Struct, frozen=True, tag=True):
    of: tuple["Node", ...]


class Arithmetic(Struct, frozen=True, tag=True):
    """From left to right: `first`, then each sign with what it takes."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


class Compare(Struct, frozen=True, tag=True):
    sign: str
    left: "Node"
    right: "Node"


class Among(Struct, frozen=True, tag=True):
    """Whether `item` is one of `choices`; or, where `within` is given, in the list that it gives."""

    item: "Node"
    choices: tuple["Node", ...]
    within: Union["Node", None]
    negated: bool


class If(Struct, frozen=True, tag=True):
    condition: "Node"
    then: "Node"
    otherwise: "Node"


class Call(Struct, frozen=True, tag=True):
    function: str
    arguments: tuple["Node", ...]


Node: TypeAlias = Constant | Path | Negate | Not | And | Or | Arithmetic | Compare | Among | If | Call


def parts_of(node: Node) -> tuple[Node, ...]:
    """What it is made of, from left to right."""
    match node:
        case Negate(of) | Not(of):
            return (of,)
        case And(of) | Or(of):
            return of
        case Arithmetic(first, rest):
            return (first, *(member for _, member in rest))
        case Compare(_, left, right):
            return (left, right)
        case Among(item, choices, within, _):
            return (item, *choices) if within is None else (item, within)
        case If(condition, then, otherwise):
            return (condition, then, otherwise)
        case Call(_, arguments):
            return arguments
    return ()


def paths_of(node: Node) -> Iterator[Path]:
    """Every path in it, from left to right. The first tells where in a document a problem stands."""
    if isinstance(node, Path):
        yield node
    for part in parts_of(node):
        yield from paths_of(part)
