"""As much of GraphQL as a query for a list needs: what is selected is told, what a type does not have is refused."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

_TOKENS = re.compile(r"\s*(?:([A-Za-z_]\w*)|(\d+)|([{}():!$,=]))")


class Field(Struct):
    """`arguments` as written: numbers, enum words, or variables' values."""

    name: str
    arguments: dict[str, Any] = {}
    fields: list["Field"] = []


class Unfit(Exception):
    """What the server says of a query that it cannot run."""


def read(text: str, variables: Mapping[str, Any]) -> list[Field]:
    """The selection of a `query(...)`; every variable that is declared must be given as its type wants it."""
    return _Reader(text, variables).query()


def told(value: Any, fields: list[Field], types: Mapping[str, Mapping[str, str]], type_: str) -> Any:
    """What of a value is selected. `types`: type -> field -> type of its value, "" for what has no fields."""
    if value is None:
        return None
    if isinstance(value, list):
        return [told(one, fields, types, type_) for one in value]
    found = {}
    for field in fields:
        if field.name not in types[type_]:
            raise Unfit(f"Field '{field.name}' doesn't exist on type '{type_}'")
        inner = types[type_][field.name]
        if bool(inner) != bool(field.fields):
            raise Unfit(f"Field '{field.name}' must {'have' if inner else 'not have'} selections")
        one = value.get(field.name)
        if isinstance(one, list) and "first" in field.arguments:
            one = one[: field.arguments["first"]]
        found[field.name] = told(one, field.fields, types, inner) if inner else one
    return found


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._tokens = [next(filter(None, found)) for found in _TOKENS.findall(text)]
        if len("".join(self._tokens)) != len(re.sub(r"\s", "", text)):
            raise Unfit("Parse error")
        self._variables = variables
        self._declared: dict[str, str] = {}

    def query(self) -> list[Field]:
        self._take("query")
        if self._tokens[0] == "(":
            self._declare()
        fields = self._fields()
        if self._tokens or self._declared.keys() != self._variables.keys():
            raise Unfit("Parse error, or variables that are not declared")
        return fields

    def _declare(self) -> None:
        self._take("(")
        while self._tokens[0] != ")":
            self._take("$")
            name = self._tokens.pop(0)
            self._take(":")
            kind = self._tokens.pop(0)
            needed = self._tokens[0] == "!"
            if needed:
                self._tokens.pop(0)
            if self._tokens[0] == ",":
                self._tokens.pop(0)
            given = self._variables.get(name)
            if (given is None and needed) or (
                given is not None and type(given) is not {"Int": int, "String": str}[kind]
            ):
                raise Unfit(f"Variable ${name} of type {kind} was provided invalid value")
            self._declared[name] = kind
        self._take(")")

    def _fields(self) -> list[Field]:
        self._take("{")
        found = []
        while self._tokens[0] != "}":
            name = self._tokens.pop(0)
            arguments = self._arguments() if self._tokens[0] == "(" else {}
            fields = self._fields() if self._tokens[0] == "{" else []
            found.append(Field(name, arguments, fields))
        self._take("}")
        return found

    def _arguments(self) -> dict[str, Any]:
        self._take("(")
        found: dict[str, Any] = {}
        while self._tokens[0] != ")":
            name = self._tokens.pop(0)
            self._take(":")
            found[name] = self._value()
            if self._tokens[0] == ",":
                self._tokens.pop(0)
        self._take(")")
        return found

    def _value(self) -> Any:
        token = self._tokens.pop(0)
        if token != "$":
            return int(token) if token.isdigit() else token
        name = self._tokens.pop(0)
        if name not in self._declared:
            raise Unfit(f"Variable ${name} is used but not declared")
        return self._variables.get(name)

    def _take(self, token: str) -> None:
        if not self._tokens or self._tokens.pop(0) != token:
            raise Unfit(f"Parse error: expected {token}")
