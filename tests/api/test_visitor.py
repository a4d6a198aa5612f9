"""A visitor over REST: known again, writing, reading, and the twins of his frames."""

import pytest

from app.api.route import Kind
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
    assert fresh["standing"] == {"known": [], "introduced": False}
    assert fresh["reception"] == {
        "open": True, "changes_at": None, "online": 0, "faces": [], "reply_seconds": None, "holiday": None,
    }  # fmt: skip
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

    told = {"id", "name", "color", "greeting_en", "greeting_zh", "preview", "sites", "widget"}
    assert answer.json()["inbox"].keys() == told
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


async def test_what_he_says_of_himself_and_what_happens_reach_the_agents(desk: Desk, world: World) -> None:
    claim = {"name": "Ann Lee", "email": "ann@example.com", "attributes": {"plan": "gold"}}
    claimed = await desk.call("PATCH", "/api/v1/visitor/contact", json=claim, bearer=world.ann.token)
    event = {"name": "paid", "data": {"order": "A-17"}}
    noted = await desk.call("POST", "/api/v1/visitor/events", json=event, bearer=world.ann.token)
    detail = (await desk.call("GET", f"/api/v1/contacts/{world.ann.contact_id}", cookie=world.owner)).json()

    assert (claimed.json(), noted.status_code) == ({"known": ["name", "email"], "introduced": False}, 204)
    assert (detail["contact"]["name"], detail["contact"]["attributes"]) == ("Ann Lee", {"plan": "gold"})
    assert sorted(detail["contact"]["claimed"]) == ["attributes.plan", "email", "name"]
    assert [(one["name"], one["data"]) for one in detail["events"]] == [("paid", {"order": "A-17"})]


async def test_a_rating_by_rest(desk: Desk, world: World) -> None:
    conversation = f"/api/v1/conversations/{world.ann.conversation_id}"
    path = f"/api/v1/visitor/conversations/{world.ann.conversation_id}/rating"
    early = await desk.call("PUT", path, json={"score": 5}, bearer=world.ann.token)
    key = {"idempotency-key": KEY}
    await desk.call("POST", f"{conversation}/messages", json={"text": "Here."}, headers=key, cookie=world.north)
    await desk.call("POST", f"{conversation}/resolve", json={}, cookie=world.north)
    rated = await desk.call("PUT", path, json={"score": 5, "tags": ["fast"]}, bearer=world.ann.token)
    detail = (await desk.call("GET", f"/api/v1/contacts/{world.ann.contact_id}", cookie=world.owner)).json()

    assert (early.status_code, early.json()["code"]) == (409, "not_over")
    assert (rated.json()["rating"]["score"], rated.json()["rating"]["tags"]) == (5, ["fast"])
    assert detail["ratings"] == [rated.json()["rating"]]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "conversations/{conv}/rating", {"score": 6}),
        ("PUT", "conversations/{conv}/rating", {"score": 0}),
        ("PUT", "conversations/{conv}/rating", {"score": 5, "tags": ["x" * 41]}),
        ("PUT", "conversations/{conv}/rating", {"score": 5, "tags": ["fast"] * 9}),
        ("PUT", "conversations/{conv}/rating", {"score": 5, "text": "x" * 1_001}),
        ("PATCH", "contact", {"name": "x" * 201}),
        ("PATCH", "contact", {"attributes": {str(number): "x" for number in range(51)}}),
        ("PATCH", "contact", {"verified": True}),
        ("POST", "events", {"name": ""}),
        ("POST", "events", {"name": "x" * 61}),
        ("POST", "events", {"name": "x", "data": {"key": "x" * 301}}),
        ("POST", "introduction", {"name": "x" * 201}),
        ("POST", "offline-messages", {"text": "x" * 16_001, "email": "ann@example.com"}),
    ],
)
async def test_more_than_there_is_room_for_is_refused(
    desk: Desk, world: World, method: str, path: str, body: dict[str, object]
) -> None:
    address = f"/api/v1/visitor/{path.format(conv=world.ann.conversation_id)}"
    key = {"idempotency-key": KEY}
    answer = await desk.call(method, address, json=body, headers=key, bearer=world.ann.token)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_who_is_blocked_is_refused_by_every_route(desk: Desk, world: World) -> None:
    asked = {"contact_id": world.ann.contact_id, "reason": "Insults"}
    made = await desk.call("POST", "/api/v1/blocks", json=asked, cookie=world.north)
    assert made.json()["block"]["contact_id"] == world.ann.contact_id
    detail = await desk.call("GET", f"/api/v1/contacts/{world.ann.contact_id}", cookie=world.south)
    assert detail.json()["block"] == made.json()["block"]
    session = {"inbox": world.inbox_id, "token": world.ann.token}
    answers = [await desk.call("POST", "/api/v1/visitor/session", json=session)]
    for route in desk.api.routes:
        if route.kind is Kind.VISITOR:
            path = route.path.format(id=world.ann.conversation_id)
            key = {"idempotency-key": KEY}
            answers.append(await desk.call(route.method, path, json={}, headers=key, bearer=world.ann.token))
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "blocked")}
    listed = (await desk.call("GET", "/api/v1/blocks", cookie=world.observer)).json()["blocks"]
    assert [(one["block"], one["contact"]["id"]) for one in listed] == [(made.json()["block"], world.ann.contact_id)]
    ended = await desk.call("DELETE", f"/api/v1/blocks/{made.json()['block']['id']}", cookie=world.north)
    assert ended.status_code == 204
    assert (await desk.call("POST", "/api/v1/visitor/session", json=session)).status_code == 200


async def test_visitors_are_told_the_hours_that_hold_and_the_holidays_that_come(desk: Desk, world: World) -> None:
    """The tests' clock stands on Monday, 21 September 2026, at 22:13 in Shanghai."""
    days = [
        {"date": "2025-10-01", "name": {"en": "National Day", "zh": "国庆节"}, "yearly": True},
        {"date": "2026-12-25", "name": {"en": "Christmas"}},
    ]
    hours = {"zone": "Asia/Shanghai", "periods": [{"day": 1, "opens": 540, "closes": 1080}], "holidays": days}
    made = await desk.call("POST", "/api/v1/schedules", json={"name": "Shops", "hours": hours}, cookie=world.owner)
    schedule = made.json()["schedule"]
    path = f"/api/v1/inboxes/{world.inbox_id}"
    await desk.call("PATCH", path, json={"schedule_id": schedule["id"]}, cookie=world.owner)
    session = (await desk.call("POST", "/api/v1/visitor/session", json={"inbox": world.inbox_id})).json()
    told = session["inbox"]["widget"]["hours"]
    assert (told["zone"], told["periods"]) == ("Asia/Shanghai", hours["periods"])
    (soon,) = told["holidays"]
    assert (soon["date"], soon["name"]["zh"], soon["periods"]) == ("2026-10-01", "国庆节", [])
    assert session["reception"]["open"] is False
    listed = (await desk.call("GET", "/api/v1/schedules", cookie=world.north)).json()
    assert listed == {"schedules": [schedule], "teams": []}
    refused = await desk.call("DELETE", f"/api/v1/schedules/{schedule['id']}", cookie=world.owner)
    assert (refused.status_code, refused.json()["code"]) == (409, "schedule_used")


async def test_an_inbox_keeps_how_it_meets_visitors_and_tells_them(desk: Desk, world: World) -> None:
    widget = {
        "side": "left",
        "invitation": {"en": "Questions?", "zh": "有问题吗？"},
        "fields": {"email": "required"},
        "hours": {"zone": "Asia/Shanghai", "periods": [{"day": 1, "opens": 540, "closes": 1080}]},
        "away": "form",
    }
    path = f"/api/v1/inboxes/{world.inbox_id}"
    changed = await desk.call("PATCH", path, json={"widget": widget}, cookie=world.owner)
    session = await desk.call("POST", "/api/v1/visitor/session", json={"inbox": world.inbox_id})
    told = session.json()["inbox"]["widget"]

    assert changed.json()["inbox"]["widget"] == told
    assert (told["side"], told["away"], told["fields"]["email"], told["fields"]["phone"]) == (
        "left", "form", "required", "no",
    )  # fmt: skip
    assert told["hours"]["periods"] == [{"day": 1, "opens": 540, "closes": 1080}]


@pytest.mark.parametrize(
    ("widget", "code"),
    [
        ({"hours": {"zone": "Nowhere", "periods": [{"day": 1, "opens": 0, "closes": 60}]}}, "zone_unknown"),
        ({"fields": {"free": "optional"}}, "field_unnamed"),
        ({"fields": {"consent_link": "javascript:alert(1)"}}, "malformed"),
        ({"side": "top"}, "malformed"),
        ({"invitation": {"en": "x" * 301}}, "malformed"),
    ],
)
async def test_what_cannot_meet_visitors_is_refused(
    desk: Desk, world: World, widget: dict[str, object], code: str
) -> None:
    path = f"/api/v1/inboxes/{world.inbox_id}"
    answer = await desk.call("PATCH", path, json={"widget": widget}, cookie=world.owner)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_visitor_saves_his_conversation_as_a_file_that_no_browser_shows(desk: Desk, world: World) -> None:
    path = f"/api/v1/visitor/conversations/{world.ann.conversation_id}/transcript"
    answer = await desk.call("GET", f"{path}?format=html&language=zh&zone=Asia/Shanghai", bearer=world.ann.token)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E4")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "会话记录" in answer.text
    refused = await desk.call("GET", f"{path}?format=pdf", bearer=world.ann.token)
    assert refused.status_code == 400
    session = await desk.call("POST", "/api/v1/visitor/session", json={"inbox": world.inbox_id})
    assert session.json()["mail"] is False
    off = await desk.call("POST", path, bearer=world.ann.token, json={"email": "ann@example.com"})
    assert (off.status_code, off.json()["code"]) == (400, "mail_off")
