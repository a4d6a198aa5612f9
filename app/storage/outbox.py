"""The outbox's table: claimed by state, never by "greater than the last number", because commits need not be in order.

A task is `ready`, `leased` until a time, or `dead`; a finished one is deleted. `due_at` is 0 until its first failure.
Who holds a lease is told apart by a number that only grows, so that a late holder cannot finish another's task.
"""

from typing import Final

from msgspec import Struct

from app.model.errors import Defect
from app.storage.database import Database, Row, Transaction, Value


class Task(Struct, frozen=True, gc=False):
    """Something to do after a commit. `attempts` counts this one too."""

    number: int
    key: str
    payload: bytes
    attempts: int


class Batch(Struct, frozen=True, gc=False):
    """Tasks claimed together, in order of their numbers, under one lease."""

    lease: str
    tasks: tuple[Task, ...]


class DeadTask(Struct, frozen=True, gc=False):
    """A task that failed too often; `error` is the last reason."""

    number: int
    topic: str
    key: str
    payload: bytes
    attempts: int
    created_at: int
    error: str


class Backlog(Struct, frozen=True, gc=False):
    """What the outbox holds: `waiting` tasks, the oldest stored at `oldest_at` (0: none), and `dead` ones."""

    waiting: int
    oldest_at: int
    dead: int


# What a task `o` waits for: an earlier one of its key that another dispatcher has, that waits for its next attempt, or,
# where the topic halts, that is dead.
_IN_TURN: Final = (
    "NOT EXISTS (SELECT 1 FROM outbox e WHERE e.topic = o.topic AND e.key = o.key AND e.number < o.number AND ("
    "(e.state = 'leased' AND e.lease <> :lease) OR (e.state = 'ready' AND e.due_at > 0)"
    " OR (e.state = 'dead' AND :halts = 1)))"
)
_FRESH: Final = (
    "SELECT number FROM outbox o WHERE topic = :topic AND state = 'ready' AND due_at = 0"
    f" AND {_IN_TURN} ORDER BY number LIMIT 0 + :limit"
)
_AGAIN: Final = (
    "SELECT number FROM outbox o WHERE topic = :topic AND state = 'ready' AND due_at > 0 AND due_at <= :now"
    f" AND {_IN_TURN} ORDER BY due_at LIMIT 1"
)
_NEXT_LEASE: Final = (
    "INSERT INTO meta (key, value) VALUES ('leases', '1')"
    " ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT) RETURNING value"
)
_CLAIM: Final = (
    "UPDATE outbox AS o SET state = 'leased', lease = :lease, leased_until = :until, attempts = attempts + 1"
    f" WHERE number IN (%s) AND state = 'ready' AND {_IN_TURN} RETURNING number, key, payload, attempts"
)
_MINE: Final = "number = :number AND state = 'leased' AND lease = :lease"
_FINISH_ONE: Final = f"DELETE FROM outbox WHERE {_MINE} RETURNING number"


async def fresh(database: Database, topic: str, limit: int, halts: bool) -> list[int]:
    """Numbers of tasks whose turn it is and that were never tried."""
    rows = await database.read(_FRESH, {"topic": topic, "limit": limit, "halts": halts, "lease": ""})
    return [_integer(number) for (number,) in rows]


async def again(database: Database, topic: str, now: int, halts: bool) -> list[int]:
    """The number of the task whose next attempt is due the longest, if there is one."""
    rows = await database.read(_AGAIN, {"topic": topic, "now": now, "halts": halts, "lease": ""})
    return [_integer(number) for (number,) in rows]


async def next_due(database: Database, topic: str) -> int | None:
    """When the next retry is due or the next lease ends, in milliseconds UTC."""
    rows = await database.read(
        "SELECT min(at) FROM ("
        "SELECT min(due_at) AS at FROM outbox WHERE topic = :topic AND state = 'ready' AND due_at > 0"
        " UNION ALL SELECT min(leased_until) FROM outbox WHERE topic = :topic AND state = 'leased') AS times",
        {"topic": topic},
    )
    return None if rows[0][0] is None else _integer(rows[0][0])


async def dead(database: Database, limit: int) -> tuple[DeadTask, ...]:
    """The newest dead tasks, newest first."""
    rows = await database.read(
        "SELECT number, topic, key, payload, attempts, created_at, coalesce(error, '') FROM outbox WHERE state = 'dead'"
        " ORDER BY number DESC LIMIT 0 + :limit",
        {"limit": limit},
    )
    return tuple(_dead_task(row) for row in rows)


async def backlog(database: Database) -> Backlog:
    """How much there is to do."""
    rows = await database.read(
        "SELECT count(*) FILTER (WHERE state <> 'dead'), coalesce(min(created_at) FILTER (WHERE state <> 'dead'), 0),"
        " count(*) FILTER (WHERE state = 'dead') FROM outbox"
    )
    waiting, oldest_at, buried = rows[0]
    return Backlog(_integer(waiting), _integer(oldest_at), _integer(buried))


def claim(tx: Transaction, numbers: list[int], until: int, halts: bool) -> Batch:
    """Lease those of `numbers` that are still ready and in turn; `until` in milliseconds UTC."""
    lease = str(tx.execute(_NEXT_LEASE)[0][0])
    places = 1 << (len(numbers) - 1).bit_length()  # few different texts, so that statements stay prepared
    parameters: dict[str, Value] = {f"n{place}": 0 for place in range(places)}
    parameters.update((f"n{place}", number) for place, number in enumerate(numbers))
    sql = _CLAIM % ", ".join(f":n{place}" for place in range(places))
    rows = tx.execute(sql, {**parameters, "lease": lease, "until": until, "halts": halts})
    return Batch(lease, tuple(sorted((_task(row) for row in rows), key=lambda task: task.number)))


def finish(tx: Transaction, topic: str, lease: str) -> int:
    """Everything that this lease still holds is done; how many that were."""
    return len(
        tx.execute(
            "DELETE FROM outbox WHERE topic = :topic AND state = 'leased' AND lease = :lease RETURNING number",
            {"topic": topic, "lease": lease},
        )
    )


def finish_one(tx: Transaction, number: int, lease: str) -> bool:
    """One task is done; False when the lease had ended and somebody else has it."""
    return bool(tx.execute(_FINISH_ONE, {"number": number, "lease": lease}))


def retry(tx: Transaction, number: int, lease: str, due_at: int, error: str) -> bool:
    """One task failed: again at `due_at`. False as for `finish_one`."""
    rows = tx.execute(
        "UPDATE outbox SET state = 'ready', lease = NULL, leased_until = NULL, due_at = :due_at, error = :error"
        f" WHERE {_MINE} RETURNING number",
        {"number": number, "lease": lease, "due_at": due_at, "error": error},
    )
    return bool(rows)


def bury(tx: Transaction, number: int, lease: str, error: str) -> bool:
    """One task failed for the last time. False as for `finish_one`."""
    rows = tx.execute(
        "UPDATE outbox SET state = 'dead', lease = NULL, leased_until = NULL, error = :error"
        f" WHERE {_MINE} RETURNING number",
        {"number": number, "lease": lease, "error": error},
    )
    return bool(rows)


def give_back(tx: Transaction, topic: str, lease: str) -> None:
    """What this lease still holds was not tried."""
    tx.execute(
        "UPDATE outbox SET state = 'ready', lease = NULL, leased_until = NULL, attempts = attempts - 1"
        " WHERE topic = :topic AND state = 'leased' AND lease = :lease",
        {"topic": topic, "lease": lease},
    )


def expire(tx: Transaction, topic: str, now: int, attempts_max: int, error: str) -> None:
    """Take back what was leased by somebody who did not come back in time; bury what was tried often enough."""
    tx.execute(
        "UPDATE outbox SET state = CASE WHEN attempts >= :attempts_max THEN 'dead' ELSE 'ready' END, due_at = :now,"
        " lease = NULL, leased_until = NULL, error = :error"
        " WHERE topic = :topic AND state = 'leased' AND leased_until <= :now",
        {"topic": topic, "now": now, "attempts_max": attempts_max, "error": error},
    )


def shift(tx: Transaction, by_ms: int) -> None:
    """The wall clock was set: what is due by it is due as long from now as before."""
    tx.execute("UPDATE outbox SET due_at = max(1, due_at + :by) WHERE due_at > 0", {"by": by_ms})
    tx.execute("UPDATE outbox SET leased_until = leased_until + :by WHERE leased_until IS NOT NULL", {"by": by_ms})


def forget(tx: Transaction, topic: str, limit: int) -> int:
    """Throw away up to `limit` tasks of a topic that nobody will ever handle again; how many went."""
    sql = (
        "DELETE FROM outbox WHERE number IN (SELECT number FROM outbox WHERE topic = :topic LIMIT 0 + :limit) "
        "RETURNING number"
    )
    return len(tx.execute(sql, {"topic": topic, "limit": limit}))


def replay(tx: Transaction, number: int) -> str | None:
    """Make a dead task ready, as if it had never been tried; its topic, None when it is not dead."""
    rows = tx.execute(
        "UPDATE outbox SET state = 'ready', attempts = 0, due_at = 0, error = NULL"
        " WHERE number = :number AND state = 'dead' RETURNING topic",
        {"number": number},
    )
    return str(rows[0][0]) if rows else None


def _task(row: Row) -> Task:
    number, key, payload, attempts = row
    return Task(_integer(number), str(key), _bytes(payload), _integer(attempts))


def _dead_task(row: Row) -> DeadTask:
    number, topic, key, payload, attempts, created_at, error = row
    return DeadTask(
        _integer(number), str(topic), str(key), _bytes(payload), _integer(attempts), _integer(created_at), str(error)
    )


def _integer(value: Value) -> int:
    if not isinstance(value, int):
        raise Defect(f"a number was expected in the outbox, not {value!r}")
    return value


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise Defect("bytes were expected in the outbox")
    return value
