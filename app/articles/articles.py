"""Articles: who may write them, what they were before, what readers think of them."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.policy import demand
from app.articles.finding import Finder
from app.articles.text import clean, slug_of
from app.model.articles import (
    RESERVED_SLUGS,
    Article,
    ArticleRow,
    ArticleVersion,
    Language,
    Slug,
    Suggestion,
)
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, TooLarge, Unavailable, not_found
from app.model.ids import Ids
from app.model.principals import Agent, System, Visitor
from app.settings import Limits
from app.storage import articles, inboxes
from app.storage.articles import Filter
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

Title = Annotated[str, Meta(min_length=1, max_length=200)]
Summary = Annotated[str, Meta(max_length=300)]
Questions = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=50)]
InboxIds = Annotated[tuple[str, ...], Meta(max_length=100)]
Version = Annotated[int, Meta(ge=1)]
_SLUGS_TRIED = 200
_AGAIN_SECONDS = 5.0
_COUNTED_SECONDS = 10.0
_LEAST_UNASKED = 0.35  # of the score: of what fits less, more is wrong than right
_log = logger("articles")
_WITHHELD = ("body", "questions", "summary")


class NewArticle(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be added; `translation_of` is the article that says the same in the other language.

    Without `slug` one is made of the title, without `language` it is English.
    """

    title: Title
    body: str = ""
    language: Language = Language.EN
    summary: Summary = ""
    questions: Questions = ()
    collection_id: str | None = None
    inbox_ids: InboxIds = ()
    published: bool = False
    slug: Slug | UnsetType = UNSET
    translation_of: str | None = None


class ArticleChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays. `version` is the one that was changed: another one is refused."""

    version: Version
    title: Title | UnsetType = UNSET
    body: str | UnsetType = UNSET
    summary: Summary | UnsetType = UNSET
    questions: Questions | UnsetType = UNSET
    collection_id: str | UnsetType | None = UNSET
    inbox_ids: InboxIds | UnsetType = UNSET
    published: bool | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """The ids of articles in the order in which they stand."""

    ids: Annotated[tuple[str, ...], Meta(max_length=1_000)]


class Restoring(Struct, frozen=True, forbid_unknown_fields=True):
    """Back to the words of version `to`; `version` is the newest one that was seen."""

    version: Version
    to: Version


class Articles:
    """Every agent reads them, `articles.manage` writes them, visitors read what is published."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self.finder = Finder(database, limits)
        self._views: Counter[str] = Counter()

    async def run(self) -> None:
        """Read what is there into the index, while others go on; until cancelled."""
        while True:
            try:
                await self.finder.load()
                break
            except Unavailable as problem:
                _log.warning("articles are not found yet", extra={"code": problem.code})
                await asyncio.sleep(_AGAIN_SECONDS)
        while True:
            await asyncio.sleep(_COUNTED_SECONDS)
            try:
                await self.count()
            except Unavailable as problem:
                _log.warning("some views of articles are not counted", extra={"code": problem.code})

    async def listing(self, principal: Agent, which: Filter, limit: int, offset: int) -> tuple[list[ArticleRow], int]:
        """Some of them in their order, drafts too, and how many there are."""
        demand(principal, "article.read")
        return await articles.listing(self._database, which, min(limit, self._limits.articles_page_max), offset)

    async def find(self, principal: Agent, article_id: str) -> tuple[Article, list[ArticleRow]]:
        """One of them, and itself among its translations; raises `NotFound`."""
        demand(principal, "article.read")
        article = await articles.find(self._database, article_id)
        if article is None:
            raise not_found()
        return article, await articles.translations(self._database, article.group_id)

    async def versions(self, principal: Agent, article_id: str) -> list[ArticleVersion]:
        """What one was, newest first; raises `NotFound`."""
        await self.find(principal, article_id)
        return await articles.versions(self._database, article_id, self._limits.article_versions_kept)

    async def create(self, principal: Agent, new: NewArticle) -> Article:
        """Add one; raises `Forbidden`, `Invalid`, `Conflict` (slug_taken, translation_exists, limit_reached)."""
        return await self._save(lambda tx: self.bring(tx, principal, new))

    async def change(self, principal: Agent, article_id: str, change: ArticleChange) -> Article:
        """Change one; raises `NotFound`, `Conflict` (article_changed) where somebody else saved first, as `create`."""
        return await self._save(lambda tx: self._changed(tx, principal, article_id, change))

    async def restore(self, principal: Agent, article_id: str, back: Restoring) -> Article:
        """Make the words of an older version the newest again; raises as `change`."""

        def unit(tx: Transaction) -> Article:
            old = articles.version(tx, article_id, back.to)
            if old is None:
                raise not_found()
            change = ArticleChange(back.version, old.title, old.body, old.summary, old.questions)
            return self._changed(tx, principal, article_id, change)

        return await self._save(unit)

    async def delete(self, principal: Agent, article_id: str) -> None:
        """Forget one with all that it was; raises `NotFound`."""
        demand(principal, "article.write")

        def unit(tx: Transaction) -> None:
            article = _found(tx, article_id)
            articles.delete(tx, article_id)
            _note(tx, principal, article, None)

        await self._database.write(unit)
        self.finder.gone(article_id)

    async def order(self, principal: Agent, order: Order) -> None:
        """Let articles stand in this order; ids that are not there are passed over."""
        demand(principal, "article.write")

        def unit(tx: Transaction) -> None:
            for position, article_id in enumerate(order.ids):
                articles.place(tx, article_id, position)

        await self._database.write(unit)

    def bring(self, tx: Transaction, principal: Agent | System, new: NewArticle) -> Article:
        """As `create`, in a transaction of the caller's, who tells `finder` of it afterwards."""
        position = articles.count(tx)
        if position >= self._limits.articles_max:
            raise _too_many(self._limits.articles_max)
        article_id, at = self._ids.new(), self._clock.now_ms()
        group_id = article_id if new.translation_of is None else _found(tx, new.translation_of).group_id
        if any(row.language == new.language for row in articles.of_group(tx, group_id)):
            raise Conflict(
                "translation_exists",
                "The article is there in this language already. Open that one.",
                "该文章已有此语言的版本，请直接打开它。",
            )
        author = principal.agent_id if isinstance(principal, Agent) else ""
        slug = _free_slug(tx, new.language, slug_of(new.title)) if new.slug is UNSET else new.slug
        made = Article(
            article_id, group_id, new.language, new.collection_id, slug, new.title, new.summary, new.body,
            new.questions, new.inbox_ids, new.published, position, author, at, at, 1,
        )  # fmt: skip
        return self._stored(tx, principal, None, made)

    # --- for readers ------------------------------------------------------------------------------------------------

    def suggest(self, text: str, inbox_id: str = "", language: str = "") -> tuple[Suggestion, ...]:
        """The best published articles for what a visitor wrote, the best first; in memory, so at once.

        For who offers them unasked, as the bot does: at most three, and nothing where nothing surely fits. `inbox_id`
        and `language` empty: in any.
        """
        return self.finder.suggest(text, inbox_id, language, least=_LEAST_UNASKED)

    def suggest_to_agents(self, text: str, inbox_id: str = "", language: str = "") -> tuple[Suggestion, ...]:
        """As `suggest`, for somebody who looks at them before a visitor does, so sooner than not."""
        return self.finder.suggest(text, inbox_id, language)

    async def shown(self, language: str, inbox_id: str = "") -> list[ArticleRow]:
        """The published ones of a language that show in an inbox, in their order."""
        rows = await articles.shown(self._database, language, self._limits.articles_shown_max)
        return [row for row in rows if shows(row, inbox_id)]

    async def popular(self, language: str, inbox_id: str, limit: int) -> list[ArticleRow]:
        """The published ones that are opened most and helped most."""
        rows = await self.shown(language, inbox_id)
        return sorted(rows, key=lambda row: -(row.views + 5 * row.helpful - 5 * row.unhelpful))[:limit]

    async def published(self, article_id: str, inbox_id: str = "") -> Article:
        """One that readers of an inbox may read; raises `NotFound`."""
        return _readable(await articles.find(self._database, article_id), inbox_id)

    async def published_at(self, language: str, slug: str, inbox_id: str = "") -> Article:
        """The one at an address; raises `NotFound`."""
        return _readable(await articles.find_by_slug(self._database, language, slug), inbox_id)

    async def translations(self, group_id: str, inbox_id: str = "") -> list[ArticleRow]:
        """The published translations of an article, itself among them."""
        rows = await articles.translations(self._database, group_id)
        return [row for row in rows if row.published and shows(row, inbox_id)]

    def viewed(self, article_id: str) -> None:
        """Count that a reader opened one; written down by and by, so that reading costs no commit."""
        self._views[article_id] += 1

    async def count(self) -> None:
        """Write down how often articles were opened since the last time."""
        views, self._views = self._views, Counter()

        def unit(tx: Transaction) -> None:
            for article_id, times in views.items():
                articles.viewed(tx, article_id, times)

        if views:
            await self._database.write(unit)

    async def vote(self, visitor: Visitor, article_id: str, *, helpful: bool) -> None:
        """Take a visitor's opinion, in the place of what he thought before; raises `NotFound`."""
        await self._vote(visitor.contact_id, article_id, visitor.inbox_id, helpful=helpful)

    async def vote_from(self, voter: str, article_id: str, *, helpful: bool) -> None:
        """Take the opinion of a reader who is no visitor, `voter` telling one from another; raises `NotFound`."""
        await self._vote(voter, article_id, "", helpful=helpful)

    async def _vote(self, voter: str, article_id: str, inbox_id: str, *, helpful: bool) -> None:
        def unit(tx: Transaction) -> None:
            _readable(articles.by_id(tx, article_id), inbox_id)
            articles.vote(tx, article_id, voter, helpful=helpful, at=self._clock.now_ms())

        await self._database.write(unit)

    # ----------------------------------------------------------------------------------------------------------------

    async def _save(self, make: Callable[[Transaction], Article]) -> Article:
        saved = await self._database.write(make)
        self.finder.saved(saved)
        return saved

    def _changed(self, tx: Transaction, principal: Agent, article_id: str, change: ArticleChange) -> Article:
        demand(principal, "article.write")
        before = _found(tx, article_id)
        if change.version != before.version:
            raise Conflict(
                "article_changed",
                "Somebody else has saved this article meanwhile. Load it again; your words are still in the fields.",
                "其他人刚刚保存了这篇文章。请重新载入；你的文字仍保留在输入框中。",
            )
        named = {name: getattr(change, name) for name in change.__struct_fields__ if name != "version"}
        facts: dict[str, Any] = {name: value for name, value in named.items() if value is not UNSET}
        at = self._clock.now_ms()
        return self._stored(
            tx, principal, before, replace(before, **facts, version=before.version + 1, updated_at=at)
        )  # fmt: skip

    def _stored(self, tx: Transaction, principal: Agent | System, before: Article | None, made: Article) -> Article:
        demand(principal, "article.write")
        article = self._checked(tx, made)
        articles.save(tx, article)
        author = principal.agent_id if isinstance(principal, Agent) else ""
        words = ArticleVersion(
            article.id, article.version, article.updated_at, author, article.title, article.summary, article.body,
            article.questions,
        )  # fmt: skip
        articles.save_version(tx, words, self._limits.article_versions_kept)
        _note(tx, principal, before, article)
        return article

    def _checked(self, tx: Transaction, article: Article) -> Article:
        """Fit to be stored: words, an address of its own, a collection and inboxes that exist."""
        if len(article.body) > self._limits.article_characters_max:
            raise _too_long(self._limits.article_characters_max)
        title = clean(article.title).strip()
        if not title:
            raise Invalid("empty", "The article has no title. Write one.", "文章没有标题，请填写。", field="title")
        _demand_free(tx, article)
        _demand_known(tx, article)
        questions = tuple(dict.fromkeys(filter(None, (clean(one).strip() for one in article.questions))))
        return replace(
            article, title=title, summary=clean(article.summary).strip(), body=clean(article.body).strip(),
            questions=questions, inbox_ids=tuple(dict.fromkeys(article.inbox_ids)),
        )  # fmt: skip


def shows(article: ArticleRow | Article, inbox_id: str) -> bool:
    """Whether it shows in an inbox; with none, everywhere."""
    return not inbox_id or not article.inbox_ids or inbox_id in article.inbox_ids


def _readable(article: Article | None, inbox_id: str) -> Article:
    if article is None or not article.published or not shows(article, inbox_id):
        raise not_found()
    return article


def _found(tx: Transaction, article_id: str) -> Article:
    found = articles.by_id(tx, article_id)
    if found is None:
        raise not_found()
    return found


def _demand_free(tx: Transaction, article: Article) -> None:
    taken = articles.id_by_slug(tx, article.language.value, article.slug)
    collections = {one.slug for one in articles.all_collections(tx)}
    if taken not in (None, article.id) or article.slug in RESERVED_SLUGS or article.slug in collections:
        raise slug_taken(article.slug)


def _demand_known(tx: Transaction, article: Article) -> None:
    known = {one.id for one in articles.all_collections(tx)}
    if article.collection_id is not None and article.collection_id not in known:
        raise Invalid("collection_missing", "There is no such collection.", "没有此分类。", field="collection_id")
    for inbox_id in article.inbox_ids:
        if inboxes.by_id(tx, inbox_id) is None:
            raise Invalid("inbox_missing", "There is no such inbox.", "没有此收件箱。", field="inbox_ids")


def _free_slug(tx: Transaction, language: Language, wanted: str) -> str:
    """The wanted address, with a number where it is taken."""
    collections = {one.slug for one in articles.all_collections(tx)}
    for number in range(1, _SLUGS_TRIED):
        slug = wanted if number == 1 else f"{re.sub(r'-?[0-9]*(?!.)', '', wanted[:70]) or 'article'}-{number}"
        if slug in RESERVED_SLUGS or slug in collections:
            continue
        if articles.id_by_slug(tx, language.value, slug) is None:
            return slug
    raise slug_taken(wanted)


def _note(tx: Transaction, principal: Agent | System, before: Article | None, after: Article | None) -> None:
    """Who changed what is noted; the words themselves are in the article's versions."""
    verb = "create" if before is None else "delete" if after is None else "change"
    either = after or before
    thing = Subject("article", either.id, either.title) if either else Subject("article")
    record_change(tx, principal, f"article.{verb}", thing, before, after, _WITHHELD)


def slug_taken(slug: str) -> Conflict:
    """The refusal of an address that something else has."""
    return Conflict(
        "slug_taken",
        f"The address “{slug}” is taken. Choose another one.",
        f"地址“{slug}”已被占用，请换一个。",
        field="slug",
    )


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} articles, which is the most. Delete one that nobody reads.",
        f"文章已达上限 {most} 篇。请先删除无人阅读的文章。",
    )


def _too_long(most: int) -> TooLarge:
    return TooLarge(
        "article_too_long",
        f"The text has more than {most} characters. Make two articles of it.",
        f"正文超过 {most} 个字符，请拆分为两篇文章。",
        field="body",
    )
