"""The desk's tags: which there are."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.policy import demand
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, not_found
from app.model.events import TagsChanged
from app.model.ids import Ids
from app.model.principals import Principal
from app.model.tags import Color, Tag
from app.settings import Limits
from app.storage import tags
from app.storage.database import Database, Transaction

Name = Annotated[str, Meta(min_length=1, max_length=40)]


class NewTag(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be added."""

    name: Name
    color: Color = Color.GREY


class TagChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays."""

    name: Name | UnsetType = UNSET
    color: Color | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class Tags:
    """Everybody who reads conversations knows them; making and changing them needs `tags.manage`."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits

    async def listing(self, principal: Principal) -> list[Tag]:
        """All of them by name, archived ones too: they stand on old conversations."""
        demand(principal, "conversation.read")
        return await tags.listing(self._database)

    async def create(self, principal: Principal, new: NewTag) -> Tag:
        """Add one; raises `Forbidden`, `Invalid` (empty), `Conflict` (name_taken, limit_reached)."""
        demand(principal, "tag.write")

        def unit(tx: Transaction) -> Tag:
            known = tags.all_of_them(tx)
            if len(known) >= self._limits.tags_max:
                raise _too_many(self._limits.tags_max)
            tag = Tag(self._ids.new(), new.name, new.color, self._clock.now_ms())
            return _saved(tx, principal, known, None, tag)

        return await self._database.write(unit)

    async def change(self, principal: Principal, tag_id: str, change: TagChange) -> Tag:
        """Rename, colour, archive one; raises `NotFound` and as `create`."""
        demand(principal, "tag.write")

        def unit(tx: Transaction) -> Tag:
            known = tags.all_of_them(tx)
            before = next((tag for tag in known if tag.id == tag_id), None)
            if before is None:
                raise not_found()
            named = {name: getattr(change, name) for name in change.__struct_fields__}
            after = replace(before, **{name: value for name, value in named.items() if value is not UNSET})
            return _saved(tx, principal, known, before, after)

        return await self._database.write(unit)


def _saved(tx: Transaction, principal: Principal, known: list[Tag], before: Tag | None, tag: Tag) -> Tag:
    name = " ".join(tag.name.replace("\0", "").split())
    if not name:
        raise Invalid("empty", "The tag has no name. Write one.", "标签没有名称。请填写。", field="name")
    if any(other.id != tag.id and other.name.casefold() == name.casefold() for other in known):
        raise Conflict(
            "name_taken",
            "There is already a tag of this name. Choose another name, or use that one.",
            "已有同名标签。请换一个名称，或使用已有的标签。",
            field="name",
        )
    kept = replace(tag, name=name)
    if kept == before:
        return kept  # nobody is told of nothing
    tags.save(tx, kept)
    action = "tag.create" if before is None else "tag.change"
    record_change(tx, principal, action, Subject("tag", kept.id, kept.name), before, kept)
    tx.announce(TagsChanged(kept.id))
    return kept


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} tags, which is the most. Rename one that nobody uses.",
        f"标签已达上限 {most} 个。请改名使用已不用的标签。",
    )
