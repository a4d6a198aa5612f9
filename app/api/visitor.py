"""How a browser becomes a visitor, or is known again."""

from typing import Annotated

from msgspec import Meta, Struct

from app.api.call import Call
from app.chat.history import History
from app.contacts.identity import Visitors
from app.model.frames import Id, Secret, Thread
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


class VisitorAnswer(Struct, frozen=True):
    """`token` is the visitor's secret; `threads` his conversations, oldest first."""

    token: str
    contact_id: str
    inbox: VisitorInbox
    threads: list[Thread]
    epoch: str


class VisitorRoutes:
    """Mints and recognises visitors; what they may do afterwards is decided by the rooms."""

    def __init__(self, visitors: Visitors, history: History, database: Database) -> None:
        self._visitors = visitors
        self._history = history
        self._database = database

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
            inbox.id, inbox.name, inbox.color, inbox.greeting_en, inbox.greeting_zh, inbox.preview, inbox.origins
        )
        threads = await self._history.threads(session.visitor)
        return VisitorAnswer(session.token, session.visitor.contact_id, shown, threads, self._database.epoch)
