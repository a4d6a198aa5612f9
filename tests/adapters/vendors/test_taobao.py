"""Taobao by its preset: every order once, whatever happens between, and nothing that the gateway would refuse."""

from pathlib import Path
from urllib.parse import parse_qsl

from tests.adapters.test_engine import joined
from tests.adapters.vendors.clock import SharedClock
from tests.adapters.vendors.joining import (
    NAME,
    Expected,
    hide,
    join,
    slowed,
    through_a_storm,
    until,
    until_same,
)  # fmt: skip
from tests.adapters.vendors.taobao import KEY, SECRET, Taobao
from tests.adapters.vendors.vendor import rfc3339, wrapped_md5, yuan
from tests.domain import Domain


def _expected(shop: Taobao) -> Expected:
    return {
        shop.number(sale): {
            "total": yuan(sale.cents), "paid": yuan(sale.cents), "status": shop.status(sale)[1], "refund": "none",
            "created_at": rfc3339(sale.created), "paid_at": rfc3339(sale.created + 5),
        }
        for sale in shop.sales
    }  # fmt: skip


def _join(folder: Path, shop: Taobao, port: int) -> None:
    join(
        folder, "taobao", port,
        {"app_key": KEY, "address": f"http://127.0.0.1:{port}/router/rest", "since": "3h", "every": "100ms"},
        {"app_secret": SECRET, "session": shop.session},
    )  # fmt: skip


async def test_every_order_is_there_once_whatever_happens_between(domain: Domain, tmp_path: Path) -> None:
    shop = Taobao(SharedClock(), 900)
    await through_a_storm(
        domain, tmp_path, shop, lambda port: _join(tmp_path, shop, port), lambda: _expected(shop)
    )  # fmt: skip
    shop.demand_backwards()


async def test_slower_is_no_refusal(domain: Domain, tmp_path: Path) -> None:
    shop = Taobao(SharedClock(), 30)
    await slowed(domain, tmp_path, shop, lambda port: _join(tmp_path, shop, port), lambda: _expected(shop))


async def test_what_is_signed_is_what_is_sent_but_for_the_signature(domain: Domain, tmp_path: Path) -> None:
    shop = Taobao(SharedClock(), 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock):
        _join(tmp_path, shop, far.port)
        await until_same(domain, lambda: _expected(shop))
    for heard in shop.far.heard:
        sent = dict(parse_qsl(heard.body.decode(), keep_blank_values=True))
        assert sent.pop("sign") == wrapped_md5(SECRET, sent)


async def test_a_session_that_has_ended_is_told_and_the_new_one_taken_up(domain: Domain, tmp_path: Path) -> None:
    shop = Taobao(SharedClock(), 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock) as systems:
        _join(tmp_path, shop, far.port)
        await until_same(domain, lambda: _expected(shop))
        shop.session = "session-2"
        shop.add()
        shop.clock.advance(120)
        await until(lambda: systems.states[NAME].code == "refused")
        assert "Invalid session" in systems.states[NAME].en
        hide(tmp_path, "session", "session-2")
        await until_same(domain, lambda: _expected(shop))
        await until(lambda: systems.states[NAME].code == "")
    assert shop.wrong == []
