"""Signing in with a second step, one's own sessions, and the cookies that go with both."""

import httpx
import pytest

from app.accounts.sessions import BROWSER_COOKIE, COOKIE
from app.model.events import Event, SessionsRevoked
from tests.api.desk import PASSWORD, Desk, World
from tests.api.phone import STEP_SECONDS, code, signed_in, with_second_step

NORTH = {"email": "north@desk.example", "password": PASSWORD}


def attributes(answer: httpx.Response, name: str) -> set[str]:
    """What a cookie was set with."""
    (given,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}=")]
    return {part.strip().lower() for part in given.split(";")[1:]}


async def test_it_is_switched_on_with_a_first_code_and_asked_for_ever_after(desk: Desk, world: World) -> None:
    path = "/api/v1/me/second-step"
    before = await desk.call("GET", path, cookie=world.north)
    draft = (await desk.call("POST", path, json={"password": PASSWORD}, cookie=world.north)).json()
    first = code(desk, draft["secret"])
    confirmed = await desk.call("POST", f"{path}/confirm", json={"code": first}, cookie=world.north)

    assert before.json() == {"on": False, "since": 0, "recovery_codes": 0}
    assert draft["link"].startswith("otpauth://totp/Monodesk:north%40desk.example?") and len(draft["picture"]) >= 25
    assert len(confirmed.json()["codes"]) == 10
    assert "httponly" in attributes(confirmed, COOKIE)
    cookie = confirmed.cookies[COOKIE]
    assert cookie != world.north
    assert (await desk.call("GET", path, cookie=world.north)).status_code == 401
    after = (await desk.call("GET", path, cookie=cookie)).json()
    assert after == {"on": True, "since": desk.clock.now_ms(), "recovery_codes": 10}

    asked = await desk.call("POST", "/api/v1/session", json=NORTH)
    assert asked.status_code == 200 and asked.json()["agent"] is None and "set-cookie" not in asked.headers
    sent = {"challenge": asked.json()["challenge"], "code": first}
    used = await desk.call("POST", "/api/v1/session/code", json=sent)
    assert (used.status_code, used.json()["code"]) == (401, "code_wrong")
    desk.clock.advance(STEP_SECONDS)
    answer = await desk.call("POST", "/api/v1/session/code", json={**sent, "code": code(desk, draft["secret"])})
    assert answer.json()["agent"]["id"] == world.north_id
    assert (await desk.call("GET", "/api/v1/me", cookie=answer.cookies[COOKIE])).status_code == 200


async def test_a_recovery_code_signs_in_and_is_one_less(desk: Desk, world: World) -> None:
    _, codes, _ = await with_second_step(desk, world.north)
    challenge = (await desk.call("POST", "/api/v1/session", json=NORTH)).json()["challenge"]
    answer = await desk.call("POST", "/api/v1/session/code", json={"challenge": challenge, "code": codes[3]})
    left = await desk.call("GET", "/api/v1/me/second-step", cookie=answer.cookies[COOKIE])
    assert left.json()["recovery_codes"] == 9


async def test_wrong_codes_slow_down_and_end_the_sign_in(desk: Desk, world: World) -> None:
    await with_second_step(desk, world.north)
    told = []
    for _ in range(desk.settings.limits.sign_in_code_tries + 1):
        challenge = (await desk.call("POST", "/api/v1/session", json=NORTH)).json()["challenge"]
        answer = await desk.call("POST", "/api/v1/session/code", json={"challenge": challenge, "code": "000000"})
        told.append((answer.status_code, answer.json()["code"]))
    assert told == [(401, "code_wrong")] * desk.settings.limits.sign_in_code_tries + [(429, "sign_in_wait")]


async def test_new_codes_and_switching_off_need_the_password(desk: Desk, world: World) -> None:
    _, old, cookie = await with_second_step(desk, world.north)
    for path in ("/api/v1/me/second-step/codes", "/api/v1/me/second-step/off"):
        refused = await desk.call("POST", path, json={"password": "wrong"}, cookie=cookie)
        assert (refused.status_code, refused.json()["code"]) == (400, "password_wrong")
    new = await desk.call("POST", "/api/v1/me/second-step/codes", json={"password": PASSWORD}, cookie=cookie)
    assert len(new.json()["codes"]) == 10 and not set(old) & set(new.json()["codes"])
    off = await desk.call("POST", "/api/v1/me/second-step/off", json={"password": PASSWORD}, cookie=cookie)
    assert off.cookies[COOKIE] != cookie
    assert (await desk.call("GET", "/api/v1/me", cookie=cookie)).status_code == 401
    assert (await desk.call("POST", "/api/v1/session", json=NORTH)).json()["agent"]["id"] == world.north_id


async def test_an_owner_sees_and_switches_off_a_colleagues(desk: Desk, world: World) -> None:
    _, _, cookie = await with_second_step(desk, world.north)
    path = f"/api/v1/agents/{world.north_id}/second-step"

    async def who(cookie: str) -> list[str]:
        return list((await desk.call("GET", "/api/v1/agents", cookie=cookie)).json()["second_step"])

    assert await who(world.owner) == [world.north_id] and await who(world.south) == []
    assert (await desk.call("DELETE", path, cookie=world.owner)).status_code == 204
    assert await who(world.owner) == []
    assert (await desk.call("GET", "/api/v1/me", cookie=cookie)).status_code == 401
    again = await desk.call("DELETE", path, cookie=world.owner)
    assert (again.status_code, again.json()["code"]) == (409, "two_step_off")
    own = await desk.call("DELETE", f"/api/v1/agents/{world.owner_id}/second-step", cookie=world.owner)
    assert (own.status_code, own.json()["code"]) == (409, "two_step_own")


async def test_a_new_password_gives_this_browser_a_new_cookie_and_ends_the_others(desk: Desk, world: World) -> None:
    other = (await desk.sessions.begin(world.north_id, "", "")).secret
    asked = {"name": "Nora", "password": "other unrelated words entirely", "old_password": PASSWORD}
    answer = await desk.call("PATCH", "/api/v1/me", json=asked, cookie=world.north)

    assert answer.json()["agent"]["name"] == "Nora"
    cookie = answer.cookies[COOKIE]
    statuses = [
        (await desk.call("GET", "/api/v1/me", cookie=each)).status_code for each in (cookie, world.north, other)
    ]
    assert statuses == [200, 401, 401]


async def test_what_else_is_changed_renews_nothing(desk: Desk, world: World) -> None:
    answer = await desk.call("PATCH", "/api/v1/me", json={"name": "Nora"}, cookie=world.north)
    assert "set-cookie" not in answer.headers
    assert (await desk.call("GET", "/api/v1/me", cookie=world.north)).status_code == 200


async def test_one_sees_ones_sessions_and_ends_them(desk: Desk, world: World) -> None:
    signed = [
        await desk.call_from(f"192.0.2.{number}", "POST", "/api/v1/session", json=NORTH, headers={"user-agent": "X"})
        for number in range(3)
    ]
    here = signed[0].cookies[COOKIE]
    theirs = [await signed_in(desk, answer.cookies[COOKIE]) for answer in signed[1:]]
    heard: list[Event] = []
    desk.bus.subscribe(heard.extend)

    listed = (await desk.call("GET", "/api/v1/me/sessions", cookie=here)).json()["sessions"]
    assert len(listed) == 4 and [one["current"] for one in listed].count(True) == 1
    found = [one for one in listed if one["id"] == theirs[0].session_id]
    assert [(one["address"], one["user_agent"]) for one in found] == [("192.0.2.1", "X")]

    one = await desk.call("DELETE", f"/api/v1/me/sessions/{theirs[0].session_id}", cookie=here)
    rest = await desk.call("DELETE", "/api/v1/me/sessions", cookie=here)
    assert (one.status_code, rest.status_code) == (204, 204)
    ended = [event.session_ids for event in heard if isinstance(event, SessionsRevoked)]
    assert ended[0] == (theirs[0].session_id,) and theirs[1].session_id in ended[1]
    left = (await desk.call("GET", "/api/v1/me/sessions", cookie=here)).json()["sessions"]
    assert [one["current"] for one in left] == [True]


async def test_a_colleagues_session_is_not_there(desk: Desk, world: World) -> None:
    theirs = await signed_in(desk, world.south)
    answer = await desk.call("DELETE", f"/api/v1/me/sessions/{theirs.session_id}", cookie=world.owner)
    assert answer.status_code == 404
    assert (await desk.call("GET", "/api/v1/me", cookie=world.south)).status_code == 200


async def test_a_browser_stays_known_after_signing_out(desk: Desk, world: World) -> None:
    public = {"host": desk.settings.public_host, "origin": f"https://{desk.settings.public_host}"}
    first = await desk.call("POST", "/api/v1/session", json=NORTH, headers=public)
    browser = first.cookies[BROWSER_COOKIE]
    assert {"httponly", "samesite=lax", "secure"} <= attributes(first, BROWSER_COOKIE)
    out = await desk.call("DELETE", "/api/v1/session", cookie=first.cookies[COOKIE])
    assert [one.partition("=")[0] for one in out.headers.get_list("set-cookie")] == [COOKIE]
    assert (await desk.call("GET", "/api/v1/me", cookie=browser)).status_code == 401

    for number in range(desk.settings.limits.sign_in_account_tries_burst):
        await desk.call_from(f"10.0.0.{number}", "POST", "/api/v1/session", json={**NORTH, "password": "wrong"})
    stranger = await desk.call("POST", "/api/v1/session", json=NORTH)
    known = await desk.call("POST", "/api/v1/session", json=NORTH, headers={"cookie": f"{BROWSER_COOKIE}={browser}"})
    assert (stranger.status_code, known.status_code) == (429, 200)
    assert known.cookies[BROWSER_COOKIE] == browser


async def test_no_answer_holds_what_the_second_step_is_checked_by(desk: Desk, world: World) -> None:
    secret, codes, _ = await with_second_step(desk, world.north)
    rows = await desk.database.read("SELECT digest FROM recovery_codes UNION SELECT digest FROM known_browsers")
    hidden = [secret, *codes, *(str(row[0]) for row in rows)]
    for route in desk.api.routes:
        if route.method == "GET" and "{" not in route.path and "visitor" not in route.path:
            query = "?q=order" if route.path in ("/api/v1/search", "/api/v1/contacts") else ""
            answer = await desk.call("GET", route.path + query, cookie=world.owner)
            assert answer.status_code == 200, route.path
            assert not [each for each in hidden if each in answer.text], route.path


@pytest.mark.parametrize("path", ["/api/v1/me/second-step", "/api/v1/me/second-step/off"])
async def test_guesses_at_the_password_of_an_open_screen_slow_down(desk: Desk, world: World, path: str) -> None:
    tries = desk.settings.limits.sign_in_tries_before_delay
    statuses = [
        (await desk.call("POST", path, json={"password": "wrong"}, cookie=world.north)).status_code
        for _ in range(tries + 1)
    ]
    assert statuses == [400] * tries + [429]
