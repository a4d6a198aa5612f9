"""Tickets over REST: asked by a query string, told by frames, refused with the field that is wrong."""

from typing import Any

import pytest

from tests.api.desk import Desk, World

KEY = "d" * 32


async def listing(desk: Desk, cookie: str, query: str) -> list[int]:
    answer = await desk.call("GET", f"/api/v1/tickets?{query}", cookie=cookie)
    assert answer.status_code == 200, answer.text
    return [row["ticket"]["number"] for row in answer.json()["tickets"]]


async def test_a_query_narrows_the_list(desk: Desk, world: World) -> None:
    body = {"title": "Urgent", "priority": 4, "due_at": 1, "contact_id": world.ann.contact_id}
    made = await desk.call("POST", "/api/v1/tickets", cookie=world.north, json=body, headers={"idempotency-key": KEY})
    ticket = made.json()["ticket"]
    assert (made.status_code, ticket["number"], ticket["status"]) == (200, 2, "new")
    await desk.call("PUT", f"/api/v1/tickets/{ticket['id']}/watch", cookie=world.north)

    for query, numbers in (
        ("", [2, 1]),
        ("priority=4", [2]),
        ("watching=1", [2]),
        ("watching=0", [2, 1]),
        ("overdue=1", [2]),
        ("category=done", []),
        ("assignee=none&team=none", [2]),
        (f"team={world.team_id}", [1]),
        (f"conversation={world.ann.conversation_id}", [1]),
        (f"contact={world.ann.contact_id}&q=urg", [2]),
        ("sort=created&limit=1", [2]),
    ):
        assert await listing(desk, world.north, query) == numbers, query
    page = (await desk.call("GET", "/api/v1/tickets?sort=due&limit=1", cookie=world.north)).json()
    assert page["tickets"][0]["contact"]["id"] == world.ann.contact_id
    assert page["counts"] == {"new": 2, "open": 0, "waiting": 0, "done": 0, world.status_id: 0}
    assert page["categories"] == {"open": 2, "waiting": 0, "done": 0}
    assert await listing(desk, world.north, f"sort=due&limit=1&before={page['next']}") == [1]


@pytest.mark.parametrize("query", ["priority=5", "status=lost", "assignee=x", "limit=0", "colour=red", "sort=title"])
async def test_a_query_that_makes_no_sense_is_refused(desk: Desk, world: World, query: str) -> None:
    answer = await desk.call("GET", f"/api/v1/tickets?{query}", cookie=world.north)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_what_happens_to_a_ticket_comes_by_the_line(desk: Desk, world: World) -> None:
    async def frames(who: str, pos: int) -> tuple[list[dict[str, Any]], int]:
        me = (await desk.call("GET", "/api/v1/me", cookie=who)).json()
        resume = {"epoch": me["epoch"], "pos": pos}
        told = (await desk.call("POST", "/api/v1/poll", cookie=who, json={"resume": resume})).json()["frames"]
        live = next(frame for frame in told if frame["t"] == "live")
        return [frame for frame in told if frame["t"].startswith("ticket")], live["pos"]

    (made,), pos = await frames(world.north, 0)
    assert (made["event"], made["ticket"]["id"]) == ("ticket.created", world.ticket_id)
    assert await frames(world.south, 0) == ([], pos)

    path = f"/api/v1/tickets/{world.ticket_id}"
    await desk.call("PATCH", path, cookie=world.north, json={"team_id": None, "expected": 1})
    for who in (world.north, world.south, world.observer):
        (told,), _ = await frames(who, pos)
        assert (told["event"], told["ticket"]["version"]) == ("ticket.updated", 2)
    _, pos = await frames(world.owner, pos)
    await desk.call("PATCH", path, cookie=world.north, json={"team_id": world.team_id})
    (gone,), _ = await frames(world.south, pos)
    assert (gone["t"], gone["ticket_id"]) == ("ticket_gone", world.ticket_id)

    stale = await desk.call("PATCH", path, cookie=world.north, json={"title": "Mine", "expected": 2})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    empty = await desk.call("PATCH", path, cookie=world.north, json={"title": "  "})
    assert (empty.status_code, empty.json()["field"]) == (400, "title")
