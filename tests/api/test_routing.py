"""Routing over REST: rules that are refused where they make no sense, offers told by the line and answered."""

from typing import Any

import pytest

from tests.api.desk import Desk, World


async def offers_told(desk: Desk, cookie: str) -> list[dict[str, Any]]:
    me = (await desk.call("GET", "/api/v1/me", cookie=cookie)).json()
    body = {"resume": {"epoch": me["epoch"], "pos": 0}}
    frames = (await desk.call("POST", "/api/v1/poll", cookie=cookie, json=body)).json()["frames"]
    (told,) = [frame for frame in frames if frame["t"] == "offers"]
    offers: list[dict[str, Any]] = told["offers"]
    return offers


async def test_rules_are_kept_where_they_were_set(desk: Desk, world: World) -> None:
    rules = {"mode": "offer", "strategy": "round_robin", "skills": ["returns"], "offer_seconds": 20}
    path = f"/api/v1/teams/{world.team_id}/routing"
    book = (await desk.call("PUT", path, cookie=world.owner, json=rules)).json()
    assert book["default"]["mode"] == "manual"
    assert rules.items() <= book["teams"][world.team_id].items()
    await desk.call("PUT", f"/api/v1/inboxes/{world.inbox_id}/routing", cookie=world.owner, json={"mode": "auto"})
    seen = (await desk.call("GET", "/api/v1/routing", cookie=world.observer)).json()
    assert seen["inboxes"][world.inbox_id]["mode"] == "auto"
    left = (await desk.call("DELETE", path, cookie=world.owner)).json()
    assert left["teams"] == {}
    noted = (await desk.call("GET", "/api/v1/audit?noun=routing", cookie=world.owner)).json()["entries"]
    assert [entry["object_name"] for entry in noted] == ["North", "North shop", "North"]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"mode": "loud"}, "malformed"),
        ({"offer_seconds": 4}, "malformed"),
        ({"offer_seconds": 601}, "malformed"),
        ({"passes_max": 21}, "malformed"),
        ({"overflow_seconds": -1}, "malformed"),
        ({"skills": [""]}, "malformed"),
        ({"skills": ["x"] * 21}, "malformed"),
        ({"colour": "red"}, "malformed"),
        ({"overflow_team_id": "nobody"}, "team_unknown"),
    ],
)
async def test_rules_that_make_no_sense_are_refused(desk: Desk, world: World, rules: dict[str, Any], code: str) -> None:
    answer = await desk.call("PUT", "/api/v1/routing", cookie=world.owner, json=rules)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    "change",
    [{"capacity": -1}, {"capacity": 101}, {"languages": ["English"]}, {"languages": ["zh\n"]}, {"skills": [""]}],
)
async def test_what_an_agent_takes_has_bounds(desk: Desk, world: World, change: dict[str, Any]) -> None:
    answer = await desk.call("PATCH", f"/api/v1/agents/{world.north_id}", cookie=world.owner, json=change)
    assert answer.status_code == 400


async def test_a_state_has_a_reason_until_he_is_back(desk: Desk, world: World) -> None:
    path = "/api/v1/me"
    away = {"availability": "away", "away_reason": "  at the\n dentist "}
    agent = (await desk.call("PATCH", path, cookie=world.north, json=away)).json()["agent"]
    assert (agent["availability"], agent["away_reason"]) == ("away", "at the dentist")
    agent = (await desk.call("PATCH", path, cookie=world.north, json={"name": "Nora"})).json()["agent"]
    assert agent["away_reason"] == "at the dentist"
    agent = (await desk.call("PATCH", path, cookie=world.north, json={"availability": "online"})).json()["agent"]
    assert (agent["availability"], agent["away_reason"]) == ("online", "")
    refused = await desk.call("PATCH", path, cookie=world.north, json={"availability": "asleep"})
    assert refused.status_code == 400


async def test_a_hand_over_is_told_answered_and_explained(desk: Desk, world: World) -> None:
    path = f"/api/v1/conversations/{world.ann.conversation_id}"
    await desk.call("POST", f"{path}/take", cookie=world.north, json={})
    asked = {"agent_id": world.owner_id, "note": "<b>mind</b> the step"}
    offer = (await desk.call("POST", f"{path}/transfer", cookie=world.north, json=asked)).json()["offer"]
    assert (offer["note"], offer["state"]) == ("<b>mind</b> the step", "open")
    for who in (world.owner, world.north):
        assert [one["id"] for one in await offers_told(desk, who)] == [offer["id"]]
    assert await offers_told(desk, world.south) == []
    stolen = await desk.call("POST", f"/api/v1/offers/{offer['id']}/accept", cookie=world.south, json={})
    assert stolen.status_code == 404
    answer = await desk.call("POST", f"/api/v1/offers/{offer['id']}/accept", cookie=world.owner, json={})
    assert answer.json()["conversation"]["assignee_id"] == world.owner_id
    why = (await desk.call("GET", f"{path}/why", cookie=world.owner)).json()["offer"]
    assert (why["kind"], why["why"]["rule"], why["state"]) == ("transfer", "transfer", "accepted")
    over = await desk.call("POST", f"/api/v1/offers/{offer['id']}/refuse", cookie=world.owner, json={})
    assert (over.status_code, over.json()["code"]) == (409, "offer_over")
