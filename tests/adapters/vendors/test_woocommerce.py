"""WooCommerce by its preset: every order once, polled and pushed, whatever happens between."""

from pathlib import Path

import pytest

from app.adapters.proving.proofs import Unproven
from app.model.arrivals import Arrival
from app.storage import records
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
from tests.adapters.vendors.vendor import rfc3339, yuan
from tests.adapters.vendors.woocommerce import HOOK, KEY, SECRET, WooCommerce
from tests.domain import Domain

_PUSH = f"{NAME}-push"


def _expected(shop: WooCommerce) -> Expected:
    return {
        shop.number(sale): {
            "total": yuan(sale.cents), "status": shop.status(sale)[1], "refund": "none", "currency": "EUR",
            "created_at": rfc3339(sale.created), "paid_at": rfc3339(sale.created + 5),
        }
        for sale in shop.sales
    }  # fmt: skip


def _join(folder: Path, port: int, **more: object) -> None:
    settings = {
        "consumer_key": KEY, "address": f"http://127.0.0.1:{port}", "since": "3h", "every": "100ms", **more,
    }  # fmt: skip
    secrets = {"consumer_secret": SECRET, **({"webhook_secret": HOOK} if more else {})}
    join(folder, "woocommerce", port, settings, secrets)


def _arrival(body: bytes, headers: dict[str, str]) -> Arrival:
    return Arrival("POST", f"/in/{_PUSH}", (), headers, body, "127.0.0.1")


async def test_every_order_is_there_once_whatever_happens_between(domain: Domain, tmp_path: Path) -> None:
    shop = WooCommerce(SharedClock(), 600)
    await through_a_storm(domain, tmp_path, shop, lambda port: _join(tmp_path, port), lambda: _expected(shop))
    shop.demand_backwards()


async def test_slower_is_no_refusal(domain: Domain, tmp_path: Path) -> None:
    shop = WooCommerce(SharedClock(), 30)
    await slowed(domain, tmp_path, shop, lambda port: _join(tmp_path, port), lambda: _expected(shop))


async def test_what_is_pushed_and_what_is_polled_is_one_order(domain: Domain, tmp_path: Path) -> None:
    shop = WooCommerce(SharedClock(), 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock) as systems:
        _join(tmp_path, far.port, push=True)
        await until_same(domain, lambda: _expected(shop))
        old = shop.hook(shop.sales[3], "1")
        sale = shop.add()
        shop.sales[3].move(shop.clock.now)
        for pushed, delivery in ((sale, "2"), (sale, "2"), (shop.sales[3], "3"), (sale, "4")):
            await systems.take(_PUSH, _arrival(*shop.hook(pushed, delivery)))
        await systems.take(_PUSH, _arrival(*old))  # it comes late, and is older than what is there
        await systems.take(_PUSH, _arrival(*shop.hook(shop.sales[4], "5", "order.deleted")))
        await until_same(domain, lambda: _expected(shop))
        shop.clock.advance(60)
        await until(lambda: systems.states[NAME].read_until >= shop.clock.now_ms() - 10_000)
        await until_same(domain, lambda: _expected(shop))
        body, headers = shop.hook(sale, "6")
        with pytest.raises(Unproven):
            await systems.take(_PUSH, _arrival(body + b" ", headers))
    assert await records.counts(domain.database, _PUSH) == {}, "it is the shop's, not the part's"
    assert shop.wrong == []
    await demand_clean(domain, _PUSH)


async def test_a_key_that_is_refused_is_told(domain: Domain, tmp_path: Path) -> None:
    shop = WooCommerce(SharedClock(), 5)
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock) as systems:
        _join(tmp_path, far.port)
        (tmp_path / "keys" / "adapters" / "consumer-secret").write_text("another")
        await until(lambda: NAME in systems.states and systems.states[NAME].code == "refused")
        assert "401" in systems.states[NAME].en
        assert "another" not in systems.states[NAME].en
