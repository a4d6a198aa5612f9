"""Agents and teams: their SQL and nothing else."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from app.model.people import Availability, Colleague, Team
from app.storage.database import Database, Row, Transaction

_COLLEAGUES = (
    "SELECT a.id, a.name, a.email, a.role, a.availability, a.language, a.created_at, a.disabled, "
    "coalesce((SELECT string_agg(t.team_id, ',') FROM agent_teams t WHERE t.agent_id = a.id), ''), "
    "a.away_reason, a.availability_since, a.capacity, a.skills, a.languages FROM agents a "
)
_ALL = f"{_COLLEAGUES} ORDER BY a.created_at, a.id"
_BY_ID = f"{_COLLEAGUES} WHERE a.id = :id"
_CREDENTIALS = (
    "SELECT a.id, a.password, a.disabled, EXISTS (SELECT 1 FROM two_step t WHERE t.agent_id = a.id) "
    "FROM agents a WHERE a.email = :email"
)
_READ_HASH = "SELECT password FROM agents WHERE id = :id"
_PROOF = "SELECT a.password, EXISTS (SELECT 1 FROM two_step t WHERE t.agent_id = a.id) FROM agents a WHERE a.id = :id"
_SAVE = (
    "INSERT INTO agents (id, email, name, password, role, availability, language, created_at, disabled, away_reason, "
    "availability_since, capacity, skills, languages) "
    "VALUES (:id, :email, :name, '', :role, :availability, :language, :created_at, :disabled, :away_reason, "
    ":availability_since, :capacity, :skills, :languages) "
    "ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name, role = excluded.role, "
    "availability = excluded.availability, language = excluded.language, disabled = excluded.disabled, "
    "away_reason = excluded.away_reason, availability_since = excluded.availability_since, "
    "capacity = excluded.capacity, skills = excluded.skills, languages = excluded.languages"
)
_TURN = "UPDATE agents SET assigned_at = :at WHERE id = :id"
_SET_HASH = "UPDATE agents SET password = :password WHERE id = :id"
_EMAIL_OWNER = "SELECT id FROM agents WHERE email = :email"
_OWNERS = "SELECT id FROM agents WHERE role = 'owner' AND disabled = 0"
_COUNT = "SELECT count(*) FROM agents"
_CLEAR_TEAMS = "DELETE FROM agent_teams WHERE agent_id = :agent"
_JOIN_TEAM = "INSERT INTO agent_teams (agent_id, team_id) VALUES (:agent, :team)"
_TEAMS = "SELECT id, name FROM teams ORDER BY name"
_TEAM = "SELECT id, name FROM teams WHERE id = :id"
_TEAM_NAMED = "SELECT id FROM teams WHERE name = :name"
_RENAME_TEAM = "UPDATE teams SET name = :name WHERE id = :id"
_INSERT_TEAM = "INSERT INTO teams (id, name) VALUES (:id, :name)"


class Credentials(Struct, frozen=True):
    """By what an agent is proven: argon2id hash, and whether a second step follows."""

    agent_id: str
    password: str
    disabled: bool
    two_step: bool


NOBODY = Credentials("", "", disabled=True, two_step=False)


def save(tx: Transaction, agent: Colleague) -> None:
    """Store a new or changed agent with his teams; a new one cannot sign in until a password is set."""
    tx.execute(
        _SAVE,
        {
            "id": agent.id,
            "email": agent.email,
            "name": agent.name,
            "role": agent.role,
            "availability": agent.availability.value,
            "language": agent.language,
            "created_at": agent.created_at,
            "disabled": agent.disabled,
            "away_reason": agent.away_reason,
            "availability_since": agent.availability_since,
            "capacity": agent.capacity,
            "skills": msgspec.json.encode(agent.skills).decode(),
            "languages": msgspec.json.encode(agent.languages).decode(),
        },
    )
    tx.execute(_CLEAR_TEAMS, {"agent": agent.id})
    for team_id in agent.teams:
        tx.execute(_JOIN_TEAM, {"agent": agent.id, "team": team_id})


def set_password(tx: Transaction, agent_id: str, password: str) -> None:
    """Store a password's argon2id hash."""
    tx.execute(_SET_HASH, {"id": agent_id, "password": password})


def take_turn(tx: Transaction, agent_id: str, at: int) -> None:
    """Routing gave him a conversation at that time (ms UTC)."""
    tx.execute(_TURN, {"id": agent_id, "at": at})


def by_id(tx: Transaction, agent_id: str) -> Colleague | None:
    """The agent inside a transaction."""
    rows = tx.execute(_BY_ID, {"id": agent_id})
    return _colleague(rows[0]) if rows else None


def id_of(tx: Transaction, email: str) -> str | None:
    """Whose e-mail address this is."""
    rows = tx.execute(_EMAIL_OWNER, {"email": email})
    return str(rows[0][0]) if rows else None


def owners(tx: Transaction) -> list[str]:
    """Ids of the owners who can sign in."""
    return [str(row[0]) for row in tx.execute(_OWNERS)]


def count(tx: Transaction) -> int:
    """How many agents there are."""
    return int(str(tx.execute(_COUNT)[0][0]))


def team(tx: Transaction, team_id: str) -> Team | None:
    """The team inside a transaction."""
    rows = tx.execute(_TEAM, {"id": team_id})
    return Team(str(rows[0][0]), str(rows[0][1])) if rows else None


def team_named(tx: Transaction, name: str) -> bool:
    """Whether a team of this name exists."""
    return bool(tx.execute(_TEAM_NAMED, {"name": name}))


def team_called(tx: Transaction, name: str) -> str | None:
    """The id of the team of a name."""
    rows = tx.execute(_TEAM_NAMED, {"name": name})
    return str(rows[0][0]) if rows else None


def insert_team(tx: Transaction, created: Team) -> None:
    """Store a new team."""
    tx.execute(_INSERT_TEAM, {"id": created.id, "name": created.name})


def rename_team(tx: Transaction, renamed: Team) -> None:
    """Store a team's other name."""
    tx.execute(_RENAME_TEAM, {"id": renamed.id, "name": renamed.name})


async def find(database: Database, agent_id: str) -> Colleague | None:
    """The agent as committed."""
    rows = await database.read(_BY_ID, {"id": agent_id})
    return _colleague(rows[0]) if rows else None


async def all_of_them(database: Database) -> list[Colleague]:
    """Every agent, oldest first."""
    return [_colleague(row) for row in await database.read(_ALL)]


async def credentials(database: Database, email: str) -> Credentials | None:
    """By what the agent of an e-mail address is proven."""
    rows = await database.read(_CREDENTIALS, {"email": email})
    return Credentials(str(rows[0][0]), str(rows[0][1]), bool(rows[0][2]), bool(rows[0][3])) if rows else None


def proof(tx: Transaction, agent_id: str) -> tuple[str, bool]:
    """By what an agent is proven at this moment: the password's hash, and whether a second step follows."""
    rows = tx.execute(_PROOF, {"id": agent_id})
    return (str(rows[0][0]), bool(rows[0][1])) if rows else ("", False)


async def password(database: Database, agent_id: str) -> str:
    """The argon2id hash of an agent's password; empty when there is none."""
    rows = await database.read(_READ_HASH, {"id": agent_id})
    return str(rows[0][0]) if rows else ""


async def any_owner(database: Database) -> bool:
    """Whether there is an owner who can sign in."""
    return bool(await database.read(_OWNERS))


async def teams(database: Database) -> list[Team]:
    """Every team by name."""
    return [Team(str(row[0]), str(row[1])) for row in await database.read(_TEAMS)]


def _colleague(row: Row) -> Colleague:
    agent_id, name, email, role, availability, language, created_at, disabled, teams, *rest = row
    reason, since, capacity, skills, languages = rest
    return Colleague(
        str(agent_id),
        str(name),
        str(email),
        str(role),
        Availability(str(availability)),
        tuple(sorted(_words(str(teams).split(",")))),
        str(language),
        int(str(created_at)),
        bool(disabled),
        str(reason),
        int(str(since)),
        int(str(capacity)),
        msgspec.json.decode(str(skills), type=tuple[str, ...]),
        msgspec.json.decode(str(languages), type=tuple[str, ...]),
    )


def _words(parts: Iterable[str]) -> list[str]:
    return [part for part in parts if part]
