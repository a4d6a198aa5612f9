"""Sessions: how they are found, how they end, how they are renewed."""

import asyncio
import sys
from types import FrameType

import pytest

from app.accounts.agents import AgentChange
from app.accounts.sessions import browser_cookie, session_cookie
from app.model.errors import NotFound, Unauthenticated, Unavailable
from app.model.events import Event, SessionsRevoked
from app.model.ids import digest
from app.model.people import Colleague
from app.storage import agents as stored_agents
from app.storage.database import Database, Transaction
from tests.accounts.ann import ANN, principal_of, signed_in
from tests.clock import ManualClock
from tests.domain import SYSTEM, Domain

DAY = 86_400


async def test_a_session_is_found_by_its_secret_which_is_nowhere_at_rest(domain: Domain) -> None:
    colleague = await domain.agents.create(SYSTEM, ANN)
    signed = await domain.sessions.begin(colleague.id, "127.0.0.1", "Firefox")
    principal = await domain.sessions.principal(signed.secret)
    assert principal is not None and (principal.agent_id, principal.role) == (colleague.id, "agent")
    rows = await domain.database.read("SELECT * FROM sessions")
    assert digest(signed.secret) in rows[0] and signed.secret not in str(rows)
    for secret in ("", "0" * 32, digest(signed.secret)):
        assert await domain.sessions.principal(secret) is None


async def test_after_its_first_use_a_session_needs_no_database(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    signed = await signed_in(domain)
    first = await domain.sessions.principal(signed.secret)
    proof = domain.sessions.principal(signed.secret)
    with pytest.raises(StopIteration) as done:
        proof.send(None)  # ends at once: nothing was awaited
    assert done.value.value is first


async def test_sessions_end_by_idleness_and_by_age(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    idle = await signed_in(domain)
    used = await signed_in(domain)
    for _ in range(6):
        clock.advance(DAY)
        assert await domain.sessions.principal(used.secret) is not None
    clock.advance(DAY)
    assert await domain.sessions.principal(idle.secret) is None
    for _ in range(22):
        assert await domain.sessions.principal(used.secret) is not None
        clock.advance(DAY)
    clock.advance(DAY)
    assert await domain.sessions.principal(used.secret) is None


async def test_use_is_noted_at_rest_so_that_a_restart_knows(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    signed = await signed_in(domain)
    clock.advance(3 * DAY)
    await domain.sessions.principal(signed.secret)
    rows = await domain.database.read("SELECT seen_at FROM sessions")
    assert rows == [(clock.now_ms(),)]


async def test_the_sweep_removes_what_is_over(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    await signed_in(domain)
    await domain.sessions.sweep()
    assert len(await domain.database.read("SELECT id FROM sessions")) == 1
    clock.advance(7 * DAY)
    await domain.sessions.sweep()
    assert await domain.database.read("SELECT id FROM sessions") == []


async def test_signing_out_ends_this_session_only(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    one = await signed_in(domain)
    other = await signed_in(domain)
    principal = await domain.sessions.principal(one.secret)
    assert principal is not None
    await domain.sessions.sign_out(principal)
    assert await domain.sessions.principal(one.secret) is None
    assert await domain.sessions.principal(other.secret) is not None


async def test_a_revocation_between_read_and_memory_is_not_lost(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is read from the database, revoked before it is kept: it must not come back from memory."""
    colleague = await domain.agents.create(SYSTEM, ANN)
    signed = await signed_in(domain)
    find = stored_agents.find

    async def found_then_disabled(database: Database, agent_id: str) -> Colleague | None:
        found = await find(database, agent_id)
        monkeypatch.setattr(stored_agents, "find", find)
        await domain.agents.change(SYSTEM, colleague.id, AgentChange(disabled=True))
        return found

    monkeypatch.setattr(stored_agents, "find", found_then_disabled)
    assert await domain.sessions.principal(signed.secret) is None


async def test_a_revocation_while_its_use_is_noted_is_not_lost(domain: Domain, clock: ManualClock) -> None:
    """Noting the use waits for the disk; who was revoked meanwhile must not get a socket with his old rights."""
    colleague = await domain.agents.create(SYSTEM, ANN)
    signed = await signed_in(domain)
    assert await domain.sessions.principal(signed.secret) is not None
    clock.advance(domain.settings.limits.session_seen_minutes * 60)
    _, principal = await asyncio.gather(
        domain.agents.change(SYSTEM, colleague.id, AgentChange(disabled=True)),
        domain.sessions.principal(signed.secret),
    )
    assert principal is None


async def test_who_is_signed_in_reads_on_while_nothing_can_be_written(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    signed = await signed_in(domain)
    first = await domain.sessions.principal(signed.secret)
    clock.advance(domain.settings.limits.session_seen_minutes * 60)
    database = domain.database
    database._writer._fail(Unavailable("disk_full", "Full.", "已满。", retry_after_ms=1))
    with pytest.raises(Unavailable):
        await domain.sessions.sweep()
    assert await domain.sessions.principal(signed.secret) is first


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("monodesk_session=abc", "abc"),
        ("a=b; monodesk_session=abc; c=d", "abc"),
        ("", ""),
        ("monodesk_sessions=abc", ""),
        ("\x00;;=;", ""),
        ('theme={"dark":1}; monodesk_session=abc', "abc"),
        ("odd name=[1;2]; monodesk_session=abc; q=@é", "abc"),
        ("monodesk_session=abc; monodesk_session=older", "abc"),
        (" monodesk_session =\tabc ;", "abc"),
        ("monodesk_session=\u00a0abc", "\u00a0abc"),
        ("\u3000monodesk_session=abc", ""),
    ],
)
def test_the_cookie_is_found_in_its_header(header: str, secret: str) -> None:
    assert session_cookie(header) == secret


def test_a_cookie_made_to_take_long_is_counted_in_steps() -> None:
    """30 KB of backslashes held the loop for 6 s. Counted, not timed: steps in Python per character of the header."""
    steps = 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        assert session_cookie('a="' + "\\1" * 5_000 + '"; monodesk_session=abc') == "abc"
    finally:
        sys.setprofile(None)
    assert steps < 100


def test_a_browser_is_known_by_a_cookie_of_its_own() -> None:
    assert browser_cookie("monodesk_session=abc; monodesk_browser=def") == "def"


async def test_renewing_gives_a_new_secret_and_id_and_ends_all_others_in_the_same_commit(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    mine, others = await signed_in(domain), [await signed_in(domain) for _ in range(2)]
    principal = await principal_of(domain, mine)
    other_ids = {(await principal_of(domain, other)).session_id for other in others}
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)

    renewed = await domain.sessions.renew(principal, lambda tx: None)

    for old in (mine, *others):
        assert await domain.sessions.principal(old.secret) is None
    now = await principal_of(domain, renewed)
    assert (now.agent_id, now.role) == (principal.agent_id, principal.role)
    assert now.session_id != principal.session_id and renewed.secret != mine.secret
    (at_once,) = [event for event in heard if isinstance(event, SessionsRevoked)]
    assert set(at_once.session_ids) == other_ids


async def test_its_own_sockets_close_a_little_later_so_that_a_tab_comes_back_with_the_new_cookie(
    domain: Domain,
) -> None:
    await domain.agents.create(SYSTEM, ANN)
    principal = await principal_of(domain, await signed_in(domain))
    loop = asyncio.get_running_loop()
    closed = loop.create_future()

    def heard(events: object) -> None:
        if SessionsRevoked((principal.session_id,)) in list(events):  # type: ignore[call-overload]  # a batch
            closed.set_result(loop.time())

    domain.bus.subscribe(heard)
    began = loop.time()
    await domain.sessions.renew(principal, lambda tx: None)
    async with asyncio.timeout(60):  # against hanging
        assert await closed - began >= domain.settings.limits.session_change_grace_seconds


async def test_a_refused_change_renews_nothing(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    mine, other = await signed_in(domain), await signed_in(domain)

    def refuse(tx: Transaction) -> None:
        raise NotFound("x", "x", "x")

    with pytest.raises(NotFound):
        await domain.sessions.renew(await principal_of(domain, mine), refuse)
    for signed in (mine, other):
        await principal_of(domain, signed)


async def test_a_session_that_ended_is_not_renewed(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    mine, other = await signed_in(domain), await signed_in(domain)
    principal = await principal_of(domain, mine)
    await domain.sessions.end_others(await principal_of(domain, other))
    changed: list[str] = []
    with pytest.raises(Unauthenticated):
        await domain.sessions.renew(principal, lambda tx: changed.append("changed"))
    assert changed == []


async def test_one_sees_and_ends_ones_own_sessions_alone(domain: Domain, clock: ManualClock) -> None:
    ann, ben = [await domain.agents.create(SYSTEM, ANN), await domain.agent("Ben")]
    here = await domain.sessions.begin(ann.id, "192.0.2.1", "Firefox")
    clock.advance(60)
    there = await domain.sessions.begin(ann.id, "192.0.2.2", "Chrome")
    mine = await principal_of(domain, here)
    theirs = await principal_of(domain, there)

    listed = await domain.sessions.listing(mine)
    assert [(one.address, one.user_agent, one.current) for one in listed] == [
        ("192.0.2.2", "Chrome", False),
        ("192.0.2.1", "Firefox", True),
    ]
    assert await domain.sessions.listing(ben) == []
    with pytest.raises(NotFound):
        await domain.sessions.end(ben, theirs.session_id)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    await domain.sessions.end(mine, theirs.session_id)
    assert heard == [SessionsRevoked((theirs.session_id,))]
    assert await domain.sessions.principal(there.secret) is None
    with pytest.raises(NotFound):
        await domain.sessions.end(mine, theirs.session_id)
    assert [one.current for one in await domain.sessions.listing(mine)] == [True]


async def test_what_is_over_is_not_listed(domain: Domain, clock: ManualClock) -> None:
    colleague = await domain.agents.create(SYSTEM, ANN)
    await domain.sessions.begin(colleague.id, "", "")
    clock.advance(7 * DAY)
    mine = await principal_of(domain, await signed_in(domain))
    assert [one.current for one in await domain.sessions.listing(mine)] == [True]


async def test_who_has_too_many_sessions_loses_the_least_used(domain: Domain, clock: ManualClock) -> None:
    colleague = await domain.agents.create(SYSTEM, ANN)
    most = domain.settings.limits.sessions_per_agent_max
    first = await domain.sessions.begin(colleague.id, "", "")
    for _ in range(most):
        clock.advance(1)
        last = await domain.sessions.begin(colleague.id, "", "")
    assert await domain.sessions.principal(first.secret) is None
    assert len(await domain.sessions.listing(await principal_of(domain, last))) == most
