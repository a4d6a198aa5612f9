"""A desk's own roles: what they allow, who may make them, and when a change of one shows."""

from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from app.accounts.agents import AgentChange, NewAgent
from app.accounts.permissions import PERMISSIONS
from app.accounts.policy import ROLES, allowed
from app.accounts.roles import NewRole, RoleChange, Roles, rights
from app.chat.conversations import Assignment
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.events import Event, SessionsRevoked
from app.model.principals import Agent
from app.tickets.tickets import NewTicket
from tests.accounts.ann import ANN, principal_of, signed_in
from tests.domain import PASSWORD, SYSTEM, Domain

READER = NewRole("Reader", ("conversations.read_team", "contacts.read"))


def roles_of(domain: Domain) -> Roles:
    return domain.roles


async def with_role(domain: Domain, role: str, name: str = "Ann") -> Agent:
    new = replace(ANN, name=name, email=f"{name.lower()}@example.com", role=role)
    await domain.agents.create(SYSTEM, new)
    return await principal_of(domain, await signed_in(domain, new.email))


def test_every_permission_is_explained_once_and_every_explained_one_is_held_by_owners() -> None:
    keys = [permission.key for permission in PERMISSIONS]
    assert len(keys) == len(set(keys))
    assert set(keys) == ROLES["owner"]
    assert set().union(*ROLES.values()) == ROLES["owner"]


async def test_who_has_an_own_role_may_what_it_holds_and_nothing_else(domain: Domain) -> None:
    role = await roles_of(domain).create(SYSTEM, READER)
    ann = await with_role(domain, role.id)
    assert ann.permissions == frozenset(READER.permissions)
    assert allowed(ann, "contact.read")
    assert not allowed(ann, "contact.write")
    assert not allowed(ann, "conversation.write")
    assert not allowed(ann, "role.manage")
    assert (await rights(domain.database))[role.id] == frozenset(READER.permissions)


async def test_a_team_sees_its_own_with_an_own_role_too(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    of_north = (await domain.say(await domain.visitor(await domain.inbox(north)), "north")).conv
    of_south = (await domain.say(await domain.visitor(await domain.inbox(south)), "south")).conv
    role = await roles_of(domain).create(SYSTEM, READER)
    colleague = await domain.agents.create(SYSTEM, replace(ANN, role=role.id, teams=(north.id,)))
    ann = await principal_of(domain, await signed_in(domain))
    assert (await domain.history.head(ann, of_north)).id == of_north
    with pytest.raises(NotFound):
        await domain.history.head(ann, of_south)
    await domain.agents.change(SYSTEM, colleague.id, AgentChange(teams=(south.id,)))
    ann = await principal_of(domain, await signed_in(domain))
    with pytest.raises(NotFound):
        await domain.history.head(ann, of_north)


async def test_a_change_shows_at_once_and_signs_nobody_out(domain: Domain) -> None:
    roles = roles_of(domain)
    role = await roles.create(SYSTEM, READER)
    await domain.agents.create(SYSTEM, replace(ANN, role=role.id))
    signed = await signed_in(domain)
    before = await principal_of(domain, signed)
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    await roles.change(SYSTEM, role.id, RoleChange(permissions=("contacts.write",)))
    assert heard == [SessionsRevoked((before.session_id,))], "its sockets come back with other rights"
    after = await principal_of(domain, signed)
    assert (after.session_id, after.permissions) == (before.session_id, frozenset({"contacts.write"}))
    heard.clear()
    await roles.change(SYSTEM, role.id, RoleChange(name="Writer"))
    assert heard == [], "a name is no right"


async def test_nobody_gives_takes_or_resets_what_he_has_not(domain: Domain) -> None:
    roles = roles_of(domain)
    managing = await roles.create(SYSTEM, NewRole("Lead", ("roles.manage", "agents.manage", "contacts.read")))
    strong = await roles.create(SYSTEM, NewRole("Strong", ("contacts.read", "contacts.write")))
    lead = await with_role(domain, managing.id)
    boss = await domain.agents.create(SYSTEM, NewAgent("Boss", "boss@example.com", "owner", PASSWORD))
    ben = await domain.agents.create(SYSTEM, NewAgent("Ben", "ben@example.com", strong.id, PASSWORD))
    weak = await roles.create(lead, NewRole("Weak", ("contacts.read",)))
    refused: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: roles.create(lead, NewRole("More", ("contacts.write",))),
        lambda: roles.change(lead, weak.id, RoleChange(permissions=("contacts.read", "audit.read"))),
        lambda: roles.change(lead, strong.id, RoleChange(permissions=("contacts.read",))),
        lambda: roles.delete(lead, strong.id),
        lambda: domain.agents.create(lead, NewAgent("Eve", "eve@example.com", "agent", PASSWORD)),
        lambda: domain.agents.change(lead, lead.agent_id, AgentChange(role="admin")),
        lambda: domain.agents.change(lead, ben.id, AgentChange(password="an entirely new one")),
        lambda: domain.agents.change(lead, ben.id, AgentChange(role=weak.id)),
        lambda: domain.agents.change(lead, boss.id, AgentChange(disabled=True)),
        lambda: domain.credentials.reset(lead, ben.id),
        lambda: domain.sessions.end_of_agent(lead, boss.id),
    )
    for number, act in enumerate(refused):
        with pytest.raises(Forbidden) as caught:
            await act()
        assert caught.value.code in ("rights_beyond", "owner_only"), number
    made = await domain.agents.create(lead, NewAgent("Eve", "eve@example.com", weak.id, PASSWORD))
    assert made.role == weak.id


async def test_who_does_not_manage_roles_makes_none(domain: Domain) -> None:
    roles = roles_of(domain)
    ann = await with_role(domain, "agent")
    role = await roles.create(SYSTEM, READER)
    assert [one.id for one in await roles.listing(ann)][:4] == ["owner", "admin", "agent", "observer"]
    acts: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: roles.create(ann, NewRole("Mine", ())),
        lambda: roles.change(ann, role.id, RoleChange(name="Mine")),
        lambda: roles.delete(ann, role.id),
    )
    for act in acts:
        with pytest.raises(Forbidden):
            await act()


async def test_a_role_in_use_stays_and_one_that_nobody_has_goes(domain: Domain) -> None:
    roles = roles_of(domain)
    role = await roles.create(SYSTEM, READER)
    ann = await domain.agents.create(SYSTEM, replace(ANN, role=role.id))
    with pytest.raises(Conflict, match="role_in_use"):
        await roles.delete(SYSTEM, role.id)
    await domain.agents.change(SYSTEM, ann.id, AgentChange(role="agent"))
    await roles.delete(SYSTEM, role.id)
    with pytest.raises(Invalid, match="role_unknown"):
        await domain.agents.change(SYSTEM, ann.id, AgentChange(role=role.id))
    with pytest.raises(NotFound):
        await roles.delete(SYSTEM, role.id)


async def test_what_is_no_role_is_refused(domain: Domain) -> None:
    roles = roles_of(domain)
    role = await roles.create(SYSTEM, READER)
    for new, code in (
        (NewRole("Reader"), "role_exists"),
        (NewRole("owner"), "role_exists"),
        (NewRole(" "), "name_length"),
        (NewRole("Other", ("everything",)), "permission_unknown"),
    ):
        with pytest.raises((Conflict, Invalid), match=code):
            await roles.create(SYSTEM, new)
    for built_in in ("owner", "agent"):
        with pytest.raises(NotFound):
            await roles.change(SYSTEM, built_in, RoleChange(permissions=()))
        with pytest.raises(NotFound):
            await roles.delete(SYSTEM, built_in)
    assert [one.name for one in await roles.listing(SYSTEM)][4:] == [role.name]


async def test_there_are_only_so_many(domain: Domain) -> None:
    limits = replace(domain.settings.limits, roles_max=1)
    roles = Roles(domain.database, domain.ids, domain.clock, limits)
    await roles.create(SYSTEM, READER)
    with pytest.raises(Conflict, match="limit_reached"):
        await roles.create(SYSTEM, NewRole("Another"))


async def test_nobody_is_given_what_his_role_does_not_let_him_do(domain: Domain) -> None:
    """An own role counts like the product's observer: by what it allows, not by its name."""
    role = await roles_of(domain).create(SYSTEM, READER)
    reader = await domain.agents.create(SYSTEM, replace(ANN, role=role.id))
    boss = await domain.agent("Boss", "owner")
    conv = (await domain.say(await domain.visitor(await domain.inbox()), "hello")).conv
    with pytest.raises(Invalid, match="agent_unusable"):
        await domain.conversations.assign(boss, conv, Assignment(reader.id))
    with pytest.raises(Invalid, match="agent_unusable"):
        await domain.tickets.create(boss, domain.cid(), NewTicket("A cup", assignee_id=reader.id))
    await roles_of(domain).change(
        SYSTEM, role.id, RoleChange(permissions=(*READER.permissions, "conversations.write", "tickets.write"))
    )
    assert (await domain.conversations.assign(boss, conv, Assignment(reader.id))).assignee_id == reader.id
    assert (await domain.tickets.create(boss, domain.cid(), NewTicket("A cup", assignee_id=reader.id))).number == 1
