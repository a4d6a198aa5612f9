"""The lock engine of one process keeps the contract, and its tokens guard a write."""

import asyncio

import pytest

from app.locks.locks import Locks
from app.locks.memory import MemoryLocks
from app.model.clock import SystemClock
from app.settings import Limits
from app.storage.fencing import first_token
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock
from tests.locks.contract import *  # noqa: F403 - the contract's tests are this module's
from tests.locks.contract import LONG, WAITERS_MAX, MakeLocks


@pytest.fixture
def make_locks(database: SqliteDatabase, clock: ManualClock) -> MakeLocks:
    async def make() -> Locks:
        return MemoryLocks(clock, Limits(lock_waiters_max=WAITERS_MAX), await first_token(database))

    return make


async def test_time_passes_a_lock_on_without_anybody_asking() -> None:
    locks = MemoryLocks(SystemClock(), Limits(), 1)
    await asyncio.create_task(_acquire(locks, 0.01))
    async with asyncio.timeout(60):
        await locks.acquire("door", LONG)


async def test_nothing_is_kept_for_locks_that_nobody_has(clock: ManualClock) -> None:
    locks = MemoryLocks(clock, Limits(), 1)
    for number in range(50):
        async with locks.hold(f"door {number}", LONG):
            pass
    assert locks.held == 0


async def test_a_stale_token_does_not_write(database: SqliteDatabase, clock: ManualClock) -> None:
    locks = MemoryLocks(clock, Limits(), await first_token(database))
    await database.write(
        lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ('fence', '0'), ('owner', 'nobody')")
    )

    async def take(name: str, token: int) -> bool:
        rows = await database.write(
            lambda tx: tx.execute(
                "UPDATE meta SET value = :token WHERE key = 'fence' AND CAST(value AS BIGINT) < :fence RETURNING key",
                {"token": str(token), "fence": token},
            )
        )
        return bool(rows)

    stale = await asyncio.create_task(_acquire(locks, 10.0))
    clock.advance(10.0)  # its holder slept
    present = await asyncio.create_task(_acquire(locks, 10.0))
    assert await take("present", present)
    assert not await take("stale", stale)


async def _acquire(locks: MemoryLocks, ttl_seconds: float) -> int:
    return (await locks.acquire("door", ttl_seconds)).token
