"""What each target begins with is read without harm, and the watch over it sees what it must."""

import pytest

from tests.fuzz.run import load
from tests.fuzz.test_fuzz import NAMES
from tests.fuzz.watch import Fault, Watch, demand_discretion


@pytest.mark.parametrize("name", NAMES)
def test_seeds_do_no_harm(name: str) -> None:
    target = load(name)
    watch = Watch(target, len(target.seeds) + 1, memory=lambda: 0)
    try:
        for data in target.seeds:
            watch.one(data)
    finally:
        watch.close()


@pytest.mark.parametrize("told", [
    'Traceback (most recent call last):', "no such table in sqlite", "ValueError: x", "at app/api/body.py", "SELECT id",
    "<Session object at 0x7f0000000000>",
])  # fmt: skip
def test_what_is_inside_is_not_told(told: str) -> None:
    with pytest.raises(Fault):
        demand_discretion(f"Something went wrong: {told}.")


def test_a_word_of_ours_tells_nothing() -> None:
    demand_discretion("The request does not fit what this address takes. Compare it with /api/openapi.json.")
