"""What a rule's marks take: order numbers, telephone numbers, addresses, numbers, dates, found in a folded text.

Every expression is possessive and bounded: none tries a second way through a visitor's text.
"""

import re

TEXT = "text"
CHOICE = "choice"
_DIGITS_OF_PHONE = (7, 15)
_DIGITS_OF_ORDER = 4
_DIGITS_OF_LETTERED_ORDER = 2

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}+"
_DATE = "|".join(
    (
        r"[0-9]{4}[-/.年][0-9]{1,2}+[-/.月][0-9]{1,2}+[日号]?+",
        r"[0-9]{1,2}+月[0-9]{1,2}+[日号]?+",
        r"[0-9]{1,2}+[-/.][0-9]{1,2}+[-/.][0-9]{2,4}+",
        r"[0-9]{1,2}+/[0-9]{1,2}+",
        rf"[0-9]{{1,2}}+(?:st|nd|rd|th)?+ (?:of )?+{_MONTH}(?: [0-9]{{4}})?+",
        rf"{_MONTH} [0-9]{{1,2}}+(?:st|nd|rd|th)?+(?:,? [0-9]{{4}})?+",
        r"(?:day (?:before yesterday|after tomorrow)|today|tonight|tomorrow|yesterday)",
        r"(?:next |last |this )?+(?:mon|tues|wednes|thurs|fri|satur|sun)day",
        r"[今明昨前后後]天|大[前后後]天",
        r"(?:上|下|这|本)?+(?:周|星期|礼拜)[一二三四五六日天]",
    )
)
_EXPRESSIONS: dict[str, re.Pattern[str]] = {
    "email": re.compile(r"(?<![a-z0-9._%+-])[a-z0-9._%+-]{1,64}+@[a-z0-9-]{1,63}+(?:\.[a-z0-9-]{1,63}+){1,8}+"),
    "phone": re.compile(
        r"(?<![0-9a-z])(?:1[3-9][0-9]{9}(?![0-9a-z])|\+?+\(?+[0-9](?:[ ().-]{0,2}+[0-9]){6,14}+(?![0-9a-z]))"
    ),
    "order_no": re.compile(r"(?<![0-9a-z_-])[0-9a-z](?:[_-]?+[0-9a-z]){2,39}+(?![0-9a-z])"),
    "number": re.compile(r"(?<![0-9a-z.])[0-9]{1,15}+(?:,[0-9]{3}){0,4}+(?:\.[0-9]{1,6}+)?+(?![0-9a-z])"),
    "date": re.compile(rf"(?<![0-9a-z])(?:{_DATE})(?![0-9a-z])"),
}
TYPED = frozenset(_EXPRESSIONS)
KINDS = (*sorted(TYPED), TEXT)


def find(kind: str, folded: str) -> list[tuple[int, int]]:
    """Where values of a typed kind stand in a folded text: from, to before; none overlaps another."""
    return [match.span() for match in _EXPRESSIONS[kind].finditer(folded) if _holds(kind, match[0])]


def _holds(kind: str, value: str) -> bool:
    """What an expression alone does not say: how many digits there are."""
    if kind == "email":
        return value.rpartition(".")[2].isalpha()
    if kind not in ("phone", "order_no"):
        return True
    digits = sum(map(str.isdigit, value))
    if kind == "phone":
        low, high = _DIGITS_OF_PHONE
        return low <= digits <= high
    return digits >= (_DIGITS_OF_ORDER if digits == len(value) else _DIGITS_OF_LETTERED_ORDER)
