"""A map, read: for each field where its value comes from, and what is made of it. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from app.adapters.formats.tree import Tree
from app.adapters.maps.conversions import As
from app.adapters.maps.paths import Path
from app.adapters.maps.syntax import Node

Scalar: TypeAlias = bool | int | Decimal | str | None


class Literal(Struct, frozen=True, tag=True):
    value: Tree


class From(Struct, frozen=True, tag=True):
    path: Path


class First(Struct, frozen=True, tag=True):
    of: tuple["Rule", ...]


class Join(Struct, frozen=True, tag=True):
    of: tuple["Rule", ...]
    between: str


class Computed(Struct, frozen=True, tag=True):
    node: Node


class Each(Struct, frozen=True, tag=True):
    """A list: for each element of the one at `path`, of which `where` holds, what `fields` make of it."""

    path: Path
    where: Node | None
    fields: "Fields"


class Inside(Struct, frozen=True, tag=True):
    """An object, made of what stands at `path`, or of the record at hand."""

    path: Path | None
    fields: "Fields"


class Listing(Struct, frozen=True, tag=True):
    """A list, value by value; one whose `when` does not hold is not there."""

    of: tuple["Rule", ...]


class Text(Struct, frozen=True, tag=True):
    """A text of a request with values in it. `encoded`: each is percent-encoded, as a part of an address."""

    parts: tuple[str | Path, ...]
    encoded: bool


Origin: TypeAlias = Literal | From | First | Join | Computed | Each | Inside | Listing | Text


class Split(Struct, frozen=True, tag=True):
    between: str


class Keep(Struct, frozen=True, tag=True):
    """`where`: of a list what holds."""

    where: Node


class Enum(Struct, frozen=True, tag=True):
    """By the value's text; what is not in it becomes `otherwise` and is counted."""

    table: Mapping[str, Scalar]
    otherwise: Scalar


class Default(Struct, frozen=True, tag=True):
    value: Tree


class Required(Struct, frozen=True, tag=True):
    pass


Step: TypeAlias = Split | Keep | Enum | As | Default | Required


class Rule(Struct, frozen=True):
    """One value. `elements`, where it is a list of values: the steps for each; None for a single value."""

    origin: Origin
    elements: tuple[Step, ...] | None = None
    steps: tuple[Step, ...] = ()
    when: Node | None = None


class Field(Struct, frozen=True):
    name: str
    rule: Rule


class Fields(Struct, frozen=True):
    """An object that is made, field by field in this order."""

    of: tuple[Field, ...]
