"""Which articles fit what somebody writes: an index in memory, brought up to date with each save."""

import asyncio

from msgspec import Struct
from msgspec.structs import replace

from app.articles.markdown import parse, plain
from app.intent.knowledge import Entry, KnowledgeIndex
from app.model.articles import Article, Suggestion
from app.settings import Limits
from app.storage import articles
from app.storage.database import Database

_TEXT_CHARACTERS = 4_000  # of a body that are searched
_PASSAGES = 24
_PASSAGE_CHARACTERS = 300
_SUMMARY_CHARACTERS = 160
_LEAST = 0.22  # below this score it is something else


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
        self._index = KnowledgeIndex(limits)
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
            self._put(article, entry_of(article))

    def gone(self, article_id: str) -> None:
        """One is no more."""
        self._changed.add(article_id)
        if self._shown.pop(article_id, None) is not None:
            self._index.remove(article_id)

    def suggest(
        self, text: str, inbox_id: str = "", language: str = "", limit: int = 0, least: float = _LEAST
    ) -> tuple[Suggestion, ...]:
        """The best ones for a text, the best first; in one language or in both, in an inbox or in any; at once."""
        limit = limit or self._limits.articles_suggested_max
        asked = text[: self._limits.article_query_characters_max]
        found = self._index.find(asked, limit, language=language, allowed=lambda one: self._shows(one, inbox_id))
        return tuple(
            replace(self._shown[near.id].suggestion, score=round(near.score, 4))
            for near in found
            if near.score >= least
        )

    def _shows(self, article_id: str, inbox_id: str) -> bool:
        inboxes = self._shown[article_id].inbox_ids
        return not inbox_id or not inboxes or inbox_id in inboxes

    def _put(self, article: Article, said: Entry) -> None:
        summary = article.summary or "".join(said.texts[1 + len(article.questions) :])[:_SUMMARY_CHARACTERS]
        suggestion = Suggestion(article.id, article.language.value, article.slug, article.title, summary)
        self._shown[article.id] = _Shown(suggestion, article.inbox_ids)
        self._index.put(said)


def _documents(portion: list[Article]) -> list[tuple[Article, Entry]]:
    return [(one, entry_of(one)) for one in portion if one.published]


def entry_of(article: Article) -> Entry:
    """What an article is found by: its title, its questions, its passages."""
    passages = plain(parse(article.body[:_TEXT_CHARACTERS])).split("\n")
    said = [one[:_PASSAGE_CHARACTERS] for one in (article.summary, *passages) if one][:_PASSAGES]
    return Entry(article.id, (article.title, *article.questions, *said), article.language.value)
