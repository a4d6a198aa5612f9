"""What a map made is an order, a case, a note; or the place that is wrong is named."""

from decimal import Decimal
from typing import Any

import pytest

from app.model.errors import Invalid
from app.model.records import Buyer, Order, OrderItem, RecordKind
from app.records.bodies import happened_at, shaped


def test_numbers_are_kept_to_the_last_digit_and_unknown_words_beside() -> None:
    body = shaped(
        RecordKind.ORDER,
        {
            "id": 9_007_199_254_740_993, "status": "shipped", "total": Decimal("0.10"), "colour": "red", "note": None,
            "customer": {"external_id": 12, "phone": None}, "created_at": "2026-01-02T03:04:05Z",
            "items": [{"title": "Tea", "quantity": Decimal("1.50"), "sku": 5}], "extra": {"gift": True},
        },
    )  # fmt: skip
    assert body == Order(
        "9007199254740993", status="shipped", total="0.10", created_at="2026-01-02T03:04:05Z",
        customer=Buyer(external_id="12"), items=[OrderItem("Tea", "5", "1.50")], extra={"colour": "red", "gift": True},
    )  # fmt: skip
    assert happened_at(body) == 1_767_323_045_000


@pytest.mark.parametrize(
    ("mapped", "path"),
    [
        ({}, ""),
        ({"id": ""}, "id"),
        ({"id": "1", "status": "wrapped"}, "status"),
        ({"id": "1", "total": "12,50"}, "total"),
        ({"id": "1", "total": 1.5}, "total"),
        ({"id": "1", "paid_at": "yesterday"}, "paid_at"),
        ({"id": "1", "items": [{"title": "a"}, {"price": "x"}]}, "items[1].price"),
        ({"id": "1", "customer": "Ann"}, "customer"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(mapped: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        shaped(RecordKind.ORDER, mapped)
    assert (refused.value.code, refused.value.field) == ("record_malformed", path)
