"""The audit log: who did what to what, written in the transaction of the act, each entry chained to the one before.

Never a password, a token or the text of a message: what is secret or long is said to have changed, without its words.
"""

from collections.abc import Collection
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.accounts.policy import AUDIT_READ, demand
from app.model.audit import AuditEntry, Change, Subject
from app.model.clock import Clock
from app.model.frames import Id
from app.model.principals import Agent, Principal, System
from app.settings import Limits
from app.storage import agents, audit, sessions, tokens
from app.storage.audit import Filter, Head
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

VALUE_CHARACTERS_MAX = 300  # of one fact: an entry says what changed, it keeps no copy of long words
WITHHELD = "…"
_NEWEST = 2**53
_DAY_MS = 86_400_000
_NOTHING = Change()
_log = logger("audit")

Moment = Annotated[int, Meta(ge=0, le=_NEWEST)]


class AuditQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What a page shows: `actor` and `object` by id, `noun` of the action, times in milliseconds UTC.

    `before` is the lowest number of the page before.
    """

    actor: Id | None = None
    object: Id | None = None
    noun: Annotated[str, Meta(pattern=r"^[a-z_]{0,30}(?!\n)$")] = ""
    since: Moment = 0
    until: Moment = _NEWEST
    before: Moment = _NEWEST
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Actor(Struct, frozen=True):
    """Somebody who has done something; `name` is one that he had."""

    id: str
    name: str
    kind: str


class AuditPage(Struct, frozen=True):
    """Entries, newest first; `more` says whether older ones exist. `head` is the newest of all."""

    entries: list[AuditEntry]
    more: bool
    head: Head
    actors: list[Actor]


class AuditLog:
    """Reads the log, and tells its head to the outside once a day."""

    def __init__(self, database: Database, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._told_day = -1

    async def listing(self, principal: Agent, asked: AuditQuery) -> AuditPage:
        """A page for those who may read it."""
        demand(principal, AUDIT_READ)
        rows_max = min(asked.limit, self._limits.page_rows_max)
        narrowed = Filter(asked.actor or "", asked.object or "", asked.noun, asked.since, asked.until)
        rows = await audit.page(self._database, narrowed, asked.before, rows_max + 1)
        known = [Actor(*one) for one in await audit.actors(self._database)]
        return AuditPage(rows[:rows_max], len(rows) > rows_max, await audit.head(self._database), known)

    async def tell(self) -> None:
        """Write the head into the server's log, once a day (UTC): a log that was shipped elsewhere proves it later."""
        today = self._clock.now_ms() // _DAY_MS
        if today == self._told_day:
            return
        head = await audit.head(self._database)
        _log.info("the head of the audit log", extra={"entries": head.number, "hash": head.hash})
        self._told_day = today


def record(tx: Transaction, principal: Principal, action: str, thing: Subject, change: Change = _NOTHING) -> AuditEntry:
    """Note an act (`noun.verb`) in its own transaction; what it was done to, and what changed by it."""
    kind, actor_id, name, session_id, address = _actor(tx, principal)
    text = msgspec.json.encode(change).decode()
    return audit.append(
        tx,
        AuditEntry(
            0, tx.at, kind, actor_id, name, session_id, address, action, thing.kind, thing.id, thing.name, text, ""
        ),
    )


def record_change(
    tx: Transaction,
    principal: Principal,
    action: str,
    thing: Subject,
    before: Struct | None,
    after: Struct | None,
    withheld: Collection[str] = (),
) -> None:
    """Note an act by the `difference` that it made; nothing where it made none."""
    change = difference(before, after, withheld)
    if change != _NOTHING:
        record(tx, principal, action, thing, change)


def difference(before: Struct | None, after: Struct | None, withheld: Collection[str] = ()) -> Change:
    """The facts in which two states of a thing differ; of those `withheld` only that they did.

    What a new thing leaves empty is no fact of it. `id` and the times of creation and change are none either.
    """
    was, now = _facts(before), _facts(after)
    changed = [name for name in {**was, **now} if was.get(name) != now.get(name) and name not in _BESIDE]
    return Change(_shown(was, changed, withheld), _shown(now, changed, withheld))


_BESIDE = frozenset({"id", "created_at", "updated_at"})


def _facts(thing: Struct | None) -> dict[str, Any]:
    facts = {} if thing is None else msgspec.to_builtins(thing)
    return {name: value for name, value in facts.items() if value not in (None, "", [], {}, False)}


def _shown(facts: dict[str, Any], names: list[str], withheld: Collection[str]) -> dict[str, Any]:
    return {name: WITHHELD if name in withheld else _short(facts[name]) for name in names if name in facts}


def _short(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if len(text) > VALUE_CHARACTERS_MAX:
        return text[:VALUE_CHARACTERS_MAX] + WITHHELD
    return value


def _actor(tx: Transaction, principal: Principal) -> tuple[str, str, str, str, str]:
    """Kind, id, name, session and the address from which that one was begun."""
    if isinstance(principal, Agent) and principal.token_id:
        token = tokens.by_id(tx, principal.token_id)
        return (
            ("token", principal.token_id, "", "", "")
            if token is None
            else ("token", token.id, token.name, "", token.address)
        )
    if isinstance(principal, Agent):
        agent, session = agents.by_id(tx, principal.agent_id), sessions.by_id(tx, principal.session_id)
        name = "" if agent is None else agent.name
        return "agent", principal.agent_id, name, principal.session_id, "" if session is None else session.address
    if isinstance(principal, System):
        return "system", "", principal.name, "", ""
    return "visitor", principal.contact_id, "", "", ""
