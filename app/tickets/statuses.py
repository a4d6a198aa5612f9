"""What a desk calls where its tickets stand: the four given ones and its own, each in one of three categories."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record, record_change
from app.accounts.policy import demand
from app.model.audit import Change, Subject
from app.model.errors import Conflict, Invalid, not_found
from app.model.ids import Ids
from app.model.principals import Principal
from app.model.tickets import Category, Status, TicketStatus
from app.settings import Limits
from app.storage import ticket_statuses
from app.storage.database import Database, Transaction

_GIVEN = frozenset(Status)

Name = Annotated[str, Meta(max_length=60)]
StatusId = Annotated[str, Meta(pattern=r"^(?:new|open|waiting|done|[0-9a-z]{26})(?!\n)$")]


class NewStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be added at the end; a name in one language at least."""

    category: Category
    name_en: Name = ""
    name_zh: Name = ""


class StatusChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays."""

    name_en: Name | UnsetType = UNSET
    name_zh: Name | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class StatusOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """Every status, in the order that lists and boards shall have."""

    ids: Annotated[tuple[StatusId, ...], Meta(min_length=1, max_length=1_000)]


class TicketStatuses:
    """Administrators name them; everybody who reads tickets knows them."""

    def __init__(self, database: Database, ids: Ids, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._limits = limits

    async def listing(self, principal: Principal) -> list[TicketStatus]:
        """All of them, in their order, archived ones too: old tickets have them."""
        demand(principal, "ticket.read")
        return await ticket_statuses.listing(self._database)

    async def create(self, principal: Principal, new: NewStatus) -> TicketStatus:
        """Add one at the end; raises `Forbidden`, `Invalid` (empty), `Conflict` (limit_reached, name_taken)."""
        demand(principal, "ticket.manage")

        def unit(tx: Transaction) -> TicketStatus:
            known = ticket_statuses.all_of_them(tx)
            if len(known) >= self._limits.ticket_statuses_max:
                raise _too_many(self._limits.ticket_statuses_max)
            position = max((status.position for status in known), default=0) + 1
            status = TicketStatus(self._ids.new(), new.name_en, new.name_zh, new.category, position)
            return _noted(tx, principal, "ticket_status.create", None, _saved(tx, known, status))

        return await self._database.write(unit)

    async def change(self, principal: Principal, status_id: str, change: StatusChange) -> TicketStatus:
        """Name it anew or archive it; raises `NotFound`, `Conflict` (status_given) and as `create`."""
        demand(principal, "ticket.manage")

        def unit(tx: Transaction) -> TicketStatus:
            known = ticket_statuses.all_of_them(tx)
            before = next((status for status in known if status.id == status_id), None)
            if before is None:
                raise not_found()
            if before.id in _GIVEN and change.archived is True:
                raise _given()
            named = {name: getattr(change, name) for name in change.__struct_fields__}
            set_ = {name: value for name, value in named.items() if value is not UNSET}
            after = _saved(tx, known, replace(before, **set_))
            return _noted(tx, principal, "ticket_status.change", before, after)

        return await self._database.write(unit)

    async def order(self, principal: Principal, order: StatusOrder) -> list[TicketStatus]:
        """Give them an order; raises `Conflict` (stale) where these are not all of them, each once."""
        demand(principal, "ticket.manage")

        def unit(tx: Transaction) -> list[TicketStatus]:
            known = {status.id: status for status in ticket_statuses.all_of_them(tx)}
            if sorted(order.ids) != sorted(known):
                raise _others_meanwhile()
            after = [replace(known[status_id], position=place) for place, status_id in enumerate(order.ids, 1)]
            for status in after:
                ticket_statuses.save(tx, status)
            said = Change({"order": [one.name_en for one in known.values()]}, {"order": [one.name_en for one in after]})
            record(tx, principal, "ticket_status.order", Subject("ticket_status", "", ""), said)
            return after

        return await self._database.write(unit)


def _noted(
    tx: Transaction, principal: Principal, action: str, before: TicketStatus | None, after: TicketStatus
) -> TicketStatus:
    record_change(tx, principal, action, Subject("ticket_status", after.id, after.name_en), before, after)
    return after


def _saved(tx: Transaction, known: list[TicketStatus], status: TicketStatus) -> TicketStatus:
    en, zh = (" ".join(name.replace("\0", "").split()) for name in (status.name_en, status.name_zh))
    if not en and not zh:
        raise Invalid(
            "empty",
            "The status has no name. Write it in one language at least.",
            "状态没有名称。请至少填写一种语言。",
            field="name_en",
        )
    kept = replace(status, name_en=en or zh, name_zh=zh or en)
    for other in known:
        if other.id != kept.id and not other.archived and not kept.archived:
            _demand_another_name(kept, other)
    ticket_statuses.save(tx, kept)
    return kept


def _demand_another_name(status: TicketStatus, other: TicketStatus) -> None:
    """Two that are called alike could not be told apart in a list."""
    for field in ("name_en", "name_zh"):
        if getattr(status, field).casefold() == getattr(other, field).casefold():
            raise Conflict(
                "name_taken",
                f"Another status is called {other.name_en} already. Choose another name.",
                f"已有名为“{other.name_zh}”的状态。请使用其他名称。",
                field=field,
            )


def _given() -> Conflict:
    return Conflict(
        "status_given",
        "This status is given: new, assigned, merged and finished tickets get it. Name it anew instead.",
        "这是内置状态：新建、分配、合并和完成工单时会用到，不能归档。可以改名。",
    )


def _others_meanwhile() -> Conflict:
    return Conflict(
        "stale",
        "Statuses were added or taken away meanwhile. Load them again, then give them their order.",
        "状态列表刚刚有变化。请重新加载后再排序。",
    )


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} statuses, which is the most. Use one that is archived.",
        f"状态已达上限 {most} 个。请启用已归档的状态。",
    )
