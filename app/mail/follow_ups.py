"""A chat goes on by mail: what its visitor has not seen leaves as one mail, and the whole thread when it is asked for.

Ten minutes after the first answer that he has not seen, then at most every fifteen; with the last messages for context.
He answers by mail into the same conversation, where an address of ours is read.
"""

import asyncio

from msgspec import Struct

from app.accounts.inboxes import Inboxes
from app.accounts.policy import demand
from app.mail import wording
from app.mail.answers import address_unusable, no_address
from app.mail.compose import Draft, compose, reachable
from app.mail.intake import Intake
from app.mail.mailboxes import Mailboxes
from app.mail.refusals import Undelivered
from app.mail.relay import RelayKeeper, domain
from app.mail.tokens import Tokens
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Message
from app.model.errors import Problem, not_found
from app.model.ids import Ids
from app.model.mail import FollowUp, Mail, Mailbox, Transcript
from app.model.people import Contact
from app.model.principals import Principal
from app.settings import Limits
from app.storage import contacts, conversations, mail_relay, mail_turns, mails, messages
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

_BATCH = 100
_MINUTE_MS = 60_000
_log = logger("mail")


class Posted(Struct, frozen=True):
    """A transcript is on its way to this address."""

    to: str


class _Side(Struct, frozen=True):
    """From which of our addresses a mail leaves, whether its answer comes back, and what it is about."""

    box: Mailbox | None
    sender: str
    head: Conversation
    contact: Contact
    desk: str
    to: str


class FollowUps:
    """Looks after chats whose visitors have left."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        relay: RelayKeeper,
        boxes: Mailboxes,
        inboxes: Inboxes,
        intake: Intake,
        tokens: Tokens,
        limits: Limits,
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._relay = relay
        self._boxes = boxes
        self._inboxes = inboxes
        self._intake = intake
        self._tokens = tokens
        self._limits = limits

    async def run(self) -> None:
        """Until cancelled: put into the outbox what is due. A full disk puts it off."""
        while True:
            await asyncio.sleep(self._limits.mail_turn_look_seconds)
            try:
                await self.look()
            except Problem as problem:
                _log.warning("answers by mail were put off", extra={"code": problem.code})

    async def look(self) -> int:
        """Put what is due into the outbox, once; how many."""
        if not self._relay.on:
            return 0
        now = self._clock.now_ms()
        found = await mail_turns.due(self._database, now, _BATCH)
        for conversation_id in found:
            await self._database.write(lambda tx, one=conversation_id: self._put(tx, one, now))  # type: ignore[misc]
        return len(found)

    async def ask(self, principal: Principal, conversation_id: str) -> Posted:
        """Have the whole thread mailed to the customer. Raises `NotFound`, `Invalid` (mail_off), `Undelivered`."""

        def unit(tx: Transaction) -> Posted:
            head = conversations.by_id(tx, conversation_id)
            if head is None:
                raise not_found()
            demand(principal, "conversation.write", head)
            self._relay.demanded()
            contact = contacts.by_id(tx, head.contact_id)
            if contact is None or not contact.email:
                raise no_address()
            if not reachable(contact.email):
                raise address_unusable()
            mail_relay.post(tx, head.id, Transcript(head.id, self._ids.new()))
            return Posted(contact.email)

        return await self._database.write(unit)

    async def send(self, letter: FollowUp | Transcript, *, last: bool) -> None:
        """The outbox's letter: written now, for he may have seen it meanwhile."""
        to = letter.to if isinstance(letter, Transcript) else ""
        side = await self._side(letter.conversation_id, to)
        if side is None:
            return
        if isinstance(letter, Transcript):
            await self._transcript(side, letter, last=last)
        else:
            await self._follow_up(side, last=last)

    def _put(self, tx: Transaction, conversation_id: str, now: int) -> None:
        if mail_turns.take(tx, conversation_id, now):
            mail_relay.post(tx, conversation_id, FollowUp(conversation_id))

    async def _follow_up(self, side: _Side, *, last: bool) -> None:
        head = side.head
        turn = await mail_turns.turn(self._database, head.id)
        seen = max(head.visitor_read, turn.sent_seq)
        shown = await self._newest(head, self._limits.mail_turn_messages_max)
        unseen = [one for one in shown if one.seq is not None and one.seq > seen and one.sender.kind != "visitor"]
        if not unseen:
            return
        ripe_at = unseen[0].at + round(self._limits.mail_turn_minutes * _MINUTE_MS)
        if ripe_at > self._clock.now_ms():  # he has seen what it was about; this one is not that old
            pause_ms = round(self._limits.mail_turn_pause_minutes * _MINUTE_MS)
            await self._database.write(lambda tx: mail_turns.wait(tx, head.id, ripe_at, pause_ms))
            return
        subject = wording.follow_up_subject(side.contact.language, side.desk)
        text = wording.follow_up(side.contact.language, side.desk, lines_of(shown), answered=side.box is not None)
        await self._leave(side, unseen[-1].id, subject, text, last=last)
        now = self._clock.now_ms()
        await self._database.write(lambda tx: mail_turns.sent(tx, head.id, now, head.seq))

    async def _transcript(self, side: _Side, letter: Transcript, *, last: bool) -> None:
        shown = await self._newest(side.head, self._limits.mail_transcript_messages_max)
        subject = wording.transcript_subject(side.contact.language, side.desk)
        text = wording.transcript(side.contact.language, side.desk, lines_of(shown), answered=side.box is not None)
        await self._leave(side, letter.id, subject, text, last=last)

    async def _leave(self, side: _Side, name: str, subject: str, text: str, *, last: bool) -> None:
        """Hand it to the relay; where it is refused for good its conversation says so."""
        header_id = self._tokens.header_id(name, domain(side.sender))
        earlier = await mails.outgoing(self._database, header_id)
        if earlier is not None and earlier.state == "sent":
            return
        known = await mails.of_conversation(self._database, side.head.id, self._limits.mails_looked_at_max)
        box, to = side.box, side.to
        mail = Mail(
            inbox_id=box.inbox_id if box else side.head.inbox_id, header_id=header_id, outgoing=True, state="sent",
            at=self._clock.now_ms(), conversation_id=side.head.id, subject=subject, sender=side.sender,
            recipients=(to,),
        )  # fmt: skip
        draft = Draft(
            message_id=header_id, at=mail.at, sender=(side.desk, side.sender),
            recipients=((side.contact.name, reachable(to)),),
            subject=subject, text=text, automatic=True, loop=side.sender,
            reply_to=self._tokens.address(box.address, side.head.id) if box and box.plus else "",
            references=tuple(one.header_id for one in reversed(known))[-20:],
        )  # fmt: skip
        try:
            if not reachable(to):
                raise address_unusable()
            await self._relay.send(side.sender, [reachable(to)], await asyncio.to_thread(compose, draft))
        except Problem as problem:
            refused = isinstance(problem, Undelivered) and problem.permanent
            if not last and not refused:
                raise
            said = problem.said if isinstance(problem, Undelivered) and problem.said else problem.code
            await self._intake.failed(mail, to, said)
            if not refused:
                raise  # given up and kept: `outbox replay` sends it once the relay is mended
            return
        await self._database.write(lambda tx: mails.save(tx, mail))

    async def _side(self, conversation_id: str, to: str = "") -> _Side | None:
        head = await conversations.find(self._database, conversation_id)
        contact = None if head is None else await contacts.find(self._database, head.contact_id)
        relay = self._relay.relay
        if head is None or contact is None or not (to or contact.email) or relay is None:
            return None
        inbox = self._inboxes.find(head.inbox_id)
        box = self._boxes.of(head.inbox_id) or self._boxes.for_team(head.team_id)
        return _Side(box, box.address if box else relay.sender, head, contact, inbox.name, to or contact.email)

    async def _newest(self, head: Conversation, limit: int) -> list[Message]:
        """The newest messages that he may see, in order; what was taken back is none."""
        return await newest(self._database, head, limit)


async def newest(database: Database, head: Conversation, limit: int) -> list[Message]:
    """The newest messages of a conversation that its visitor may see, in order; what was taken back is none."""
    page = await messages.before(database, head.id, visitor=True, before=head.seq + 1, limit=4 * limit)
    said = [one for one in page if one.kind is Kind.MESSAGE and not one.deleted]
    return said[:limit][::-1]


def lines_of(shown: list[Message]) -> list[wording.Line]:
    return [
        wording.Line(
            "" if one.sender.kind == "visitor" else one.sender.name, one.at, wording.as_text(one.text, one.content),
            tuple(file.name for file in one.attachments), own=one.sender.kind == "visitor",
        )
        for one in shown
    ]  # fmt: skip
