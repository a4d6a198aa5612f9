"""What every step of a map does with a value of the tree, compiled and traced alike. Pure."""

from collections.abc import Callable
from decimal import Decimal

from app.adapters.formats.tree import Tree

Place = tuple[
    str | int, ...
]  # a path in pieces: a number is the loop whose turn stands there, `("items[", 0, "].qty")`
Converter = Callable[[Tree], Tree]

_KINDS: dict[type, tuple[str, str]] = {
    bool: ("true or false", "布尔值"),
    int: ("a number", "数字"),
    Decimal: ("a number", "数字"),
    str: ("a text", "文本"),
    bytes: ("bytes", "字节"),
    list: ("a list", "列表"),
    dict: ("an object", "对象"),
    type(None): ("nothing", "空值"),
}
_NO_FIELDS: dict[str, Tree] = {}  # never written to
_SIZED = frozenset({str, bytes, list, dict})


class Wrong(Exception):
    """A value that a step cannot take; who runs the step knows where in the document it stands.

    The texts name kinds, never the value itself: that may be a person's, or a secret.
    """

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh


def kind(value: object) -> tuple[str, str]:
    """What it is, in both languages."""
    return _KINDS.get(type(value), ("no value of a document", "不是文档中的值"))


def expected(value: object, en: str, zh: str) -> Wrong:
    """The refusal of a value of the wrong kind: what it is, and what is expected."""
    is_en, is_zh = kind(value)
    return Wrong(f"this is {is_en}, and {en} is expected.", f"这里是{is_zh}，应为{zh}。")


def empty(value: Tree) -> bool:
    """Null, or a text, list or object with nothing in it. 0 and false are values."""
    return value is None or (type(value) in _SIZED and not value)


def as_object(value: Tree) -> dict[str, Tree]:
    """An object for a path to go on in; what is empty has no fields. Raises `Wrong`."""
    if isinstance(value, dict):
        return value
    if empty(value):
        return _NO_FIELDS
    raise expected(value, "an object", "对象")


def as_list(value: Tree) -> list[Tree]:
    """A list; what is empty has no elements. Raises `Wrong`: one thing is no list of one, unless the spec says so."""
    if isinstance(value, list):
        return value
    if empty(value):
        return []
    is_en, is_zh = kind(value)
    raise Wrong(
        f"this is {is_en}, and a list is expected. Where a single element comes without a list around it, name this "
        "path in `records: {lists: […]}`.",
        f"这里是{is_zh}，应为列表。若只有一个元素时没有列表包裹，请在 `records: {{lists: […]}}` 中写明此路径。",
    )


def element(value: Tree, at: int) -> Tree:
    """The element at this place, from the end where it is negative; null where there is none. Raises `Wrong`."""
    members = as_list(value)
    return members[at] if -len(members) <= at < len(members) else None


def copied(value: Tree) -> Tree:
    """The same value, of which nothing is shared: what a map gives out may be changed by who gets it."""
    if isinstance(value, dict):
        return {name: copied(member) for name, member in value.items()}
    if isinstance(value, list):
        return [copied(member) for member in value]
    return value


def missing() -> Tree:
    """Raises `Wrong`, always: a field that must be there is not."""
    raise Wrong(
        "this field is required, and it is missing or empty.",
        "此字段为必填，但缺失或为空。",
    )


def written(place: Place, turns: tuple[int, ...]) -> str:
    """The path of a place in a document, `items[2].qty`; `turns` says which element each loop is at."""
    return "".join(piece if isinstance(piece, str) else str(turns[piece]) for piece in place)


def general(place: Place) -> str:
    """The path of a place in any document, `items[].qty`."""
    return "".join(piece for piece in place if isinstance(piece, str))
