"""A compiled map beside the same by hand, and beside jmespath with functions for what it cannot say.

    python -m tests.bench.mapping [--orders 200] [--rounds 5] [--seconds 0.3]

An order as Pinduoduo sends it, made up: 17 fields come out, 6 of each item. All give the same, which is checked first.
Rates are per second of CPU, the contenders taking turns in every round; a ratio is the median of the rounds'.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

import jmespath
import msgspec
from jmespath import functions

from app.adapters.errors import Mark
from app.adapters.formats import json as formats
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_map
from app.adapters.maps.times import moment
from tests.bench.conditions import headline

STATUS = {1: "to_ship", 2: "shipped", 3: "done"}
REFUND = {1: "none", 2: "open", 3: "open", 4: "refunded"}
RULES: Any = {
    "id": "order_sn",
    "shop": {"value": "pdd"},
    "status": {"from": "order_status", "enum": STATUS, "else": "unknown"},
    "refund": {"from": "refund_status", "enum": REFUND, "else": "unknown"},
    "grouped": {"expr": "group_status in [1, 2]"},
    "total": {"from": "pay_amount", "as": "money"},
    "goods": {"from": "goods_amount", "as": "money"},
    "discount": {"from": "discount_cents", "as": "money", "unit": "cents"},
    "postage": {"from": "postage", "as": "money", "default": "0.00"},
    "created_at": {"from": "created_time", "as": "time", "zone": "+08:00"},
    "paid_at": {"from": "pay_time", "as": "time", "zone": "+08:00"},
    "changed_at": {"from": "updated_at", "as": "time", "zone": "+08:00"},
    "buyer": "receiver_name",
    "phone": {"first": ["receiver_phone", "mobile"]},
    "address": {"join": {"of": ["province", "city", "town", "address"], "with": " "}},
    "note": {"from": "remark", "default": "-"},
    "items": {
        "each": "item_list",
        "map": {
            "sku": {"first": ["outer_id", "sku_id"]},
            "title": "goods_name",
            "qty": {"from": "goods_count", "as": "int"},
            "price": {"from": "goods_price", "as": "money"},
            "options": {"from": "goods_spec", "split": ","},
            "sum": {"expr": "goods_price * goods_count", "as": "money"},
        },
    },
}
_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_EAST = timezone(timedelta(hours=8))


def order(number: int, chance: Random) -> dict[str, Any]:
    """One of a shop's day."""
    at = datetime(2024, 1, 2, tzinfo=_EAST) + timedelta(seconds=chance.randrange(86_400))
    times = [f"{at + timedelta(seconds=chance.randrange(7_200)):%Y-%m-%d %H:%M:%S}" for _ in range(3)]
    return {
        "order_sn": f"240102-{number:015}", "order_status": chance.choice((1, 2, 3)), "refund_status": 1,
        "confirm_status": 1, "group_status": chance.choice((0, 1, 2)), "pay_amount": f"{chance.randrange(9_999)}.50",
        "goods_amount": f"{chance.randrange(9_999)}.00", "discount_cents": chance.randrange(5_000), "postage": "0.00",
        "created_time": times[0], "pay_time": times[1], "updated_at": times[2], "shipping_time": "",
        "receiver_name": "Li*", "receiver_phone": "", "mobile": "138****0013", "province": "Zhejiang",
        "city": "Hangzhou", "town": "", "address": "*** Road 7", "remark": "", "buyer_memo": "before noon, please",
        "tracking_number": "YT0123456789", "logistics_id": 85,
        "item_list": [
            {
                "goods_id": 4_500_000_000 + one, "sku_id": 9_100_000_000 + one, "goods_spec": "green,250 g",
                "outer_id": chance.choice(("", f"A-{one}")), "goods_name": "Tea from the hills, 250 g, tin",
                "goods_count": str(1 + one), "goods_price": f"{9 + one}.90",
                "goods_img": "https://img.example/tea.jpeg",
            }
            for one in range(2)
        ],
    }  # fmt: skip


class ByHand:
    """As an engineer writes it who trusts the shop: no kind is checked, and what is missing is a KeyError."""

    def __init__(self, utc: Callable[[str], str]) -> None:
        self._utc = utc

    def map(self, order: dict[str, Any]) -> dict[str, Any]:
        utc = self._utc
        return {
            "id": order["order_sn"],
            "shop": "pdd",
            "status": STATUS.get(order["order_status"], "unknown"),
            "refund": REFUND.get(order["refund_status"], "unknown"),
            "grouped": order["group_status"] in (1, 2),
            "total": order["pay_amount"],
            "goods": order["goods_amount"],
            "discount": f"{order['discount_cents'] // 100}.{order['discount_cents'] % 100:02}",
            "postage": order.get("postage") or "0.00",
            "created_at": utc(order["created_time"]),
            "paid_at": utc(order["pay_time"]),
            "changed_at": utc(order["updated_at"]),
            "buyer": order["receiver_name"],
            "phone": order["receiver_phone"] or order["mobile"],
            "address": " ".join(order[one] for one in ("province", "city", "town", "address") if order[one]),
            "note": order["remark"] or "-",
            "items": [
                {
                    "sku": item["outer_id"] or item["sku_id"],
                    "title": item["goods_name"],
                    "qty": int(item["goods_count"]),
                    "price": item["goods_price"],
                    "options": [one.strip() for one in item["goods_spec"].split(",")],
                    "sum": str(Decimal(item["goods_price"]) * int(item["goods_count"])),
                }
                for item in order["item_list"]
            ],
        }


def utc_by_datetime(text: str) -> str:
    at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_EAST)
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def utc_by_iso(text: str) -> str:
    at = datetime.fromisoformat(text).replace(tzinfo=_EAST).astimezone(UTC)
    return at.isoformat()[:19] + "Z"


def utc_remembered() -> Callable[[str], str]:
    """By the hour that the text begins with, as the compiled map does, but with no look at what follows."""
    hours: dict[str, str] = {}

    def utc(text: str) -> str:
        head = hours.get(text[:13])
        if head is None:
            head = hours[text[:13]] = utc_by_iso(text)[:13]
        return head + text[13:] + "Z"

    return utc


class Helpers(functions.Functions):  # type: ignore[misc]
    """What jmespath lacks."""

    @functions.signature({"types": ["number", "null"]}, {"types": ["object"]})  # type: ignore[untyped-decorator]
    def _func_enum(self, value: Any, table: dict[str, Any]) -> Any:
        return table.get(str(value), "unknown")

    @functions.signature({"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_cents(self, value: int) -> str:
        return f"{value // 100}.{value % 100:02}"

    @functions.signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_utc(self, text: str) -> str:
        return utc_by_iso(text)

    @functions.signature({"types": ["string"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_split(self, text: str, between: str) -> list[str]:
        return [one.strip() for one in text.split(between)]

    @functions.signature({"types": ["string"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_product(self, one: str, other: str) -> str:
        return str(Decimal(one) * int(other))


QUERY = """{
  id: order_sn, shop: `"pdd"`,
  status: enum(order_status, `{"1": "to_ship", "2": "shipped", "3": "done"}`),
  refund: enum(refund_status, `{"1": "none", "2": "open", "3": "open", "4": "refunded"}`),
  grouped: contains(`[1, 2]`, group_status), total: pay_amount, goods: goods_amount,
  discount: cents(discount_cents), postage: postage || `"0.00"`,
  created_at: utc(created_time), paid_at: utc(pay_time), changed_at: utc(updated_at),
  buyer: receiver_name, phone: receiver_phone || mobile, address: join(' ', [province, city, town, address][?@ != '']),
  note: remark || `"-"`,
  items: item_list[].{sku: outer_id || sku_id, title: goods_name, qty: to_number(goods_count), price: goods_price,
    options: split(goods_spec, ','), sum: product(goods_price, goods_count)}
}"""


def contenders(orders: list[dict[str, Any]]) -> dict[str, Callable[[], None]]:
    """Each goes through all orders once."""
    context = Context({"now": moment(0), "source": "pdd"})
    run = compile_rule(read_map(RULES, lambda way: Mark("bench", 1, 1)), examples=orders[:1]).run
    plain, iso, remembered = (ByHand(utc).map for utc in (utc_by_datetime, utc_by_iso, utc_remembered()))
    query, options = jmespath.compile(QUERY), jmespath.Options(custom_functions=Helpers())
    sent = [json.dumps(one, ensure_ascii=False).encode() for one in orders]
    expected = plain(orders[0])
    for made in (run(orders[0], context), iso(orders[0]), remembered(orders[0]), query.search(orders[0], options)):
        assert made == expected, (made, expected)

    def each(work: Callable[[Any], Any], inputs: list[Any]) -> Callable[[], None]:
        def once() -> None:
            for one in inputs:
                work(one)

        return once

    return {
        "compiled": each(lambda one: run(one, context), orders),
        "by hand (strptime)": each(plain, orders),
        "by hand (fromisoformat)": each(iso, orders),
        "by hand, hours remembered": each(remembered, orders),
        "jmespath": each(lambda one: query.search(one, options), orders),
        "bytes: msgspec, compiled": each(lambda one: _encode(run(_decode(one), context)), sent),
        "bytes: formats.json, compiled": each(lambda one: formats.encode(run(formats.decode(one), context)), sent),
        "bytes: json, by hand, hours remembered": each(
            lambda one: json.dumps(remembered(json.loads(one))).encode(), sent
        ),
        "bytes: json, by hand (fromisoformat)": each(lambda one: _by_json(iso, one), sent),
    }


def _by_json(work: Callable[[dict[str, Any]], dict[str, Any]], sent: bytes) -> bytes:
    return json.dumps(work(json.loads(sent)), ensure_ascii=False).encode()


RATIOS = (
    ("compiled", "by hand (strptime)"),
    ("compiled", "by hand (fromisoformat)"),
    ("compiled", "by hand, hours remembered"),
    ("compiled", "jmespath"),
    ("bytes: msgspec, compiled", "bytes: json, by hand (fromisoformat)"),
    ("bytes: msgspec, compiled", "bytes: json, by hand, hours remembered"),
    ("bytes: formats.json, compiled", "bytes: json, by hand (fromisoformat)"),
)


def one_round(works: dict[str, Callable[[], None]], orders: int, seconds: float) -> dict[str, float]:
    """Orders a second of CPU of each. They take turns, all orders a turn: what else the machine does meets all."""
    spent, turns = dict.fromkeys(works, 0.0), 0
    while min(spent.values()) < seconds:
        for name, work in works.items():
            began = time.process_time()
            work()
            spent[name] += time.process_time() - began
        turns += 1
    return {name: turns * orders / took for name, took in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="of CPU, of the fastest in each round")
    options = parser.parse_args()
    print(headline(options))
    chance = Random(7)
    orders = [order(number, chance) for number in range(options.orders)]
    print(f"one order has {len(_encode(orders[0]))} bytes of JSON; {_build_ms():.1f} ms to read and compile the map")
    works = contenders(orders)
    rounds = [one_round(works, options.orders, options.seconds) for _ in range(options.rounds)]
    for name in works:
        print(f"{statistics.median(one[name] for one in rounds):9,.0f}/s  {name}")
    for name, other in RATIOS:
        ratios = sorted(one[name] / one[other] for one in rounds)
        print(f"{statistics.median(ratios):6.2f} x ({ratios[0]:.2f} to {ratios[-1]:.2f})  {name} / {other}")


def _build_ms() -> float:
    began = time.process_time()
    compile_rule(read_map(RULES, lambda way: Mark("bench", 1, 1)))
    return (time.process_time() - began) * 1_000


if __name__ == "__main__":
    main()
