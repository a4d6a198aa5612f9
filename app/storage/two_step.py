"""The second step of signing in and its recovery codes: their SQL and nothing else."""

from collections.abc import Iterable

from msgspec import Struct

from app.storage.database import Database, Transaction

_BY_AGENT = "SELECT secret, step FROM two_step WHERE agent_id = :agent"
_STATE = (
    "SELECT since, (SELECT count(*) FROM recovery_codes r WHERE r.agent_id = t.agent_id) "
    "FROM two_step t WHERE t.agent_id = :agent"
)
_AGENTS = "SELECT agent_id FROM two_step"
_INSERT = "INSERT INTO two_step (agent_id, secret, step, since) VALUES (:agent, :secret, :step, :since)"
_USED = "UPDATE two_step SET step = :step WHERE agent_id = :agent"
_DELETE = "DELETE FROM two_step WHERE agent_id = :agent RETURNING agent_id"
_INSERT_CODE = "INSERT INTO recovery_codes (agent_id, digest) VALUES (:agent, :digest)"
_USE_CODE = "DELETE FROM recovery_codes WHERE agent_id = :agent AND digest = :digest RETURNING digest"
_DELETE_CODES = "DELETE FROM recovery_codes WHERE agent_id = :agent"


class Held(Struct, frozen=True):
    """The shared secret and the newest time step that was accepted. Never leaves the rooms that check codes."""

    secret: str
    step: int


def held(tx: Transaction, agent_id: str) -> Held | None:
    """What an agent's codes are checked by; None where his second step is off."""
    rows = tx.execute(_BY_AGENT, {"agent": agent_id})
    return Held(str(rows[0][0]), int(str(rows[0][1]))) if rows else None


def insert(tx: Transaction, agent_id: str, secret: str, step: int, since: int) -> None:
    """Switch the second step on; `step` is the one whose code confirmed it."""
    tx.execute(_INSERT, {"agent": agent_id, "secret": secret, "step": step, "since": since})


def used(tx: Transaction, agent_id: str, step: int) -> None:
    """A code of this time step was accepted."""
    tx.execute(_USED, {"agent": agent_id, "step": step})


def delete(tx: Transaction, agent_id: str) -> bool:
    """Switch the second step off, its recovery codes too; False where it was off."""
    tx.execute(_DELETE_CODES, {"agent": agent_id})
    return bool(tx.execute(_DELETE, {"agent": agent_id}))


def replace_codes(tx: Transaction, agent_id: str, digests: Iterable[str]) -> None:
    """Store new recovery codes; earlier ones stop working."""
    tx.execute(_DELETE_CODES, {"agent": agent_id})
    for digest in digests:
        tx.execute(_INSERT_CODE, {"agent": agent_id, "digest": digest})


def use_code(tx: Transaction, agent_id: str, digest: str) -> bool:
    """Use up a recovery code; False when there is no such code any more."""
    return bool(tx.execute(_USE_CODE, {"agent": agent_id, "digest": digest}))


async def state(database: Database, agent_id: str) -> tuple[int, int] | None:
    """(on since, recovery codes left); None where it is off."""
    rows = await database.read(_STATE, {"agent": agent_id})
    return (int(str(rows[0][0])), int(str(rows[0][1]))) if rows else None


async def agents(database: Database) -> list[str]:
    """Ids of those who have it on."""
    return [str(row[0]) for row in await database.read(_AGENTS)]
