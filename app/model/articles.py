"""Articles: what the desk has written down for its customers, each in one language, with its translations."""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

LANGUAGES: Final = ("en", "zh")
RESERVED_SLUGS: Final = frozenset({*LANGUAGES, "search"})  # what stands at their place below /help
SLUG_CHARACTERS_MAX = 80

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(?!\n)$", max_length=SLUG_CHARACTERS_MAX)]


class Language(StrEnum):
    """What an article is written in."""

    EN = "en"
    ZH = "zh"


class Collection(Struct, frozen=True):
    """Articles that belong together, under a heading in both languages."""

    id: str
    slug: str
    name_en: str
    name_zh: str
    about_en: str
    about_zh: str
    position: int
    created_at: int
    updated_at: int

    def name(self, language: str) -> str:
        """What it is called in a language, else in the other one."""
        return (self.name_zh or self.name_en) if language == Language.ZH else (self.name_en or self.name_zh)

    def about(self, language: str) -> str:
        """What stands below its name."""
        return (self.about_zh or self.about_en) if language == Language.ZH else (self.about_en or self.about_zh)


class Article(Struct, frozen=True):
    """One article in one language. Times in milliseconds UTC.

    `group_id` is the same for its translations. `body` is Markdown (`app/articles/markdown.py` says which of it),
    `summary` one sentence, `questions` are other ways to ask for it. It shows in the inboxes of `inbox_ids`, or in
    every one. `version` counts its saves. `helpful` and `unhelpful` are votes, `views` how often it was opened.
    """

    id: str
    group_id: str
    language: Language
    collection_id: str | None
    slug: str
    title: str
    summary: str
    body: str
    questions: tuple[str, ...]
    inbox_ids: tuple[str, ...]
    published: bool
    position: int
    author_id: str
    created_at: int
    updated_at: int
    version: int
    helpful: int = 0
    unhelpful: int = 0
    views: int = 0


class ArticleRow(Struct, frozen=True):
    """An article as lists show it: all but its body."""

    id: str
    group_id: str
    language: Language
    collection_id: str | None
    slug: str
    title: str
    summary: str
    questions: tuple[str, ...]
    inbox_ids: tuple[str, ...]
    published: bool
    position: int
    author_id: str
    created_at: int
    updated_at: int
    version: int
    helpful: int
    unhelpful: int
    views: int


class ArticleVersion(Struct, frozen=True):
    """An article's words as they were saved at `at` (ms UTC) by an agent, or by nobody who is one."""

    article_id: str
    version: int
    at: int
    author_id: str
    title: str
    summary: str
    body: str
    questions: tuple[str, ...]


class Suggestion(Struct, frozen=True, gc=False):
    """A published article that fits a text; `score` 0 to 1, comparable within one answer alone."""

    id: str
    language: str
    slug: str
    title: str
    summary: str
    score: float = 0.0
