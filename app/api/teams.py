"""Teams: to whom conversations go."""

from msgspec import Struct

from app.accounts.agents import Agents, NewTeam
from app.api.call import Call, Nothing
from app.model.people import Team
from app.model.principals import Agent


class TeamList(Struct, frozen=True):
    """Every team by name."""

    teams: list[Team]


class TeamAnswer(Struct, frozen=True):
    """One team."""

    team: Team


class TeamRoutes:
    """The room `accounts` decides who may."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    async def listing(self, call: Call[Agent], _: Nothing) -> TeamList:
        return TeamList(await self._agents.teams(call.principal))

    async def create(self, call: Call[Agent], asked: NewTeam) -> TeamAnswer:
        return TeamAnswer(await self._agents.create_team(call.principal, asked))

    async def rename(self, call: Call[Agent], asked: NewTeam) -> TeamAnswer:
        return TeamAnswer(await self._agents.rename_team(call.principal, call.id, asked))
