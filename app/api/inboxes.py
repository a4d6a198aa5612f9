"""Inboxes: the websites that visitors come from."""

from msgspec import Struct

from app.accounts.inboxes import InboxChange, Inboxes, NewInbox
from app.api.call import Call, Nothing
from app.chat.alarm import Alarm
from app.chat.reception import Receptionist
from app.model.people import Inbox
from app.model.principals import Agent


class InboxList(Struct, frozen=True):
    """Every inbox, oldest first."""

    inboxes: list[Inbox]


class InboxAnswer(Struct, frozen=True):
    """One inbox."""

    inbox: Inbox


class InboxRoutes:
    """The room `accounts` decides who may."""

    def __init__(self, inboxes: Inboxes, receptionist: Receptionist, alarm: Alarm) -> None:
        self._inboxes = inboxes
        self._receptionist = receptionist
        self._alarm = alarm

    async def listing(self, call: Call[Agent], _: Nothing) -> InboxList:
        return InboxList(self._inboxes.listing(call.principal))

    async def create(self, call: Call[Agent], asked: NewInbox) -> InboxAnswer:
        return InboxAnswer(await self._inboxes.create(call.principal, asked))

    async def change(self, call: Call[Agent], asked: InboxChange) -> InboxAnswer:
        changed = await self._inboxes.change(call.principal, call.id, asked)
        self._receptionist.forget()
        self._alarm.arm()  # how long visitors wait may be another
        return InboxAnswer(changed)
