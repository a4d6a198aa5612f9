"""By what a record is somebody's: e-mail address, phone number, what a system calls him. Pure.

A number is compared by its digits without the ways to write them: +86, 0086, blanks. One that is masked (138****0000)
says nothing.
"""

import re
from collections.abc import Iterable, Sequence

from app.model.people import Contact
from app.model.records import Body, Buyer, Customer

_NOT_DIGITS = re.compile(r"[^0-9]")
_MASKED = re.compile(r"[^0-9 +()./-]")
_DIGITS_MIN = 6
_CHINA = "86"
_CHINESE_MOBILE = 11
_BEFORE_NUMBERS = ("", "+", "+86", "+86 ", "86", "0086")


def of_body(body: Body) -> list[str]:
    """What a record is found by."""
    if isinstance(body, Customer):
        return _keys(body.id, body.phone, body.email)
    return _of_buyer(body.customer)


def of_contact(contact: Contact) -> dict[str, tuple[str, bool]]:
    """What a contact's records are found by: key -> by which of his facts, and whether that is proven.

    A claim is no proof: it was written by whoever sat at the browser.
    """
    said = {"external_id": contact.external_id, "phone": contact.phone, "email": contact.email}
    made = {
        "external_id": _id(contact.external_id), "phone": _phone(contact.phone), "email": _email(contact.email),
    }  # fmt: skip
    return {key: (fact, fact not in contact.claimed) for fact, key in made.items() if key and said[fact]}


def of_contacts(family: Sequence[Contact]) -> dict[str, tuple[str, bool]]:
    """The same of one and of those that were merged into him: what is proven of any of them is his."""
    found: dict[str, tuple[str, bool]] = {}
    for contact in family:
        for key, (fact, proven) in of_contact(contact).items():
            if key not in found or proven:
                found[key] = (fact, proven)
    return found


def facts_of(keys: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """What contacts that are found by these may be called: external ids, phone numbers as people write them, addresses.

    The reverse of `of_contact`, but for numbers that are written in other ways than these.
    """
    said: dict[str, list[str]] = {"id": [], "phone": [], "email": []}
    for key in keys:
        kind, _, value = key.partition(":")
        said[kind].append(value)
    phones = [f"{before}{number}" for number in said["phone"] for before in _BEFORE_NUMBERS]
    return said["id"], phones, said["email"]


def _of_buyer(buyer: Buyer | None) -> list[str]:
    return _keys(buyer.external_id, buyer.phone, buyer.email) if buyer else []


def _keys(external_id: str | None, phone: str | None, email: str | None) -> list[str]:
    return [key for key in (_id(external_id), _phone(phone), _email(email)) if key]


def _id(said: str | None) -> str:
    return f"id:{said.strip()}" if said and said.strip() else ""


def _email(said: str | None) -> str:
    tidy = (said or "").strip().lower()
    return f"email:{tidy}" if "@" in tidy and "*" not in tidy else ""


def _phone(said: str | None) -> str:
    if not said or _MASKED.search(said):
        return ""
    digits = _NOT_DIGITS.sub("", said).removeprefix("00")
    if digits.startswith(_CHINA) and len(digits) == len(_CHINA) + _CHINESE_MOBILE:
        digits = digits.removeprefix(_CHINA)
    return f"phone:{digits}" if len(digits) >= _DIGITS_MIN else ""
