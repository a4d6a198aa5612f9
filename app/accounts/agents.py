"""Agents and teams: who works here, with which role, in which team."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import WITHHELD, difference, record, record_change
from app.accounts.names import named
from app.accounts.passwords import Passwords
from app.accounts.policy import demand
from app.accounts.roles import demand_role, demand_within, rights_of
from app.bus.bus import Bus
from app.model.audit import Change, Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Forbidden, Invalid, not_found
from app.model.events import AgentChanged, Event, SessionsRevoked
from app.model.ids import Ids
from app.model.people import Availability, Colleague, Team
from app.model.principals import Agent, Principal
from app.model.routing import Skills
from app.settings import Limits
from app.storage import agents, sessions
from app.storage.database import Database, Transaction

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")
_AWAY_REASON_MAX = 60

Capacity = Annotated[int, Meta(ge=0, le=100)]
Tag = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(?!\n)$")]
Languages = Annotated[tuple[Tag, ...], Meta(max_length=20)]


class NewAgent(Struct, frozen=True, forbid_unknown_fields=True):
    """A colleague to be added; without a password he sets his own by a link (`access_links`)."""

    name: str
    email: str
    role: str
    password: str = ""
    teams: tuple[str, ...] = ()
    language: str = ""


class AgentChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What an administrator changes; what is unset stays."""

    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    teams: tuple[str, ...] | UnsetType = UNSET
    password: str | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    capacity: Capacity | UnsetType = UNSET
    skills: Skills | UnsetType = UNSET
    languages: Languages | UnsetType = UNSET


class ProfileChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent changes of himself; `away_reason` is one of `people.AWAY_REASONS` or his own words."""

    name: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    availability: Availability | UnsetType = UNSET
    away_reason: str | UnsetType = UNSET


class NewTeam(Struct, frozen=True, forbid_unknown_fields=True):
    """A team to be added."""

    name: str


class Agents:
    """Creates and changes agents and teams; knows every agent's name, for those who write threads."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, passwords: Passwords, bus: Bus, limits: Limits
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._passwords = passwords
        self._limits = limits
        self._names: dict[str, str] = {}
        bus.subscribe(self._heard)

    @property
    def names(self) -> Mapping[str, str]:
        """Agents' names by id, kept up to date."""
        return self._names

    async def load(self) -> None:
        """Read the names once, at start."""
        self._names.update({agent.id: agent.name for agent in await agents.all_of_them(self._database)})

    async def find(self, agent_id: str) -> Colleague:
        """One agent; raises `NotFound`."""
        found = await agents.find(self._database, agent_id)
        if found is None:
            raise not_found()
        return found

    async def listing(self, principal: Principal) -> list[Colleague]:
        """Every agent, oldest first."""
        demand(principal, "agent.read")
        return await agents.all_of_them(self._database)

    async def create(self, principal: Principal, new: NewAgent) -> Colleague:
        """Add an agent; raises `Invalid`, `Conflict` (email_taken), `Forbidden`."""
        demand(principal, "agent.manage")
        hashed = await self._passwords.hash(new.password) if new.password else None
        agent = self._made(new)
        return await self._database.write(lambda tx: self._added(tx, principal, agent, hashed))

    def bring(self, tx: Transaction, principal: Principal, new: NewAgent) -> Colleague:
        """The same in a transaction of the caller's, without a password."""
        return self._added(tx, principal, self._made(new), None)

    def _made(self, new: NewAgent) -> Colleague:
        return Colleague(
            self._ids.new(), named(new.name), address(new.email), new.role, Availability.ONLINE,
            tuple(sorted(set(new.teams))), new.language[:20], self._clock.now_ms(),
        )  # fmt: skip

    def _added(self, tx: Transaction, principal: Principal, agent: Colleague, hashed: str | None) -> Colleague:
        self._demand_room(tx)
        _demand_role(tx, principal, agent.role)
        made = _saved(tx, agent, hashed)
        record_change(tx, principal, "agent.create", subject_of(agent), None, agent)
        return made

    async def change(self, principal: Principal, agent_id: str, change: AgentChange) -> Colleague:
        """Change an agent. When his rights or his password change, or he is disabled, his sessions end.

        One's own password is changed in the profile, which asks for the present one: an open screen gives no account.
        """
        demand(principal, "agent.manage")
        if change.password is not UNSET and isinstance(principal, Agent) and principal.agent_id == agent_id:
            raise Conflict(
                "password_own",
                "Change your own password in your profile.",
                "请在个人资料中修改你自己的密码。",
            )
        hashed = None if change.password is UNSET else await self._passwords.hash(change.password)

        def unit(tx: Transaction) -> Colleague:
            before = agents.by_id(tx, agent_id)
            if before is None:
                raise not_found()
            after = _changed(before, change)
            _demand_role(tx, principal, after.role, before.role)
            _demand_owner_left(tx, before, after)
            change_made = _said(difference(before, after), hashed)
            if change_made != Change():
                record(tx, principal, "agent.change", subject_of(after), change_made)
            return self._stored(tx, before, after, hashed)

        return await self._database.write(unit)

    async def change_profile(self, principal: Agent, change: ProfileChange) -> Colleague:
        """Change oneself."""

        def unit(tx: Transaction) -> Colleague:
            before = agents.by_id(tx, principal.agent_id)
            if before is None:
                raise not_found()
            after = replace(
                before,
                name=before.name if change.name is UNSET else named(change.name),
                language=before.language if change.language is UNSET else change.language[:20],
            )
            after = _available(after, change, self._clock.now_ms())
            return self._stored(tx, before, after, None)

        return await self._database.write(unit)

    async def teams(self, principal: Principal) -> list[Team]:
        """Every team by name."""
        demand(principal, "team.read")
        return await agents.teams(self._database)

    async def create_team(self, principal: Principal, new: NewTeam) -> Team:
        """Add a team; raises `Conflict` (team_exists)."""
        demand(principal, "team.manage")
        team = Team(self._ids.new(), named(new.name))
        if len(await agents.teams(self._database)) >= self._limits.teams_max:
            raise _full(self._limits.teams_max)

        def unit(tx: Transaction) -> Team:
            if agents.team_named(tx, team.name):
                raise _team_exists()
            agents.insert_team(tx, team)
            record_change(tx, principal, "team.create", Subject("team", team.id, team.name), None, team)
            return team

        return await self._database.write(unit)

    async def rename_team(self, principal: Principal, team_id: str, new: NewTeam) -> Team:
        """Give a team another name; raises `NotFound`, `Conflict` (team_exists)."""
        demand(principal, "team.manage")
        renamed = Team(team_id, named(new.name))

        def unit(tx: Transaction) -> Team:
            before = agents.team(tx, team_id)
            if before is None:
                raise not_found()
            if before.name != renamed.name and agents.team_named(tx, renamed.name):
                raise _team_exists()
            agents.rename_team(tx, renamed)
            thing = Subject("team", team_id, renamed.name)
            record_change(tx, principal, "team.change", thing, before, renamed)
            return renamed

        return await self._database.write(unit)

    def _demand_room(self, tx: Transaction) -> None:
        if agents.count(tx) >= self._limits.agents_max:
            raise _full(self._limits.agents_max)

    def _stored(self, tx: Transaction, before: Colleague, after: Colleague, hashed: str | None) -> Colleague:
        _saved(tx, after, hashed)
        rights = (before.role, before.teams, before.disabled) != (after.role, after.teams, after.disabled)
        if rights or hashed is not None:
            revoke(tx, after.id)
        return after

    def _heard(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, AgentChanged):
                self._names[event.agent.id] = event.agent.name


def subject_of(agent: Colleague) -> Subject:
    """An agent as the audit log names him."""
    return Subject("agent", agent.id, agent.name)


def _said(change: Change, hashed: str | None) -> Change:
    """With a word of a new password, never the password."""
    return change if hashed is None else replace(change, after={**change.after, "password": WITHHELD})


def _team_exists() -> Conflict:
    return Conflict(
        "team_exists",
        "There is a team of this name. Choose another name.",
        "该团队名称已存在。请换一个。",
        field="name",
    )


def revoke(tx: Transaction, agent_id: str) -> None:
    """End an agent's sessions, and let their sockets be closed."""
    ended = sessions.delete_of_agent(tx, agent_id)
    if ended:
        tx.announce(SessionsRevoked(ended))


def address(email: str) -> str:
    """An e-mail address in lower case; raises `Invalid` when it cannot be one."""
    tidy = email.strip().lower()
    if not _EMAIL.fullmatch(tidy):
        raise Invalid(
            "email_malformed",
            "This is not an e-mail address. Write it like name@example.com.",
            "邮箱格式不正确。请按 name@example.com 的格式填写。",
            field="email",
        )
    return tidy


def _saved(tx: Transaction, agent: Colleague, hashed: str | None) -> Colleague:
    """Store an agent after the checks that need the database."""
    if agents.id_of(tx, agent.email) not in (None, agent.id):
        raise Conflict(
            "email_taken",
            "An agent already has this e-mail address. Use another one.",
            "该邮箱已被其他客服使用。请换一个。",
            field="email",
        )
    for team_id in agent.teams:
        if agents.team(tx, team_id) is None:
            raise Invalid(
                "team_unknown",
                "One of the teams does not exist. Choose from the list.",
                "团队不存在。请从列表中选择。",
                field="teams",
            )
    agents.save(tx, agent)
    if hashed is not None:
        agents.set_password(tx, agent.id, hashed)
    tx.announce(AgentChanged(agent))
    return agent


def _changed(before: Colleague, change: AgentChange) -> Colleague:
    return replace(
        before,
        name=before.name if change.name is UNSET else named(change.name),
        email=before.email if change.email is UNSET else address(change.email),
        role=before.role if change.role is UNSET else change.role,
        teams=before.teams if change.teams is UNSET else tuple(sorted(set(change.teams))),
        disabled=before.disabled if change.disabled is UNSET else change.disabled,
        capacity=before.capacity if change.capacity is UNSET else change.capacity,
        skills=before.skills if change.skills is UNSET else tuple(sorted({named(skill) for skill in change.skills})),
        languages=before.languages if change.languages is UNSET else tuple(sorted(set(change.languages))),
    )


def _available(before: Colleague, change: ProfileChange, at: int) -> Colleague:
    """His state with its reason, which only who is not available has; `availability_since` is when it became so."""
    state = before.availability if change.availability is UNSET else change.availability
    reason = "" if change.away_reason is UNSET else " ".join(change.away_reason.split())[:_AWAY_REASON_MAX]
    if change.away_reason is UNSET and state is before.availability:
        reason = before.away_reason
    if state is not Availability.AWAY:
        reason = ""
    since = before.availability_since if state is before.availability else at
    return replace(before, availability=state, away_reason=reason, availability_since=since)


def _demand_role(tx: Transaction, principal: Principal, role: str, before: str = "") -> None:
    """The role exists, and neither it nor the one before is more than who gives or takes it has himself."""
    demand_role(tx, role)
    demand_touchable(tx, principal, *((role, before) if before else (role,)))


def demand_touchable(tx: Transaction, principal: Principal, *roles: str) -> None:
    """Only an owner touches an owner, and nobody whoever may do more than he: a new password is a way in."""
    if isinstance(principal, Agent) and principal.role != "owner" and "owner" in roles:
        raise Forbidden(
            "owner_only", "Only an owner can do this. Ask the owner.", "只有所有者可以执行此操作。请联系所有者。"
        )
    for role in roles:
        demand_within(principal, rights_of(tx, role), "role")


def _demand_owner_left(tx: Transaction, before: Colleague, after: Colleague) -> None:
    stays = after.role == "owner" and not after.disabled
    if before.role == "owner" and not before.disabled and not stays and agents.owners(tx) == [before.id]:
        raise Conflict(
            "last_owner",
            "This is the last owner. Make somebody else an owner first.",
            "这是最后一位所有者。请先将其他人设为所有者。",
        )


def _full(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most}, which is the most. Use one that exists.",
        f"数量已达上限 {most}。请使用现有的条目。",
    )
