"""What is asked of one system leaves for another: each order once, and again when it has changed, whatever stops."""

import asyncio
import json
from pathlib import Path

from tests.adapters.far import Far, answer
from tests.adapters.shop import Shop
from tests.adapters.test_engine import joined, put, until
from tests.domain import Domain

SPEC = """\
source: mall
title: {en: From the shop to the ERP, zh: 商城到 ERP}
allow: ["127.0.0.1:%(shop)d", "127.0.0.1:%(erp)d"]
call:
  get: http://127.0.0.1:%(shop)d/orders
  query: {page: $page, size: $size}
records: {at: list, id: sn}
follow: {pages: first-to-last, size: 10, total: total, every: 100ms}
map: {id: sn, total: pay}
deliver: {post: "http://127.0.0.1:%(erp)d/in", idempotency: X-Id}
"""


async def test_each_order_leaves_once_and_again_when_it_has_changed(domain: Domain, tmp_path: Path) -> None:
    shop, erp = Shop(45), Far(answer(b"{}"))

    def told() -> list[tuple[str, str]]:
        return [(json.loads(one.body)["id"], json.loads(one.body)["total"]) for one in erp.heard]

    async with shop.far.serving(), erp.serving():
        put(tmp_path, SPEC % {"shop": shop.far.port, "erp": erp.port})
        for seconds in (0.1, 0.15, 0.2):
            async with joined(domain, tmp_path, source_rows_per_write=3):
                await asyncio.sleep(seconds)
        async with joined(domain, tmp_path, source_rows_per_write=3) as systems:
            await until(lambda: len(set(told())) == 45)
            asked = len(shop.asked)
            await until(lambda: len(shop.asked) > asked + 12)
            shop.orders[7]["pay"] = "1.25"
            await until(lambda: ("o7", "1.25") in told())
            asked = len(shop.asked)
            await until(lambda: len(shop.asked) > asked + 12)
            assert systems.states["mall"].code == ""
    ids: dict[tuple[str, str], set[str]] = {}
    for one, order in zip(erp.heard, told(), strict=True):
        ids.setdefault(order, set()).add(one.headers["x-id"])
    assert len(ids) == 46
    assert {len(each) for each in ids.values()} == {1}, "an order that is taken twice leaves as two"
