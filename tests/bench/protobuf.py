"""How fast ProtoBuf messages become trees and trees messages, beside the library's own JSON mapping.

    python -m tests.bench.protobuf [--rounds 5]

An order as a shop tells it, 24 fields with two items of eight, and a page of 19; CPU time of this process, ours and
theirs in turn, the median of the rounds. Theirs is asked for the same: names as in the `.proto`, fields that are always
there. `examine` also counts what is unknown, which theirs does not.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass

from app.adapters.formats.protobuf import Schema
from app.settings import Limits
from tests.bench.conditions import headline

_TEXT = """
syntax = "proto3";
package shop;
message Page { repeated Order order_list = 1; int32 total_count = 2; }
message Order {
  string order_sn = 1; int32 order_status = 2; int32 refund_status = 3; int32 confirm_status = 4; State state = 5;
  string pay_amount = 6; string goods_amount = 7; string discount_amount = 8; string postage = 9;
  string created_time = 10; string confirm_time = 11; string pay_time = 12; string updated_at = 13;
  string receiver_name = 14; string receiver_phone = 15; string province = 16; string city = 17; string town = 18;
  string buyer_memo = 19; string remark = 20; string tracking_number = 21; int64 logistics_id = 22;
  repeated Item item_list = 23; bool is_lucky = 24;
}
message Item {
  string goods_id = 1; string sku_id = 2; string outer_id = 3; string goods_name = 4; string goods_price = 5;
  string goods_spec = 6; int32 goods_count = 7; string goods_img = 8;
}
enum State { STATE_UNKNOWN = 0; STATE_TO_SHIP = 1; STATE_SHIPPED = 2; }
"""
_ORDER = {
    "order_sn": "240102-123456789012345", "order_status": 1, "refund_status": 1, "confirm_status": 1,
    "state": "STATE_TO_SHIP", "pay_amount": "39.99", "goods_amount": "45.00", "discount_amount": "5.01",
    "postage": "0.00", "created_time": "2024-01-02 10:11:12", "confirm_time": "2024-01-02 10:12:12",
    "pay_time": "2024-01-02 10:11:42", "updated_at": "2024-01-02 10:13:12", "receiver_name": "张**",
    "receiver_phone": "138****1234", "province": "浙江省", "city": "杭州市", "town": "西湖区",
    "buyer_memo": "请尽快发货", "tracking_number": "SF1234567890", "logistics_id": 44,
    "item_list": [
        {
            "goods_id": f"{number}12345", "sku_id": f"{number}99", "outer_id": f"SKU-{number}",
            "goods_name": "商品标题 红色", "goods_price": "19.99", "goods_spec": "红色,XL", "goods_count": 1 + number,
            "goods_img": "https://img.example.com/a.jpg",
        }
        for number in range(2)
    ],
}  # fmt: skip
_SLICES = 60  # of a round: ours and theirs in turn, so that a neighbour's burst meets both


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.protobuf")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(headline(options))
    schema = Schema.of_texts({"shop.proto": _TEXT}, Limits())
    for name, tree, count in (
        ("shop.Order", _ORDER, 40), ("shop.Page", {"order_list": [_ORDER] * 19, "total_count": 19}, 2)
    ):  # fmt: skip
        codec = schema.message(name)
        kind: Any = GetMessageClass(codec.descriptor)
        data = codec.encode(tree)  # type: ignore[arg-type]
        message, written = codec.build(tree), MessageToDict(kind.FromString(data), preserving_proto_field_name=True)  # type: ignore[arg-type]
        print(f"{name}, {len(data)} bytes")

        def theirs(message: Any = message) -> object:
            return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)

        def theirs_of_bytes(kind: Any = kind, data: bytes = data) -> object:
            return theirs(kind.FromString(data))

        compare("message to tree", options.rounds, count, lambda: codec.read(message), theirs)  # noqa: B023 - run at once
        compare("bytes to tree", options.rounds, count, lambda: codec.decode(data), theirs_of_bytes)  # noqa: B023
        compare("and what is unknown", options.rounds, count, lambda: codec.examine(data), theirs_of_bytes)  # noqa: B023
        compare(
            "tree to bytes", options.rounds, count, lambda: codec.encode(tree),  # type: ignore[arg-type] # noqa: B023
            lambda: ParseDict(written, kind()).SerializeToString(),  # noqa: B023
        )  # fmt: skip


def compare(name: str, rounds: int, count: int, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    ratios, costs = [], []
    for _ in range(rounds):
        mine = other = 0
        for _ in range(_SLICES):
            mine += _cost(ours, count)
            other += _cost(theirs, count)
        ratios.append(other / mine)
        costs.append((mine / _SLICES / count / 1_000, other / _SLICES / count / 1_000))
    mine_us, other_us = (statistics.median(one[index] for one in costs) for index in (0, 1))
    spread = f"{min(ratios):.1f} to {max(ratios):.1f}"
    print(f"  {name}: {mine_us:.1f} and {other_us:.1f} µs, {statistics.median(ratios):.1f} × ({spread})")


def _cost(work: Callable[[], object], count: int) -> int:
    began = time.process_time_ns()
    for _ in range(count):
        work()
    return time.process_time_ns() - began


if __name__ == "__main__":
    main()
