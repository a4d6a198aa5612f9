"""What a file of phrases tells, whatever its format."""

import re
import unicodedata
from zlib import crc32

from msgspec import Struct

from app.model.intents import Intent

NAME_CHARACTERS_MAX = 60
_CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_NOT_OF_A_NAME = re.compile(r"[^a-z0-9]+")
_LANGUAGES = ("zh", "en")
KEY = "intents"  # what our own format begins with
OUT_OF_SCOPE = frozenset({"oos", "out_of_scope", "nlu_fallback", "default_fallback_intent"})


class Told(Struct, frozen=True, gc=False):
    """A phrase of a file: `label` is the intent's name as written there, `language` as written, where it is."""

    line: int
    label: str
    text: str
    language: str = ""


class Whole(Struct, frozen=True):
    """An intent of our own format with the line where it begins."""

    line: int
    intent: Intent


class Left(Struct, frozen=True, gc=False):
    """Something of a file that is not taken over, with its kind's key in `LEFT`."""

    line: int
    what: str


class Broken(Struct, frozen=True, gc=False):
    """A line that is no phrase, and why."""

    line: int
    en: str
    zh: str


Item = Told | Left | Broken

LEFT = {  # what is said of how many
    "regex": ("regular expressions that are not taken over: {}", "未导入的正则表达式：{}"),
    "lookup": ("look-up tables that are not taken over: {}", "未导入的查找表：{}"),
    "synonym": ("synonyms that are not taken over: {}", "未导入的同义词：{}"),
    "entity": ("marks of entities whose words alone are kept: {}", "只保留文字的实体标注：{}"),
    "response": ("parts with replies that are not taken over: {}", "未导入的回复部分：{}"),
    "template": ("phrases that are templates and not taken over: {}", "未导入的模板短语：{}"),
    "story": ("stories, rules and other parts that are not taken over: {}", "未导入的故事、规则等部分：{}"),
    "out_of_scope": ("phrases out of scope that are not taken over: {}", "未导入的范围外短语：{}"),
}


def name_of(label: str) -> str:
    """An intent's name made of what it is called elsewhere: `Default Welcome Intent` is `default_welcome_intent`."""
    plain = unicodedata.normalize("NFKD", label).lower()
    name = _NOT_OF_A_NAME.sub("_", plain.encode("ascii", "ignore").decode()).strip("_")
    if not name or _CJK.search(label):
        name = f"{name}_{crc32(label.encode()):08x}".strip("_")
    if not name[0].isalpha():
        name = f"i_{name}"
    return name[:NAME_CHARACTERS_MAX].rstrip("_")


def language_of(told: Told) -> str:
    """`zh` or `en` as the file says, `zh-CN` too; where it says nothing, by the characters; else empty."""
    if told.language:
        primary = re.split("[-_]", told.language.strip().lower(), maxsplit=1)[0]
        return primary if primary in _LANGUAGES else ""
    return "zh" if _CJK.search(told.text) else "en"
