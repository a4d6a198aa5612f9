"""Files as others see them: taken in (`uploads`), granted for each single reading, swept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from msgspec import Struct

from app.accounts.policy import allowed
from app.files import disk
from app.files.links import FileLinks
from app.files.uploads import Uploads
from app.model.clock import Clock
from app.model.conversations import Attachment
from app.model.errors import not_found
from app.model.ids import Ids
from app.model.principals import Agent, Principal, Visitor
from app.settings import FileRules, Limits
from app.storage import conversations, files
from app.storage.database import Database
from app.storage.files import StoredFile

_HOUR_MS = 3_600_000
_SWEEP_ROWS = 200


class Grant(Struct, frozen=True):
    """A file that may be sent on this one response; `path` never leaves the machine, `etag` is quoted."""

    path: str
    name: str
    type: str
    size: int
    etag: str


class Files:
    """Keeps files under `folder`: `ab/abcdef…` by random name, `incoming/` while they arrive."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        folder: Path,
        limits: Limits,
        rules: FileRules | None = None,
        home: Callable[[], str] = str,
    ) -> None:
        self.links = FileLinks(database, ids, clock, limits, home)
        self.uploads = Uploads(database, ids, clock, folder, limits, rules or FileRules())
        self._database = database
        self._clock = clock
        self._folder = folder
        self._limits = limits

    async def receive(
        self, principal: Visitor | Agent, name: str, stream: AsyncIterator[bytes], size: int = 0, address: str = ""
    ) -> Attachment:
        """As `Uploads.receive`."""
        return await self.uploads.receive(principal, name, stream, size, address)

    async def grant(self, principal: Principal, file_id: str) -> Grant:
        """Whether he may read this file now: his own, or carried by a message that he may see."""
        row = await files.find(self._database, file_id)
        if row is None or not await self._may_read(principal, row):
            raise not_found()
        return self._granted(row)

    async def linked(self, file_id: str, until: str, sign: str) -> Grant:
        """The file of a link, where a message that its customer sees carries it. Raises `NotFound`."""
        await self.links.demand(file_id, until, sign)
        row = await files.find(self._database, file_id)
        if row is None or row.conversation_id is None or not row.visible:
            raise not_found()
        return self._granted(row)

    def _granted(self, row: StoredFile) -> Grant:
        path = disk.place(self._folder, row.stored_as)
        return Grant(str(path), row.name, row.type, row.size, f'"{row.sha256[:32]}"')

    async def sweep(self) -> int:
        """Remove files that no message has carried for a day, uploads given up, bytes without a row; how many went."""
        before = self._clock.now_ms() - self._limits.orphan_file_hours * _HOUR_MS
        orphans = await self._database.write(lambda tx: files.take_orphans(tx, before, _SWEEP_ROWS))
        for name in orphans:
            disk.place(self._folder, name).unlink(missing_ok=True)
        given_up = await self.uploads.sweep()
        strays = await self._strays(before)
        for path in strays:
            path.unlink(missing_ok=True)
        return len(orphans) + given_up + len(strays)

    async def _may_read(self, principal: Principal, row: StoredFile) -> bool:
        if row.conversation_id is None:
            return _owns(principal, row)
        head = await conversations.find(self._database, row.conversation_id)
        if head is None or not allowed(principal, "conversation.read", head):
            return False
        return row.visible or not isinstance(principal, Visitor)

    async def _strays(self, before: int) -> list[Path]:
        """Bytes on disk that have no row: a crash came between the two."""
        old = await asyncio.to_thread(disk.older, self._folder, before)
        strays: list[Path] = []
        for start in range(0, len(old), _SWEEP_ROWS):
            part = old[start : start + _SWEEP_ROWS]
            known = await files.known(self._database, [path.name for path in part])
            strays += [path for path in part if path.name not in known]
        return strays


def _owns(principal: Principal, row: StoredFile) -> bool:
    if isinstance(principal, Visitor):
        return (row.owner_kind, row.owner_id) == ("visitor", principal.contact_id)
    return isinstance(principal, Agent) and (row.owner_kind, row.owner_id) == ("agent", principal.agent_id)
