"""What an expression may call: an allow-list, each with what it takes and a line of explanation. Pure.

Given null where a text, a number or a list is expected, a function gives null; `default`, `concat`, `first` and the
like look past it. A result that grows is bounded by `limits.adapter_text_characters_max`.
"""

import hashlib
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import quote

from msgspec import Struct

from app.adapters.formats.tree import Tree
from app.adapters.maps.arithmetic import EXACT, Number, add, among, compared, number
from app.adapters.maps.conversions import json_of, to_decimal, to_int, to_text
from app.adapters.maps.times import unix_ms_of, unix_of
from app.adapters.maps.values import Wrong, as_list, copied, empty, expected

_PLACES_MAX = 20
_ROUNDED_MAX = 10**40


class Parameter(Struct, frozen=True):
    """`kind`: text, number, whole, list or any. `many`: it and as many more of its kind as one likes."""

    name: str
    kind: str
    optional: bool = False
    many: bool = False


class Function(Struct, frozen=True):
    """`grows`: it is told first how many characters its result may have."""

    name: str
    call: Callable[..., Tree]
    takes: tuple[Parameter, ...]
    en: str
    zh: str
    grows: bool = False

    @property
    def least(self) -> int:
        return sum(not parameter.optional for parameter in self.takes)

    @property
    def most(self) -> int | None:
        """None: as many as one likes."""
        return None if any(parameter.many for parameter in self.takes) else len(self.takes)

    @property
    def usage(self) -> str:
        """As one writes it: `round(number, places?)`."""
        shown = (f"{one.name}{'?' if one.optional else ''}{', …' if one.many else ''}" for one in self.takes)
        return f"{self.name}({', '.join(shown)})"

    def parameter(self, at: int) -> Parameter:
        """What its argument at this place is."""
        return self.takes[min(at, len(self.takes) - 1)]


def _text(value: Tree) -> str | None:
    found = to_text(value)
    assert found is None or isinstance(found, str)
    return found


def _whole(value: Tree) -> int:
    found = to_int(value)
    if not isinstance(found, int):
        raise expected(value, "a whole number", "整数")
    return found


def _bounded(characters: int, most: int) -> None:
    if characters > most:
        raise Wrong(f"the text would have more than {most} characters.", f"文本将超过 {most} 个字符。")


def _lower(value: Tree) -> Tree:
    text = _text(value)
    return None if text is None else text.lower()


def _upper(value: Tree) -> Tree:
    text = _text(value)
    return None if text is None else text.upper()


def _trim(value: Tree) -> Tree:
    text = _text(value)
    return None if text is None else text.strip()


def _digits(value: Tree) -> Tree:
    text = _text(value)
    return None if text is None else "".join(one for one in text if one in "0123456789")


def _len(value: Tree) -> Tree:
    if value is None:
        return 0
    if isinstance(value, list | dict | bytes):
        return len(value)
    return len(_text(value) or "")


def _substring(value: Tree, start: Tree, length: Tree = None) -> Tree:
    text = _text(value)
    if text is None:
        return None
    begin = max(0, _whole(start))
    return text[begin:] if length is None else text[begin : begin + max(0, _whole(length))]


def _replace(most: int, value: Tree, old: Tree, new: Tree) -> Tree:
    text, before, after = _text(value), _text(old), _text(new) or ""
    if text is None or not before:
        return text
    _bounded(len(text) + text.count(before) * (len(after) - len(before)), most)
    return text.replace(before, after)


def _pad(most: int, value: Tree, length: Tree, character: Tree = "0") -> Tree:
    text, fill, wanted = _text(value), _text(character), _whole(length)
    if text is None:
        return None
    if fill is None or len(fill) != 1:
        raise Wrong("`pad` fills with one character.", "`pad` 只能用一个字符填充。")
    _bounded(wanted, most)
    return text.rjust(wanted, fill)


def _concat(most: int, *values: Tree) -> Tree:
    texts = [_text(value) or "" for value in values]
    _bounded(sum(map(len, texts)), most)
    return "".join(texts)


def _join(most: int, members: Tree, between: Tree = ",") -> Tree:
    if members is None:
        return None
    texts = [text for member in as_list(members) if (text := _text(member))]
    sign = _text(between) or ""
    _bounded(sum(map(len, texts)) + len(sign) * len(texts), most)
    return sign.join(texts)


def _split(value: Tree, between: Tree) -> Tree:
    return None if value is None else split(_text(value), _text(between) or "")


def split(text: Tree, between: str) -> list[Tree]:
    """The parts of a text, trimmed, without empty ones. Raises `Wrong`."""
    found = text if text.__class__ is str else _text(text)
    if not found:
        return []
    if not between:
        raise Wrong("a text is split at something.", "拆分文本需要分隔符。")
    parts: list[Tree] = []
    for piece in found.split(between):
        part = piece.strip()
        if part:
            parts.append(part)
    return parts


def _contains(value: Tree, part: Tree) -> Tree:
    if value is None or part is None:
        return False
    return among(part, value) if isinstance(value, list) else (_text(part) or "") in (_text(value) or "")


def _starts_with(value: Tree, part: Tree) -> Tree:
    return value is not None and part is not None and (_text(value) or "").startswith(_text(part) or "")


def _ends_with(value: Tree, part: Tree) -> Tree:
    return value is not None and part is not None and (_text(value) or "").endswith(_text(part) or "")


def _hash(value: Tree) -> Tree:
    text = _text(value)
    return None if text is None else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _url(value: Tree) -> Tree:
    text = _text(value)
    return None if text is None else quote(text.encode("utf-8", "surrogatepass"), safe="")


def _json(value: Tree) -> Tree:
    return json_of(value)


def _round(value: Tree, places: Tree = 0) -> Tree:
    found, digits = number(value), _whole(places)
    if found is None:
        return None
    if not 0 <= digits <= _PLACES_MAX:
        raise Wrong(f"`round` takes 0 to {_PLACES_MAX} places.", f"`round` 的小数位数为 0 至 {_PLACES_MAX}。")
    if not -_ROUNDED_MAX < found < _ROUNDED_MAX:
        raise Wrong("this number is too large to be rounded.", "数字过大，无法取整。")
    rounded = Decimal(found).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, EXACT)
    return rounded if digits else int(rounded)


def _abs(value: Tree) -> Tree:
    found = number(value)
    if found is None:
        return None
    return abs(found) if isinstance(found, int) else found.copy_abs()


def _least(*values: Tree) -> Tree:
    return _extreme(values, -1)


def _greatest(*values: Tree) -> Tree:
    return _extreme(values, 1)


def _extreme(values: tuple[Tree, ...], sign: int) -> Tree:
    best: Tree = None
    for value in as_list(values[0]) if len(values) == 1 and isinstance(values[0], list) else values:
        if value is not None and (best is None or compared(value, best) == sign):
            best = value
    return best


def _sum(members: Tree) -> Tree:
    total: Number = 0
    for member in as_list(members):
        found = number(member)
        total = total if found is None else add(total, found)
    return total


def _default(*values: Tree) -> Tree:
    return next((copied(value) for value in values if not empty(value)), None)


def _first(members: Tree) -> Tree:
    return next((member for member in as_list(members) if member is not None), None)


def _last(members: Tree) -> Tree:
    return next((member for member in reversed(as_list(members)) if member is not None), None)


_TEXT = Parameter("text", "text")
_NUMBER = Parameter("number", "number")
_LIST = Parameter("list", "list")
_VALUES = Parameter("value", "any", many=True)
_ANY = Parameter("value", "any")
_PART = Parameter("part", "any")

FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        Function("lower", _lower, (_TEXT,), "In small letters.", "转为小写。"),
        Function("upper", _upper, (_TEXT,), "In capital letters.", "转为大写。"),
        Function("trim", _trim, (_TEXT,), "Without blanks at both ends.", "去掉首尾空白。"),
        Function(
            "digits", _digits, (_TEXT,), "The digits 0 to 9 alone: phone numbers.", "只保留数字 0 至 9，用于电话号码。"
        ),
        Function(
            "len",
            _len,
            (_ANY,),
            "How many characters, elements or fields; of null 0.",
            "字符、元素或字段的数量；空值为 0。",
        ),
        Function(
            "substring",
            _substring,
            (_TEXT, Parameter("start", "whole"), Parameter("length", "whole", optional=True)),
            "A part, counted from 0; to the end without a length.",
            "从 0 起截取；不写长度则到末尾。",
        ),
        Function(
            "replace",
            _replace,
            (_TEXT, Parameter("old", "text"), Parameter("new", "text")),
            "With another text wherever the old one stands.",
            "替换全部出现的文本。",
            grows=True,
        ),
        Function(
            "pad",
            _pad,
            (_TEXT, Parameter("length", "whole"), Parameter("character", "text", optional=True)),
            "Filled up on the left to a length, with zeros where nothing else is said.",
            "左侧补足到指定长度，默认补 0。",
            grows=True,
        ),
        Function(
            "concat", _concat, (_VALUES,), "All as one text; null is nothing.", "连接为一个文本；空值忽略。", grows=True
        ),
        Function(
            "join",
            _join,
            (_LIST, Parameter("between", "text", optional=True)),
            "A list as one text; without what is empty, by a comma where nothing else is said.",
            "将列表连接为文本；忽略空项，默认用逗号分隔。",
            grows=True,
        ),
        Function(
            "split",
            _split,
            (_TEXT, Parameter("between", "text")),
            "A text as a list; its parts trimmed, without empty ones.",
            "将文本拆分为列表；各部分去掉首尾空白，忽略空项。",
        ),
        Function("contains", _contains, (_ANY, _PART), "Whether a text or a list holds it.", "文本或列表是否包含。"),
        Function(
            "starts_with", _starts_with, (_TEXT, Parameter("part", "text")), "Whether it begins so.", "是否以此开头。"
        ),
        Function("ends_with", _ends_with, (_TEXT, Parameter("part", "text")), "Whether it ends so.", "是否以此结尾。"),
        Function("text", to_text, (_ANY,), "As text; numbers in digits.", "转为文本；数字按位写出。"),
        Function(
            "int", to_int, (_NUMBER,), "As a whole number; an error where it is none.", "转为整数；不是整数时出错。"
        ),
        Function("decimal", to_decimal, (_NUMBER,), "As an exact decimal number.", "转为精确小数。"),
        Function(
            "round",
            _round,
            (_NUMBER, Parameter("places", "whole", optional=True)),
            "Rounded, halves away from zero; to a whole number without places.",
            "四舍五入；不写位数则取整。",
        ),
        Function("abs", _abs, (_NUMBER,), "Without its sign.", "绝对值。"),
        Function(
            "min",
            _least,
            (_VALUES,),
            "The least, of values or of one list; null is passed over.",
            "最小值，可为多个值或一个列表；忽略空值。",
        ),
        Function(
            "max",
            _greatest,
            (_VALUES,),
            "The greatest, of values or of one list; null is passed over.",
            "最大值，可为多个值或一个列表；忽略空值。",
        ),
        Function(
            "sum",
            _sum,
            (_LIST,),
            "The sum of a list, `sum(items[].qty)`; null is passed over.",
            "列表求和，如 `sum(items[].qty)`；忽略空值。",
        ),
        Function("first", _first, (_LIST,), "The first element that is not null.", "第一个非空元素。"),
        Function("last", _last, (_LIST,), "The last element that is not null.", "最后一个非空元素。"),
        Function("default", _default, (_VALUES,), "The first that is not empty.", "第一个不为空的值。"),
        Function(
            "unix",
            unix_of,
            (Parameter("time", "text"),),
            "Seconds since 1970 of a time with a zone.",
            "带时区时间的 Unix 秒数。",
        ),
        Function(
            "unix_ms",
            unix_ms_of,
            (Parameter("time", "text"),),
            "Milliseconds since 1970 of a time with a zone.",
            "带时区时间的 Unix 毫秒数。",
        ),
        Function(
            "hash",
            _hash,
            (_TEXT,),
            "SHA-256 of the text in UTF-8, in hexadecimal.",
            "文本（UTF-8）的 SHA-256，十六进制。",
        ),
        Function("json", _json, (_ANY,), "As a text of JSON, compact.", "转为紧凑的 JSON 文本。"),
        Function("url", _url, (_TEXT,), "Percent-encoded, as a part of an address.", "百分号编码，用作地址的一部分。"),
    )
}
NOW = "now"  # `now()` is `$now`: it is no function, because it is not always the same
