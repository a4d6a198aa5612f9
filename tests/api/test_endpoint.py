"""What every route shares: bounds, strictness, refusals in the reader's language, ids, foreign pages."""

import json
from collections.abc import AsyncIterator

import pytest

from app.settings import Limits
from tests.api.desk import Desk, World


async def test_a_refusal_is_a_problem_with_its_request_id(desk: Desk, world: World) -> None:
    answer = await desk.call("GET", "/api/v1/me")

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body == {
        "code": "unauthenticated",
        "title": "Not signed in",
        "detail": "You are not signed in, or the session has ended. Sign in again.",
        "status": 401,
        "request_id": answer.headers["x-request-id"],
    }
    assert len(body["request_id"]) == 26


async def test_the_refusal_speaks_the_readers_language(desk: Desk, world: World) -> None:
    answer = await desk.call("GET", "/api/v1/me", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"})

    assert answer.headers["content-language"] == "zh"
    assert answer.json()["detail"] == "你尚未登录，或登录已失效。请重新登录。"
    assert answer.json()["title"] == "未登录"


async def test_a_clients_request_id_is_not_believed(desk: Desk, world: World) -> None:
    answer = await desk.call("GET", "/healthz", headers={"x-request-id": "mine"})

    assert answer.headers["x-request-id"] != "mine"


async def test_an_unknown_path_is_a_problem_too(desk: Desk, world: World) -> None:
    answer = await desk.call("GET", "/api/v1/nothing/of/the/kind")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


async def test_a_method_that_a_path_does_not_take_names_those_that_it_does(desk: Desk, world: World) -> None:
    answer = await desk.call("PUT", "/api/v1/session")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, HEAD, POST"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"email":"a@b.example","password":"x","role":"owner"}', "unknown field `role`"),
        (b'{"email":"a@b.example"}', "missing required field `password`"),
        (b'{"email":1,"password":"x"}', "$.email"),
        (b'{"email":"a@b.example","password":"x"', "truncated"),
        (b"[]", "Expected `object`"),
        (b'{"email":"\xff","password":"x"}', "utf-8"),
        (b"", "missing required field"),
    ],
)
async def test_what_does_not_fit_its_struct_is_refused_by_name(desk: Desk, body: bytes, reason: str) -> None:
    answer = await desk.call("POST", "/api/v1/session", content=body)

    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"
    assert reason in answer.json()["detail"]


async def test_nesting_without_end_is_a_bad_request(desk: Desk, world: World) -> None:
    """The decoder looks for the tag `t` behind a value that never ends: it gives up with a RecursionError."""
    answer = await desk.call("POST", "/api/v1/frames", content=b'{"conv":' + b"[" * 200_000, cookie=world.owner)

    assert (answer.status_code, answer.json()["code"]) == (400, "too_deep")


async def test_a_body_that_declares_too_much_is_refused_before_it_is_read(desk: Desk, world: World) -> None:
    answer = await desk.call(
        "POST", "/api/v1/session", content=b"{}", headers={"content-length": str(Limits().body_bytes_max + 1)}
    )

    assert answer.status_code == 413
    assert "256 KB" in answer.json()["detail"]


async def test_a_body_without_a_declared_length_is_counted_while_it_streams(desk: Desk, world: World) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    answer = await desk.call("POST", "/api/v1/session", content=endless())

    assert answer.status_code == 413
    assert sent <= Limits().body_bytes_max + 2 * 65_536


async def test_a_body_that_does_not_say_it_is_json_is_refused(desk: Desk, world: World) -> None:
    body = json.dumps({"email": "a@b.example", "password": "x"}).encode()
    answer = await desk.call("POST", "/api/v1/session", content=body, headers={"content-type": "text/plain"})

    assert answer.status_code == 415


async def test_a_parameter_that_nobody_knows_or_that_comes_twice_is_refused(desk: Desk, world: World) -> None:
    unknown = await desk.call("GET", "/api/v1/conversations?admin=1", cookie=world.owner)
    twice = await desk.call("GET", "/api/v1/conversations?view=all&view=mine", cookie=world.owner)

    assert (unknown.status_code, twice.status_code) == (400, 400)
    assert "unknown field `admin`" in unknown.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://desk.test"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://desk.test"}, 403),
        ({"origin": "http://desk.test.evil.example"}, 403),
        ({"origin": "http://desk.test:81"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({}, 403),
    ],
)
async def test_an_unsafe_method_by_cookie_must_come_from_our_own_pages(
    desk: Desk, world: World, headers: dict[str, str], status: int
) -> None:
    answer = await desk.call("PATCH", "/api/v1/me", json={}, cookie=world.owner, headers=headers, own=False)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"origin": "https://evil.example"}, 403), ({"sec-fetch-site": "cross-site"}, 403)],
)
async def test_a_foreign_page_cannot_sign_anybody_in_but_a_program_may(
    desk: Desk, world: World, headers: dict[str, str], status: int
) -> None:
    asked = {"email": "nobody@desk.example", "password": "whatever it may be"}
    answer = await desk.call("POST", "/api/v1/session", json=asked, headers=headers, own=False)

    assert answer.status_code == status


async def test_the_public_url_is_our_own_host_too(desk: Desk, world: World) -> None:
    origin = {"origin": f"https://{desk.settings.public_host}"}
    answer = await desk.call("PATCH", "/api/v1/me", json={}, cookie=world.owner, headers=origin, own=False)

    assert answer.status_code == 200
