"""The list, the thread, writing, and what is done with a whole conversation; contacts; search."""

from urllib.parse import quote

from app.model.frames import Page
from app.model.principals import Visitor
from tests.api.desk import Desk, World

KEY = "c" * 32


async def test_the_list_has_views_pages_and_counts(desk: Desk, world: World) -> None:
    path = "/api/v1/conversations?view=unassigned&limit=1"
    first = (await desk.call("GET", path, cookie=world.observer)).json()
    second = (await desk.call("GET", f"{path}&before={first['next']}", cookie=world.observer)).json()
    mine = (await desk.call("GET", "/api/v1/conversations", cookie=world.north)).json()

    ids = [page["conversations"][0]["conversation"]["id"] for page in (first, second)]
    assert sorted(ids) == sorted([world.ann.conversation_id, world.ben.conversation_id])
    assert (second["next"], first["counts"]) == (None, {"mine": 0, "unassigned": 2, "all": 2})
    assert first["conversations"][0]["unread"] == 1
    assert first["conversations"][0]["contact"]["number"] in (1, 2)
    assert mine == {"conversations": [], "next": None, "counts": {"mine": 0, "unassigned": 1, "all": 1}}


async def test_a_view_that_does_not_exist_is_refused(desk: Desk, world: World) -> None:
    answer = await desk.call("GET", "/api/v1/conversations?view=secret", cookie=world.owner)

    assert answer.status_code == 400


async def test_a_cursor_that_was_never_given_out_is_refused(desk: Desk, world: World) -> None:
    answer = await desk.call("GET", "/api/v1/conversations?before=nonsense", cookie=world.owner)

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_unknown")


async def test_a_conversation_and_its_thread(desk: Desk, world: World) -> None:
    path = f"/api/v1/conversations/{world.ann.conversation_id}"
    detail = (await desk.call("GET", path, cookie=world.north)).json()
    thread = (await desk.call("GET", f"{path}/messages", cookie=world.north)).json()

    assert detail["conversation"]["id"] == world.ann.conversation_id
    assert detail["contact"]["id"] == world.ann.contact_id
    assert (detail["unread"], detail["agent_read"]) == (1, 0)
    assert thread["more"] is False
    entry = thread["messages"][0]
    assert (entry["t"], entry["seq"], entry["text"]) == ("msg", 1, "Where is order 1?")
    assert entry["files"][0]["type"] == "image/png"


async def test_cards_and_quick_replies_over_rest(desk: Desk, world: World) -> None:
    button = {"label": "Refund", "link": None, "reply": "Refund, please"}
    card = {"title": "A pot", "lines": ["¥268.00"], "picture": None, "buttons": [button]}
    content = {"cards": [card], "replies": ["Yes", "不是"]}
    sent = {"cookie": world.north, "headers": {"idempotency-key": KEY}}
    path = f"/api/v1/conversations/{world.ann.conversation_id}/messages"
    answer = await desk.call("POST", path, json={"text": "This one?", "content": content}, **sent)
    seen = await desk.call("GET", f"/api/v1/visitor{path.removeprefix('/api/v1')}", bearer=world.ann.token)
    assert (answer.status_code, seen.json()["messages"][-1]["content"]) == (200, content)

    button |= {"reply": None, "link": "javascript:alert(1)"}
    refused = await desk.call(
        "POST", path, json={"text": "This one?", "content": content}, cookie=world.north,
        headers={"idempotency-key": "d" * 32, "accept-language": "zh"},
    )  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (400, "link_unsafe")
    assert "链接" in refused.json()["detail"]


async def test_a_thread_comes_in_pages_that_do_not_overlap(desk: Desk, world: World) -> None:
    path = f"/api/v1/conversations/{world.ann.conversation_id}/messages"
    for number in range(4):
        sent = await desk.call(
            "POST", path, json={"text": f"line {number}"}, cookie=world.north,
            headers={"idempotency-key": f"{number:032x}"},
        )  # fmt: skip
        assert sent.status_code == 200
    newest = (await desk.call("GET", f"{path}?limit=4", cookie=world.north)).json()
    older = (await desk.call("GET", f"{path}?limit=4&before={newest['messages'][0]['seq']}", cookie=world.north)).json()

    assert [entry["seq"] for entry in older["messages"] + newest["messages"]] == [1, 2, 3, 4, 5, 6]
    assert (newest["more"], older["more"]) == (True, False)


async def test_a_message_sent_again_finds_its_first_result(desk: Desk, world: World) -> None:
    path = f"/api/v1/conversations/{world.ann.conversation_id}/messages"
    headers = {"idempotency-key": KEY}
    first = await desk.call("POST", path, json={"text": "Hello."}, cookie=world.north, headers=headers)
    again = await desk.call("POST", path, json={"text": "Hello."}, cookie=world.north, headers=headers)
    other = await desk.call("POST", path, json={"text": "Something else."}, cookie=world.north, headers=headers)

    assert first.json()["t"] == "ack"
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (409, "cid_reused")


async def test_a_message_needs_a_key_of_its_own(desk: Desk, world: World) -> None:
    path = f"/api/v1/conversations/{world.ann.conversation_id}/messages"
    for headers in ({}, {"idempotency-key": "short"}, {"idempotency-key": "G" * 32}):
        answer = await desk.call("POST", path, json={"text": "Hello."}, cookie=world.north, headers=headers)
        assert answer.status_code == 400
        assert "Idempotency-Key" in answer.json()["detail"]


async def test_an_answer_to_what_went_on_meanwhile_is_stale(desk: Desk, world: World) -> None:
    path = f"/api/v1/conversations/{world.ann.conversation_id}/messages"
    answer = await desk.call(
        "POST", path, json={"text": "Hello.", "expected": 0}, cookie=world.north, headers={"idempotency-key": KEY}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "stale")


async def test_take_hand_over_resolve_reopen(desk: Desk, world: World) -> None:
    path = f"/api/v1/conversations/{world.ann.conversation_id}"

    async def step(name: str, body: dict[str, object] | None = None, cookie: str = world.north) -> dict[str, object]:
        answer = await desk.call("POST", f"{path}/{name}", json=body or {}, cookie=cookie)
        assert answer.status_code == 200, answer.text
        conversation: dict[str, object] = answer.json()["conversation"]
        return conversation

    taken = await step("take")
    late = await desk.call("POST", f"{path}/take", json={}, cookie=world.owner)
    handed = await step("assign", {"agent_id": world.owner_id, "note": "Please look."})
    resolved = await step("resolve", {"reason": "refunded"}, world.owner)
    reopened = await step("reopen", cookie=world.owner)

    assert (taken["status"], taken["assignee_id"]) == ("open", world.north_id)
    assert (late.status_code, late.json()["code"]) == (409, "already_taken")
    assert "North" in late.json()["detail"]
    assert handed["assignee_id"] == world.owner_id
    assert (resolved["status"], resolved["close_reason"]) == ("resolved", "refunded")
    assert reopened["status"] == "open"


async def test_an_assignment_to_nobody_is_refused(desk: Desk, world: World) -> None:
    path = f"/api/v1/conversations/{world.ann.conversation_id}/assign"
    answer = await desk.call("POST", path, json={}, cookie=world.north)

    assert (answer.status_code, answer.json()["code"]) == (400, "nobody_named")


async def test_a_contact_with_what_surrounds_him(desk: Desk, world: World) -> None:
    page = Page("https://shop.example/kettle", "A kettle")
    await desk.contacts.visited(Visitor(world.ann.contact_id, world.inbox_id), page, announce=False)
    path = f"/api/v1/contacts/{world.ann.contact_id}"
    changed = await desk.call("PATCH", path, json={"name": "Ann", "attributes": {"plan": "gold"}}, cookie=world.north)
    seen = (await desk.call("GET", path, cookie=world.north)).json()
    from_south = (await desk.call("GET", path, cookie=world.south)).json()

    assert changed.json()["contact"]["attributes"] == {"plan": "gold"}
    assert (seen["contact"]["name"], seen["online"]) == ("Ann", False)
    assert [visit["title"] for visit in seen["visits"]] == ["A kettle"]
    assert [head["id"] for head in seen["conversations"]] == [world.ann.conversation_id]
    assert from_south["conversations"] == []


async def test_contacts_are_found_by_name_address_phone_and_number(desk: Desk, world: World) -> None:
    async def found(words: str) -> list[str]:
        answer = await desk.call("GET", f"/api/v1/contacts?q={quote(words)}", cookie=world.north)
        assert answer.status_code == 200
        return [contact["name"] for contact in answer.json()["contacts"]]

    facts = {"name": "林若溪 Lin_100%", "email": "Ruoxi@example.com", "phone": "138 0013 2917"}
    changed = await desk.call("PATCH", f"/api/v1/contacts/{world.ann.contact_id}", json=facts, cookie=world.north)
    number = changed.json()["contact"]["number"]
    for words in ("若溪", "lin_100%", "ruoxi@EXAMPLE", "2917", str(number), " 林 "):
        assert await found(words) == [facts["name"]], words
    for words in ("100_", "%", "'", "nobody"):
        assert await found(words) == ([facts["name"]] if words == "%" else []), words
    assert facts["name"] in (everybody := await found("  ")) and len(everybody) > 1  # the list of all
    await desk.call("PATCH", f"/api/v1/contacts/{world.ann.contact_id}", json={"name": "Émile Ö"}, cookie=world.north)
    assert await found("Émile Ö") == ["Émile Ö"]  # capitals beyond A to Z are told apart, never lost


async def test_a_contact_cannot_be_given_another_number(desk: Desk, world: World) -> None:
    path = f"/api/v1/contacts/{world.ann.contact_id}"
    for body in ({"number": 1}, {"id": "0" * 26}, {"attributes": {"x": 1}}, {"name": "n" * 201}):
        answer = await desk.call("PATCH", path, json=body, cookie=world.north)
        assert answer.status_code == 400


async def test_search_finds_words_newest_first_among_what_one_may_read(desk: Desk, world: World) -> None:
    await desk.index.rebuild()

    async def found(cookie: str, words: str) -> list[str]:
        answer = await desk.call("GET", f"/api/v1/search?q={words}", cookie=cookie)
        assert answer.status_code == 200
        return [hit["message"]["text"] for hit in answer.json()["results"]]

    assert await found(world.owner, "order") == ["Where is order 2?", "Where is order 1?"]
    assert await found(world.north, "ord") == ["Where is order 1?"]
    assert await found(world.owner, "kettle") == []
    hit = (await desk.call("GET", "/api/v1/search?q=order", cookie=world.north)).json()["results"][0]
    assert hit["conversation"]["id"] == world.ann.conversation_id
    assert hit["contact"]["id"] == world.ann.contact_id
    assert (hit["message"]["t"], hit["message"]["seq"]) == ("msg", 1)


async def test_search_goes_on_from_its_cursor_and_knows_a_false_one(desk: Desk, world: World) -> None:
    await desk.index.rebuild()
    first = await desk.call("GET", "/api/v1/search?q=order", cookie=world.owner)
    rest = await desk.call("GET", "/api/v1/search?q=order&before=2", cookie=world.owner)
    false = await desk.call("GET", "/api/v1/search?q=order&before=-2", cookie=world.owner)

    assert (len(first.json()["results"]), first.json()["next"]) == (2, None)
    assert len(rest.json()["results"]) == 1
    assert (false.status_code, false.json()["code"]) == (400, "cursor_unknown")
