"""Which sites' pages may hold an inbox's chat in a frame, as the front needs to know it before it answers that page."""

from app.gateway.core import Core
from app.model.errors import NotFound, Problem

_CHAT = "/chat/"


class Sites:
    """Asks the core each time, so that a change holds at once; what it knew is used only while the core is away.

    Nothing is kept of an inbox that does not exist, so what is kept is bounded by `inboxes_max`.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known: dict[str, tuple[str, ...]] = {}

    async def of_page(self, path: str) -> tuple[str, ...] | None:
        """The sites for the chat page at `path`: empty for every site, None for none but our own.

        The inbox is the first part behind `/chat/`, as the page itself reads it (`inboxAt` in web/src/chat/session.ts).
        The page of an inbox that does not exist says so wherever it stands.
        """
        if not path.startswith(_CHAT):
            return None
        inbox_id = path.removeprefix(_CHAT).partition("/")[0]
        try:
            sites = self._known[inbox_id] = await self._core.sites(inbox_id)
        except NotFound:
            self._known.pop(inbox_id, None)
            return ()
        except Problem:
            return self._known.get(inbox_id)
        return sites
