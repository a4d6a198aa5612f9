"""Files that are dropped: each record is in once, whole files are moved, and a stop anywhere changes nothing."""

import asyncio
import json
from pathlib import Path

import pytest

from app.storage import dead_letters, records, source_drift, source_runs
from tests.adapters.far import Far, answer
from tests.adapters.test_engine import joined, put, until, until_orders
from tests.domain import Domain

SPEC = """\
source: mall
title: {en: Files, zh: 文件}
folder: {path: drop/orders, names: "*.*"}
records: {at: "%(at)s", id: no}
map:
  id: no
  total: {from: sum, as: money}
  status: {from: state, enum: {new: to_ship}, else: unknown}
deliver: {to: orders}
"""
FORMS = {
    "a.csv": ("", "no,sum,state\r\n" + "".join(f"c{n},{n}.5,new\r\n" for n in range(250))),
    "b.json": ("answer.orders", json.dumps({"answer": {"orders": [{"no": f"c{n}", "sum": n} for n in range(250)]}})),
    "c.xml": ("r.o", "<r>" + "".join(f"<o><no>c{n}</no><sum>{n}</sum></o>" for n in range(250)) + "</r>"),
    "d.ndjson": ("", "\n".join(json.dumps({"no": f"c{n}", "sum": n}) for n in range(250))),
    "e.dat": ("", json.dumps([{"no": f"c{n}", "sum": n} for n in range(250)])),
    "f.json": ("answer[0].orders", json.dumps({"answer": [{"orders": [{"no": f"c{n}"} for n in range(250)]}]})),
}


def drop(folder: Path, name: str, text: str | bytes) -> Path:
    place = folder / "adapters" / "drop" / "orders"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


@pytest.mark.parametrize("name", FORMS)
async def test_a_file_of_any_format_is_taken_and_moved_away(domain: Domain, tmp_path: Path, name: str) -> None:
    at, text = FORMS[name]
    place = drop(tmp_path, name, text)
    async with joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"at": at})
        await until_orders(domain, 250)
        await until(lambda: (place / "done" / name).exists())
        await until(lambda: systems.states["mall"].counts.written == 250)
        assert not (place / name).exists()
    (run,) = await source_runs.newest(domain.database, "mall", "", 9)
    assert (run.counts.fetched, run.counts.pages, run.counts.bytes) == (250, 1, len(text))


async def test_what_is_wrong_with_a_record_or_a_file_is_told_and_the_others_come(
    domain: Domain, tmp_path: Path
) -> None:
    place = drop(tmp_path, "a.csv", "no,sum,state\nx1,1,new\nx2,many,new\nx3,3,odd\nx4,4,new,too,much\n")
    drop(tmp_path, "b.json", '[{"no": "y1", "sum": 1}, {"no": "y2", "sum": 2')
    drop(tmp_path, "c.json", "<html><body>No such page</body></html>")
    (place / "d.csv").symlink_to("/etc/hostname")
    async with joined(domain, tmp_path):
        put(tmp_path, SPEC % {"at": ""})
        await until(lambda: (place / "done" / "a.csv").exists() and (place / "failed" / "c.json").exists())
        await until(lambda: (place / "failed" / "b.json").exists())
        drop(tmp_path, "a.csv", "no,sum,state\nz1,1,new\n")
        await until(lambda: (place / "done" / "a-1.csv").exists())
    assert (await records.counts(domain.database, "mall"))["order"] == 4, "x1, x3, y1, z1"
    letters = {(one.stage, one.code) for one in await dead_letters.page(domain.database, "mall", "", 99)}
    assert letters == {
        ("map", "adapter_map"), ("read", "csv_row"), ("read", "json_malformed"), ("read", "document_page"),
    }  # fmt: skip
    drift = {(one.what, one.path, one.value) for one in await source_drift.of(domain.database, "mall")}
    assert ("value", "state", "odd") in drift
    assert (place / "d.csv").is_symlink(), "what leads out of the folder is not followed"


async def test_a_file_that_still_grows_is_not_read(domain: Domain, tmp_path: Path) -> None:
    place = drop(tmp_path, "a.csv", "no,sum,state\n")
    async with joined(domain, tmp_path, adapter_look_seconds=0.4):
        put(tmp_path, SPEC % {"at": ""})
        for number in range(90):
            with (place / "a.csv").open("a") as file:
                file.write(f"g{number},1,new\n")
            assert await records.counts(domain.database, "mall") == {}
            await asyncio.sleep(0.01)
        await until_orders(domain, 90)


SEND = """\
source: mall
title: {en: Files that leave, zh: 文件转发}
allow: ["127.0.0.1:%(port)d"]
folder: {path: drop/orders, names: "*.csv"}
records: {id: no}
map: {id: no}
deliver: {post: "http://127.0.0.1:%(port)d/in", idempotency: X-Id}
"""


async def test_a_stop_between_any_two_steps_loses_and_doubles_nothing(domain: Domain, tmp_path: Path) -> None:
    far = Far(answer(b"{}"))
    async with far.serving():
        put(tmp_path, SEND % {"port": far.port})
        for number in range(3):
            rows = "".join(f"f{number}-{n}\n" for n in range(400))
            drop(tmp_path, f"{number}.csv", "no\n" + rows)
        place = tmp_path / "adapters" / "drop" / "orders"
        for step in range(14):
            async with joined(domain, tmp_path, source_rows_per_write=20):
                await asyncio.sleep(0.16 + step * 0.007)
        async with joined(domain, tmp_path, source_rows_per_write=20):
            await until(lambda: len(list((place / "done").glob("*.csv"))) == 3)
            await until(lambda: len({one.body for one in far.heard}) == 1_200)
            await asyncio.sleep(0.3)
    ids: dict[str, set[str]] = {}
    for one in far.heard:
        ids.setdefault(json.loads(one.body)["id"], set()).add(one.headers["x-id"])
    assert len(ids) == 1_200
    assert {len(one) for one in ids.values()} == {1}, "a row that is taken twice leaves as two"
