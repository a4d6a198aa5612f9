"""Links by which a colleague sets his password: an invitation, or because he has forgotten it.

A link is 128 random bits, good once and for a while, hashed at rest. It is made when it is shown, or when the letter
that holds it leaves, so that it stands in no queue.
"""

from msgspec import Struct

from app.accounts.agents import demand_touchable, revoke, subject_of
from app.accounts.audit import WITHHELD, record
from app.accounts.delays import Delays
from app.accounts.passwords import Passwords
from app.accounts.policy import demand
from app.model.audit import Change
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, not_found
from app.model.ids import Ids, digest
from app.model.mail import Forgotten, Invitation
from app.model.people import Colleague
from app.model.principals import Agent, Principal, System
from app.settings import Limits
from app.storage import access_links, agents, mail_relay
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

INVITATION, PASSWORD = "invitation", "password"  # nosec B105  # pragma: allowlist secret - what a link is for
_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000
_BY_LINK = System("access link")
_log = logger("accounts")


class Link(Struct, frozen=True):
    """What stands in a link behind `/password#`, what it is for, and when it is over (milliseconds UTC)."""

    token: str
    purpose: str
    expires_at: int


class AccessLinks:
    """Makes links and uses them up; a colleague's password is nobody's but his own."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, passwords: Passwords, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._passwords = passwords
        self._limits = limits
        self._delays = Delays(clock, ids.token(), limits)

    async def show(self, principal: Principal, agent_id: str) -> Link:
        """A link for a colleague, to be handed over by who asks. Raises as `mail`."""

        def unit(tx: Transaction) -> Link:
            agent = self._demand(tx, principal, agent_id)
            link = self._made(tx, agent)
            _note(tx, principal, agent, link.purpose)
            return link

        return await self._database.write(unit)

    async def mail(self, principal: Principal, agent_id: str) -> str:
        """Have a link mailed to a colleague; what it is for.

        Raises `Conflict` (password_own, agent_disabled), `Forbidden`, `NotFound`.
        """

        def unit(tx: Transaction) -> str:
            agent = self._demand(tx, principal, agent_id)
            purpose = _purpose(tx, agent.id)
            mail_relay.post(tx, agent.id, Invitation(agent.id, purpose))
            _note(tx, principal, agent, purpose)
            return purpose

        return await self._database.write(unit)

    async def forgotten(self, email: str, address: str) -> None:
        """Have a link mailed to who owns this e-mail address, if anybody does: nobody learns whether.

        Raises `TooMany` where one asks too often.
        """
        tidy = email.strip().lower()
        self._delays.enter(f"forgotten {tidy}", address)
        await self._database.write(lambda tx: mail_relay.post(tx, digest(tidy), Forgotten(tidy)))

    async def for_letter(self, letter: Invitation | Forgotten) -> tuple[Colleague, Link] | None:
        """The link that a letter is to hold, made now, and whom it goes to; None where nobody is to get one."""

        def unit(tx: Transaction) -> tuple[Colleague, Link] | None:
            known = letter.agent_id if isinstance(letter, Invitation) else agents.id_of(tx, letter.email) or ""
            agent = agents.by_id(tx, known)
            if agent is None or agent.disabled:
                return None
            return agent, self._made(tx, agent)

        return await self._database.write(unit)

    async def use(self, token: str, password: str, address: str) -> Colleague:
        """Set a password by a link, which is used up; his sessions end, his second step stays.

        Raises `Invalid` (access_link_over, password_length, password_common).
        """
        self._passwords.demand_acceptable(password)
        if not await access_links.valid(self._database, digest(token), self._clock.now_ms()):
            raise _over()
        hashed = await self._passwords.hash(password)

        def unit(tx: Transaction) -> Colleague:
            taken = access_links.take(tx, digest(token), self._clock.now_ms())
            agent = None if taken is None else agents.by_id(tx, taken.agent_id)
            if agent is None or agent.disabled:
                raise _over()
            access_links.clear(tx, agent.id)
            agents.set_password(tx, agent.id, hashed)
            revoke(tx, agent.id)
            record(tx, _BY_LINK, "password.change", subject_of(agent), Change(after={"password": WITHHELD}))
            return agent

        agent = await self._database.write(unit)
        _log.warning("a password was set by a link", extra={"agent": agent.id, "address": address})
        return agent

    async def sweep(self) -> None:
        """Forget links whose time is over; to be called now and then."""
        await self._database.write(lambda tx: access_links.delete_over(tx, self._clock.now_ms()))

    def _demand(self, tx: Transaction, principal: Principal, agent_id: str) -> Colleague:
        demand(principal, "agent.manage")
        agent = agents.by_id(tx, agent_id)
        if agent is None:
            raise not_found()
        if isinstance(principal, Agent) and principal.agent_id == agent_id:
            raise Conflict(
                "password_own", "Change your own password in your profile.", "请在个人资料中修改你自己的密码。"
            )
        demand_touchable(tx, principal, agent.role)
        if agent.disabled:
            raise Conflict(
                "agent_disabled",
                "This colleague is disabled. Activate the account first.",
                "该客服账号已停用。请先启用。",
            )
        return agent

    def _made(self, tx: Transaction, agent: Colleague) -> Link:
        purpose, now, token = _purpose(tx, agent.id), self._clock.now_ms(), self._ids.token()
        invited = purpose == INVITATION
        life = self._limits.invitation_hours * _HOUR_MS if invited else self._limits.password_link_minutes * _MINUTE_MS
        link = Link(token, purpose, now + life)
        access_links.insert(
            tx, digest(token), agent.id, purpose, now, link.expires_at, self._limits.access_links_per_agent_max
        )
        return link


def _note(tx: Transaction, principal: Principal, agent: Colleague, purpose: str) -> None:
    record(tx, principal, "access_link.create", subject_of(agent), Change(after={"purpose": purpose}))


def _purpose(tx: Transaction, agent_id: str) -> str:
    """Who has no password yet is invited."""
    return PASSWORD if agents.proof(tx, agent_id)[0] else INVITATION


def _over() -> Invalid:
    return Invalid(
        "access_link_over",
        "This link was used or is too old. Ask for a new one: “Forgot password?” at the sign-in, or an administrator.",
        "该链接已使用或已过期。请在登录页点击“忘记密码？”，或请管理员重新生成。",
    )
