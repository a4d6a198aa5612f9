"""Exports of orders in a folder by their preset: in both languages, in GBK, again and newer; what is wrong is told."""

from pathlib import Path

from app.storage import dead_letters
from tests.adapters.test_engine import joined
from tests.adapters.vendors.clock import SharedClock
from tests.adapters.vendors.joining import NAME, join, orders, until
from tests.domain import Domain

ENGLISH = "order_id,changed,status,total,phone,title,quantity\r\n" + "".join(
    f"A-{n},2024-01-02T00:00:{n % 60:02}Z,shipped,{n}.50,1380000{n:04},Cup,1\r\n" for n in range(500)
)
CHINESE = "订单编号;订单状态;实付金额;手机;商品名称\n" + "".join(
    f"B-{n};交易成功;¥{n}.50;138****0000;茶杯\n" for n in range(300)
)


def _drop(folder: Path, name: str, text: bytes) -> Path:
    place = folder / "adapters" / "orders"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(text)
    return place


async def test_what_is_dropped_is_there_once_and_the_newer_wins(domain: Domain, tmp_path: Path) -> None:
    place = _drop(tmp_path, "a.csv", ENGLISH.encode())
    _drop(tmp_path, "b.csv", CHINESE.encode("gb18030"))
    _drop(tmp_path, "notes.txt", b"not for us")
    async with joined(domain, tmp_path, SharedClock()) as systems:
        join(tmp_path, "orders-csv", 1, {"shop": "Main"}, {})
        await until(
            lambda: (place / "done" / "a.csv").exists() and (place / "done" / "b.csv").exists(),
            lambda: (systems.states, systems.wrong),
        )
        _drop(
            tmp_path, "c.csv",
            b"order_id,changed,status\nA-1,2024-01-03T00:00:00Z,signed\nA-2,2023-01-01T00:00:00Z,unpaid\n"
            b"A-3,yesterday,unpaid\n,2024-01-03T00:00:00Z,unpaid\nC-1,2024-01-03T00:00:00Z,done\n",
        )  # fmt: skip
        _drop(tmp_path, "d.csv", ENGLISH.encode())  # the first one again
        await until(lambda: (place / "done" / "c.csv").exists() and (place / "done" / "d.csv").exists())
    found = await orders(domain)
    assert len(found) == 801
    assert (found["A-1"].status, found["A-2"].status, found["A-3"].status) == ("signed", "shipped", "shipped")
    assert (found["B-7"].status, found["B-7"].paid, found["B-7"].shop) == ("done", "7.50", "Main")
    letters = await dead_letters.page(domain.database, NAME, "", 9)
    assert sorted(one.path for one in letters) == ["changed", "order_id"]
    assert (place / "notes.txt").exists()
