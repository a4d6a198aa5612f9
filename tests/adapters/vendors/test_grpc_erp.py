"""The preset `erp-grpc`: orders and parcels come by ProtoBuf, and what the desk wants done is put there, once."""

import asyncio
from pathlib import Path
from typing import Any

import grpc

from app.model.records import Order, RecordKind, Shipment
from app.model.tickets import Type
from app.storage import dead_letters, records, ticket_links
from app.tickets.tickets import NewTicket, TicketChange
from tests.adapters.test_engine import joined, put, until
from tests.adapters.vendors.grpc_erp import GrpcErp, ago
from tests.adapters.vendors.vault import keep
from tests.domain import SYSTEM, Domain

INSTANCE = """\
source: erp
preset: erp-grpc
settings: {address: "http://127.0.0.1:%(port)d", every: 200ms, since: 3d}
secrets: {key: vault:key}
allow: ["127.0.0.1:%(port)d"]
"""


def order(number: int, minutes: float = 60, **more: Any) -> dict[str, Any]:
    return {
        "number": f"S-{number}", "shop": "west", "state": "ORDER_STATE_PAID", "created_at": ago(minutes + 5),
        "total": {"currency": "CNY", "minor": 2**40 + number}, "buyer": {"id": f"C{number}", "phone": "13800000001"},
        "lines": [{"sku": "T", "title": "龙井茶", "quantity": "1.5", "price": {"currency": "CNY", "minor": 6425}}],
        "changed_at": ago(minutes), **more,
    }  # fmt: skip


async def until_counts(domain: Domain, **wanted: int) -> None:
    async with asyncio.timeout(60):
        while await records.counts(domain.database, "erp") != wanted:
            await asyncio.sleep(0.02)


async def test_orders_and_parcels_come_by_protobuf_and_are_kept_once(domain: Domain, tmp_path: Path) -> None:
    keep(tmp_path, key="the key")
    erp = GrpcErp("the key")
    erp.orders = [order(number, 60 + number % 5) for number in range(23)] + [order(99, 2 * 24 * 60)]
    erp.parcels = [{"number": "P-1", "order_number": "S-1", "waybill": "YT1", "carrier": "圆通", "changed_at": ago(9)}]
    erp.troubles = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED]
    async with erp.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, INSTANCE % {"port": erp.port}, "erp.yaml")
        await until_counts(domain, order=24, shipment=1)
        erp.orders[3] = order(3, 1, state="ORDER_STATE_SENT", sent_at=ago(1))
        async with asyncio.timeout(60):
            while "status='shipped'" not in str(
                found := await records.find_external(domain.database, "erp", RecordKind.ORDER, "S-3")
            ):
                await asyncio.sleep(0.02)
        assert {one.state for one in systems.states.values()} <= {"waiting", "reading"}
    assert found is not None and isinstance(found.body, Order)
    assert (found.body.total, found.body.currency) == (f"{(2**40 + 3) // 100}.{(2**40 + 3) % 100:02}", "CNY")
    assert found.body.customer is not None and found.body.customer.external_id == "C3"
    assert [(one.title, one.quantity, one.price) for one in found.body.items] == [("龙井茶", "1.5", "64.25")]
    parcel = await records.find_external(domain.database, "erp", RecordKind.SHIPMENT, "P-1")
    assert parcel is not None and isinstance(parcel.body, Shipment) and parcel.body.order == "S-1"
    assert await dead_letters.page(domain.database, "erp", "", 9) == []


async def test_what_the_desk_wants_done_is_put_there_once_for_each_change(domain: Domain, tmp_path: Path) -> None:
    keep(tmp_path, key="the key")
    erp = GrpcErp("the key")
    async with erp.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, INSTANCE % {"port": erp.port}, "erp.yaml")
        await until(lambda: "erp-work" in systems.states and systems.states["erp-work"].state == "waiting")
        task = await domain.tickets.create(SYSTEM, "", NewTicket("Send a cup", type=Type.TASK))
        await domain.tickets.create(SYSTEM, "", NewTicket("A question"))
        await until(lambda: len(erp.work) == 1)
        erp.troubles = [grpc.StatusCode.UNAVAILABLE] * 2
        await domain.tickets.change(SYSTEM, task.id, TicketChange(status="done"))
        await until(lambda: len(erp.work) == 2)
        async with asyncio.timeout(30):
            while not (called := await ticket_links.references_of(domain.database, task.id)):
                await asyncio.sleep(0.02)
    assert [(one.system, one.reference) for one in called] == [("erp", f"WO-{task.number}")]
    told = sorted(erp.work.values(), key=lambda one: one["status"], reverse=True)
    assert [(one["id"], one["number"], one["title"], one["status"]) for one in told] == [
        (task.id, task.number, "Send a cup", "open"), (task.id, task.number, "Send a cup", "done"),
    ]  # fmt: skip


async def test_by_another_key_nothing_comes(domain: Domain, tmp_path: Path) -> None:
    keep(tmp_path, key="another")
    erp = GrpcErp("the key")
    erp.orders = [order(1)]
    async with erp.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, INSTANCE % {"port": erp.port}, "erp.yaml")
        await until(lambda: "erp" in systems.states and systems.states["erp"].state in ("failing", "down"))
        assert "another" not in systems.states["erp"].en
    assert await records.counts(domain.database, "erp") == {}
