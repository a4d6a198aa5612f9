"""What a page of another site may do here: nothing. Generated from the table of routes."""

from typing import Any

import pytest

from app.api.route import Kind, Route
from tests.api.desk import HOST, Desk, World
from tests.api.test_matrix import ask, proof_of

SAFE = ("GET", "HEAD")
FOREIGN: dict[str, dict[str, str]] = {
    "another site": {"origin": "https://evil.example"},
    "a sandboxed frame, a file, a redirect": {"origin": "null"},
    "another port of ours": {"origin": f"http://{HOST}:8081"},
    "a site whose name begins like ours": {"origin": f"http://{HOST}.evil.example"},
    "ours as somebody's name": {"origin": f"http://{HOST}@evil.example"},
    "a site below ours": {"origin": f"http://x.{HOST}"},
    "no origin at all": {"origin": "http://["},
    "told by the browser": {"sec-fetch-site": "cross-site"},
    "told by the browser, of a neighbour": {"sec-fetch-site": "same-site", "origin": f"http://{HOST}"},
}


def unsafe(desk: Desk) -> list[Route]:
    """Every route that may change something."""
    return [route for route in desk.api.routes if route.method not in SAFE]


def proofs(world: World, route: Route) -> dict[str, dict[str, Any]]:
    """Nobody, and whoever might come in by this route otherwise."""
    who = {Kind.AGENT: ("owner", "north"), Kind.VISITOR: ("ann",), Kind.ANYONE: ("owner", "ann")}[route.kind]
    return {"nobody": {}, **{name: proof_of(world, name) for name in who}}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
async def test_no_unsafe_route_takes_anything_from_a_foreign_page(
    desk: Desk, world: World, foreign: dict[str, str]
) -> None:
    tried = 0
    for route in unsafe(desk):
        for who, proof in proofs(world, route).items():
            answer = await ask(desk, world, route, {**proof, "own": False, "headers": foreign})
            assert answer.status_code == 403, (route.method, route.path, who, answer.text)
            assert answer.json()["code"] == "foreign_origin"
            tried += 1
    assert tried >= 40


async def test_a_cookie_without_any_origin_changes_nothing(desk: Desk, world: World) -> None:
    tried = 0
    for route in unsafe(desk):
        if route.kind is Kind.AGENT:
            answer = await ask(desk, world, route, {**proof_of(world, "owner"), "own": False})
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin"), (route.method, route.path)
            tried += 1
    assert tried >= 10


async def test_a_program_with_a_visitors_token_needs_no_origin(desk: Desk, world: World) -> None:
    """What is refused for a state that is looked at behind the door was let in by it."""
    behind = {
        "/api/v1/visitor/conversations/{id}/rating": (409, "not_over"),
        "/api/v1/visitor/identity": (400, "identity_off"),
        "/api/v1/visitor/conversations/{id}/transcript": (400, "mail_off"),
    }
    routes = [route for route in unsafe(desk) if route.kind is Kind.VISITOR]
    # Whoever leaves is nobody afterwards, so that comes last.
    for route in sorted(routes, key=lambda route: f"{route.method} {route.path}" == "DELETE /api/v1/visitor/session"):
        answer = await ask(desk, world, route, {**proof_of(world, "ann"), "own": False})
        if route.path in behind:
            assert (answer.status_code, answer.json()["code"]) == behind[route.path]
        else:
            assert answer.status_code in (200, 201, 204), (route.method, route.path, answer.text)


async def test_no_answer_lets_another_site_read_it(desk: Desk, world: World) -> None:
    for route in desk.api.routes:
        for who, proof in proofs(world, route).items():
            if route.method in SAFE:
                answer = await ask(desk, world, route, {**proof, "headers": {"origin": "https://evil.example"}})
                sharing = [name for name in answer.headers if name.startswith("access-control-")]
                assert sharing == [], (route.path, who)
                assert answer.headers["cross-origin-resource-policy"] == "same-origin"
