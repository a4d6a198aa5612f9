"""Systems are joined, tried, changed, rested and let go over REST, against a shop that really answers."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.accounts.agents import NewAgent
from app.adapters import engine
from app.adapters.origins.kinds import Origin, origin_of
from app.adapters.proving.secrets import Vault
from app.adapters.runtime import Runtime
from app.settings import Limits
from app.storage import audit, records
from tests.adapters.shop import Shop
from tests.api.desk import PASSWORD, SYSTEM, Desk, World

SPEC = """\
# our own store
source: store
title: {en: Our store, zh: 自有商城}
allow: ["127.0.0.1:%(port)d"]
secrets: {key: vault:store.key}
call:
  get: http://127.0.0.1:%(port)d/orders
  query: {page: $page, size: $size, key: $key}
records: {at: list, id: sn}
follow: {pages: first-to-last, size: 10, total: total, every: 1h}
map:
  id: sn
  status: {from: state, enum: {1: to_ship, 2: shipped, 3: done}}
  total: {from: pay, as: money}
deliver: {to: orders}
cases:
  - name: a paid order
    given: {sn: a, state: 1, pay: "39.9"}
    expect: {id: a, status: to_ship, total: "39.90"}
"""
KEY = "a-key-that-nobody-is-told"


async def asked(desk: Desk, cookie: str, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer: httpx.Response = await desk.call(method, f"/api/v1/{path}", cookie=cookie, json=body)
    assert answer.status_code == status, answer.text
    assert KEY not in answer.text
    return answer.json() if answer.content else None


async def until_orders(desk: Desk, count: int) -> None:
    async with asyncio.timeout(30):
        while (await records.counts(desk.database, "store")).get("order", 0) != count:
            await asyncio.sleep(0.02)


async def an_admin(desk: Desk, world: World) -> str:
    new = NewAgent("Adam", "adam@desk.example", "admin", PASSWORD, (world.team_id,))
    return (await desk.sessions.begin((await desk.agents.create(SYSTEM, new)).id, "", "")).secret


async def test_a_desk_that_joins_nothing_loads_nothing(desk: Desk, world: World) -> None:
    assert await asked(desk, world.owner, "GET", "sources") == {"sources": [], "wrong": []}
    assert desk.joined._registry is None


async def test_a_system_is_joined_and_its_orders_come_at_once(desk: Desk, world: World) -> None:
    shop = Shop(12)
    async with shop.far.serving() as far:
        new = {"yaml": SPEC % {"port": far.port}, "secrets": {"key": KEY}}
        saved = await asked(desk, world.owner, "PUT", "sources/store", new)
        assert (saved["saved"], saved["errors"]) == (True, [])
        assert [(case["name"], case["passed"]) for case in saved["cases"]] == [("a paid order", True)]

        await until_orders(desk, 12)
        assert shop.asked[0]["key"] == KEY
        async with asyncio.timeout(30):
            while (await asked(desk, world.owner, "GET", "sources"))["sources"][0]["state"] != "waiting":
                await asyncio.sleep(0.02)
        (told,) = (await asked(desk, world.owner, "GET", "sources"))["sources"]
        expected = {
            "name": "store", "title": {"en": "Our store", "zh": "自有商城"}, "preset": "", "system": "store",
            "enabled": True, "origin": "call", "to": "orders", "editable": True, "file": "store.yaml",
            "counts": {"fetched": 12, "stored": 12, "skipped": 0, "failed": 0}, "letters": 0, "code": "",
        }  # fmt: skip
        assert {name: told[name] for name in expected} == expected
        detail = await asked(desk, world.owner, "GET", "sources/store")
        assert detail["yaml"] == SPEC % {"port": far.port}
        assert detail["secrets"] == [{"name": "key", "reference": "vault:store.key", "held": True}]
        (run,) = (await asked(desk, world.owner, "GET", "sources/store/runs"))["runs"]
        assert (run["counts"]["fetched"], run["pages"], run["code"]) == (12, 2, "")
        assert (desk.folder / "adapters" / "store.yaml").stat().st_mode & 0o777 == 0o600
        assert Vault(desk.folder / "keys" / "adapters").read("store.key") == KEY


async def test_a_spec_that_is_wrong_changes_nothing_and_says_where(desk: Desk, world: World) -> None:
    async with Shop(3).far.serving() as far:
        good = SPEC % {"port": far.port}
        await asked(desk, world.owner, "PUT", "sources/store", {"yaml": good, "secrets": {"key": KEY}})
        bad = await asked(desk, world.owner, "PUT", "sources/store", {"yaml": good.replace("as: money", "as: coins")})
        (error,) = bad["errors"]
        assert (bad["saved"], error["line"]) == (False, 14)
        assert "coins" in error["en"]
        assert "store.yaml" not in error["en"] + error["zh"]
        failing = good.replace("status: to_ship", "status: shipped")
        bad = await asked(desk, world.owner, "PUT", "sources/store", {"yaml": failing})
        (case,) = bad["cases"]
        assert (bad["saved"], bad["errors"], case["passed"]) == (False, [], False)
        assert (case["path"], case["expected"], case["got"]) == ("status", "shipped", "to_ship")
        assert "to_ship" in case["zh"]
        assert (await asked(desk, world.owner, "GET", "sources/store"))["yaml"] == good
        assert (desk.folder / "adapters" / "store.yaml").read_text(encoding="utf-8") == good


@pytest.mark.parametrize(
    ("line", "instead", "code"),
    [
        (
            "secrets: {key: vault:store.key}",
            "secrets: {key: env:STORE_KEY}",
            "env: and file: are for files on the server",
        ),
        ("secrets: {key: vault:store.key}", "secrets: {key: file:/etc/shadow}", "env: and file:"),
        ("source: store", "source: market", "This is the spec of “store”"),
        ("secrets: {key: vault:store.key}", "secrets: {key: vault:store.other}", "is missing"),
        (SPEC[SPEC.index("source") :], "", "The spec is empty"),
    ],
)
async def test_what_may_not_come_over_the_network_is_refused(
    desk: Desk, world: World, line: str, instead: str, code: str
) -> None:
    spec = SPEC.replace(line, instead) % ({"port": 80} if "%(" in SPEC.replace(line, instead) else {})
    told = await asked(desk, world.owner, "PUT", "sources/store", {"yaml": spec})
    assert not told["saved"]
    assert code in told["errors"][0]["en"]
    assert not list((desk.folder).glob("adapters/*"))


async def test_private_hosts_are_the_owners_to_allow_and_an_admin_may_keep_them(desk: Desk, world: World) -> None:
    admin = await an_admin(desk, world)
    async with Shop(3).far.serving() as far:
        new = {"yaml": SPEC % {"port": far.port}, "secrets": {"key": KEY}}
        refused = await asked(desk, admin, "PUT", "sources/store", new, 403)
        assert (refused["code"], refused["field"]) == ("source_allow", "allow")
        assert Vault(desk.folder / "keys" / "adapters").names() == []
        await asked(desk, world.owner, "PUT", "sources/store", new)
        changed = new["yaml"].replace("every: 1h", "every: 2h")  # type: ignore[attr-defined]
        assert (await asked(desk, admin, "PUT", "sources/store", {"yaml": changed}))["saved"]
        proxied = changed.replace("source: store", "source: store\nproxy: http://127.0.0.1:3128")
        assert (await asked(desk, admin, "PUT", "sources/store", {"yaml": proxied}, 403))["code"] == "source_allow"


async def test_a_system_rests_and_runs_again_with_its_text_as_it_was(desk: Desk, world: World) -> None:
    shop = Shop(3)
    async with shop.far.serving() as far:
        spec = SPEC % {"port": far.port}
        await asked(desk, world.owner, "PUT", "sources/store", {"yaml": spec, "secrets": {"key": KEY}})
        await until_orders(desk, 3)
        off = await asked(desk, world.owner, "POST", "sources/store/enabled", {"enabled": False})
        assert (off["state"], off["enabled"]) == ("off", False)
        assert off["yaml"] == spec.replace("source: store", "enabled: false\nsource: store")
        assert (await asked(desk, world.owner, "POST", "sources/store/run", None, 409))["code"] == "source_off"
        on = await asked(desk, world.owner, "POST", "sources/store/enabled", {"enabled": True})
        assert on["enabled"]
        assert on["yaml"] == spec.replace("source: store", "enabled: true\nsource: store")
        shop.orders.append({"sn": "late", "state": 2, "pay": "1"})
        await asked(desk, world.owner, "POST", "sources/store/run", None, 204)
        await until_orders(desk, 4)


@pytest.mark.parametrize(("records_", "left"), [("keep", 3), ("forget", 0)])
async def test_a_system_that_goes_takes_all_but_its_records(desk: Desk, world: World, records_: str, left: int) -> None:
    async with Shop(3).far.serving() as far:
        new = {"yaml": SPEC % {"port": far.port}, "secrets": {"key": KEY}}
        await asked(desk, world.owner, "PUT", "sources/store", new)
        await until_orders(desk, 3)
        await asked(desk, world.owner, "DELETE", f"sources/store?records={records_}", None, 204)
        assert (await records.counts(desk.database, "store")).get("order", 0) == left
        assert await asked(desk, world.owner, "GET", "sources") == {"sources": [], "wrong": []}
        assert not list((desk.folder / "adapters").iterdir())
        assert Vault(desk.folder / "keys" / "adapters").names() == []
        for table in ("source_cursors", "source_runs", "source_specs"):
            assert not await desk.database.read(f"SELECT source FROM {table}")
        await asked(desk, world.owner, "GET", "sources/store", None, 404)


async def test_what_somebody_wrote_on_the_server_is_shown_and_not_touched(desk: Desk, world: World) -> None:
    by_hand = (SPEC % {"port": 9}).replace("vault:store.key", "env:STORE_KEY")
    (desk.folder / "adapters").mkdir()
    path: Path = desk.folder / "adapters" / "store.yaml"
    path.write_text(by_hand, encoding="utf-8")
    (desk.folder / "adapters" / "broken.yaml").write_text("source: [env:K", encoding="utf-8")
    told = await asked(desk, world.owner, "GET", "sources")
    (store,) = told["sources"]
    assert (store["editable"], store["file"]) == (False, "store.yaml")
    admin = await an_admin(desk, world)
    assert (await asked(desk, world.owner, "GET", "sources/store"))["yaml"] == by_hand
    assert (await asked(desk, admin, "GET", "sources/store"))["yaml"] == ""
    tried = {"yaml": by_hand, "sample": '{"sn": 7, "state": 2}', "of": "record", "source": "store"}
    (record,) = (await asked(desk, world.owner, "POST", "sources/preview", tried))["records"]
    assert json.loads(record["output"])["status"] == "shipped"
    assert [(one["file"], one["line"]) for one in told["wrong"]] == [("broken.yaml", 2)]
    assert "broken.yaml" not in told["wrong"][0]["en"]
    for method, path_, body in (
        ("PUT", "sources/store", {"yaml": SPEC % {"port": 9}}),
        ("PUT", "sources/broken", {"yaml": (SPEC % {"port": 9}).replace("store", "broken")}),
        ("DELETE", "sources/store", None),
        ("POST", "sources/store/enabled", {"enabled": False}),
    ):
        assert (await asked(desk, world.owner, method, path_, body, 409))["code"] == "source_by_hand"
    assert path.read_text(encoding="utf-8") == by_hand


async def test_two_files_cannot_make_the_same_source(desk: Desk, world: World) -> None:
    (desk.folder / "adapters").mkdir()
    (desk.folder / "adapters" / "old.yaml").write_text(
        (SPEC % {"port": 9}).replace("vault:store.key", "env:STORE_KEY"), encoding="utf-8"
    )
    told = await asked(desk, world.owner, "PUT", "sources/store", {"yaml": SPEC % {"port": 9}}, 409)
    assert "old.yaml" in told["detail"]


async def test_a_change_is_in_the_audit_log_and_no_secret_is(desk: Desk, world: World) -> None:
    async with Shop(3).far.serving() as far:
        spec = SPEC % {"port": far.port}
        await asked(desk, world.owner, "PUT", "sources/store", {"yaml": spec, "secrets": {"key": KEY}})
        await asked(desk, world.owner, "POST", "sources/store/enabled", {"enabled": False})
        await asked(desk, world.owner, "DELETE", "sources/store", None, 204)
    entries = await audit.page(desk.database, audit.Filter(noun="source"), 2**53, 10)
    assert [one.action for one in entries] == ["source.delete", "source.change", "source.create"]
    assert {one.object_name for one in entries} == {"store"}
    assert {one.actor_id for one in entries} == {world.owner_id}
    assert all(KEY not in one.change for one in entries)
    assert '"secrets":["key"]' in entries[-1].change.replace("\\", "")


async def test_a_new_secret_begins_the_source_anew(desk: Desk, world: World) -> None:
    shop = Shop(3)
    async with shop.far.serving() as far:
        spec = SPEC % {"port": far.port}
        await asked(desk, world.owner, "PUT", "sources/store", {"yaml": spec, "secrets": {"key": KEY}})
        await until_orders(desk, 3)
        await asked(desk, world.owner, "PUT", "sources/store", {"yaml": spec, "secrets": {"key": "another-one"}})
        async with asyncio.timeout(30):
            while shop.asked[-1]["key"] != "another-one":
                await asyncio.sleep(0.02)


async def test_a_spec_may_be_tried_before_it_is_saved(desk: Desk, world: World) -> None:
    told = await asked(desk, world.owner, "POST", "sources/check", {"yaml": SPEC % {"port": 9}})
    assert told["errors"] == []
    assert [(case["name"], case["passed"]) for case in told["cases"]] == [("a paid order", True)]
    told = await asked(desk, world.owner, "POST", "sources/check", {"yaml": "source: store\ncal: {}\n"})
    assert (told["errors"][0]["line"], told["errors"][0]["column"]) == (2, 1)
    assert not (desk.folder / "adapters").exists()


async def test_a_preview_shows_every_step_and_keeps_every_digit(desk: Desk, world: World) -> None:
    sample = '{"total": 2, "list": [{"sn": 12345678901234567890, "state": 1, "pay": "39.9", "x": 1}, {"sn": "b", '
    sample += '"state": 9, "pay": "much"}]}'
    body = {"yaml": SPEC % {"port": 9}, "sample": sample}
    told = await asked(desk, world.owner, "POST", "sources/preview", body)
    assert (told["errors"], told["total"]) == ([], 2)
    first, second = told["records"]
    steps = [(step["path"], step["rule"], step["at"], step["value"]) for step in first["steps"]]
    assert ("id", "from", "sn", "12345678901234567890") in steps
    assert ("status", "from", "state", "1") in steps
    assert ("status", "enum", "", '"to_ship"') in steps
    assert ("total", "as", "", '"39.90"') in steps
    assert '"id": 12345678901234567890' in first["output"]
    assert first["untaken"] == ["x"]
    assert (second["output"], second["failure"]["path"]) == ("", "pay")
    assert second["failure"]["zh"]


async def test_a_preview_takes_one_record_as_well_and_says_what_cannot_be_read(desk: Desk, world: World) -> None:
    spec = SPEC % {"port": 9}
    record = {"yaml": spec, "sample": '{"sn": "a", "state": 1, "pay": "1"}', "of": "record", "format": "json"}
    told = await asked(desk, world.owner, "POST", "sources/preview", record)
    assert [one["failure"] for one in told["records"]] == [None]
    told = await asked(desk, world.owner, "POST", "sources/preview", {**record, "sample": "{"})
    assert told["records"] == []
    assert told["errors"][0]["line"] == 0
    told = await asked(desk, world.owner, "POST", "sources/preview", {**record, "yaml": "source: x\n"})
    assert told["errors"][0]["line"] == 1


async def test_what_could_not_be_taken_is_shown_replayed_and_thrown_away(desk: Desk, world: World) -> None:
    shop = Shop(3)
    shop.orders += [{"sn": "odd", "state": 1, "pay": "much"}, {"sn": "worse", "state": 1, "pay": "more"}]
    async with shop.far.serving() as far:
        spec = SPEC % {"port": far.port}
        await asked(desk, world.owner, "PUT", "sources/store", {"yaml": spec, "secrets": {"key": KEY}})
        await until_orders(desk, 3)
        (told,) = (await asked(desk, world.owner, "GET", "sources"))["sources"]
        assert told["letters"] == 2
        page = await asked(desk, world.owner, "GET", "sources/store/letters?limit=1")
        (letter,) = page["letters"]
        assert (letter["stage"], letter["path"]) == ("map", "pay")
        rest = await asked(desk, world.owner, "GET", f"sources/store/letters?cursor={page['next']}")
        assert {letter["external_id"], *(one["external_id"] for one in rest["letters"])} == {"odd", "worse"}
        assert rest["next"] is None
        shown = await asked(desk, world.owner, "GET", f"letters/{letter['id']}")
        assert (shown["source"], shown["letter"]) == ("store", letter)
        assert json.loads(base64.b64decode(shown["raw"]))["sn"] == letter["external_id"]
        await asked(desk, world.owner, "GET", f"letters/{'0' * 26}", status=404)
        samples = (await asked(desk, world.owner, "GET", "sources/store/samples"))["samples"]
        assert [one["of"] for one in samples if one["kind"] == "letter"] == ["record", "record"]
        received = [json.loads(one["text"])["sn"] for one in samples if one["kind"] == "received"]
        assert received == ["worse", "odd", "o2", "o1", "o0"]
        assert len({one["id"] for one in samples}) == 7
        mended = spec.replace("total: {from: pay, as: money}", "total: {value: '1.00'}").replace(', total: "39.90"', "")
        assert (await asked(desk, world.owner, "PUT", "sources/store", {"yaml": mended}))["saved"]
        odd = {"ids": [letter["id"]]}
        async with asyncio.timeout(30):
            while True:
                answer = await desk.call("POST", "/api/v1/sources/store/letters/replay", cookie=world.owner, json=odd)
                if answer.status_code == 200:
                    break
                await asyncio.sleep(0.05)  # it begins anew just now
        assert answer.json() == {"delivered": 1, "left_out": 0, "failed": 0, "gone": 0}
        await asked(desk, world.owner, "POST", "sources/store/letters/replay", {}, 400)
        gone = await asked(desk, world.owner, "DELETE", "sources/store/letters", {"all": True})
        assert gone == {"removed": 1}
    entries = await audit.page(desk.database, audit.Filter(noun="source"), 2**53, 10)
    assert [one.action for one in entries][:2] == ["source.discard", "source.replay"]


async def test_a_source_says_how_much_comes_in_a_minute(desk: Desk, world: World) -> None:
    shop = Shop(3)
    async with shop.far.serving() as far:
        spec = SPEC % {"port": far.port}
        await asked(desk, world.owner, "PUT", "sources/store", {"yaml": spec, "secrets": {"key": KEY}})
        await until_orders(desk, 3)
        (facts,) = (await asked(desk, world.owner, "GET", "sources"))["sources"]
        assert facts["rate_per_minute"] == 3.0
        for turn in range(2, 10):  # the manual clock stands 40 s into a minute, and 4 s into the next one then
            desk.clock.advance(3)
            await asked(desk, world.owner, "POST", "sources/store/run", None, 204)
            async with asyncio.timeout(30):
                while desk.joined.figures["store"].records != 3 * turn:
                    await asyncio.sleep(0.01)
        (facts,) = (await asked(desk, world.owner, "GET", "sources"))["sources"]
        assert facts["rate_per_minute"] == pytest.approx(6 + 21 * 56 / 60)
        desk.clock.advance(180)
        (facts,) = (await asked(desk, world.owner, "GET", "sources"))["sources"]
        assert facts["rate_per_minute"] == 0.0


async def test_a_source_that_fails_for_long_is_told_to_administrators(desk: Desk, world: World) -> None:
    shop = Shop(3)
    async with shop.far.serving() as far:
        spec = (SPEC % {"port": far.port}).replace("/orders\n", "/orders\n  retry: {times: 0}\n")
        await asked(desk, world.owner, "PUT", "sources/store", {"yaml": spec, "secrets": {"key": KEY}})
        await until_orders(desk, 3)
        shop.lies = [("404 Not Found", b"")]
        await asked(desk, world.owner, "POST", "sources/store/run", None, 204)
        async with asyncio.timeout(30):
            while desk.joined.states["store"].state != "failing":
                await asyncio.sleep(0.01)
        assert desk.joined.troubles() == []
        desk.clock.advance(desk.settings.limits.source_trouble_seconds)
        (trouble,) = desk.joined.troubles()
        assert (trouble.code, trouble.field) == ("source_failing", "store")
        assert "store" in trouble.en and "store" in trouble.zh
        (desk.folder / "adapters" / "broken.yaml").write_text("source: [", encoding="utf-8")
        await desk.joined.take_over()
        assert [one.code for one in desk.joined.troubles()] == ["source_failing", "source_spec_wrong"]
        await asked(desk, world.owner, "POST", "sources/store/run", None, 204)
        async with asyncio.timeout(30):
            while desk.joined.states["store"].state != "waiting":
                await asyncio.sleep(0.01)
        assert [one.code for one in desk.joined.troubles()] == ["source_spec_wrong"]


async def test_a_known_system_is_joined_by_the_answers_to_its_form(desk: Desk, world: World) -> None:
    presets = (await asked(desk, world.owner, "GET", "presets"))["presets"]
    robot = next(one for one in presets if one["name"] == "feishu-robot")
    assert robot["group"] == "tell"
    assert {one["name"]: one["group"] for one in presets}.items() >= {"taobao": "shop", "salesforce": "crm"}.items()
    assert [one["name"] for one in robot["secrets"]] == ["hook", "secret"]
    language = next(one for one in robot["settings"] if one["name"] == "language")
    assert (language["type"], language["default"]) == ("choice", "zh")
    assert [one["value"] for one in language["choices"]] == ["zh", "en"]
    (woo,) = [one for one in presets if one["name"] == "woocommerce"]
    assert woo["parts"] == ["push"]
    assert {one["name"]: one["when"] for one in woo["secrets"]} == {"consumer_secret": "", "webhook_secret": "push"}

    answers = {
        "preset": "feishu-robot", "title": {"en": "Group", "zh": "群"},
        "settings": {"address": "http://127.0.0.1:9", "desk": "https://desk.example", "language": "en"},
        "allow": ["127.0.0.1:9"],
    }  # fmt: skip
    told = await asked(desk, world.owner, "PUT", "sources/group", answers)
    assert (told["saved"], "“hook” is missing" in told["errors"][0]["en"]) == (False, True)
    assert not (desk.folder / "adapters").exists()
    told = await asked(
        desk, world.owner, "PUT", "sources/group", {**answers, "secrets": {"hook": "abc", "secret": KEY, "more": "x"}}
    )
    assert "“more”" in told["errors"][0]["en"]
    told = await asked(
        desk, world.owner, "PUT", "sources/group", {**answers, "secrets": {"hook": "abc", "secret": KEY}}
    )
    assert told["saved"], told
    (facts,) = told["sources"]
    assert (facts["preset"], facts["system"], facts["origin"], facts["to"]) == (
        "feishu-robot", "group", "events", "send",
    )  # fmt: skip
    detail = await asked(desk, world.owner, "GET", "sources/group")
    assert detail["settings"]["language"] == "en"
    assert "vault:group.hook" in detail["yaml"]
    assert [one["held"] for one in detail["secrets"]] == [True, True]
    changed = {**answers, "settings": {**answers["settings"], "language": "zh"}}  # type: ignore[dict-item]
    assert (await asked(desk, world.owner, "PUT", "sources/group", changed))["saved"]
    assert (await asked(desk, world.owner, "GET", "sources/group"))["settings"]["language"] == "zh"
    wrong = {**answers, "settings": {**answers["settings"], "language": "fr"}}  # type: ignore[dict-item]
    told = await asked(desk, world.owner, "PUT", "sources/group", wrong)
    assert (told["saved"], "language" in told["errors"][0]["en"]) == (False, True)
    assert (await asked(desk, world.owner, "GET", "automations"))["automations"] == []


@pytest.mark.parametrize("limits", [Limits(adapter_sources_max=1)])
async def test_there_are_only_so_many_sources(desk: Desk, world: World) -> None:
    new = {"yaml": SPEC % {"port": 9}, "secrets": {"key": KEY}}
    assert (await asked(desk, world.owner, "PUT", "sources/store", new))["saved"]
    other = {**new, "yaml": new["yaml"].replace("store", "other")}  # type: ignore[attr-defined]
    told = await asked(desk, world.owner, "PUT", "sources/other", other)
    assert (told["saved"], told["errors"][0]["en"]) == (False, "There are 1 sources already.")
    assert (await asked(desk, world.owner, "PUT", "sources/store", new))["saved"]


@pytest.mark.parametrize("limits", [Limits(adapter_preview_records_max=2, adapter_preview_steps_max=8)])
async def test_a_preview_is_bounded(desk: Desk, world: World) -> None:
    records_ = ", ".join(f'{{"sn": "{"x" * 3_000}", "state": 1, "pay": "{n}"}}' for n in range(5))
    body = {"yaml": SPEC % {"port": 9}, "sample": f'{{"list": [{records_}]}}'}
    told = await asked(desk, world.owner, "POST", "sources/preview", body)
    assert (len(told["records"]), told["total"]) == (2, 5)
    steps = [step for record in told["records"] for step in record["steps"]]
    assert len(steps) == 8
    assert max(len(step["value"]) for step in steps) == 2_001


async def test_one_part_tells_what_all_of_its_document_was_answered(desk: Desk, world: World) -> None:
    answers = {
        "preset": "mall", "settings": {"address": "https://127.0.0.1:9", "shop": "s", "push": True},
        "secrets": {"key": KEY}, "allow": ["127.0.0.1:9"], "title": {"en": "Mall", "zh": "商城"},
    }  # fmt: skip
    assert (await asked(desk, world.owner, "PUT", "sources/shop", answers))["saved"]
    for name in ("shop", "shop-push"):
        told = await asked(desk, world.owner, "GET", f"sources/{name}")
        given = {word: told["settings"][word] for word in ("address", "shop", "push")}
        assert (given, told["allow"]) == (answers["settings"], answers["allow"])
        assert [(one["name"], one["held"]) for one in told["secrets"]] == [("key", True)]
        assert told["title"]["en"].startswith("Mall")
    again = {word: told[word] for word in ("preset", "settings", "allow", "title", "enabled")}
    assert (await asked(desk, world.owner, "PUT", "sources/shop", again))["saved"]
    assert (await asked(desk, world.owner, "GET", "sources/shop-push"))["settings"]["push"] is True


async def test_a_name_that_another_files_part_has_is_refused(desk: Desk, world: World) -> None:
    (desk.folder / "adapters").mkdir()
    by_hand = (SPEC % {"port": 9}).replace("source: store", "source: shop-push").replace("vault:store.key", "env:K")
    (desk.folder / "adapters" / "old.yaml").write_text(by_hand, encoding="utf-8")
    answers = {
        "preset": "mall", "settings": {"address": "https://mall.example", "shop": "s", "push": True},
        "secrets": {"key": KEY},
    }  # fmt: skip
    told = await asked(desk, world.owner, "PUT", "sources/shop", answers)
    assert not told["saved"]
    assert told["errors"][0]["en"].startswith("there is a source “shop-push” in old.yaml already")


async def test_what_was_to_leave_by_a_system_that_goes_leaves_no_more(desk: Desk, world: World) -> None:
    hook = """\
source: hook
secrets: {key: vault:hook.key}
events: [ticket.created]
deliver: {post: "https://erp.example/hook", json: $event, headers: {X-Key: $key}}
"""
    await asked(desk, world.owner, "PUT", "sources/hook", {"yaml": hook, "secrets": {"key": KEY}})
    async with asyncio.timeout(30):
        while (await asked(desk, world.owner, "GET", "sources/hook"))["state"] != "waiting":
            await asyncio.sleep(0.02)
    headers = {"idempotency-key": "0" * 32}
    ticket = {"title": "A broken cup"}
    assert (
        await desk.call("POST", "/api/v1/tickets", cookie=world.owner, json=ticket, headers=headers)
    ).status_code == 200
    query = "SELECT number FROM outbox WHERE topic = 'send:hook'"
    async with asyncio.timeout(30):
        while not await desk.database.read(query):
            await asyncio.sleep(0.02)
    await asked(desk, world.owner, "DELETE", "sources/hook", None, 204)
    assert not await desk.database.read(query)


async def test_something_of_our_own_that_breaks_is_told_and_tried_again(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[object] = []

    async def breaks(runtime: Runtime) -> Origin:
        if not broken:
            broken.append(runtime)
            raise RuntimeError
        return await origin_of(runtime)

    monkeypatch.setattr(engine, "origin_of", breaks)
    async with Shop(3).far.serving() as far:
        spec = SPEC % {"port": far.port}
        await asked(desk, world.owner, "PUT", "sources/store", {"yaml": spec, "secrets": {"key": KEY}})
        async with asyncio.timeout(30):
            while not desk.joined.states["store"].code:
                await asyncio.sleep(0.01)
        assert desk.joined.states["store"].code == "source_broke"
        await asked(desk, world.owner, "POST", "sources/store/run", None, 204)
        await until_orders(desk, 3)


async def test_a_file_of_the_console_that_cannot_be_read_any_more_is_written_anew_or_taken_away(
    desk: Desk, world: World
) -> None:
    """After an upgrade, say, that reads it otherwise: who has the console alone is not stuck."""
    (desk.folder / "adapters").mkdir()
    path = desk.folder / "adapters" / "store.yaml"
    broken = "source: store\nsecrets: {key: vault:store.key}\ncal: {}\n"
    path.write_text(broken, encoding="utf-8")
    (desk.folder / "adapters" / "other.yaml").write_text(broken.replace("store", "other"), encoding="utf-8")
    assert len((await asked(desk, world.owner, "GET", "sources"))["wrong"]) == 2
    new = {"yaml": SPEC % {"port": 9}, "secrets": {"key": KEY}}
    assert (await asked(desk, world.owner, "PUT", "sources/store", new))["saved"]
    await asked(desk, world.owner, "DELETE", "sources/other", None, 204)
    assert (await asked(desk, world.owner, "GET", "sources"))["wrong"] == []
    await asked(desk, world.owner, "DELETE", "sources/other", None, 404)


@pytest.mark.parametrize(
    "text",
    [
        "source: store\nsecrets: {key: env:STORE_KEY}\ncal: {}\n",
        "source: store\nsecrets: {key: file:/etc/key}\ncal: [\n",
        f"source: store\nsecrets: {{key: {KEY}}}\n",
        "source: store\n---\nsource: more\n",
    ],
)
async def test_what_somebody_writes_on_the_server_just_now_is_not_shown_or_overwritten(
    desk: Desk, world: World, text: str
) -> None:
    async with Shop(3).far.serving() as far:
        new = {"yaml": SPEC % {"port": far.port}, "secrets": {"key": KEY}}
        await asked(desk, world.owner, "PUT", "sources/store", new)
        path = desk.folder / "adapters" / "store.yaml"
        path.write_text(text, encoding="utf-8")
        await desk.joined.take_over()
        admin = await an_admin(desk, world)
        detail = await asked(desk, admin, "GET", "sources/store")
        assert (detail["yaml"], detail["editable"]) == ("", False)
        assert (await asked(desk, world.owner, "PUT", "sources/store", new, 409))["code"] == "source_by_hand"
        assert path.read_text(encoding="utf-8") == text
