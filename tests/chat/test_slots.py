"""What a slot takes out of words, and what it must not take for it."""

from datetime import date

import pytest

from app.chat import slots
from app.model.intents import Slot

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("kind", "words", "taken"),
    [
        ("order_no", "it is #A-20251, thanks", "A-20251"), ("order_no", "订单号２０２５１１２５００１", "20251125001"),
        ("order_no", "I lost it", None), ("order_no", "call 13800138000 about 55120", "55120"),
        ("order_no", "12", None), ("phone", "my number is +49 (30) 123-4567", "+49301234567"),
        ("phone", "138 0013 8000", "13800138000"), ("phone", "12345", None), ("phone", "1234567890123456", None),
        ("email", "Write to Mei.Wang+shop@Example.co.uk please", "mei.wang+shop@example.co.uk"),
        ("email", "mei at example", None), ("number", "about -2.5 of them", "-2.5"), ("number", "三件", "3"),
        ("number", "两", "2"), ("number", "many", None), ("date", "2026年12月3日", "2026-12-03"),
        ("date", "12/3 please", "2026-12-03"), ("date", "后天", "2026-11-30"), ("date", "tomorrow", "2026-11-29"),
        ("date", "2026-02-30", None), ("date", "soon", None), ("text", "  two\n words ", "two words"),
        ("text", "   ", None), ("address", "13800138000", "13800138000"), ("address", "a@b.co", "a@b.co"),
    ],
)  # fmt: skip
def test_what_is_taken(kind: str, words: str, taken: str | None) -> None:
    assert slots.value(Slot("it", kind=kind), words, TODAY) == taken


@pytest.mark.parametrize(
    ("words", "taken"),
    [("Does not start", "Does not start"), ("2", "Does not start"), ("it is cracked!", "Cracked"),
     ("does not strat", "Does not start"), ("3", None), ("something else", None)],
)  # fmt: skip
def test_a_choice_by_name_number_or_nearly(words: str, taken: str | None) -> None:
    assert slots.value(Slot("it", kind="choice", choices=("Cracked", "Does not start")), words, TODAY) == taken


def test_what_was_not_asked_for_is_taken_more_carefully() -> None:
    order, choice = Slot("it", kind="order_no"), Slot("it", kind="choice", choices=("Red", "Blue"))
    assert slots.volunteered(order, "call me at 13800138000", TODAY) is None
    assert slots.volunteered(order, "order 55120 please", TODAY) == "55120"
    assert slots.volunteered(choice, "2", TODAY) is None
    assert slots.volunteered(choice, "the red one", TODAY) == "Red"
    assert slots.volunteered(Slot("it", kind="number"), "3 days", TODAY) is None


def test_64_kb_of_anything_is_taken_in_bounded_time() -> None:
    for kind in ("order_no", "phone", "email", "number", "date", "choice", "text"):
        for sign in ("1", "a", "-", "(", "@", "一", "1 "):
            taken = slots.value(Slot("it", kind=kind, choices=("Red",)), sign * 65_536, TODAY)
            assert taken is None or len(taken) <= slots.VALUE_CHARACTERS_MAX
