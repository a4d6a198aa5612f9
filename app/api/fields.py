"""A desk's own fields over REST: of tickets, contacts, organisations and conversations alike."""

from msgspec import Struct

from app.accounts.fields import FieldChange, FieldOrder, NewField, OwnFields
from app.api.call import Call, Nothing
from app.model.fields import Field, Noun
from app.model.principals import Agent


class FieldList(Struct, frozen=True):
    """The desk's own fields of a noun, in their order, archived ones too."""

    fields: list[Field]


class FieldAnswer(Struct, frozen=True):
    """One of them."""

    field: Field


class FieldRoutes:
    """Those of one noun; the room `accounts` decides who may."""

    def __init__(self, fields: OwnFields, noun: Noun) -> None:
        self._fields = fields
        self._noun = noun

    async def listing(self, call: Call[Agent], _: Nothing) -> FieldList:
        return FieldList(await self._fields.listing(call.principal, self._noun))

    async def create(self, call: Call[Agent], asked: NewField) -> FieldAnswer:
        return FieldAnswer(await self._fields.create(call.principal, asked, self._noun))

    async def change(self, call: Call[Agent], asked: FieldChange) -> FieldAnswer:
        return FieldAnswer(await self._fields.change(call.principal, call.id, asked, self._noun))

    async def order(self, call: Call[Agent], asked: FieldOrder) -> FieldList:
        return FieldList(await self._fields.order(call.principal, asked, self._noun))
