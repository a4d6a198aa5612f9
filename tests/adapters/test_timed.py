"""A source by the clock asks at its times, and what it missed while nothing ran is asked once."""

import asyncio
from pathlib import Path

from app.storage import source_cursors
from tests.adapters.shop import Shop
from tests.adapters.test_engine import joined, put, until, until_orders
from tests.domain import Domain

SPEC = """\
source: mall
title: {en: By the clock, zh: 定时}
allow: ["127.0.0.1:%(port)d"]
times: {every: 400ms}
then:
  call:
    get: http://127.0.0.1:%(port)d/orders
    query: {page: "1", at: $item}
    retry: {times: 0}
  each: at
  records: {at: list, id: sn}
map:
  id: sn
  total: {from: pay, as: money}
deliver: {to: orders}
"""


async def test_it_asks_at_its_times_and_once_for_those_that_were_missed(domain: Domain, tmp_path: Path) -> None:
    shop = Shop(7)
    async with shop.far.serving() as far:
        put(tmp_path, SPEC % {"port": far.port})
        async with joined(domain, tmp_path):
            await until_orders(domain, 7)
            await until(lambda: len(shop.asked) >= 3)
        times = [one["at"] for one in shop.asked]
        assert len(set(times)) == len(times)
        assert times == sorted(times)
        await asyncio.sleep(1.7)  # four times are missed
        before = len(shop.asked)
        async with joined(domain, tmp_path):
            await until(lambda: len(shop.asked) > before)
            await asyncio.sleep(0.2)
            assert len(shop.asked) <= before + 2, "what was missed, and perhaps the next"
    assert len({one["at"] for one in shop.asked}) == len(shop.asked)


async def test_what_cannot_be_brought_is_due_again(domain: Domain, tmp_path: Path) -> None:
    shop = Shop(3)
    shop.lies = [("503 Busy", b"")] * 2
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port})
        await until(lambda: "mall" in systems.states and systems.states["mall"].state == "failing")
        assert systems.states["mall"].code == "answer_5xx"
        await until_orders(domain, 3)
        await until(lambda: systems.states["mall"].code == "")


async def test_what_an_origin_of_another_kind_left_is_no_hindrance(domain: Domain, tmp_path: Path) -> None:
    await domain.database.write(lambda tx: source_cursors.move(tx, "mall", b'{"until": 5}', 1))
    shop = Shop(3)
    async with shop.far.serving() as far, joined(domain, tmp_path):
        put(tmp_path, SPEC % {"port": far.port})
        await until_orders(domain, 3)


async def test_a_clock_that_is_put_back_does_not_stop_an_interval(domain: Domain, tmp_path: Path) -> None:
    far_ahead = b'{"at": 4000000000000, "any": true}'
    await domain.database.write(lambda tx: source_cursors.move(tx, "mall", far_ahead, 1))
    shop = Shop(3)
    async with shop.far.serving() as far, joined(domain, tmp_path):
        put(tmp_path, SPEC % {"port": far.port})
        await until_orders(domain, 3)
