"""What a list of tickets is narrowed to by a field of the desk's own: words of a query as a condition on its values."""

from app.accounts.fields import is_date, is_number
from app.model.errors import Invalid
from app.model.fields import Field, FieldKind
from app.storage.tickets import OwnField, OwnFilter

_SPAN = ".."  # between two numbers or days, either of which may be left out


def own_field(field: Field | None, parameter: str) -> OwnField:
    """The field as storage compares it; raises `Invalid` (field_unknown) where there is none."""
    if field is None:
        raise Invalid(
            "field_unknown",
            "This field does not exist. Choose one from the list.",
            "该字段不存在。请从列表中选择。",
            field=parameter,
        )
    return OwnField(field.id, field.kind is FieldKind.NUMBER)


def narrowed_by(field: Field | None, value: str) -> OwnFilter:
    """As a query says it; raises `Invalid` (field_unknown, value_unusable)."""
    own, wanted = own_field(field, "field"), value.replace("\0", "").strip()
    kind = FieldKind.TEXT if field is None else field.kind
    if not wanted:
        return OwnFilter(own)
    match kind:
        case FieldKind.TEXT:
            return OwnFilter(own, holds=wanted)
        case FieldKind.CHOICE | FieldKind.CHECKBOX:
            return OwnFilter(own, equals=wanted)
        case FieldKind.NUMBER | FieldKind.DATE:
            low, _, high = wanted.partition(_SPAN) if _SPAN in wanted else (wanted, "", wanted)
            return OwnFilter(own, low=_edge(kind, low.strip()), high=_edge(kind, high.strip()))


def _edge(kind: FieldKind, text: str) -> float | str | None:
    if not text:
        return None
    if kind is FieldKind.NUMBER and is_number(text):
        return float(text)
    if kind is FieldKind.DATE and is_date(text):
        return text
    en, zh = ("numbers such as 12.5 or 10..20", "数字，例如 12.5 或 10..20") if kind is FieldKind.NUMBER else (
        "days such as 2026-11-26 or 2026-11-01..2026-11-30", "日期，例如 2026-11-26 或 2026-11-01..2026-11-30",
    )  # fmt: skip
    raise Invalid(
        "value_unusable",
        f"The list is narrowed by {en}. Correct it, or leave it empty.",
        f"请按{zh}筛选，或留空。",
        field="value",
    )
