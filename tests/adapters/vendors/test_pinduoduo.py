"""Pinduoduo by its preset: every order once, whatever happens between, and nothing that the vendor would refuse."""

from pathlib import Path
from typing import Any

from tests.adapters.test_engine import joined
from tests.adapters.vendors.clock import SharedClock
from tests.adapters.vendors.joining import (
    NAME,
    demand_clean,
    hidden,
    join,
    kept,
    slowed,
    through_a_storm,
    until,
    until_same,
)
from tests.adapters.vendors.pinduoduo import CLIENT, SECRET, Pinduoduo
from tests.adapters.vendors.vendor import rfc3339, wrapped_md5, yuan
from tests.domain import Domain

_STATUSES = {1: "to_ship", 2: "shipped", 3: "signed"}


def _expected(shop: Pinduoduo) -> dict[str, dict[str, Any]]:
    shown = [shop.order(sale) for sale in shop.sales]
    return {
        shop.number(sale): {
            "total": yuan(sale.cents), "status": _STATUSES[order["order_status"]],
            "created_at": rfc3339(sale.created),
        }
        for sale, order in zip(shop.sales, shown, strict=True)
    }  # fmt: skip


def _join(folder: Path, shop: Pinduoduo, port: int) -> None:
    join(
        folder, "pinduoduo", port,
        {"client_id": CLIENT, "address": f"http://127.0.0.1:{port}/api/router", "since": "3h", "every": "100ms"},
        {"client_secret": SECRET, "refresh_token": shop.refresh},
    )  # fmt: skip


async def test_every_order_is_there_once_whatever_happens_between(domain: Domain, tmp_path: Path) -> None:
    shop = Pinduoduo(SharedClock(), 1_500)
    await through_a_storm(
        domain, tmp_path, shop, lambda port: _join(tmp_path, shop, port), lambda: _expected(shop)
    )  # fmt: skip
    shop.demand_backwards()


async def test_slower_is_no_refusal(domain: Domain, tmp_path: Path) -> None:
    shop = Pinduoduo(SharedClock(), 30)
    await slowed(domain, tmp_path, shop, lambda port: _join(tmp_path, shop, port), lambda: _expected(shop))


async def test_a_token_that_has_ended_is_renewed_and_its_successor_kept(domain: Domain, tmp_path: Path) -> None:
    clock = SharedClock()
    shop = Pinduoduo(clock, 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, clock, source_rest_seconds=600) as systems:
        _join(tmp_path, shop, far.port)
        await until_same(domain, lambda: _expected(shop))
        shop.tokens.clear()
        shop.sales[0].move(clock.now)
        clock.advance(240)
        await until_same(domain, lambda: _expected(shop))
        await until(lambda: systems.states[NAME].code == "")
    assert (shop.wrong, shop.renewed, hidden(tmp_path, "refresh_token")) == ([], 2, "refresh-2")


async def test_what_is_signed_is_what_is_sent_but_for_the_signature(domain: Domain, tmp_path: Path) -> None:
    clock = SharedClock()
    shop = Pinduoduo(clock, 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, clock):
        _join(tmp_path, shop, far.port)
        await until_same(domain, lambda: _expected(shop))
    for heard in shop.far.heard:
        sent = dict(pair.split("=", 1) for pair in heard.body.decode().split("&"))
        signature = sent.pop("sign")
        assert all(value == value.strip() and "%" not in value for value in sent.values())
        assert signature == wrapped_md5(SECRET, sent)


async def test_an_order_is_found_by_a_number_that_is_shown_and_by_none_that_is_masked(
    domain: Domain, tmp_path: Path
) -> None:
    shop = Pinduoduo(SharedClock(), 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock):
        _join(tmp_path, shop, far.port)
        await until_same(domain, lambda: _expected(shop))
    rows = await domain.database.read("SELECT DISTINCT key FROM record_keys", {}, many=True)
    shown = [shop.order(sale) for sale in shop.sales if shop.order(sale)["order_status"] == 1]
    assert {str(row[0]) for row in rows} == {f"phone:{order['receiver_phone']}" for order in shown}
    assert 0 < len(shown) < 30
    masked = await kept(domain, shop.number(shop.sales[1]))
    assert masked is not None and masked.customer is not None
    assert (masked.customer.name, masked.customer.phone) == ("王**", "1380000****")


async def test_a_vendor_that_is_down_for_a_while_is_asked_again(domain: Domain, tmp_path: Path) -> None:
    clock = SharedClock()
    shop = Pinduoduo(clock, 250)
    async with joined(domain, tmp_path, clock) as systems:
        async with shop.far.serving() as far:
            port = far.port
            _join(tmp_path, shop, port)
            await until(lambda: len(shop.pages) > 2)
        await until(lambda: systems.states[NAME].state == "failing" and systems.states[NAME].code != "")
        async with shop.far.serving(port=port):
            await until_same(domain, lambda: _expected(shop))
            await until(lambda: systems.states[NAME].code == "")
    await demand_clean(domain)


async def test_a_clock_that_goes_wrong_is_told_and_costs_nothing(domain: Domain, tmp_path: Path) -> None:
    clock, theirs = SharedClock(), SharedClock()
    shop = Pinduoduo(theirs, 50, hours=1)
    theirs.advance(3_600)
    async with shop.far.serving() as far, joined(domain, tmp_path, clock) as systems:
        _join(tmp_path, shop, far.port)
        await until(lambda: NAME in systems.states and systems.states[NAME].code == "refused")
        assert "10001" in systems.states[NAME].en
        assert {wrong.split(":")[0] for wrong in shop.wrong} == {"10001"}
        clock.advance(3_600)
        await until_same(domain, lambda: _expected(shop))
