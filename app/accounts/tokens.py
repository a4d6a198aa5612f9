"""Tokens of the API: a program acts by one in an agent's name, within its scopes and never beyond his rights."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.names import named
from app.accounts.pace import Pace
from app.accounts.policy import demand
from app.accounts.roles import Permissions, demand_within, rights_now
from app.bus.bus import Bus
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Forbidden, Invalid, Unavailable, not_found
from app.model.events import AgentChanged, Event, SessionsRevoked
from app.model.ids import Ids, digest
from app.model.people import Token
from app.model.principals import Agent
from app.settings import Limits
from app.storage import agents, tokens
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

PREFIX = "mdt_"  # so that a scanner of source code finds one that was left there
_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_log = logger("accounts")

Days = Annotated[int, Meta(ge=1, le=3_650)]


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A token to be made; `days` until it ends, None: never."""

    name: str
    scopes: Permissions
    days: Days | None = 90


class MadeToken(Struct, frozen=True):
    """A new token; `secret` is told this once and kept nowhere."""

    token: Token
    secret: str


class _Held:
    """A token in memory, under its secret's digest."""

    __slots__ = ("principal", "token")

    def __init__(self, token: Token, principal: Agent) -> None:
        self.token = token
        self.principal = principal


class Tokens:
    """Makes and ends tokens, and proves who asks by one."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, bus: Bus, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._pace = Pace(clock, limits, limits.token_requests_per_second, limits.token_requests_burst)
        self._held: dict[str, _Held] = {}  # by digest: only tokens that exist
        self._changes = 0
        bus.subscribe(self._heard)

    async def principal(self, secret: str, address: str) -> Agent | None:
        """Who asks; None for a token that does not work (any more). Raises `TooFast` where it asks too often."""
        key = digest(secret)
        held = self._held.get(key) or await self._load(key)
        now = self._clock.now_ms()
        if held is None or (held.token.expires_at is not None and now >= held.token.expires_at):
            return None
        self._pace.spend(held.token.id)
        await self._note(held, now, address)
        return held.principal

    async def listing(self, principal: Agent) -> list[Token]:
        """Everybody's, the newest first."""
        demand(principal, "token.manage")
        return await tokens.all_of_them(self._database)

    async def create(self, principal: Agent, new: NewToken) -> MadeToken:
        """One in his own name; raises `Forbidden` (rights_beyond), `Invalid`, `Conflict` (limit_reached)."""
        demand(principal, "token.manage")
        scopes = tuple(sorted(set(new.scopes)))
        demand_within(principal, scopes, "scopes")
        if not scopes:
            raise Invalid(
                "scopes_missing", "Choose at least one thing that it may do.", "请至少选择一项权限。", field="scopes"
            )
        now = self._clock.now_ms()
        expires_at = None if new.days is None else now + new.days * _DAY_MS
        token = Token(self._ids.new(), principal.agent_id, named(new.name), scopes, now, expires_at)
        secret = PREFIX + self._ids.token()

        def unit(tx: Transaction) -> None:
            if tokens.count_of(tx, principal.agent_id) >= self._limits.tokens_per_agent_max:
                raise _full(self._limits.tokens_per_agent_max)
            tokens.insert(tx, digest(secret), token)
            record_change(tx, principal, "token.create", _subject(token), None, token)

        await self._database.write(unit)
        return MadeToken(token, secret)

    async def delete(self, principal: Agent, token_id: str) -> None:
        """Revoke one at once, whosever it is; raises `NotFound`."""
        demand(principal, "token.manage")

        def unit(tx: Transaction) -> None:
            token = tokens.by_id(tx, token_id)
            if token is None:
                raise not_found()
            tokens.delete(tx, token_id)
            record_change(tx, principal, "token.delete", _subject(token), token, None)
            tx.announce(SessionsRevoked((token_id,)))

        await self._database.write(unit)

    async def _load(self, key: str) -> _Held | None:
        """From the database; again when something changed in between."""
        while True:
            seen = self._changes
            token = await tokens.find(self._database, key)
            agent = None if token is None else await agents.find(self._database, token.agent_id)
            if token is None or agent is None or agent.disabled:
                return None
            rights = await rights_now(self._database, agent.role)
            if seen == self._changes:
                break
        scopes = rights.intersection(token.scopes)
        principal = Agent(agent.id, token.id, agent.role, scopes, agent.teams, token.id)
        return self._held.setdefault(key, _Held(token, principal))

    async def _note(self, held: _Held, now: int, address: str) -> None:
        """That it was used, now and then: what is told of it is a matter of minutes."""
        token = held.token
        recent = token.seen_at is not None and now - token.seen_at < self._limits.session_seen_minutes * _MINUTE_MS
        if recent and token.address == address:
            return
        held.token = replace(token, seen_at=now, address=address)
        try:
            await self._database.write(lambda tx: tokens.seen(tx, token.id, now, address))
        except Unavailable as problem:  # a full disk must not keep anybody from reading
            _log.warning("the use of a token was not noted", extra={"code": problem.code})

    def _heard(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, AgentChanged):
                self._drop({key for key, held in self._held.items() if held.token.agent_id == event.agent.id})
            elif isinstance(event, SessionsRevoked):
                ended = set(event.session_ids)
                self._drop({key for key, held in self._held.items() if held.token.id in ended})

    def _drop(self, keys: set[str]) -> None:
        self._changes += 1
        for key in keys:
            del self._held[key]


def token_refused() -> Forbidden:
    """What a program is told that asks for what takes a person at a screen."""
    return Forbidden(
        "token_refused",
        "A token cannot do this. Sign in to the desk and do it there.",
        "令牌不能执行此操作。请登录客服台后操作。",
    )


def _subject(token: Token) -> Subject:
    return Subject("token", token.id, token.name)


def _full(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"You already have {most} tokens, which is the most. Revoke one that nothing uses.",
        f"你的令牌已达上限 {most} 个。请先撤销不再使用的。",
    )
