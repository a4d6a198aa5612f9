"""Who is on the sites now: where, since when, from where, how often before; whom somebody talks with already."""

from collections.abc import Sequence
from itertools import groupby, pairwise
from urllib.parse import urlsplit

from msgspec import Struct

from app.accounts.policy import allowed, demand
from app.chat.presence import Presence
from app.model.conversations import Conversation
from app.model.people import Contact, Visit
from app.model.principals import Agent
from app.settings import Limits
from app.storage import contacts, conversations, visits
from app.storage.database import Database

_MINUTE_MS = 60_000


class Guest(Struct, frozen=True):
    """A visitor who is here: the page that he sees `page_at`, this visit `since` (ms UTC) with so many `pages`.

    `came_from` is the site that led him here, "" where he came by himself; `visits` counts this one, as far as pages
    are kept. `conversation_id` is of what is worked on with him, where the asking agent may see it.
    """

    contact: Contact
    inbox_id: str
    url: str
    title: str
    page_at: int
    since: int
    pages: int
    came_from: str
    visits: int
    conversation_id: str | None = None
    talking: bool = False


class SiteList(Struct, frozen=True):
    """Who turned a page last comes first; `online` counts everybody, those beyond the list too."""

    online: int
    guests: list[Guest]


class Site:
    """Lists visitors who have a connection."""

    def __init__(self, database: Database, presence: Presence, limits: Limits) -> None:
        self._database = database
        self._presence = presence
        self._rows_max = limits.site_rows_max
        self._gap_ms = limits.site_visit_gap_minutes * _MINUTE_MS

    async def listing(self, agent: Agent) -> SiteList:
        """Who is here; raises `Forbidden`."""
        demand(agent, "contact.read")
        here = self._presence.visitors_online()
        shown = await visits.last_of(self._database, here, self._rows_max)
        pages = await visits.of_these(self._database, shown)
        known = {one.id: one for one in await contacts.these(self._database, shown)}
        heads = {head.contact_id: head for head in await conversations.active_of(self._database, shown)}
        seen = {contact_id: list(rows) for contact_id, rows in groupby(pages, lambda visit: visit.contact_id)}
        guests = [
            _guest(agent, known[contact_id], seen[contact_id], heads.get(contact_id), self._gap_ms)
            for contact_id in shown
            if contact_id in known and contact_id in seen
        ]
        return SiteList(len(here), guests)


def _guest(agent: Agent, contact: Contact, pages: Sequence[Visit], head: Conversation | None, gap_ms: int) -> Guest:
    """`pages` are his, newest first."""
    gaps = [place for place, (later, earlier) in enumerate(pairwise(pages), 1) if later.at - earlier.at > gap_ms]
    now, current = pages[0], pages[: gaps[0]] if gaps else pages
    first = current[-1]
    visible = head is not None and allowed(agent, "conversation.read", head)
    return Guest(
        contact, now.inbox_id, now.url, now.title, now.at, first.at, len(current), _site_of(first), len(gaps) + 1,
        head.id if head is not None and visible else None, head is not None,
    )  # fmt: skip


def _site_of(first: Visit) -> str:
    """The host that led to a page, "" for none and for the page's own."""
    try:
        came, here = urlsplit(first.referrer).hostname or "", urlsplit(first.url).hostname or ""
    except ValueError:
        return ""
    return "" if came == here else came
