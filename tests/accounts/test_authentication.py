"""Signing in: by password, by a second step, by a demo's link; and what a stranger can learn from refusals."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from app.accounts.agents import AgentChange, NewAgent
from app.accounts.authentication import Caller, Challenge
from app.accounts.sessions import SignedIn
from app.model.errors import Invalid, NotFound, TooMany, Unauthenticated, Unavailable
from app.model.ids import digest
from app.settings import Limits, Settings
from tests.accounts.ann import ANN, challenged, code, principal_of, signed_in, with_second_step
from tests.clock import ManualClock
from tests.domain import PASSWORD, SYSTEM, Domain

HERE = Caller("192.0.2.1", "Firefox")


def refused_with(caught: pytest.ExceptionInfo[Unauthenticated]) -> tuple[str, str, str]:
    return caught.value.code, caught.value.en, caught.value.zh


async def wrong(domain: Domain, email: str = ANN.email, caller: Caller = HERE) -> None:
    with pytest.raises(Unauthenticated, match="sign_in_refused"):
        await domain.authentication.by_password(email, "wrong", caller)


async def test_e_mail_and_password_make_a_session(domain: Domain) -> None:
    colleague = await domain.agents.create(SYSTEM, ANN)
    signed = await signed_in(domain, " ANN@example.com", caller=HERE)
    assert signed.agent == colleague
    (listed,) = await domain.sessions.listing(await principal_of(domain, signed))
    assert (listed.address, listed.user_agent) == ("192.0.2.1", "Firefox")


async def test_every_refusal_reads_the_same(domain: Domain) -> None:
    colleague = await domain.agents.create(SYSTEM, ANN)
    await domain.agents.change(SYSTEM, colleague.id, AgentChange(disabled=True))
    await domain.agents.create(SYSTEM, NewAgent("Ben", "ben@example.com", "agent", PASSWORD))
    texts = set()
    for email, password in ((ANN.email, PASSWORD), ("ben@example.com", "wrong"), ("nobody@example.com", PASSWORD)):
        with pytest.raises(Unauthenticated) as refused:
            await domain.authentication.by_password(email, password, Caller(email))
        texts.add(refused_with(refused))
    assert len(texts) == 1


async def test_waits_read_the_same_whether_or_not_there_is_an_account(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    told = []
    for email in (ANN.email, "nobody@example.com"):
        for _ in range(domain.settings.limits.sign_in_tries_before_delay):
            await wrong(domain, email)
        with pytest.raises(TooMany) as refused:
            await domain.authentication.by_password(email, PASSWORD, HERE)
        told.append((refused.value.code, refused.value.en, refused.value.retry_after_ms))
    assert told[0] == told[1]


async def test_an_unknown_account_costs_the_same_reads_and_the_same_hash(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes time, counted: nothing else may differ between an account that exists and one that does not."""
    await domain.agents.create(SYSTEM, ANN)
    done: list[str] = []
    verify, read = domain.passwords._matches, domain.database.read

    def verified(hashed: str | None, password: str) -> bool:
        done.append("hash")
        return verify(hashed, password)

    async def asked(sql: str, parameters: dict[str, str]) -> object:
        done.append(sql)
        return await read(sql, parameters)

    monkeypatch.setattr(domain.passwords, "_matches", verified)
    monkeypatch.setattr(domain.database, "read", asked)
    for caller in (HERE, replace(HERE, browser="f" * 32)):
        costs = []
        for email in (ANN.email, "nobody@example.com"):
            done.clear()
            await wrong(domain, email, caller)
            costs.append(tuple(done))
        assert costs[0] == costs[1] and "hash" in costs[0]


async def test_a_right_password_is_not_heard_while_one_must_wait_and_ends_the_wait(
    domain: Domain, clock: ManualClock
) -> None:
    await domain.agents.create(SYSTEM, ANN)
    for _ in range(domain.settings.limits.sign_in_tries_before_delay):
        await wrong(domain)
    with pytest.raises(TooMany):
        await domain.authentication.by_password(ANN.email, PASSWORD, HERE)
    clock.advance(domain.settings.limits.sign_in_delay_seconds_min)
    await signed_in(domain, caller=HERE)
    for _ in range(domain.settings.limits.sign_in_tries_before_delay):
        await wrong(domain)


async def test_many_guesses_at_once_do_not_slip_past_the_count(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    asked = (domain.authentication.by_password(ANN.email, "wrong", HERE) for _ in range(40))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    let_in = [outcome for outcome in outcomes if isinstance(outcome, Unauthenticated)]
    assert len(let_in) == domain.settings.limits.sign_in_tries_before_delay


async def test_an_owner_signs_in_where_he_is_known_while_the_world_guesses(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    signed = await signed_in(domain, caller=HERE)
    for number in range(domain.settings.limits.sign_in_account_tries_burst):
        await wrong(domain, caller=Caller(f"10.0.0.{number}"))
    for stranger in (Caller("198.51.100.1"), Caller("198.51.100.1", browser="0" * 32), HERE):
        with pytest.raises(TooMany):
            await domain.authentication.by_password(ANN.email, PASSWORD, stranger)
    again = await signed_in(domain, caller=replace(HERE, address="203.0.113.9", browser=signed.browser))
    assert again.browser == signed.browser


async def test_a_browser_is_known_for_those_alone_who_signed_in_by_it(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    await domain.agents.create(SYSTEM, NewAgent("Ben", "ben@example.com", "agent", PASSWORD))
    shared = (await signed_in(domain, caller=HERE)).browser
    for number in range(domain.settings.limits.sign_in_account_tries_burst):
        await wrong(domain, "ben@example.com", Caller(f"10.0.0.{number}"))
    with pytest.raises(TooMany):
        await domain.authentication.by_password("ben@example.com", PASSWORD, replace(HERE, browser=shared))


async def test_a_browser_shared_by_colleagues_keeps_its_one_cookie(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    await domain.agents.create(SYSTEM, NewAgent("Ben", "ben@example.com", "agent", PASSWORD))
    first = await signed_in(domain, caller=HERE)
    second = await signed_in(domain, "ben@example.com", caller=replace(HERE, browser=first.browser))
    assert second.browser == first.browser
    rows = await domain.database.read("SELECT digest FROM known_browsers")
    assert rows == [(digest(first.browser),)] * 2 and first.browser not in str(rows)


async def test_a_cookie_that_we_did_not_make_is_replaced(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    assert (await signed_in(domain, caller=replace(HERE, browser="0" * 32))).browser != "0" * 32


async def test_known_browsers_are_bounded_and_forgotten(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    limits = domain.settings.limits
    for _ in range(limits.known_browsers_per_agent_max + 3):
        clock.advance(1)
        last = await signed_in(domain, caller=HERE)
    rows = await domain.database.read("SELECT digest FROM known_browsers")
    assert len(rows) == limits.known_browsers_per_agent_max
    assert (digest(last.browser),) in rows
    clock.advance(limits.known_browser_days * 86_400)
    await domain.sessions.sweep()
    assert await domain.database.read("SELECT digest FROM known_browsers") == []


async def test_a_full_queue_counts_against_nobody(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    await domain.agents.create(SYSTEM, ANN)
    monkeypatch.setattr(domain.passwords, "_waiting_max", 0)
    for _ in range(50):
        with pytest.raises(Unavailable):
            await domain.authentication.by_password(ANN.email, PASSWORD, HERE)
    monkeypatch.undo()
    await signed_in(domain, caller=HERE)


async def test_with_a_second_step_a_password_alone_makes_no_session(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    principal = await principal_of(domain, await signed_in(domain))
    secret, _, _ = await with_second_step(domain, principal)
    before = await domain.database.read("SELECT count(*) FROM sessions")

    challenge = await domain.authentication.by_password(ANN.email, PASSWORD, HERE)
    assert isinstance(challenge, Challenge)
    assert await domain.database.read("SELECT count(*) FROM sessions") == before
    assert await domain.sessions.principal(challenge.token) is None

    signed = await domain.authentication.by_code(challenge.token, code(domain, secret), HERE)
    assert (await principal_of(domain, signed)).agent_id == principal.agent_id
    assert signed.browser
    await wrong(domain)


async def test_a_code_is_good_once_and_a_challenge_too(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    secret, _, _ = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    token = await challenged(domain)
    used = code(domain, secret)
    await domain.authentication.by_code(token, used, HERE)
    with pytest.raises(Unauthenticated, match="sign_in_over"):
        await domain.authentication.by_code(token, code(domain, secret, 1), HERE)
    again = await challenged(domain)
    with pytest.raises(Unauthenticated, match="code_wrong"):
        await domain.authentication.by_code(again, used, HERE)
    clock.advance(30)
    await domain.authentication.by_code(again, code(domain, secret), HERE)


async def test_of_two_who_use_one_code_at_once_one_gets_in(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    secret, _, _ = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    tokens = [await challenged(domain) for _ in range(2)]
    shown = code(domain, secret)
    asked = (domain.authentication.by_code(token, shown, HERE) for token in tokens)
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if not isinstance(outcome, SignedIn)] == [Unauthenticated]


async def test_of_several_right_codes_for_one_challenge_at_once_one_gets_in(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    secret, codes, _ = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    token = await challenged(domain)
    asked = (domain.authentication.by_code(token, each, HERE) for each in (*codes[:3], code(domain, secret)))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    refused = [outcome.code for outcome in outcomes if isinstance(outcome, Unauthenticated)]
    assert refused == ["sign_in_over"] * 3
    assert await domain.database.read("SELECT count(*) FROM recovery_codes") == [(9,)]


async def test_a_right_code_that_could_not_be_stored_is_good_again(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    await domain.agents.create(SYSTEM, ANN)
    _, codes, _ = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    token = await challenged(domain)

    def full(*_: object) -> None:
        raise Unavailable("disk_full", "", "")

    with monkeypatch.context() as patch:
        patch.setattr("app.storage.sessions.insert", full)
        with pytest.raises(Unavailable):
            await domain.authentication.by_code(token, codes[0], HERE)
    await domain.authentication.by_code(token, codes[0], HERE)


async def test_a_recovery_code_signs_in_once_however_it_is_typed(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    _, codes, _ = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    typed = (
        codes[0],
        codes[1].upper(),
        f" {codes[2].replace('-', ' ')} ",
        codes[3].replace("0", "O").replace("1", "l"),
    )
    for each in typed:
        await domain.authentication.by_code(await challenged(domain), each, HERE)
    with pytest.raises(Unauthenticated, match="code_wrong"):
        await domain.authentication.by_code(await challenged(domain), codes[0], HERE)
    principal = await principal_of(
        domain, await domain.authentication.by_code(await challenged(domain), codes[4], HERE)
    )
    assert (await domain.credentials.second_step(principal)).recovery_codes == 5


@pytest.mark.parametrize("typed", ["", " ", "null", "000000", "0" * 16, "0000-0000-0000-0000", "\u3000", "١٢٣٤٥٦"])
async def test_what_is_no_code_of_hers_gets_nobody_in(domain: Domain, typed: str) -> None:
    await domain.agents.create(SYSTEM, ANN)
    await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    with pytest.raises(Unauthenticated, match="code_wrong"):
        await domain.authentication.by_code(await challenged(domain), typed, HERE)


async def test_a_code_from_a_chinese_keyboard_is_understood(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    secret, _, _ = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code(domain, secret))
    await domain.authentication.by_code(await challenged(domain), f"{wide[:3]} {wide[3:]}", HERE)


async def test_codes_of_a_colleague_are_none(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    await domain.agents.create(SYSTEM, NewAgent("Ben", "ben@example.com", "agent", PASSWORD))
    await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    ben = await principal_of(domain, await signed_in(domain, "ben@example.com"))
    bens_secret, bens_codes, _ = await with_second_step(domain, ben)
    for his in (code(domain, bens_secret), bens_codes[0]):
        with pytest.raises(Unauthenticated, match="code_wrong"):
            await domain.authentication.by_code(await challenged(domain), his, HERE)


async def test_a_challenge_has_few_tries_and_little_time(domain: Domain, clock: ManualClock) -> None:
    await domain.agents.create(SYSTEM, ANN)
    secret, _, _ = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    limits = domain.settings.limits
    token = await challenged(domain)
    for number in range(limits.sign_in_code_tries):
        with pytest.raises(Unauthenticated, match="code_wrong"):
            await domain.authentication.by_code(token, "000000", Caller(f"10.0.0.{number}"))
    with pytest.raises(Unauthenticated, match="sign_in_over"):
        await domain.authentication.by_code(token, code(domain, secret), HERE)

    token = await challenged(domain)
    clock.advance(limits.sign_in_code_minutes * 60)
    with pytest.raises(Unauthenticated, match="sign_in_over"):
        await domain.authentication.by_code(token, code(domain, secret), HERE)
    with pytest.raises(Unauthenticated, match="sign_in_over"):
        await domain.authentication.by_code("f" * 32, code(domain, secret), HERE)


async def test_whoever_has_the_password_guesses_codes_no_faster_than_passwords(
    domain: Domain, clock: ManualClock
) -> None:
    await domain.agents.create(SYSTEM, ANN)
    secret, _, _ = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    known = replace(HERE, browser=(await domain.authentication.by_code(
        await challenged(domain), code(domain, secret), HERE)).browser)  # fmt: skip
    clock.advance(30)
    looked_at = 0
    for number in range(domain.settings.limits.sign_in_account_tries_burst + 3):
        guesser = Caller(f"10.0.0.{number}")
        try:
            await domain.authentication.by_code(await challenged(domain, guesser), "000000", guesser)
        except TooMany:
            continue
        except Unauthenticated:
            looked_at += 1
    assert looked_at == domain.settings.limits.sign_in_account_tries_burst
    with pytest.raises(TooMany):
        await domain.authentication.by_code(await challenged(domain), code(domain, secret), HERE)
    await domain.authentication.by_code(await challenged(domain, known), code(domain, secret), known)


async def test_not_even_by_a_browser_that_is_known(domain: Domain, clock: ManualClock) -> None:
    """A right password between the codes gives none of them back."""
    await domain.agents.create(SYSTEM, ANN)
    signed = await signed_in(domain, caller=HERE)
    await with_second_step(domain, await principal_of(domain, signed))
    thief = replace(HERE, browser=signed.browser)
    looked_at = 0
    for _ in range(30):
        token = await challenged(domain, thief)
        try:
            await domain.authentication.by_code(token, "000000", thief)
        except TooMany:
            pass
        except Unauthenticated:
            looked_at += 1
        clock.advance(120)
    assert looked_at <= 20


@pytest.mark.parametrize("settings", [Settings(limits=Limits(sign_in_challenges_max=3))], indirect=False)
async def test_challenges_are_bounded(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    secret, _, _ = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    tokens = [await challenged(domain) for _ in range(4)]
    with pytest.raises(Unauthenticated, match="sign_in_over"):
        await domain.authentication.by_code(tokens[0], code(domain, secret), HERE)
    await domain.authentication.by_code(tokens[1], code(domain, secret), HERE)


@pytest.mark.parametrize("settings", [Settings(limits=Limits(sign_in_challenges_max=3))])
async def test_whoever_knows_a_password_pushes_out_none_of_a_colleague_s_challenges(domain: Domain) -> None:
    secrets = {}
    for new in (ANN, replace(ANN, email="ben@example.com")):
        await domain.agents.create(SYSTEM, new)
        own = await principal_of(domain, await signed_in(domain, new.email))
        secrets[new.email] = (await with_second_step(domain, own))[0]
    hers = await challenged(domain)
    for _ in range(10):
        await domain.authentication.by_password("ben@example.com", PASSWORD, HERE)
    await domain.authentication.by_code(hers, code(domain, secrets[ANN.email]), HERE)


async def test_who_is_disabled_between_password_and_code_stays_out(domain: Domain) -> None:
    colleague = await domain.agents.create(SYSTEM, ANN)
    secret, _, _ = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    token = await challenged(domain)
    await domain.agents.change(SYSTEM, colleague.id, AgentChange(disabled=True))
    with pytest.raises(NotFound):
        await domain.authentication.by_code(token, code(domain, secret), HERE)


async def let_in_after(
    domain: Domain, monkeypatch: pytest.MonkeyPatch, change: Callable[[], Awaitable[object]]
) -> None:
    """Sign in with Ann's password, and carry out a `change` while it is being looked at."""
    verify = domain.passwords.verify

    async def slow(hashed: str | None, password: str, *, reserved: bool = False) -> bool:
        right = await verify(hashed, password, reserved=reserved)
        with monkeypatch.context() as patch:
            patch.setattr(domain.passwords, "verify", verify)
            await change()
        return right

    monkeypatch.setattr(domain.passwords, "verify", slow)
    await domain.authentication.by_password(ANN.email, PASSWORD, HERE)


async def test_a_password_that_is_changed_while_it_is_looked_at_lets_nobody_in(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    await domain.agents.create(SYSTEM, ANN)
    ann = await principal_of(domain, await signed_in(domain))
    with pytest.raises(Unauthenticated, match="sign_in_refused"):
        await let_in_after(
            domain, monkeypatch, lambda: domain.credentials.change_password(ann, PASSWORD, "another good one 7")
        )
    assert await domain.database.read("SELECT count(*) FROM sessions") == [(1,)]


async def test_who_switches_the_second_step_on_shuts_out_those_who_are_just_signing_in(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    await domain.agents.create(SYSTEM, ANN)
    ann = await principal_of(domain, await signed_in(domain))
    with pytest.raises(Unauthenticated, match="sign_in_refused"):
        await let_in_after(domain, monkeypatch, lambda: with_second_step(domain, ann))
    assert await domain.database.read("SELECT count(*) FROM sessions") == [(1,)]


async def test_a_challenge_ends_with_the_password_that_it_stands_for(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    secret, codes, signed = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    token = await challenged(domain)
    await domain.credentials.change_password(await principal_of(domain, signed), PASSWORD, "another good one 7")
    for each in (code(domain, secret), codes[0]):
        with pytest.raises(Unauthenticated, match="sign_in_over"):
            await domain.authentication.by_code(token, each, HERE)
    assert await domain.database.read("SELECT count(*) FROM sessions") == [(1,)]
    assert await domain.database.read("SELECT count(*) FROM recovery_codes") == [(10,)]


async def test_who_came_and_who_was_refused_is_logged_and_no_secret_ever(
    domain: Domain, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "monodesk")  # others' libraries are silent below WARNING (telemetry.log)
    colleague = await domain.agents.create(SYSTEM, ANN)
    secret, codes, signed = await with_second_step(domain, await principal_of(domain, await signed_in(domain)))
    await wrong(domain)
    await wrong(domain, "typed.my.password@here")
    token = await challenged(domain)
    shown = code(domain, secret)
    with pytest.raises(Unauthenticated):
        await domain.authentication.by_code(token, "000000", HERE)
    await domain.authentication.by_code(token, shown, HERE)
    facts = [vars(record) for record in caplog.records]
    told = [(fact["message"], fact["agent"]) for fact in facts if fact.get("address") == HERE.address]
    assert told == [
        ("a sign-in was refused", colleague.id),
        ("a sign-in was refused", ""),
        ("a wrong code", colleague.id),
        ("signed in", colleague.id),
    ]
    for hidden in (secret, *codes, signed.secret, token, shown, "000000", PASSWORD, "typed.my.password"):
        assert hidden not in str(facts)


async def test_who_is_signed_in_proves_himself_and_guesses_no_faster_than_others(
    domain: Domain, clock: ManualClock
) -> None:
    await domain.agents.create(SYSTEM, ANN)
    principal, other = [await principal_of(domain, await signed_in(domain)) for _ in range(2)]
    await domain.authentication.prove(principal, PASSWORD)
    for _ in range(domain.settings.limits.sign_in_tries_before_delay):
        with pytest.raises(Invalid, match="password_wrong"):
            await domain.authentication.prove(principal, "wrong")
    with pytest.raises(TooMany):
        await domain.authentication.prove(principal, PASSWORD)
    await domain.authentication.prove(other, PASSWORD)
    clock.advance(domain.settings.limits.sign_in_delay_seconds_min)
    await domain.authentication.prove(principal, PASSWORD)


async def test_who_has_no_password_is_told_so_and_not_that_it_is_wrong(domain: Domain) -> None:
    """As the demo's agents, who come by a link."""
    await domain.agents.create(SYSTEM, ANN)
    principal = await principal_of(domain, await signed_in(domain))
    await domain.database.write(lambda tx: tx.execute("UPDATE agents SET password = ''"))
    for _ in range(domain.settings.limits.sign_in_tries_before_delay + 1):
        with pytest.raises(Invalid, match="password_none"):
            await domain.authentication.prove(principal, PASSWORD)


async def test_demo_links_are_good_while_the_process_runs(domain: Domain) -> None:
    colleague = await domain.agents.create(SYSTEM, ANN)
    token = domain.authentication.demo_token(colleague.id)
    for _ in range(2):
        assert (await domain.authentication.by_demo_link(token, HERE)).agent == colleague
    with pytest.raises(Unauthenticated):
        await domain.authentication.by_demo_link("0" * 32, HERE)
    await domain.agents.change(SYSTEM, colleague.id, AgentChange(disabled=True))
    with pytest.raises(NotFound):
        await domain.authentication.by_demo_link(token, HERE)
