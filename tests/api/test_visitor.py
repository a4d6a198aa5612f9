"""A visitor over REST: known again, writing, reading, and the twins of his frames."""

import pytest

from app.model.frames import Send
from app.model.principals import Agent
from tests.api.desk import Desk, World

KEY = "c" * 32


async def test_a_browser_becomes_a_visitor_and_is_known_again(desk: Desk, world: World) -> None:
    asked = {"inbox": world.inbox_id, "language": "zh"}
    fresh = (await desk.call("POST", "/api/v1/visitor/session", json=asked)).json()
    again = (await desk.call("POST", "/api/v1/visitor/session", json={**asked, "token": fresh["token"]})).json()

    assert len(fresh["token"]) == 32
    assert (fresh["threads"], fresh["epoch"]) == ([], desk.database.epoch)
    assert again == fresh
    contact = await desk.call("GET", f"/api/v1/contacts/{fresh['contact_id']}", cookie=world.owner)
    assert contact.json()["contact"]["language"] == "zh"


async def test_an_unknown_token_makes_a_new_visitor(desk: Desk, world: World) -> None:
    asked = {"inbox": world.inbox_id, "token": "f" * 32}
    answer = (await desk.call("POST", "/api/v1/visitor/session", json=asked)).json()

    assert answer["token"] != "f" * 32


async def test_a_visitor_who_comes_back_finds_his_threads(desk: Desk, world: World) -> None:
    asked = {"inbox": world.inbox_id, "token": world.ann.token}
    answer = (await desk.call("POST", "/api/v1/visitor/session", json=asked)).json()

    assert [(thread["conv"], thread["status"]) for thread in answer["threads"]] == [
        (world.ann.conversation_id, "queued")
    ]


async def test_a_visitor_is_told_nothing_of_an_inbox_that_is_not_for_him(desk: Desk, world: World) -> None:
    answer = await desk.call("POST", "/api/v1/visitor/session", json={"inbox": world.inbox_id})

    assert answer.json()["inbox"].keys() == {"id", "name", "color", "greeting_en", "greeting_zh", "preview", "sites"}
    assert world.team_id not in answer.text


async def test_an_unknown_inbox_is_not_found(desk: Desk) -> None:
    answer = await desk.call("POST", "/api/v1/visitor/session", json={"inbox": "0" * 26})

    assert answer.status_code == 404


async def test_the_first_message_opens_a_conversation_once(desk: Desk, world: World) -> None:
    session = (await desk.call("POST", "/api/v1/visitor/session", json={"inbox": world.inbox_id})).json()
    sent = {"json": {"text": "Hello?"}, "headers": {"idempotency-key": KEY}, "bearer": session["token"]}
    first = await desk.call("POST", "/api/v1/visitor/messages", **sent)
    again = await desk.call("POST", "/api/v1/visitor/messages", **sent)
    thread = await desk.call(
        "GET", f"/api/v1/visitor/conversations/{first.json()['conv']}/messages", bearer=session["token"]
    )

    assert first.json() == again.json()
    assert [entry["text"] for entry in thread.json()["messages"]] == ["Hello?"]


async def test_a_visitor_sees_no_note(desk: Desk, world: World) -> None:
    note = Send("d" * 32, world.ann.conversation_id, "Between us.", note=True)
    north = await desk.sessions.principal(world.north)
    assert isinstance(north, Agent)
    await desk.messages.accept(north, note)
    path = f"/api/v1/visitor/conversations/{world.ann.conversation_id}/messages"
    thread = await desk.call("GET", path, bearer=world.ann.token)

    assert [entry["seq"] for entry in thread.json()["messages"]] == [1]
    assert "Between us." not in thread.text


@pytest.mark.parametrize("field", ["note", "expected", "cid"])
async def test_a_visitor_has_no_agents_fields(desk: Desk, world: World, field: str) -> None:
    body = {"text": "Hello?", field: True}
    answer = await desk.call(
        "POST", "/api/v1/visitor/messages", json=body, headers={"idempotency-key": KEY}, bearer=world.ann.token
    )

    assert answer.status_code == 400


async def test_a_visitor_cannot_write_a_note_by_frame_either(desk: Desk, world: World) -> None:
    body = {"t": "send", "cid": KEY, "conv": world.ann.conversation_id, "text": "Hello?", "note": True}
    answer = await desk.call("POST", "/api/v1/visitor/frames", json=body, bearer=world.ann.token)

    assert answer.status_code == 404


async def test_the_twin_of_a_frame_answers_its_frames(desk: Desk, world: World) -> None:
    body = {"t": "send", "cid": KEY, "conv": world.ann.conversation_id, "text": "Hello?"}
    first = await desk.call("POST", "/api/v1/visitor/frames", json=body, bearer=world.ann.token)
    again = await desk.call("POST", "/api/v1/visitor/frames", json=body, bearer=world.ann.token)
    fetch = {"t": "fetch", "conv": world.ann.conversation_id, "first": 1, "last": 2}
    fetched = await desk.call("POST", "/api/v1/visitor/frames", json=fetch, bearer=world.ann.token)
    read = {"t": "read", "conv": world.ann.conversation_id, "seq": 1}
    marked = await desk.call("POST", "/api/v1/visitor/frames", json=read, bearer=world.ann.token)

    assert [frame["t"] for frame in first.json()["frames"]] == ["ack"]
    assert first.json() == again.json()
    assert [frame["t"] for frame in fetched.json()["frames"]] == ["msg", "msg", "fetched"]
    assert marked.json() == {"frames": []}


@pytest.mark.parametrize(
    "body",
    [
        {"t": "nothing"},
        {"conv": "0" * 26},
        {"t": "read", "conv": "short", "seq": 1},
        {"t": "read", "conv": "0" * 26, "seq": -1},
        {"t": "read", "conv": "0" * 26, "seq": 1, "as": "owner"},
    ],
)
async def test_a_frame_that_is_none_of_ours_is_refused(desk: Desk, world: World, body: dict[str, object]) -> None:
    answer = await desk.call("POST", "/api/v1/visitor/frames", json=body, bearer=world.ann.token)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
