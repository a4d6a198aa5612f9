"""The first owner, and a way back in for one who lost his password or his phone."""

import pytest
from msgspec.structs import replace

from app.accounts.credentials import SecondStep
from app.accounts.setup import Owner
from app.model.errors import Conflict, Invalid
from tests.accounts.ann import ANN, principal_of, signed_in, with_second_step
from tests.clock import ManualClock
from tests.domain import PASSWORD, SYSTEM, Domain

OWNER = Owner("Boss", "boss@example.com", PASSWORD, "zh", "山岚")


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
    signed = await signed_in(domain)
    again = replace(OWNER, email=ANN.email, password="another one of these")
    with pytest.raises(Conflict):
        await domain.setup.by_command(again, reset=False)
    owner = await domain.setup.by_command(again, reset=True)
    assert (owner.id, owner.role) == (signed.agent.id, "owner")
    assert await domain.sessions.principal(signed.secret) is None
    token = await domain.setup.link(reset=True)
    await domain.setup.by_link(token, replace(OWNER, password="yet another of these"), "", "")
    await signed_in(domain, OWNER.email, "yet another of these")


@pytest.mark.parametrize("way", ["command", "link"])
async def test_reset_lets_an_owner_in_who_lost_his_phone(domain: Domain, way: str) -> None:
    await domain.setup.by_command(OWNER, reset=False)
    await with_second_step(domain, await principal_of(domain, await signed_in(domain, OWNER.email)))
    if way == "command":
        await domain.setup.by_command(OWNER, reset=True)
    else:
        await domain.setup.by_link(await domain.setup.link(reset=True), OWNER, "", "")
    owner = await principal_of(domain, await signed_in(domain, OWNER.email))
    assert await domain.credentials.second_step(owner) == SecondStep(on=False)
    assert await domain.database.read("SELECT 1 FROM recovery_codes") == []
