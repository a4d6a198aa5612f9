"""Which addresses are one subscriber's."""

import pytest

from app.model.networks import network_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:c000:201", "192.0.2.1"),
    ],
)
def test_a_subscribers_addresses_are_one(one: str, other: str) -> None:
    assert network_of(one) == network_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::", "2001:db8:1:3::"),
        ("0.0.0.1", "::1"),
        ("192.0.2.1", "192.0.2.2"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("", "0.0.0.0"),
    ],
)
def test_two_subscribers_are_two(one: str, other: str) -> None:
    assert network_of(one) != network_of(other)


@pytest.mark.parametrize("address", ["", "no address", "1.2.3", "a:b"])
def test_what_is_no_address_stays_as_it_is(address: str) -> None:
    assert network_of(address) == address
