"""Taking files in, at once or in several goes: an upload that broke off is taken up again where it stood."""

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from app.files import disk, refusals
from app.files.incoming import Arrival
from app.files.kinds import kind_of
from app.files.names import display_name
from app.files.networks import Networks, network_behind
from app.files.quota import Quota
from app.files.signatures import FileKind
from app.model.clock import Clock
from app.model.conversations import Attachment
from app.model.errors import Unsupported, not_found
from app.model.ids import Ids
from app.model.principals import Agent, Visitor
from app.settings import FileRules, Limits
from app.storage import files, uploads
from app.storage.database import Database, Transaction
from app.storage.files import StoredFile
from app.storage.uploads import Upload

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_SWEEP_ROWS = 200
_NAME_CHARACTERS_MAX = 255


class Progress(Struct, frozen=True):
    """How far an upload is: `offset` of `size` bytes are here; `file` is what it became once all of them were."""

    id: str
    offset: int
    size: int
    expires_at: int
    file: Attachment | None


class Uploads:
    """Keeps what arrives under `incoming/`; what is whole and of a kind that is taken becomes a file.

    `address` is the client's; empty for what comes from this machine itself.
    """

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, folder: Path, limits: Limits, rules: FileRules
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._folder = folder
        self._limits = limits
        self._rules = rules
        self._running: dict[str, Arrival] = {}  # by upload
        self._senders: Counter[str] = Counter()  # how many of them run, by whose they are
        self._networks = Networks(clock, limits)
        self.quota = Quota(database, clock, limits)

    async def receive(
        self, principal: Visitor | Agent, name: str, stream: AsyncIterator[bytes], size: int = 0, address: str = ""
    ) -> Attachment:
        """Take a file in by one body; it belongs to the sender until a message carries it.

        On disk (file and folder) before its row is. `size` in bytes where the sender said it. Raises as `append`, and
        `Invalid` for an empty file; whatever it raises, nothing is left.
        """
        network = network_behind(principal, address)
        upload = await self._begin(principal, name, size, network)
        try:
            async with self._turn(upload, 0, network) as arrival:
                arrived = await arrival.write(self._networks.counted(network, stream))
                if arrived == 0:
                    raise refusals.empty()
                row = await self._finish(upload, arrived, once=True)
                return row.attachment()
        except BaseException:
            await self._drop(upload)
            raise

    async def begin(self, principal: Visitor | Agent, name: str, size: int, address: str = "") -> Progress:
        """Begin an upload of `size` bytes. Where a person holds too many open, his oldest idle ones give way.

        Raises `TooLarge`, `Invalid` (empty), `TooMany` (a day's bytes, uploads that run), `Unavailable` (disk).
        """
        if size == 0:
            raise refusals.empty()
        return self._progress(await self._begin(principal, name, size, network_behind(principal, address)), 0)

    async def progress(self, principal: Visitor | Agent, upload_id: str) -> Progress:
        """How far it is; a request that still writes to it is stopped first. Raises `NotFound`."""
        upload = await self._mine(principal, upload_id)
        await self._stop(upload_id)
        return await self._told(principal, upload.id)

    async def append(
        self,
        principal: Visitor | Agent,
        upload_id: str,
        offset: int,
        stream: AsyncIterator[bytes],
        address: str = "",
    ) -> Progress:
        """Take up an upload at `offset`; once all is here it becomes a file.

        What arrived is on disk when this returns, and stays where the body broke off. Raises `NotFound`, `Conflict`
        (another offset; taken over by a later request), `TooLarge`, `Invalid` (too slow), `Unsupported` (then the
        upload is gone), `TooMany`, `Unavailable` (too many at once, full disk).
        """
        upload, network = await self._mine(principal, upload_id), network_behind(principal, address)
        async with self._turn(upload, offset, network) as arrival:
            told = await self._told(principal, upload_id)  # after what another request has still written
            if offset != told.offset:
                raise refusals.wrong_offset()
            if told.file is not None:
                return told
            arrived = await arrival.write(self._networks.counted(network, stream))
            if arrived < upload.size:
                return self._progress(upload, arrived)
            try:
                row = await self._finish(upload, arrived, once=False)
            except Unsupported:
                await self._drop(upload)
                raise
            return Progress(upload.id, row.size, row.size, self._expires_at(upload), row.attachment())

    async def end(self, principal: Visitor | Agent, upload_id: str) -> None:
        """Give an upload up; a file that it became stays. Raises `NotFound`."""
        upload = await self._mine(principal, upload_id)
        await self._stop(upload_id)
        await self._drop(upload)

    async def sweep(self) -> int:
        """Forget uploads that nobody took up for `upload_hours`; how many went."""
        before = self._clock.now_ms() - self._limits.upload_hours * _HOUR_MS
        old = await uploads.older(self._database, before, _SWEEP_ROWS)
        over = [upload for upload in old if upload.id not in self._running and self._touched_at(upload) < before]
        for upload in over:
            await self._drop(upload)
        return len(over)

    # --- beginning --------------------------------------------------------------------------------------------------

    async def _begin(self, principal: Visitor | Agent, name: str, size: int, network: str) -> Upload:
        if size > self._limits.file_bytes_max:
            raise refusals.too_large(self._limits)
        self._networks.demand(network, size)
        self._demand_space(size)
        await self.quota.demand(size)
        kind, owner = _owner(principal)
        upload = Upload(
            self._ids.new(), name[:_NAME_CHARACTERS_MAX], size, self._ids.token(), kind, owner, None,
            self._clock.now_ms(),
        )  # fmt: skip
        for given_way in await self._database.write(lambda tx: self._admit(tx, upload)):
            self._incoming(given_way).unlink(missing_ok=True)
        return upload

    def _admit(self, tx: Transaction, upload: Upload) -> list[Upload]:
        """Store it if there is room for it; those that gave way to it."""
        held = uploads.still_open(tx, upload.owner_kind, upload.owner_id)
        idle = [one for one in held if one.id not in self._running]
        given_way: list[Upload] = []
        sent = self._sent(tx, upload)
        per_day = self._per_day(upload)
        while True:
            too_many = len(held) >= self._limits.uploads_open_max
            too_much = sent + sum(one.size for one in held) + upload.size > per_day
            if not (too_many or too_much):
                break
            if not idle:
                raise refusals.quota(per_day) if too_much else refusals.too_many_open(self._limits)
            given_way.append(idle.pop(0))
            held.remove(given_way[-1])
        for one in given_way:
            uploads.delete(tx, one.id)
        uploads.insert(tx, upload)
        return given_way

    def _sent(self, tx: Transaction, upload: Upload) -> int:
        since = self._clock.now_ms() - _DAY_MS
        return files.sent_since(tx, upload.owner_kind, upload.owner_id, since)

    def _per_day(self, upload: Upload) -> int:
        limits = self._limits
        return limits.visitor_bytes_per_day if upload.owner_kind == "visitor" else limits.agent_bytes_per_day

    def _demand_space(self, size: int) -> None:
        room = os.statvfs(self._folder if self._folder.exists() else self._folder.parent)
        if room.f_bavail * room.f_frsize - size < self._limits.disk_reserve_bytes:
            raise refusals.disk_reserved()

    # --- arriving ---------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _turn(self, upload: Upload, offset: int, network: str) -> AsyncIterator[Arrival]:
        """One request at a time writes to an upload: the latest, for it knows more of its client's line."""
        await self._stop(upload.id)
        limits, sender = self._limits, upload.owner_id
        of_one = self._senders[sender] >= limits.uploads_running_of_one_max
        if of_one or len(self._running) >= limits.uploads_running_max:
            raise refusals.too_many_running()
        self._networks.enter(network)
        arrival = Arrival(self._incoming(upload), offset, upload.size, self._limits, self._clock)
        self._running[upload.id] = arrival
        self._senders[sender] += 1
        try:
            yield arrival
        except OSError as error:
            raise refusals.not_stored(error) from error
        finally:
            self._networks.leave(network)
            del self._running[upload.id]
            self._senders -= Counter((sender,))  # those who run none are forgotten
            arrival.left.set()

    async def _stop(self, upload_id: str) -> None:
        """Wait until no request writes to it."""
        while (arrival := self._running.get(upload_id)) is not None:
            arrival.stop()
            await arrival.left.wait()

    # --- becoming a file --------------------------------------------------------------------------------------------

    async def _finish(self, upload: Upload, size: int, *, once: bool) -> StoredFile:
        """What arrived becomes a file; its bytes are moved back where its row cannot be stored.

        To its end, also where we are cancelled (the server stops): the row may be stored all the same, and then its
        bytes must lie where it says.
        """
        kind, sha256 = await asyncio.to_thread(self._examine, self._incoming(upload), upload.name)
        row = self._row(upload, kind, size, sha256)
        await self.quota.demand(size)  # anew: others have sent meanwhile, and not everybody says the size before
        keeping = asyncio.ensure_future(self._keep(upload, row, once=once))
        try:
            await asyncio.shield(keeping)
        except asyncio.CancelledError:
            await asyncio.wait((keeping,))
            raise
        return row

    async def _keep(self, upload: Upload, row: StoredFile, *, once: bool) -> None:
        arrived, place = self._incoming(upload), disk.place(self._folder, upload.stored_as)
        await asyncio.to_thread(disk.move, arrived, place)
        try:
            await self._database.write(lambda tx: self._store(tx, upload, row, once=once))
        except BaseException:
            place.rename(arrived)
            raise
        self.quota.took(row.size)

    def _examine(self, path: Path, name: str) -> tuple[FileKind, str]:
        kind = kind_of(path, name, self._limits.image_pixels_max, self._rules)
        with path.open("rb") as file:
            return kind, hashlib.file_digest(file, "sha256").hexdigest()

    def _row(self, upload: Upload, kind: FileKind, size: int, sha256: str) -> StoredFile:
        return StoredFile(
            self._ids.new(), display_name(upload.name, kind.endings), kind.type, size, kind.width, kind.height,
            upload.stored_as, sha256, upload.owner_kind, upload.owner_id, None, False, self._clock.now_ms(),
        )  # fmt: skip

    def _store(self, tx: Transaction, upload: Upload, row: StoredFile, *, once: bool) -> None:
        per_day = self._per_day(upload)
        if self._sent(tx, upload) + row.size > per_day:
            raise refusals.quota(per_day)
        if not uploads.finish(tx, upload.id, row.id, row.size):
            raise not_found()  # ended meanwhile
        if once:
            uploads.delete(tx, upload.id)
        files.insert(tx, row)

    # --- looking ----------------------------------------------------------------------------------------------------

    async def _mine(self, principal: Visitor | Agent, upload_id: str) -> Upload:
        upload = await uploads.find(self._database, upload_id)
        if upload is None or (upload.owner_kind, upload.owner_id) != _owner(principal):
            raise not_found()
        return upload

    async def _told(self, principal: Visitor | Agent, upload_id: str) -> Progress:
        upload = await self._mine(principal, upload_id)
        if upload.file_id is None:
            return self._progress(upload, self._arrived(upload))
        row = await files.find(self._database, upload.file_id)
        if row is None:
            raise not_found()
        return Progress(upload.id, upload.size, upload.size, self._expires_at(upload), row.attachment())

    def _progress(self, upload: Upload, offset: int) -> Progress:
        return Progress(upload.id, offset, upload.size, self._expires_at(upload), None)

    def _expires_at(self, upload: Upload) -> int:
        return self._touched_at(upload) + self._limits.upload_hours * _HOUR_MS

    def _touched_at(self, upload: Upload) -> int:
        try:
            return max(upload.created_at, self._incoming(upload).stat().st_mtime_ns // 1_000_000)
        except FileNotFoundError:
            return upload.created_at

    def _arrived(self, upload: Upload) -> int:
        try:
            return self._incoming(upload).stat().st_size
        except FileNotFoundError:
            return 0

    def _incoming(self, upload: Upload) -> Path:
        return disk.incoming(self._folder, upload.stored_as)

    async def _drop(self, upload: Upload) -> None:
        self._incoming(upload).unlink(missing_ok=True)
        await self._database.write(lambda tx: uploads.delete(tx, upload.id))


def _owner(principal: Visitor | Agent) -> tuple[str, str]:
    """Kind and id of whom a file belongs to."""
    if isinstance(principal, Visitor):
        return "visitor", principal.contact_id
    return "agent", principal.agent_id
