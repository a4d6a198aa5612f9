"""What a slot takes out of a visitor's words, checked. Pure.

A value is found wherever it stands in the text; what is asked for by name may be looser than what a first message is
believed to hold, where a phone number must not be taken for an order's.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

from app.chat.moods import plain
from app.intent.similar import Likeness
from app.model.intents import Slot

VALUE_CHARACTERS_MAX = 200
_LOOKED_AT = 1_000  # characters; nobody hides a number behind more
ADDRESS = Slot("address", kind="address")  # a phone number or an e-mail address, by which a record is proven his

_CHOICE_RATIO = 85.0
_ORDER = re.compile(r"(?<![A-Za-z0-9])#?([A-Za-z]{0,6}[-_]?[0-9][A-Za-z0-9-]{3,39})(?![A-Za-z0-9])")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}")
_PHONE = re.compile(r"(?<![\w.])\+?\(?[0-9][0-9 ()-]{5,22}[0-9](?![\w.])")
_CHINESE_MOBILE = re.compile(r"(?:\+?86)?1[3-9][0-9]{9}")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_ISO = re.compile(r"(?<!\d)(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?!\d)")
_MONTH_DAY = re.compile(r"(?<!\d)(\d{1,2})(?:[-/.]|月)(\d{1,2})[日号]?(?!\d)")
_NAMED_DAYS = (
    ("大后天", 3), ("后天", 2), ("day after tomorrow", 2), ("明天", 1), ("明日", 1), ("tomorrow", 1), ("前天", -2),
    ("昨天", -1), ("昨日", -1), ("yesterday", -1), ("今天", 0), ("今日", 0), ("today", 0),
)  # fmt: skip
_DIGITS_ZH = {sign: value for value, sign in enumerate("零一二三四五六七八九十")} | {"两": 2}
_DIGITS_MIN, _DIGITS_MAX = 6, 15
_ORDER_DIGITS_MIN = 4


def value(slot: Slot, text: str, today: date) -> str | None:
    """What the text says for this slot, tidied; None where it says nothing that will do. `today` is the visitor's."""
    taken = _KINDS.get(slot.kind, _text)(slot, unicodedata.normalize("NFKC", text[:_LOOKED_AT]).strip(), today)
    return taken[:VALUE_CHARACTERS_MAX] if taken else None


def volunteered(slot: Slot, text: str, today: date) -> str | None:
    """The same of words that were no answer to it: only what can hardly be anything else."""
    if slot.kind in ("text", "number"):
        return None
    found = value(slot, text, today)
    if slot.kind == "order_no" and found is not None and _is_mobile(found):
        return None
    if slot.kind == "choice" and found is not None and plain(found) not in plain(text):
        return None  # a choice's number, or nearly its name: only where it was asked for
    return found


def _text(slot: Slot, text: str, today: date) -> str | None:
    return " ".join(text.split()) or None


def _number(slot: Slot, text: str, today: date) -> str | None:
    match = _NUMBER.search(text)
    if match:
        return match[0]
    signs = [sign for sign in text if sign in _DIGITS_ZH]
    return str(_DIGITS_ZH[signs[0]]) if len(signs) == 1 else None


def _order(slot: Slot, text: str, today: date) -> str | None:
    found: list[str] = [match for match in _ORDER.findall(text) if sum(map(str.isdigit, match)) >= _ORDER_DIGITS_MIN]
    numbers = [match for match in found if not _is_mobile(match)]
    return next(iter((*numbers, *found)), None)


def _phone(slot: Slot, text: str, today: date) -> str | None:
    for match in _PHONE.findall(text):
        digits = re.sub(r"[^0-9+]", "", match)
        if _DIGITS_MIN <= len(digits.lstrip("+")) <= _DIGITS_MAX:
            return digits
    return None


def _email(slot: Slot, text: str, today: date) -> str | None:
    match = _EMAIL.search(text)
    return match[0].lower() if match else None


def _address(slot: Slot, text: str, today: date) -> str | None:
    return _email(slot, text, today) or _phone(slot, text, today)


def _date(slot: Slot, text: str, today: date) -> str | None:
    lower = text.casefold()
    if (match := _ISO.search(lower)) is not None:
        return _day(int(match[1]), int(match[2]), int(match[3]))
    for name, days in _NAMED_DAYS:
        if name in lower:
            return (today + timedelta(days=days)).isoformat()
    match = _MONTH_DAY.search(lower)
    return _day(today.year, int(match[1]), int(match[2])) if match else None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _choice(slot: Slot, text: str, today: date) -> str | None:
    said = plain(text)
    names = {plain(choice): choice for choice in slot.choices}
    if said in names:
        return names[said]
    if said.isdecimal() and len(said) < 3 and 1 <= int(said) <= len(slot.choices):
        return slot.choices[int(said) - 1]
    held = [choice for name, choice in names.items() if name and name in said]
    if len(held) == 1:
        return held[0]
    likeness = Likeness(said)
    near = sorted(((likeness.ratio(name), choice) for name, choice in names.items()), reverse=True)
    return near[0][1] if near and near[0][0] >= _CHOICE_RATIO else None


def _is_mobile(text: str) -> bool:
    return _CHINESE_MOBILE.fullmatch(text) is not None


_KINDS: dict[str, Callable[[Slot, str, date], str | None]] = {
    "text": _text, "number": _number, "order_no": _order, "phone": _phone, "email": _email, "address": _address,
    "date": _date, "choice": _choice,
}  # fmt: skip
