"""E-mail: the relay that letters leave by, addresses that are inboxes, the heading of the next answer."""

from msgspec import Struct

from app.api.call import Call, Done, Nothing
from app.chat.history import History
from app.mail.answers import Heading
from app.mail.follow_ups import Posted
from app.mail.mailboxes import MailboxFacts, NewMailbox
from app.mail.relay import NewRelay, RelayFacts, Tried
from app.mail.rooms import Mail
from app.model.frames import Line
from app.model.principals import Agent


class MailFacts(Struct, frozen=True):
    """How letters leave (None where they do not), and the addresses that are inboxes."""

    relay: RelayFacts | None
    mailboxes: list[MailboxFacts]


class RelayAnswer(Struct, frozen=True):
    """The relay as it is shown."""

    relay: RelayFacts


class MailboxAnswer(Struct, frozen=True):
    """An address as it is shown."""

    mailbox: MailboxFacts


class MailTrial(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a real letter goes to."""

    to: Line
    language: Line = ""


class HeadingAnswer(Struct, frozen=True):
    """Whom the next answer goes to; None where the conversation is not by mail."""

    heading: Heading | None


class MailRoutes:
    """The room `mail` decides who may."""

    def __init__(self, mail: Mail, history: History) -> None:
        self._mail = mail
        self._history = history

    async def facts(self, call: Call[Agent], _: Nothing) -> MailFacts:
        principal = call.principal
        return MailFacts(await self._mail.relay.facts(principal), await self._mail.boxes.listing(principal))

    async def set_relay(self, call: Call[Agent], asked: NewRelay) -> RelayAnswer:
        return RelayAnswer(await self._mail.relay.change(call.principal, asked))

    async def remove_relay(self, call: Call[Agent], _: Nothing) -> Done:
        await self._mail.relay.remove(call.principal)
        return Done()

    async def try_relay(self, call: Call[Agent], asked: MailTrial) -> Tried:
        return await self._mail.relay.test(call.principal, asked.to, asked.language)

    async def add_mailbox(self, call: Call[Agent], asked: NewMailbox) -> MailboxAnswer:
        return MailboxAnswer(await self._mail.boxes.create(call.principal, asked))

    async def change_mailbox(self, call: Call[Agent], asked: NewMailbox) -> MailboxAnswer:
        return MailboxAnswer(await self._mail.boxes.change(call.principal, call.id, asked))

    async def try_mailbox(self, call: Call[Agent], _: Nothing) -> Tried:
        return await self._mail.watch.test(call.principal, call.id)

    async def transcript(self, call: Call[Agent], _: Nothing) -> Posted:
        return await self._mail.follow_ups.ask(call.principal, call.id)

    async def heading(self, call: Call[Agent], _: Nothing) -> HeadingAnswer:
        await self._history.detail(call.principal, call.id)  # raises where it is not his to see
        return HeadingAnswer(await self._mail.answers.heading(call.id))
