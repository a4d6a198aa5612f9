"""A mail that came becomes a message: whose it is, which conversation it goes on with, what of it is left out.

Every step may be done twice: the message's key is made of the Message-ID, and what became of a mail is kept under it.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from app.chat import entries
from app.chat.messages import Messages, clean
from app.contacts.blocks import Blocks
from app.contacts.claims import one_line
from app.contacts.organisations import assigned
from app.files.transfer import Files
from app.mail.tokens import Tokens
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Speaker
from app.model.errors import Problem
from app.model.events import ContactChanged, MessageCreated
from app.model.frames import FILES_MAX, TEXT_MAX, Send
from app.model.ids import Ids
from app.model.mail import Mail, Mailbox
from app.model.people import Contact
from app.model.principals import Visitor
from app.settings import Limits
from app.storage import contacts, conversations, mailboxes, mails, messages
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

if TYPE_CHECKING:
    from app.mail.parse import Bounce, Incoming, IncomingFile

_HOUR_MS = 3_600_000
_REASON_MAX = 200
_BEGUN = "begun"
_log = logger("mail")


class Arrived(Struct, frozen=True):
    """A mail as it lies in a mailbox; `whole` where all of it was fetched."""

    uid: int
    validity: int
    raw: bytes
    whole: bool = True


class Intake:
    """Takes mails in. `names` are the agents' names by id; `own` the addresses of this desk, in lower case."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        messages_room: Messages,
        files: Files,
        tokens: Tokens,
        names: Mapping[str, str],
        blocks: Blocks,
        limits: Limits,
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._messages = messages_room
        self._files = files
        self._tokens = tokens
        self._names = names
        self._blocks = blocks
        self._limits = limits

    async def take(self, box: Mailbox, arrived: Arrived, own: frozenset[str]) -> str:
        """Take a mail in; its state (`taken`, `ignored`, or `known`). Once this returns it is on disk, once."""
        from app.mail import parse  # with the first mail

        mail = await asyncio.to_thread(parse.read, arrived.raw)
        known = await mails.known(self._database, box.inbox_id, mail.header_id)
        if known is not None and known[0] != _BEGUN:
            await self._reached(box, arrived)
            return "known"
        if known is None:
            if mail.bounce is not None:
                await self.undelivered(mail.bounce)
            reason = await self._refusal(mail, own)
            if reason:
                return await self._left_alone(box, arrived, mail, reason)
        head = await self._continued(box, mail)
        if await self._blocked(box, mail, head):
            return await self._left_alone(box, arrived, mail, "blocked")
        contact_id = known[1] if known is not None and known[1] is not None else await self._begun(box, mail, head)
        message_id, conversation_id = await self._said(box, mail, head, contact_id, whole=arrived.whole)
        row = self._row(box, mail, "taken", conversation_id=conversation_id, message_id=message_id)
        await self._keep(box, arrived, row)
        return "taken"

    async def _left_alone(self, box: Mailbox, arrived: Arrived, mail: "Incoming", reason: str) -> str:
        _log.info("a mail was left alone", extra={"inbox": box.inbox_id, "reason": reason})
        await self._keep(box, arrived, self._row(box, mail, "ignored", reason=reason))
        return "ignored"

    async def undelivered(self, bounce: "Bounce") -> None:
        """A mail of ours did not arrive: its conversation says so, once."""
        mail = await mails.outgoing(self._database, bounce.header_id)
        if mail is not None and mail.state != "failed" and mail.conversation_id is not None:
            await self.failed(mail, bounce.recipient or ", ".join(mail.recipients), bounce.reason)

    async def failed(self, mail: Mail, recipient: str, reason: str) -> None:
        """Note in a conversation, for colleagues, that a mail did not leave or did not arrive."""
        row = replace(mail, state="failed", reason=reason[:_REASON_MAX])

        def unit(tx: Transaction) -> None:
            head = conversations.by_id(tx, mail.conversation_id or "")
            mails.save(tx, row)
            if head is None:
                return
            after = entries.counted(head, visible=False, at=self._clock.now_ms())
            data = {"event": "mail_failed", "address": recipient, "reason": row.reason}
            line = entries.last_entry(
                after, self._ids.new(), Kind.SYSTEM, Speaker("system", "mail"), after.updated_at, visible=False,
                data=data,
            )  # fmt: skip
            messages.insert(tx, line)
            conversations.advance(tx, after)
            tx.record(MessageCreated(after, line, None, self._names.get(after.assignee_id or "", "")))

        await self._database.write(unit)

    # --- deciding ---------------------------------------------------------------------------------------------------

    async def _refusal(self, mail: "Incoming", own: frozenset[str]) -> str:
        """Why a mail becomes no message; empty where it does."""
        if mail.sender.address in own:
            return "our own address"
        if mail.loops:
            return "X-Loop"
        if mail.machine:
            return mail.machine
        since = self._clock.now_ms() - _HOUR_MS
        if await mails.count_since(self._database, mail.sender.address, since) >= self._limits.mails_per_sender_hour:
            return "too many from this sender"
        return ""

    async def _blocked(self, box: Mailbox, mail: "Incoming", head: Conversation | None) -> bool:
        """Whether whose words these would be may not come in: by this door no more than by any other."""
        writer = await mails.contact_of(self._database, box.inbox_id, mail.sender.address)
        people = {writer, None if head is None else head.contact_id} - {None}
        return any(self._blocks.of(one) is not None for one in people if one is not None)

    async def _continued(self, box: Mailbox, mail: "Incoming") -> Conversation | None:
        """By the signed address; else by the mails it refers to, where its sender takes part in their conversation."""
        for person in (*mail.recipients, *mail.copies):
            named = self._tokens.conversation(box.address, person.address)
            head = None if named is None else await conversations.find(self._database, named)
            if head is not None:
                return head
        for conversation_id in await mails.referred(self._database, mail.references):
            if mail.sender.address in await self._partners(conversation_id):
                return await conversations.find(self._database, conversation_id)
        return None

    async def _partners(self, conversation_id: str) -> set[str]:
        """Addresses that took part in a conversation, or were written to in it."""
        partners: set[str] = set()
        for mail in await mails.of_conversation(self._database, conversation_id, self._limits.mails_looked_at_max):
            partners |= {mail.sender, mail.answer_to, *mail.recipients, *mail.copies}
        return partners

    async def _begun(self, box: Mailbox, mail: "Incoming", head: Conversation | None) -> str:
        """Who writes: kept before his message is, so that one that is cut off goes on with the same contact."""
        known = head.contact_id if head else await mails.contact_of(self._database, box.inbox_id, mail.sender.address)
        now, row = self._clock.now_ms(), self._row(box, mail, _BEGUN)
        name = one_line(mail.sender.name)[:80]
        fresh = Contact(self._ids.new(), 0, now, now, name=name, email=mail.sender.address)

        def unit(tx: Transaction) -> str:
            if known is None:
                tx.record(ContactChanged(contacts.insert(tx, assigned(tx, None, fresh)), name="contact.created"))
            contact_id = known or fresh.id
            mails.save(tx, replace(row, contact_id=contact_id))
            return contact_id

        return await self._database.write(unit)

    # --- storing ----------------------------------------------------------------------------------------------------

    async def _said(
        self, box: Mailbox, mail: "Incoming", head: Conversation | None, contact_id: str, *, whole: bool
    ) -> tuple[str, str]:
        """The message's id and its conversation's."""
        visitor = Visitor(contact_id, box.inbox_id if head is None else head.inbox_id)
        cid = hashlib.blake2b(f"{box.inbox_id}\0{mail.header_id}".encode(), digest_size=16).hexdigest()
        earlier = await self._database.write(lambda tx: messages.result_of(tx, contact_id, cid))
        if earlier is not None:  # it was stored, and the rest was cut off
            return earlier.id, earlier.conversation_id
        file_ids, left_out = await self._attached(visitor, mail.files)
        text = clean(mail.text)[:TEXT_MAX] if len(mail.text) <= TEXT_MAX else clean(mail.text[: TEXT_MAX - 1]) + "…"
        if not text.strip() and not file_ids:
            text = mail.subject or "…"
        data = _told(mail, left_out, whole=whole)
        command = Send(cid, None if head is None else head.id, text, file_ids)
        ack = await self._messages.accept(visitor, command, data)
        return ack.id, ack.conv

    async def _attached(
        self, visitor: Visitor, files: tuple["IncomingFile", ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Files through the rules that hold for all; names of those that were not taken."""
        taken: list[str] = []
        left_out: list[str] = []
        for file in files:
            if len(taken) >= FILES_MAX:
                left_out.append(file.name)
                continue
            try:
                stored = await self._files.receive(visitor, file.name, _stream(file.content), len(file.content))
                taken.append(stored.id)
            except Problem as problem:
                _log.info("a mail's file was left out", extra={"code": problem.code})
                left_out.append(file.name)
        return tuple(taken), tuple(left_out)

    def _row(
        self,
        box: Mailbox,
        mail: "Incoming",
        state: str,
        *,
        reason: str = "",
        conversation_id: str | None = None,
        message_id: str | None = None,
    ) -> Mail:
        return Mail(
            inbox_id=box.inbox_id, header_id=mail.header_id, outgoing=False, state=state, at=self._clock.now_ms(),
            reason=reason[:_REASON_MAX], conversation_id=conversation_id, message_id=message_id, subject=mail.subject,
            sender=mail.sender.address, answer_to=mail.answer_to,
            recipients=tuple(one.address for one in mail.recipients), copies=tuple(one.address for one in mail.copies),
        )  # fmt: skip

    async def _keep(self, box: Mailbox, arrived: Arrived, row: Mail) -> None:
        def unit(tx: Transaction) -> None:
            mails.save(tx, row)
            mailboxes.reached(tx, box.inbox_id, arrived.validity, arrived.uid)

        await self._database.write(unit)

    async def _reached(self, box: Mailbox, arrived: Arrived) -> None:
        await self._database.write(
            lambda tx: mailboxes.reached(tx, box.inbox_id, arrived.validity, arrived.uid)
        )  # fmt: skip


def _told(mail: "Incoming", left_out: tuple[str, ...], *, whole: bool) -> dict[str, str]:
    """What the screens show of a mail's heading."""
    told = {
        "mail": mail.sender.address,
        "subject": mail.subject,
        "to": ", ".join(one.address for one in mail.recipients[:10]),
        "cc": ", ".join(one.address for one in mail.copies[:10]),
        "left_out": ", ".join(left_out[:20]),
        "cut": "" if whole else "1",
    }
    return {name: value for name, value in told.items() if value}


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 65_536):
        yield content[at : at + 65_536]
