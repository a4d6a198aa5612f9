"""What an agent answers in a conversation by mail, as a mail: to whom, under which subject, after which mails."""

import asyncio
from pathlib import Path

from msgspec import Struct

from app.accounts.inboxes import Inboxes
from app.files.transfer import Files
from app.mail import wording
from app.mail.compose import Draft, Enclosure, compose, reachable
from app.mail.intake import Intake
from app.mail.mailboxes import Mailboxes
from app.mail.refusals import Undelivered
from app.mail.relay import RelayKeeper, domain
from app.mail.tokens import Tokens
from app.model.clock import Clock
from app.model.conversations import Attachment, Message
from app.model.errors import Problem
from app.model.mail import Mail, Mailbox, Reply
from app.model.people import Contact
from app.model.principals import System
from app.settings import Limits
from app.storage import contacts, conversations, mails, messages
from app.storage.database import Database

_SYSTEM = System("mail")
_REFERENCES_MAX = 20
_ANSWERED = ("re:", "re：", "回复:", "回复：", "答复:", "答复：")


class Heading(Struct, frozen=True):
    """Whom the next answer in a conversation goes to, and under which subject."""

    address: str  # of this desk
    to: str
    copies: tuple[str, ...]
    subject: str


class Answers:
    """Makes and sends them."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        relay: RelayKeeper,
        boxes: Mailboxes,
        inboxes: Inboxes,
        intake: Intake,
        tokens: Tokens,
        files: Files,
        limits: Limits,
    ) -> None:
        self._database = database
        self._clock = clock
        self._relay = relay
        self._boxes = boxes
        self._inboxes = inboxes
        self._intake = intake
        self._tokens = tokens
        self._files = files
        self._limits = limits

    async def heading(self, conversation_id: str) -> Heading | None:
        """Of a conversation by mail; None for every other."""
        head = await conversations.find(self._database, conversation_id)
        box = None if head is None else self._boxes.of(head.inbox_id)
        if head is None or box is None:
            return None
        known = await mails.of_conversation(self._database, conversation_id, self._limits.mails_looked_at_max)
        contact = await contacts.find(self._database, head.contact_id)
        return self._heading(box, known, "" if contact is None else contact.email)

    async def failures(self, conversation_id: str) -> list[Mail]:
        """Mails of a conversation that did not leave or arrive, newest first."""
        known = await mails.of_conversation(self._database, conversation_id, self._limits.mails_looked_at_max)
        return [mail for mail in known if mail.outgoing and mail.state == "failed"]

    async def send(self, letter: Reply, *, last: bool) -> None:
        """Send one; where it cannot be, its conversation says so.

        Raises the `Problem` of what may go better later; `last`: it is not tried again by itself.
        """
        head = await conversations.find(self._database, letter.conversation_id)
        box = None if head is None else self._boxes.of(head.inbox_id)
        message = await self._message(letter)
        if head is None or box is None or message is None or message.deleted:
            return
        header_id = self._tokens.header_id(message.id, domain(box.address))
        earlier = await mails.outgoing(self._database, header_id)
        if earlier is not None and earlier.state == "sent":
            return  # the relay has taken it, and the rest was cut off
        known = await mails.of_conversation(self._database, head.id, self._limits.mails_looked_at_max)
        contact = await contacts.find(self._database, head.contact_id)
        heading = self._heading(box, known, "" if contact is None else contact.email)
        mail = Mail(
            inbox_id=box.inbox_id, header_id=header_id, outgoing=True, state="sent", at=self._clock.now_ms(),
            conversation_id=head.id, message_id=message.id, subject=heading.subject, sender=box.address,
            recipients=(heading.to,) if heading.to else (), copies=heading.copies,
        )  # fmt: skip
        try:
            if not heading.to:
                raise no_address()
            if not reachable(heading.to):
                raise address_unusable()
            await self._hand_over(box, mail, heading, message, known, contact)
        except Problem as problem:
            refused = isinstance(problem, Undelivered) and problem.permanent
            if not last and not refused:
                raise
            said = problem.said if isinstance(problem, Undelivered) and problem.said else problem.code
            await self._intake.failed(mail, heading.to, said)
            if not refused:
                raise  # given up and kept: `outbox replay` sends it once the relay is mended
            return
        await self._database.write(lambda tx: mails.save(tx, mail))

    async def _hand_over(
        self, box: Mailbox, mail: Mail, heading: Heading, message: Message, known: list[Mail], contact: Contact | None
    ) -> None:
        ordered = [one.header_id for one in reversed(known)][-_REFERENCES_MAX:]
        latest = next((one for one in known if not one.outgoing), None)
        to, copies = reachable(heading.to), tuple(found for one in heading.copies if (found := reachable(one)))
        enclosed, left_out = await self._enclosed(message)
        language = "" if contact is None else contact.language
        draft = Draft(
            message_id=mail.header_id, at=message.at, sender=(self._written_by(box, message), box.address),
            recipients=(("", to),), copies=tuple(("", one) for one in copies),
            subject=heading.subject,
            text=wording.answer(language, wording.as_text(message.text, message.content), left_out),
            reply_to=self._tokens.address(box.address, message.conversation_id) if box.plus else "",
            in_reply_to="" if latest is None else latest.header_id, references=tuple(ordered),
            files=enclosed,
        )  # fmt: skip
        letter = await asyncio.to_thread(compose, draft)
        await self._relay.send(box.address, [to, *copies], letter)

    def _written_by(self, box: Mailbox, message: Message) -> str:
        """The colleague's name and the inbox's."""
        inbox = self._inboxes.find(box.inbox_id).name
        return f"{message.sender.name} · {inbox}" if message.sender.name else inbox

    def _heading(self, box: Mailbox, known: list[Mail], email: str) -> Heading:
        """The answer goes to who wrote last and whom he had in copy; under the first mail's subject."""
        latest = next((one for one in known if not one.outgoing and one.state == "taken"), None)
        first = next((one for one in reversed(known) if one.subject), None)
        subject = "" if first is None else first.subject
        answered = subject if subject.lower().startswith(_ANSWERED) else f"Re: {subject}".strip()
        if latest is None:
            return Heading(box.address, email, (), answered)
        to = latest.answer_to or latest.sender
        own = self._boxes.addresses | {to}
        copies = tuple(one for one in latest.copies if one not in own and not self._ours(one))
        return Heading(box.address, to, copies, answered)

    def _ours(self, address: str) -> bool:
        """Whether it is one of this desk's with a conversation in it: what goes there comes back."""
        return any(self._tokens.conversation(box, address) is not None for box in self._boxes.addresses)

    async def _message(self, letter: Reply) -> Message | None:
        return await self._database.write(lambda tx: messages.by_id(tx, letter.conversation_id, letter.message_id))

    async def _enclosed(self, message: Message) -> tuple[tuple[Enclosure, ...], tuple[str, ...]]:
        """The message's files, as many as fit; and the names of the others, which the text tells."""
        enclosed: list[Enclosure] = []
        left_out: list[str] = []
        left = self._limits.mail_files_bytes_max
        for file in message.attachments:
            if file.size > left:
                left_out.append(file.name)
                continue
            enclosed.append(await self._enclosure(file))
            left -= file.size
        return tuple(enclosed), tuple(left_out)

    async def _enclosure(self, file: Attachment) -> Enclosure:
        grant = await self._files.grant(_SYSTEM, file.id)
        content = await asyncio.to_thread(Path(grant.path).read_bytes)
        return Enclosure(file.name, file.type, content)


def address_unusable() -> Undelivered:
    """An address that no letter can bear."""
    return Undelivered(
        "mail_address_unusable",
        "No mail can be sent to the customer's address. Correct it at the customer.",
        "无法向该客户的邮箱发送邮件。请在客户资料中更正。",
        permanent=True,
    )


def no_address() -> Undelivered:
    """Nobody to write to."""
    return Undelivered(
        "mail_no_address",
        "The customer has no e-mail address. Enter one at the customer.",
        "该客户没有邮箱。请在客户资料中填写。",
        permanent=True,
    )
