"""Sign-in, sessions, set-up."""

import asyncio
import sys
from contextlib import suppress
from types import FrameType

import pytest
from msgspec.structs import replace

from app.accounts.agents import AgentChange, NewAgent
from app.accounts.passwords import Passwords
from app.accounts.sessions import Delays, session_cookie
from app.accounts.setup import Owner
from app.model.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated, Unavailable
from app.model.ids import digest
from app.model.people import Colleague
from app.settings import Limits, Settings
from app.storage import agents as stored_agents
from app.storage.database import Database
from tests.clock import ManualClock
from tests.domain import PASSWORD, SYSTEM, Domain

ANN = NewAgent("Ann", "ann@example.com", "agent", PASSWORD)
OWNER = Owner("Boss", "boss@example.com", PASSWORD, "zh", "山岚")
DAY = 86_400


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(sign_in_tries_before_delay=2))


async def test_a_session_is_found_by_its_secret_which_is_nowhere_at_rest(domain: Domain) -> None:
    colleague = await domain.agents.create(SYSTEM, ANN)
    signed = await domain.sessions.sign_in(" ANN@example.com", PASSWORD, "127.0.0.1", "Firefox")
    principal = await domain.sessions.principal(signed.secret)
    assert principal is not None and (principal.agent_id, principal.role) == (colleague.id, "agent")
    rows = await domain.database.read("SELECT * FROM sessions")
    assert digest(signed.secret) in rows[0] and signed.secret not in str(rows)
    for secret in ("", "0" * 32, digest(signed.secret)):
        assert await domain.sessions.principal(secret) is None


async def test_after_its_first_use_a_session_needs_no_database(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    signed = await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
    first = await domain.sessions.principal(signed.secret)
    proof = domain.sessions.principal(signed.secret)
    with pytest.raises(StopIteration) as done:
        proof.send(None)  # ends at once: nothing was awaited
    assert done.value.value is first


async def test_every_refusal_reads_the_same(domain: Domain) -> None:
    colleague = await domain.agents.create(SYSTEM, ANN)
    await domain.agents.change(SYSTEM, colleague.id, AgentChange(disabled=True))
    await domain.agents.create(SYSTEM, NewAgent("Ben", "ben@example.com", "agent", PASSWORD))
    texts = set()
    for email, password in ((ANN.email, PASSWORD), ("ben@example.com", "wrong"), ("nobody@example.com", PASSWORD)):
        with pytest.raises(Unauthenticated) as refused:
            await domain.sessions.sign_in(email, password, email, "")
        texts.add((refused.value.code, refused.value.en, refused.value.zh))
    assert len(texts) == 1


async def test_an_unknown_account_costs_the_same_hash(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str | None] = []
    verify = domain.passwords.verify

    async def watched(hashed: str | None, password: str) -> bool:
        verified.append(hashed)
        return await verify(hashed, password)

    monkeypatch.setattr(domain.passwords, "verify", watched)
    with pytest.raises(Unauthenticated):
        await domain.sessions.sign_in("nobody@example.com", PASSWORD, "", "")
    assert verified == [""]


async def test_the_hash_of_nobody_is_really_computed(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []
    matches = domain.passwords._matches

    def watched(hashed: str | None, password: str) -> bool:
        computed.append(password)
        return matches(hashed, password)

    monkeypatch.setattr(domain.passwords, "_matches", watched)
    assert not await domain.passwords.verify("", "nobody has this password")
    assert computed == ["nobody has this password"]


async def test_waits_grow_per_account_and_per_address(domain: Domain, clock: ManualClock) -> None:
    delays = Delays(clock, domain.settings.limits)
    for _ in range(2):
        delays.enter("ann", "1.1.1.1")
    waits = []
    for _ in range(8):
        with pytest.raises(TooMany) as refused:
            delays.enter("ann", "2.2.2.2")
        with pytest.raises(TooMany):
            delays.enter("ben", "1.1.1.1")
        assert refused.value.retry_after_ms is not None
        waits.append(refused.value.retry_after_ms // 1000)
        clock.advance(refused.value.retry_after_ms / 1000)
        delays.enter("ann", "1.1.1.1")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    delays.enter("cai", "3.3.3.3")


async def test_a_stranger_who_guesses_locks_nobody_out_where_he_has_signed_in_before(
    domain: Domain, clock: ManualClock
) -> None:
    """Neither by guessing at Ann's account from elsewhere, nor at any account from her office."""
    delays = Delays(clock, domain.settings.limits)
    delays.enter("ann", "office")
    delays.clear("ann", "office")
    for number in range(5):
        for account, address in (("ann", f"elsewhere {number}"), (f"colleague {number}", "office")):
            with suppress(TooMany):
                delays.enter(account, address)
    for account, address in (("ann", "somewhere new"), ("somebody new", "office")):
        with pytest.raises(TooMany):
            delays.enter(account, address)
    delays.enter("ann", "office")
    delays.clear("ann", "office")
    for _ in range(2):  # but a guesser in the office, at her very account, waits as well
        delays.enter("ann", "office")
    with pytest.raises(TooMany):
        delays.enter("ann", "office")


async def test_a_right_password_ends_the_wait_but_is_not_heard_during_it(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await domain.sessions.sign_in(ANN.email, "wrong", "1.1.1.1", "")
    with pytest.raises(TooMany):
        await domain.sessions.sign_in(ANN.email, PASSWORD, "1.1.1.1", "")
    clock.advance(2)
    await domain.sessions.sign_in(ANN.email, PASSWORD, "1.1.1.1", "")
    with pytest.raises(Unauthenticated):
        await domain.sessions.sign_in(ANN.email, "wrong", "1.1.1.1", "")


async def test_what_is_remembered_of_failures_is_bounded(clock: ManualClock) -> None:
    delays = Delays(clock, Limits(sign_in_failures_kept=10))
    for number in range(100):
        delays.enter(f"{number}", f"{number}")
        delays.clear(f"{number}", f"{number}")
        delays.enter(f"{number}", f"x{number}")
    assert len(delays._failures) == len(delays._known) == 10


async def test_sessions_end_by_idleness_and_by_age(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    idle = await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
    used = await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
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
    signed = await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
    clock.advance(3 * DAY)
    await domain.sessions.principal(signed.secret)
    rows = await domain.database.read("SELECT seen_at FROM sessions")
    assert rows == [(clock.now_ms(),)]


async def test_the_sweep_removes_what_is_over(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
    await domain.sessions.sweep()
    assert len(await domain.database.read("SELECT id FROM sessions")) == 1
    clock.advance(7 * DAY)
    await domain.sessions.sweep()
    assert await domain.database.read("SELECT id FROM sessions") == []


async def test_signing_out_ends_this_session_only(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    one = await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
    other = await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
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
    signed = await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
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
    signed = await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
    assert await domain.sessions.principal(signed.secret) is not None
    clock.advance(domain.settings.limits.session_seen_minutes * 60)
    _, principal = await asyncio.gather(
        domain.agents.change(SYSTEM, colleague.id, AgentChange(disabled=True)),
        domain.sessions.principal(signed.secret),
    )
    assert principal is None


async def test_who_is_signed_in_reads_on_while_nothing_can_be_written(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    signed = await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
    first = await domain.sessions.principal(signed.secret)
    clock.advance(domain.settings.limits.session_seen_minutes * 60)
    database = domain.database
    database._writer._fail(Unavailable("disk_full", "Full.", "已满。", retry_after_ms=1))
    with pytest.raises(Unavailable):
        await domain.sessions.sweep()
    assert await domain.sessions.principal(signed.secret) is first


async def test_demo_links_are_good_while_the_process_runs(domain: Domain) -> None:
    colleague = await domain.agents.create(SYSTEM, ANN)
    token = domain.sessions.demo_token(colleague.id)
    for _ in range(2):
        assert (await domain.sessions.sign_in_demo(token, "127.0.0.1", "")).agent == colleague
    with pytest.raises(Unauthenticated):
        await domain.sessions.sign_in_demo("0" * 32, "127.0.0.1", "")
    await domain.agents.change(SYSTEM, colleague.id, AgentChange(disabled=True))
    with pytest.raises(NotFound):
        await domain.sessions.sign_in_demo(token, "127.0.0.1", "")


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


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 201,
        "aaaaaaaaaaaa",
        "123456789012",
        "abcdefghijkl",
        "Password2024!",
        "qwertyuiop12",
        "adminadmin12",
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    passwords = Passwords(Limits())
    with pytest.raises(Invalid):
        passwords.demand_acceptable(password)
    passwords.demand_acceptable(PASSWORD)
    passwords.close()


async def test_hashes_are_argon2id_with_the_set_cost() -> None:
    passwords = Passwords(Limits())
    hashed = await passwords.hash(PASSWORD)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(hashed, PASSWORD)
    assert not await passwords.verify(hashed, PASSWORD + "x")
    assert not await passwords.verify("broken", PASSWORD)
    passwords.close()


async def test_only_so_many_wait_for_a_hash() -> None:
    passwords = Passwords(Limits(passwords_waiting_max=3))
    results = await asyncio.gather(*(passwords.verify(None, PASSWORD) for _ in range(5)), return_exceptions=True)
    assert [type(result) for result in results].count(Unavailable) == 2
    assert not await passwords.verify(None, PASSWORD)
    passwords.close()


async def test_the_first_owner_comes_by_a_link_that_works_once(domain: Domain) -> None:
    assert await domain.setup.needed()
    old, token = await domain.setup.link(), await domain.setup.link()
    for wrong in (old, "0" * 32):
        with pytest.raises(Invalid):
            await domain.setup.by_link(wrong, OWNER, "", "")
    signed = await domain.setup.by_link(token, OWNER, "127.0.0.1", "")
    assert (signed.agent.role, signed.agent.language) == ("owner", "zh")
    assert await domain.sessions.principal(signed.secret) is not None
    assert [inbox.name for inbox in domain.inboxes.listing(SYSTEM)] == ["山岚"]
    assert not await domain.setup.needed()
    with pytest.raises(Invalid):
        await domain.setup.by_link(token, OWNER, "", "")
    with pytest.raises(Conflict):
        await domain.setup.link()


async def test_a_link_ends_after_its_time(domain: Domain, clock: ManualClock) -> None:
    token = await domain.setup.link()
    clock.advance(domain.settings.limits.setup_link_minutes * 60)
    with pytest.raises(Invalid):
        await domain.setup.by_link(token, OWNER, "", "")


async def test_an_unacceptable_password_does_not_use_up_the_link(domain: Domain) -> None:
    token = await domain.setup.link()
    with pytest.raises(Invalid):
        await domain.setup.by_link(token, replace(OWNER, password="short"), "", "")
    await domain.setup.by_link(token, OWNER, "", "")


async def test_a_link_from_before_the_owner_does_not_outlive_his_coming(domain: Domain) -> None:
    token = await domain.setup.link()
    await domain.setup.by_command(OWNER, reset=False)
    with pytest.raises(Invalid):
        await domain.setup.by_link(token, replace(OWNER, email="eve@example.com"), "", "")


async def test_reset_gives_an_existing_account_a_new_password_and_ends_its_sessions(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    await domain.setup.by_command(OWNER, reset=False)
    signed = await domain.sessions.sign_in(ANN.email, PASSWORD, "", "")
    again = replace(OWNER, email=ANN.email, password="another one of these")
    with pytest.raises(Conflict):
        await domain.setup.by_command(again, reset=False)
    owner = await domain.setup.by_command(again, reset=True)
    assert (owner.id, owner.role) == (signed.agent.id, "owner")
    assert await domain.sessions.principal(signed.secret) is None
    token = await domain.setup.link(reset=True)
    await domain.setup.by_link(token, replace(OWNER, password="yet another of these"), "", "")
    await domain.sessions.sign_in(OWNER.email, "yet another of these", "", "")
