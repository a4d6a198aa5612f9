"""The preset `erp-xml` against an ERP that speaks GBK and lies at times: all is here, once, as it is."""

import asyncio
from pathlib import Path

from app.model.records import Body, Order, RecordKind, Shipment
from app.storage import dead_letters, records
from tests.adapters.test_engine import joined, put, until
from tests.adapters.vendors.old_erp import OldErp, ago, written
from tests.adapters.vendors.vault import keep
from tests.domain import Domain

INSTANCE = """\
source: erp
preset: erp-xml
settings: {address: "http://127.0.0.1:%(port)d/api", user: desk, every: 200ms, rows: 7, since: 3d, pace: 20}
secrets: {password: vault:password}
allow: ["127.0.0.1:%(port)d"]
"""


def order(number: int, minutes: float = 60, **more: object) -> dict[str, object]:
    return {
        "no": f"XS{number:04}", "shop": "天猫旗舰店", "state": "待发货", "amount": "64.25", "paid_amount": "64.25",
        "freight": "0", "created": ago(minutes + 5), "paid_time": "", "buyer": {"code": f"C{number}", "name": "李雷"},
        "receiver": {"name": "李雷", "mobile": "13800000001", "province": "浙江省", "city": "杭州市"},
        "lines": {"line": [{"code": "T-1", "name": "龙井茶", "qty": "1.00", "price": "64.25"}]},
        "modified": ago(minutes), **more,
    }  # fmt: skip


async def found(domain: Domain, source: str, kind: RecordKind, external_id: str) -> Body:
    record = await records.find_external(domain.database, source, kind, external_id)
    assert record is not None
    return record.body


async def until_counts(domain: Domain, source: str, kind: str, count: int) -> None:
    async with asyncio.timeout(60):
        while (await records.counts(domain.database, source)).get(kind, 0) != count:
            await asyncio.sleep(0.02)


async def test_orders_and_parcels_come_in_gbk_and_are_kept_once(domain: Domain, tmp_path: Path) -> None:
    keep(tmp_path, password="a word & more")
    erp = OldErp()
    erp.things["order.query"] = [order(n, 60 + n) for n in range(23)] + [order(99, 2 * 24 * 60)]
    erp.things["parcel.query"] = [
        {"no": "CK1", "order_no": "XS0001", "carrier": "圆通速递", "waybill": "YT1", "state": "途中", "created": ago(9),
         "signed": "", "buyer": {"code": "C1"}, "modified": ago(8)},
    ]  # fmt: skip
    erp.lies = [
        lambda _: b"<html><body>maintenance</body></html>",
        lambda _: written({"code": "429", "message": "请求过于频繁"}),
        lambda said: said[: len(said) // 2],
    ]
    async with erp.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, INSTANCE % {"port": far.port}, "erp.yaml")
        await until_counts(domain, "erp", "order", 24)
        await until_counts(domain, "erp", "shipment", 1)
        erp.things["order.query"][3] = order(3, 1, state="已发货", sent_time=ago(1))
        async with asyncio.timeout(60):
            while "status='shipped'" not in str(tea := await found(domain, "erp", RecordKind.ORDER, "XS0003")):
                await asyncio.sleep(0.02)
        assert systems.states["erp"].code == ""
    assert erp.refused == []
    assert isinstance(tea, Order)
    assert (tea.status, tea.total, tea.shop, tea.currency) == ("shipped", "64.25", "天猫旗舰店", "CNY")
    assert tea.customer is not None and tea.customer.name == "李雷"
    assert [(one.title, one.quantity, one.price) for one in tea.items] == [("龙井茶", "1.00", "64.25")]
    parcel = await found(domain, "erp", RecordKind.SHIPMENT, "CK1")
    assert isinstance(parcel, Shipment) and (parcel.order, parcel.carrier) == ("XS0001", "圆通速递")
    assert await dead_letters.page(domain.database, "erp", "", 9) == []
    assert len({page for service, page in erp.asked if service == "order.query"}) == 4, "23 orders in pages of 7"


async def test_a_wrong_password_is_told_as_the_erp_tells_it(domain: Domain, tmp_path: Path) -> None:
    keep(tmp_path, password="another")
    erp = OldErp()
    async with erp.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, INSTANCE % {"port": far.port}, "erp.yaml")
        await until(lambda: "erp" in systems.states and systems.states["erp"].state == "failing")
        state = systems.states["erp"]
    assert state.code == "refused"
    assert "用户名或密码错误" in state.zh and "another" not in state.en
