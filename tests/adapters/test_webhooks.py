"""A webhook's receiver is down, for an hour, for days; the desk is killed meanwhile. Nothing is lost, order is kept."""

import asyncio
import base64
import hmac
import json
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from app.adapters.calls.asking import Asking
from app.adapters.joined import JoinedSystems
from app.adapters.proving.secrets import Masker
from app.adapters.sinks.sending import ATTEMPTS_MAX, Sending, Waiting, topic_of
from app.adapters.sinks.sink import Mapped
from app.adapters.specs.model import Send
from app.adapters.specs.reading import read
from app.outbox.outbox import Outbox
from app.settings import Limits, Settings
from app.storage import dead_letters
from tests.adapters.far import Heard
from tests.adapters.shop import Shop
from tests.adapters.test_engine import joined, put, until, vault
from tests.domain import Domain

KEY = "a secret of the house"
HOOK = """\
source: hook
title: Hook
secrets: {key: vault:hook}
allow: ["127.0.0.1:%(port)d"]
events: [message.created]
map: {text: message.text, conversation: conversation.id}
deliver:
  post: http://127.0.0.1:%(port)d/hook
  headers: {webhook-timestamp: $now.unix}
  idempotency: webhook-id
  order: conversation.id
  timeout: 2s
  sign:
    of: "${webhook-id}.${webhook-timestamp}.${body}"
    with: key
    digest: hmac-sha256
    encode: base64
    header: webhook-signature
    prefix: "v1,"
  %(more)s
"""
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


class Delivered(Struct):
    """What a receiver that answered 200 was told, by conversation, each once; and every attempt by its id."""

    texts: dict[str, list[str]]
    attempts: dict[str, list[Heard]]


def delivered(shop: Shop, down: int) -> Delivered:
    """`down`: so many of the first attempts were refused. Every attempt is signed, with its own time."""
    texts: dict[str, list[str]] = defaultdict(list)
    attempts: dict[str, list[Heard]] = defaultdict(list)
    seen = set()
    for number, heard in enumerate(shop.far.heard):
        key, at = heard.headers["webhook-id"], heard.headers["webhook-timestamp"]
        made = hmac.new(KEY.encode(), f"{key}.{at}.".encode() + heard.body, "sha256").digest()
        assert heard.headers["webhook-signature"] == "v1," + base64.b64encode(made).decode()
        attempts[key].append(heard)
        if number >= down and key not in seen:
            seen.add(key)
            body = json.loads(heard.body)
            texts[body["conversation"]].append(body["text"])
    return Delivered(texts, attempts)


def down_shop() -> Shop:
    shop = Shop(0)
    shop.lies = [("503 Service Unavailable", b"")] * 1_000_000
    shop.answer = b"{}"
    return shop


@asynccontextmanager
async def hooked(domain: Domain, folder: Path, shop: Shop, more: str = "give_up: 3d") -> AsyncIterator[JoinedSystems]:
    """Everything runs by the clock that the test moves."""
    limits = {
        "outbox_poll_seconds": 0.02, "outbox_delay_ms_min": 1_000, "source_send_delay_ms_max": 600_000,
        "outbox_lease_seconds": _DAY,
    }  # fmt: skip
    async with shop.far.serving() as far, joined(domain, folder, domain.clock, **limits) as systems:
        put(folder, HOOK % {"port": far.port, "more": more}, "hook.yaml")
        await until(lambda: "hook" in systems.states and systems.states["hook"].state == "waiting")
        yield systems


async def pass_time(domain: Domain, seconds: int, step: int) -> None:
    """In steps, and at each one what is due is done."""
    for _ in range(seconds // step):
        domain.clock.advance(step)
        await asyncio.sleep(0.03)


async def test_an_hour_later_everything_is_there_in_order(domain: Domain, tmp_path: Path) -> None:
    vault(tmp_path, "hook", KEY)
    shop = down_shop()
    convs: dict[str, str] = {}
    async with hooked(domain, tmp_path, shop):
        visitors = [await domain.visitor(await domain.inbox()) for _ in range(3)]
        for number in range(5):
            for visitor in visitors:
                ack = await domain.say(visitor, f"{number}", convs.get(visitor.contact_id))
                convs[visitor.contact_id] = ack.conv
            await pass_time(domain, _HOUR // 5, _MINUTE)
        down = len(shop.far.heard)
        shop.lies = []
        await pass_time(domain, _HOUR // 2, _MINUTE)
        await until(lambda: len(shop.far.heard) >= down + 15)
    told = delivered(shop, down)
    assert told.texts == {conv: [str(n) for n in range(5)] for conv in convs.values()}
    assert len(told.attempts) == 15, "each is one delivery, however often it was tried"
    tried = [heard for attempts in told.attempts.values() for heard in attempts]
    assert len({(one.headers["webhook-id"], one.body) for one in tried}) == 15
    assert 3 * 5 <= down <= 3 * 20, "the pauses grow"


async def test_what_is_given_up_after_three_days_is_replayed_in_order(domain: Domain, tmp_path: Path) -> None:
    vault(tmp_path, "hook", KEY)
    shop = down_shop()
    async with hooked(domain, tmp_path, shop) as systems:
        visitor = await domain.visitor(await domain.inbox())
        conv = (await domain.say(visitor, "0")).conv
        for number in range(1, 4):
            await domain.say(visitor, f"{number}", conv)
        await pass_time(domain, 3 * _DAY - 2 * _HOUR, _HOUR)
        assert await systems.letters("hook", "", 9) == []
        domain.clock.advance(2 * _HOUR)
        for _ in range(50):
            await pass_time(domain, _HOUR, _HOUR)
            if len(await systems.letters("hook", "", 9)) == 4:
                break
        letters = await systems.letters("hook", "", 9)
        assert {(one.stage, one.code) for one in letters} == {("deliver", "answer_5xx")}
        down = len(shop.far.heard)
        shop.lies = []
        assert (await systems.replay("hook")).delivered == 4
        await pass_time(domain, _HOUR, 5 * _MINUTE)  # until the breaker lets one through
        await until(lambda: len(shop.far.heard) == down + 4)
    told = delivered(shop, down)
    assert told.texts == {conv: ["0", "1", "2", "3"]}
    assert set(told.attempts) == {one.id for one in letters}, "replayed under the id that it had"


def _more_than(shop: Shop, count: int) -> bool:
    return len(shop.far.heard) > count


class Desk:
    """A desk in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def begin(cls, folder: Path) -> "Desk":
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.adapters.desk", str(folder), stdin=pipe, stdout=pipe,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        desk = cls(process)
        assert await desk._heard() == "ready"
        return desk

    async def say(self, conversation: str, text: str) -> None:
        """Stored when this returns."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{conversation} {text}\n".encode())
        assert await self._heard() == text

    async def kill(self) -> None:
        self._process.kill()
        await self._process.wait()

    async def _heard(self) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            return (await self._process.stdout.readline()).decode().strip()


async def test_a_desk_that_is_killed_time_and_again_loses_nothing(database_path: Path, tmp_path: Path) -> None:
    vault(tmp_path, "hook", KEY)
    (tmp_path / "adapters").mkdir()
    shop = down_shop()
    said: dict[str, list[str]] = defaultdict(list)
    async with shop.far.serving() as far:
        put(tmp_path, HOOK % {"port": far.port, "more": "breaker: {after: 1000, pause: 1s}"}, "hook.yaml")
        for life in range(3):
            desk = await Desk.begin(tmp_path)
            for number in range(6):
                name = f"{life}{'ab'[number % 2]}"
                said[name].append(f"{name}-{number}")
                await desk.say(name, said[name][-1])
            if life == 1:  # it comes back in the middle of what leaves
                down = len(shop.far.heard)
                shop.lies = []
                await until(partial(_more_than, shop, down + 5))
            await desk.kill()
        desk = await Desk.begin(tmp_path)
        await until(lambda: sum(map(len, delivered(shop, down).texts.values())) == 18)
        await desk.kill()
    told = delivered(shop, down)
    assert sorted(told.texts.values()) == sorted(said.values())
    bodies = {key: {one.body for one in attempts} for key, attempts in told.attempts.items()}
    assert (len(bodies), {len(one) for one in bodies.values()}) == (18, {1}), "each attempt says the same"


class Broken:
    """Asks, and breaks: not what the other system says, but what we made of it."""

    async def ask(self, references: Any, document: Any = None) -> Any:
        raise KeyError("day")


async def test_what_breaks_is_given_up_in_time_and_holds_nobody_up_for_ever(domain: Domain) -> None:
    (source,) = read((HOOK % {"port": 1, "more": "give_up: 1h"}).encode(), "hook.yaml", Limits())
    assert isinstance(source.deliver, Send)
    limits, clock, broken = Limits(), domain.clock, cast("Asking", Broken())
    sending = Sending(source, source.deliver, broken, Masker(()), domain.database, domain.ids, clock, limits)
    outbox = Outbox(domain.database, clock, Settings(limits=limits), lambda: 1.0)
    outbox.handle(topic_of("hook"), sending.deliver, batch_max=1, attempts_max=ATTEMPTS_MAX, delay_ms_max=600_000)
    waiting = Waiting(source, source.deliver, domain.ids, clock, limits)
    ready = [waiting.prepare(Mapped({"conversation": {"id": "c"}}, {"text": text})) for text in ("1", "2")]
    await domain.database.write(lambda tx: waiting.write(tx, ready))
    for _ in range(12):
        clock.advance(601)
        await outbox.drain()
    letters = await dead_letters.page(domain.database, "hook", "", 9)
    assert [(one.code, one.stage) for one in letters] == [("delivery_broken", "deliver")] * 2
    assert "KeyError" in letters[0].en
    assert (await outbox.backlog()).waiting == 0
