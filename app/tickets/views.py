"""Lists of tickets that are kept under a name: one's own, and those that everybody has."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.accounts.audit import record_change
from app.accounts.policy import demand
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, not_found
from app.model.ids import Ids
from app.model.principals import Agent
from app.model.tickets import TicketView
from app.settings import Limits
from app.storage import ticket_views
from app.storage.database import Database, Transaction
from app.tickets.queries import TicketQuery

_OF_A_PAGE = ("before", "limit")  # where in a list somebody is, which is not what it is narrowed to


class NewView(Struct, frozen=True, forbid_unknown_fields=True):
    """`query` holds parameters of `GET /tickets` as they stand in an address; `shared` needs `tickets.manage`."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    query: Annotated[dict[str, Annotated[str, Meta(max_length=300)]], Meta(max_length=20)]
    shared: bool = False


class TicketViews:
    """Who may read tickets keeps his own; what everybody sees is the administrators' to say."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits

    async def listing(self, principal: Agent) -> list[TicketView]:
        """His own, then those that are shared."""
        demand(principal, "ticket.read")
        return await ticket_views.of_agent(self._database, principal.agent_id)

    async def create(self, principal: Agent, new: NewView) -> TicketView:
        """Keep one; raises `Forbidden`, `Invalid` (empty, query_unknown), `Conflict` (limit_reached)."""
        demand(principal, "ticket.manage" if new.shared else "ticket.read")
        name = " ".join(new.name.replace("\0", "").split())
        if not name:
            raise Invalid("empty", "The view has no name. Write one.", "视图没有名称。请填写。", field="name")
        _demand_query(new.query)
        view = TicketView(
            self._ids.new(), name, new.query, principal.agent_id, new.shared, self._clock.now_ms()
        )  # fmt: skip

        def unit(tx: Transaction) -> TicketView:
            limits = self._limits
            most = limits.ticket_views_shared_max if view.shared else limits.ticket_views_of_one_max
            if ticket_views.beside(tx, view) >= most:
                raise _too_many(most)
            ticket_views.save(tx, view)
            if view.shared:  # his own concern nobody else
                record_change(tx, principal, "ticket_view.create", _subject(view), None, view)
            return view

        return await self._database.write(unit)

    async def delete(self, principal: Agent, view_id: str) -> None:
        """Forget one; raises `NotFound`, `Forbidden`."""

        def unit(tx: Transaction) -> None:
            found = ticket_views.by_id(tx, view_id)
            if found is None or not (found.shared or found.owner_id == principal.agent_id):
                raise not_found()
            demand(principal, "ticket.manage" if found.shared else "ticket.read")
            ticket_views.delete(tx, found.id)
            if found.shared:
                record_change(tx, principal, "ticket_view.delete", _subject(found), found, None)

        await self._database.write(unit)


def _subject(view: TicketView) -> Subject:
    return Subject("ticket_view", view.id, view.name)


def _demand_query(query: dict[str, str]) -> None:
    try:
        if not any(name in query for name in _OF_A_PAGE):
            msgspec.convert(query, TicketQuery, strict=False)
            return
    except msgspec.ValidationError:
        pass
    raise Invalid(
        "query_unknown",
        "The list cannot be narrowed like this. Narrow it on the page of tickets, then keep it.",
        "无法按此条件筛选。请先在工单页设置筛选条件，再保存。",
        field="query",
    )


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} of these views, which is the most. Delete one that nobody uses.",
        f"视图已达上限 {most} 个。请先删除不再使用的。",
    )
