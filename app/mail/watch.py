"""Mailboxes are watched: one task each, which is told of new mail (IDLE) or looks every minute, and tries again."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from app.accounts.policy import demand
from app.mail import imap
from app.mail.imap import Imap, Selected
from app.mail.intake import Arrived, Intake
from app.mail.mailboxes import Mailboxes
from app.mail.relay import Tried
from app.mail.secrets import Secrets
from app.mail.trust import trust
from app.model.clock import Clock
from app.model.errors import Problem, not_found
from app.model.mail import Mailbox, Trouble
from app.model.principals import Principal
from app.settings import Limits
from app.storage import mailboxes
from app.storage.database import Database
from app.telemetry.log import logger

_SINCE_DAYS = 3
_DAY_MS = 86_400_000
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - read better so
_log = logger("mail")


class Watch:
    """Reads every active mailbox until it is cancelled."""

    def __init__(
        self, database: Database, clock: Clock, boxes: Mailboxes, intake: Intake, secrets: Secrets, limits: Limits
    ) -> None:
        self._database = database
        self._clock = clock
        self._boxes = boxes
        self._intake = intake
        self._secrets = secrets
        self._limits = limits
        self._turns: dict[str, asyncio.Lock] = {}  # as many as there are addresses

    async def run(self) -> None:
        """Until cancelled; begins anew when addresses were changed."""
        while True:
            generation = self._boxes.generation
            tasks = [asyncio.create_task(self._keep(box)) for box in self._boxes.active]
            try:
                await self._boxes.another(generation)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, box: Mailbox) -> None:
        """One mailbox, for ever: what goes wrong is noted, and tried again after a while that grows."""
        pause = self._limits.mail_retry_seconds_min
        while True:
            began = self._clock.monotonic()
            try:
                await self._read(box)
            except Problem as problem:
                await self._note(box, problem)
            except Exception:  # noqa: BLE001 - one mailbox must not end the others
                _log.exception("a mailbox could not be read", extra={"inbox": box.inbox_id})
            if self._clock.monotonic() - began > self._limits.mail_retry_seconds_max:
                pause = self._limits.mail_retry_seconds_min
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._limits.mail_retry_seconds_max)

    async def _read(self, box: Mailbox) -> None:
        """Sign in, take what is new, and wait for more, until something fails."""
        async with self._line(box) as line:
            while True:
                await self._look(line, box)
                can_tell = "IDLE" in line.capabilities
                await line.wait(self._limits.mail_idle_seconds if can_tell else self._limits.mail_look_seconds)

    async def look(self, box: Mailbox) -> int:
        """Take what is new, once; how many mails. Raises `Undelivered`, `Unavailable`."""
        async with self._line(box) as line:
            return await self._look(line, box)

    async def test(self, principal: Principal, inbox_id: str) -> Tried:
        """Look into a mailbox now and say what happened. Raises `NotFound`."""
        demand(principal, "inbox.manage")
        box = self._boxes.of(inbox_id)
        if box is None:
            raise not_found()
        try:
            count = await self._looked(box)
        except Problem as problem:
            await self._note(box, problem)
            return Tried(False, problem.code, problem.en, problem.zh)
        return Tried(
            True, "",
            f"{box.server.host} lets us in; {count} new mails were looked at.",
            f"{box.server.host} 登录成功，检查了 {count} 封新邮件。",
        )  # fmt: skip

    async def _looked(self, box: Mailbox) -> int:
        async with asyncio.timeout(self._limits.mail_command_seconds_max):
            return await self.look(box)

    def _line(self, box: Mailbox) -> AbstractAsyncContextManager[Imap]:
        password = self._secrets.find(box.server.secret)
        return imap.opened(box.server, password, trust(self._secrets.folder), self._limits.mail_command_seconds_max)

    async def _look(self, line: Imap, box: Mailbox) -> int:
        """One look at a time: a trial comes beside the watch."""
        async with self._turns.setdefault(box.inbox_id, asyncio.Lock()):
            return await self._looked_through(line, box)

    async def _looked_through(self, line: Imap, box: Mailbox) -> int:
        selected = await line.select(box.folder)
        numbers = await self._new(line, box, selected)
        for uid in numbers:
            await self._take(line, box, selected, uid)
        await self._database.write(lambda tx: mailboxes.looked(tx, box.inbox_id, self._clock.now_ms()))
        return len(numbers)

    async def _new(self, line: Imap, box: Mailbox, selected: Selected) -> list[int]:
        """Numbers of mails that were not looked at.

        In a mailbox that is new to us what lies there is left alone. Where its numbers were given anew the last days'
        are looked at again: what was taken is known by its Message-ID.
        """
        state = await mailboxes.state(self._database, box.inbox_id)
        if state.uid_validity is None:
            reached = selected.next_uid - 1 if selected.next_uid else max(await line.search("ALL"), default=0)
            await self._database.write(
                lambda tx: mailboxes.reached(tx, box.inbox_id, selected.validity, reached)
            )  # fmt: skip
            return []
        if state.uid_validity != selected.validity:
            _log.warning("a mailbox has given its numbers anew", extra={"inbox": box.inbox_id})
            return await line.search(f"SINCE {self._day(self._clock.now_ms() - _SINCE_DAYS * _DAY_MS)}")
        return [uid for uid in await line.search(f"UID {state.uid + 1}:*") if uid > state.uid]

    async def _take(self, line: Imap, box: Mailbox, selected: Selected, uid: int) -> None:
        size, most = await line.size(uid), self._limits.mail_bytes_max
        raw = await line.fetch(uid, most) if size else b""
        if not raw:
            return  # somebody has deleted it meanwhile
        arrived = Arrived(uid, selected.validity, raw, whole=size <= most)
        if await self._intake.take(box, arrived, self._boxes.addresses) == "taken":
            await line.mark_seen(uid)

    async def _note(self, box: Mailbox, problem: Problem) -> None:
        _log.warning("a mailbox could not be read", extra={"inbox": box.inbox_id, "code": problem.code})
        trouble = Trouble(problem.code, problem.en, problem.zh, self._clock.now_ms())
        try:
            await self._database.write(lambda tx: mailboxes.failed(tx, box.inbox_id, trouble))
        except Problem as unwritten:  # the disk is full, say
            _log.warning("a mailbox's trouble was not noted", extra={"code": unwritten.code})

    def _day(self, at: int) -> str:
        """As IMAP writes it, in English whatever the machine speaks."""
        day = datetime.fromtimestamp(at / 1_000, UTC)
        return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
