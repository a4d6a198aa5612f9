"""Whose a record is: the same number and address however they are written, and nobody's where they are masked."""

import pytest

from app.model.people import Contact
from app.model.records import Buyer, Customer, Order
from app.records import keys


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("13800000000", "+86 138-0000-0000"),
        ("0086 13800000000", "138 0000 0000"),
        ("+49 (30) 123456", "0049 30 123456"),
        ("8613800000000", "13800000000"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(there: str, here: str) -> None:
    contact = Contact("c", 1, 0, 0, phone=here)
    assert set(keys.of_body(Order("1", customer=Buyer(phone=there)))) == set(keys.of_contact(contact))


@pytest.mark.parametrize("masked", ["138****0000", "138xxxx0000", "12", "", "unknown", "1３8＊＊＊＊0000"])
def test_what_is_masked_is_nobodys(masked: str) -> None:
    assert keys.of_body(Order("1", customer=Buyer(phone=masked))) == []


@pytest.mark.parametrize("masked", ["a***@example.com", "", "example.com"])
def test_what_is_no_address_is_nobodys(masked: str) -> None:
    assert keys.of_body(Customer("7", email=masked)) == ["id:7"]


def test_each_fact_is_looked_for_and_says_whether_it_is_proven() -> None:
    contact = Contact(
        "c", 1, 0, 0, email="Ann@Example.com", phone="13800000000", external_id="u-7", claimed=("email", "name")
    )
    assert keys.of_contact(contact) == {
        "id:u-7": ("external_id", True),
        "phone:13800000000": ("phone", True),
        "email:ann@example.com": ("email", False),
    }
