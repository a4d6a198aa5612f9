"""The first owner: by a one-time link or by the command line; there is no default password."""

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.agents import address, revoke, subject_of
from app.accounts.audit import record_change
from app.accounts.inboxes import Inboxes, NewInbox
from app.accounts.names import named
from app.accounts.passwords import Passwords
from app.accounts.sessions import Sessions, SignedIn
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid
from app.model.events import AgentChanged
from app.model.ids import Ids, digest
from app.model.people import Availability, Colleague
from app.model.principals import System
from app.settings import Limits
from app.storage import agents, sessions, two_step
from app.storage.database import Database, Transaction

_MINUTE_MS = 60_000
_SYSTEM = System("setup")


class Owner(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to own the desk, and the name of the first website."""

    name: str
    email: str
    password: str
    language: str = ""
    inbox_name: str = ""


class Setup:
    """Makes the owner, once, or again when the command line asks for it."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        passwords: Passwords,
        sessions_room: Sessions,
        inboxes: Inboxes,
        limits: Limits,
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions_room
        self._inboxes = inboxes
        self._link_ms = limits.setup_link_minutes * _MINUTE_MS

    async def needed(self) -> bool:
        """Whether nobody owns the desk yet."""
        return not await agents.any_owner(self._database)

    async def link(self, *, reset: bool = False) -> str:
        """A one-time token for `/setup#…`; an earlier one stops working. With an owner only when `reset`."""
        token, expires_at = self._ids.token(), self._clock.now_ms() + self._link_ms

        def unit(tx: Transaction) -> str:
            if agents.owners(tx) and not reset:
                raise _done()
            sessions.insert_link(tx, digest(token), expires_at)
            return token

        return await self._database.write(unit)

    async def demand_link(self, token: str) -> None:
        """Raise `Invalid` (setup_link_over) unless this link is still good; it stays so."""
        if not await sessions.link_valid(self._database, digest(token), self._clock.now_ms()):
            raise _link_over()

    async def by_link(self, token: str, owner: Owner, peer_address: str, user_agent: str) -> SignedIn:
        """Use up a link: makes the owner (and a first inbox) and signs him in. Raises `Invalid` (setup_link_over)."""
        await self.demand_link(token)
        made = await self._make(owner, token=token, reset=False)
        return await self._sessions.begin(made.id, peer_address, user_agent)

    async def by_command(self, owner: Owner, *, reset: bool) -> Colleague:
        """Make the owner from the command line; with an owner only when `reset`."""
        return await self._make(owner, token=None, reset=reset)

    async def _make(self, owner: Owner, *, token: str | None, reset: bool) -> Colleague:
        hashed = await self._passwords.hash(owner.password)
        email, name, now, new_id = address(owner.email), named(owner.name), self._clock.now_ms(), self._ids.new()

        def unit(tx: Transaction) -> Colleague:
            if token is None and agents.owners(tx) and not reset:
                raise _done()
            if token is not None and not sessions.use_link(tx, digest(token), now):
                raise _link_over()
            sessions.clear_links(tx)
            known = agents.by_id(tx, agents.id_of(tx, email) or "")
            fresh = Colleague(new_id, name, email, "owner", Availability.ONLINE, (), owner.language[:20], now)
            made = fresh if known is None else replace(known, name=name, role="owner", disabled=False)
            agents.save(tx, made)
            agents.set_password(tx, made.id, hashed)
            record_change(tx, _SYSTEM, "agent.set_up", subject_of(made), None, made)
            two_step.delete(tx, made.id)  # who lost his phone gets back in; it takes the machine itself
            revoke(tx, made.id)
            tx.announce(AgentChanged(made))
            return made

        made = await self._database.write(unit)
        if not self._inboxes.listing(_SYSTEM):
            await self._inboxes.create(_SYSTEM, NewInbox(owner.inbox_name or "Website"))
        return made


def _done() -> Conflict:
    return Conflict(
        "already_set_up",
        "This desk already has an owner. Sign in, or run: monodesk setup --reset",
        "该客服台已有所有者。请直接登录，或运行：monodesk setup --reset",
    )


def _link_over() -> Invalid:
    return Invalid(
        "setup_link_over",
        "This set-up link was used or is too old. Get a new one with: monodesk setup --link",
        "该设置链接已使用或已过期。请运行 monodesk setup --link 获取新链接。",
    )
