"""Collections: the headings that articles stand under."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.policy import demand
from app.articles.articles import slug_taken
from app.articles.text import clean, slug_of
from app.model.articles import LANGUAGES, RESERVED_SLUGS, Collection, Slug
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, not_found
from app.model.ids import Ids
from app.model.principals import Agent, System
from app.settings import Limits
from app.storage import articles
from app.storage.database import Database, Transaction

Name = Annotated[str, Meta(max_length=80)]
About = Annotated[str, Meta(max_length=300)]
_SLUGS_TRIED = 200
Position = Annotated[int, Meta(ge=0, le=100_000)]


class NewCollection(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be added, with a name in one language at least; without `slug` one is made of the English name."""

    name_en: Name = ""
    name_zh: Name = ""
    about_en: About = ""
    about_zh: About = ""
    slug: Slug | UnsetType = UNSET


class CollectionChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays."""

    name_en: Name | UnsetType = UNSET
    name_zh: Name | UnsetType = UNSET
    about_en: About | UnsetType = UNSET
    about_zh: About | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    position: Position | UnsetType = UNSET


class Collections:
    """Everybody knows them; making and changing them needs `articles.manage`."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits

    async def listing(self) -> list[Collection]:
        """Every one, in their order."""
        return await articles.collections(self._database)

    async def create(self, principal: Agent, new: NewCollection) -> Collection:
        """Add one; raises `Forbidden`, `Invalid` (empty), `Conflict` (slug_taken, limit_reached)."""
        return await self._database.write(lambda tx: self.bring(tx, principal, new))

    def bring(
        self, tx: Transaction, principal: Agent | System, new: NewCollection, spoken_for: frozenset[str] = frozenset()
    ) -> Collection:
        """As `create`, in a transaction of the caller's; an address that is made is none that is `spoken_for`."""
        known = articles.all_collections(tx)
        if len(known) >= self._limits.article_collections_max:
            raise _too_many(self._limits.article_collections_max)
        slug = _free_slug(tx, slug_of(new.name_en or new.name_zh), spoken_for) if new.slug is UNSET else new.slug
        at = self._clock.now_ms()
        made = Collection(
            self._ids.new(), slug, new.name_en, new.name_zh, new.about_en, new.about_zh, len(known), at, at
        )  # fmt: skip
        return _stored(tx, principal, None, made)

    async def change(self, principal: Agent, collection_id: str, change: CollectionChange) -> Collection:
        """Change one; raises `NotFound`, as `create`."""

        def unit(tx: Transaction) -> Collection:
            before = _found(tx, collection_id)
            named = {name: getattr(change, name) for name in change.__struct_fields__}
            facts = {name: value for name, value in named.items() if value is not UNSET}
            return _stored(tx, principal, before, replace(before, **facts, updated_at=self._clock.now_ms()))

        return await self._database.write(unit)

    async def delete(self, principal: Agent, collection_id: str) -> None:
        """Forget an empty one; raises `NotFound`, `Conflict` (collection_used)."""
        demand(principal, "article.write")

        def unit(tx: Transaction) -> None:
            before = _found(tx, collection_id)
            if used := articles.collection_used(tx, collection_id):
                raise Conflict(
                    "collection_used",
                    f"{used} articles are in this collection. Put them into another one first.",
                    f"此分类中还有 {used} 篇文章，请先移到其他分类。",
                )
            articles.delete_collection(tx, collection_id)
            _note(tx, principal, before, None)

        await self._database.write(unit)


def _free_slug(tx: Transaction, wanted: str, spoken_for: frozenset[str]) -> str:
    """The wanted address; where something has it, or is about to, one like it."""
    taken = {one.slug for one in articles.all_collections(tx)} | RESERVED_SLUGS | spoken_for
    for number in range(1, _SLUGS_TRIED):
        slug = wanted if number == 1 else f"{wanted[:70].rstrip('-')}-{number}"
        if slug not in taken and not any(articles.id_by_slug(tx, language, slug) for language in LANGUAGES):
            return slug
    raise slug_taken(wanted)


def _found(tx: Transaction, collection_id: str) -> Collection:
    found = next((one for one in articles.all_collections(tx) if one.id == collection_id), None)
    if found is None:
        raise not_found()
    return found


def _stored(tx: Transaction, principal: Agent | System, before: Collection | None, made: Collection) -> Collection:
    demand(principal, "article.write")
    name_en, name_zh, about_en, about_zh = (
        clean(text).strip() for text in (made.name_en, made.name_zh, made.about_en, made.about_zh)
    )
    if not name_en and not name_zh:
        raise Invalid("empty", "The collection has no name. Write one.", "分类没有名称，请填写。", field="name_en")
    beside = {one.slug for one in articles.all_collections(tx) if one.id != made.id}
    used = any(articles.id_by_slug(tx, language, made.slug) for language in LANGUAGES)
    if made.slug in RESERVED_SLUGS or made.slug in beside or used:
        raise slug_taken(made.slug)
    collection = replace(made, name_en=name_en, name_zh=name_zh, about_en=about_en, about_zh=about_zh)
    articles.save_collection(tx, collection)
    _note(tx, principal, before, collection)
    return collection


def _note(tx: Transaction, principal: Agent | System, before: Collection | None, after: Collection | None) -> None:
    verb = "create" if before is None else "delete" if after is None else "change"
    either = after or before
    thing = Subject("article_collection", either.id, either.name_en or either.name_zh) if either else Subject("")
    record_change(tx, principal, f"article_collection.{verb}", thing, before, after)


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} collections, which is the most. Delete one that is empty.",
        f"分类已达上限 {most} 个。请先删除空的分类。",
    )
