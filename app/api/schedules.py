"""Schedules: opening hours that inboxes and teams share."""

from msgspec import Struct

from app.accounts.schedules import HoursOfTeam, NewSchedule, ScheduleChange, Schedules
from app.api.call import Call, Done, Nothing
from app.chat.reception import Receptionist
from app.model.principals import Agent
from app.model.widget import Schedule, TeamHours


class ScheduleList(Struct, frozen=True):
    """Every schedule by name, and when teams are there; a team that is not named always is."""

    schedules: list[Schedule]
    teams: list[TeamHours]


class ScheduleAnswer(Struct, frozen=True):
    """One schedule."""

    schedule: Schedule


class TeamHoursAnswer(Struct, frozen=True):
    """When a team is there."""

    team_hours: TeamHours


class ScheduleRoutes:
    """The room `accounts` decides who may."""

    def __init__(self, schedules: Schedules, receptionist: Receptionist) -> None:
        self._schedules = schedules
        self._receptionist = receptionist

    async def listing(self, call: Call[Agent], _: Nothing) -> ScheduleList:
        return ScheduleList(self._schedules.listing(call.principal), self._schedules.of_teams(call.principal))

    async def create(self, call: Call[Agent], asked: NewSchedule) -> ScheduleAnswer:
        return ScheduleAnswer(await self._schedules.create(call.principal, asked))

    async def change(self, call: Call[Agent], asked: ScheduleChange) -> ScheduleAnswer:
        changed = await self._schedules.change(call.principal, call.id, asked)
        self._receptionist.forget()
        return ScheduleAnswer(changed)

    async def delete(self, call: Call[Agent], _: Nothing) -> Done:
        await self._schedules.delete(call.principal, call.id)
        return Done()

    async def set_team(self, call: Call[Agent], asked: HoursOfTeam) -> TeamHoursAnswer:
        told = await self._schedules.set_team(call.principal, call.id, asked)
        self._receptionist.forget()
        return TeamHoursAnswer(told)
