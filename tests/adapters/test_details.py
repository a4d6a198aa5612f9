"""A list of ids first, then one call for each: all orders are there once, in few lanes, whatever fails between."""

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.adapters.errors import BadSpec
from app.adapters.specs.reading import read
from app.model.arrivals import Arrival
from app.model.errors import Unavailable
from app.settings import Limits
from app.storage import dead_letters, records, source_cursors, source_runs
from tests.adapters.far import Far
from tests.adapters.test_engine import joined, put, until, until_orders, vault
from tests.domain import Domain

SPEC = """\
source: mall
title: {en: A shop of ids, zh: 按编号取订单}
allow: ["127.0.0.1:%(port)d"]
call:
  get: http://127.0.0.1:%(port)d/ids
  query: {page: $page}
  retry: {times: 0}
records: {at: ids, id: sn}
follow: {pages: first-to-last, size: 10, total: total, every: 200ms}
then:
  call:
    get: http://127.0.0.1:%(port)d/order
    query: {sn: $item}
    retry: {times: 0}
    fails_when: {has: error, code: error.code, text: error.text}
  each: sn
  records: {at: order, id: sn}
  lanes: 3
map:
  id: sn
  total: {from: pay, as: money}
deliver: {to: orders}
"""


class ShopOfIds:
    """Pages of ids, and an order by its id; `lies` are by id."""

    def __init__(self, count: int) -> None:
        self.ids = [f"o{n}" for n in range(count)]
        self.lies: dict[str, tuple[str, object]] = {}
        self.asked: list[str] = []
        self.at_once = self.most = 0
        self.held: dict[str, asyncio.Event] = {}  # ids whose answer waits
        self.far = Far(self._say)

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        place = urlsplit(self.far.heard[-1].line.split()[1])
        asked = {name: values[0] for name, values in parse_qs(place.query).items()}
        status, told = "200 OK", self._page(asked)
        if place.path == "/order":
            status, told = await self._order(asked["sn"])
        body = json.dumps(told).encode()
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    def _page(self, asked: dict[str, str]) -> object:
        at = (int(asked.get("page", "1")) - 1) * 10
        return {"total": len(self.ids), "ids": [{"sn": one} for one in self.ids[at : at + 10]]}

    async def _order(self, name: str) -> tuple[str, object]:
        self.asked.append(name)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.03 if name.endswith("0") else 0.003)  # the first of ten is the last to be ready
        if name in self.held:
            await self.held[name].wait()
        self.at_once -= 1
        return self.lies.get(name, ("200 OK", {"order": {"sn": name, "pay": f"{name[1:]}.50"}}))


async def test_what_each_id_stands_for_is_there_once_asked_in_few_lanes(domain: Domain, tmp_path: Path) -> None:
    shop = ShopOfIds(45)
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port})
        await until_orders(domain, 45)
        await until(lambda: systems.states["mall"].state == "waiting")
        assert systems.states["mall"].counts.fetched == 45
    assert shop.most == 3
    assert sorted(shop.asked[:45]) == sorted(shop.ids)


async def test_one_that_is_not_known_is_kept_aside_and_the_others_come(domain: Domain, tmp_path: Path) -> None:
    shop = ShopOfIds(25)
    shop.lies = {
        "o3": ("404 Not Found", "gone"),
        "o7": ("200 OK", {"error": {"code": 5, "text": "no such order"}}),
        "o12": ("200 OK", {"order": {"pay": "1"}}),
    }
    shop.ids[20] = ""
    async with shop.far.serving() as far, joined(domain, tmp_path):
        put(tmp_path, SPEC % {"port": far.port})
        await until_orders(domain, 21)
        async with asyncio.timeout(20):
            while len(letters := await dead_letters.page(domain.database, "mall", "", 99)) < 4:
                await asyncio.sleep(0.02)
    assert sorted((one.stage, one.code) for one in letters) == [
        ("ask", "detail_unasked"), ("ask", "refused"), ("ask", "refused"), ("map", "record_key"),
    ]  # fmt: skip
    asked = [one for one in letters if one.stage == "ask" and one.code == "refused"]
    assert {one.external_id for one in asked} == {"o3", "o7"}
    found = await dead_letters.find(domain.database, asked[0].id)
    assert found is not None
    assert json.loads(found.raw) == {"sn": asked[0].external_id}


@pytest.mark.parametrize("status", ["503 Busy", "401 Unauthorized"])
async def test_where_none_is_answered_the_page_waits_and_none_is_lost(
    domain: Domain, tmp_path: Path, status: str
) -> None:
    shop = ShopOfIds(25)
    shop.lies = {"o15": (status, "")}
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port})
        await until(lambda: "mall" in systems.states and systems.states["mall"].state in ("failing", "down"))
        position = await source_cursors.find(domain.database, "mall")
        assert position is not None
        assert json.loads(position)["page"] == 2
        assert (await records.counts(domain.database, "mall"))["order"] < 20
        (run, *_) = await source_runs.newest(domain.database, "mall", "", 9)
        assert (run.code != "", run.ended_at is not None) == (True, True)
        shop.lies.clear()
        await until_orders(domain, 25)
        assert await dead_letters.page(domain.database, "mall", "", 9) == []


async def test_a_server_that_is_stopped_between_loses_none_of_them(domain: Domain, tmp_path: Path) -> None:
    shop = ShopOfIds(60)
    async with shop.far.serving() as far:
        put(tmp_path, SPEC % {"port": far.port})
        for stop in (15, 33, 48):
            shop.held = {f"o{stop}": asyncio.Event()}
            async with joined(domain, tmp_path):
                await until_orders(domain, stop // 10 * 10)
                await until(lambda at=f"o{stop}": at in shop.asked)  # type: ignore[misc]
            (run, *_) = await source_runs.newest(domain.database, "mall", "", 99)
            assert (run.ended_at, run.counts.fetched > 0) == (None, True), "one that was cut off is seen"
        shop.held.clear()
        async with joined(domain, tmp_path):
            await until_orders(domain, 60)


async def test_one_that_was_not_known_is_asked_for_again_when_it_is_replayed(domain: Domain, tmp_path: Path) -> None:
    shop = ShopOfIds(5)
    shop.lies = {"o3": ("404 Not Found", "gone")}
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port})
        await until_orders(domain, 4)
        async with asyncio.timeout(20):
            while not (letters := await dead_letters.page(domain.database, "mall", "", 9)):
                await asyncio.sleep(0.02)
        still = await systems.replay("mall", [letters[0].id])
        assert (still.delivered, still.failed) == (0, 1)
        shop.lies.clear()
        done = await systems.replay("mall", [letters[0].id])
        assert (done.delivered, done.failed) == (1, 0)
        assert (await records.counts(domain.database, "mall"))["order"] == 5
        assert await dead_letters.page(domain.database, "mall", "", 9) == []


PUSHED = """\
source: mall
title: {en: A shop that tells numbers, zh: 只推送编号}
allow: ["127.0.0.1:%(port)d"]
secrets: {word: vault:word}
receive: {proof: {bearer: word}}
records: {at: ids}
then:
  call:
    get: http://127.0.0.1:%(port)d/order
    query: {sn: $item}
    retry: {times: 0}
  each: sn
  records: {at: order, id: sn}
map: {id: sn, total: {from: pay, as: money}}
deliver: {to: orders}
"""


def told(*names: str) -> Arrival:
    body = json.dumps({"ids": [{"sn": one} for one in names]}).encode()
    headers = {"authorization": "Bearer a word of the house", "content-type": "application/json"}
    return Arrival("POST", "/in/mall", (), headers, body, "93.184.216.34")


async def test_whoever_pushes_numbers_is_asked_what_they_stand_for_before_he_is_answered(
    domain: Domain, tmp_path: Path
) -> None:
    shop = ShopOfIds(9)
    shop.lies = {"o2": ("404 Not Found", "gone"), "o5": ("503 Busy", ""), "o6": ("401 Unauthorized", "")}
    vault(tmp_path, "word", "a word of the house")
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, PUSHED % {"port": far.port})
        await until(lambda: "mall" in systems.states and systems.states["mall"].state == "waiting")
        await systems.take("mall", told("o1", "o2", "o3"))
        assert await records.counts(domain.database, "mall") == {"order": 2}
        (letter,) = await dead_letters.page(domain.database, "mall", "", 9)
        assert (letter.stage, letter.code) == ("ask", "refused")
        for name in ("o5", "o6"):
            with pytest.raises(Unavailable):
                await systems.take("mall", told("o4", name))
        assert await records.counts(domain.database, "mall") == {"order": 2}, "they send it again"
        shop.lies.clear()
        await systems.take("mall", told("o4", "o5", "o6"))
        assert (await systems.replay("mall")).delivered == 1
        assert await records.counts(domain.database, "mall") == {"order": 6}


def test_what_happens_here_is_not_asked_for_elsewhere() -> None:
    text = (PUSHED % {"port": 1}).replace("receive: {proof: {bearer: word}}", "events: [ticket.created]")
    with pytest.raises(BadSpec, match="what happens here is whole"):
        read(text.encode(), "mall.yaml", Limits())
