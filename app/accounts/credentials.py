"""What an agent is proven by, as he changes it himself: password, second step, recovery codes."""

from collections import OrderedDict

from msgspec import Struct

from app.accounts import totp
from app.accounts.agents import demand_touchable, revoke, subject_of
from app.accounts.audit import record
from app.accounts.authentication import Authentication
from app.accounts.passwords import Passwords
from app.accounts.policy import allowed, demand
from app.accounts.second_step import digests, recovery_codes, tidy_code
from app.accounts.sessions import Sessions, SignedIn, still_signed_in
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, not_found
from app.model.ids import Ids
from app.model.principals import Agent, Principal
from app.settings import Limits
from app.storage import agents, two_step
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

_ISSUER = "Monodesk"
_log = logger("accounts")


class SecondStep(Struct, frozen=True):
    """Whether a code is asked for at sign-in, since when (milliseconds UTC), and how many recovery codes are left."""

    on: bool
    since: int = 0
    recovery_codes: int = 0


class Draft(Struct, frozen=True):
    """A secret that an app is to hold: to be typed, as the link behind the picture, and the picture itself.

    `picture` is a QR code, a line of `0` and `1` for each of its rows.
    """

    secret: str
    link: str
    picture: tuple[str, ...]


class Confirmed(Struct, frozen=True):
    """The second step is on: the recovery codes, shown this once, and the session that goes on."""

    codes: tuple[str, ...]
    signed_in: SignedIn


class Credentials:
    """Changes need the current password; each ends the agent's other sessions and gives this one a new secret."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        passwords: Passwords,
        authentication: Authentication,
        sessions: Sessions,
        limits: Limits,
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._passwords = passwords
        self._authentication = authentication
        self._sessions = sessions
        self._drafts_max = limits.two_step_drafts_max
        self._drafts: OrderedDict[str, str] = OrderedDict()  # session id to secret: nothing half done is stored

    async def change_password(self, principal: Agent, old: str, new: str) -> SignedIn:
        """A new password; raises `Invalid` (password_wrong, password_length, password_common)."""
        self._passwords.demand_acceptable(new)
        await self._authentication.prove(principal, old, "old_password")
        hashed = await self._passwords.hash(new)

        def change(tx: Transaction) -> None:
            agents.set_password(tx, principal.agent_id, hashed)
            record(tx, principal, "password.change", _himself(principal))

        signed = await self._sessions.renew(principal, change)
        _log.info("a password was changed", extra={"agent": principal.agent_id})
        return signed

    async def second_step(self, principal: Agent) -> SecondStep:
        """How it stands."""
        held = await two_step.state(self._database, principal.agent_id)
        return SecondStep(on=False) if held is None else SecondStep(True, *held)

    async def draft(self, principal: Agent, password: str) -> Draft:
        """A new secret, of no effect until `confirm`; raises `Conflict` where the second step is on already."""
        await self._authentication.prove(principal, password)

        def unit(tx: Transaction) -> str:
            agent, _ = still_signed_in(tx, principal)
            if two_step.held(tx, principal.agent_id) is not None:
                raise _on_already()
            return agent.email

        email = await self._database.write(unit)
        secret = totp.secret_of(self._ids.key(totp.SECRET_BYTES))
        self._drafts.pop(principal.session_id, None)
        self._drafts[principal.session_id] = secret
        if len(self._drafts) > self._drafts_max:
            self._drafts.popitem(last=False)
        link = totp.link(secret, _ISSUER, email)
        return Draft(secret, link, _picture(link))

    async def confirm(self, principal: Agent, code: str) -> Confirmed:
        """Switch the second step on with a first code of the app; raises `Invalid` (code_wrong, two_step_over)."""
        secret = self._drafts.get(principal.session_id)
        if secret is None:
            raise Invalid(
                "two_step_over",
                "This took too long, or the server was started again meanwhile. Begin again.",
                "操作超时，或服务器期间重新启动过。请重新开始。",
            )
        now = self._clock.now_ms()
        step = totp.accepted_step(secret, tidy_code(code), now, 0)
        if step is None:
            raise Invalid(
                "code_wrong",
                "This code is not right. Check the clock of your phone and type the code it shows now.",
                "验证码不正确。请检查手机时间是否准确，并输入当前显示的验证码。",
                field="code",
            )
        codes = recovery_codes(self._ids)

        def change(tx: Transaction) -> None:
            if two_step.held(tx, principal.agent_id) is not None:
                raise _on_already()
            two_step.insert(tx, principal.agent_id, secret, step, now)
            two_step.replace_codes(tx, principal.agent_id, digests(codes))
            record(tx, principal, "second_step.create", _himself(principal))

        signed = await self._sessions.renew(principal, change)
        self._drafts.pop(principal.session_id, None)
        _log.info("the second step was switched on", extra={"agent": principal.agent_id})
        return Confirmed(codes, signed)

    async def renew_codes(self, principal: Agent, password: str) -> tuple[str, ...]:
        """New recovery codes, shown this once; earlier ones stop working."""
        await self._authentication.prove(principal, password)
        codes = recovery_codes(self._ids)

        def unit(tx: Transaction) -> None:
            still_signed_in(tx, principal)
            if two_step.held(tx, principal.agent_id) is None:
                raise _off_already()
            two_step.replace_codes(tx, principal.agent_id, digests(codes))
            record(tx, principal, "second_step.change", _himself(principal))

        await self._database.write(unit)
        _log.info("recovery codes were made", extra={"agent": principal.agent_id})
        return codes

    async def switch_off(self, principal: Agent, password: str) -> SignedIn:
        """No second step any more."""
        await self._authentication.prove(principal, password)

        def change(tx: Transaction) -> None:
            if not two_step.delete(tx, principal.agent_id):
                raise _off_already()
            record(tx, principal, "second_step.delete", _himself(principal))

        signed = await self._sessions.renew(principal, change)
        _log.info("the second step was switched off", extra={"agent": principal.agent_id})
        return signed

    async def who_has_second_step(self, principal: Principal) -> tuple[str, ...]:
        """Ids of the agents who have it on; nobody for those who do not manage agents."""
        return tuple(await two_step.agents(self._database)) if allowed(principal, "agent.manage") else ()

    async def reset(self, principal: Principal, agent_id: str) -> None:
        """Switch the second step off for a colleague who lost his phone; his sessions end. An owner's: owners alone.

        One's own is switched off in the profile, which asks for the password.
        """
        demand(principal, "agent.manage")
        if isinstance(principal, Agent) and principal.agent_id == agent_id:
            raise Conflict(
                "two_step_own",
                "Switch off your own second step in your profile.",
                "请在个人资料中关闭你自己的两步登录。",
            )

        def unit(tx: Transaction) -> None:
            agent = agents.by_id(tx, agent_id)
            if agent is None:
                raise not_found()
            demand_touchable(tx, principal, agent.role)
            if not two_step.delete(tx, agent_id):
                raise _off_already()
            record(tx, principal, "second_step.delete", subject_of(agent))
            revoke(tx, agent_id)

        await self._database.write(unit)
        by = principal.agent_id if isinstance(principal, Agent) else "system"
        _log.warning("a colleague's second step was switched off", extra={"agent": agent_id, "by": by})


def _himself(principal: Agent) -> Subject:
    return Subject("agent", principal.agent_id)


def _picture(link: str) -> tuple[str, ...]:
    import segno  # only when somebody switches it on

    matrix = segno.make_qr(link, error="m").matrix
    return tuple("".join(str(module) for module in row) for row in matrix)


def _on_already() -> Conflict:
    return Conflict(
        "two_step_on",
        "Two-step sign-in is on already. Reload the page.",
        "两步登录已经开启。请刷新页面。",
    )


def _off_already() -> Conflict:
    return Conflict(
        "two_step_off",
        "Two-step sign-in is off already. Reload the page.",
        "两步登录已经关闭。请刷新页面。",
    )
