"""A visitor's own copy of his conversation: a file to keep, or a mail to an address that he names."""

import html
import re
from typing import Literal

from msgspec import Struct

from app.accounts.inboxes import Inboxes
from app.accounts.pace import Pace
from app.accounts.policy import demand
from app.chat import journal
from app.contacts.claims import facts_of
from app.mail import wording
from app.mail.follow_ups import Posted, lines_of, newest
from app.mail.relay import RelayKeeper
from app.model.clock import Clock
from app.model.conversations import Conversation, Speaker
from app.model.errors import Invalid, TooMany, not_found
from app.model.frames import Line
from app.model.ids import Ids
from app.model.mail import Transcript
from app.model.principals import Visitor
from app.settings import Limits
from app.storage import contacts, conversations, mail_relay, transcript_requests
from app.storage.database import Database, Transaction

_DAY_MS = 86_400_000
_HOUR_SECONDS = 3_600
_MARK_UP = {"text": "text/plain; charset=utf-8", "html": "text/html; charset=utf-8"}


class TranscriptAsk(Struct, frozen=True, forbid_unknown_fields=True):
    """What kind of file, in which language its own words are, and by the clock of which zone (IANA) its times."""

    format: Literal["text", "html"] = "text"
    language: Line = ""
    zone: Line = ""


class TranscriptTo(Struct, frozen=True, forbid_unknown_fields=True):
    """Where it goes; without an address to the one that is known of him."""

    email: Line = ""


class Document(Struct, frozen=True):
    """A file as it is sent."""

    name: str
    type: str
    text: str


class Transcripts:
    """Writes down for a visitor what was said, as far as he may see it."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, relay: RelayKeeper, inboxes: Inboxes, limits: Limits
    ) -> None:  # fmt: skip
        self._database = database
        self._ids = ids
        self._clock = clock
        self._relay = relay
        self._inboxes = inboxes
        self._limits = limits
        self._pace = Pace(clock, limits, limits.transcripts_per_hour / _HOUR_SECONDS, limits.transcripts_burst)

    @property
    def mailed(self) -> bool:
        """Whether letters leave here at all."""
        return self._relay.on

    async def document(self, visitor: Visitor, conversation_id: str, asked: TranscriptAsk) -> Document:
        """The newest `limits.mail_transcript_messages_max` messages as a file. Raises `NotFound`, `TooFast`."""
        head = await conversations.find(self._database, conversation_id)
        if head is None:
            raise not_found()
        demand(visitor, "conversation.read", head)
        self._pace.spend(visitor.contact_id)
        most = self._limits.mail_transcript_messages_max
        shown = await newest(self._database, head, most)
        desk = self._inboxes.find(head.inbox_id).name
        title = wording.transcript_subject(asked.language, desk)
        cut = wording.transcript_cut(asked.language, most) if len(shown) == most else ""
        said = [wording.said(asked.language, one, asked.zone) for one in lines_of(shown)]
        text = _page(asked.language, title, cut, said) if asked.format == "html" else _plain(title, cut, said)
        ending = "html" if asked.format == "html" else "txt"
        return Document(f"{wording.transcript_name(asked.language)}.{ending}", _MARK_UP[asked.format], text)

    async def mail(self, visitor: Visitor, conversation_id: str, asked: TranscriptTo) -> Posted:
        """Have it mailed; colleagues see a line that says so.

        Raises `NotFound`, `Invalid` (mail_off, address_needed, email_malformed), `TooMany`.
        """
        named = facts_of({"email": asked.email})["email"]
        return await self._database.write(lambda tx: self._mail(tx, visitor, conversation_id, named))

    def _mail(self, tx: Transaction, visitor: Visitor, conversation_id: str, named: str) -> Posted:
        head = conversations.by_id(tx, conversation_id)
        if head is None:
            raise not_found()
        demand(visitor, "conversation.write", head)
        if not self._relay.on:
            raise _mail_off()
        contact = contacts.by_id(tx, visitor.contact_id)
        to = named or ("" if contact is None else contact.email)
        if not to:
            raise _address_needed()
        now = self._clock.now_ms()
        self._demand_room(tx, visitor, to.lower(), now)
        transcript_requests.insert(tx, visitor.contact_id, to.lower(), now)
        mail_relay.post(tx, head.id, Transcript(head.id, self._ids.new(), to))
        self._note(tx, head, to, now)
        return Posted(to)

    def _demand_room(self, tx: Transaction, visitor: Visitor, address: str, now: int) -> None:
        """Nobody is to be flooded through us, by whomever."""
        counts, limits = transcript_requests.counts(tx, visitor.contact_id, address, now - _DAY_MS), self._limits
        if (
            counts.of_contact >= limits.transcripts_mailed_of_one_per_day
            or counts.to_address >= limits.transcripts_mailed_to_one_per_day
            or counts.all >= limits.transcripts_mailed_per_day
        ):
            raise _too_many()

    def _note(self, tx: Transaction, head: Conversation, to: str, at: int) -> None:
        data = {"event": "transcript_mailed", "address": to}
        actor = Speaker("visitor", head.contact_id)
        line = journal.Line(self._ids.new(), "conversation.transcript_mailed", data, actor, at, internal=True)
        conversations.update(tx, journal.write(tx, head, head, line, {}))


def _plain(title: str, cut: str, said: list[wording.Words]) -> str:
    head = "\n".join(part for part in (title, cut) if part)
    return "\n\n".join([head, *(f"{one.who} ({one.when})\n{one.words}" for one in said)]) + "\n"


def _page(language: str, title: str, cut: str, said: list[wording.Words]) -> str:
    """One page without script or style of anybody's; every word is escaped."""
    tag = "zh-CN" if re.match("zh", language) else "en"
    rows = "".join(
        f"<dt><b>{html.escape(one.who)}</b> <small>{html.escape(one.when)}</small></dt>"
        f'<dd style="white-space:pre-wrap">{html.escape(one.words)}</dd>'
        for one in said
    )
    note = f"<p>{html.escape(cut)}</p>" if cut else ""
    name = html.escape(title)
    return (
        f'<!doctype html><html lang="{tag}"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<title>{name}</title><h1>{name}</h1>{note}<dl>{rows}</dl></html>\n"
    )


def _mail_off() -> Invalid:
    return Invalid(
        "mail_off",
        "Nothing can be mailed from here. Save the conversation as a file instead.",
        "这里暂时无法发送邮件。请改为保存为文件。",
    )


def _address_needed() -> Invalid:
    return Invalid(
        "address_needed",
        "Write the e-mail address that it is to go to.",
        "请填写接收邮件的邮箱。",
        field="email",
    )


def _too_many() -> TooMany:
    return TooMany(
        "too_many_transcripts",
        "It was mailed several times today already. Save it as a file, or try again tomorrow.",
        "今天已经发送过多次。请保存为文件，或明天再试。",
        retry_after_ms=_DAY_MS,
    )
