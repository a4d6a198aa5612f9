"""Who is signed in: sessions, hashed at rest, in memory after first use."""

import asyncio
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.agents import demand_touchable, subject_of
from app.accounts.audit import record
from app.accounts.policy import demand
from app.accounts.roles import rights_now
from app.bus.bus import Bus
from app.model.audit import Change, Subject
from app.model.clock import Clock
from app.model.errors import Unavailable, not_found, unauthenticated
from app.model.events import Event, SessionsRevoked
from app.model.ids import Ids, digest
from app.model.people import Colleague
from app.model.principals import Agent
from app.settings import Limits
from app.storage import agents, browsers, sessions
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

COOKIE = "monodesk_session"
BROWSER_COOKIE = "monodesk_browser"  # by it a browser is known in which somebody has signed in before
_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_USER_AGENT_MAX = 300
_BLANKS = " \t"  # what HTTP lets stand around a value (RFC 9110 §5.6.3): no other blank belongs to it
_log = logger("accounts")


class SignedIn(Struct, frozen=True):
    """A new session: `secret` goes into the cookie and is nowhere else, `browser` into the one that lasts longer."""

    secret: str
    agent: Colleague
    browser: str = ""


class OwnSession(Struct, frozen=True):
    """A session as its agent sees it; times in milliseconds UTC, `current` the one that asks."""

    id: str
    current: bool
    created_at: int
    seen_at: int
    address: str
    user_agent: str


class _Held:
    """A session in memory; times in milliseconds UTC."""

    __slots__ = ("expires_at", "principal", "seen_at")

    def __init__(self, principal: Agent, seen_at: int, expires_at: int) -> None:
        self.principal = principal
        self.seen_at = seen_at
        self.expires_at = expires_at


class Sessions:
    """Begins and ends sessions and proves agents by cookie."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, bus: Bus, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._bus = bus
        self._life_ms = limits.session_days * _DAY_MS
        self._idle_ms = limits.session_idle_days * _DAY_MS
        self._seen_ms = limits.session_seen_minutes * _MINUTE_MS
        self._sessions_max = limits.sessions_per_agent_max
        self._browsers_ms = limits.known_browser_days * _DAY_MS
        self._grace_seconds = limits.session_change_grace_seconds
        self._held: dict[str, _Held] = {}  # by secret: only sessions that exist, so as many as agents' browsers
        self._secrets: dict[str, str] = {}  # session id to secret
        self._revocations = 0
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

    async def begin(
        self, agent_id: str, address: str, user_agent: str, prove: Callable[[Transaction], None] | None = None
    ) -> SignedIn:
        """A new session for somebody who has been proven; raises `NotFound` for a disabled or unknown agent.

        `prove` raises where he is not, in the same commit: what he was proven by may have changed since it was read.
        His least used one ends where he has too many.
        """
        secret, session_id, now = self._ids.token(), self._ids.new(), self._clock.now_ms()
        session = sessions.StoredSession(
            session_id, agent_id, now, now, now + self._life_ms, address, user_agent[:_USER_AGENT_MAX]
        )

        def unit(tx: Transaction) -> Colleague:
            agent = agents.by_id(tx, agent_id)
            if agent is None or agent.disabled:
                raise not_found()
            if prove is not None:
                prove(tx)
            sessions.insert(tx, digest(secret), session)
            who = Agent(agent_id, session_id, agent.role, frozenset())
            record(tx, who, "session.create", _subject(agent, session_id), _browser(session.user_agent))
            _announce(tx, sessions.delete_oldest(tx, agent_id, self._sessions_max))
            return agent

        return SignedIn(secret, await self._database.write(unit))

    async def renew(self, principal: Agent, change: Callable[[Transaction], None]) -> SignedIn:
        """Carry out a `change` of what protects an account, and in the same commit end every session of the agent.

        This one goes on under a new secret and a new id; the others' sockets close at once, its own a little later, so
        that the browser has the new cookie before a tab comes back. Raises `Unauthenticated` when it ended meanwhile.
        """
        secret, session_id = self._ids.token(), self._ids.new()

        def unit(tx: Transaction) -> Colleague:
            agent, held = still_signed_in(tx, principal)
            change(tx)
            sessions.insert(tx, digest(secret), replace(held, id=session_id))
            ended = sessions.delete_of_agent(tx, agent.id, session_id)
            _announce(tx, tuple(one for one in ended if one != principal.session_id))
            return agent

        agent = await self._database.write(unit)
        self._forget(principal.session_id)
        last = SessionsRevoked((principal.session_id,))
        asyncio.get_running_loop().call_later(self._grace_seconds, self._bus.publish, (last,))
        return SignedIn(secret, agent)

    async def listing(self, principal: Agent) -> list[OwnSession]:
        """The agent's own sessions that still work, the last used first."""
        return await self._of(principal.agent_id, principal.session_id)

    async def of_agent(self, principal: Agent, agent_id: str) -> list[OwnSession]:
        """A colleague's, for who manages agents; raises `NotFound`."""
        demand(principal, "agent.manage")
        if await agents.find(self._database, agent_id) is None:
            raise not_found()
        return await self._of(agent_id, principal.session_id)

    async def end_of_agent(self, principal: Agent, agent_id: str) -> None:
        """Sign a colleague out everywhere; raises `NotFound`, `Forbidden` for who may do more than he who asks."""
        demand(principal, "agent.manage")

        def unit(tx: Transaction) -> None:
            agent = agents.by_id(tx, agent_id)
            if agent is None:
                raise not_found()
            demand_touchable(tx, principal, agent.role)
            ended = sessions.delete_of_agent(tx, agent_id, principal.session_id)
            if ended:
                record(tx, principal, "session.end", subject_of(agent), Change(before={"sessions": len(ended)}))
            _announce(tx, ended)

        await self._database.write(unit)

    async def end_of_any(self, principal: Agent, session_id: str) -> None:
        """End one session of a colleague; raises as `end_of_agent`."""
        demand(principal, "agent.manage")

        def unit(tx: Transaction) -> None:
            held = sessions.by_id(tx, session_id)
            agent = None if held is None else agents.by_id(tx, held.agent_id)
            if agent is None:
                raise not_found()
            demand_touchable(tx, principal, agent.role)
            record(tx, principal, "session.end", _subject(agent, session_id))
            _announce(tx, sessions.delete(tx, session_id))

        await self._database.write(unit)

    async def _of(self, agent_id: str, current: str) -> list[OwnSession]:
        now = self._clock.now_ms()
        return [
            OwnSession(one.id, one.id == current, one.created_at, one.seen_at, one.address, one.user_agent)
            for one in await sessions.of_agent(self._database, agent_id)
            if now < one.expires_at and now - one.seen_at < self._idle_ms
        ]

    async def end(self, principal: Agent, session_id: str) -> None:
        """End one of the agent's own sessions; its sockets are closed at once. Raises `NotFound`."""

        def unit(tx: Transaction) -> None:
            ended = sessions.delete_own(tx, principal.agent_id, session_id)
            if not ended:
                raise not_found()
            record(tx, principal, "session.end", Subject("session", session_id))
            _announce(tx, ended)

        await self._database.write(unit)

    async def end_others(self, principal: Agent) -> None:
        """End the agent's own sessions but this one."""

        def unit(tx: Transaction) -> None:
            ended = sessions.delete_of_agent(tx, principal.agent_id, principal.session_id)
            for session_id in ended:
                record(tx, principal, "session.end", Subject("session", session_id))
            _announce(tx, ended)

        await self._database.write(unit)

    async def sign_out(self, principal: Agent) -> None:
        """End this session; its sockets are closed."""

        def unit(tx: Transaction) -> None:
            record(tx, principal, "session.end", Subject("session", principal.session_id))
            _announce(tx, sessions.delete(tx, principal.session_id))

        await self._database.write(unit)

    async def sweep(self) -> None:
        """End what is past its time; to be called now and then."""
        now = self._clock.now_ms()

        def unit(tx: Transaction) -> None:
            _announce(tx, sessions.delete_over(tx, now, now - self._idle_ms))
            browsers.delete_over(tx, now - self._browsers_ms)

        await self._database.write(unit)

    async def _load(self, secret: str) -> _Held | None:
        """From the database; again when a revocation came in between."""
        while True:
            seen = self._revocations
            stored = await sessions.find(self._database, digest(secret))
            agent = None if stored is None else await agents.find(self._database, stored.agent_id)
            if stored is None or agent is None or agent.disabled:
                return None
            rights = await rights_now(self._database, agent.role)
            if seen == self._revocations:
                break
        principal = Agent(agent.id, stored.id, agent.role, rights, agent.teams)
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
                for session_id in event.session_ids:
                    self._forget(session_id)

    def _forget(self, session_id: str) -> None:
        """It ended: whoever reads it from the database at this moment must look again."""
        self._revocations += 1
        self._drop(session_id)

    def _drop(self, session_id: str) -> None:
        secret = self._secrets.pop(session_id, None)
        if secret is not None:
            self._held.pop(secret, None)


def _subject(agent: Colleague, session_id: str) -> Subject:
    return Subject("session", session_id, agent.name)


def _browser(user_agent: str) -> Change:
    return Change(after={"browser": user_agent} if user_agent else {})


def _announce(tx: Transaction, ended: tuple[str, ...]) -> None:
    """Let the sockets of ended sessions be closed."""
    if ended:
        tx.announce(SessionsRevoked(ended))


def still_signed_in(tx: Transaction, principal: Agent) -> tuple[Colleague, sessions.StoredSession]:
    """His own and his session's row; raises `Unauthenticated` when it ended since he asked (his password was checked
    meanwhile, which takes a while).
    """
    agent, held = agents.by_id(tx, principal.agent_id), sessions.by_id(tx, principal.session_id)
    if agent is None or agent.disabled or held is None:
        raise unauthenticated()
    return agent, held


def session_cookie(header: str) -> str:
    """The session's secret in a Cookie header; empty when there is none."""
    return _cookie(header, COOKIE)


def browser_cookie(header: str) -> str:
    """The secret by which a browser is known; empty when there is none."""
    return _cookie(header, BROWSER_COOKIE)


def _cookie(header: str, wanted: str) -> str:
    """Not by `http.cookies`: it gives up the whole header at another application's odd cookie (cookies are shared by
    all ports of a host), and took 6 s over 30 KB of backslashes (CVE-2024-7592).
    """
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        if name.strip(_BLANKS) == wanted:
            return value.strip(_BLANKS)
    return ""
