"""Paths into documents, as maps and expressions write them. Pure.

    order_sn   address.city   item_list[0].sku   item_list[-1]   item_list[].sku   a."odd key"   $settings.shop

A path begins at the record at hand (`$item`, which need not be said), at what is around it (`$parent`), at the whole
document (`$root`), or at a reference. `[]` is each element: the path then gives a list, without those that are missing.
"""

import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import TypeAlias

from msgspec import Struct

from app.adapters.maps.values import Place

MOMENT_PARTS = ("iso", "text", "unix", "unix_ms")
_MOMENTS = frozenset({("now",), ("window", "start"), ("window", "end"), ("event", "at")})
_OWN = ("item", "parent", "root")
_STEPS_MAX = 32
_SUGGESTED_CHARACTERS_MAX = 40  # comparing takes their square
_PLAIN = re.compile(r"[^\W\d]\w*|[@#]\w+")  # a name that needs no quotes, in expressions neither
_NAME = re.compile(r"""[^\s.\[\]"$](?:[^.\[\]"\x00-\x1f]*[^\s.\[\]"])?""")
_QUOTED = re.compile(r'"((?:[^"\\\x00-\x1f]|\\["\\])*)"')
_INDEX = re.compile(r"\[(-?[0-9]{1,7})?\]")
_REFERENCE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_-]*)")


class Key(Struct, frozen=True, tag=True):
    name: str


class Index(Struct, frozen=True, tag=True):
    at: int


class Each(Struct, frozen=True, tag=True):
    """Every element of a list."""


Step: TypeAlias = Key | Index | Each


class Path(Struct, frozen=True, tag=True):
    """`root`: `item` (of `up` levels further out), `root`, `secret`, or the name of a reference."""

    steps: tuple[Step, ...]
    root: str = "item"
    up: int = 0

    @property
    def is_many(self) -> bool:
        """Whether it gives a list made of what it finds."""
        return self.loops > 0

    @property
    def loops(self) -> int:
        """Through how many lists it goes, one in another."""
        return sum(isinstance(step, Each) for step in self.steps)


class References(Struct, frozen=True):
    """What `$…` may name beside `$item`, `$parent` and `$root`. `settings`: the names there are, None for any.

    `secrets` stand as `$name` in requests; a map is given none.
    """

    names: frozenset[str]
    secrets: frozenset[str] = frozenset()
    settings: frozenset[str] | None = None


IN_MAPS = References(frozenset({"now", "source", "settings", "event", "headers", "query"}))
IN_REQUESTS = References(
    IN_MAPS.names | {"window", "page", "size", "cursor", "token", "mapped", "id"},
)


class Misread(Exception):
    """A text that cannot be read; `column` counts its characters from 1."""

    def __init__(self, column: int, en: str, zh: str) -> None:
        super().__init__(en)
        self.column = column
        self.en = en
        self.zh = zh


def read_path(text: str, references: References, levels: int) -> Path:
    """The path that a text writes; `levels` is how often `$parent` can go out. Raises `Misread`."""
    return _Reader(text, references, levels).path()


def resolved(names: list[tuple[str, int]], steps: list[Step], references: References, levels: int) -> Path:
    """A path whose `$…` words are `names` (with their columns), followed by `steps`. Raises `Misread`."""
    if len(steps) > _STEPS_MAX:
        raise Misread(1, f"this path has more than {_STEPS_MAX} steps.", f"此路径超过 {_STEPS_MAX} 级。")
    if not names:
        return Path(tuple(steps))
    name, column = names[0]
    if name == "parent":
        return Path(tuple(steps), up=_outward(names, levels))
    if len(names) > 1:
        raise Misread(names[1][1], "after this only `$parent` may come again.", "此处只能再次使用 `$parent`。")
    return _referred(name, column, steps, references)


def spelled(path: Path) -> str:
    """The path as it is written."""
    begin = {"item": "$parent." * path.up, "secret": "$"}.get(path.root, f"${path.root}.")  # nosec B105
    text = begin.rstrip(".") if not path.steps else begin
    for number, step in enumerate(path.steps):
        if isinstance(step, Key):
            text += f".{quoted(step.name)}" if number else quoted(step.name)
        else:
            text = text.rstrip(".") + ("[]" if isinstance(step, Each) else f"[{step.at}]")
    return text or "$item"


def deeper(place: Place, step: Step) -> Place:
    """The place that a step leads to."""
    if isinstance(step, Key):
        return (*place, f".{quoted(step.name)}" if place else quoted(step.name))
    return (*place, "[]" if isinstance(step, Each) else f"[{step.at}]")


def root_place(path: Path) -> Place:
    """Where a path begins that does not begin at a record."""
    return ("$",) if path.root == "secret" else (f"${path.root}",)


def place_of(path: Path, base: Place) -> Place:
    """The place of all of a path: `base` is where it begins."""
    for step in path.steps:
        base = deeper(base, step)
    return base


def quoted(name: str) -> str:
    """A field's name as a path writes it: in quotes where it could be taken for something else."""
    if _PLAIN.fullmatch(name) or _NAME.fullmatch(name):
        return name
    return '"' + "".join("\\" + one if one in '"\\' else max(one, " ") for one in name) + '"'


def suggestion(given: str, allowed: Collection[str]) -> tuple[str, str]:
    """“Did you mean …?” in both languages, where something is near; and what is allowed."""
    given = given[:_SUGGESTED_CHARACTERS_MAX]
    twisted = [one for one in allowed if sorted(one) == sorted(given)]  # `form` is `from`, though `format` is nearer
    near = twisted or get_close_matches(given, allowed, 1)
    listed = ", ".join(sorted(allowed))
    en, zh = (f"Allowed: {listed}.", f"可用：{listed}。") if listed else ("", "")
    return (f"Did you mean “{near[0]}”? {en}", f"是否应为“{near[0]}”？{zh}") if near else (en, zh)


def _outward(names: list[tuple[str, int]], levels: int) -> int:
    for count, (name, column) in enumerate(names, 1):
        if name != "parent":
            raise Misread(column, f"“${name}” cannot stand here.", f"此处不能使用“${name}”。")
        if count > levels:
            raise Misread(
                column,
                f"there is nothing around this for `$parent`: it goes out of `each` and `map`, here {levels} times.",
                f"此处外层没有可供 `$parent` 引用的内容：它指 `each`、`map` 的外层，此处最多 {levels} 层。",
            )
    return len(names)


def _referred(name: str, column: int, steps: list[Step], references: References) -> Path:
    if name in ("item", "root"):
        return Path(tuple(steps), name)
    if name in references.secrets:  # whoever calls a secret of his `token` means that one
        if steps:
            raise Misread(column, f"the secret “${name}” has no parts.", f"密钥“${name}”没有下级字段。")
        return Path((Key(name),), "secret")
    if name in references.names:
        _demand_setting(name, column, steps, references)
        return Path(_moment(name, column, steps), name)
    allowed = [f"${one}" for one in (*_OWN, *references.names, *references.secrets)]
    en, zh = suggestion(f"${name}", allowed)
    raise Misread(
        column,
        f"“${name}” is not known here (secrets are known in requests alone). {en}",
        f"此处没有“${name}”（密钥仅能在请求中使用）。{zh}",
    )


def _demand_setting(name: str, column: int, steps: list[Step], references: References) -> None:
    if name != "settings" or references.settings is None:
        return
    asked = steps[0].name if steps and isinstance(steps[0], Key) else ""
    if asked not in references.settings:
        en, zh = suggestion(asked, references.settings)
        raise Misread(column, f"there is no setting “{asked}”. {en}", f"没有设置项“{asked}”。{zh}")


def _moment(name: str, column: int, steps: list[Step]) -> tuple[Step, ...]:
    """A moment alone is its RFC 3339 text; else one of its parts."""
    names = (name, *(step.name if isinstance(step, Key) else "" for step in steps))
    for known in _MOMENTS:
        if names[: len(known)] != known:
            continue
        rest = names[len(known) :]
        if not rest:
            return (*steps, Key("iso"))
        if len(rest) > 1 or rest[0] not in MOMENT_PARTS:
            en, zh = suggestion(rest[0], MOMENT_PARTS)
            raise Misread(column, f"a moment has no such part. {en}", f"时刻没有此部分。{zh}")
    return tuple(steps)


class _Reader:
    def __init__(self, text: str, references: References, levels: int) -> None:
        self._text = text
        self._references = references
        self._levels = levels
        self._at = 0

    def path(self) -> Path:
        names, steps = self._names(), list[Step]()
        if not names:
            steps.append(self._key())
        while self._at < len(self._text):
            steps.append(self._step())
        return resolved(names, steps, self._references, self._levels)

    def _names(self) -> list[tuple[str, int]]:
        names = []
        while (found := _REFERENCE.match(self._text, self._at)) is not None:
            names.append((found[1], self._at + 1))
            self._at = found.end()
            if not self._text.startswith(".$", self._at):
                break
            self._at += 1
        return names

    def _step(self) -> Step:
        if (found := _INDEX.match(self._text, self._at)) is not None:
            self._at = found.end()
            return Index(int(found[1])) if found[1] else Each()
        if self._text[self._at] != ".":
            raise self._wrong("here `.name`, `[0]` or `[]` may follow.", "此处应为 `.名称`、`[0]` 或 `[]`。")
        self._at += 1
        return self._key()

    def _key(self) -> Key:
        if (found := _QUOTED.match(self._text, self._at)) is not None:
            self._at = found.end()
            return Key(re.sub(r"\\(.)", r"\1", found[1]))
        if (found := _NAME.match(self._text, self._at)) is None:
            raise self._wrong(
                'a name is expected; what holds other characters stands in double quotes: a."odd.key".',
                '应为名称；含特殊字符的名称用双引号括起：a."odd.key"。',
            )
        self._at = found.end()
        return Key(found[0])

    def _wrong(self, en: str, zh: str) -> Misread:
        return Misread(self._at + 1, en, zh)
