"""Douyin shop by its preset: every order once, whatever happens between, and nothing that the gateway would refuse."""

from pathlib import Path

from tests.adapters.test_engine import joined
from tests.adapters.vendors.clock import SharedClock
from tests.adapters.vendors.douyin import KEY, SECRET, SHOP, Douyin
from tests.adapters.vendors.joining import NAME, Expected, join, slowed, through_a_storm, until, until_same
from tests.adapters.vendors.vendor import hmac_sha256_hex, query_of, rfc3339, yuan
from tests.domain import Domain


def _expected(shop: Douyin) -> Expected:
    return {
        shop.number(sale): {
            "total": yuan(sale.cents), "paid": yuan(sale.cents), "status": shop.status(sale)[1], "refund": "none",
            "created_at": rfc3339(sale.created), "shipped_at": None,
        }
        for sale in shop.sales
    }  # fmt: skip


def _join(folder: Path, port: int) -> None:
    settings = {
        "app_key": KEY, "shop_id": SHOP, "address": f"http://127.0.0.1:{port}", "since": "3h", "every": "100ms",
    }  # fmt: skip
    join(folder, "douyin", port, settings, {"app_secret": SECRET})


async def test_every_order_is_there_once_whatever_happens_between(domain: Domain, tmp_path: Path) -> None:
    shop = Douyin(SharedClock(), 1_200)
    await through_a_storm(domain, tmp_path, shop, lambda port: _join(tmp_path, port), lambda: _expected(shop))


async def test_slower_is_no_refusal(domain: Domain, tmp_path: Path) -> None:
    shop = Douyin(SharedClock(), 30)
    await slowed(domain, tmp_path, shop, lambda port: _join(tmp_path, port), lambda: _expected(shop))


async def test_what_is_signed_is_what_is_sent_but_for_what_the_vendor_leaves_out(
    domain: Domain, tmp_path: Path
) -> None:  # fmt: skip
    shop = Douyin(SharedClock(), 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock):
        _join(tmp_path, far.port)
        await until_same(domain, lambda: _expected(shop))
    for heard in shop.far.heard:
        sent = {**query_of(heard), "param_json": heard.body.decode()}
        signature = sent.pop("sign")
        assert sent.pop("sign_method") == "hmac-sha256"
        sent.pop("access_token", "")
        text = "".join(name + sent[name] for name in sorted(sent))
        assert signature == hmac_sha256_hex(SECRET, SECRET + text + SECRET)


async def test_a_token_that_has_ended_is_had_anew(domain: Domain, tmp_path: Path) -> None:
    shop = Douyin(SharedClock(), 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock, source_rest_seconds=600) as systems:
        _join(tmp_path, far.port)
        await until_same(domain, lambda: _expected(shop))
        shop.tokens.clear()
        shop.add()
        shop.clock.advance(120)
        await until_same(domain, lambda: _expected(shop))
        await until(lambda: systems.states[NAME].code == "")
    assert (shop.wrong, shop.lent) == ([], 2)
