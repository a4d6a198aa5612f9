"""Nodes into the Structs of `model`, by the Structs' own annotations: a word is described once, by its field.

Every refusal names the place, what is wrong there, what is allowed, and what may have been meant. What a spec says in a
language of its own (maps, paths, expressions, texts with `${…}`) is read by `mapping` here, so a mistake in it is found
when the file is read, and not with the first order.
"""

import re
import types
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import fields as fields_of

from app.adapters.errors import BadSpec, Mark
from app.adapters.formats.tree import Tree
from app.adapters.maps import mapping
from app.adapters.maps.paths import IN_MAPS, IN_REQUESTS, References, suggestion
from app.adapters.proving.signing import text_of
from app.adapters.specs import model
from app.adapters.specs.model import Expression, Plain, Span
from app.adapters.specs.nodes import Listing, Node, Scalar, Table, marks_of, scalar_of, value_of
from app.model.health import Words
from app.settings import Limits

Made = TypeVar("Made", bound=Struct)
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h|d)", re.ASCII)
_SIZE = re.compile(r"([0-9]{1,9})(B|KB|MB|GB)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_BYTES = {"B": 1, "KB": 1_024, "MB": 1_048_576, "GB": 1_073_741_824}
_SETTING = re.compile(r"\$settings\.([A-Za-z0-9_-]+)", re.ASCII)
_SETTING_WITHIN = re.compile(r"\$\{settings\.([A-Za-z0-9_-]+)\}", re.ASCII)
_SHOWN_CHARACTERS = 40
_DAYS_MAX = 3_650
_HIDDEN = frozenset({"mark", "version", "instance", "origin", "method", "url"})  # fields that are no word of their own
_PLAIN_KIND = Meta()


class Word(Struct, frozen=True):
    """One word of a part: the field that it fills, of which kind, and whether it must be there."""

    name: str
    field: str
    kind: Any
    about: Meta
    required: bool
    default: Any


@cache
def words_of(shape: type[Struct]) -> Mapping[str, Word]:
    """Every word of a part, in the order of its fields."""
    hints = get_type_hints(shape, vars(model), include_extras=True)
    found = (_word(one, hints[one.name]) for one in fields_of(shape) if one.name not in _HIDDEN)
    return {word.name: word for word in found}


def bare(kind: Any) -> tuple[Any, Meta]:
    """A type without `| None` and what is noted beside it."""
    if get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind):
        rest = tuple(one for one in get_args(kind) if one is not type(None))
        kind = rest[0] if len(rest) == 1 else Union[rest]  # noqa: UP007 - made of a tuple
    if get_origin(kind) is Annotated:
        kind, about = get_args(kind)[:2]
        return kind, about
    return kind, _PLAIN_KIND


class Reader:
    """Reads parts. `settings` are values by name, `secrets` the names that there are.

    `places` remembers where each word of a part stands, by the part's own place.
    """

    def __init__(self, settings: Mapping[str, Tree], secrets: Iterable[str], limits: Limits) -> None:
        self._settings = settings
        self._secrets = frozenset(secrets)
        self._limits = limits
        names = frozenset(settings)
        self._in_maps = References(IN_MAPS.names, settings=names)
        self._in_requests = References(IN_REQUESTS.names, self._secrets, names)
        self._in_answers = References(IN_MAPS.names | {"id"}, settings=names)
        self.places: dict[tuple[Mark, str], Mark] = {}
        self._special: dict[Any, Callable[[Node], Any]] = {
            Words: words,
            Span: self._span,
            Expression: self._expression,
            Plain: plain,
        }

    def special(self, kind: Any, read: Callable[[Node], Any]) -> None:
        """Parts of this kind are read in a way of their own."""
        self._special[kind] = read

    def part(self, shape: type[Made], node: Node, **given: Any) -> Made:
        """A part out of its words; `given` are fields that the caller has read."""
        known = words_of(shape)
        table = self.table(node, known, given)
        values = dict(given)
        for key, value in table.pairs:
            word = known[key.text]
            self.places[table.mark, key.text] = value.mark
            values[word.field] = self.value(word.kind, word.about, value, key)
        for word in known.values():
            if word.required and word.field not in values:
                missing(table.mark, word.name, known)
        if "mark" in shape.__struct_fields__:
            values.setdefault("mark", table.mark)
        return shape(**values)

    def table(self, node: Node, known: Mapping[str, Any], given: Mapping[str, Any] = {}) -> Table:
        """An object of these words alone, those that fill a field of `given` left out."""
        if not isinstance(node, Table):
            listed = ", ".join(known)
            _refuse(
                node.mark,
                f"here stands {said(node)}, but an object is expected. Its words: {listed}.",
                f"此处为{said(node, zh=True)}，应为对象。可用：{listed}。",
            )
        for key, _ in node.pairs:
            if key.text not in known:
                unknown(key, known)
        return node

    def value(self, kind: Any, about: Meta, node: Node, key: Scalar) -> Any:
        """What a word is set to; `key` is the word, for the refusal."""
        if isinstance(node, Scalar) and node.plain and scalar_of(node) is None:
            _refuse(
                key.mark,
                f"“{key.text}” is set to nothing. Give it a value, or take the word out.",
                f"“{key.text}”没有值。请填写，或删除该项。",
            )
        if about.description is not None:
            return self._described(about.description, node, key)
        if kind in self._special:
            return self._special[kind](node)
        match get_origin(kind):
            case None:
                return self._simple(kind, about, node, key)
            case origin if origin is Literal:
                return self._choice(get_args(kind), node, key)
            case origin if origin is tuple:
                return self._members(get_args(kind)[0], node, key)
            case origin if isinstance(origin, type) and issubclass(origin, Mapping):
                names, inner = get_args(kind)
                return self._named(names, inner, node, key)
            case _:
                return self._either(get_args(kind), node, key)

    def text(self, node: Node, key: Scalar) -> str:
        """A text as it is written, settings filled in; a number is its digits."""
        node = self.settled(node)
        if not isinstance(node, Scalar):
            _expected(key, node, "a text", "文本")
        return node.text

    def settled(self, node: Node) -> Node:
        """A scalar with the values of the settings that it names."""
        if not isinstance(node, Scalar) or "settings." not in node.text:
            return node
        if (found := _SETTING.fullmatch(node.text)) is not None:
            return Scalar(text_of(self._setting(found[1], node)), True, node.mark)
        filled = _SETTING_WITHIN.sub(lambda found: text_of(self._setting(found[1], node)), node.text)
        return Scalar(filled, node.plain, node.mark)

    def secret(self, node: Node) -> str:
        """The bare name of a secret that the spec declares. What was written instead is not repeated: it may be one."""
        name = node.text.removeprefix("$") if isinstance(node, Scalar) else ""
        if name not in self._secrets:
            listed = ", ".join(sorted(self._secrets))
            _refuse(
                node.mark,
                "a secret's name is expected here, one of those under `secrets`"
                + (f": {listed}." if listed else ". None are declared: secrets: {name: env:…}."),
                "此处应为 `secrets` 中声明的密钥名"
                + (f"：{listed}。" if listed else "。尚未声明：secrets: {名称: env:…}。"),
            )
        return name

    def template(self, node: Node, key: Scalar, *, secrets: bool = True, encoded: bool = False) -> str:
        """A text of a request."""
        if not isinstance(node, Scalar):
            _expected(key, node, "a text", "文本")
        mapping.read_text(node.text, node.mark, self._in_requests if secrets else self._in_answers, encoded=encoded)
        return node.text

    def refuse(self, mark: Mark, en: str, zh: str) -> NoReturn:
        _refuse(mark, en, zh)

    # ---- kinds of values

    def _described(self, what: str, node: Node, key: Scalar) -> Any:
        match what:
            case "duration":
                return self._duration(node, key)
            case "size":
                return self._size(node, key)
            case "secret":
                return self.secret(node)
            case "path":
                return self._path(node, key)
            case "template":
                return self.template(node, key)
            case "request" | "map":
                return self._written(what, node)
            case _:
                return (
                    self.template(node, key, secrets=False) if isinstance(node, Scalar) else self._written(what, node)
                )

    def _simple(self, kind: Any, about: Meta, node: Node, key: Scalar) -> Any:
        if kind is str:
            return self.text(node, key)
        if kind in (bool, int, float):
            return self._number(kind, about, node, key)
        if isinstance(kind, type) and issubclass(kind, Struct):
            return self.part(kind, node)
        return value_of(node)

    def _number(self, kind: Any, about: Meta, node: Node, key: Scalar) -> Any:
        settled = self.settled(node)
        value = scalar_of(settled) if isinstance(settled, Scalar) else None
        if kind is bool:
            if not isinstance(value, bool):
                _expected(key, node, "true or false", " true 或 false")
            return value
        if isinstance(value, bool) or not isinstance(value, int | (Decimal if kind is float else int)):
            _expected(key, node, "a whole number" if kind is int else "a number", "整数" if kind is int else "数字")
        self._demand_within(about, value, node, key)
        return kind(value)

    def _demand_within(self, about: Meta, value: int | Decimal, node: Node, key: Scalar) -> None:
        least, above, most = about.ge, about.gt, about.le
        if (least is not None and value < least) or (above is not None and value <= above) or (most and value > most):
            bound = f"{least}" if least is not None else f"> {above}"
            _refuse(
                node.mark,
                f"“{key.text}” is {value}; allowed is {bound} to {most}.",
                f"“{key.text}”为 {value}，允许范围：{bound} 到 {most}。",
            )

    def _choice(self, allowed: tuple[Any, ...], node: Node, key: Scalar) -> Any:
        given = self.text(node, key)
        if given not in allowed:
            en, zh = suggestion(given, [one for one in allowed if one])
            _refuse(
                node.mark,
                f"“{key.text}” cannot be {said(node)}. {en}",
                f"“{key.text}”不能为{said(node, zh=True)}。{zh}",
            )
        return given

    def _members(self, kind: Any, node: Node, key: Scalar) -> tuple[Any, ...]:
        """Each of a list; one alone needs no brackets."""
        inner, about = bare(kind)
        items = node.items if isinstance(node, Listing) else (node,)
        return tuple(self.value(inner, about, item, key) for item in items)

    def _named(self, names: Any, kind: Any, node: Node, key: Scalar) -> dict[str, Any]:
        if not isinstance(node, Table):
            _expected(key, node, "an object of names and values", "由名称和值组成的对象")
        inner, about = bare(kind)
        of_secrets = bare(names)[1].description == "secret"
        return {
            (self.secret(name) if of_secrets else name.text): self.value(inner, about, value, name)
            for name, value in node.pairs
        }

    def _either(self, kinds: tuple[Any, ...], node: Node, key: Scalar) -> Any:
        """A text, or what else it may be: a list, a whole number."""
        if isinstance(node, Listing):
            listed = next((one for one in kinds if get_origin(one) is tuple), None)
            if listed is not None:
                return self._members(get_args(listed)[0], node, key)
        if int in kinds and isinstance(node, Scalar) and isinstance(value := scalar_of(node), int):
            return value
        return self.text(node, key)

    def _duration(self, node: Node, key: Scalar) -> float:
        found = _DURATION.fullmatch(self.text(node, key))
        seconds = float(found[1]) * _SECONDS[found[2]] if found else -1.0
        if not 0 <= seconds <= _DAYS_MAX * _SECONDS["d"]:
            _expected(key, node, "a duration such as 30s, 5m, 1h or 90d", "时长，如 30s、5m、1h、90d")
        return seconds

    def _size(self, node: Node, key: Scalar) -> int:
        found = _SIZE.fullmatch(self.text(node, key))
        size, most = (int(found[1]) * _BYTES[found[2]] if found else 0), self._limits.adapter_stream_bytes_max
        if not 0 < size <= most:
            _expected(key, node, f"a size such as 64KB or 8MB, at most {most // _BYTES['MB']}MB",
                      f"大小，如 64KB、8MB，最大 {most // _BYTES['MB']}MB")  # fmt: skip
        return size

    def _span(self, node: Node) -> Span:
        key = Scalar("wait", True, node.mark)
        least, found, most = self.text(node, key).partition("..")
        first = self._duration(Scalar(least, True, node.mark), key)
        second = self._duration(Scalar(most, True, node.mark), key) if found else first
        if second < first:
            _expected(key, node, "the shorter first, such as 1s..60s", "先短后长，如 1s..60s")
        return Span(first, second)

    # ---- what has a language of its own

    def _path(self, node: Node, key: Scalar) -> str:
        if not isinstance(node, Scalar):
            _expected(key, node, "a path such as order_list[0].id", "路径，如 order_list[0].id")
        mapping.read_at(node.text, node.mark, self._in_maps)
        return node.text

    def _expression(self, node: Node) -> Expression:
        if not isinstance(node, Scalar):
            _expected(Scalar("where", True, node.mark), node, "an expression, a text", "表达式（文本）")
        mapping.read_condition(node.text, node.mark, self._in_maps, self._limits)
        return Expression(node.text, node.mark)

    def _written(self, what: str, node: Node) -> Plain:
        """A map, or a part of a request, kept as it was written."""
        kept = plain(node)

        def where(way: tuple[str | int, ...]) -> Mark:
            return kept.mark(*way)

        if what == "map":
            mapping.read_map(kept.value, where, self._in_maps, self._limits)
        else:
            references = self._in_requests if what == "request" else self._in_answers
            mapping.read_template(kept.value, where, references, self._limits)
        return kept

    def _setting(self, name: str, node: Scalar) -> Tree:
        if name not in self._settings:
            en, zh = suggestion(name, self._settings)
            _refuse(node.mark, f"there is no setting “{name}”. {en}", f"没有设置项“{name}”。{zh}")
        return self._settings[name]


def plain(node: Node) -> Plain:
    """A part as it was written."""
    return Plain(value_of(node), dict(marks_of(node)))


def words(node: Node) -> Words:
    """One text for both languages, or {en: …, zh: …}."""
    if isinstance(node, Scalar):
        return Words(node.text, node.text)
    both = (
        {key.text: value.text for key, value in node.pairs if isinstance(value, Scalar)}
        if isinstance(node, Table)
        else {}
    )
    if both.keys() != {"en", "zh"}:
        _refuse(
            node.mark,
            "a text is expected here, or one for each language: {en: Orders, zh: 订单}.",
            "此处应为文本，或两种语言各一个：{en: Orders, zh: 订单}。",
        )
    return Words(both["en"], both["zh"])


def said(node: Node, *, zh: bool = False) -> str:
    """What stands there, shortly."""
    match node:
        case Listing():
            return "列表" if zh else "a list"
        case Table():
            return "对象" if zh else "an object"
        case Scalar(text=text):
            shown = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
            return f"“{shown}”"


def unknown(key: Scalar, known: Iterable[str]) -> NoReturn:
    """A word that says nothing here."""
    en, zh = suggestion(key.text, list(known))
    _refuse(key.mark, f"the word {said(key)} says nothing here. {en}", f"此处不能使用{said(key, zh=True)}。{zh}")


def missing(mark: Mark, word: str, known: Iterable[str]) -> NoReturn:
    """A word that must be there."""
    listed = ", ".join(known)
    _refuse(mark, f"“{word}” is missing here. Words: {listed}.", f"此处缺少“{word}”。可用：{listed}。")


def _word(one: Any, hint: Any) -> Word:
    kind, about = bare(hint)
    required = one.default is NODEFAULT and one.default_factory is NODEFAULT
    default = one.default_factory() if one.default_factory is not NODEFAULT else one.default
    return Word(one.encode_name, one.name, kind, about, required, default)


def _expected(key: Scalar, node: Node, en: str, zh: str) -> NoReturn:
    _refuse(
        node.mark,
        f"“{key.text}” takes {en}; here stands {said(node)}.",
        f"“{key.text}”应为{zh}；此处为{said(node, zh=True)}。",
    )


def _refuse(mark: Mark, en: str, zh: str) -> NoReturn:
    raise BadSpec(mark, en, zh)
