"""Proving who somebody is: by password, by a second step where it is on, by a demo's link."""

from collections import Counter, OrderedDict
from collections.abc import Callable

from msgspec import Struct

from app.accounts.delays import Delays, Turn
from app.accounts.passwords import Passwords
from app.accounts.second_step import accept
from app.accounts.sessions import Sessions, SignedIn
from app.model.clock import Clock
from app.model.errors import Invalid, Unauthenticated, Unavailable
from app.model.ids import Ids, digest
from app.model.principals import Agent
from app.settings import Limits
from app.storage import agents, browsers
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

_MINUTE_SECONDS = 60
_log = logger("accounts")


class Caller(Struct, frozen=True):
    """Who asks: his address, what his browser says of itself, and the secret by which that browser is known."""

    address: str = ""
    user_agent: str = ""
    browser: str = ""


class Challenge(Struct, frozen=True):
    """The password was right and a code is asked for; `token` stands for that, for some minutes and few tries."""

    token: str


class _Pending:
    """A challenge in memory."""

    __slots__ = ("agent_id", "email", "ends_at", "password", "tries_left", "used_by")

    def __init__(self, held: agents.Credentials, email: str, ends_at: float, tries_left: int) -> None:
        self.agent_id = held.agent_id
        self.password = held.password  # its hash: a challenge is worth nothing once the password is another one
        self.email = email
        self.ends_at = ends_at
        self.tries_left = tries_left
        self.used_by: Turn | None = None  # the try that was right, as the writer's thread has seen it


class Authentication:
    """Signs agents in; every refusal reads the same and takes the same time, whether or not the account exists."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, passwords: Passwords, sessions: Sessions, limits: Limits
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions
        self._delays = Delays(clock, ids.token(), limits)
        self._challenge_seconds = limits.sign_in_code_minutes * _MINUTE_SECONDS
        self._challenge_tries = limits.sign_in_code_tries
        self._challenges_max = limits.sign_in_challenges_max
        self._browsers_kept = limits.known_browsers_per_agent_max
        self._challenges: OrderedDict[str, _Pending] = OrderedDict()
        self._demo: dict[str, str] = {}  # token to agent id, for as long as the process runs
        self._demo_max = limits.demo_tokens_max

    async def by_password(self, email: str, password: str, caller: Caller) -> SignedIn | Challenge:
        """A session for e-mail and password, or where the second step is on the challenge that `by_code` answers.

        Raises `Unauthenticated` (sign_in_refused), or `TooMany` while the account or the address must wait.
        """
        tidy = email.strip().lower()
        turn = self._delays.enter(f"password {tidy}", caller.address, await self._known(caller, tidy))
        held = await agents.credentials(self._database, tidy) or agents.NOBODY
        right = await self._verified(turn, held.password, password)
        if not right or held.disabled:
            _log.warning("a sign-in was refused", extra={"agent": held.agent_id, "address": caller.address})
            raise _refused()
        turn.right()
        if held.two_step:
            return self._challenge(held, tidy)

        def prove(tx: Transaction) -> None:
            if agents.proof(tx, held.agent_id) != (held.password, False):
                raise _refused()  # another password, or a second step, since it was looked at

        return await self._begin(held.agent_id, caller, prove)

    async def by_code(self, token: str, code: str, caller: Caller) -> SignedIn:
        """A session for a challenge and a code, of the app or a recovery code.

        Raises `Unauthenticated`: code_wrong, or sign_in_over when it takes a new sign-in; `TooMany` as for passwords.
        """
        pending = self._pending(token)
        known = await self._known(caller, pending.email)
        turn = self._delays.enter(f"code {pending.agent_id}", caller.address, known)
        pending.tries_left -= 1
        now = self._clock.now_ms()

        def prove(tx: Transaction) -> None:
            if pending.used_by not in (None, turn) or agents.proof(tx, pending.agent_id)[0] != pending.password:
                raise _over()
            if not accept(tx, pending.agent_id, code, now):
                raise code_wrong()
            pending.used_by = turn

        try:
            signed = await self._begin(pending.agent_id, caller, prove)
        except Unauthenticated:
            _log.warning("a wrong code", extra={"agent": pending.agent_id, "address": caller.address})
            raise
        except Unavailable:
            if pending.used_by is turn:
                pending.used_by = None  # it was right, and could not be stored: it may be tried again
            raise
        turn.right()
        self._challenges.pop(token, None)
        return signed

    async def by_demo_link(self, token: str, caller: Caller) -> SignedIn:
        """A session for a demo token; raises `Unauthenticated`."""
        agent_id = self._demo.get(token)
        if agent_id is None:
            raise Unauthenticated(
                "demo_link_over",
                "This sign-in link is no longer valid. Take the newest one from where the demo was started.",
                "该登录链接已失效。请使用启动演示时显示的最新链接。",
            )
        return await self._sessions.begin(agent_id, caller.address, caller.user_agent)

    def demo_token(self, agent_id: str) -> str:
        """A token that signs this agent in for as long as the process runs; only for a demo."""
        token = self._ids.token()
        if len(self._demo) >= self._demo_max:
            del self._demo[next(iter(self._demo))]
        self._demo[token] = agent_id
        return token

    async def prove(self, principal: Agent, password: str, field: str = "password") -> None:
        """Somebody who is signed in shows that it is he and not whoever sits at his screen.

        `field` is what a request calls that password.

        Raises `Invalid` (password_wrong), or `TooMany` after some of those in one session; `Invalid` (password_none)
        where there is none to show, as for the demo's agents, who come by a link.
        """
        held = await agents.password(self._database, principal.agent_id)
        if not held:
            raise Invalid(
                "password_none",
                "This account has no password: it signs in by a link. Let an administrator give it one under Agents, or"
                " run monodesk setup --reset for the owner.",
                "该账号没有密码，通过链接登录。请管理员在“客服”中为其设置密码；所有者请运行 monodesk setup --reset。",
            )
        turn = self._delays.enter("", "", f"session {principal.session_id}")
        if not await self._verified(turn, held, password, reserved=True):
            raise Invalid(
                "password_wrong",
                "The current password is not right. Type it again.",
                "当前密码不正确。请重新输入。",
                field=field,
            )
        turn.right()

    async def _known(self, caller: Caller, email: str) -> str:
        """The browser's name among those in which this account has signed in before; empty for strangers."""
        if not caller.browser:
            return ""
        name = digest(caller.browser)
        return f"{name} {email}" if await browsers.known(self._database, name, email) else ""

    async def _verified(self, turn: Turn, hashed: str, password: str, *, reserved: bool = False) -> bool:
        try:
            return await self._passwords.verify(hashed, password, reserved=reserved or turn.known)
        except Unavailable:
            turn.withdraw()
            raise

    def _challenge(self, held: agents.Credentials, email: str) -> Challenge:
        token = self._ids.token()
        ends_at = self._clock.monotonic() + self._challenge_seconds
        self._challenges[token] = _Pending(held, email, ends_at, self._challenge_tries)
        if len(self._challenges) > self._challenges_max:
            del self._challenges[self._oldest_of_whom_there_are_most()]
        return Challenge(token)

    def _oldest_of_whom_there_are_most(self) -> str:
        """Whose password is known to somebody who asks again and again gives way himself, not his colleagues."""
        whose = Counter(pending.agent_id for pending in self._challenges.values()).most_common(1)[0][0]
        return next(token for token, pending in self._challenges.items() if pending.agent_id == whose)

    def _pending(self, token: str) -> _Pending:
        pending = self._challenges.get(token)
        if pending is None or pending.tries_left <= 0 or self._clock.monotonic() >= pending.ends_at:
            self._challenges.pop(token, None)
            raise _over()
        return pending

    async def _begin(self, agent_id: str, caller: Caller, prove: Callable[[Transaction], None]) -> SignedIn:
        """The session; and this browser is known from now on."""
        browser = caller.browser
        if not browser or not await browsers.ours(self._database, digest(browser)):
            browser = self._ids.token()
        signed = await self._sessions.begin(agent_id, caller.address, caller.user_agent, prove)
        now = self._clock.now_ms()

        def unit(tx: Transaction) -> None:
            browsers.save(tx, digest(browser), agent_id, now, self._browsers_kept)

        await self._database.write(unit)
        _log.info("signed in", extra={"agent": agent_id, "address": caller.address})
        return SignedIn(signed.secret, signed.agent, browser)


def _refused() -> Unauthenticated:
    return Unauthenticated(
        "sign_in_refused",
        "E-mail or password is not right. Check both and try again.",
        "邮箱或密码不正确。请核对后重试。",
    )


def _over() -> Unauthenticated:
    return Unauthenticated(
        "sign_in_over",
        "This sign-in took too long or too many codes were wrong. Sign in again.",
        "本次登录已超时，或验证码错误次数过多。请重新登录。",
    )


def code_wrong() -> Unauthenticated:
    """A code that is not, or no longer, right."""
    return Unauthenticated(
        "code_wrong",
        "This code is not right or was used already. Wait for the next one, or check the clock of your phone.",
        "验证码不正确或已使用过。请等待下一个验证码，或检查手机时间是否准确。",
    )
