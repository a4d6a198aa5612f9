"""Set-up, signing in and out, oneself, colleagues, teams, inboxes."""

import pytest

from app.accounts.sessions import COOKIE
from tests.api.desk import PASSWORD, Desk, World

NEW_PASSWORD = "other unrelated words entirely"


async def test_the_first_owner_comes_by_link_once(empty: Desk) -> None:
    assert (await empty.call("GET", "/api/v1/setup")).json() == {"needed": True}
    asked = {
        "token": await empty.setup.link(),
        "name": "Ada",
        "email": "ada@desk.example",
        "password": PASSWORD,
        "inbox_name": "Shop",
    }
    answer = await empty.call("POST", "/api/v1/setup", json=asked)

    assert answer.status_code == 200
    assert answer.json()["agent"]["role"] == "owner"
    cookie = answer.cookies[COOKIE]
    inboxes = (await empty.call("GET", "/api/v1/inboxes", cookie=cookie)).json()["inboxes"]
    assert [inbox["name"] for inbox in inboxes] == ["Shop"]
    assert (await empty.call("GET", "/api/v1/setup")).json() == {"needed": False}
    again = await empty.call("POST", "/api/v1/setup", json=asked)
    assert (again.status_code, again.json()["code"]) == (400, "setup_link_over")


async def test_signing_in_gives_a_cookie_that_scripts_cannot_read(desk: Desk) -> None:
    asked = {"email": "North@desk.example", "password": PASSWORD}
    public = {"host": desk.settings.public_host, "origin": f"https://{desk.settings.public_host}"}
    answer = await desk.call("POST", "/api/v1/session", json=asked, headers=public)

    assert answer.json()["agent"]["email"] == "north@desk.example"
    given = answer.headers["set-cookie"].lower()
    assert given.startswith(f"{COOKIE}=")
    assert {"httponly", "samesite=lax", "path=/desk/", "secure"} <= {part.strip() for part in given.split(";")}
    me = await desk.call("GET", "/api/v1/me", cookie=answer.cookies[COOKIE])
    assert me.json()["agent"]["name"] == "North"


async def test_who_came_by_another_address_than_the_public_one_can_use_his_cookie_there(desk: Desk) -> None:
    asked = {"email": "North@desk.example", "password": PASSWORD}
    answer = await desk.call("POST", "/api/v1/session", json=asked)

    parts = {part.strip() for part in answer.headers["set-cookie"].lower().split(";")}
    assert "path=/" in parts
    assert "secure" not in parts


async def test_on_a_plain_lan_the_cookie_is_not_secure_or_it_would_never_come_back(empty: Desk) -> None:
    """`empty` has no public URL: what a browser at http://desk.lan is given."""
    asked = {"token": await empty.setup.link(), "name": "Ada", "email": "ada@desk.example", "password": PASSWORD}
    answer = await empty.call("POST", "/api/v1/setup", json=asked)

    assert "secure" not in answer.headers["set-cookie"].lower()


async def test_a_wrong_password_and_an_unknown_account_read_the_same(desk: Desk) -> None:
    wrong = await desk.call("POST", "/api/v1/session", json={"email": "north@desk.example", "password": "wrong"})
    unknown = await desk.call("POST", "/api/v1/session", json={"email": "x@desk.example", "password": "wrong"})

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["code"] == unknown.json()["code"] == "sign_in_refused"
    assert wrong.json()["detail"] == unknown.json()["detail"]


async def test_too_many_tries_must_wait(desk: Desk) -> None:
    asked = {"email": "north@desk.example", "password": "wrong"}
    for _ in range(desk.settings.limits.sign_in_tries_before_delay):
        await desk.call("POST", "/api/v1/session", json=asked)
    answer = await desk.call("POST", "/api/v1/session", json=asked)

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) * 1_000 >= answer.json()["retry_after_ms"] > 0


async def test_signing_out_ends_the_session_and_takes_the_cookie(desk: Desk, world: World) -> None:
    answer = await desk.call("DELETE", "/api/v1/session", cookie=world.north)

    assert (answer.status_code, answer.content) == (204, b"")
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert (await desk.call("GET", "/api/v1/me", cookie=world.north)).status_code == 401


async def test_me_says_who_i_am_and_what_i_may(desk: Desk, world: World) -> None:
    me = (await desk.call("GET", "/api/v1/me", cookie=world.observer)).json()

    assert me["agent"]["role"] == "observer"
    assert me["permissions"] == ["contacts.read", "conversations.read_all", "records.read", "tickets.read"]
    assert me["epoch"].startswith(f"{desk.database.epoch}.") and me["demo"] is False


async def test_a_profile_is_changed_and_a_new_password_needs_the_old(desk: Desk, world: World) -> None:
    answer = await desk.call(
        "PATCH", "/api/v1/me", json={"name": "  Nora ", "language": "zh", "availability": "away"}, cookie=world.north
    )
    refused = await desk.call("PATCH", "/api/v1/me", json={"password": NEW_PASSWORD}, cookie=world.north)
    changed = await desk.call(
        "PATCH", "/api/v1/me", json={"password": NEW_PASSWORD, "old_password": PASSWORD}, cookie=world.north
    )

    agent = answer.json()["agent"]
    assert (agent["name"], agent["language"], agent["availability"]) == ("Nora", "zh", "away")
    assert (refused.status_code, refused.json()["code"]) == (400, "password_wrong")
    assert changed.status_code == 200
    asked = {"email": "north@desk.example", "password": NEW_PASSWORD}
    assert (await desk.call("POST", "/api/v1/session", json=asked)).status_code == 200


async def test_ones_own_password_is_not_changed_as_a_colleague_s(desk: Desk, world: World) -> None:
    """It would need no old one: whoever finds the screen open would have the account."""
    me = (await desk.call("GET", "/api/v1/me", cookie=world.owner)).json()["agent"]["id"]
    for change in ({"password": NEW_PASSWORD}, {"name": "Mallory", "password": NEW_PASSWORD}):
        refused = await desk.call("PATCH", f"/api/v1/agents/{me}", json=change, cookie=world.owner)
        assert (refused.status_code, refused.json()["code"]) == (409, "password_own")
    after = (await desk.call("GET", "/api/v1/me", cookie=world.owner)).json()["agent"]
    assert after["name"] != "Mallory"
    colleague = await desk.call(
        "PATCH", f"/api/v1/agents/{world.north_id}", json={"password": NEW_PASSWORD}, cookie=world.owner
    )
    assert colleague.status_code == 200


async def test_agents_are_added_changed_and_disabled(desk: Desk, world: World) -> None:
    asked = {
        "name": "Wei",
        "email": "wei@desk.example",
        "role": "agent",
        "teams": [world.team_id],
        "password": PASSWORD,
    }
    added = (await desk.call("POST", "/api/v1/agents", json=asked, cookie=world.owner)).json()["agent"]
    taken = await desk.call("POST", "/api/v1/agents", json=asked, cookie=world.owner)
    cookie = (await desk.sessions.begin(added["id"], "", "")).secret
    path = f"/api/v1/agents/{added['id']}"
    changed = await desk.call("PATCH", path, json={"disabled": True}, cookie=world.owner)
    listed = (await desk.call("GET", "/api/v1/agents", cookie=world.south)).json()["agents"]

    assert (added["role"], added["teams"]) == ("agent", [world.team_id])
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    assert changed.json()["agent"]["disabled"] is True
    assert (await desk.call("GET", "/api/v1/me", cookie=cookie)).status_code == 401
    assert "wei@desk.example" in [agent["email"] for agent in listed]


async def test_an_agent_that_does_not_exist_cannot_be_changed(desk: Desk, world: World) -> None:
    answer = await desk.call("PATCH", f"/api/v1/agents/{'0' * 26}", json={"name": "X"}, cookie=world.owner)

    assert answer.status_code == 404


async def teams_of(desk: Desk, world: World) -> list[dict[str, str]]:
    told: list[dict[str, str]] = (await desk.call("GET", "/api/v1/teams", cookie=world.north)).json()["teams"]
    return told


async def test_teams_and_inboxes_are_added_and_listed(desk: Desk, world: World) -> None:
    team = (await desk.call("POST", "/api/v1/teams", json={"name": "West"}, cookie=world.owner)).json()["team"]
    again = await desk.call("POST", "/api/v1/teams", json={"name": "West"}, cookie=world.owner)
    asked = {"name": "West shop", "origins": ["https://shop.example"], "team_id": team["id"], "color": "#3366ff"}
    inbox = (await desk.call("POST", "/api/v1/inboxes", json=asked, cookie=world.owner)).json()["inbox"]
    changed = await desk.call(
        "PATCH", f"/api/v1/inboxes/{inbox['id']}", json={"preview": False, "team_id": None}, cookie=world.owner
    )

    assert again.status_code == 409
    renamed = await desk.call("PATCH", f"/api/v1/teams/{team['id']}", json={"name": " Far west "}, cookie=world.owner)
    same = await desk.call("PATCH", f"/api/v1/teams/{team['id']}", json={"name": "Far west"}, cookie=world.owner)
    other = next(each for each in (await teams_of(desk, world)) if each["id"] != team["id"])
    taken = await desk.call("PATCH", f"/api/v1/teams/{team['id']}", json={"name": other["name"]}, cookie=world.owner)
    nobody = await desk.call("PATCH", f"/api/v1/teams/{'0' * 26}", json={"name": "X"}, cookie=world.owner)
    assert (renamed.json()["team"], same.status_code) == ({"id": team["id"], "name": "Far west"}, 200)
    assert (taken.status_code, taken.json()["field"], nobody.status_code) == (409, "name", 404)
    assert inbox["origins"] == ["https://shop.example"]
    assert (changed.json()["inbox"]["preview"], changed.json()["inbox"]["team_id"]) == (False, None)
    assert changed.json()["inbox"]["color"] == "#3366ff"
    assert "Far west" in [each["name"] for each in await teams_of(desk, world)]
    inboxes = (await desk.call("GET", "/api/v1/inboxes", cookie=world.north)).json()["inboxes"]
    assert "West shop" in [each["name"] for each in inboxes]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/v1/me", {"role": "owner"}),
        ("PATCH", "/api/v1/me", {"teams": []}),
        ("PATCH", "/api/v1/me", {"id": "0" * 26}),
        ("PATCH", "/api/v1/me", {"disabled": False}),
        ("POST", "/api/v1/teams", {"name": "X", "id": "0" * 26}),
        ("POST", "/api/v1/inboxes", {"name": "X", "id": "0" * 26}),
        ("POST", "/api/v1/session", {"email": "a@b.example", "password": "x", "agent_id": "0" * 26}),
        ("POST", "/api/v1/visitor/session", {"inbox": "0" * 26, "contact_id": "0" * 26}),
    ],
)
async def test_what_a_route_does_not_take_cannot_be_assigned(
    desk: Desk, world: World, method: str, path: str, body: dict[str, object]
) -> None:
    answer = await desk.call(method, path, json=body, cookie=world.owner)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert "unknown field" in answer.json()["detail"]


async def test_demo_links_work_in_a_demo_on_this_machine_alone(desk: Desk, demo: Desk, world: World) -> None:
    asked = {"token": demo.authentication.demo_token(world.north_id)}
    signed_in = await demo.call("POST", "/api/v1/session/demo", json=asked)
    from_afar = await demo.call_from("192.0.2.7", "POST", "/api/v1/session/demo", json=asked)
    made_up = await demo.call("POST", "/api/v1/session/demo", json={"token": "f" * 32})
    without_demo = {"token": desk.authentication.demo_token(world.north_id)}
    elsewhere = await desk.call("POST", "/api/v1/session/demo", json=without_demo)

    assert signed_in.json()["agent"]["id"] == world.north_id
    assert (await demo.call("GET", "/api/v1/me", cookie=signed_in.cookies[COOKIE])).json()["demo"] is True
    assert (from_afar.status_code, made_up.status_code, elsewhere.status_code) == (404, 401, 404)


async def test_a_page_may_ask_who_is_signed_in_without_being_refused(desk: Desk, world: World) -> None:
    nobody = await desk.call("GET", "/api/v1/session")
    assert (nobody.status_code, nobody.json()) == (200, {"me": None, "needs_setup": False})
    assert (await desk.call("GET", "/api/v1/session", cookie="made-up")).json()["me"] is None
    signed_in = (await desk.call("GET", "/api/v1/session", cookie=world.owner)).json()
    assert signed_in["me"] == (await desk.call("GET", "/api/v1/me", cookie=world.owner)).json()
