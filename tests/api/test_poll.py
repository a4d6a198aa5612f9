"""Long-polling: what was missed at once, what happens as it happens, and how a poll ends."""

import asyncio
from typing import Any

import httpx
import pytest

from app.model.frames import Send
from app.model.principals import Visitor
from app.settings import Limits
from tests.api.desk import Desk, World, until
from tests.api.server import Server

LONG_MS = 25_000
AT_ONCE_SECONDS = 15
GRACE_SECONDS = 0.3


def tags(answer: httpx.Response) -> list[str]:
    return [frame["t"] for frame in answer.json()["frames"]]


def of(answer: httpx.Response, tag: str) -> list[dict[str, Any]]:
    return [frame for frame in answer.json()["frames"] if frame["t"] == tag]


def holding(desk: Desk, world: World, seq: int = 1) -> dict[str, Any]:
    """Ann's cursor when she has `seq` entries."""
    return {"epoch": desk.database.epoch, "convs": {world.ann.conversation_id: seq}}


async def ann_polls(desk: Desk, world: World, resume: dict[str, Any], wait_ms: int = 0) -> httpx.Response:
    """Answered long before `LONG_MS`: what should come at once or by an event must not come by the clock."""
    asked = {"resume": resume, "wait_ms": wait_ms}
    async with asyncio.timeout(AT_ONCE_SECONDS):
        return await desk.call("POST", "/api/v1/visitor/poll", json=asked, bearer=world.ann.token)


async def north_polls(desk: Desk, world: World, resume: dict[str, Any], wait_ms: int = 0) -> httpx.Response:
    asked = {"resume": resume, "wait_ms": wait_ms}
    async with asyncio.timeout(AT_ONCE_SECONDS):
        return await desk.call("POST", "/api/v1/poll", json=asked, cookie=world.north)


async def position(desk: Desk, world: World) -> dict[str, Any]:
    """North's cursor after a first poll."""
    me = (await desk.call("GET", "/api/v1/me", cookie=world.north)).json()
    live = of(await north_polls(desk, world, {}), "live")
    return {"epoch": me["epoch"], "pos": live[0]["pos"]}


async def waiting(desk: Desk, count: int = 1) -> None:
    """Until so many polls have asked for what they missed and wait for more."""
    await until(lambda: desk.api.polls_waiting == count)


def frame(desk: Desk, world: World, body: dict[str, Any], cookie: str = "", bearer: str = "") -> Any:
    path = "/api/v1/frames" if cookie else "/api/v1/visitor/frames"
    return desk.call("POST", path, json={"conv": world.ann.conversation_id, **body}, cookie=cookie, bearer=bearer)


async def test_what_was_missed_comes_at_once(desk: Desk, world: World) -> None:
    await ann_polls(desk, world, {})
    answer = await ann_polls(desk, world, {"epoch": desk.database.epoch}, LONG_MS)

    assert tags(answer) == ["thread", "msg", "live"]
    assert of(answer, "msg")[0]["text"] == "Where is order 1?"


async def test_a_visitor_hears_the_agents_answer_when_it_is_written(desk: Desk, world: World) -> None:
    await ann_polls(desk, world, holding(desk, world))
    poll = asyncio.create_task(ann_polls(desk, world, holding(desk, world), LONG_MS))
    await waiting(desk)
    assert not poll.done()
    await frame(desk, world, {"t": "send", "cid": "d" * 32, "text": "On its way."}, cookie=world.north)
    answer = await poll

    assert [(entry["kind"], entry["seq"], entry.get("text", "")) for entry in of(answer, "msg")] == [
        ("notice", 2, ""),
        ("message", 3, "On its way."),
    ]
    assert tags(answer)[-1] == "live"


async def test_an_agent_hears_a_visitor_once_and_then_waits_again(desk: Desk, world: World) -> None:
    cursor = await position(desk, world)
    poll = asyncio.create_task(north_polls(desk, world, cursor, LONG_MS))
    await waiting(desk)
    await frame(desk, world, {"t": "send", "cid": "d" * 32, "text": "Hello?"}, bearer=world.ann.token)
    answer = await poll

    assert [entry["text"] for entry in of(answer, "msg")] == ["Hello?"]
    moved = {**cursor, "pos": of(answer, "live")[0]["pos"]}
    assert moved["pos"] > cursor["pos"]
    assert not of(await north_polls(desk, world, moved, 1), "msg")


async def test_what_has_no_number_is_handed_on_as_it_passes(desk: Desk, world: World) -> None:
    cursor = await position(desk, world)
    poll = asyncio.create_task(north_polls(desk, world, cursor, LONG_MS))
    await waiting(desk)
    await frame(desk, world, {"t": "typing", "on": True, "text": "I wonder"}, bearer=world.ann.token)

    assert of(await poll, "writing")[0]["text"] == "I wonder"


async def test_what_has_no_number_waits_between_two_polls(desk: Desk, world: World) -> None:
    cursor = await position(desk, world)
    await frame(desk, world, {"t": "typing", "on": True, "text": "I wonder"}, bearer=world.ann.token)
    answer = await north_polls(desk, world, cursor, LONG_MS)
    again = await north_polls(desk, world, cursor, 1)

    assert of(answer, "writing")[0]["text"] == "I wonder"
    assert not of(again, "writing")


@pytest.mark.parametrize("limits", [Limits(poll_seconds_max=0.05)])
async def test_nobody_waits_longer_than_the_limit(desk: Desk, world: World) -> None:
    await ann_polls(desk, world, holding(desk, world))
    answer = await ann_polls(desk, world, holding(desk, world), 600_000)

    assert tags(answer) == ["thread", "live"]


async def test_another_epoch_is_told_at_once(desk: Desk, world: World) -> None:
    await ann_polls(desk, world, holding(desk, world))
    answer = await ann_polls(desk, world, {**holding(desk, world), "epoch": "another"}, LONG_MS)

    assert tags(answer) == ["reset"]


async def test_a_thread_that_the_visitor_does_not_hold_is_news(desk: Desk, world: World) -> None:
    await ann_polls(desk, world, holding(desk, world))
    poll = asyncio.create_task(ann_polls(desk, world, holding(desk, world), LONG_MS))
    await waiting(desk)
    visitor = Visitor(world.ann.contact_id, world.inbox_id)
    ack = await desk.messages.accept(visitor, Send("e" * 32, None, "Something else."))

    assert ack.conv in [thread["conv"] for thread in of(await poll, "thread")]


@pytest.mark.parametrize("limits", [Limits(poll_frames_max=3, resume_rows_max=2)])
async def test_a_long_absence_is_told_in_parts(desk: Desk, world: World) -> None:
    visitor = Visitor(world.ann.contact_id, world.inbox_id)
    for number in range(5):
        await desk.messages.accept(visitor, Send(f"{number:032x}", world.ann.conversation_id, f"line {number}"))
    held, parts = 0, 0
    while True:
        answer = await ann_polls(desk, world, holding(desk, world, held))
        held = max([held, *(entry["seq"] for entry in of(answer, "msg"))])
        parts += 1
        if "live" in tags(answer):
            break

    assert (held, parts) == (6, 3)


@pytest.mark.parametrize("limits", [Limits(poll_grace_seconds=GRACE_SECONDS)])
async def test_who_polls_is_present_until_a_while_after_his_last_poll(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, disconnect = asyncio.get_running_loop(), desk.presence.disconnected
    went = list[float]()

    def disconnected(principal: Visitor, link: str = "") -> None:
        went.append(loop.time())
        disconnect(principal, link)

    monkeypatch.setattr(desk.presence, "disconnected", disconnected)
    assert not desk.presence.online(world.ann.contact_id)
    began = loop.time()
    both = await asyncio.gather(*(ann_polls(desk, world, holding(desk, world)) for _ in range(2)))
    assert [answer.status_code for answer in both] == [200, 200]

    await until(lambda: not desk.presence.online(world.ann.contact_id))
    assert went[-1] - began >= GRACE_SECONDS


async def test_the_grace_ends_with_the_next_poll(desk: Desk, world: World) -> None:
    """One person is counted once, however many polls he has made: leaving takes him away at once."""
    for _ in range(3):
        await ann_polls(desk, world, holding(desk, world))
    await desk.api.close()

    assert not desk.presence.online(world.ann.contact_id)


async def test_signing_out_ends_the_polls_of_that_session(desk: Desk, world: World) -> None:
    cursor = await position(desk, world)
    poll = asyncio.create_task(north_polls(desk, world, cursor, LONG_MS))
    await waiting(desk)
    await desk.call("DELETE", "/api/v1/session", cookie=world.north)

    assert (await poll).status_code == 401
    assert not desk.presence.online(world.north_id)


@pytest.mark.parametrize("limits", [Limits(polls_max=1)])
async def test_more_polls_than_the_limit_are_asked_to_come_later(desk: Desk, world: World) -> None:
    await ann_polls(desk, world, holding(desk, world))
    poll = asyncio.create_task(ann_polls(desk, world, holding(desk, world), LONG_MS))
    await waiting(desk)
    refused = await ann_polls(desk, world, holding(desk, world), LONG_MS)
    poll.cancel()

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_polls")
    assert refused.headers["retry-after"] == "5"
    assert refused.json()["retry_after_ms"] == 5_000


@pytest.mark.parametrize("limits", [Limits(polls_max=1)])
async def test_people_in_their_grace_count_too(desk: Desk, world: World) -> None:
    await ann_polls(desk, world, holding(desk, world))

    assert (await north_polls(desk, world, {})).status_code == 429


@pytest.mark.parametrize("limits", [Limits(answer_bytes_max=2_000, page_characters_max=1_000)])
async def test_an_answer_holds_only_so_many_bytes(desk: Desk, world: World) -> None:
    """A thousand of the longest messages would be fifty megabytes, held for as long as the client reads slowly."""
    cursor, held = await position(desk, world), holding(desk, world)
    visitor = Visitor(world.ann.contact_id, world.inbox_id)
    for number in range(4):
        await desk.messages.accept(visitor, Send(f"{number:032x}", world.ann.conversation_id, "x" * 900))
    answer = await ann_polls(desk, world, held)
    assert [entry["seq"] for entry in of(answer, "msg")] == [2, 3]
    assert of(answer, "live") == []
    answer = await ann_polls(desk, world, holding(desk, world, 3))
    assert [entry["seq"] for entry in of(answer, "msg")] == [4, 5]
    assert len(of(answer, "live")) == 1
    answer = await north_polls(desk, world, cursor)
    assert answer.json()["frames"] == [{"t": "reset", "epoch": cursor["epoch"]}]


async def test_a_server_that_stops_sends_everybody_away_with_a_time_to_come_back(desk: Desk, world: World) -> None:
    await ann_polls(desk, world, holding(desk, world))
    poll = asyncio.create_task(ann_polls(desk, world, holding(desk, world), LONG_MS))
    await waiting(desk)
    await desk.api.close()
    answer = await poll
    later = await ann_polls(desk, world, holding(desk, world))

    assert (answer.status_code, answer.json()["code"]) == (503, "stopping")
    assert (later.status_code, later.json()["code"]) == (503, "stopping")
    assert answer.json()["retry_after_ms"] == 500, "nobody waits for others who are not there"
    later = [await ann_polls(desk, world, holding(desk, world)) for _ in range(4)][-1]
    assert later.json()["retry_after_ms"] == 502, "two thousand a second"


async def test_a_cookie_proves_its_agent_whatever_token_comes_along(desk: Desk, world: World) -> None:
    asked: dict[str, Any] = {"resume": {}}
    await desk.call("POST", "/api/v1/poll", json=asked, cookie=world.north, bearer=world.ann.token)

    assert desk.presence.online(world.north_id)
    assert not desk.presence.online(world.ann.contact_id)


async def test_a_client_that_leaves_ends_its_poll(desk: Desk, world: World) -> None:
    await ann_polls(desk, world, holding(desk, world))
    async with Server(desk) as server:
        _, writer = await server.post("/api/v1/visitor/poll", {"resume": holding(desk, world), "wait_ms": LONG_MS},
                                      {"authorization": f"Bearer {world.ann.token}"})  # fmt: skip
        await waiting(desk)
        writer.close()
        await waiting(desk, 0)
