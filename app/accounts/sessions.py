"""Who is signed in: sessions hashed at rest, in memory after first use, and the ways to get one."""

from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from app.accounts.passwords import Passwords
from app.accounts.policy import ROLES
from app.bus.bus import Bus
from app.model.clock import Clock
from app.model.errors import TooMany, Unauthenticated, Unavailable, not_found
from app.model.events import Event, SessionsRevoked
from app.model.ids import Ids, digest
from app.model.people import Colleague
from app.model.principals import Agent
from app.settings import Limits
from app.storage import agents, sessions
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

COOKIE = "monodesk_session"
_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_USER_AGENT_MAX = 300
_log = logger("accounts")


class SignedIn(Struct, frozen=True):
    """A new session: `secret` goes into the cookie and is nowhere else."""

    secret: str
    agent: Colleague


class _Held:
    """A session in memory; times in milliseconds UTC."""

    __slots__ = ("expires_at", "principal", "seen_at")

    def __init__(self, principal: Agent, seen_at: int, expires_at: int) -> None:
        self.principal = principal
        self.seen_at = seen_at
        self.expires_at = expires_at


class Sessions:
    """Signs agents in and out and proves them by cookie."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, passwords: Passwords, bus: Bus, limits: Limits
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._passwords = passwords
        self._life_ms = limits.session_days * _DAY_MS
        self._idle_ms = limits.session_idle_days * _DAY_MS
        self._seen_ms = limits.session_seen_minutes * _MINUTE_MS
        self._delays = Delays(clock, limits)
        self._held: dict[str, _Held] = {}  # by secret: only sessions that exist, so as many as agents' browsers
        self._secrets: dict[str, str] = {}  # session id to secret
        self._revocations = 0
        self._demo: dict[str, str] = {}  # token to agent id, for as long as the process runs
        self._demo_max = limits.demo_tokens_max
        bus.subscribe(self._heard)

    async def principal(self, secret: str) -> Agent | None:
        """Whose session this is; from memory after its first use, else one read. None for nobody."""
        held = self._held.get(secret)
        if held is None:
            held = await self._load(secret) if secret else None
            if held is None:
                return None
        now = self._clock.now_ms()
        if now >= held.expires_at or now - held.seen_at >= self._idle_ms:
            self._drop(held.principal.session_id)
            return None
        if now - held.seen_at >= self._seen_ms:
            await self._touch(held, now)
            if self._held.get(secret) is not held:
                return None  # it ended while its use was noted
        return held.principal

    async def sign_in(self, email: str, password: str, address: str, user_agent: str) -> SignedIn:
        """A session for e-mail and password; every refusal reads the same and takes the same time.

        Raises `Unauthenticated` (sign_in_refused), or `TooMany` while the account or the address must wait.
        """
        tidy = email.strip().lower()
        self._delays.enter(tidy, address)
        known = await agents.credentials(self._database, tidy)
        agent_id, hashed, disabled = known or ("", "", True)
        right = await self._passwords.verify(hashed, password)
        if not right or disabled:
            raise Unauthenticated(
                "sign_in_refused",
                "E-mail or password is not right. Check both and try again.",
                "邮箱或密码不正确。请核对后重试。",
            )
        self._delays.clear(tidy, address)
        return await self.begin(agent_id, address, user_agent)

    async def begin(self, agent_id: str, address: str, user_agent: str) -> SignedIn:
        """A new session for somebody who has been proven; raises `NotFound` for a disabled or unknown agent."""
        secret, session_id, now = self._ids.token(), self._ids.new(), self._clock.now_ms()
        session = sessions.StoredSession(session_id, agent_id, now, now + self._life_ms)

        def unit(tx: Transaction) -> Colleague:
            agent = agents.by_id(tx, agent_id)
            if agent is None or agent.disabled:
                raise not_found()
            sessions.insert(tx, digest(secret), session, address=address, user_agent=user_agent[:_USER_AGENT_MAX])
            return agent

        return SignedIn(secret, await self._database.write(unit))

    async def sign_out(self, principal: Agent) -> None:
        """End this session; its sockets are closed."""

        def unit(tx: Transaction) -> None:
            tx.announce(SessionsRevoked(sessions.delete(tx, principal.session_id)))

        await self._database.write(unit)

    async def sweep(self) -> None:
        """End what is past its time; to be called now and then."""
        now = self._clock.now_ms()

        def unit(tx: Transaction) -> None:
            ended = sessions.delete_over(tx, now, now - self._idle_ms)
            if ended:
                tx.announce(SessionsRevoked(ended))

        await self._database.write(unit)

    def demo_token(self, agent_id: str) -> str:
        """A token that signs this agent in for as long as the process runs; only for a demo."""
        token = self._ids.token()
        if len(self._demo) >= self._demo_max:
            del self._demo[next(iter(self._demo))]
        self._demo[token] = agent_id
        return token

    async def sign_in_demo(self, token: str, address: str, user_agent: str) -> SignedIn:
        """A session for a demo token; raises `Unauthenticated`."""
        agent_id = self._demo.get(token)
        if agent_id is None:
            raise Unauthenticated(
                "demo_link_over",
                "This sign-in link is no longer valid. Take the newest one from where the demo was started.",
                "该登录链接已失效。请使用启动演示时显示的最新链接。",
            )
        return await self.begin(agent_id, address, user_agent)

    async def _load(self, secret: str) -> _Held | None:
        """From the database; again when a revocation came in between."""
        while True:
            seen = self._revocations
            stored = await sessions.find(self._database, digest(secret))
            agent = None if stored is None else await agents.find(self._database, stored.agent_id)
            if stored is None or agent is None or agent.disabled:
                return None
            if seen == self._revocations:
                break
        principal = Agent(agent.id, stored.id, agent.role, ROLES[agent.role], agent.teams)
        held = self._held.setdefault(secret, _Held(principal, stored.seen_at, stored.expires_at))
        self._secrets[stored.id] = secret
        return held

    async def _touch(self, held: _Held, now: int) -> None:
        held.seen_at = now
        session_id = held.principal.session_id
        try:
            await self._database.write(lambda tx: sessions.seen(tx, session_id, now))
        except Unavailable as problem:  # a full disk must not keep anybody from reading
            _log.warning("the use of a session was not noted", extra={"code": problem.code})

    def _heard(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, SessionsRevoked):
                self._revocations += 1
                for session_id in event.session_ids:
                    self._drop(session_id)

    def _drop(self, session_id: str) -> None:
        secret = self._secrets.pop(session_id, None)
        if secret is not None:
            self._held.pop(secret, None)


class Delays:
    """Growing waits after failed sign-ins, per account and per address; bounded, in memory.

    An account at an address where it has signed in before waits for its own failures there alone, so that a stranger
    who guesses locks nobody out.
    """

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._free = limits.sign_in_tries_before_delay
        self._most_seconds = limits.sign_in_delay_seconds_max
        self._kept = limits.sign_in_failures_kept
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # tries, when the next one may come
        self._known: OrderedDict[str, None] = OrderedDict()  # accounts with the addresses where they signed in

    def enter(self, email: str, address: str) -> None:
        """Count a try, as failed until `clear` says otherwise; raises `TooMany` while one must wait."""
        now = self._clock.monotonic()
        keys = self._keys(email, address)
        wait = max(self._failures.get(key, (0, now))[1] - now for key in keys)
        if wait > 0:
            raise TooMany(
                "sign_in_wait",
                f"Too many tries. Wait {int(wait) + 1} seconds and try again.",
                f"尝试次数过多。请等待 {int(wait) + 1} 秒后重试。",
                retry_after_ms=int(wait * 1000) + 1,
            )
        for key in keys:
            self._count(key, now)

    def clear(self, email: str, address: str) -> None:
        """The password was right."""
        for key in self._keys(email, address):
            self._failures.pop(key, None)
        place = _place(email, address)
        self._known.pop(place, None)
        self._known[place] = None
        if len(self._known) > self._kept:
            self._known.popitem(last=False)

    def _keys(self, email: str, address: str) -> tuple[str, ...]:
        place = _place(email, address)
        return (place,) if place in self._known else (f"account:{email}", f"address:{address}")

    def _count(self, key: str, now: float) -> None:
        tries = self._failures.pop(key, (0, now))[0] + 1
        over = tries - self._free
        wait = 0.0 if over < 0 else min(2.0**over, self._most_seconds)
        self._failures[key] = (tries, now + wait)
        if len(self._failures) > self._kept:
            self._failures.popitem(last=False)


def _place(email: str, address: str) -> str:
    return f"place:{address} {email}"


def session_cookie(header: str) -> str:
    """The session's secret in a Cookie header; empty when there is none.

    Not by `http.cookies`: it gives up the whole header at another application's odd cookie (cookies are shared by all
    ports of a host), and took 6 s over 30 KB of backslashes (CVE-2024-7592).
    """
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == COOKIE:
            return value.strip()
    return ""
