"""Records of joined systems over REST: what stands beside a contact."""

from typing import Annotated

from msgspec import Meta, Struct

from app.api.call import Call, Nothing
from app.model.principals import Agent
from app.model.records import Record, RecordKind
from app.records.records import RecordPage, Records

_PAGE = 20


class RecordQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`kind`: of one kind alone; `before` is the `next` of the page before."""

    kind: RecordKind | None = None
    before: Annotated[str, Meta(max_length=60)] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = _PAGE


class RecordAnswer(Struct, frozen=True):
    """One record."""

    record: Record


class RecordRoutes:
    """The room `records` decides who may."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def beside(self, call: Call[Agent], asked: RecordQuery) -> RecordPage:
        return await self._records.beside(call.principal, call.id, asked.kind, asked.before, asked.limit)

    async def detail(self, call: Call[Agent], _: Nothing) -> RecordAnswer:
        return RecordAnswer(await self._records.find(call.principal, call.id))
