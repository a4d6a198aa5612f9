"""A shop that is polled over real HTTP into a real database: all orders are there once, whatever happens between."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest

from app.adapters.calls.asking import Asking
from app.adapters.calls.network import Network
from app.adapters.calls.requests import Requests
from app.adapters.errors import BadDocument, Refused, Unreached
from app.adapters.formats import json as json_format
from app.adapters.maps.recipes import Recipe, next_link
from app.adapters.origins.intake import Intake
from app.adapters.origins.polling import Polling
from app.adapters.protocols.http import HttpClient
from app.adapters.proving.secrets import Known, Masker
from app.adapters.sinks.changes import Changed
from app.adapters.sinks.recording import RecordSink
from app.adapters.specs.model import Breaker, Call, Expression, Failure, Follow, Plain, Retry, Source, Span, Upsert
from app.adapters.specs.model import Records as RecordsPart
from app.model.clock import SystemClock
from app.model.health import Words
from app.model.records import RecordKind
from app.records.records import Records
from app.settings import Limits
from app.storage import dead_letters, records, source_drift, source_runs
from tests.adapters.shop import Shop
from tests.domain import Domain

Pages = Literal["first-to-last", "last-to-first"]


MAP: dict[str, Any] = {
    "id": "sn",
    "status": {"from": "state", "enum": {"1": "to_ship", "2": "shipped"}, "else": "unknown"},
    "total": {"from": "pay", "as": "money"},
    "paid_at": {"from": "when", "as": "time", "zone": "+08:00"},
    "customer": {"map": {"phone": "phone"}},
}


def source(port: int, *, lanes: int = 1, pages: Pages = "first-to-last", retries: int = 2) -> Source:
    return Source(
        name="mall", title=Words("Mall", "商城"), version="v1",
        origin=Call(
            method="get", url=f"http://127.0.0.1:{port}/orders", query=Plain({"page": "$page", "size": "$size"}),
            fails_when=Failure(has="error", code="error.code", text="error.text", limited=("busy",),
                               when=Expression("list == null")),
            retry=Retry(times=retries, wait=Span(0.001, 0.01)), breaker=Breaker(after=50), timeout=20.0,
        ),
        records=RecordsPart(at="list", id="sn"),
        follow=Follow(pages=pages, size=10, total="total", lanes=lanes),
        map=Plain(MAP), deliver=Upsert(to="orders"),
    )  # fmt: skip


@asynccontextmanager
async def polling(domain: Domain, spec: Source, limits: Limits | None = None) -> AsyncIterator[Polling]:
    assert isinstance(spec.origin, Call)
    limits, clock = limits or Limits(), SystemClock()
    client = HttpClient(Network([spec.origin.url.split("/")[2]]), clock, limits, ssl.create_default_context())
    requests = Requests(spec.origin, Known(), lambda tree: b"")
    asking = Asking(
        spec.origin,
        requests,
        client,
        lambda answer: json_format.decode(answer.body),
        None,
        Masker(),
        clock,
        lambda: 0.5,
    )
    kept = Records(domain.database, domain.ids, clock, limits)
    sink = RecordSink(kept, spec.name, spec.version, Upsert(to="orders"), Changed("", ""))
    try:
        recipe = Recipe(spec, limits)
        intake = Intake(spec, recipe, sink, Masker(), domain.database, domain.ids, clock, limits)
        yield Polling(spec, recipe, asking, intake, clock)
    finally:
        await client.close()


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("pages", ["first-to-last", "last-to-first"])
async def test_every_order_is_there_once(domain: Domain, lanes: int, pages: Pages) -> None:
    shop = Shop(95)
    async with shop.far.serving() as far, polling(domain, source(far.port, lanes=lanes, pages=pages)) as poll:
        first = await poll.round()
        again = await poll.round()
    assert await records.counts(domain.database, "mall") == {"order": 95}
    assert (first.counts.written, first.counts.failed, again.counts.written) == (95, 0, 0)
    assert again.counts.unchanged == again.counts.fetched
    assert sorted({int(one["page"]) for one in shop.asked}) == list(range(1, 11))
    kept = await records.find_external(domain.database, "mall", RecordKind.ORDER, "o7")
    assert kept is not None
    assert (kept.body.id, getattr(kept.body, "total", ""), getattr(kept.body, "paid_at", "")) == (
        "o7", "7.50", "2026-01-01T19:04:05Z",
    )  # fmt: skip


async def test_what_cannot_be_mapped_is_kept_aside_with_its_path_and_stops_nothing(domain: Domain) -> None:
    shop = Shop(12)
    shop.orders[3]["when"] = "the day before"
    shop.orders[5]["sn"] = None
    shop.orders[7]["colour"] = "red"
    async with shop.far.serving() as far, polling(domain, source(far.port)) as poll:
        run = await poll.round()
    assert (run.counts.written, run.counts.failed) == (10, 2)
    letters = await dead_letters.page(domain.database, "mall", "", 9)
    letters.sort(key=lambda letter: letter.path)
    assert [(one.path, one.external_id, one.stage) for one in letters] == [("id", "", "map"), ("when", "o3", "map")]
    found = await dead_letters.find(domain.database, letters[1].id)
    assert found is not None
    assert json.loads(found.raw)["when"] == "the day before"
    drift = {(one.what, one.path, one.value): one.count for one in await source_drift.of(domain.database, "mall")}
    assert drift[("value", "state", "3")] == 4
    (kept,) = await source_runs.newest(domain.database, "mall", "", 5)
    assert kept == run


@pytest.mark.parametrize(
    ("lies", "error", "code"),
    [
        ([("503 Busy", b"")] * 2, None, ""),
        ([("200 OK", b'{"error": {"code": "busy", "text": "slowly"}}')] * 2, None, ""),
        ([("503 Busy", b"")] * 3, Unreached, "answer_5xx"),
        ([("200 OK", b'{"error": {"code": 7, "text": "no such shop"}}')], Refused, "refused"),
        ([("404 Not Found", b"<html>")], Refused, "refused"),
        ([("200 OK", b'{"fine": true}')], Refused, "refused"),
        ([("200 OK", b"<html>oops</html>")], BadDocument, "json_malformed"),
        ([("200 OK", b'{"total": "many", "list": []}')], BadDocument, "page_total"),
        ([("200 OK", Shop(25).page(1))], BadDocument, "page_repeated"),
        ([("200 OK", b'{"total": 0, "list": []}')], None, ""),
        ([("200 OK", b'{"total": 25, "list": []}')], None, ""),
        ([("200 OK", b'{"total": 10, "list": [{"sn": "o0", "state": 1, "when": "2026-01-02 03:04:05"}]}')], None, ""),
    ],
)
async def test_a_shop_that_is_down_or_lies_costs_nothing_but_time(
    domain: Domain, lies: list[tuple[str, bytes]], error: type[Exception] | None, code: str
) -> None:
    shop = Shop(25)
    async with shop.far.serving() as far, polling(domain, source(far.port)) as poll:
        shop.lies = [("200 OK", shop.page(1)), *lies]
        if error is None:
            await poll.round()
        else:
            with pytest.raises(error) as ended:
                await poll.round()
            assert getattr(ended.value, "code", "") == code
            assert await records.counts(domain.database, "mall") == {"order": 10}
            (run,) = await source_runs.newest(domain.database, "mall", "", 5)
            assert (run.code, run.ended_at is not None) == (code, True)
            shop.lies.clear()
            assert (await poll.round()).counts.fetched == 15, "it went on where it was"
    assert await records.counts(domain.database, "mall") == {"order": 25}


async def test_where_it_is_cut_off_it_goes_on(domain: Domain) -> None:
    shop = Shop(200)
    async with shop.far.serving() as far:
        for seconds in (0.01, 0.02, 0.03, 0.05, 0.08):
            async with polling(domain, source(far.port, lanes=3)) as poll:
                task = asyncio.create_task(poll.round())
                await asyncio.sleep(seconds)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        async with polling(domain, source(far.port, lanes=3)) as poll:
            await poll.round()
    assert await records.counts(domain.database, "mall") == {"order": 200}


async def test_a_source_whose_dead_letters_are_too_many_rests_and_loses_nothing(domain: Domain) -> None:
    shop = Shop(30)
    for order in shop.orders[10:]:
        order["when"] = "never"
    limits = Limits(dead_letters_max=15)
    async with shop.far.serving() as far, polling(domain, source(far.port), limits) as poll:
        with pytest.raises(Exception, match="dead_letters_full"):
            await poll.round()
        assert len(await dead_letters.page(domain.database, "mall", "", 99)) == 10
        for order in shop.orders:
            order["when"] = "2026-01-02 03:04:05"
        await poll.round()
    assert await records.counts(domain.database, "mall") == {"order": 20}


def test_a_link_leads_on() -> None:
    header = '<https://a.example/x?page_info=a>; rel="previous", <https://a.example/x?page_info=b>; rel="next"'
    assert next_link(header) == "https://a.example/x?page_info=b"
    assert next_link('<https://a.example/x>; rel="previous"') is None
    assert next_link("") is None


async def test_what_failing_rounds_held_is_room_again(domain: Domain) -> None:
    """A budget that failures used up would hold a source back for ever."""
    shop = Shop(30)
    limits = Limits(dead_letters_max=0, source_held_bytes_max=2_500)
    for order in shop.orders[10:]:
        order["when"] = "never"
    async with shop.far.serving() as far, polling(domain, source(far.port), limits) as poll:
        for _ in range(6):
            with pytest.raises(Exception, match="dead_letters_full"):
                async with asyncio.timeout(10):
                    await poll.round()
        for order in shop.orders:
            order["when"] = "2026-01-02 03:04:05"
        async with asyncio.timeout(10):
            await poll.round()
    assert await records.counts(domain.database, "mall") == {"order": 30}
