"""How a browser becomes a visitor, or is known again."""

from typing import Annotated
from urllib.parse import quote

from msgspec import Meta, Struct
from msgspec.structs import replace
from starlette.responses import Response

from app.accounts.hours import coming
from app.accounts.schedules import Schedules
from app.api.auth import bearer
from app.api.call import HEADERS, Call, Done, Nothing
from app.chat.history import History
from app.chat.offline_messages import Left, NewOfflineMessage, OfflineMessages
from app.chat.ratings import Judgement, Ratings
from app.chat.reception import Reception, Receptionist
from app.contacts.customers import Customers
from app.contacts.identity import Visitors
from app.contacts.introductions import Claim, Happening, Introduction, Introductions, Standing
from app.mail.follow_ups import Posted
from app.mail.transcripts import TranscriptAsk, Transcripts, TranscriptTo
from app.model.clock import Clock
from app.model.conversations import Rating
from app.model.frames import Id, Secret, Thread
from app.model.people import Inbox
from app.model.principals import Visitor
from app.model.widget import Widget
from app.settings import Limits
from app.storage.database import Database


class VisitorAsk(Struct, frozen=True, forbid_unknown_fields=True):
    """`inbox` stands in the page's snippet; `token` is what the browser kept from last time."""

    inbox: Id
    token: Secret | None = None
    language: Annotated[str, Meta(max_length=20)] = ""


class VisitorInbox(Struct, frozen=True):
    """An inbox as its visitors may know it; `sites` stand in its page's `frame-ancestors` for all to read."""

    id: str
    name: str
    color: str
    greeting_en: str
    greeting_zh: str
    preview: bool
    sites: tuple[str, ...]
    widget: Widget


class VisitorAnswer(Struct, frozen=True):
    """`token` is the visitor's secret; `threads` his conversations, oldest first; `standing` what needs no asking.

    `mail`: whether letters leave here, so that a transcript may be mailed.
    """

    token: str
    contact_id: str
    inbox: VisitorInbox
    threads: list[Thread]
    epoch: str
    standing: Standing
    reception: Reception
    mail: bool


class SignedIdentity(Struct, frozen=True, forbid_unknown_fields=True):
    """What the website signed: a JSON Web Token, HS256, with `sub` and `exp`."""

    token: Annotated[str, Meta(max_length=8_192)]


class IdentityAnswer(Struct, frozen=True):
    """Who the visitor is from now on: `token` is his secret, as it was or another, which then takes its place."""

    token: str
    contact_id: str
    standing: Standing


class RatingAnswer(Struct, frozen=True):
    """A rating as it is stored."""

    rating: Rating


class VisitorRoutes:
    """Mints and recognises visitors; what they may do afterwards is decided by the rooms."""

    def __init__(
        self,
        visitors: Visitors,
        introductions: Introductions,
        customers: Customers,
        history: History,
        receptionist: Receptionist,
        schedules: Schedules,
        offline_messages: OfflineMessages,
        ratings: Ratings,
        transcripts: Transcripts,
        database: Database,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._visitors = visitors
        self._introductions = introductions
        self._customers = customers
        self._history = history
        self._receptionist = receptionist
        self._schedules = schedules
        self._offline_messages = offline_messages
        self._ratings = ratings
        self._transcripts = transcripts
        self._database = database
        self._clock = clock
        self._limits = limits

    async def session(self, call: Call[None], asked: VisitorAsk) -> VisitorAnswer:
        peer = call.peer
        session = await self._visitors.session(
            asked.inbox,
            asked.token or "",
            language=asked.language or peer.language,
            user_agent=peer.user_agent,
            address=peer.address,
        )
        inbox = session.inbox
        shown = VisitorInbox(
            inbox.id, inbox.name, inbox.color, inbox.greeting_en, inbox.greeting_zh, inbox.preview, inbox.origins,
            self._shown(inbox),
        )  # fmt: skip
        return VisitorAnswer(
            session.token,
            session.visitor.contact_id,
            shown,
            await self._history.threads(session.visitor),
            self._database.epoch,
            await self._introductions.standing(session.visitor),
            await self._receptionist.reception(inbox.id),
            self._transcripts.mailed,
        )

    def _shown(self, inbox: Inbox) -> Widget:
        """As visitors see it: with the hours that hold, of their holidays those that come soon."""
        hours = self._schedules.of_inbox(inbox)
        soon = coming(hours, self._clock.now_ms(), self._limits.holidays_ahead_days)
        return replace(inbox.widget, hours=replace(hours, holidays=soon))

    async def end(self, call: Call[Visitor], _: Nothing) -> Done:
        await self._visitors.forget(bearer(call.peer.authorization))
        return Done()

    async def reception(self, call: Call[Visitor], _: Nothing) -> Reception:
        return await self._receptionist.reception(call.principal.inbox_id)

    async def introduce(self, call: Call[Visitor], asked: Introduction) -> Standing:
        return await self._introductions.introduce(call.principal, asked)

    async def claim(self, call: Call[Visitor], asked: Claim) -> Standing:
        return await self._introductions.claim(call.principal, asked)

    async def prove(self, call: Call[Visitor], asked: SignedIdentity) -> IdentityAnswer:
        own = bearer(call.peer.authorization)
        known = await self._customers.prove(call.principal, own, asked.token)
        who = Visitor(known.contact_id, call.principal.inbox_id)
        return IdentityAnswer(known.token, known.contact_id, await self._introductions.standing(who))

    async def happened(self, call: Call[Visitor], asked: Happening) -> Done:
        await self._introductions.happened(call.principal, asked)
        return Done()

    async def leave(self, call: Call[Visitor], asked: NewOfflineMessage) -> Left:
        return await self._offline_messages.leave(call.principal, call.key, asked)

    async def rate(self, call: Call[Visitor], asked: Judgement) -> RatingAnswer:
        return RatingAnswer(await self._ratings.submit(call.principal, call.id, asked))

    async def transcript(self, call: Call[Visitor], asked: TranscriptAsk) -> Response:
        """Always to be saved, never shown here: it holds what others wrote."""
        made = await self._transcripts.document(call.principal, call.id, asked)
        headers = {
            **HEADERS,
            "content-disposition": f"attachment; filename*=UTF-8''{quote(made.name)}",
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "x-content-type-options": "nosniff",
        }
        return Response(made.text.encode(), headers=headers, media_type=made.type)

    async def mail_transcript(self, call: Call[Visitor], asked: TranscriptTo) -> Posted:
        return await self._transcripts.mail(call.principal, call.id, asked)
