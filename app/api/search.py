"""Search over REST."""

from msgspec import Struct

from app.api.call import Call
from app.api.conversations import Cursor
from app.chat.search import Hits, MessageSearch, Places
from app.model.frames import Line
from app.model.principals import Agent

_ROWS = 30
_PLACES = 500


class SearchQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`q` are words, the last one may be a beginning; `before` is the `next` of the page before."""

    q: Line
    before: Cursor | None = None


class SearchRoutes:
    """The room `chat` finds only what the agent may read."""

    def __init__(self, search: MessageSearch) -> None:
        self._search = search

    async def find(self, call: Call[Agent], asked: SearchQuery) -> Hits:
        return await self._search.find(call.principal, asked.q, asked.before, _ROWS)

    async def find_in(self, call: Call[Agent], asked: SearchQuery) -> Places:
        return await self._search.find_in(call.principal, call.id, asked.q, asked.before, _PLACES)
