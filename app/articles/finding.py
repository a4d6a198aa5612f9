"""Which articles fit what somebody writes: an index in memory, brought up to date with each save."""

import asyncio
from collections import defaultdict

from msgspec import Struct

from app.articles.index import Document, Index
from app.articles.markdown import parse, plain
from app.model.articles import LANGUAGES, Article, Suggestion
from app.settings import Limits
from app.storage import articles
from app.storage.database import Database

_TEXT_CHARACTERS = 4_000  # of a body that are searched
_SUMMARY_CHARACTERS = 160
_ASKED_FOR = 4  # times as many are looked at, for some may not show here
_LEAST = 0.3  # below this score it is something else


class _Shown(Struct, frozen=True):
    suggestion: Suggestion
    inbox_ids: tuple[str, ...]


class Finder:
    """Published articles by what they say.

    The index is built after the start, in portions between which others go on; until then less is found.
    """

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits
        self._indexes: defaultdict[str, Index] = defaultdict(Index)
        self._shown: dict[str, _Shown] = {}
        self._changed: set[str] = set()  # while it is being built: what was saved meanwhile is newer

    def __len__(self) -> int:
        return len(self._shown)

    async def load(self) -> None:
        """Read all articles into the index."""
        after = ""
        while portion := await articles.portion(self._database, after, self._limits.article_index_portion):
            after = portion[-1].id
            for one, said in await asyncio.to_thread(_documents, portion):
                if one.id not in self._changed:
                    self._put(one, said)
                    await asyncio.sleep(0)

    def saved(self, article: Article) -> None:
        """One was saved: it is found as it is now, or no more."""
        self._changed.add(article.id)
        self.gone(article.id)
        if article.published:
            self._put(article, document(article))

    def gone(self, article_id: str) -> None:
        """One is no more."""
        self._changed.add(article_id)
        if (shown := self._shown.pop(article_id, None)) is not None:
            self._indexes[shown.suggestion.language].take(article_id)

    def suggest(
        self, text: str, inbox_id: str = "", language: str = "", limit: int = 0, least: float = _LEAST
    ) -> tuple[Suggestion, ...]:
        """The best ones for a text, the best first; in one language or in both, in an inbox or in any; at once."""
        limit = limit or self._limits.articles_suggested_max
        asked = text[: self._limits.article_query_characters_max]
        languages = (language,) if language in LANGUAGES else LANGUAGES
        found = [one for each in languages for one in self._indexes[each].best(asked, _ASKED_FOR * limit)]
        fitting = [
            Suggestion(one.id, one.language, one.slug, one.title, one.summary, near.score)
            for near in sorted(found, key=lambda near: -near.score)
            if near.score >= least and self._shows(one := self._shown[near.key].suggestion, inbox_id)
        ]
        return tuple(fitting[:limit])

    def _shows(self, one: Suggestion, inbox_id: str) -> bool:
        inboxes = self._shown[one.id].inbox_ids
        return not inbox_id or not inboxes or inbox_id in inboxes

    def _put(self, article: Article, said: Document) -> None:
        summary = article.summary or said.text[:_SUMMARY_CHARACTERS]
        suggestion = Suggestion(article.id, article.language.value, article.slug, article.title, summary)
        self._shown[article.id] = _Shown(suggestion, article.inbox_ids)
        self._indexes[article.language.value].put(said)


def _documents(portion: list[Article]) -> list[tuple[Article, Document]]:
    return [(one, document(one)) for one in portion if one.published]


def document(article: Article) -> Document:
    """What an article is found by."""
    text = f"{article.summary}\n{plain(parse(article.body[:_TEXT_CHARACTERS]))}".strip()
    return Document(article.id, (article.title, *article.questions), text)
