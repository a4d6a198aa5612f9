"""Schedules, and the hours of teams: their SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.model.widget import Hours, Schedule, TeamHours
from app.storage.database import Database, Transaction

_ALL = "SELECT id, name, hours FROM schedules ORDER BY name, id"
_SAVE = (
    "INSERT INTO schedules (id, name, hours) VALUES (:id, :name, :hours) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, hours = excluded.hours"
)
_DELETE = "DELETE FROM schedules WHERE id = :id"
_USERS = (
    "SELECT name FROM inboxes WHERE schedule_id = :id UNION ALL "
    "SELECT t.name FROM team_hours h JOIN teams t ON t.id = h.team_id WHERE h.schedule_id = :id ORDER BY 1"
)
_TEAMS = "SELECT team_id, schedule_id, hours FROM team_hours ORDER BY team_id"
_OF_TEAM = "SELECT team_id, schedule_id, hours FROM team_hours WHERE team_id = :team"
_SAVE_TEAM = (
    "INSERT INTO team_hours (team_id, schedule_id, hours) VALUES (:team, :schedule, :hours) "
    "ON CONFLICT (team_id) DO UPDATE SET schedule_id = excluded.schedule_id, hours = excluded.hours"
)
_hours = msgspec.json.Decoder(Hours)


def save(tx: Transaction, schedule: Schedule) -> None:
    """Store a new or changed schedule."""
    tx.execute(_SAVE, {"id": schedule.id, "name": schedule.name, "hours": _text(schedule.hours)})


def delete(tx: Transaction, schedule_id: str) -> None:
    """Remove a schedule that nobody uses."""
    tx.execute(_DELETE, {"id": schedule_id})


def known(tx: Transaction) -> list[Schedule]:
    """Every schedule by name, inside a transaction."""
    return [_schedule(row) for row in tx.execute(_ALL)]


def users(tx: Transaction, schedule_id: str) -> list[str]:
    """The names of the inboxes and teams that follow it."""
    return [str(row[0]) for row in tx.execute(_USERS, {"id": schedule_id})]


def save_team(tx: Transaction, hours: TeamHours) -> None:
    """Store when a team is there."""
    row = {"team": hours.team_id, "schedule": hours.schedule_id, "hours": _text(hours.hours)}
    tx.execute(_SAVE_TEAM, row)


def of_team(tx: Transaction, team_id: str) -> TeamHours | None:
    """When a team is there, inside a transaction; None where nobody has said."""
    rows: list[Any] = list(tx.execute(_OF_TEAM, {"team": team_id}))
    return _team_hours(rows[0]) if rows else None


async def all_of_them(database: Database) -> list[Schedule]:
    """Every schedule by name."""
    return [_schedule(row) for row in await database.read(_ALL)]


async def of_teams(database: Database) -> list[TeamHours]:
    """When teams are there; a team that is not named always is."""
    rows: list[Any] = await database.read(_TEAMS)
    return [_team_hours(row) for row in rows]


def _schedule(row: Sequence[Any]) -> Schedule:
    return Schedule(row[0], row[1], _hours.decode(row[2]))


def _team_hours(row: Sequence[Any]) -> TeamHours:
    return TeamHours(row[0], row[1], _hours.decode(row[2]))


def _text(hours: Hours) -> str:
    return msgspec.json.encode(hours).decode()
