"""Lists narrowed and sorted by the desk's own fields, in pages, and kept as views."""

from typing import Any

import pytest

from app.accounts.fields import FieldChange, NewField
from app.model.errors import Invalid
from app.model.fields import Field, FieldKind
from app.tickets.queries import TicketQuery
from app.tickets.views import NewView
from tests.domain import SYSTEM, Domain
from tests.tickets.test_tickets import ABSENT, make, titles


async def field(domain: Domain, kind: FieldKind, *choices: str) -> Field:
    return await domain.own_fields.create(SYSTEM, NewField(kind, f"{kind.value}?", "", choices))


async def filled(domain: Domain, kind: FieldKind, values: dict[str, str], *choices: str) -> tuple[Any, Field]:
    """An agent, and a ticket for each value under its title."""
    ann, one = await domain.agent("Ann"), await field(domain, kind, *choices)
    for title, value in values.items():
        await make(domain, ann, title, fields={one.id: value} if value else {})
    return ann, one


async def test_a_text_is_held_somewhere(domain: Domain) -> None:
    ann, batch = await filled(domain, FieldKind.TEXT, {"a": "Batch 7%", "b": "batch 12", "c": "批次 7", "d": ""})
    for value, wanted in (("batch", "ba"), ("7%", "a"), ("_", ""), ("批次", "c"), ("", "cba")):
        found = await titles(domain, ann, field=batch.id, value=value, sort="created")
        assert "".join(found) == wanted, value


async def test_a_number_and_a_day_may_be_a_span(domain: Domain) -> None:
    ann, size = await filled(domain, FieldKind.NUMBER, {"a": "9", "b": "10.5", "c": "-3", "d": "1e2", "e": ""})
    for value, wanted in (("9", "a"), ("9..10.5", "ba"), ("9..", "dba"), ("..9", "ca"), ("", "dcba"), ("9.0", "a")):
        assert "".join(await titles(domain, ann, field=size.id, value=value, sort="created")) == wanted, value
    day = await field(domain, FieldKind.DATE)
    await make(domain, ann, "x", fields={day.id: "2026-11-26"})
    assert await titles(domain, ann, field=day.id, value="2026-11-01..2026-11-30") == ["x"]
    assert await titles(domain, ann, field=day.id, value="..2026-11-25") == []
    for one, value in ((size, "many"), (size, "1..2..3"), (size, "nan"), (day, "26.11.2026"), (day, "5..")):
        with pytest.raises(Invalid, match="value_unusable") as refused:
            await titles(domain, ann, field=one.id, value=value)
        assert refused.value.field == "value"


async def test_a_choice_and_a_box_are_what_they_are(domain: Domain) -> None:
    ann, colour = await filled(domain, FieldKind.CHOICE, {"a": "red", "b": "dark red"}, "red", "dark red")
    box = await field(domain, FieldKind.CHECKBOX)
    await make(domain, ann, "c", fields={box.id: "true"})
    assert await titles(domain, ann, field=colour.id, value="red") == ["a"]
    assert await titles(domain, ann, field=box.id, value="true") == ["c"]
    await domain.own_fields.change(SYSTEM, colour.id, FieldChange(archived=True))
    assert await titles(domain, ann, field=colour.id, value="dark red") == ["b"]
    page = await domain.ticket_queries.listing(ann, TicketQuery(field=colour.id))
    assert page.categories == {"open": 2, "waiting": 0, "done": 0}


@pytest.mark.parametrize(
    ("kind", "values", "first", "last"),
    [
        (FieldKind.NUMBER, {"a": "9", "b": "10", "c": "-3", "d": "", "e": "9"}, "ceabd", "beacd"),
        (FieldKind.DATE, {"a": "2026-11-26", "b": "2025-01-01", "c": "", "d": ""}, "badc", "abdc"),
        (FieldKind.TEXT, {"a": "b", "b": "a", "c": "中", "d": ""}, "bacd", "cabd"),
    ],
)
async def test_they_are_sorted_page_by_page(
    domain: Domain, kind: FieldKind, values: dict[str, str], first: str, last: str
) -> None:
    ann, own = await filled(domain, kind, values)
    for sort, wanted in (("field", first), ("field_last", last)):
        assert "".join(await titles(domain, ann, sort=sort, sort_field=own.id)) == wanted
        seen, before = "", None
        for _ in values:
            asked: dict[str, Any] = {"sort": sort, "sort_field": own.id, "before": before, "limit": 1}
            page = await domain.ticket_queries.listing(ann, TicketQuery(**asked))
            seen, before = seen + page.tickets[0].ticket.title, page.next
        assert (seen, before) == (wanted, None)


async def test_a_field_that_is_none_is_refused_and_a_view_keeps_one(domain: Domain) -> None:
    ann, own = await filled(domain, FieldKind.NUMBER, {"a": "9"})
    refusable: tuple[dict[str, Any], ...] = (
        {"field": ABSENT},
        {"sort": "field"},
        {"sort": "field", "sort_field": ABSENT},
    )
    for asked in refusable:
        with pytest.raises(Invalid, match="field_unknown"):
            await titles(domain, ann, **asked)
    query = {"field": own.id, "value": "9", "sort": "field_last", "sort_field": own.id}
    view = await domain.ticket_views.create(ann, NewView("Nines", query))
    assert view.query == query
