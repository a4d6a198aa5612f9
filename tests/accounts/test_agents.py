"""Agents, teams and inboxes: who may make them, and what a change does."""

import asyncio

import pytest
from msgspec.structs import replace

from app.accounts.agents import AgentChange, NewAgent, NewTeam, ProfileChange
from app.accounts.inboxes import InboxChange, Inboxes, NewInbox
from app.accounts.policy import demand
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.events import AgentChanged, Event, SessionsRevoked
from app.model.people import Availability
from app.model.principals import Agent
from tests.accounts.ann import ANN, principal_of, signed_in
from tests.domain import PASSWORD, SYSTEM, Domain


async def _signed_in(domain: Domain, new: NewAgent = ANN) -> Agent:
    await domain.agents.create(SYSTEM, new)
    return await principal_of(domain, await signed_in(domain, new.email, new.password))


async def test_a_new_agent_is_announced_and_can_sign_in(domain: Domain) -> None:
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    colleague = await domain.agents.create(SYSTEM, replace(ANN, email="Ann@Example.com "))
    assert colleague.email == "ann@example.com"
    assert heard == [AgentChanged(colleague)]
    assert domain.agents.names[colleague.id] == "Ann"
    assert (await signed_in(domain, "ann@example.com")).agent == colleague


@pytest.mark.parametrize(
    "new",
    [
        NewAgent("", "a@example.com", "agent", PASSWORD),
        NewAgent("x" * 81, "a@example.com", "agent", PASSWORD),
        NewAgent("Ann", "no address", "agent", PASSWORD),
        NewAgent("Ann", "a@example.com", "king", PASSWORD),
        NewAgent("Ann", "a@example.com", "agent", "short"),
        NewAgent("Ann", "a@example.com", "agent", "Password1234!"),
        NewAgent("Ann", "a@example.com", "agent", PASSWORD, ("no such team",)),
    ],
)
async def test_malformed_agents_are_refused(domain: Domain, new: NewAgent) -> None:
    with pytest.raises(Invalid):
        await domain.agents.create(SYSTEM, new)
    assert await domain.agents.listing(SYSTEM) == []


async def test_an_email_address_belongs_to_one(domain: Domain) -> None:
    await domain.agents.create(SYSTEM, ANN)
    other = await domain.agents.create(SYSTEM, NewAgent("Ben", "ben@example.com", "agent", PASSWORD))
    with pytest.raises(Conflict):
        await domain.agents.create(SYSTEM, NewAgent("Ann", "ANN@example.com", "agent", PASSWORD))
    with pytest.raises(Conflict):
        await domain.agents.change(SYSTEM, other.id, AgentChange(email="ann@example.com"))


async def test_only_administrators_manage(domain: Domain) -> None:
    agent = await domain.agent("Ann")
    for refused in (
        domain.agents.create(agent, ANN),
        domain.agents.change(agent, agent.agent_id, AgentChange(role="owner")),
        domain.agents.create_team(agent, NewTeam("Sales")),
        domain.inboxes.create(agent, NewInbox("Shop")),
    ):
        with pytest.raises(Forbidden):
            await refused
    assert len(await domain.agents.listing(agent)) == 1


async def test_only_an_owner_makes_or_touches_an_owner(domain: Domain) -> None:
    owner, admin = await domain.agent("Boss", "owner"), await domain.agent("Ada", "admin")
    for refused in (
        domain.agents.create(admin, NewAgent("Ann", "ann@example.com", "owner", PASSWORD)),
        domain.agents.change(admin, admin.agent_id, AgentChange(role="owner")),
        domain.agents.change(admin, owner.agent_id, AgentChange(password=PASSWORD)),
    ):
        with pytest.raises(Forbidden):
            await refused
    await domain.agents.change(owner, admin.agent_id, AgentChange(role="owner"))


async def test_the_last_owner_stays(domain: Domain) -> None:
    owner = await domain.agent("Boss", "owner")
    for change in (AgentChange(role="agent"), AgentChange(disabled=True)):
        with pytest.raises(Conflict):
            await domain.agents.change(owner, owner.agent_id, change)


@pytest.mark.parametrize(
    "change", [AgentChange(role="observer"), AgentChange(disabled=True), AgentChange(password="another one of these")]
)
async def test_changed_rights_end_the_sessions(domain: Domain, change: AgentChange) -> None:
    principal = await _signed_in(domain)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    await domain.agents.change(SYSTEM, principal.agent_id, change)
    assert SessionsRevoked((principal.session_id,)) in heard


async def test_a_changed_team_ends_the_sessions(domain: Domain) -> None:
    team = await domain.agents.create_team(SYSTEM, NewTeam("Sales"))
    principal = await _signed_in(domain)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    colleague = await domain.agents.change(SYSTEM, principal.agent_id, AgentChange(teams=(team.id,)))
    assert colleague.teams == (team.id,)
    assert SessionsRevoked((principal.session_id,)) in heard


async def test_a_changed_name_ends_nothing(domain: Domain) -> None:
    principal = await _signed_in(domain)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    colleague = await domain.agents.change(SYSTEM, principal.agent_id, AgentChange(name="Anna"))
    assert heard == [AgentChanged(colleague)]
    assert domain.agents.names[principal.agent_id] == "Anna"


async def test_a_profile_is_ones_own(domain: Domain) -> None:
    principal = await _signed_in(domain)
    change = ProfileChange("Anna", "zh", Availability.AWAY)
    colleague = await domain.agents.change_profile(principal, change)
    assert (colleague.name, colleague.language, colleague.availability) == ("Anna", "zh", Availability.AWAY)
    assert colleague == await domain.agents.find(principal.agent_id)


async def test_unknown_agents_are_not_there(domain: Domain) -> None:
    for refused in (domain.agents.find("x"), domain.agents.change(SYSTEM, "x", AgentChange(name="Ann"))):
        with pytest.raises(NotFound):
            await refused


async def test_a_team_has_a_name_of_its_own(domain: Domain) -> None:
    team = await domain.agents.create_team(SYSTEM, NewTeam("Sales"))
    assert await domain.agents.teams(SYSTEM) == [team]
    with pytest.raises(Conflict):
        await domain.agents.create_team(SYSTEM, NewTeam(" Sales"))


async def test_two_changes_of_an_inbox_at_once_both_stay(domain: Domain) -> None:
    inbox = await domain.inboxes.create(SYSTEM, NewInbox("Shop"))
    await asyncio.gather(
        domain.inboxes.change(SYSTEM, inbox.id, InboxChange(name="The shop")),
        domain.inboxes.change(SYSTEM, inbox.id, InboxChange(color="#112233")),
    )
    fresh = Inboxes(domain.database, domain.ids, domain.clock, domain.settings.limits)
    await fresh.load()
    for held in (fresh, domain.inboxes):
        assert (held.find(inbox.id).name, held.find(inbox.id).color) == ("The shop", "#112233")


async def test_an_inbox_is_stored_and_held_in_memory(domain: Domain) -> None:
    team = await domain.agents.create_team(SYSTEM, NewTeam("Sales"))
    new = NewInbox("Shop", ("HTTPS://Shop.example:443/",), team.id, "#123abc", "Hi", "您好", preview=False)
    inbox = await domain.inboxes.create(SYSTEM, new)
    changed = await domain.inboxes.change(SYSTEM, inbox.id, InboxChange(name="The shop", team_id=None))
    assert changed.origins == ("https://shop.example",)
    assert (changed.name, changed.team_id, changed.color, changed.preview) == ("The shop", None, "#123abc", False)
    fresh = Inboxes(domain.database, domain.ids, domain.clock, domain.settings.limits)
    await fresh.load()
    assert fresh.find(inbox.id) == domain.inboxes.find(inbox.id) == changed
    with pytest.raises(NotFound):
        fresh.find("x")
    with pytest.raises(Invalid):
        await domain.inboxes.change(SYSTEM, inbox.id, InboxChange(team_id="x"))
    assert domain.inboxes.find(inbox.id) == changed


def test_nobody_may_nothing() -> None:
    with pytest.raises(Exception, match="unauthenticated"):
        demand(None, "agent.read")
