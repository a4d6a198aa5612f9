"""JD by its preset: every order once, whatever happens between, and nothing that the gateway would refuse."""

from pathlib import Path
from urllib.parse import parse_qsl

from tests.adapters.test_engine import joined
from tests.adapters.vendors.clock import SharedClock
from tests.adapters.vendors.jd import KEY, SECRET, Jd
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
from tests.adapters.vendors.vendor import json_said, rfc3339, wrapped_md5, yuan
from tests.domain import Domain


def _expected(shop: Jd) -> Expected:
    return {
        shop.number(sale): {
            "total": yuan(sale.cents), "paid": yuan(sale.cents), "status": shop.status(sale)[1],
            "created_at": rfc3339(sale.created), "extra": {"state": shop.status(sale)[0]},
        }
        for sale in shop.sales
    }  # fmt: skip


def _join(folder: Path, shop: Jd, port: int) -> None:
    join(
        folder, "jd", port,
        {"app_key": KEY, "address": f"http://127.0.0.1:{port}/routerjson", "since": "3h", "every": "100ms"},
        {"app_secret": SECRET, "access_token": shop.token},
    )  # fmt: skip


async def test_every_order_is_there_once_whatever_happens_between(domain: Domain, tmp_path: Path) -> None:
    shop = Jd(SharedClock(), 1_200)
    await through_a_storm(
        domain, tmp_path, shop, lambda port: _join(tmp_path, shop, port), lambda: _expected(shop)
    )  # fmt: skip


async def test_slower_is_no_refusal(domain: Domain, tmp_path: Path) -> None:
    shop = Jd(SharedClock(), 30)
    await slowed(domain, tmp_path, shop, lambda port: _join(tmp_path, shop, port), lambda: _expected(shop))


async def test_what_is_signed_is_what_is_sent_but_for_the_signature(domain: Domain, tmp_path: Path) -> None:
    shop = Jd(SharedClock(), 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock):
        _join(tmp_path, shop, far.port)
        await until_same(domain, lambda: _expected(shop))
    for heard in shop.far.heard:
        sent = dict(parse_qsl(heard.body.decode(), keep_blank_values=True))
        assert sent.pop("sign") == wrapped_md5(SECRET, sent)


async def test_a_failure_within_an_answer_that_looks_well_moves_nothing(domain: Domain, tmp_path: Path) -> None:
    """It has a list of none and a total of none; taken for what it seems, that window would be lost."""
    shop = Jd(SharedClock(), 30)
    result = {"apiResult": {"success": False, "chineseErrCode": "系统繁忙"}, "orderInfoList": [], "orderTotal": 0}
    shop.lies = [json_said({"jingdong_pop_order_search_responce": {"code": "0", "searchorderinfo_result": result}})]
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock):
        _join(tmp_path, shop, far.port)
        await until_same(domain, lambda: _expected(shop))


async def test_a_token_that_has_ended_is_told_and_the_new_one_taken_up(domain: Domain, tmp_path: Path) -> None:
    shop = Jd(SharedClock(), 30)
    async with shop.far.serving() as far, joined(domain, tmp_path, shop.clock) as systems:
        _join(tmp_path, shop, far.port)
        await until_same(domain, lambda: _expected(shop))
        shop.token = "token-2"
        shop.add()
        shop.clock.advance(120)
        await until(lambda: systems.states[NAME].code == "refused")
        assert "(19)" in systems.states[NAME].en
        hide(tmp_path, "access_token", "token-2")
        await until_same(domain, lambda: _expected(shop))
    assert shop.wrong == []
