"""What every lock engine must do. A test module of an engine imports the tests and brings a fixture `make_locks`.

`make_locks()` gives an engine over the same names and clock as the one before; a second call stands for a restart.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.locks.locks import Lease, Locks
from app.model.errors import Defect, Problem
from tests.clock import ManualClock

MakeLocks = Callable[[], Awaitable[Locks]]
LONG = 3_600.0
WAITERS_MAX = 20  # of the engine under test


@pytest.fixture
async def locks(make_locks: MakeLocks) -> Locks:
    return await make_locks()


async def until_waiting(*tasks: asyncio.Task[Lease]) -> None:
    """Let the tasks come to where they wait."""
    for _ in range(3 * len(tasks) + 3):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def apart(verb: Callable[[], Awaitable[Lease]]) -> Lease:
    """In a task of its own: what one task holds does not bind another."""

    async def run() -> Lease:
        return await verb()

    return await asyncio.create_task(run())


async def test_one_at_a_time_first_come_first_served(locks: Locks) -> None:
    served: list[int] = []
    inside = 0

    async def work(number: int) -> None:
        nonlocal inside
        async with locks.hold("door", LONG):
            inside += 1
            assert inside == 1
            served.append(number)
            await asyncio.sleep(0)
            inside -= 1

    async with asyncio.TaskGroup() as group:
        for number in range(WAITERS_MAX):
            group.create_task(work(number))
    assert served == list(range(WAITERS_MAX))


async def test_other_names_do_not_wait(locks: Locks) -> None:
    await locks.acquire("a", LONG)
    await locks.acquire("b", LONG)


async def test_tokens_grow_for_every_grant_of_a_name(locks: Locks) -> None:
    tokens = []
    for _ in range(5):
        async with locks.hold("door", LONG) as lease:
            tokens.append(lease.token)
    assert tokens == sorted(set(tokens))


async def test_tokens_go_on_after_a_restart(make_locks: MakeLocks) -> None:
    tokens = []
    for _ in range(3):
        locks = await make_locks()
        lease = await apart(lambda: locks.acquire("door", LONG))  # noqa: B023 - awaited at once
        tokens.append(lease.token)
        await locks.release(lease)
    assert tokens == sorted(set(tokens))


async def test_a_lock_whose_time_is_over_goes_to_the_next(locks: Locks, clock: ManualClock) -> None:
    late = await apart(lambda: locks.acquire("door", 10.0))
    clock.advance(9.9)
    waiting = asyncio.create_task(locks.acquire("door", 10.0))
    await until_waiting(waiting)
    clock.advance(0.1)
    last = asyncio.create_task(locks.acquire("door", 10.0))
    present = await waiting
    assert present.token > late.token
    assert not await locks.release(late)  # a late holder cannot end somebody else's lease
    await until_waiting(last)
    assert await locks.release(present)
    assert (await last).token > present.token


async def test_the_time_begins_when_the_lock_is_granted(locks: Locks, clock: ManualClock) -> None:
    first = await apart(lambda: locks.acquire("door", LONG))
    waiting = asyncio.create_task(locks.acquire("door", 10.0))
    await until_waiting(waiting)
    clock.advance(60.0)
    await locks.release(first)
    assert await locks.release(await waiting)


async def test_a_released_lock_cannot_be_released_again(locks: Locks) -> None:
    lease = await locks.acquire("door", LONG)
    assert await locks.release(lease)
    assert not await locks.release(lease)


async def test_a_cancelled_waiter_leaves_no_trace(locks: Locks) -> None:
    holder = await apart(lambda: locks.acquire("door", LONG))
    cancelled, patient = (asyncio.create_task(locks.acquire("door", LONG)) for _ in range(2))
    await until_waiting(cancelled, patient)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    await locks.release(holder)
    await locks.release(await patient)
    await apart(lambda: locks.acquire("door", LONG))


async def test_a_waiter_cancelled_in_the_moment_of_the_grant_passes_it_on(locks: Locks) -> None:
    holder = await apart(lambda: locks.acquire("door", LONG))
    cancelled, patient = (asyncio.create_task(locks.acquire("door", LONG)) for _ in range(2))
    await until_waiting(cancelled, patient)
    await locks.release(holder)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    async with asyncio.timeout(60):
        await patient


async def test_a_cancelled_holder_leaves_no_trace(locks: Locks) -> None:
    entered = asyncio.Event()

    async def work() -> None:
        async with locks.hold("door", LONG):
            entered.set()
            await asyncio.Event().wait()

    holder = asyncio.create_task(work())
    await entered.wait()
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder
    async with asyncio.timeout(60):
        await locks.acquire("door", LONG)


async def test_the_same_name_again_is_refused_at_once(locks: Locks) -> None:
    async with locks.hold("door", LONG):
        with pytest.raises(Defect, match="ascending"):
            await locks.acquire("door", LONG)


async def test_an_order_that_could_deadlock_is_refused_at_once(locks: Locks) -> None:
    async with locks.hold("b", LONG):
        with pytest.raises(Defect, match="ascending"):
            await locks.acquire("a", LONG)
        async with locks.hold("c", LONG):
            pass
    async with locks.hold("a", LONG), locks.hold("b", LONG):
        pass


async def test_what_is_over_binds_nobody(locks: Locks, clock: ManualClock) -> None:
    await locks.acquire("b", 10.0)
    clock.advance(10.0)
    await locks.acquire("a", 10.0)
    await locks.acquire("b", 10.0)


async def test_too_many_waiters_are_refused(locks: Locks) -> None:
    holder = await apart(lambda: locks.acquire("door", LONG))
    waiting = [asyncio.create_task(locks.acquire("door", LONG)) for _ in range(WAITERS_MAX)]
    await until_waiting(*waiting)
    with pytest.raises(Problem) as refused:
        await locks.acquire("door", LONG)
    assert refused.value.code == "busy"
    await locks.release(holder)
    for task in waiting:
        await locks.release(await task)


async def test_a_storm_of_cancellations_leaves_the_lock_usable(locks: Locks) -> None:
    async def work(number: int) -> None:
        async with locks.hold("door", LONG):
            await asyncio.sleep(0)

    for cancelled in range(12):
        tasks = [asyncio.create_task(work(number)) for number in range(6)]
        for _ in range(cancelled):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(60):
        await locks.acquire("door", LONG)
