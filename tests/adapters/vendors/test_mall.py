"""A mall of one's own by its preset: every order once, polled and pushed, whatever happens between."""

from pathlib import Path

import pytest

from app.adapters.proving.proofs import Unproven
from app.model.arrivals import Arrival
from tests.adapters.test_engine import joined
from tests.adapters.vendors.clock import SharedClock
from tests.adapters.vendors.joining import (
    NAME,
    Expected,
    demand_clean,
    join,
    slowed,
    through_a_storm,
    until,
    until_same,
)
from tests.adapters.vendors.mall import KEY, Mall
from tests.adapters.vendors.vendor import rfc3339, yuan
from tests.domain import Domain

_PUSH = f"{NAME}-push"


def _expected(shop: Mall) -> Expected:
    return {
        shop.number(sale): {
            "total": yuan(sale.cents), "status": shop.status(sale), "refund": "none", "currency": "CNY",
            "created_at": rfc3339(sale.created),
        }
        for sale in shop.sales
    }  # fmt: skip


def _join(folder: Path, port: int, **more: object) -> None:
    settings = {"address": f"http://127.0.0.1:{port}/api/orders", "since": "3h", "every": "100ms", **more}
    join(folder, "mall", port, settings, {"key": KEY})


async def test_every_order_is_there_once_whatever_happens_between(domain: Domain, tmp_path: Path) -> None:
    shop = Mall(SharedClock(), 1_200)
    await through_a_storm(domain, tmp_path, shop, lambda port: _join(tmp_path, port), lambda: _expected(shop))


async def test_slower_is_no_refusal(domain: Domain, tmp_path: Path) -> None:
    shop = Mall(SharedClock(), 30)
    await slowed(domain, tmp_path, shop, lambda port: _join(tmp_path, port), lambda: _expected(shop))


async def test_what_is_pushed_is_there_at_once_and_an_old_signature_is_none(domain: Domain, tmp_path: Path) -> None:
    shop = Mall(SharedClock(), 30)

    def arrival(body: bytes, headers: dict[str, str]) -> Arrival:
        return Arrival("POST", f"/in/{_PUSH}", (), headers, body, "127.0.0.1")

    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock) as systems:
        _join(tmp_path, far.port, push=True)
        await until_same(domain, lambda: _expected(shop))
        await until(lambda: systems.bytes_max(_PUSH) is not None)
        shop.sales[5].move(shop.clock.now)
        await systems.take(_PUSH, arrival(*shop.hook([shop.add(), shop.add(), shop.sales[5]])))
        await until_same(domain, lambda: _expected(shop))
        body, headers = shop.hook([shop.sales[0]])
        with pytest.raises(Unproven):
            await systems.take(_PUSH, arrival(body, {**headers, "x-timestamp": str(shop.clock.now + 1)}))
        shop.clock.advance(600)
        with pytest.raises(Unproven):
            await systems.take(_PUSH, arrival(body, headers))
        await until_same(domain, lambda: _expected(shop))
    assert shop.wrong == []
    await demand_clean(domain, _PUSH)
