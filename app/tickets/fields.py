"""A desk's own fields of tickets: which there are, and what their values may be."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.policy import demand
from app.model.audit import Subject
from app.model.errors import Conflict, Invalid, not_found
from app.model.ids import Ids
from app.model.principals import Principal
from app.model.tickets import FieldKind, TicketField
from app.settings import Limits
from app.storage import ticket_fields
from app.storage.database import Database, Transaction

VALUE_MAX = 500
CHOICES_MAX = 100
TICKED = "true"

Name = Annotated[str, Meta(max_length=60)]
Choices = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=60)], ...], Meta(max_length=CHOICES_MAX)]


class NewField(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be added; a name in one language at least; `choices` under kind `choice` alone."""

    kind: FieldKind
    name_en: Name = ""
    name_zh: Name = ""
    choices: Choices = ()


class FieldChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays. A choice that is taken away stays where it was chosen."""

    name_en: Name | UnsetType = UNSET
    name_zh: Name | UnsetType = UNSET
    choices: Choices | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class TicketFields:
    """Administrators define them; everybody who reads tickets knows them."""

    def __init__(self, database: Database, ids: Ids, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._limits = limits

    async def listing(self, principal: Principal) -> list[TicketField]:
        """All of them, in their order, archived ones too: old tickets hold their values."""
        demand(principal, "ticket.read")
        return await ticket_fields.listing(self._database)

    async def create(self, principal: Principal, new: NewField) -> TicketField:
        """Add one at the end; raises `Forbidden`, `Invalid` (empty, choices_missing), `Conflict` (limit_reached)."""
        demand(principal, "ticket.manage")

        def unit(tx: Transaction) -> TicketField:
            known = ticket_fields.all_of_them(tx)
            if len(known) >= self._limits.ticket_fields_max:
                raise _too_many(self._limits.ticket_fields_max)
            position = max((field.position for field in known), default=0) + 1
            field = TicketField(self._ids.new(), new.name_en, new.name_zh, new.kind, new.choices, position)
            return _noted(tx, principal, "ticket_field.create", None, _saved(tx, field))

        return await self._database.write(unit)

    async def change(self, principal: Principal, field_id: str, change: FieldChange) -> TicketField:
        """Change one; raises `NotFound` and as `create`."""
        demand(principal, "ticket.manage")

        def unit(tx: Transaction) -> TicketField:
            before = next((field for field in ticket_fields.all_of_them(tx) if field.id == field_id), None)
            if before is None:
                raise not_found()
            named = {name: getattr(change, name) for name in change.__struct_fields__}
            wanted = {name: value for name, value in named.items() if value is not UNSET}
            return _noted(tx, principal, "ticket_field.change", before, _saved(tx, replace(before, **wanted)))

        return await self._database.write(unit)


def with_values(known: Sequence[TicketField], held: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """What a ticket holds after these values, "" taking one away.

    Raises `Invalid` (field_unknown, value_unusable); the field is `fields.<id>`.
    """
    by_id = {field.id: field for field in known}
    after = dict(held)
    for field_id, value in wanted.items():
        field = by_id.get(field_id)
        if field is None:
            raise _unknown(field_id)
        kept = _value(field, value.replace("\0", "").strip(), held.get(field_id, ""))
        if kept:
            after[field_id] = kept
        else:
            after.pop(field_id, None)
    return after


def _value(field: TicketField, value: str, held: str) -> str:
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
        raise _unusable(field)
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


def _noted(
    tx: Transaction, principal: Principal, action: str, before: TicketField | None, after: TicketField
) -> TicketField:
    record_change(tx, principal, action, Subject("ticket_field", after.id, after.name_en), before, after)
    return after


def _saved(tx: Transaction, field: TicketField) -> TicketField:
    names = tuple(" ".join(name.replace("\0", "").split()) for name in (field.name_en, field.name_zh))
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
    kept = replace(field, name_en=names[0] or names[1], name_zh=names[1] or names[0], choices=choices)
    ticket_fields.save(tx, kept)
    return kept


def _unknown(field_id: str) -> Invalid:
    return Invalid(
        "field_unknown",
        "This field does not exist. Load the ticket again.",
        "该字段不存在。请重新加载工单。",
        field=f"fields.{field_id}",
    )


def _unusable(field: TicketField) -> Invalid:
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
        field=f"fields.{field.id}",
    )


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} fields, which is the most. Use one that is archived.",
        f"字段已达上限 {most} 个。请启用已归档的字段。",
    )
