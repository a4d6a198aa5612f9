"""Shopify by its preset: every order once, polled and pushed, whatever happens between."""

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
from tests.adapters.vendors.shopify import CLIENT, SECRET, Shopify
from tests.adapters.vendors.vendor import rfc3339, yuan
from tests.domain import Domain

_PUSH = f"{NAME}-push"


def _expected(shop: Shopify) -> Expected:
    return {
        shop.number(sale): {
            "total": yuan(sale.cents), "status": shop.status(sale)[1], "refund": "none", "currency": "GBP",
            "created_at": rfc3339(sale.created), "paid_at": rfc3339(sale.created + 5),
            "extra": {"number": f"#{sale.number}"},
        }
        for sale in shop.sales
    }  # fmt: skip


def _join(folder: Path, port: int, **more: object) -> None:
    settings = {
        "client_id": CLIENT, "address": f"http://127.0.0.1:{port}", "since": "3h", "every": "100ms", **more,
    }  # fmt: skip
    join(folder, "shopify", port, settings, {"client_secret": SECRET})


async def test_every_order_is_there_once_whatever_happens_between(domain: Domain, tmp_path: Path) -> None:
    shop = Shopify(SharedClock(), 400)
    await through_a_storm(domain, tmp_path, shop, lambda port: _join(tmp_path, port, size=100), lambda: _expected(shop))


async def test_slower_is_no_refusal(domain: Domain, tmp_path: Path) -> None:
    shop = Shopify(SharedClock(), 30)
    await slowed(domain, tmp_path, shop, lambda port: _join(tmp_path, port), lambda: _expected(shop))


async def test_what_is_pushed_and_what_is_polled_is_one_order(domain: Domain, tmp_path: Path) -> None:
    shop = Shopify(SharedClock(), 30)

    def arrival(body: bytes, headers: dict[str, str]) -> Arrival:
        return Arrival("POST", f"/in/{_PUSH}", (), headers, body, "127.0.0.1")

    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock) as systems:
        _join(tmp_path, far.port, push=True)
        await until_same(domain, lambda: _expected(shop))
        sale = shop.add()
        shop.sales[3].move(shop.clock.now)
        for pushed, delivery in ((sale, "a"), (sale, "a"), (shop.sales[3], "b")):
            await systems.take(_PUSH, arrival(*shop.hook(pushed, delivery)))
        await until_same(domain, lambda: _expected(shop))
        shop.clock.advance(60)
        await until(lambda: systems.states[NAME].read_until >= shop.clock.now_ms() - 10_000)
        await until_same(domain, lambda: _expected(shop))
        body, headers = shop.hook(sale, "c")
        with pytest.raises(Unproven):
            await systems.take(_PUSH, arrival(body.replace(b"paid", b"void"), headers))
    assert shop.wrong == []
    await demand_clean(domain, _PUSH)


async def test_a_token_that_has_ended_is_had_anew(domain: Domain, tmp_path: Path) -> None:
    shop = Shopify(SharedClock(), 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock, source_rest_seconds=600) as systems:
        _join(tmp_path, far.port)
        await until_same(domain, lambda: _expected(shop))
        shop.tokens.clear()
        shop.add()
        shop.clock.advance(120)
        await until_same(domain, lambda: _expected(shop))
        await until(lambda: systems.states[NAME].code == "")
    assert (shop.wrong, shop.lent) == ([], 2)
