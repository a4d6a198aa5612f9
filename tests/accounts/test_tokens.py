"""Tokens of the API: what one allows, when it ends, and what is kept of it."""

from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from app.accounts.agents import AgentChange, NewTeam
from app.accounts.roles import NewRole, RoleChange, Roles
from app.accounts.tokens import PREFIX, NewToken, Tokens
from app.model.errors import Conflict, Forbidden, Invalid, NotFound, TooFast
from app.model.principals import Agent
from app.storage import audit
from tests.accounts.ann import ANN, principal_of, signed_in
from tests.domain import SYSTEM, Domain

SYNC = NewToken("Sync", ("contacts.read", "tickets.read"))
_DAY_SECONDS = 86_400


def tokens_of(domain: Domain) -> Tokens:
    return Tokens(domain.database, domain.ids, domain.clock, domain.bus, domain.settings.limits)


async def owner(domain: Domain) -> Agent:
    await domain.agents.create(SYSTEM, replace(ANN, role="owner"))
    return await principal_of(domain, await signed_in(domain))


async def test_a_token_acts_in_an_agents_name_within_its_scopes(domain: Domain) -> None:
    ann, tokens = await owner(domain), tokens_of(domain)
    made = await tokens.create(ann, SYNC)
    assert made.secret.startswith(PREFIX)
    program = await tokens.principal(made.secret, "192.0.2.1")
    assert program is not None
    assert (program.agent_id, program.token_id) == (ann.agent_id, made.token.id)
    assert program.permissions == frozenset(SYNC.scopes)
    assert await tokens.principal(PREFIX + "0" * 32, "") is None


async def test_its_secret_is_kept_nowhere_and_its_use_is_told(domain: Domain) -> None:
    ann, tokens = await owner(domain), tokens_of(domain)
    made = await tokens.create(ann, SYNC)
    assert [(one.seen_at, one.address) for one in await tokens.listing(ann)] == [(None, "")]
    domain.clock.advance(60)
    await tokens.principal(made.secret, "192.0.2.1")
    assert [(one.seen_at, one.address) for one in await tokens.listing(ann)] == [(domain.clock.now_ms(), "192.0.2.1")]
    secret = made.secret.removeprefix(PREFIX).encode()
    for file in domain.path.parent.glob("monodesk.db*"):
        assert secret not in file.read_bytes(), file


async def test_a_revoked_token_and_one_that_is_over_are_nobody(domain: Domain) -> None:
    ann, tokens = await owner(domain), tokens_of(domain)
    short, endless = await tokens.create(ann, replace(SYNC, days=1)), await tokens.create(ann, replace(SYNC, days=None))
    assert await tokens.principal(short.secret, "") is not None
    domain.clock.advance(_DAY_SECONDS)
    assert await tokens.principal(short.secret, "") is None
    assert await tokens.principal(endless.secret, "") is not None
    await tokens.delete(ann, endless.token.id)
    assert await tokens.principal(endless.secret, "") is None
    with pytest.raises(NotFound):
        await tokens.delete(ann, endless.token.id)


async def test_it_never_goes_beyond_what_its_agent_may_now(domain: Domain) -> None:
    ann, tokens = await owner(domain), tokens_of(domain)
    roles = Roles(domain.database, domain.ids, domain.clock, domain.settings.limits)
    role = await roles.create(SYSTEM, NewRole("Maker", ("tokens.manage", "contacts.read", "contacts.write")))
    ben = await domain.agents.create(ann, replace(ANN, name="Ben", email="ben@example.com", role=role.id))
    made = await tokens.create(await principal_of(domain, await signed_in(domain, "ben@example.com")), NewToken(
        "Mine", ("contacts.read", "contacts.write")
    ))  # fmt: skip
    program = await tokens.principal(made.secret, "")
    assert program is not None and program.permissions == {"contacts.read", "contacts.write"}
    await roles.change(SYSTEM, role.id, RoleChange(permissions=("contacts.read",)))
    program = await tokens.principal(made.secret, "")
    assert program is not None and program.permissions == {"contacts.read"}
    await domain.agents.change(ann, ben.id, AgentChange(disabled=True))
    assert await tokens.principal(made.secret, "") is None


async def test_nobody_makes_one_beyond_his_rights_or_without_the_right(domain: Domain) -> None:
    tokens = tokens_of(domain)
    await domain.agents.create(SYSTEM, replace(ANN, role="admin"))
    admin = await principal_of(domain, await signed_in(domain))
    with pytest.raises(Forbidden, match="rights_beyond"):
        await tokens.create(admin, NewToken("More", ("server.manage",)))
    with pytest.raises(Forbidden, match="rights_beyond"):
        await tokens.create(admin, NewToken("Unknown", ("everything",)))
    with pytest.raises(Invalid, match="scopes_missing"):
        await tokens.create(admin, NewToken("None", ()))
    agent = await domain.agent("Ben")
    acts: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: tokens.create(agent, SYNC),
        lambda: tokens.listing(agent),
        lambda: tokens.delete(agent, "x" * 26),
    )
    for act in acts:
        with pytest.raises(Forbidden):
            await act()


async def test_a_token_that_asks_too_often_rests(domain: Domain) -> None:
    ann = await owner(domain)
    limits = replace(domain.settings.limits, token_requests_burst=5, token_requests_per_second=1.0)
    tokens = Tokens(domain.database, domain.ids, domain.clock, domain.bus, limits)
    hasty, other = await tokens.create(ann, SYNC), await tokens.create(ann, SYNC)
    for _ in range(5):
        await tokens.principal(hasty.secret, "")
    with pytest.raises(TooFast):
        await tokens.principal(hasty.secret, "")
    assert await tokens.principal(other.secret, "") is not None, "another's pace is its own"
    domain.clock.advance(limits.abuse_rest_seconds + 10)
    assert await tokens.principal(hasty.secret, "") is not None


async def test_the_audit_log_names_the_token_not_its_secret(domain: Domain) -> None:
    ann, tokens = await owner(domain), tokens_of(domain)
    made = await tokens.create(ann, NewToken("Sync", ("teams.manage",)))
    program = await tokens.principal(made.secret, "192.0.2.1")
    assert program is not None
    await domain.agents.create_team(program, NewTeam("West"))
    last, before, *_ = await audit.page(domain.database, audit.Filter(), 2**53, 10)
    assert (last.actor_kind, last.actor_id, last.actor_name, last.address) == (
        "token", made.token.id, "Sync", "192.0.2.1",
    )  # fmt: skip
    assert (before.action, before.object_name) == ("token.create", "Sync")
    assert made.secret not in str(before)


async def test_one_agent_has_only_so_many(domain: Domain) -> None:
    ann = await owner(domain)
    limits = replace(domain.settings.limits, tokens_per_agent_max=1)
    tokens = Tokens(domain.database, domain.ids, domain.clock, domain.bus, limits)
    await tokens.create(ann, SYNC)
    with pytest.raises(Conflict, match="limit_reached"):
        await tokens.create(ann, SYNC)
