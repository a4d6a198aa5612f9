"""A contact beside his conversations, the pages he saw and whether he is there."""

from typing import Annotated

from msgspec import Meta, Struct

from app.api.call import Call, Nothing
from app.chat.history import History
from app.chat.presence import Presence
from app.chat.ratings import Ratings
from app.contacts.blocks import Blocks
from app.contacts.contacts import ContactChange, ContactPage, Contacts
from app.contacts.merging import ContactMerging
from app.contacts.organisations import Organisations
from app.model.conversations import Conversation, Rating
from app.model.frames import Id, Line
from app.model.people import Block, Contact, Organisation, Visit, VisitorEvent
from app.model.principals import Agent

_HITS = 20


class MergedContact(Struct, frozen=True):
    """A contact that goes on as another since `at` (milliseconds UTC); for a day that can be undone."""

    contact: Contact
    at: int


class ContactDetail(Struct, frozen=True):
    """A contact with what surrounds him, newest first.

    Of his conversations, and of their ratings, those that the asking agent may see. `suggested` is the organisation
    that his address speaks for, where he belongs to none.
    """

    contact: Contact
    conversations: list[Conversation]
    visits: list[Visit]
    online: bool
    events: list[VisitorEvent]
    ratings: list[Rating]
    block: Block | None = None
    merged: list[MergedContact] = []
    organisation: Organisation | None = None
    suggested: Organisation | None = None


class ContactAnswer(Struct, frozen=True):
    """A contact after a change."""

    contact: Contact


class ContactQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`q` is a part of a name, an address or a phone number, or a contact's number; nothing: everybody.

    `verified` is 1 for those alone whom a website has proven, `organisation` for those who belong to it. `before` is
    the `next` of the page before.
    """

    q: Line = ""
    verified: bool = False
    organisation: Id | None = None
    before: Annotated[str, Meta(max_length=40)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = _HITS


class MergeInto(Struct, frozen=True, forbid_unknown_fields=True):
    """Who goes on with everything."""

    into: Id


class ContactRoutes:
    """The room `contacts` decides who may."""

    def __init__(
        self,
        contacts: Contacts,
        merging: ContactMerging,
        blocks: Blocks,
        history: History,
        ratings: Ratings,
        presence: Presence,
        organisations: Organisations,
    ) -> None:
        self._organisations = organisations
        self._contacts = contacts
        self._merging = merging
        self._blocks = blocks
        self._history = history
        self._ratings = ratings
        self._presence = presence

    async def find(self, call: Call[Agent], asked: ContactQuery) -> ContactPage:
        return await self._contacts.page(
            call.principal,
            asked.q,
            verified=asked.verified,
            before=asked.before,
            limit=asked.limit,
            organisation_id=asked.organisation,
        )

    async def merge(self, call: Call[Agent], asked: MergeInto) -> ContactAnswer:
        return ContactAnswer(await self._merging.merge(call.principal, call.id, asked.into))

    async def unmerge(self, call: Call[Agent], _: Nothing) -> ContactAnswer:
        return ContactAnswer(await self._merging.unmerge(call.principal, call.id))

    async def detail(self, call: Call[Agent], _: Nothing) -> ContactDetail:
        contact = await self._contacts.find(call.principal, call.id)
        return ContactDetail(
            contact,
            await self._history.of_contact(call.principal, call.id),
            await self._contacts.visits(call.principal, call.id),
            self._presence.online(call.id),
            await self._contacts.events(call.principal, call.id),
            await self._ratings.of_contact(call.principal, call.id),
            self._blocks.of(call.id),
            [MergedContact(*one) for one in await self._merging.recent(call.principal, call.id)],
            *await self._organisations.of_contact(contact),
        )

    async def change(self, call: Call[Agent], asked: ContactChange) -> ContactAnswer:
        return ContactAnswer(await self._contacts.change(call.principal, call.id, asked))
