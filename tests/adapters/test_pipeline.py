"""Stages overlap, keep their order, hold no more than they may, and stop at the first error, leaving nothing behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.adapters.origins.pipeline import Budget, Stage


async def numbers(count: int, began: list[int] | None = None) -> AsyncIterator[int]:
    for number in range(count):
        if began is not None:
            began.append(number)
        yield number


@pytest.mark.parametrize("lanes", [1, 4])
async def test_results_come_in_order_whichever_is_ready_first(lanes: int) -> None:
    async def work(number: int) -> int:
        await asyncio.sleep(0.02 if number % 3 == 0 else 0)
        return number * 2

    async with Stage(numbers(30), work, lanes).running() as results:
        assert [one async for one in results] == [number * 2 for number in range(30)]


@pytest.mark.parametrize("lanes", [1, 3])
async def test_a_slow_taker_holds_back_what_feeds_it(lanes: int) -> None:
    began: list[int] = []

    async def work(number: int) -> int:
        return number

    async with Stage(numbers(100, began), work, lanes).running() as results:
        async for number in results:
            await asyncio.sleep(0.005)
            assert len(began) <= number + 1 + lanes + 1
            if number == 20:
                break


async def test_a_stage_works_while_its_result_is_taken() -> None:
    working = asyncio.Event()

    async def work(number: int) -> int:
        if number == 1:
            working.set()
        return number

    async with Stage(numbers(3), work).running() as results:
        async for _ in results:
            async with asyncio.timeout(5):
                await working.wait()
            break


@pytest.mark.parametrize("where", ["work", "source"])
async def test_the_first_error_ends_it_after_what_came_before(where: str) -> None:
    async def source() -> AsyncIterator[int]:
        async for number in numbers(10):
            if where == "source" and number == 5:
                raise ValueError("no more")
            yield number

    async def work(number: int) -> int:
        if where == "work" and number == 5:
            raise ValueError("no more")
        return number

    got: list[int] = []
    before = len(asyncio.all_tasks())

    async def taken() -> None:
        async with Stage(source(), work, 3).running() as results:
            async for one in results:
                got.append(one)  # noqa: PERF401 - what came before the error is looked at

    with pytest.raises(ValueError, match="no more"):
        await taken()
    assert (got, len(asyncio.all_tasks())) == ([0, 1, 2, 3, 4], before)


async def test_what_is_left_is_not_worked_on() -> None:
    cancelled: list[int] = []

    async def work(number: int) -> int:
        try:
            await asyncio.sleep(3_600 if number else 0)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    async with Stage(numbers(10), work, 3).running() as results:
        async for _ in results:
            await asyncio.sleep(0)
            break
    assert cancelled
    assert len(asyncio.all_tasks()) == 1


async def test_bytes_are_held_within_the_budget_and_a_large_one_passes_alone() -> None:
    budget, held, most = Budget(100), [0], [0]

    async def one(size: int) -> None:
        await budget.take(size)
        held[0] += size
        most[0] = max(most[0], held[0])
        await asyncio.sleep(0.001)
        held[0] -= size
        budget.free(size)

    async with asyncio.timeout(20):
        await asyncio.gather(*(one(size) for size in [40] * 10 + [30] * 10))
        assert most[0] <= 100
        await asyncio.gather(one(500), one(10), one(10))
    assert budget.peak == 500
