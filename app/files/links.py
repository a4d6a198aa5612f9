"""Links to single files, for systems that bring them to a customer: whoever has one may read that file, for a while."""

import hashlib
import hmac
from collections.abc import Callable

from app.model.clock import Clock
from app.model.errors import not_found
from app.model.ids import Ids
from app.settings import Limits
from app.storage import file_links
from app.storage.database import Database

PATH = "/in/files/"
_KEY_BYTES = 32
_SIGNED_CHARACTERS = 32
_HOUR_SECONDS = 3_600
_DIGITS_MAX = 12


class FileLinks:
    """Makes and checks them. `home` is where people reach this server."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits, home: Callable[[], str]) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._home = home
        self._fresh = ids.key(_KEY_BYTES).hex()
        self._held = b""

    async def link(self, file_id: str) -> str:
        """Where this file is for `limits.file_link_hours`, counted from the next full hour: for one it is the same."""
        hours = self._clock.now_ms() // 1_000 // _HOUR_SECONDS + 1 + self._limits.file_link_hours
        until = str(hours * _HOUR_SECONDS)
        return f"{self._home()}{PATH}{file_id}?until={until}&sign={await self._signature(file_id, until)}"

    async def demand(self, file_id: str, until: str, sign: str) -> None:
        """Raises `NotFound` for a link that was never made, and for one that has ended."""
        wanted = await self._signature(file_id, until)
        holds = hmac.compare_digest(wanted.encode(), sign.encode(errors="replace"))
        if not (holds and until.isdigit() and len(until) <= _DIGITS_MAX and int(until) * 1_000 > self._clock.now_ms()):
            raise not_found()

    async def _signature(self, file_id: str, until: str) -> str:
        if not self._held:
            self._held = bytes.fromhex(await self._database.write(lambda tx: file_links.key(tx, self._fresh)))
        said = f"{file_id}\0{until}".encode(errors="replace")
        return hmac.new(self._held, said, hashlib.sha256).hexdigest()[:_SIGNED_CHARACTERS]
