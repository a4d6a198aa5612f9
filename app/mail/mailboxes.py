"""Addresses that are inboxes: as administrators set them, and how it goes with each."""

import asyncio
from typing import Annotated

from msgspec import Meta, Struct

from app.accounts.agents import address
from app.accounts.audit import record_change
from app.accounts.inboxes import Inboxes, NewInbox
from app.accounts.policy import demand
from app.mail.posting import Posting
from app.mail.relay import NewServer, ServerFacts, checked, server_facts
from app.mail.secrets import Secrets
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Conflict, not_found
from app.model.frames import Id
from app.model.ids import Ids
from app.model.mail import Mailbox, MailboxState
from app.model.principals import Principal
from app.settings import Limits
from app.storage import mailboxes
from app.storage.database import Database, Transaction

Address = Annotated[str, Meta(max_length=200)]
FolderName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+(?!\n)$")]


class NewMailbox(Struct, frozen=True, forbid_unknown_fields=True):
    """An address as it is entered; `name` is its inbox's, `server` the IMAP server where its mail is."""

    name: str
    address: Address
    server: NewServer
    team_id: Id | None = None
    folder: FolderName = "INBOX"
    plus: bool = False
    active: bool = True


class MailboxFacts(Struct, frozen=True):
    """An address as it is shown, and how it goes with it."""

    inbox_id: str
    name: str
    team_id: str | None
    address: str
    server: ServerFacts
    folder: str
    plus: bool
    active: bool
    state: MailboxState


class Mailboxes:
    """Knows the addresses (from memory). `changed` is told when they are others."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        inboxes: Inboxes,
        secrets: Secrets,
        posting: Posting,
        limits: Limits,
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._inboxes = inboxes
        self._secrets = secrets
        self._posting = posting
        self._limits = limits
        self._held: dict[str, Mailbox] = {}
        self._changed = asyncio.Event()
        self.generation = 0  # grows with every change, so that who watches them begins anew

    async def load(self) -> None:
        """Read them once, at start."""
        self._hold({box.inbox_id: box for box, _ in await mailboxes.all_of_them(self._database)})

    @property
    def active(self) -> list[Mailbox]:
        """Those that are read."""
        return [box for box in self._held.values() if box.active]

    @property
    def addresses(self) -> frozenset[str]:
        """All of them, in lower case."""
        return frozenset(box.address for box in self._held.values())

    def of(self, inbox_id: str) -> Mailbox | None:
        """The address of an inbox, if it is one."""
        return self._held.get(inbox_id)

    def for_team(self, team_id: str | None) -> Mailbox | None:
        """The address from which a chat of this team goes on: its own, else one of no team's, else any that is read."""
        rank = {team_id: 0, None: 1}
        found = sorted(
            self.active, key=lambda box: (rank.get(self._inboxes.find(box.inbox_id).team_id, 2), box.address)
        )
        return found[0] if found else None

    async def another(self, generation: int) -> None:
        """Until they are others than at that generation."""
        while self.generation == generation:
            self._changed.clear()
            await self._changed.wait()

    async def listing(self, principal: Principal) -> list[MailboxFacts]:
        """As they are set, without secrets."""
        demand(principal, "inbox.manage")
        return [self._facts(box, state) for box, state in await mailboxes.all_of_them(self._database)]

    async def create(self, principal: Principal, new: NewMailbox) -> MailboxFacts:
        """Add an address and its inbox. Raises `Invalid`, `Conflict` (address_taken, limit_reached), `Unavailable`."""
        demand(principal, "inbox.manage")
        if len(self._held) >= self._limits.mailboxes_max:
            raise Conflict(
                "limit_reached",
                f"There are already {self._limits.mailboxes_max} addresses, which is the most. Change one that exists.",
                f"地址数量已达上限 {self._limits.mailboxes_max}。请修改现有的地址。",
            )
        tidy = address(new.address)
        if tidy in self.addresses:
            raise _taken()
        inbox_id = self._ids.new()
        box = self._made(inbox_id, tidy, new, None)
        await self._inboxes.create(principal, NewInbox(new.name, team_id=new.team_id), inbox_id, kind="email")
        return await self._stored(principal, box, None)

    async def change(self, principal: Principal, inbox_id: str, new: NewMailbox) -> MailboxFacts:
        """Set an address anew. Raises as `create`, and `NotFound`."""
        demand(principal, "inbox.manage")
        held = self._held.get(inbox_id)
        if held is None:
            raise not_found()
        tidy = address(new.address)
        if tidy != held.address and tidy in self.addresses:
            raise _taken()
        box = self._made(inbox_id, tidy, new, held)
        await self._inboxes.rename(principal, inbox_id, new.name, new.team_id)
        return await self._stored(principal, box, held)

    def _made(self, inbox_id: str, tidy: str, new: NewMailbox, held: Mailbox | None) -> Mailbox:
        name = f"mail-{inbox_id}.secret"
        server = checked(new.server, held.server if held else None, self._secrets, name)
        return Mailbox(inbox_id, tidy, server, new.folder, new.plus, new.active)

    async def _stored(self, principal: Principal, box: Mailbox, held: Mailbox | None) -> MailboxFacts:
        """Another mailbox is read from its end on; the same one goes on where it stood."""
        moved = held is not None and _place(held) != _place(box)

        def unit(tx: Transaction) -> None:
            if mailboxes.of_address(tx, box.address) not in (None, box.inbox_id):
                raise _taken()
            mailboxes.save(tx, box)
            if moved:
                mailboxes.forget_place(tx, box.inbox_id)
            action = "mailbox.create" if held is None else "mailbox.change"
            record_change(tx, principal, action, Subject("mailbox", box.inbox_id, box.address), held, box)

        await self._database.write(unit)
        # nosemgrep: secret-compared-in-time - names of where they lie
        if held is not None and held.server.secret != box.server.secret:
            self._secrets.forget(held.server.secret)
        self._hold({**self._held, box.inbox_id: box})
        return self._facts(box, await mailboxes.state(self._database, box.inbox_id))

    def _hold(self, boxes: dict[str, Mailbox]) -> None:
        self._held = boxes
        self._posting.serve(frozenset(boxes))
        self.generation += 1
        self._changed.set()

    def _facts(self, box: Mailbox, state: MailboxState) -> MailboxFacts:
        inbox = self._inboxes.find(box.inbox_id)
        return MailboxFacts(
            box.inbox_id, inbox.name, inbox.team_id, box.address, server_facts(box.server), box.folder, box.plus,
            box.active, state,
        )  # fmt: skip


def _place(box: Mailbox) -> tuple[str, str, str]:
    return box.server.host, box.server.username, box.folder


def _taken() -> Conflict:
    return Conflict(
        "address_taken",
        "This address is an inbox already. Change that one, or use another address.",
        "该地址已是收件箱。请修改原有设置或使用其他地址。",
        field="address",
    )
