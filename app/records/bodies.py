"""What a map made of a document, held against the shape of its kind. Pure."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from app.model.errors import Invalid
from app.model.records import SHAPES, Body, Customer, Order, RecordKind

_FIELDS = {kind: frozenset(shape.__struct_fields__) for kind, shape in SHAPES.items()}
_PLACE = re.compile(r" - at `\$\.?(.*?)`(?!\n)$")


def shaped(kind: RecordKind, mapped: dict[str, Any]) -> Body:
    """The body of a record; what its kind has no word for goes into `extra`, nulls say nothing.

    Raises `Invalid` (record_malformed), its `field` the path of what is wrong.
    """
    known: dict[str, Any] = {"kind": str(kind)}
    extra: dict[str, Any] = {}
    for name, value in mapped.items():
        if value is not None:
            (known if name in _FIELDS[kind] and name != "extra" else extra)[name] = value
    if isinstance(mapped.get("extra"), dict):
        extra = {**mapped["extra"], **{name: value for name, value in extra.items() if name != "extra"}}
    if extra:
        known["extra"] = extra
    try:
        return msgspec.convert(_plain(known), SHAPES[kind])
    except msgspec.ValidationError as error:
        raise _malformed(str(error)) from error


def happened_at(body: Body) -> int | None:
    """When the thing came to be, in ms UTC; None where it does not say."""
    said = body.created_at or (body.paid_at if isinstance(body, Order) else None)
    return None if said is None else milliseconds(said)


def milliseconds(time: str) -> int:
    """Of RFC 3339 text."""
    return round(datetime.fromisoformat(time).timestamp() * 1_000)


def name_of(body: Body) -> str:
    """Of the customer; empty where it is not said."""
    if isinstance(body, Customer):
        return body.name or ""
    return (body.customer.name or "") if body.customer else ""


def _plain(value: Any) -> Any:
    """Ids may be numbers and quantities decimals there: text here, each digit kept."""
    if isinstance(value, dict):
        return {name: _text(name, _plain(one)) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_plain(one) for one in value if one is not None]
    return value


def _text(name: str, value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if whole and name in _NAMES_OF_TEXT else value


_NAMES_OF_TEXT = frozenset(
    {"id", "external_id", "number", "order", "sku", "phone", "shop", "level", "price", "total", "paid", "discount",
     "postage", "title", "name"}
)  # fmt: skip


def _malformed(said: str) -> Invalid:
    place = _PLACE.search(said)
    path = place[1] if place else ""
    what = _PLACE.sub("", said)
    return Invalid(
        "record_malformed",
        f"{path or 'The record'}: {what}. Mend the map: see the words of records in the manual.",
        f"{path or '该记录'}：{what}。请修改映射，字段格式见手册中的记录说明。",
        field=path,
    )
