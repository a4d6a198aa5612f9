"""A contact beside his conversations, the pages he saw and whether he is there."""

from msgspec import Struct

from app.api.call import Call, Nothing
from app.chat.history import History
from app.chat.presence import Presence
from app.contacts.contacts import ContactChange, Contacts
from app.model.conversations import Conversation
from app.model.people import Contact, Visit
from app.model.principals import Agent


class ContactDetail(Struct, frozen=True):
    """A contact with what surrounds him; of his conversations those that the asking agent may see, newest first."""

    contact: Contact
    conversations: list[Conversation]
    visits: list[Visit]
    online: bool


class ContactAnswer(Struct, frozen=True):
    """A contact after a change."""

    contact: Contact


class ContactRoutes:
    """The room `contacts` decides who may."""

    def __init__(self, contacts: Contacts, history: History, presence: Presence) -> None:
        self._contacts = contacts
        self._history = history
        self._presence = presence

    async def detail(self, call: Call[Agent], _: Nothing) -> ContactDetail:
        return ContactDetail(
            await self._contacts.find(call.principal, call.id),
            await self._history.of_contact(call.principal, call.id),
            await self._contacts.visits(call.principal, call.id),
            self._presence.online(call.id),
        )

    async def change(self, call: Call[Agent], asked: ContactChange) -> ContactAnswer:
        return ContactAnswer(await self._contacts.change(call.principal, call.id, asked))
