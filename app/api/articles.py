"""Articles over REST: for who writes them, and for visitors."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from app.api.call import HEADERS, Call, Done, Nothing
from app.articles.articles import ArticleChange, Articles, NewArticle, Order, Restoring
from app.articles.collections import CollectionChange, Collections, NewCollection
from app.articles.markdown import Blocks, parse
from app.exchange.articles import ArticleExchange, ArticleReport, Format
from app.model.articles import Article, ArticleRow, ArticleVersion, Collection, Suggestion
from app.model.principals import Agent, Visitor
from app.storage.articles import Filter

_SHOWN = 6
_FOUND = 8
_LEAST = 0.15  # who types a word wants to see what has it

Language = Annotated[str, Meta(pattern=r"^(en|zh)?(?!\n)$")]
Words = Annotated[str, Meta(max_length=400)]


class ArticleQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which ones: `published` -1 both, 0 drafts, 1 published; `collection` an id, or `-` for those without one."""

    language: Language = ""
    published: Annotated[int, Meta(ge=-1, le=1)] = -1
    collection: Annotated[str, Meta(max_length=26)] = ""
    q: Annotated[str, Meta(max_length=100)] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class SuggestQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`q`: what somebody wrote; `inbox` and `language` empty for any."""

    q: Words
    inbox: Annotated[str, Meta(max_length=26)] = ""
    language: Language = ""


class ReaderQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`q` empty: those that are read most."""

    q: Words = ""
    language: Language = ""


class SlugQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a link in an article leads."""

    slug: Annotated[str, Meta(min_length=1, max_length=80)]
    language: Language = "en"


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """Markdown as it would be stored."""

    body: Annotated[str, Meta(max_length=200_000)]


class Vote(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the article helped."""

    helpful: bool


class ArticleList(Struct, frozen=True):
    """Some of them, and how many there are of these in all."""

    articles: list[ArticleRow]
    total: int


class ArticleAnswer(Struct, frozen=True):
    """One, and itself among its translations."""

    article: Article
    translations: list[ArticleRow]


class VersionList(Struct, frozen=True):
    """What an article was, newest first."""

    versions: list[ArticleVersion]


class CollectionList(Struct, frozen=True):
    """Every one, in their order."""

    collections: list[Collection]


class CollectionAnswer(Struct, frozen=True):
    """One of them."""

    collection: Collection


class SuggestionList(Struct, frozen=True):
    """The best first."""

    articles: tuple[Suggestion, ...]


class Tree(Struct, frozen=True):
    """Markdown as it is shown."""

    blocks: Blocks


class Reading(Struct, frozen=True):
    """An article as it is read; `translations`: their ids by language, its own too."""

    id: str
    language: str
    slug: str
    title: str
    updated_at: int
    blocks: Blocks
    translations: dict[str, str]


class ReadingAnswer(Struct, frozen=True):
    """One of them."""

    article: Reading


class ArticleImportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`name` of the file, by whose ending it is read; `language` where it names none.

    `rehearse` 1 stores nothing and tells what would come of it; with `draft` 1 nothing is published by it.
    """

    name: Annotated[str, Meta(min_length=1, max_length=300)]
    language: Language = ""
    rehearse: bool = True
    draft: bool = False


class ArticleExportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`format` markdown (a zip) or csv."""

    format: Format = Format.MARKDOWN


class ArticleRoutes:
    """The room `articles` decides who may."""

    def __init__(self, articles: Articles, collections: Collections, exchange: ArticleExchange) -> None:
        self._articles = articles
        self._collections = collections
        self._exchange = exchange

    async def listing(self, call: Call[Agent], asked: ArticleQuery) -> ArticleList:
        which = Filter(asked.language, asked.published, asked.collection, asked.q)
        return ArticleList(*await self._articles.listing(call.principal, which, asked.limit, asked.offset))

    async def read(self, call: Call[Agent], _: Nothing) -> ArticleAnswer:
        return ArticleAnswer(*await self._articles.find(call.principal, call.id))

    async def create(self, call: Call[Agent], asked: NewArticle) -> ArticleAnswer:
        made = await self._articles.create(call.principal, asked)
        return ArticleAnswer(*await self._articles.find(call.principal, made.id))

    async def change(self, call: Call[Agent], asked: ArticleChange) -> ArticleAnswer:
        await self._articles.change(call.principal, call.id, asked)
        return ArticleAnswer(*await self._articles.find(call.principal, call.id))

    async def delete(self, call: Call[Agent], _: Nothing) -> Done:
        await self._articles.delete(call.principal, call.id)
        return Done()

    async def versions(self, call: Call[Agent], _: Nothing) -> VersionList:
        return VersionList(await self._articles.versions(call.principal, call.id))

    async def restore(self, call: Call[Agent], asked: Restoring) -> ArticleAnswer:
        await self._articles.restore(call.principal, call.id, asked)
        return ArticleAnswer(*await self._articles.find(call.principal, call.id))

    async def order(self, call: Call[Agent], asked: Order) -> Done:
        await self._articles.order(call.principal, asked)
        return Done()

    async def suggestions(self, call: Call[Agent], asked: SuggestQuery) -> SuggestionList:
        return SuggestionList(self._articles.suggest_to_agents(asked.q, asked.inbox, asked.language))

    async def bring(self, call: Call[Agent], asked: ArticleImportQuery) -> ArticleReport:
        return await self._exchange.take(
            call.principal, asked.name, call.chunks, language=asked.language, rehearse=asked.rehearse, draft=asked.draft
        )  # fmt: skip

    async def take_along(self, call: Call[Agent], asked: ArticleExportQuery) -> Response:
        made = await self._exchange.begin(call.principal, asked.format)
        zipped = asked.format is Format.MARKDOWN
        name = "articles.zip" if zipped else "articles.csv"
        headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
        return Response(made, 200, headers, "application/zip" if zipped else "text/csv; charset=utf-8")

    async def preview(self, call: Call[Agent], asked: Text) -> Tree:
        return Tree(parse(asked.body))

    async def collections(self, call: Call[Agent], _: Nothing) -> CollectionList:
        return CollectionList(await self._collections.listing())

    async def create_collection(self, call: Call[Agent], asked: NewCollection) -> CollectionAnswer:
        return CollectionAnswer(await self._collections.create(call.principal, asked))

    async def change_collection(self, call: Call[Agent], asked: CollectionChange) -> CollectionAnswer:
        return CollectionAnswer(await self._collections.change(call.principal, call.id, asked))

    async def delete_collection(self, call: Call[Agent], _: Nothing) -> Done:
        await self._collections.delete(call.principal, call.id)
        return Done()


class ReaderRoutes:
    """What visitors read in the chat: published articles that show in their inbox."""

    def __init__(self, articles: Articles) -> None:
        self._articles = articles

    async def listing(self, call: Call[Visitor], asked: ReaderQuery) -> SuggestionList:
        inbox_id = call.principal.inbox_id
        if asked.q.strip():
            finder = self._articles.finder
            return SuggestionList(finder.suggest(asked.q, inbox_id, asked.language, _FOUND, _LEAST))
        rows = await self._articles.popular(asked.language or "en", inbox_id, _SHOWN)
        return SuggestionList(tuple(Suggestion(row.id, row.language, row.slug, row.title, row.summary) for row in rows))

    async def read(self, call: Call[Visitor], _: Nothing) -> ReadingAnswer:
        return await self._read(call, await self._articles.published(call.id, call.principal.inbox_id))

    async def find(self, call: Call[Visitor], asked: SlugQuery) -> ReadingAnswer:
        language = asked.language or "en"
        return await self._read(
            call, await self._articles.published_at(language, asked.slug, call.principal.inbox_id)
        )  # fmt: skip

    async def vote(self, call: Call[Visitor], asked: Vote) -> Done:
        await self._articles.vote(call.principal, call.id, helpful=asked.helpful)
        return Done()

    async def _read(self, call: Call[Visitor], article: Article) -> ReadingAnswer:
        self._articles.viewed(article.id)
        rows = await self._articles.translations(article.group_id, call.principal.inbox_id)
        return ReadingAnswer(
            Reading(
                article.id, article.language.value, article.slug, article.title, article.updated_at,
                parse(article.body), {row.language.value: row.id for row in rows},
            )
        )  # fmt: skip
