"""Links by which a password is set: good once, for a while, for one; and nobody learns who has an account."""

from collections.abc import Awaitable, Callable

import pytest

from app.accounts.access_links import AccessLinks
from app.accounts.agents import AgentChange, NewAgent
from app.accounts.authentication import Challenge
from app.model.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from app.model.ids import digest
from app.model.mail import Forgotten, Invitation
from tests.accounts.ann import ANN, SOMEWHERE, principal_of, signed_in, with_second_step
from tests.domain import SYSTEM, Domain

NEW = "three other words now"
_HOUR = 3_600


@pytest.fixture
def links(domain: Domain) -> AccessLinks:
    return AccessLinks(domain.database, domain.ids, domain.clock, domain.passwords, domain.settings.limits)


async def test_an_invited_colleague_sets_his_own_password(domain: Domain, links: AccessLinks) -> None:
    ann = await domain.agents.create(SYSTEM, NewAgent("Ann", "ann@example.com", "agent"))
    with pytest.raises(Unauthenticated):
        await signed_in(domain, password="")
    link = await links.show(SYSTEM, ann.id)
    assert (link.purpose, link.expires_at - domain.clock.now_ms()) == ("invitation", 72 * _HOUR * 1_000)

    assert (await links.use(link.token, NEW, "")).email == "ann@example.com"
    assert (await signed_in(domain, password=NEW)).agent.id == ann.id


async def test_a_link_is_good_once_and_for_an_hour(domain: Domain, links: AccessLinks) -> None:
    ann = await domain.agents.create(SYSTEM, ANN)
    link = await links.show(SYSTEM, ann.id)
    other = await links.show(SYSTEM, ann.id)
    await links.use(link.token, NEW, "")
    for token in (link.token, other.token, "0" * 32, ""):
        with pytest.raises(Invalid, match="access_link_over"):
            await links.use(token, NEW, "")

    late = await links.show(SYSTEM, ann.id)
    domain.clock.advance(_HOUR)
    with pytest.raises(Invalid, match="access_link_over"):
        await links.use(late.token, NEW, "")


async def test_a_new_password_ends_the_sessions_and_leaves_the_second_step(domain: Domain, links: AccessLinks) -> None:
    await domain.agents.create(SYSTEM, ANN)
    principal = await principal_of(domain, await signed_in(domain))
    _, _, signed = await with_second_step(domain, principal)
    link = await links.show(SYSTEM, principal.agent_id)
    await links.use(link.token, NEW, "")

    assert await domain.sessions.principal(signed.secret) is None
    assert isinstance(await domain.authentication.by_password(ANN.email, NEW, SOMEWHERE), Challenge)


async def test_a_bad_password_does_not_use_it_up(domain: Domain, links: AccessLinks) -> None:
    ann = await domain.agents.create(SYSTEM, ANN)
    link = await links.show(SYSTEM, ann.id)
    with pytest.raises(Invalid, match="password_length"):
        await links.use(link.token, "short", "")
    await links.use(link.token, NEW, "")


async def test_only_its_digest_is_kept(domain: Domain, links: AccessLinks) -> None:
    ann = await domain.agents.create(SYSTEM, ANN)
    link = await links.show(SYSTEM, ann.id)
    rows = await domain.database.read("SELECT digest FROM access_links")
    assert rows == [(digest(link.token),)]
    domain.clock.advance(_HOUR)
    await links.sweep()
    assert await domain.database.read("SELECT digest FROM access_links") == []


async def test_who_asks_for_whom(domain: Domain, links: AccessLinks) -> None:
    owner, admin, agent = (
        await domain.agent("Olga", "owner"),
        await domain.agent("Ada", "admin"),
        await domain.agent("Al"),
    )
    with pytest.raises(Forbidden):
        await links.show(agent, admin.agent_id)
    with pytest.raises(Forbidden, match="owner_only"):
        await links.mail(admin, owner.agent_id)
    with pytest.raises(Conflict, match="password_own"):
        await links.show(admin, admin.agent_id)
    with pytest.raises(NotFound):
        await links.show(admin, "0" * 26)
    await domain.agents.change(owner, agent.agent_id, AgentChange(disabled=True))
    with pytest.raises(Conflict, match="agent_disabled"):
        await links.show(admin, agent.agent_id)


async def test_a_forgotten_password_tells_nobody_who_is_here(domain: Domain, links: AccessLinks) -> None:
    ann = await domain.agents.create(SYSTEM, ANN)
    for email in (" Ann@Example.com ", "nobody@example.com"):
        await links.forgotten(email, "")
    rows = await domain.database.read("SELECT payload FROM outbox ORDER BY number")
    assert len(rows) == 2

    found = await links.for_letter(Forgotten("ann@example.com"))
    assert found is not None and found[0].id == ann.id and found[1].purpose == "password"
    assert await links.for_letter(Forgotten("nobody@example.com")) is None
    await domain.agents.change(SYSTEM, ann.id, AgentChange(disabled=True))
    assert await links.for_letter(Invitation(ann.id, "password")) is None
    with pytest.raises(Invalid, match="access_link_over"):
        await links.use(found[1].token, NEW, "")


async def test_who_asks_too_often_waits(domain: Domain, links: AccessLinks) -> None:
    with pytest.raises(TooMany):
        await _many(lambda: links.forgotten("ann@example.com", "192.0.2.1"))


async def _many(asked: Callable[[], Awaitable[None]]) -> None:
    for _ in range(20):
        await asked()
