"""Schedules: hours under a name that inboxes and teams share; and when an inbox or a team is there."""

from collections.abc import Callable
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from app.accounts.audit import record_change
from app.accounts.hours import checked, opening
from app.accounts.names import named
from app.accounts.policy import demand
from app.model.audit import Subject
from app.model.errors import Conflict, Invalid, not_found
from app.model.ids import Ids
from app.model.people import Inbox
from app.model.principals import Principal
from app.model.widget import Hours, Schedule, TeamHours
from app.settings import Limits
from app.storage import agents, schedules
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

_log = logger("accounts")
_Id = Annotated[str, Meta(min_length=26, max_length=26)]


class NewSchedule(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be added."""

    name: str
    hours: Hours = Hours()


class ScheduleChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays. `hours` are replaced whole."""

    name: str | UnsetType = UNSET
    hours: Hours | UnsetType = UNSET


class HoursOfTeam(Struct, frozen=True, forbid_unknown_fields=True):
    """When a team is there: as a schedule says, else by hours of its own; none of both: always."""

    schedule_id: _Id | None = None
    hours: Hours = Hours()


class Schedules:
    """Creates, changes and knows schedules and the hours of teams; all of them are held in memory."""

    def __init__(self, database: Database, ids: Ids, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._limits = limits
        self._held: dict[str, Schedule] = {}
        self._teams: dict[str, TeamHours] = {}

    async def load(self) -> None:
        """Read them once, at start; again after something else than this class wrote them."""
        self._held = {one.id: one for one in await schedules.all_of_them(self._database)}
        self._teams = {one.team_id: one for one in await schedules.of_teams(self._database)}

    def listing(self, principal: Principal) -> list[Schedule]:
        """Every schedule by name."""
        demand(principal, "inbox.read")
        return sorted(self._held.values(), key=lambda one: (one.name, one.id))

    def of_teams(self, principal: Principal) -> list[TeamHours]:
        """When teams are there; a team that is not named always is."""
        demand(principal, "team.read")
        return sorted(self._teams.values(), key=lambda one: one.team_id)

    def of_inbox(self, inbox: Inbox) -> Hours:
        """The hours of an inbox, its schedule's where it follows one.

        None where this machine has lost their zone, which must not keep visitors out of the chat.
        """
        return _known_here(self._of(inbox.schedule_id, inbox.widget.hours), inbox.id)

    def is_open(self, team_id: str | None, at: int) -> bool:
        """Whether a team is there at `at` (ms UTC); nobody's team always is."""
        told = self._teams.get(team_id or "")
        return told is None or opening(_known_here(self._of(told.schedule_id, told.hours), told.team_id), at).open

    async def create(self, principal: Principal, new: NewSchedule) -> Schedule:
        """Add one; raises `Conflict` (limit_reached, schedule_exists), `Invalid`."""
        demand(principal, "inbox.manage")
        schedule = Schedule(self._ids.new(), named(new.name), checked(new.hours))

        def added(known: list[Schedule]) -> tuple[None, Schedule]:
            if len(known) >= self._limits.schedules_max:
                raise _too_many(self._limits.schedules_max)
            return None, schedule

        return await self._save(principal, added)

    async def change(self, principal: Principal, schedule_id: str, change: ScheduleChange) -> Schedule:
        """Change one, for all who follow it; raises `NotFound`, `Conflict` (schedule_exists), `Invalid`."""
        demand(principal, "inbox.manage")

        def changed(known: list[Schedule]) -> tuple[Schedule, Schedule]:
            before = next((one for one in known if one.id == schedule_id), None)
            if before is None:
                raise not_found()
            name = before.name if change.name is UNSET else named(change.name)
            hours = before.hours if change.hours is UNSET else checked(change.hours)
            return before, Schedule(schedule_id, name, hours)

        return await self._save(principal, changed)

    async def delete(self, principal: Principal, schedule_id: str) -> None:
        """Remove one that nobody follows; raises `NotFound`, `Conflict` (schedule_used)."""
        demand(principal, "inbox.manage")

        def unit(tx: Transaction) -> None:
            before = next((one for one in schedules.known(tx) if one.id == schedule_id), None)
            if before is None:
                raise not_found()
            followers = schedules.users(tx, schedule_id)
            if followers:
                raise _used(followers)
            schedules.delete(tx, schedule_id)
            record_change(tx, principal, "schedule.delete", _subject(before), before, None)

        await self._database.write(unit)
        self._held.pop(schedule_id, None)

    async def set_team(self, principal: Principal, team_id: str, asked: HoursOfTeam) -> TeamHours:
        """Say when a team is there; raises `NotFound`, `Invalid` (schedule_unknown and as `checked`)."""
        demand(principal, "team.manage")
        told = TeamHours(team_id, asked.schedule_id, checked(asked.hours))

        def unit(tx: Transaction) -> None:
            team = agents.team(tx, team_id)
            if team is None:
                raise not_found()
            demand_known(tx, told.schedule_id)
            before = schedules.of_team(tx, team_id)
            schedules.save_team(tx, told)
            record_change(tx, principal, "team.change", Subject("team", team.id, team.name), before, told)

        await self._database.write(unit)
        self._teams[team_id] = told
        return told

    async def _save(
        self, principal: Principal, make: Callable[[list[Schedule]], tuple[Schedule | None, Schedule]]
    ) -> Schedule:
        def unit(tx: Transaction) -> Schedule:
            known = schedules.known(tx)
            before, schedule = make(known)
            if any(one.name == schedule.name and one.id != schedule.id for one in known):
                raise _exists()
            schedules.save(tx, schedule)
            action = "schedule.create" if before is None else "schedule.change"
            record_change(tx, principal, action, _subject(schedule), before, schedule)
            return schedule

        schedule = await self._database.write(unit)
        self._held[schedule.id] = schedule
        return schedule

    def _of(self, schedule_id: str | None, own: Hours) -> Hours:
        schedule = self._held.get(schedule_id or "")
        return own if schedule is None else schedule.hours


def demand_known(tx: Transaction, schedule_id: str | None) -> None:
    """Raise `Invalid` (schedule_unknown) for a schedule that does not exist."""
    if schedule_id is not None and all(one.id != schedule_id for one in schedules.known(tx)):
        raise Invalid(
            "schedule_unknown",
            "This schedule does not exist. Choose from the list.",
            "该营业时间表不存在。请从列表中选择。",
            field="schedule_id",
        )


def _subject(schedule: Schedule) -> Subject:
    return Subject("schedule", schedule.id, schedule.name)


def _known_here(hours: Hours, owner: str) -> Hours:
    try:
        return checked(hours)
    except Invalid as problem:
        _log.warning("opening hours do not count", extra={"of": owner, "code": problem.code})
        return Hours()


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} schedules, which is the most. Change one that exists.",
        f"营业时间表数量已达上限 {most}。请修改现有的时间表。",
    )


def _exists() -> Conflict:
    return Conflict(
        "schedule_exists",
        "There is a schedule of this name already. Choose another name.",
        "已有同名的营业时间表。请换一个名称。",
        field="name",
    )


def _used(followers: list[str]) -> Conflict:
    shown = ", ".join(followers[:3]) + ("…" if len(followers) > 3 else "")
    return Conflict(
        "schedule_used",
        f"It is followed by {shown}. Give them other hours first.",
        f"{shown} 正在使用该时间表。请先为其改用其他营业时间。",
    )
