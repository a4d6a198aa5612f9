"""A map read from plain data into steps: output field -> where its value comes from, and what is made of it. Pure.

    id: order_sn                                     a path
    shop: {value: pdd}                               a constant
    buyer: {first: [receiver_name, nick]}            the first that is not empty
    name: {join: {of: [first_name, last_name], with: " "}}
    total: {expr: "goods_amount + postage", as: money}
    city: {from: address.city, default: "?"}         then, in this order: split, where, enum with else, as, default
    items: {each: item_list, where: "goods_count > 0", map: {sku: sku_id, order: $parent.order_sn}}
    address: {from: receiver, map: {city: city}}     an object; without `from` of the record at hand
    note: {from: memo, when: "memo != ''"}           only then is there such a field

Where a value is a list by its path (`tags[]`) or by `split`, the steps up to `as` are done with each element, and null
is left out. Every mistake is a `BadSpec` with its mark, what is allowed, and what may have been meant.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import NoReturn, TypeAlias

from app.adapters.errors import BadSpec, Mark
from app.adapters.formats.tree import DEPTH_MAX, Tree
from app.adapters.maps.conversions import KINDS, As, converter, money
from app.adapters.maps.expressions import read_expression
from app.adapters.maps.paths import IN_MAPS, IN_REQUESTS, Misread, Path, References, read_path, suggestion
from app.adapters.maps.rules import (
    Computed,
    Default,
    Each,
    Enum,
    Field,
    Fields,
    First,
    From,
    Inside,
    Join,
    Keep,
    Listing,
    Literal,
    Origin,
    Required,
    Rule,
    Scalar,
    Split,
    Step,
    Text,
)
from app.adapters.maps.syntax import Node, Not, paths_of
from app.adapters.maps.times import zone_of
from app.settings import Limits

Way: TypeAlias = tuple[str | int, ...]  # to a part of the map, `("items", "map", "sku", "as")`
Where: TypeAlias = Callable[[Way], Mark]

_ORIGINS = ("value", "from", "first", "join", "each", "expr", "map")
_DETAILS = {"unit": ("money",), "zone": ("time", "date", "text"), "format": ("time", "date", "text", "int")}
_MADE = frozenset({"split", "where", "enum", "else", "as", "unit", "zone", "format", "default", "required", "when"})
_BESIDE: dict[str, frozenset[str]] = {  # what may stand beside where a value comes from
    "value": frozenset({"when"}),
    "from": _MADE,
    "first": _MADE,
    "join": _MADE,
    "expr": _MADE,
    "each": frozenset({"map", "where", "when", "required", "as"}),
    "map": frozenset({"from", "when", "required", "as"}),
}
WORDS = (*_ORIGINS, *sorted(_MADE))
_NAME_CHARACTERS_MAX = 200
_NUMBER_MAX = 10**60
_LOOPS_MAX = 8  # beside it what `where` and `split` add: Python itself takes 20


def read_map(rules: Tree, where: Where, references: References = IN_MAPS, limits: Limits | None = None) -> Rule:
    """A map: what it makes is an object. Raises `BadSpec`."""
    return _Reader(where, references, limits or Limits()).whole(rules)


def read_template(
    rules: Tree, where: Where, references: References = IN_REQUESTS, limits: Limits | None = None
) -> Rule:
    """A part of a request: constants stand for themselves, `$…` for what they name, rules as in a map. As `read_map`.

    A text that is `$name.part` alone keeps its type, `${name.part}` within a longer one becomes text; `$$` is a dollar
    sign.
    """
    return _TemplateReader(where, references, limits or Limits()).rule(rules, ())


def read_text(text: str, mark: Mark, references: References = IN_REQUESTS, *, encoded: bool = False) -> Rule:
    """A text of a request alone, as in `read_template`; `encoded` for addresses. Raises `BadSpec`."""
    return _TemplateReader(lambda way: mark, references, Limits(), encoded=encoded).rule(text, ())


def read_at(text: str, mark: Mark, references: References = IN_MAPS) -> Rule:
    """A path alone; an empty one is all of the document. Raises `BadSpec`."""
    if not text:
        return Rule(From(Path(())))
    return _Reader(lambda way: mark, references, Limits()).rule(text, ())


def read_condition(text: str, mark: Mark, references: References = IN_MAPS, limits: Limits | None = None) -> Rule:
    """A condition alone: it gives true or false. Raises `BadSpec`."""
    rule = _Reader(lambda way: mark, references, limits or Limits()).rule({"expr": text}, ())
    assert isinstance(rule.origin, Computed)
    return Rule(Computed(Not(Not(rule.origin.node))))


class _Reader:
    """`levels`: how many records are around the one at hand; `depth`: of maps in one another; `loops`: how many lists
    are gone through around what is read.
    """

    def __init__(self, where: Where, references: References, limits: Limits) -> None:
        self._where = where
        self._references = references
        self._limits = limits
        self._fields = 0
        self._levels = 0
        self._depth = 0
        self._loops = 0

    def whole(self, rules: Tree) -> Rule:
        return Rule(Inside(None, self._object(rules, ())))

    def rule(self, given: Tree, way: Way) -> Rule:
        """One value's rule."""
        if isinstance(given, str):
            return self._of_path(self._path(given, way))
        if isinstance(given, list):
            return self._listing(given, way)
        if not isinstance(given, dict):
            self._refuse(
                way,
                "a field is a path (a text), or an object such as {from: …, as: …}; a constant is {value: …}.",
                "字段应为路径（文本）或 {from: …, as: …} 这样的对象；常量写作 {value: …}。",
            )
        return self._of_words(given, way)

    def _listing(self, given: list[Tree], way: Way) -> Rule:
        with self._deeper(way):
            return Rule(Listing(tuple(self.rule(member, (*way, number)) for number, member in enumerate(given))))

    # ---- where a value comes from

    def _of_path(self, path: Path) -> Rule:
        return Rule(From(path), () if path.is_many else None)

    def _of_words(self, given: Mapping[str, Tree], way: Way) -> Rule:
        origin = self._origin_word(given, way)
        self._demand_beside(origin, given, way)
        when = self._expression(given["when"], (*way, "when"), self._levels) if "when" in given else None
        if origin in ("each", "map"):
            made = self._each(given, way) if origin == "each" else self._inside(given, way)
            return Rule(made, None, (*self._packed(given, way), *self._required(given, way)), when)
        if origin == "value":
            return Rule(Literal(self._tree(given["value"], (*way, "value"))), when=when)
        source = self._origin(origin, given[origin], (*way, origin))
        listed = (isinstance(source, From) and source.path.is_many) or "split" in given
        elements = self._elements(given, way, listed=listed)
        whole = (*self._default(given, way), *self._required(given, way))
        return Rule(source, elements, whole, when) if listed else Rule(source, None, (*elements, *whole), when)

    def _origin_word(self, given: Mapping[str, Tree], way: Way) -> str:
        for word in given:
            if word not in WORDS:
                en, zh = suggestion(str(word), WORDS)
                self._refuse(
                    (*way, str(word)),
                    f"“{word}” says nothing in a rule; an inner object is written {{map: {{…}}}}. {en}",
                    f"规则中不能使用“{word}”；内层对象写作 {{map: {{…}}}}。{zh}",
                )
        found = [word for word in _ORIGINS if word in given and not (word == "map" and {"each", "from"} & given.keys())]
        if "map" in given and "from" in given and "each" not in given:
            found = ["map"]
        if len(found) != 1:
            said_en, said_zh = (" and ".join(found), "、".join(found)) if found else ("none", "未写")
            self._refuse(
                way,
                f"a value comes from one of {', '.join(_ORIGINS)}; here is {said_en}.",
                f"值的来源只能写一个：{'、'.join(_ORIGINS)}；此处：{said_zh}。",
            )
        return found[0]

    def _demand_beside(self, origin: str, given: Mapping[str, Tree], way: Way) -> None:
        for word in given:
            if word != origin and word not in _BESIDE[origin]:
                allowed = ", ".join(sorted(_BESIDE[origin]))
                self._refuse(
                    (*way, word),
                    f"`{word}` cannot stand beside `{origin}`. Allowed beside it: {allowed}.",
                    f"`{word}` 不能与 `{origin}` 同用。可同用：{allowed}。",
                )

    def _origin(self, word: str, given: Tree, way: Way) -> Origin:
        if word == "expr":
            return Computed(self._expression(given, way, self._levels))
        if word == "first":
            return First(self._members(given, way))
        if word == "join":
            return self._join(given, way)
        if not isinstance(given, str):
            self._refuse(way, "`from` takes one path, a text.", "`from` 应为一个路径（文本）。")
        return From(self._path(given, way))

    def _join(self, given: Tree, way: Way) -> Join:
        if not isinstance(given, dict) or "of" not in given or not given.keys() <= {"of", "with"}:
            self._refuse(way, '`join` takes {of: [paths], with: " "}.', '`join` 的写法：{of: [路径], with: " "}。')
        between = given.get("with", "")
        if not isinstance(between, str):
            self._refuse((*way, "with"), "`with` takes a text.", "`with` 应为文本。")
        of = given["of"]
        return Join(self._members([of] if isinstance(of, str) else of, (*way, "of")), between)

    def _members(self, given: Tree, way: Way) -> tuple[Rule, ...]:
        if not isinstance(given, list) or not given:
            self._refuse(way, "a list of paths is expected here: [a, b.c].", "此处应为路径列表：[a, b.c]。")
        with self._deeper(way):
            return tuple(_Reader.rule(self, member, (*way, number)) for number, member in enumerate(given))

    def _each(self, given: Mapping[str, Tree], way: Way) -> Each:
        path = self._single_path(given["each"], (*way, "each"), many=True)
        if "map" not in given:
            self._refuse(
                way,
                '`each` needs a `map` for its elements; a list as it is would be {from: "list[]"}.',
                '`each` 需要配合 `map`；原样取列表请写 {from: "list[]"}。',
            )
        self._levels += 1
        self._loops += (loops := path.loops + 1)
        kept = self._expression(given["where"], (*way, "where"), self._levels) if "where" in given else None
        fields = self._object(given["map"], (*way, "map"))
        self._levels -= 1
        self._loops -= loops
        return Each(path, kept, fields)

    def _inside(self, given: Mapping[str, Tree], way: Way) -> Inside:
        if "from" not in given:
            return Inside(None, self._object(given["map"], (*way, "map")))
        path = self._single_path(given["from"], (*way, "from"), many=False)
        self._levels += 1
        fields = self._object(given["map"], (*way, "map"))
        self._levels -= 1
        return Inside(path, fields)

    def _single_path(self, given: Tree, way: Way, *, many: bool) -> Path:
        if not isinstance(given, str):
            self._refuse(way, "one path is expected here, a text.", "此处应为一个路径（文本）。")
        path = self._path(given, way)
        if path.is_many and not many:
            self._refuse(
                way,
                "an object is made of one thing; for a list write {each: …, map: …}.",
                "对象只能由单个值生成；列表请用 {each: …, map: …}。",
            )
        return path

    def _object(self, given: Tree, way: Way) -> Fields:
        if not isinstance(given, dict):
            self._refuse(way, "fields are expected here: {name: rule}.", "此处应为字段：{名称: 规则}。")
        with self._deeper(way):
            return Fields(tuple(self._field(name, rule, way) for name, rule in given.items()))

    def _field(self, name: str, given: Tree, way: Way) -> Field:
        self._fields += 1
        if self._fields > (most := self._limits.adapter_map_fields_max):
            self._refuse(way, f"a map has at most {most} fields.", f"映射最多 {most} 个字段。")
        name = _key(name)
        if not 0 < len(name) <= _NAME_CHARACTERS_MAX:
            self._refuse(
                way,
                f"a field's name is a text of 1 to {_NAME_CHARACTERS_MAX} characters.",
                f"字段名应为 1 至 {_NAME_CHARACTERS_MAX} 个字符的文本。",
            )
        return Field(name, self.rule(given, (*way, name)))

    # ---- what is made of it

    def _elements(self, given: Mapping[str, Tree], way: Way, *, listed: bool) -> tuple[Step, ...]:
        steps = list[Step]()
        if "split" in given:
            steps.append(Split(self._words_text(given["split"], (*way, "split"))))
        if "where" in given:
            if not listed:
                self._refuse(
                    (*way, "where"),
                    "`where` chooses among the elements of a list; for a single value write `when`.",
                    "`where` 用于筛选列表元素；单个值请用 `when`。",
                )
            steps.append(Keep(self._expression(given["where"], (*way, "where"), self._levels + 1)))
        if "enum" in given or "else" in given:
            steps.append(self._enum(given, way))
        if "as" in given or _DETAILS.keys() & given.keys():
            steps.append(self._as(given, way))
        return tuple(steps)

    def _words_text(self, given: Tree, way: Way) -> str:
        if not isinstance(given, str) or not given:
            self._refuse(way, "a text is expected here.", "此处应为文本。")
        return given

    def _enum(self, given: Mapping[str, Tree], way: Way) -> Enum:
        table = given.get("enum")
        if not isinstance(table, dict) or not table:
            self._refuse(
                (*way, "enum"),
                "`enum` takes {their value: ours}, and `else` beside it what all others become.",
                "`enum` 的写法：{对方的值: 我方的值}；其他值由同级的 `else` 决定。",
            )
        named = {_key(name): self._scalar(value, (*way, "enum", name)) for name, value in table.items()}
        return Enum(named, self._scalar(given.get("else"), (*way, "else")))

    def _scalar(self, given: Tree, way: Way) -> Scalar:
        value = self._tree(given, way)
        if isinstance(value, list | dict | bytes):
            self._refuse(way, "a single value is expected here.", "此处应为单个值。")
        return value

    def _as(self, given: Mapping[str, Tree], way: Way) -> As:
        said = given.get("as", "text")
        kind = said if isinstance(said, str) else ""
        if kind not in KINDS:
            en, zh = suggestion(kind, KINDS)
            self._refuse((*way, "as"), f"“{kind}” is nothing to convert to. {en}", f"不支持转换为“{kind}”。{zh}")
        for word, kinds in _DETAILS.items():
            if word in given and (kind not in kinds or "as" not in given):
                shown = ", ".join(f"`as: {one}`" for one in kinds)
                self._refuse((*way, word), f"`{word}` belongs to {shown}.", f"`{word}` 只能与 {shown} 同用。")
        unit = given.get("unit", "major")
        unit = unit if isinstance(unit, str | int) else ""
        zone, form = (self._optional_text(given, word, way) for word in ("zone", "format"))
        wanted = As(kind, unit, zone, form)
        self._demand_convertible(wanted, way)
        return wanted

    def _optional_text(self, given: Mapping[str, Tree], word: str, way: Way) -> str:
        return self._words_text(given[word], (*way, word)) if word in given else ""

    def _demand_convertible(self, wanted: As, way: Way) -> None:
        for word, demand in (
            ("zone", lambda: wanted.zone and zone_of(wanted.zone)),
            ("unit", lambda: wanted.kind == "money" and money(wanted.unit)),
            ("format", lambda: converter(wanted)),
        ):
            try:
                demand()
            except Misread as error:
                self._refuse((*way, word), error.en, error.zh)

    def _default(self, given: Mapping[str, Tree], way: Way) -> tuple[Step, ...]:
        return (Default(self._tree(given["default"], (*way, "default"))),) if "default" in given else ()

    def _packed(self, given: Mapping[str, Tree], way: Way) -> tuple[Step, ...]:
        """An object or a list made here may leave as a text of JSON, and as nothing else."""
        if given.get("as", "json") != "json":
            self._refuse((*way, "as"), "what `map` makes can only be `as: json`.", "`map` 的结果只能使用 `as: json`。")
        return (self._as(given, way),) if "as" in given else ()

    def _required(self, given: Mapping[str, Tree], way: Way) -> tuple[Step, ...]:
        required = given.get("required", False)
        if not isinstance(required, bool):
            self._refuse((*way, "required"), "`required` is true or false.", "`required` 应为 true 或 false。")
        return (Required(),) if required else ()

    # ---- parts

    def _path(self, text: str, way: Way) -> Path:
        try:
            path = read_path(text, self._references, self._levels)
        except Misread as error:
            self._refuse_text(way, text, error)
        self._demand_loops(path, way)
        return path

    def _expression(self, given: Tree, way: Way, levels: int) -> Node:
        if not isinstance(given, str):
            self._refuse(
                way,
                "an expression is a text; in YAML it may need quotes.",
                "表达式应为文本；在 YAML 中可能需要加引号。",
            )
        try:
            node = read_expression(given, self._references, levels, self._limits)
        except Misread as error:
            self._refuse_text(way, given, error)
        for path in paths_of(node):
            self._demand_loops(path, way)
        return node

    def _demand_loops(self, path: Path, way: Way) -> None:
        if self._loops + path.loops > _LOOPS_MAX:
            self._refuse(
                way,
                f"lists are at most {_LOOPS_MAX} deep in one another.",
                f"列表最多嵌套 {_LOOPS_MAX} 层。",
            )

    def _tree(self, given: Tree, way: Way, depth: int = DEPTH_MAX) -> Tree:
        """A constant, as it is kept."""
        if depth == 0:
            self._refuse(way, f"this is more than {DEPTH_MAX} deep.", f"此处超过 {DEPTH_MAX} 层。")
        if isinstance(given, dict):
            return {_key(name): self._tree(value, way, depth - 1) for name, value in given.items()}
        if isinstance(given, list):
            return [self._tree(value, way, depth - 1) for value in given]
        if isinstance(given, int | Decimal) and not -_NUMBER_MAX < given < _NUMBER_MAX:
            self._refuse(way, "this number is too large.", "此数字过大。")
        if not isinstance(given, bool | int | Decimal | str | bytes | None):
            self._refuse(way, "this is no value of a document; put it in quotes.", "这不是文档中的值；请加引号。")
        return given

    @contextmanager
    def _deeper(self, way: Way) -> Iterator[None]:
        self._depth += 1
        if self._depth > (most := self._limits.adapter_map_depth_max):
            self._refuse(way, f"maps are at most {most} deep.", f"映射最多嵌套 {most} 层。")
        yield
        self._depth -= 1

    def _refuse_text(self, way: Way, text: str, error: Misread) -> NoReturn:
        at_en, at_zh = f"at character {error.column} of “{text[:100]}”", f"“{text[:100]}”第 {error.column} 个字符"
        self._refuse(way, f"{at_en}: {error.en}", f"{at_zh}：{error.zh}")

    def _refuse(self, way: Way, en: str, zh: str) -> NoReturn:
        shown = ".".join(map(str, way))
        raise BadSpec(self._where(way), f"{shown}: {en}" if shown else en, f"{shown}：{zh}" if shown else zh)


class _TemplateReader(_Reader):
    """As a map, but what is no reference is a constant, and an object that is no rule is an object."""

    def __init__(self, where: Where, references: References, limits: Limits, *, encoded: bool = False) -> None:
        super().__init__(where, references, limits)
        self._encoded = encoded

    def rule(self, given: Tree, way: Way) -> Rule:
        if isinstance(given, str):
            return self._text(given, way)
        if isinstance(given, dict):
            if given and given.keys() <= {*WORDS} and {*_ORIGINS} & given.keys():
                return self._of_words(given, way)
            return Rule(Inside(None, self._object(given, way)))
        if isinstance(given, list):
            return self._listing(given, way)
        return Rule(Literal(self._tree(given, way)))

    def _text(self, text: str, way: Way) -> Rule:
        if _ALONE.match(text):
            return self._of_path(self._path(text, way))
        parts, at = list[str | Path](), 0
        for found in _WITHIN.finditer(text):
            parts += [text[at : found.start()]] if found.start() > at else []
            parts.append("$" if found[0] == "$$" else self._within(found, way))
            at = found.end()
        parts += [text[at:]] if at < len(text) else []
        if all(isinstance(part, str) for part in parts):
            return Rule(Literal("".join(part for part in parts if isinstance(part, str))))
        return Rule(Text(tuple(parts), self._encoded))

    def _within(self, found: "re.Match[str]", way: Way) -> Path:
        path = self._path(f"${found[1]}", way)
        if path.is_many:
            self._refuse(way, "a text takes single values; see `join`.", "文本中只能使用单个值；请参见 `join`。")
        return path


_ALONE = re.compile(r"\$[A-Za-z_]")
_WITHIN = re.compile(r"\$\$|\$\{([^{}]*)\}")


def _key(name: object) -> str:
    """A key as text: YAML reads `1:` as a number and `true:` as a truth."""
    if isinstance(name, bool):
        return "true" if name else "false"
    return "" if name is None else str(name)
