"""Articles as files hold them: Markdown with or without a head, HTML, rows of a table; pure.

A head stands between two lines of three hyphens and holds lines `name: value`, and below `questions:` lines `- value`.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from app.articles.text import clean, slug_of
from app.exchange.webpages import as_markdown
from app.model.articles import LANGUAGES, SLUG_CHARACTERS_MAX

FIELDS = ("title", "body", "language", "summary", "questions", "collection", "slug", "published", "translation")
_CALLED = {
    "title": ("title", "name", "标题", "名称"),
    "body": ("body", "text", "content", "answer", "正文", "内容", "答案", "回答"),
    "language": ("language", "lang", "locale", "语言"),
    "summary": ("summary", "description", "excerpt", "摘要", "描述"),
    "questions": ("questions", "question", "similar questions", "问法", "相似问法", "问题"),
    "collection": ("collection", "category", "categories", "section", "分类", "类别"),
    "slug": ("slug", "url", "path", "地址"),
    "published": ("published", "status", "state", "发布", "状态"),
    "translation": ("translation", "translation_key", "key", "group", "译文", "编号"),
}
_FENCE = "---"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NUMBER = re.compile(r"\d+[-_. ]+")
_PAIR = re.compile(r"([A-Za-z_ \u4e00-\u9fff]{1,40})[:：][ \t]*(.*)")
_HEADING = re.compile(r"#[ \t]+(.+)")
_TAGGED = re.compile(r"(.+)[._](en|zh)(?:[-_](?:cn|hans|us|gb))?", re.IGNORECASE)
_NO = frozenset({"0", "no", "false", "draft", "unpublished", "hidden", "private", "草稿", "否", "未发布"})
_TITLE_CHARACTERS, _SUMMARY_CHARACTERS, _QUESTION_CHARACTERS, _QUESTIONS = 200, 300, 200, 50


class Wrong(Exception):
    """What is wrong at a line of a file, counted from 1, in both languages."""

    def __init__(self, line: int, en: str, zh: str) -> None:
        super().__init__(en)
        self.line = line
        self.en = en
        self.zh = zh


class Draft(Struct, frozen=True):
    """An article that a file holds. `collection` is a slug or a name; `key` is the same for translations, or empty."""

    file: str
    line: int
    title: str
    body: str
    language: str
    summary: str = ""
    questions: tuple[str, ...] = ()
    collection: str = ""
    slug: str = ""
    published: bool = True
    key: str = ""


def of_markdown(name: str, text: str, language: str = "") -> Draft:
    """The article in a Markdown file; raises `Wrong`. Without a title in the head the first heading is it."""
    lines = clean(text.removeprefix("\ufeff")).split("\n")
    facts, body, at = _head(lines)
    if "title" not in facts:
        first = next((number for number, line in enumerate(body) if line.strip()), -1)
        heading = _HEADING.fullmatch(body[first].strip()) if first >= 0 else None
        if heading is not None:
            facts = {**facts, "title": heading[1]}
            body = body[first + 1 :]
    named = {**_of_name(name), **facts, "body": "\n".join(body).strip()}
    return of_facts(name, at if "title" in named else 1, named, language or _language_of(name))


def of_html(name: str, text: str, language: str = "") -> Draft:
    """The article in an HTML file; raises `Wrong`. What is not of the subset is left out."""
    page = as_markdown(text)
    facts = {**_of_name(name), "title": page.title, "summary": page.description, "body": page.markdown}
    facts["language"] = page.language
    return of_facts(name, 1, facts, language or _language_of(name))


def of_facts(file: str, line: int, facts: Mapping[str, str], language: str = "") -> Draft:
    """The article of a row's or a head's facts; raises `Wrong`. `language` where they name none."""
    title = clean(facts.get("title", "")).strip()
    if not title:
        raise Wrong(line, "There is no title.", "没有标题。")
    if len(title) > _TITLE_CHARACTERS:
        raise Wrong(line, f"The title has more than {_TITLE_CHARACTERS} characters.", "标题过长。")
    slug = facts.get("slug", "").strip().strip("/").rpartition("/")[2]
    if slug and (not _SLUG.fullmatch(slug) or len(slug) > SLUG_CHARACTERS_MAX):
        raise Wrong(
            line,
            f"“{slug}” is no address: small letters, digits and hyphens.",
            f"“{slug}”不能用作地址：仅限小写字母、数字和连字符。",
        )
    questions = [one.strip() for one in re.split(r"[\n|]", clean(facts.get("questions", ""))) if one.strip()]
    return Draft(
        file, line, title, clean(facts.get("body", "")).strip(), _language(facts, language, title, line),
        clean(facts.get("summary", "")).strip()[:_SUMMARY_CHARACTERS],
        tuple(one[:_QUESTION_CHARACTERS] for one in questions[:_QUESTIONS]),
        clean(facts.get("collection", "")).strip(), slug, facts.get("published", "").strip().lower() not in _NO,
        facts.get("translation", "").strip(),
    )  # fmt: skip


def field_of(column: str) -> str:
    """Which field a column or a name in a head fills, "" for none."""
    name = column.strip().lower()
    return next((field for field, names in _CALLED.items() if name in names), "")


def written(facts: Mapping[str, str], questions: Sequence[str], body: str) -> str:
    """A Markdown file with its head, as `of_markdown` reads it."""
    head = [f"{name}: {' '.join(value.split())}" for name, value in facts.items() if value]
    asked = ["questions:", *(f"- {' '.join(one.split())}" for one in questions)] if questions else []
    return "\n".join([_FENCE, *head, *asked, _FENCE, body, ""])


def _head(lines: list[str]) -> tuple[dict[str, str], list[str], int]:
    """The facts of a head, what comes after it, and the line of the title."""
    if not lines or lines[0].strip() != _FENCE:
        return {}, lines, 1
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == _FENCE), 0)
    if not end:
        raise Wrong(1, "The head that begins here is not ended by ---.", "此处开始的文件头没有以 --- 结束。")
    facts: dict[str, str] = {}
    title_at, field = 1, ""
    for number, line in enumerate(lines[1:end], 2):
        item = line.strip().removeprefix("- ") if line.lstrip().startswith("- ") else None
        if item is not None and field:
            facts[field] = f"{facts[field]}\n{_unquoted(item)}".strip()
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair = _PAIR.fullmatch(line.strip())
        if pair is None:
            raise Wrong(number, "This is no line “name: value”.", "这一行不是“名称: 值”。")
        field = field_of(pair[1])
        if field:
            facts[field] = _unlisted(pair[2])
            title_at = number if field == "title" else title_at
    return facts, lines[end + 1 :], title_at


def _unlisted(value: str) -> str:
    """A value without its quotation marks; of `[a, b]` one a line."""
    text = value.strip()
    if text.startswith("[") and text.endswith("]"):
        return "\n".join(_unquoted(one) for one in text[1:-1].split(","))
    return _unquoted(text)


def _unquoted(value: str) -> str:
    text = value.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _of_name(name: str) -> dict[str, str]:
    """What a file's name says: the address, and by which of its names translations know each other."""
    stem = PurePosixPath(name).stem
    tagged = _TAGGED.fullmatch(stem)
    bare = _NUMBER.sub("", tagged[1] if tagged else stem, count=1).lower()
    slug = slug_of(bare) if re.search(r"[a-z]", bare) else ""
    return {"slug": slug, "translation": bare}


def _language_of(name: str) -> str:
    """The language that a file's name or one of its folders names."""
    path = PurePosixPath(name)
    tagged = _TAGGED.fullmatch(path.stem)
    parts = [tagged[2] if tagged else "", *reversed(path.parent.parts)]
    return next((part.lower()[:2] for part in parts if part.lower()[:2] in LANGUAGES and len(part) in (2, 5, 7)), "")


def _language(facts: Mapping[str, str], given: str, title: str, line: int) -> str:
    named = facts.get("language", "").strip().lower()
    if named:
        language = {"english": "en", "英文": "en", "chinese": "zh", "中文": "zh"}.get(named, named[:2])
        if language not in LANGUAGES:
            raise Wrong(line, f"“{named}” is neither en nor zh.", f"“{named}”不是 en 或 zh。")
        return language
    if given:
        return given
    text = f"{title} {facts.get('body', '')[:500]}"
    return "zh" if sum("\u3400" <= sign <= "\u9fff" for sign in text) * 4 > len(text.replace(" ", "")) else "en"
