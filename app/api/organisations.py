"""Organisations over REST; their contacts and tickets are found by `organisation` in the lists of these."""

from typing import Annotated

from msgspec import Meta, Struct

from app.api.call import Call, Done, Nothing
from app.chat.history import History
from app.contacts.organisations import (
    Cursor,
    NewOrganisation,
    OrganisationChange,
    OrganisationPage,
    Organisations,
)
from app.model.conversations import Conversation
from app.model.frames import Line
from app.model.people import Organisation
from app.model.principals import Agent

_HITS = 20


class OrganisationQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`q` is a part of a name or a domain, or what another system calls it; `after` the `next` of the page before."""

    q: Line = ""
    after: Cursor = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = _HITS


class OrganisationAnswer(Struct, frozen=True):
    """One after what was asked."""

    organisation: Organisation


class OrganisationDetail(Struct, frozen=True):
    """One with the newest conversations of the contacts who were there last, those that the asking agent may see."""

    organisation: Organisation
    conversations: list[Conversation]


class OrganisationRoutes:
    """The room `contacts` decides who may."""

    def __init__(self, organisations: Organisations, history: History) -> None:
        self._organisations = organisations
        self._history = history

    async def listing(self, call: Call[Agent], asked: OrganisationQuery) -> OrganisationPage:
        return await self._organisations.page(call.principal, asked.q, asked.after, asked.limit)

    async def create(self, call: Call[Agent], asked: NewOrganisation) -> OrganisationAnswer:
        return OrganisationAnswer(await self._organisations.create(call.principal, asked))

    async def detail(self, call: Call[Agent], _: Nothing) -> OrganisationDetail:
        organisation = await self._organisations.find(call.principal, call.id)
        return OrganisationDetail(organisation, await self._history.of_organisation(call.principal, call.id))

    async def change(self, call: Call[Agent], asked: OrganisationChange) -> OrganisationAnswer:
        return OrganisationAnswer(await self._organisations.change(call.principal, call.id, asked))

    async def delete(self, call: Call[Agent], _: Nothing) -> Done:
        await self._organisations.delete(call.principal, call.id)
        return Done()
