"""Tables in and out, over REST."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import StreamingResponse

from app.api.call import HEADERS, Call, Nothing
from app.exchange.exports import Exports, Table
from app.exchange.imports import ImportReport, Imports, Kind
from app.model.principals import Agent


class ImportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`kind`: contacts, agents, canned_replies. `rehearse` 1 stores nothing and tells what would come of it.

    `mapping`: a JSON list, for each column of the file the field that it fills, or "". Without it the columns' names
    decide.
    """

    kind: Kind
    mapping: Annotated[str, Meta(max_length=10_000)] = ""
    rehearse: bool = True


class ExchangeRoutes:
    """The room `exchange` decides who may."""

    def __init__(self, imports: Imports, exports: Exports) -> None:
        self._imports = imports
        self._exports = exports

    async def bring(self, call: Call[Agent], asked: ImportQuery) -> ImportReport:
        return await self._imports.take(call.principal, asked.kind, call.chunks, asked.mapping, rehearse=asked.rehearse)

    async def contacts(self, call: Call[Agent], _: Nothing) -> StreamingResponse:
        return await self._table(call, Table.CONTACTS)

    async def conversations(self, call: Call[Agent], _: Nothing) -> StreamingResponse:
        return await self._table(call, Table.CONVERSATIONS)

    async def tickets(self, call: Call[Agent], _: Nothing) -> StreamingResponse:
        return await self._table(call, Table.TICKETS)

    async def _table(self, call: Call[Agent], table: Table) -> StreamingResponse:
        pieces = await self._exports.begin(call.principal, table)
        headers = {**HEADERS, "content-disposition": f'attachment; filename="{table.value}.csv"'}
        return StreamingResponse(pieces, 200, headers, "text/csv; charset=utf-8")
