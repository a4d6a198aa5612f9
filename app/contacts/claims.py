"""What a visitor, or the page he is on, says of himself: kept, but as nobody's checked word. Pure.

Nobody is merged or found by it, and it never takes the place of what a colleague wrote down: whoever holds a visitor's
token, or writes a line into a page, could claim to be anybody.
"""

import re
from collections.abc import Mapping

from msgspec.structs import replace

from app.model.errors import Invalid
from app.model.people import Contact

ATTRIBUTES_MAX = 50
_FACTS = ("name", "email", "phone")
_ATTRIBUTE = "attributes."
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,30}")


def with_claims(before: Contact, facts: Mapping[str, str], attributes: Mapping[str, str] = {}) -> Contact:
    """The contact with `facts` (name, email, phone) and `attributes` claimed; empty ones say nothing.

    Raises `Invalid` where an address is none, or where there would be too many attributes.
    """
    claimed = list(before.claimed)
    named = {name: _said(name, facts.get(name, "")) for name in _FACTS}
    taken = {name: value for name, value in named.items() if value and _may(before, name, getattr(before, name))}
    kept = dict(before.attributes)
    for key, value in attributes.items():
        name, tidy = one_line(key), one_line(value)
        if name and tidy and _may(before, _ATTRIBUTE + name, kept.get(name, "")):
            kept[name] = tidy
            claimed.append(_ATTRIBUTE + name)
    if len(kept) > ATTRIBUTES_MAX:
        raise Invalid(
            "attributes_full",
            f"A contact has at most {ATTRIBUTES_MAX} attributes. Send fewer names.",
            f"联系人最多有 {ATTRIBUTES_MAX} 个属性。请减少属性名称。",
        )
    after = replace(before, attributes=kept, **taken)
    return replace(after, claimed=tuple(dict.fromkeys([*claimed, *taken])))


def facts_of(said: Mapping[str, str]) -> dict[str, str]:
    """Name, e-mail and phone as they may be kept; raises `Invalid` where an address is none."""
    return {name: _said(name, said.get(name, "")) for name in _FACTS}


def with_room(before: Contact, label: str) -> Contact:
    """The contact with room for an attribute of that name: the newest that is claimed gives way where it is full."""
    claimed = [one for one in before.claimed if one.startswith(_ATTRIBUTE)]
    if label in before.attributes or len(before.attributes) < ATTRIBUTES_MAX or not claimed:
        return before
    gone = claimed[-1]
    kept = {name: value for name, value in before.attributes.items() if _ATTRIBUTE + name != gone}
    return replace(before, attributes=kept, claimed=tuple(one for one in before.claimed if one != gone))


def still_claimed(before: Contact, after: Contact) -> tuple[str, ...]:
    """What of the claims is left when a colleague has changed facts: those that he left as they were."""
    return tuple(name for name in before.claimed if _value(after, name) and _value(before, name) == _value(after, name))


def known(contact: Contact) -> tuple[str, ...]:
    """Which of name, e-mail and phone the desk knows, whoever said so."""
    return tuple(name for name in _FACTS if _value(contact, name))


def is_address(text: str) -> bool:
    """Whether it is an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def one_line(text: str) -> str:
    """Without what cannot be shown, blanks as one."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _may(before: Contact, name: str, value: str) -> bool:
    return value == "" or name in before.claimed


def _value(contact: Contact, name: str) -> str:
    if name.startswith(_ATTRIBUTE):
        return contact.attributes.get(name.removeprefix(_ATTRIBUTE), "")
    return str(getattr(contact, name))


def _said(name: str, value: str) -> str:
    tidy = one_line(value)
    if name == "email" and tidy and not _EMAIL.fullmatch(tidy):
        raise Invalid(
            "email_malformed",
            "This is not an e-mail address. Write it like name@example.com.",
            "邮箱格式不正确。请按 name@example.com 的格式填写。",
            field="email",
        )
    if name == "phone" and tidy and not _PHONE.fullmatch(tidy):
        raise Invalid(
            "phone_malformed",
            "This is not a phone number. Write its digits, with the country code if you like.",
            "电话号码格式不正确。请填写数字，可加国家区号。",
            field="phone",
        )
    return tidy
