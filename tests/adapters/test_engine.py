"""A file is dropped into `adapters/`: its orders come. It is changed, spoilt, removed, and the server stops between."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.adapters.ground import Ground
from app.adapters.joined import JoinedSystems
from app.model.clock import Clock, SystemClock
from app.outbox.outbox import Outbox
from app.records.records import Records
from app.settings import Limits, Settings
from app.storage import records
from tests.adapters.shop import Shop
from tests.domain import Domain

SPEC = """\
source: mall
title: {en: Our mall, zh: 自有商城}
allow: ["127.0.0.1:%(port)d"]
call:
  get: http://127.0.0.1:%(port)d/orders
  query: {page: $page, size: $size}
records: {at: list, id: sn}
follow: {pages: first-to-last, size: 10, total: total, every: 200ms}
map:
  id: sn
  status: {from: state, enum: {1: to_ship, 2: shipped, 3: done}}
  total: {from: pay, as: money}
  paid_at: {from: when, as: time, zone: "+08:00"}
  customer: {map: {phone: phone}}
deliver: {to: orders}
cases:
  - name: a paid order
    given: {sn: a, state: 1, pay: "39.9", when: "2026-01-02 03:04:05", phone: "13800000000"}
    expect: {id: a, status: to_ship, total: "39.90", paid_at: "2026-01-01T19:04:05Z"}
"""


def grounded(domain: Domain, folder: Path, clock: Clock, limits: Limits) -> Ground:
    """The rooms of a desk, with an outbox that nobody runs yet."""
    outbox = Outbox(domain.database, clock, Settings(limits=limits), lambda: 0.5)
    kept = Records(domain.database, domain.ids, clock, limits)
    return Ground(
        domain.database, kept, domain.tickets, outbox, domain.bus, domain.ids, clock, lambda: 0.5, folder, limits,
        domain.channels, domain.tools.actions, domain.files,
    )  # fmt: skip


@asynccontextmanager
async def joined(
    domain: Domain, folder: Path, clock: Clock | None = None, **others: Any
) -> AsyncIterator[JoinedSystems]:
    """`others`: limits that are other than a test's usual ones."""
    (folder / "adapters").mkdir(exist_ok=True)
    short = {
        "adapter_look_seconds": 0.05, "source_rest_seconds": 0.2, "outbox_gather_ms": 1, "outbox_delay_ms_min": 20,
        "source_send_delay_ms_max": 100,
    }  # fmt: skip
    limits = Limits(**{**short, **others})
    clock = clock or SystemClock()
    ground = grounded(domain, folder, clock, limits)
    systems = JoinedSystems(ground)
    task = asyncio.create_task(systems.run())
    leaving = asyncio.create_task(ground.outbox.run())
    try:
        yield systems
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not what():
            await asyncio.sleep(0.02)


async def until_orders(domain: Domain, count: int) -> None:
    async with asyncio.timeout(30):
        while (await records.counts(domain.database, "mall")).get("order", 0) != count:
            await asyncio.sleep(0.02)


def put(folder: Path, text: str, name: str = "mall.yaml") -> None:
    (folder / "adapters").mkdir(exist_ok=True)
    (folder / "adapters" / name).write_text(text, encoding="utf-8")


async def test_a_file_is_taken_up_and_its_orders_come_and_go_on_coming(domain: Domain, tmp_path: Path) -> None:
    shop = Shop(25)
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        assert not systems.states
        put(tmp_path, SPEC % {"port": far.port})
        await until_orders(domain, 25)
        shop.orders.append({"sn": "late", "state": 2, "pay": "1", "when": "2026-01-02 03:04:05"})
        await until_orders(domain, 26)
        await until(lambda: systems.states["mall"].state == "waiting")
        assert systems.states["mall"].code == ""


async def test_a_wrong_file_changes_nothing_and_says_where_it_is_wrong(domain: Domain, tmp_path: Path) -> None:
    shop = Shop(5)
    async with shop.far.serving() as far:
        good = SPEC % {"port": far.port}
        async with joined(domain, tmp_path) as systems:
            put(tmp_path, good)
            await until_orders(domain, 5)
            version = systems.states["mall"].version
            put(tmp_path, good.replace("as: money", "as: coins"))
            await until(lambda: bool(systems.wrong))
            (wrong,) = systems.wrong
            assert (wrong.mark.file, wrong.mark.line) == ("mall.yaml", 12)
            assert "coins" in wrong.en
            assert "money" in wrong.en
            assert "coins" in wrong.zh
            put(tmp_path, good.replace("status: to_ship", "status: shipped"))
            await until(lambda: bool(systems.wrong) and "a paid order" in systems.wrong[0].en)
            assert "to_ship" in systems.wrong[0].zh
            asked = len(shop.asked)
            await until(lambda: len(shop.asked) > asked + 2)
            assert systems.states["mall"].version == version
        asked = len(shop.asked)
        async with joined(domain, tmp_path) as systems:  # after a restart, too
            await until(lambda: len(shop.asked) > asked + 2)
            assert (systems.states["mall"].version, len(systems.wrong)) == (version, 1)


async def test_what_is_changed_runs_changed_and_what_is_removed_ends(domain: Domain, tmp_path: Path) -> None:
    shop = Shop(5)
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port})
        await until_orders(domain, 5)
        version = systems.states["mall"].version
        put(tmp_path, SPEC.replace("id: sn\n  status", "id: sn\n  shop: {value: main}\n  status") % {"port": far.port})
        await until(lambda: "mall" in systems.states and systems.states["mall"].version != version)
        (tmp_path / "adapters" / "mall.yaml").unlink()
        await until(lambda: not systems.states)
        asked = len(shop.asked)
        await asyncio.sleep(0.6)
        assert len(shop.asked) <= asked + 1
        assert (await records.counts(domain.database, "mall"))["order"] == 5, "what was brought stays"


async def test_one_that_fails_says_why_and_ends_no_other(domain: Domain, tmp_path: Path) -> None:
    good, bad = Shop(5), Shop(5)
    async with good.far.serving() as far, bad.far.serving() as other, joined(domain, tmp_path) as systems:
        bad.lies = [("403 Forbidden", b"no")] * 1_000
        put(tmp_path, SPEC % {"port": far.port})
        put(tmp_path, (SPEC % {"port": other.port}).replace("source: mall", "source: broken"), "broken.yaml")
        put(tmp_path, (SPEC % {"port": far.port}).replace("source: mall", "source: lost") + "allow_: 1\n", "lost.yaml")
        await until_orders(domain, 5)
        await until(lambda: "broken" in systems.states and systems.states["broken"].state == "failing")
        assert systems.states["broken"].code == "refused"
        assert "lost" not in systems.states
        assert systems.wrong[0].file == "lost.yaml"
        bad.lies.clear()
        await until(lambda: systems.states["broken"].state == "waiting" and systems.states["broken"].code == "")


WEBHOOK = """\
source: hook
title: Hook
secrets: {key: vault:hook}
allow: ["127.0.0.1:%(port)d"]
events: [conversation.created, message.created]
where: message.kind == "message"
map: {type: type, text: message.text, conversation: conversation.id, by: actor.kind}
deliver:
  post: http://127.0.0.1:%(port)d/hook
  idempotency: Idempotency-Key
  order: conversation.id
  breaker: {after: 50, pause: 1s}
  sign: {style: plain, of: body, with: key, digest: hmac-sha256, header: X-Signature, prefix: "sha256="}
cases:
  - name: words of a visitor
    given: {type: message.created, message: {kind: message, text: Hi}, conversation: {id: c}, actor: {kind: visitor}}
    expect: {text: Hi, by: visitor}
"""


def vault(folder: Path, name: str, value: str) -> None:
    place = folder / "keys" / "adapters"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(value, encoding="utf-8")
    (place / name).chmod(0o600)


async def test_a_receiver_that_is_down_gets_everything_in_order_when_it_is_back(domain: Domain, tmp_path: Path) -> None:
    vault(tmp_path, "hook", "a secret of the house")
    down = ("503 Service Unavailable", b"")
    shop = Shop(0)
    shop.lies = [down] * 7
    async with shop.far.serving() as far:
        async with joined(domain, tmp_path) as systems:
            put(tmp_path, WEBHOOK % {"port": far.port}, "hook.yaml")
            await until(lambda: "hook" in systems.states and systems.states["hook"].state == "waiting")
            visitor = await domain.visitor(await domain.inbox())
            ack = await domain.say(visitor, "one")
            for text in ("two", "three"):
                await domain.say(visitor, text, ack.conv)
            await until(lambda: len(shop.far.heard) >= 2)
        async with joined(domain, tmp_path):  # the rest goes out after a restart
            await domain.say(visitor, "four", ack.conv)
            shop.answer = b"{}"
            await until(lambda: sum(json.loads(one.body)["text"] == "four" for one in shop.far.heard) == 1)
        got = [(json.loads(one.body), one.headers["idempotency-key"], one) for one in shop.far.heard[7:]]
    assert [(body["type"], body["text"]) for body, _, _ in got] == [
        ("conversation.created", "one"), ("message.created", "one"), ("message.created", "two"),
        ("message.created", "three"), ("message.created", "four"),
    ]  # fmt: skip
    assert len({key for _, key, _ in got}) == 5
    assert {one.headers["idempotency-key"] for one in shop.far.heard[:7]} == {got[0][1]}, "each attempt is the same one"
    for _, _, one in got:
        made = hmac.new(b"a secret of the house", one.body, "sha256").hexdigest()
        assert one.headers["x-signature"] == f"sha256={made}"


async def test_two_files_do_not_share_a_name(domain: Domain, tmp_path: Path) -> None:
    shop = Shop(3)
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port}, "a.yaml")
        put(tmp_path, SPEC % {"port": far.port}, "b.yaml")
        await until(lambda: bool(systems.wrong))
        assert (systems.wrong[0].file, list(systems.states)) == ("b.yaml", ["mall"])


async def test_a_private_address_that_is_not_named_is_not_asked(domain: Domain, tmp_path: Path) -> None:
    shop = Shop(3)
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        text = SPEC % {"port": far.port}
        put(tmp_path, text.replace(text.splitlines()[2] + "\n", ""))
        await until(lambda: "mall" in systems.states and systems.states["mall"].code == "address_private")
        assert shop.far.connections == 0
