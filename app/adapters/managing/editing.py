"""One word of a spec's text changed where it stands, so that everything else stays as it was written. Pure."""

import re

from app.adapters.errors import BadSpec
from app.adapters.specs.nodes import Scalar, Table, documents, value_of
from app.model.errors import Conflict
from app.settings import Limits

_WORD = "enabled"
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # what YAML takes as the end of a line


def switched(text: str, enabled: bool, limits: Limits) -> str:
    """The document with `enabled` so. Raises `BadSpec`, `Conflict` where the word cannot be put by a program."""
    said = "true" if enabled else "false"
    found = documents(text.encode(), "spec.yaml", limits)
    if len(found) != 1 or not isinstance(found[0], Table):
        raise _by_hand()
    made = _with(text, found[0], said)
    try:
        again = documents(made.encode(), "spec.yaml", limits)
    except BadSpec:  # an anchor stood there, say
        raise _by_hand() from None
    if [value_of(node) for node in again] != [{**_plain(found[0]), _WORD: enabled}]:
        raise _by_hand()
    return made


def _with(text: str, node: Table, said: str) -> str:
    value, source = node.get(_WORD), node.key("source")
    if isinstance(value, Scalar):
        at = _offset(text, value.mark.line, value.mark.column)
        return text[:at] + said + text[at + len(value.text) :]
    if source is None:
        raise _by_hand()
    at = _offset(text, source.mark.line, source.mark.column)
    if text[_offset(text, node.mark.line, node.mark.column)] == "{":
        return f"{text[:at]}{_WORD}: {said}, {text[at:]}"
    return f"{text[:at]}{_WORD}: {said}\n{' ' * (source.mark.column - 1)}{text[at:]}"


def _plain(node: Table) -> dict[str, object]:
    value = value_of(node)
    return dict(value) if isinstance(value, dict) else {}


def _offset(text: str, line: int, column: int) -> int:
    """Where a place stands; lines and columns count from 1."""
    begins = [0, *(found.end() for found in _BREAK.finditer(text))]
    return begins[line - 1] + column - 1


def _by_hand() -> Conflict:
    return Conflict(
        "source_enabled_by_hand",
        "`enabled` cannot be changed here. Write it into the spec.",
        "无法在此修改 `enabled`。请在配置中填写。",
    )
