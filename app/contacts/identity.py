"""Who a visitor is: a token that is bound to one contact of one inbox."""

import re

from msgspec import Struct

from app.accounts.pace import Pace
from app.contacts.arrivals import Arrivals
from app.contacts.blocks import Blocks
from app.model.clock import Clock
from app.model.errors import Unavailable, not_found
from app.model.ids import Ids, digest
from app.model.load import Shed, Sheds, sheds_nothing
from app.model.people import Contact, Inbox
from app.model.principals import Visitor
from app.settings import Limits
from app.storage import contacts, inboxes
from app.storage.database import Database, Transaction

_LANGUAGE_MAX = 20
_MEMORY_RETRY_MS = 10_000
_BROWSERS = (
    ("WeChat", re.compile(r"MicroMessenger/(\d+)")),
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("QQ", re.compile(r"QQBrowser/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+).*Safari/")),
)
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iPadOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


class VisitorSession(Struct, frozen=True):
    """A proven visitor; `token` is the secret his browser keeps, new or as it was."""

    token: str
    visitor: Visitor
    inbox: Inbox


class Visitors:
    """Mints and proves visitors."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, limits: Limits, sheds: Sheds = sheds_nothing
    ) -> None:
        self._database = database
        self._sheds = sheds
        self._ids = ids
        self._clock = clock
        self._arrivals = Arrivals(clock, limits)
        self.pace = Pace(clock, limits)
        self.blocks = Blocks(database, clock)

    async def session(
        self, inbox_id: str, token: str = "", *, language: str = "", user_agent: str = "", address: str = ""
    ) -> VisitorSession:
        """The visitor of this token at this inbox; a new contact and token where it is absent or unknown.

        Raises `NotFound` for an unknown inbox, `TooMany` where too many new ones come from `address`, `TooFast` where a
        known one asks too often, `Unavailable` for a new one while memory is short, `Forbidden` (blocked).
        """
        self.blocks.demand_address(address)
        known = await self.principal(token)
        same = known is not None and known.inbox_id == inbox_id
        if known is not None and same:
            self.pace.spend(known.contact_id)
        elif self._sheds(Shed.NEW_VISITORS):
            raise _memory_short()
        else:
            self._arrivals.enter(address)
        secret = token if same else self._ids.token()
        now, contact_id = self._clock.now_ms(), self._ids.new()
        tongue, browser = language[:_LANGUAGE_MAX], browser_of(user_agent)

        def unit(tx: Transaction) -> VisitorSession:
            inbox = inboxes.by_id(tx, inbox_id)
            if inbox is None or inbox.kind != "website":
                raise not_found()
            if known is not None and same:
                contacts.seen(tx, known.contact_id, now, language=tongue, browser=browser, address=address)
                return VisitorSession(secret, known, inbox)
            contacts.insert(tx, Contact(contact_id, 0, now, now, language=tongue, browser=browser, address=address))
            visitor = Visitor(contact_id, inbox_id)
            contacts.bind(tx, digest(secret), visitor, now)
            return VisitorSession(secret, visitor, inbox)

        return await self._database.write(unit)

    async def forget(self, token: str) -> None:
        """From now on this token is nobody's: its visitor has left the browser for good."""
        await self._database.write(lambda tx: contacts.unbind(tx, digest(token)))

    async def principal(self, token: str) -> Visitor | None:
        """Whose token this is; None for nobody. Raises `Forbidden` (blocked)."""
        visitor = await contacts.by_token(self._database, digest(token)) if token else None
        if visitor is not None:
            self.blocks.demand(visitor.contact_id)
        return visitor


def _memory_short() -> Unavailable:
    return Unavailable(
        "memory_short",
        "Too many people are here at the moment for anybody new. Please try again in a minute.",
        "当前访客过多，暂时无法接待新访客，请稍后再试。",
        retry_after_ms=_MEMORY_RETRY_MS,
    )


def browser_of(user_agent: str) -> str:
    """A short name like `Chrome 126, Windows`; empty when it says nothing known."""
    names = (f"{name} {found[1]}" for name, pattern in _BROWSERS if (found := pattern.search(user_agent)))
    systems = (name for mark, name in _SYSTEMS if mark in user_agent)
    return ", ".join(part for part in (next(names, ""), next(systems, "")) if part)
