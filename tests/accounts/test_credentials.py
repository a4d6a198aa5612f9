"""One's own password and second step; and a colleague's second step switched off."""

import asyncio
import base64

import pytest

from app.accounts.agents import NewAgent
from app.accounts.authentication import Caller, Challenge
from app.accounts.credentials import SecondStep
from app.accounts.sessions import SignedIn
from app.model.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from app.model.ids import digest
from app.model.principals import Agent
from tests.accounts.ann import ANN, code, principal_of, signed_in, with_second_step
from tests.clock import ManualClock
from tests.domain import PASSWORD, SYSTEM, Domain

NEW_PASSWORD = "something else 12"


@pytest.fixture
async def ann(domain: Domain) -> Agent:
    await domain.agents.create(SYSTEM, ANN)
    return await principal_of(domain, await signed_in(domain))


async def test_a_new_password_needs_the_present_one_and_an_acceptable_one(domain: Domain, ann: Agent) -> None:
    for old, new in (("", NEW_PASSWORD), ("wrong", NEW_PASSWORD), (PASSWORD, "short"), (PASSWORD, "Password1234!")):
        with pytest.raises(Invalid):
            await domain.credentials.change_password(ann, old, new)
    await signed_in(domain)


async def test_a_new_password_ends_all_other_sessions_and_renews_this_one(domain: Domain, ann: Agent) -> None:
    other = await signed_in(domain)
    renewed = await domain.credentials.change_password(ann, PASSWORD, NEW_PASSWORD)
    assert await domain.sessions.principal(other.secret) is None
    assert (await principal_of(domain, renewed)).session_id != ann.session_id
    with pytest.raises(Unauthenticated):
        await domain.authentication.by_password(ANN.email, PASSWORD, Caller())
    await signed_in(domain, password=NEW_PASSWORD)


async def test_a_draft_has_no_effect_until_its_first_code(domain: Domain, ann: Agent) -> None:
    draft = await domain.credentials.draft(ann, PASSWORD)
    assert len(base64.b32decode(draft.secret)) == 20
    assert draft.secret in draft.link and "ann%40example.com" in draft.link
    assert await domain.credentials.second_step(ann) == SecondStep(on=False)
    assert isinstance(await domain.authentication.by_password(ANN.email, PASSWORD, Caller()), SignedIn)
    for wrong in ("000000", "", "null", code(domain, draft.secret, 5)):
        with pytest.raises(Invalid, match="code_wrong"):
            await domain.credentials.confirm(ann, wrong)
    await domain.credentials.confirm(ann, code(domain, draft.secret))
    assert isinstance(await domain.authentication.by_password(ANN.email, PASSWORD, Caller()), Challenge)


async def test_the_picture_holds_the_link(domain: Domain, ann: Agent) -> None:
    """Three finder patterns at its corners, as a reader looks for them; a journey reads what it says."""
    picture = (await domain.credentials.draft(ann, PASSWORD)).picture
    size = len(picture)
    assert {len(row) for row in picture} == {size} and set("".join(picture)) == {"0", "1"}
    finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        assert [row[left : left + 7] for row in picture[top : top + 7]] == finder


async def test_it_needs_the_password_and_a_draft_of_this_very_session(domain: Domain, ann: Agent) -> None:
    other = await principal_of(domain, await signed_in(domain))
    with pytest.raises(Invalid, match="password_wrong"):
        await domain.credentials.draft(ann, "wrong")
    draft = await domain.credentials.draft(ann, PASSWORD)
    with pytest.raises(Invalid, match="two_step_over"):
        await domain.credentials.confirm(other, code(domain, draft.secret))
    later = await domain.credentials.draft(ann, PASSWORD)
    with pytest.raises(Invalid, match="code_wrong"):
        await domain.credentials.confirm(ann, code(domain, draft.secret))
    await domain.credentials.confirm(ann, code(domain, later.secret))


async def test_switching_it_on_ends_all_other_sessions_and_renews_this_one(
    domain: Domain, ann: Agent, clock: ManualClock
) -> None:
    other = await signed_in(domain)
    at = clock.now_ms()
    _, codes, renewed = await with_second_step(domain, ann)
    assert await domain.sessions.principal(other.secret) is None
    now = await principal_of(domain, renewed)
    assert now.session_id != ann.session_id
    assert await domain.credentials.second_step(now) == SecondStep(True, at, 10)
    assert len(set(codes)) == 10 and all(len(each) == 19 for each in codes)
    with pytest.raises(Conflict, match="two_step_on"):
        await domain.credentials.draft(now, PASSWORD)


async def test_the_code_that_switched_it_on_is_used_up(domain: Domain, ann: Agent) -> None:
    draft = await domain.credentials.draft(ann, PASSWORD)
    first = code(domain, draft.secret)
    await domain.credentials.confirm(ann, first)
    challenge = await domain.authentication.by_password(ANN.email, PASSWORD, Caller())
    assert isinstance(challenge, Challenge)
    with pytest.raises(Unauthenticated, match="code_wrong"):
        await domain.authentication.by_code(challenge.token, first, Caller())


async def test_recovery_codes_are_hashed_at_rest(domain: Domain, ann: Agent) -> None:
    _, codes, _ = await with_second_step(domain, ann)
    rows = await domain.database.read("SELECT digest FROM recovery_codes")
    assert {row[0] for row in rows} == {digest(each.replace("-", "")) for each in codes}


async def test_new_recovery_codes_end_the_old(domain: Domain, ann: Agent) -> None:
    _, old, signed = await with_second_step(domain, ann)
    ann = await principal_of(domain, signed)
    with pytest.raises(Invalid, match="password_wrong"):
        await domain.credentials.renew_codes(ann, "wrong")
    new = await domain.credentials.renew_codes(ann, PASSWORD)
    assert not set(old) & set(new)
    challenge = await domain.authentication.by_password(ANN.email, PASSWORD, Caller())
    assert isinstance(challenge, Challenge)
    with pytest.raises(Unauthenticated, match="code_wrong"):
        await domain.authentication.by_code(challenge.token, old[0], Caller())
    await domain.authentication.by_code(challenge.token, new[0], Caller())


async def test_switching_it_off_needs_the_password_and_renews_the_session(domain: Domain, ann: Agent) -> None:
    _, _, signed = await with_second_step(domain, ann)
    ann = await principal_of(domain, signed)
    with pytest.raises(Invalid, match="password_wrong"):
        await domain.credentials.switch_off(ann, "wrong")
    renewed = await principal_of(domain, await domain.credentials.switch_off(ann, PASSWORD))
    assert renewed.session_id != ann.session_id
    await signed_in(domain)
    assert await domain.database.read("SELECT 1 FROM recovery_codes") == []
    for refused in (
        domain.credentials.switch_off(renewed, PASSWORD),
        domain.credentials.renew_codes(renewed, PASSWORD),
    ):
        with pytest.raises(Conflict, match="two_step_off"):
            await refused


async def test_an_administrator_switches_it_off_for_a_colleague_whose_sessions_end(
    domain: Domain, ann: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    _, _, signed = await with_second_step(domain, ann)
    admin = await domain.agent("Ada", "admin")
    assert await domain.credentials.who_has_second_step(admin) == (ann.agent_id,)
    await domain.credentials.reset(admin, ann.agent_id)
    assert await domain.sessions.principal(signed.secret) is None
    assert await domain.credentials.who_has_second_step(admin) == ()
    await signed_in(domain)
    (line,) = [vars(record) for record in caplog.records if "colleague" in record.message]
    assert (line["agent"], line["by"]) == (ann.agent_id, admin.agent_id)
    with pytest.raises(Conflict, match="two_step_off"):
        await domain.credentials.reset(admin, ann.agent_id)


async def test_nobody_else_switches_it_off(domain: Domain, ann: Agent) -> None:
    """Not an agent, not an administrator an owner's, and nobody his own without the password."""
    _, _, signed = await with_second_step(domain, ann)
    ann = await principal_of(domain, signed)
    boss = NewAgent("Boss", "boss@example.com", "owner", PASSWORD)
    await domain.agents.create(SYSTEM, boss)
    owner = await principal_of(domain, await signed_in(domain, boss.email))
    _, _, signed = await with_second_step(domain, owner)
    owner = await principal_of(domain, signed)
    admin = await domain.agent("Ada", "admin")
    for who, whose, refusal in (
        (ann, owner, Forbidden), (admin, owner, Forbidden), (owner, owner, Conflict),
    ):  # fmt: skip
        with pytest.raises(refusal):
            await domain.credentials.reset(who, whose.agent_id)
    with pytest.raises(NotFound):
        await domain.credentials.reset(admin, "x")
    assert await domain.credentials.who_has_second_step(ann) == ()
    assert set(await domain.credentials.who_has_second_step(owner)) == {ann.agent_id, owner.agent_id}


@pytest.mark.parametrize("what", ["draft", "renew_codes"])
async def test_who_is_signed_out_while_his_password_is_checked_gets_nothing(
    domain: Domain, ann: Agent, what: str
) -> None:
    """The sign-out stands in the writer's queue before the password is even hashed, so it always comes first."""
    if what == "renew_codes":
        ann = await principal_of(domain, (await with_second_step(domain, ann))[2])
    asked = asyncio.create_task(getattr(domain.credentials, what)(ann, PASSWORD))
    await asyncio.sleep(0)
    await domain.sessions.sign_out(ann)
    with pytest.raises(Unauthenticated):
        await asked
    if what == "draft":
        again = await principal_of(domain, await signed_in(domain))
        assert (await domain.credentials.draft(again, PASSWORD)).secret
