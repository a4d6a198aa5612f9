"""What a source could not take is delivered after all: by today's spec, once, whoever asks how often."""

import asyncio
import json
from pathlib import Path

import pytest

from app.adapters.joined import JoinedSystems
from app.adapters.sinks.replaying import Replayed
from app.model.arrivals import Arrival
from app.model.errors import Conflict, NotFound
from app.model.records import Record, RecordKind
from app.storage import records
from tests.adapters.shop import Shop
from tests.adapters.test_engine import WEBHOOK, joined, put, until, vault
from tests.domain import Domain

KEY = "a word of the house"
MALL = """\
source: mall
title: Mall
secrets: {key: vault:mall}
receive: {proof: {bearer: {with: key}}, format: %(format)s}
records: {at: %(at)s, lists: [%(at)s]}
where: sn != "none"
map: {id: sn, note: {from: pay, as: %(note)s}, shop: $headers.x-shop, remark: $query.day}
deliver: {to: orders}
"""
JSON = {"format": "json", "at": "orders", "note": "money"}


def arrival(body: bytes, kind: str = "application/json") -> Arrival:
    headers = {"content-type": kind, "authorization": f"Bearer {KEY}", "x-shop": "west"}
    return Arrival("POST", "/in/mall", (("day", "1"),), headers, body, "93.184.216.34")


async def runs(systems: JoinedSystems, folder: Path, spec: dict[str, str]) -> None:
    was = systems.states["mall"].version if "mall" in systems.states else ""
    put(folder, MALL % spec)
    await until(lambda: "mall" in systems.states and systems.states["mall"].version != was)
    await until(lambda: systems.states["mall"].state == "waiting")


async def order(domain: Domain, number: str) -> Record:
    found = await records.find_external(domain.database, "mall", RecordKind.ORDER, number)
    assert found is not None
    return found


async def test_letters_are_mapped_again_by_todays_spec_and_delivered_once(domain: Domain, tmp_path: Path) -> None:
    vault(tmp_path, "mall", KEY)
    async with joined(domain, tmp_path) as systems:
        await runs(systems, tmp_path, JSON)
        orders = [{"sn": "1", "pay": "much"}, {"sn": "2", "pay": "1"}, {"sn": "3", "pay": "a lot"}]
        await systems.take("mall", arrival(json.dumps({"orders": orders}).encode()))
        second, first = await systems.letters("mall", "", 9)
        assert (await systems.letters("mall", second.id, 1), await systems.letter_counts()) == ([first], {"mall": 2})
        assert await systems.replay("mall", [first.id]) == Replayed(failed=1)
        (again,) = [one for one in await systems.letters("", "", 9) if one.id == first.id]
        assert (again.attempts, again.path, again.stage) == (2, "pay", "map")
        await runs(systems, tmp_path, {**JSON, "note": "text"})
        both = await asyncio.gather(systems.replay("mall"), systems.replay("mall", [first.id, second.id]))
        assert sum(one.delivered for one in both) == 2
        assert await systems.letters("mall", "", 9) == []
        body = (await order(domain, "1")).body
        assert [getattr(body, name) for name in ("note", "shop", "remark")] == ["much", "west", "1"]


async def test_a_document_that_could_not_be_read_is_read_again_each_record_for_itself(
    domain: Domain, tmp_path: Path
) -> None:
    vault(tmp_path, "mall", KEY)
    words = "<all>" + "".join(f"<o><sn>{sn}</sn><pay>{pay}</pay></o>" for sn, pay in
                              (("1", "1.5"), ("2", "much"), ("none", "1"))) + "</all>"  # fmt: skip
    async with joined(domain, tmp_path) as systems:
        await runs(systems, tmp_path, JSON)
        raw = f'<?xml version="1.0" encoding="GBK"?>{words}'.encode("gbk")
        await systems.take("mall", arrival(raw, "text/xml"))
        (letter,) = await systems.letters("mall", "", 9)
        kept = await systems.letter(letter.id)
        assert (kept.raw, letter.stage, KEY.encode() in kept.came) == (raw, "read", False)
        await runs(systems, tmp_path, {**JSON, "format": "xml", "at": "all.o"})
        assert await systems.replay("mall") == Replayed(delivered=1, left_out=1, failed=1)
        (one,) = await systems.letters("mall", "", 9)
        assert (one.stage, one.path, one.id == letter.id) == ("map", "pay", False)
        assert getattr((await order(domain, "1")).body, "shop", "") == "west"


async def test_what_a_receiver_refused_is_handed_over_again_under_the_same_id(domain: Domain, tmp_path: Path) -> None:
    vault(tmp_path, "hook", "a secret of the house")
    shop = Shop(0)
    shop.lies = [("400 Bad Request", b"no")] * 2
    shop.answer = b"{}"
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, WEBHOOK % {"port": far.port}, "hook.yaml")
        await until(lambda: "hook" in systems.states and systems.states["hook"].state == "waiting")
        await domain.say(await domain.visitor(await domain.inbox()), "one")
        await until(lambda: len(shop.far.heard) == 2)
        async with asyncio.timeout(30):
            while len(letters := await systems.letters("hook", "", 9)) < 2:
                await asyncio.sleep(0.02)
        assert {one.stage for one in letters} == {"deliver"}
        assert await systems.replay("hook") == Replayed(delivered=2)
        await until(lambda: len(shop.far.heard) == 4)
        assert await systems.letters("hook", "", 9) == []
    keys = [one.headers["idempotency-key"] for one in shop.far.heard]
    assert keys[:2] == keys[2:]
    assert len(set(keys)) == 2


async def test_letters_are_thrown_away_and_those_of_a_source_that_rests_wait(domain: Domain, tmp_path: Path) -> None:
    vault(tmp_path, "mall", KEY)
    async with joined(domain, tmp_path) as systems:
        await runs(systems, tmp_path, JSON)
        orders = [{"sn": f"{n}", "pay": "much"} for n in range(5)]
        await systems.take("mall", arrival(json.dumps({"orders": orders}).encode()))
        one, two, *_ = await systems.letters("mall", "", 9)
        assert await systems.discard("another", [one.id]) == 0, "a letter goes by its own source"
        assert await systems.discard("mall", [one.id, two.id, one.id]) == 2
        assert await systems.replay("mall", [one.id]) == Replayed(gone=1)
        with pytest.raises(NotFound):
            await systems.letter(one.id)
        (tmp_path / "adapters" / "mall.yaml").unlink()
        await until(lambda: not systems.states)
        with pytest.raises(Conflict, match="source_rests"):
            await systems.replay("mall")
        assert (await systems.letter_counts(), await systems.discard("mall")) == ({"mall": 3}, 3)
        assert await systems.letter_counts() == {}
