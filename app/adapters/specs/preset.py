"""Presets: a system's spec but for whose it is, with a description of the settings and secrets that it asks for.

A form is made of that description, and what it gives is a source of a few lines: `preset`, `settings`, `secrets`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from app.adapters.errors import BadSpec, Mark
from app.adapters.formats.tree import Tree
from app.adapters.maps.paths import suggestion
from app.adapters.specs.model import SecretAsked, Setting
from app.adapters.specs.nodes import Node, Scalar, Table, value_of
from app.adapters.specs.shapes import Reader, missing, said, unknown, words
from app.model.health import Words
from app.settings import Limits

SLUG = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
OWN_WORDS = ("preset", "part", "title", "help", "settings", "secrets")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}", re.ASCII)
_DURATION = re.compile(r"[0-9]{1,9}(ms|s|m|h|d)", re.ASCII)
_ADDRESS = re.compile(r"(https?|wss?)://[^\s/?#@]+([/?#]\S*)?")
# What a trial gives where a setting has no default.
_TRIED = {"text": "text", "address": "https://shop.example", "number": "1", "time": "1m", "switch": "true"}
_TYPES = {
    "text": ("a text", "文本"),
    "address": ("an address such as https://shop.example", "地址，如 https://shop.example"),
    "number": ("a number", "数字"),
    "time": ("a duration such as 5m", "时长，如 5m"),
    "switch": ("true or false", " true 或 false"),
}


class Preset(Struct, frozen=True, kw_only=True):
    """Several of one name are its parts: each becomes a source of its own, `{source}-{part}`."""

    name: str
    part: str = ""
    title: Words
    help: Words | None = None
    settings: Mapping[str, Setting] = {}
    secrets: Mapping[str, SecretAsked] = {}
    table: Table
    mark: Mark


Presets = Mapping[str, tuple[Preset, ...]]


def preset_of(node: Node, source_words: Iterable[str], limits: Limits) -> Preset:
    """The preset that a document describes; `source_words` are those of the source that it becomes."""
    reader = Reader({}, (), limits)
    table = reader.table(node, dict.fromkeys((*OWN_WORDS, *source_words)))
    title, help_ = table.get("title"), table.get("help")
    if title is None or table.get("preset") is None:
        missing(table.mark, "preset" if title is not None else "title", OWN_WORDS)
    return Preset(
        name=slug(table, "preset"),
        part=slug(table, "part"),
        title=words(title),
        help=words(help_) if help_ is not None else None,
        settings=_described(reader, table.get("settings"), Setting),
        secrets=_described(reader, table.get("secrets"), SecretAsked),
        table=table,
        mark=table.mark,
    )


def by_name(presets: Iterable[Preset]) -> Presets:
    """As `read` takes them: the parts of each together."""
    found: dict[str, tuple[Preset, ...]] = {}
    for preset in presets:
        found[preset.name] = (*found.get(preset.name, ()), preset)
    return found


def answers(table: Table, preset: Preset, others: Iterable[Preset] = ()) -> dict[str, Tree]:
    """What an instance has set, each of its setting's type; defaults for the rest.

    `others` are the parts beside it, whose settings stand in the same place.
    """
    node = table.get("settings")
    given = {key.text: (key, value) for key, value in node.pairs} if isinstance(node, Table) else {}
    _demand_asked(node, {name for one in (preset, *others) for name in one.settings})
    found: dict[str, Tree] = {}
    for name, setting in preset.settings.items():
        if name in given:
            found[name] = _answer(given[name][1], name, setting)
        elif setting.default is None:
            missing((table.key("settings") or table).mark, f"settings.{name}", preset.settings)
        else:
            found[name] = setting.default
    return found


def demand_secrets(table: Table, given: Iterable[str], preset: Preset, others: Iterable[Preset] = ()) -> None:
    """Each secret that is asked for, and no other. Raises `BadSpec`."""
    _demand_asked(table.get("secrets"), {name for one in (preset, *others) for name in one.secrets})
    for name in preset.secrets:
        if name not in given:
            missing((table.key("secrets") or table).mark, f"secrets.{name}", preset.secrets)


def trial_of(preset: Preset) -> Table:
    """A source of that preset whose every setting and secret is given, so that the preset itself can be tried.

    Switches are on: what they add is tried, too.
    """

    def scalar(text: str) -> Scalar:
        return Scalar(text, True, preset.mark)

    def table(pairs: Mapping[str, Node]) -> Table:
        return Table(tuple((scalar(name), node) for name, node in pairs.items()), preset.mark, 1, 1)

    asked = {name: one for name, one in preset.settings.items() if one.default is None or one.type == "switch"}
    settings = {name: scalar(next(iter(one.choices), _TRIED.get(one.type, ""))) for name, one in asked.items()}
    secrets = {name: scalar("vault:trial") for name in preset.secrets}
    named: dict[str, Node] = {"source": scalar("trial"), "preset": scalar(preset.name)}
    return table({**named, "settings": table(settings), "secrets": table(secrets)})


def constants(node: Node | None) -> dict[str, Tree]:
    """The settings of a source without a preset: what it refers to as `$settings.name`."""
    if node is None:
        return {}
    if not isinstance(node, Table):
        raise BadSpec(node.mark, "settings are an object: {shop: main}.", "settings 应为对象：{shop: main}。")
    return {name_of(key): value_of(value) for key, value in node.pairs}


def name_of(key: Scalar) -> str:
    """The name of a setting or a secret."""
    if not _WORD.fullmatch(key.text):
        raise BadSpec(
            key.mark,
            "a name begins with a letter and has at most 40 letters, digits, _ and -.",
            "名称以字母开头，只含字母、数字、_ 和 -，最多 40 个字符。",
        )
    return key.text


def slug(table: Table, word: str) -> str:
    """A name that may stand in an address; empty where the word is not there."""
    node = table.get(word)
    if node is None:
        return ""
    if not isinstance(node, Scalar) or not SLUG.fullmatch(node.text):
        raise BadSpec(
            node.mark,
            f"“{word}” begins with a small letter and has at most 40 small letters, digits and dashes.",
            f"“{word}”以小写字母开头，只含小写字母、数字和连字符，最多 40 个字符。",
        )
    return node.text


def _described(reader: Reader, node: Node | None, shape: Any) -> dict[str, Any]:
    if node is None:
        return {}
    if not isinstance(node, Table):
        raise BadSpec(
            node.mark,
            "here stands an object of names, each with its title: {shop: {title: Shop}}.",
            "此处应为名称组成的对象，每项都有标题：{shop: {title: 店铺}}。",
        )
    found = {name_of(key): reader.part(shape, value) for key, value in node.pairs}
    for name, one in found.items():
        if isinstance(one, Setting):
            _demand_answerable(name, one)
    return found


def _demand_answerable(name: str, setting: Setting) -> None:
    """A choice has choices, and a default is one that could be given."""
    if (setting.type == "choice") != bool(setting.choices):
        raise BadSpec(
            setting.mark,
            f"“{name}”: `choices` belong to the type `choice`, which needs some.",
            f"“{name}”：类型 choice 必须有 choices，其他类型不能有。",
        )
    if setting.default is not None:
        _demand_of(name, setting, setting.default, setting.mark, str(setting.default))


def _demand_asked(node: Node | None, asked: Iterable[str]) -> None:
    known = list(asked)
    if node is not None and not isinstance(node, Table):
        listed = ", ".join(known)
        raise BadSpec(
            node.mark, f"an object of these is expected: {listed}.", f"此处应为包含下列名称的对象：{listed}。"
        )
    for key, _ in node.pairs if node is not None else ():
        if key.text not in known:
            unknown(key, known)


def _answer(node: Node, name: str, setting: Setting) -> Tree:
    value = value_of(node)
    textual = isinstance(node, Scalar) and setting.type not in ("number", "switch")
    given = node.text if isinstance(node, Scalar) and textual and value is not None else value
    _demand_of(name, setting, given, node.mark, said(node))
    return given


def _demand_of(name: str, setting: Setting, value: Tree, mark: Mark, shown: str) -> None:
    if setting.type == "choice":
        if not isinstance(value, str) or value not in setting.choices:
            en, zh = suggestion(str(value), list(setting.choices))
            raise BadSpec(mark, f"“{name}” cannot be {shown}. {en}", f"“{name}”不能为{shown}。{zh}")
    elif not _is_of(setting.type, value):
        en, zh = _TYPES[setting.type]
        raise BadSpec(mark, f"“{name}” takes {en}; here stands {shown}.", f"“{name}”应为{zh}；此处为{shown}。")


def _is_of(kind: str, value: Tree) -> bool:
    match kind:
        case "switch":
            return isinstance(value, bool)
        case "number":
            return value is not None and not isinstance(value, bool | str | list | dict)
        case "time":
            return isinstance(value, str) and _DURATION.fullmatch(value) is not None
        case "address":
            return isinstance(value, str) and _ADDRESS.fullmatch(value) is not None
        case _:
            return isinstance(value, str)
