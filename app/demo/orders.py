"""Two orders of the demo shop, so that its bot can say where one is: they are told by number and telephone number."""

import hashlib
from datetime import UTC, datetime
from random import Random

from app.demo.play import Moment
from app.model.ids import Ids
from app.model.records import Body, Buyer, Order, OrderItem, Parcel, Record
from app.records import keys
from app.storage import records
from app.storage.database import Transaction

SOURCE = "demo"
NUMBERS = ("20261125001", "20261126001")
PHONE = "13800138000"
_DAY_MS = 86_400_000
_BUYER = Buyer(name="Lin Yue 林悦", phone=PHONE, email="lin.yue@example.com")


def store(tx: Transaction, at: int) -> None:
    """Keep them, as of `at` (ms): one is on its way, one is being packed."""
    moment = Moment()
    moment.at = at
    ids = Ids(moment, Random(at + 3).randbytes)
    for number, body in enumerate(_orders(at)):
        moment.at = at + number
        encoded = records.encoded(body)
        digest = hashlib.blake2b(encoded, digest_size=16).hexdigest()
        record = Record(ids.new(), SOURCE, body.id, body, at - (number + 2) * _DAY_MS, 0, at, digest)
        records.save(tx, record, encoded, keys.of_body(body))


def _orders(at: int) -> tuple[Body, Body]:
    kettle = OrderItem(title="山岚手冲壶 600 ml / Shanlan kettle 600 ml", quantity=1, price="268.00")
    beans = OrderItem(title="保山中烘 / Baoshan medium roast", quantity=2, price="72.00")
    sent = Order(
        NUMBERS[0], "山岚 Shanlan", "shipped", currency="CNY", total="268.00", created_at=_time(at - 3 * _DAY_MS),
        shipped_at=_time(at - 2 * _DAY_MS), customer=_BUYER, items=[kettle],
        parcels=[Parcel("顺丰 SF Express", "SF1029384756")],
    )  # fmt: skip
    packed = Order(
        NUMBERS[1], "山岚 Shanlan", "to_ship", currency="CNY", total="144.00", created_at=_time(at - _DAY_MS),
        customer=_BUYER, items=[beans],
    )  # fmt: skip
    return sent, packed


def _time(at: int) -> str:
    return datetime.fromtimestamp(at // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
