"""What stands for what in words that are at hand: `{{contact.name}}`, with what to say where it is not known."""

import re
from collections.abc import Mapping

from app.model.errors import Invalid

_VARIABLE = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|([^{}]*))?\}\}")


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with its variables filled; raises `Invalid` (variable_empty) where one is not known and says no else."""

    def known(match: re.Match[str]) -> str:
        name, otherwise = match[1], match[2]
        value = facts.get(name) or otherwise
        if value is None:
            raise _empty(name)
        return value

    return _VARIABLE.sub(known, text)


def _empty(name: str) -> Invalid:
    return Invalid(
        "variable_empty",
        f"{{{{{name}}}}} is not known here. Fill it in at the customer's side, or write {{{{{name}|…}}}} with what to "
        "say instead.",
        f"此处没有 {{{{{name}}}}} 的内容。请在客户侧栏填写，或写成 {{{{{name}|…}}}} 并给出备用文字。",
    )
