"""A desk's own fields: which there are of tickets, contacts, organisations, conversations; what their values may be.

They belong to accounts because an administrator configures them, and because every room that holds values checks them.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record, record_change
from app.accounts.policy import demand
from app.model.audit import Change, Subject
from app.model.errors import Conflict, Invalid, not_found
from app.model.fields import Field, FieldKind, Noun
from app.model.frames import Id
from app.model.ids import Ids
from app.model.principals import Principal
from app.settings import Limits
from app.storage import fields
from app.storage.database import Database, Transaction

VALUE_MAX = 500
CHOICES_MAX = 100
TICKED = "true"
_READ = {
    Noun.TICKET: "ticket.read",
    Noun.CONTACT: "contact.read",
    Noun.ORGANISATION: "contact.read",
    Noun.CONVERSATION: "conversation.read",
}
_MANAGE = {
    Noun.TICKET: "ticket.manage",
    Noun.CONTACT: "contact.manage",
    Noun.ORGANISATION: "contact.manage",
    Noun.CONVERSATION: "tag.write",  # what is said of conversations
}

Name = Annotated[str, Meta(max_length=60)]
Choices = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=60)], ...], Meta(max_length=CHOICES_MAX)]
_Value = Annotated[str, Meta(max_length=2_000)]
Values = Annotated[dict[Annotated[str, Meta(max_length=60)], _Value], Meta(max_length=50)]


class NewField(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be added; a name in one language at least; `choices` under kind `choice` alone.

    `key` is what its value stands under; empty: its name. A ticket's values stand under the field's id, whatever it is.
    """

    kind: FieldKind
    name_en: Name = ""
    name_zh: Name = ""
    choices: Choices = ()
    key: Name = ""


class FieldChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays. A choice that is taken away stays where it was chosen."""

    name_en: Name | UnsetType = UNSET
    name_zh: Name | UnsetType = UNSET
    choices: Choices | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class FieldOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """Every field of the noun, in the order in which they are asked for."""

    ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=1_000)]


class OwnFields:
    """Who manages a noun defines its fields; everybody who reads it knows them."""

    def __init__(self, database: Database, ids: Ids, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._limits = limits

    async def listing(self, principal: Principal, noun: Noun = Noun.TICKET) -> list[Field]:
        """All of them, in their order, archived ones too: old things hold their values."""
        demand(principal, _READ[noun])
        return await fields.listing(self._database, noun)

    async def create(self, principal: Principal, new: NewField, noun: Noun = Noun.TICKET) -> Field:
        """Add one at the end.

        Raises `Forbidden`, `Invalid` (empty, choices_missing), `Conflict` (limit_reached, key_taken).
        """
        demand(principal, _MANAGE[noun])

        def unit(tx: Transaction) -> Field:
            known = fields.all_of(tx, noun)
            if len(known) >= self._limits.ticket_fields_max:
                raise _too_many(self._limits.ticket_fields_max)
            position = max((field.position for field in known), default=0) + 1
            field_id = self._ids.new()
            field = _tidy(Field(field_id, new.name_en, new.name_zh, new.kind, new.choices, position, noun=noun))
            key = field_id if noun is Noun.TICKET else _one_line(new.key) or field.name_en
            _demand_free(known, key)
            return _saved(tx, principal, f"{noun}_field.create", None, replace(field, key=key))

        return await self._database.write(unit)

    async def change(self, principal: Principal, field_id: str, change: FieldChange, noun: Noun = Noun.TICKET) -> Field:
        """Change one; raises `NotFound` and as `create`."""
        demand(principal, _MANAGE[noun])

        def unit(tx: Transaction) -> Field:
            before = next((field for field in fields.all_of(tx, noun) if field.id == field_id), None)
            if before is None:
                raise not_found()
            named = {name: getattr(change, name) for name in change.__struct_fields__}
            wanted = {name: value for name, value in named.items() if value is not UNSET}
            return _saved(tx, principal, f"{noun}_field.change", before, _tidy(replace(before, **wanted)))

        return await self._database.write(unit)

    async def order(self, principal: Principal, order: FieldOrder, noun: Noun = Noun.TICKET) -> list[Field]:
        """Give them an order; raises `Conflict` (stale) where these are not all of them, each once."""
        demand(principal, _MANAGE[noun])

        def unit(tx: Transaction) -> list[Field]:
            known = {field.id: field for field in fields.all_of(tx, noun)}
            if sorted(order.ids) != sorted(known):
                raise _others_meanwhile()
            after = [replace(known[field_id], position=place) for place, field_id in enumerate(order.ids, 1)]
            for field in after:
                fields.save(tx, field)
            said = Change({"order": [one.name_en for one in known.values()]}, {"order": [one.name_en for one in after]})
            record(tx, principal, f"{noun}_field.order", Subject(f"{noun}_field"), said)
            return after

        return await self._database.write(unit)


def with_values(
    known: Sequence[Field], held: Mapping[str, str], wanted: Mapping[str, str], place: str = "fields"
) -> dict[str, str]:
    """What a thing holds after these values, "" taking one away.

    Raises `Invalid` (field_unknown, value_unusable); its field is `<place>.<key>`.
    """
    by_key = {field.key: field for field in known}
    after = dict(held)
    for key, value in wanted.items():
        field = by_key.get(key)
        if field is None:
            raise _unknown(f"{place}.{key}")
        kept = _value(field, value.replace("\0", "").strip(), held.get(key, ""), place)
        if kept:
            after[key] = kept
        else:
            after.pop(key, None)
    return after


def checked(known: Sequence[Field], held: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Attributes that shall be held: a defined one as its kind is, any other as it is; an empty defined one is none.

    Raises `Invalid` (value_unusable); its field is `attributes.<key>`.
    """
    by_key = {field.key: field for field in known}
    values = {
        key: _value(by_key[key], value.strip(), held.get(key, ""), "attributes") if key in by_key else value
        for key, value in wanted.items()
    }
    return {key: value for key, value in values.items() if value or key not in by_key}


def usable(known: Sequence[Field], held: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Those of these attributes whose values are what their fields hold: for a door that must not refuse the rest."""
    kept: dict[str, str] = {}
    for key, value in wanted.items():
        try:
            kept |= checked(known, held, {key: value})
        except Invalid:
            continue
    return kept


_YES = frozenset({"true", "yes", "y", "1", "x", "是", "√", "✓"})
_NO = frozenset({"false", "no", "n", "0", "否"})
_DAY = re.compile(r"(\d{4})[./年](\d{1,2})[./月](\d{1,2})日?")


def cell_value(field: Field | None, cell: str) -> str:
    """What a table's cell says of a field, as it is kept: tables write days and ticked boxes in many ways."""
    if field is not None and field.kind is FieldKind.CHECKBOX and cell.casefold() in _YES | _NO:
        return TICKED if cell.casefold() in _YES else ""
    if field is not None and field.kind is FieldKind.DATE and (day := _DAY.fullmatch(cell)):
        return f"{day[1]}-{day[2]:0>2}-{day[3]:0>2}"
    return cell


def _value(field: Field, value: str, held: str, place: str) -> str:
    if value in ("", held):
        return value
    good = {
        FieldKind.TEXT: lambda: len(value) <= VALUE_MAX,
        FieldKind.NUMBER: lambda: is_number(value),
        FieldKind.DATE: lambda: is_date(value),
        FieldKind.CHOICE: lambda: value in field.choices,
        FieldKind.CHECKBOX: lambda: value == TICKED,
    }[field.kind]()
    if not good:
        raise _unusable(field, place)
    return value


def is_number(value: str) -> bool:
    """Whether it is a finite number in ASCII."""
    try:
        return len(value) <= VALUE_MAX and value.isascii() and math.isfinite(float(value)) and "_" not in value
    except ValueError:
        return False


def is_date(value: str) -> bool:
    """Whether it is a day as YYYY-MM-DD."""
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _saved(tx: Transaction, principal: Principal, action: str, before: Field | None, after: Field) -> Field:
    fields.save(tx, after)
    record_change(tx, principal, action, Subject(f"{after.noun}_field", after.id, after.name_en), before, after)
    return after


def _one_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _tidy(field: Field) -> Field:
    names = tuple(_one_line(name) for name in (field.name_en, field.name_zh))
    if not any(names):
        raise Invalid(
            "empty",
            "The field has no name. Write it in one language at least.",
            "字段没有名称。请至少填写一种语言。",
            field="name_en",
        )
    choices = tuple(dict.fromkeys(choice.strip() for choice in field.choices if choice.strip()))
    if field.kind is FieldKind.CHOICE and not choices:
        raise Invalid("choices_missing", "Write at least one choice.", "请至少填写一个选项。", field="choices")
    if field.kind is not FieldKind.CHOICE:
        choices = ()
    return replace(field, name_en=names[0] or names[1], name_zh=names[1] or names[0], choices=choices)


def _demand_free(known: Sequence[Field], key: str) -> None:
    taken = next((field for field in known if field.key == key), None)
    if taken is not None:
        raise Conflict(
            "key_taken",
            f"The field {taken.name_en} has the key {key} already. Choose another key, or use that field again.",
            f"字段“{taken.name_zh}”已使用标识 {key}。请换一个标识，或重新启用该字段。",
            field="key",
        )


def _unknown(place: str) -> Invalid:
    return Invalid(
        "field_unknown",
        "This field does not exist. Load the page again.",
        "该字段不存在。请重新加载页面。",
        field=place,
    )


def _unusable(field: Field, place: str) -> Invalid:
    en = {
        FieldKind.TEXT: f"at most {VALUE_MAX} characters",
        FieldKind.NUMBER: "a number such as 12.5",
        FieldKind.DATE: "a day such as 2026-11-26",
        FieldKind.CHOICE: "one of its choices",
        FieldKind.CHECKBOX: "true, or nothing",
    }[field.kind]
    zh = {
        FieldKind.TEXT: f"不超过 {VALUE_MAX} 个字符",
        FieldKind.NUMBER: "数字，例如 12.5",
        FieldKind.DATE: "日期，例如 2026-11-26",
        FieldKind.CHOICE: "选项之一",
        FieldKind.CHECKBOX: "true 或留空",
    }[field.kind]
    return Invalid(
        "value_unusable",
        f"{field.name_en} must be {en}. Correct it, or leave it empty.",
        f"{field.name_zh}必须是{zh}。请更正或留空。",
        field=f"{place}.{field.key}",
    )


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} fields, which is the most. Use one that is archived.",
        f"字段已达上限 {most} 个。请启用已归档的字段。",
    )


def _others_meanwhile() -> Conflict:
    return Conflict(
        "stale",
        "Fields were added or taken away meanwhile. Load them again, then give them their order.",
        "字段列表刚刚有变化。请重新加载后再排序。",
    )
