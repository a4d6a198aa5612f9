"""How fast documents of other systems become trees and back, and what a large one costs in memory.

    python -m tests.bench.documents [--rounds 25] [--seconds 0.05] [--megabytes 20] [--part speed|memory]

One order as a shop sends it, and a page of 19. CPU time of this process; what is compared runs by turns within a round,
and the ratio is the median of the rounds' ratios. Memory: each import in a process of its own, from a file in pieces of
64 KiB, the kernel's mark of its peak against what it held when all was loaded.
"""

import argparse
import json as stdlib_json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import xmltodict

from app.adapters.formats import codecs, json, xml
from app.adapters.formats.options import Format
from app.adapters.formats.tree import Tree
from tests.bench.conditions import headline

_PAGE = 19
_PIECE_BYTES = 65_536
_IMPORTS = 5


def order(number: int) -> dict[str, Tree]:
    """As Pinduoduo's list of orders has them, 1 KB of JSON."""
    return {
        "order_sn": f"240102-{number:015}", "order_status": 1, "refund_status": 1, "confirm_status": 1,
        "group_status": 1, "pay_amount": "39.99", "goods_amount": "45.00", "discount_amount": "5.01", "postage": "0.00",
        "created_time": "2024-01-02 10:11:00", "confirm_time": "2024-01-02 10:11:15", "pay_time": "2024-01-02 10:11:12",
        "shipping_time": "", "receive_time": "", "updated_at": "2024-01-02 10:11:15", "receiver_name": "张*",
        "receiver_phone": "138****0000", "province": "浙江省", "city": "杭州市", "town": "余杭区",
        "buyer_memo": "请尽快发货",
        "remark": "VIP", "tracking_number": "", "logistics_id": 0,
        "item_list": [
            {"goods_id": 100_000 + at, "sku_id": 200_000 + at, "outer_id": f"SKU-{at}", "goods_name": "陶瓷杯 & 杯盖",
             "goods_price": Decimal("19.995"), "goods_spec": "蓝色,350ml", "goods_count": 2,
             "goods_img": f"https://img.example.com/goods/{at}.jpeg"}
            for at in range(2)
        ],
    }  # fmt: skip


def page(count: int) -> dict[str, Tree]:
    return {"order_list_get_response": {"total_count": count, "order_list": [order(at) for at in range(count)]}}


def built(name: str, value: Tree) -> ET.Element:
    """The tree as ElementTree builds it."""
    element = ET.Element(name)
    for key, child in value.items() if isinstance(value, dict) else ():
        for one in child if isinstance(child, list) else [child]:
            element.append(built(key, one))
    if not isinstance(value, dict) and value is not None:
        element.text = str(value)
    return element


def with_stdlib(tree: Tree) -> bytes:
    return stdlib_json.dumps(tree, ensure_ascii=False, default=str).encode()


def element_tree(tree: dict[str, Tree]) -> bytes:
    ((name, value),) = tree.items()
    return bytes(ET.tostring(built(name, value), "utf-8"))


Row = tuple[str, Callable[[], object], str, Callable[[], object]]


def rows(count: int) -> list[Row]:
    """What is measured beside what."""
    tree = page(count)
    told, raw = xml.encode(tree), json.encode(tree)
    plain = stdlib_json.loads(raw)
    return [
        ("XML to tree", lambda: xml.decode(told), "xmltodict.parse", lambda: xmltodict.parse(told)),
        ("tree to XML", lambda: xml.encode(tree), "ElementTree", lambda: element_tree(tree)),
        ("tree to XML", lambda: xml.encode(tree), "xmltodict.unparse", lambda: xmltodict.unparse(tree)),
        ("JSON to tree", lambda: json.decode(raw), "json.loads", lambda: stdlib_json.loads(raw)),
        ("tree to JSON", lambda: json.encode(tree), "json.dumps", lambda: with_stdlib(plain)),
        ("JSON cut into records", lambda: json.split(raw, ("order_list_get_response", "order_list")), "json.loads",
         lambda: stdlib_json.loads(raw)),
    ]  # fmt: skip


def rate(work: Callable[[], object], seconds: float) -> float:
    """Times per second of CPU."""
    count, began = 0, time.process_time()
    while (taken := time.process_time() - began) < seconds:
        for _ in range(5):
            work()
        count += 5
    return count / taken


def speed(rounds: int, seconds: float) -> None:
    for count in (1, _PAGE):
        print(f"{len(json.encode(page(count)))} B of JSON, {len(xml.encode(page(count)))} B of XML:")
        for name, ours, other_name, other in rows(count):
            pairs = [(rate(ours, seconds), rate(other, seconds)) for _ in range(rounds)]
            ratios = sorted(one / two for one, two in pairs)
            print(
                f"  {name}: {statistics.median(one for one, _ in pairs):,.0f}/s, {other_name} "
                f"{statistics.median(two for _, two in pairs):,.0f}/s, {statistics.median(ratios):.2f} x "
                f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
            )


def write(format: Format, megabytes: int, target: Path) -> None:  # noqa: A002
    """A document of that size, as one list of orders."""
    one = order(1)
    if format is Format.JSON:
        record, begins, ends = json.encode(one), b'{"orders":[', b'],"total":1}'
    else:
        record = xml.encode({"order": one}).partition(b"\n")[2]
        begins, ends = b"<answer><orders>", b"</orders></answer>"
    between = b"," if format is Format.JSON else b""
    with target.open("wb") as file:
        file.write(begins + record)
        while file.tell() < megabytes * 1_000_000:
            file.write((between + record) * 100)
        file.write(ends)


def import_one(format: Format, source: Path) -> None:  # noqa: A002
    """Read it record by record; prints records, MiB of the peak above what was there before, and seconds of CPU."""
    path = ("orders",) if format is Format.JSON else ("answer", "orders", "order")
    codecs.reader(format, path).feed(b"[" if format is Format.JSON else b"<answer>")  # all is imported
    before, began = _kibibytes("VmRSS"), time.process_time()
    reader, count = codecs.reader(format, path), 0
    with source.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            count += len(reader.feed(piece))
    count += len(reader.close())
    print(f"{count} records, {(_kibibytes('VmHWM') - before) / 1_024:.1f} MiB, {time.process_time() - began:.2f} s")


def _kibibytes(name: str) -> int:
    """Of this program alone, where `ru_maxrss` has what its parent held when it was started."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition(f"{name}:")[2].split()[0])


def memory(megabytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for format in (Format.JSON, Format.XML):  # noqa: A001
            source = Path(folder) / format
            write(format, megabytes, source)
            for _ in range(_IMPORTS):
                asked = [sys.executable, "-m", "tests.bench.documents", "--import", format, str(source)]
                said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
                print(f"  {megabytes} MB of {format}: {said}")


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=0.05)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--part", choices=["speed", "memory"])
    parser.add_argument("--import", dest="source", nargs=2, help=argparse.SUPPRESS)
    options: Any = parser.parse_args()
    if options.source:
        import_one(Format(options.source[0]), Path(options.source[1]))
        return
    print(headline(options))
    if options.part != "memory":
        speed(options.rounds, options.seconds)
    if options.part != "speed":
        memory(options.megabytes)


if __name__ == "__main__":
    main()
