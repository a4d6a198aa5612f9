"""How fast anybody may guess, simulated over hours: from one address, from many, at many accounts, beside the owner."""

import random
from collections.abc import Iterator
from contextlib import suppress

import pytest

from app.accounts.delays import Delays
from app.model.errors import TooMany
from app.settings import Limits
from tests.clock import ManualClock

SALT = "0" * 32
EVALUATED_AN_HOUR_MAX = 20  # at one account, by strangers
GUESSES = 10_000
HOUR = 3_600


@pytest.fixture
def delays(clock: ManualClock) -> Delays:
    return Delays(clock, SALT, Limits())


def evaluated(delays: Delays, account: str, address: str, known: str = "") -> bool:
    """Whether a wrong guess was let in."""
    try:
        delays.enter(account, address, known)
    except TooMany:
        return False
    return True


def hour(clock: ManualClock, guesses: int = GUESSES) -> Iterator[int]:
    """So many moments, spread over an hour."""
    for number in range(guesses):
        yield number
        clock.advance(HOUR / guesses)


@pytest.mark.parametrize("addresses", [1, 2, 20, 1_000, GUESSES])
def test_of_10_000_guesses_at_one_account_at_most_20_an_hour_are_looked_at(
    delays: Delays, clock: ManualClock, addresses: int
) -> None:
    for _ in range(3):
        let_in = sum(evaluated(delays, "ann", f"192.0.2.{number % addresses}") for number in hour(clock))
        assert 1 <= let_in <= EVALUATED_AN_HOUR_MAX


def test_all_at_once_are_no_better(delays: Delays) -> None:
    assert sum(evaluated(delays, "ann", f"10.0.0.{number}") for number in range(GUESSES)) <= EVALUATED_AN_HOUR_MAX


@pytest.mark.parametrize("moment", [0, 10, 100, 500, 1_000, 3_000, 9_999])
def test_whoever_guesses_from_one_address_locks_nobody_out_elsewhere(
    delays: Delays, clock: ManualClock, moment: int
) -> None:
    """The account's owner comes at that moment, with a browser that nobody knows, and mistypes twice before."""
    for number in hour(clock):
        evaluated(delays, "ann", "192.0.2.1")
        if number == moment:
            for _ in range(2):
                delays.enter("ann", "198.51.100.7")
            delays.enter("ann", "198.51.100.7").right()


def test_guessing_from_everywhere_locks_nobody_out_of_a_browser_that_is_known(
    delays: Delays, clock: ManualClock
) -> None:
    for number in hour(clock):
        evaluated(delays, "ann", f"10.{number % 256}.{number // 256}.1")
        if number % 100 == 50:
            delays.enter("ann", "198.51.100.7", "her laptop").right()
    with pytest.raises(TooMany):
        delays.enter("ann", "198.51.100.7")


def test_who_is_known_guesses_no_faster_than_others(delays: Delays, clock: ManualClock) -> None:
    let_in = sum(evaluated(delays, "ann", f"10.0.0.{number}", "a stolen laptop") for number in hour(clock))
    assert let_in <= EVALUATED_AN_HOUR_MAX


def test_an_office_behind_one_address_does_not_wait_for_a_colleagues_typos(delays: Delays, clock: ManualClock) -> None:
    for _ in range(30):
        evaluated(delays, "ann", "192.0.2.1")
    for colleague in range(60):  # each of them mistypes once on a Monday morning
        delays.enter(f"colleague {colleague}", "192.0.2.1")
        delays.enter(f"colleague {colleague}", "192.0.2.1").right()


def test_one_address_that_tries_every_account_is_slowed(delays: Delays, clock: ManualClock) -> None:
    limits = Limits()
    let_in = sum(evaluated(delays, f"account {number}", "192.0.2.1") for number in hour(clock))
    assert let_in <= limits.sign_in_address_tries_burst + limits.sign_in_address_tries_per_hour
    assert evaluated(delays, "another account", "192.0.2.2")
    assert evaluated(delays, "account 1", "192.0.2.1", "a known browser")


def test_waits_grow_and_are_told(delays: Delays, clock: ManualClock) -> None:
    for _ in range(5):
        delays.enter("ann", "192.0.2.1")
    waits = []
    for _ in range(9):
        with pytest.raises(TooMany) as refused:
            delays.enter("ann", "192.0.2.1")
        assert refused.value.retry_after_ms is not None
        waits.append(refused.value.retry_after_ms // 1_000)
        clock.advance(refused.value.retry_after_ms / 1_000)
        delays.enter("ann", "192.0.2.1")
    assert waits == [10, 20, 40, 80, 160, 320, 640, 900, 900]


@pytest.mark.parametrize(
    ("failures", "en", "zh"),
    [
        (5, "Wait 10 seconds", "等待 10 秒"),
        (8, "Wait 80 seconds", "等待 80 秒"),
        (10, "Wait 6 minutes", "等待 6 分钟"),
        (12, "Wait 15 minutes", "等待 15 分钟"),
    ],
)
def test_a_long_wait_is_told_in_minutes(delays: Delays, clock: ManualClock, failures: int, en: str, zh: str) -> None:
    for _ in range(failures):
        delays.enter("ann", "192.0.2.1")
        clock.advance(900)
    clock.advance(-900)
    with pytest.raises(TooMany) as refused:
        delays.enter("ann", "192.0.2.1")
    assert en in refused.value.en and zh in refused.value.zh


def test_what_was_right_is_forgotten_of_this_place_alone(delays: Delays) -> None:
    for address in ("192.0.2.1", "192.0.2.2"):
        for _ in range(4):
            delays.enter("ann", address)
    delays.enter("ann", "192.0.2.1").right()
    for _ in range(4):
        delays.enter("ann", "192.0.2.1")
    delays.enter("ann", "192.0.2.2")
    with pytest.raises(TooMany):
        delays.enter("ann", "192.0.2.2")


def test_who_has_an_account_of_his_own_cannot_clear_an_address_with_it(delays: Delays, clock: ManualClock) -> None:
    limits = Limits()
    let_in = 0
    for number in hour(clock, 2_000):
        let_in += evaluated(delays, f"account {number}", "192.0.2.1")
        with suppress(TooMany):
            delays.enter("his own", "192.0.2.1").right()
    assert let_in <= limits.sign_in_address_tries_burst + limits.sign_in_address_tries_per_hour


def test_a_try_that_was_not_looked_at_does_not_count(delays: Delays) -> None:
    for _ in range(200):
        delays.enter("ann", "192.0.2.1").withdraw()
    assert sum(evaluated(delays, "ann", "192.0.2.1") for _ in range(20)) == 5


def test_no_flood_of_other_names_gives_an_account_its_ration_back(clock: ManualClock) -> None:
    limits = Limits(sign_in_failures_kept=10_000)
    delays, chance = Delays(clock, SALT, limits), random.Random(1)
    while evaluated(delays, "ann", f"10.0.{chance.randrange(256)}.{chance.randrange(256)}"):
        pass
    for number in range(30_000):
        evaluated(delays, f"made up {number}", f"172.16.{number // 256 % 256}.{number % 256}")
    assert not evaluated(delays, "ann", "198.51.100.1")


def test_what_is_remembered_is_bounded(clock: ManualClock) -> None:
    delays = Delays(clock, SALT, Limits(sign_in_failures_kept=10))
    for number in range(100):
        evaluated(delays, f"{number}", f"{number}", f"{number}")
    assert len(delays._places) == 10
    assert len(delays._accounts._full_at) == len(delays._addresses._full_at) == 10


def test_failures_are_forgotten_after_a_day_without_any(delays: Delays, clock: ManualClock) -> None:
    for _ in range(5):
        delays.enter("ann", "192.0.2.1")
    clock.advance(24 * HOUR + 60)
    for _ in range(5):
        delays.enter("ann", "192.0.2.1")


def test_one_ipv6_subscriber_is_one_guesser(delays: Delays) -> None:
    assert sum(evaluated(delays, "ann", f"2001:db8::{number:x}") for number in range(100)) == 5
