"""What merely looks like a secret opens nothing: every route that takes one, against every way to get it almost right.

Generated from the table: a route that takes a token in its body and is not named here fails.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import fields

from app.accounts.authentication import Caller, Challenge
from app.accounts.sessions import COOKIE
from app.api.route import Kind
from app.gateway.core import Peer
from app.model.errors import Unauthenticated
from app.model.frames import Hello
from tests.api.desk import PASSWORD, SYSTEM, Desk, World
from tests.api.phone import with_second_step
from tests.api.test_matrix import ask, closed
from tests.contacts.test_customers import signed

ALMOST: dict[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "a blank": lambda _: " ",
    "a tab": lambda _: "\t",
    "null": lambda _: "null",
    "none": lambda _: "None",
    "undefined": lambda _: "undefined",
    "true": lambda _: "true",
    "zero": lambda _: "0",
    "a star": lambda _: "*",
    "a percent sign": lambda _: "%",
    "a no-break space": lambda _: "\u00a0",
    "an ideographic space": lambda _: "\u3000",
    "a space of no width": lambda _: "\u200b",
    "upper case": str.upper,
    "its begin": lambda token: token[:-1],
    "twice": lambda token: token + token,
    "behind a no-break space": lambda token: "\u00a0" + token,
    "before a no-break space": lambda token: token + "\u00a0",
    "before an ideographic space": lambda token: token + "\u3000",
    "before a space of no width": lambda token: token + "\u200b",
    "before a NUL": lambda token: token + "\x00",
    "full-width": lambda token: "".join(chr(ord(each) + 0xFEE0) for each in token),
    "quoted": lambda token: f'"{token}"',
    "in percent": lambda token: "".join(f"%{ord(each):02x}" for each in token),
}
IN_A_HEADER_TOO = [name for name in ALMOST if name != "before a NUL"]  # no head holds one: the front refuses it
# Where a token comes in the body: how to get a right one, and what it opens, as the body of a request.
BODIES: dict[tuple[str, str], Callable[[Desk, World], Awaitable[tuple[str, dict[str, Any]]]]] = {}


def in_body(method: str, path: str) -> Callable[[Any], Any]:
    def named(make: Any) -> Any:
        BODIES[method, path] = make
        return make

    return named


@in_body("POST", "/api/v1/setup")
async def set_up_link(desk: Desk, _: World) -> tuple[str, dict[str, Any]]:
    owner = {"name": "Eve", "email": "eve@desk.example", "password": PASSWORD}
    return await desk.setup.link(reset=True), {"token": "", **owner}


@in_body("POST", "/api/v1/session/password")
async def access_link(desk: Desk, world: World) -> tuple[str, dict[str, Any]]:
    return (await desk.mail.links.show(SYSTEM, world.north_id)).token, {"token": "", "password": PASSWORD}


@in_body("POST", "/api/v1/setup/machine")
async def set_up_link_of_the_machine(desk: Desk, _: World) -> tuple[str, dict[str, Any]]:
    return await desk.setup.link(reset=True), {"token": ""}


@in_body("POST", "/api/v1/session/demo")
async def demo_link(desk: Desk, world: World) -> tuple[str, dict[str, Any]]:
    return desk.authentication.demo_token(world.north_id), {"token": ""}


@in_body("POST", "/api/v1/session/code")
async def challenge(desk: Desk, world: World) -> tuple[str, dict[str, Any]]:
    _, codes, _ = await with_second_step(desk, world.north)
    outcome = await desk.authentication.by_password("north@desk.example", PASSWORD, Caller())
    assert isinstance(outcome, Challenge)
    return outcome.token, {"challenge": "", "code": codes[0]}


@in_body("POST", "/api/v1/visitor/session")
async def visitor_token(_: Desk, world: World) -> tuple[str, dict[str, Any]]:
    return world.ann.token, {"token": "", "inbox": world.inbox_id}


@in_body("POST", "/api/v1/visitor/identity")
async def signed_identity(desk: Desk, world: World) -> tuple[str, dict[str, Any]]:
    made = await desk.customers.make_key(SYSTEM, world.inbox_id)
    claims = {"sub": "42", "exp": desk.clock.now_ms() // 1_000 + 600}
    return signed(made.secret, claims), {"token": ""}


def opened(answer: Any, world: World) -> bool:
    """Whether somebody got in: a visitor's session is always answered, but a stranger's is a new one."""
    if answer.status_code == 200 and "contact_id" in answer.json():
        return bool(answer.json()["contact_id"] == world.ann.contact_id)
    return bool(answer.status_code == 200)


async def test_every_token_in_a_body_is_named_here(demo: Desk) -> None:
    found = {
        (route.method, route.path)
        for route in demo.api.routes
        if isinstance(route.asks, type)
        and any(field.name in ("token", "challenge", "secret") for field in fields(route.asks))
    }
    assert found == BODIES.keys()


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_a_token_in_a_body_opens_only_as_it_was_given(demo: Desk, world: World, method: str, path: str) -> None:
    token, body = await BODIES[method, path](demo, world)
    field = "challenge" if "challenge" in body else "token"
    # Whom a website signs for is a visitor already: his own token is right, only what is signed is not.
    headers = {"authorization": f"Bearer {world.ann.token}"} if path.endswith("/identity") else {}
    for name, almost in ALMOST.items():
        assert almost(token) != token
        answer = await demo.call(method, path, json={**body, field: almost(token)}, headers=headers)
        assert not opened(answer, world), name
        assert "set-cookie" not in answer.headers, name
    for value in (None, 0, True, [], [token], {"token": token}):
        answer = await demo.call(method, path, json={**body, field: value}, headers=headers)
        assert not opened(answer, world), value
    assert opened(await demo.call(method, path, json={**body, field: token}, headers=headers), world)


@pytest.mark.parametrize("name", IN_A_HEADER_TOO)
async def test_a_token_in_a_header_opens_only_as_it_was_given(desk: Desk, world: World, name: str) -> None:
    almost = ALMOST[name]
    for route in closed(desk):
        if route.kind is Kind.AGENT:
            header, value = "cookie", f"{COOKIE}={almost(world.owner)}"
        else:
            header, value = "authorization", f"Bearer {almost(world.ann.token)}"
        for sent in spellings(value):
            answer = await ask(desk, world, route, {"headers": {header: sent}})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (route.path, sent)


def spellings(value: str) -> set[bytes]:
    """A header's bytes as a client of today and one of yesterday write them: UTF-8 and, where it can, Latin-1."""
    try:
        return {value.encode(), value.encode("latin-1")}
    except UnicodeEncodeError:
        return {value.encode()}


@pytest.mark.parametrize("name", ALMOST)
async def test_a_socket_opens_only_by_the_token_as_it_was_given(desk: Desk, world: World, name: str) -> None:
    almost = ALMOST[name]
    with pytest.raises(Unauthenticated):
        await desk.core.open(Peer("127.0.0.1"), Hello(world.inbox_id, almost(world.ann.token)))
    with pytest.raises(Unauthenticated):
        await desk.core.open(Peer("127.0.0.1", authorization=f"Bearer {almost(world.ann.token)}"), Hello())
    with pytest.raises(Unauthenticated):
        await desk.core.open(Peer("127.0.0.1", cookie=f"{COOKIE}={almost(world.owner)}"), Hello())
    for peer, hello in (
        (Peer("127.0.0.1"), Hello(world.inbox_id, world.ann.token)),
        (Peer("127.0.0.1", cookie=f"{COOKIE}={world.owner}"), Hello()),
    ):
        await desk.core.open(peer, hello)
