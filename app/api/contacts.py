"""A contact beside his conversations, the pages he saw and whether he is there."""

from msgspec import Struct

from app.api.call import Call, Nothing
from app.chat.history import History
from app.chat.presence import Presence
from app.chat.ratings import Ratings
from app.contacts.contacts import ContactChange, Contacts
from app.model.conversations import Conversation, Rating
from app.model.frames import Line
from app.model.people import Contact, Visit, VisitorEvent
from app.model.principals import Agent

_HITS = 20


class ContactDetail(Struct, frozen=True):
    """A contact with what surrounds him, newest first.

    Of his conversations, and of their ratings, those that the asking agent may see.
    """

    contact: Contact
    conversations: list[Conversation]
    visits: list[Visit]
    online: bool
    events: list[VisitorEvent]
    ratings: list[Rating]


class ContactAnswer(Struct, frozen=True):
    """A contact after a change."""

    contact: Contact


class ContactQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`q` is a part of a name, an address or a phone number, or a contact's number."""

    q: Line


class ContactHits(Struct, frozen=True):
    """The last seen first."""

    contacts: list[Contact]


class ContactRoutes:
    """The room `contacts` decides who may."""

    def __init__(self, contacts: Contacts, history: History, ratings: Ratings, presence: Presence) -> None:
        self._contacts = contacts
        self._history = history
        self._ratings = ratings
        self._presence = presence

    async def find(self, call: Call[Agent], asked: ContactQuery) -> ContactHits:
        return ContactHits(await self._contacts.search(call.principal, asked.q, _HITS))

    async def detail(self, call: Call[Agent], _: Nothing) -> ContactDetail:
        return ContactDetail(
            await self._contacts.find(call.principal, call.id),
            await self._history.of_contact(call.principal, call.id),
            await self._contacts.visits(call.principal, call.id),
            self._presence.online(call.id),
            await self._contacts.events(call.principal, call.id),
            await self._ratings.of_contact(call.principal, call.id),
        )

    async def change(self, call: Call[Agent], asked: ContactChange) -> ContactAnswer:
        return ContactAnswer(await self._contacts.change(call.principal, call.id, asked))
