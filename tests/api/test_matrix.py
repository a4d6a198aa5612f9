"""Who may do what: every route, every frame, files and long-polls against everybody who may not.

Generated from the table. A route or a frame that is not named here fails; so does one that is served beside the table.
"""

from typing import Any, get_args

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route as Mounted

from app.accounts.agents import AgentChange, NewAgent
from app.accounts.policy import ROLES
from app.accounts.roles import NewRole
from app.accounts.tokens import NewToken
from app.api.route import Kind, Route
from app.model import frames
from app.model.fields import Noun
from tests.api.desk import PASSWORD, SYSTEM, Desk, World

ABSENT = "0" * 26
KEY = "c" * 32

# What anybody may ask, signed in or not. A route that joins them must be named here on purpose.
OPEN = {
    ("GET", "/api/v1/setup"),
    ("GET", "/api/v1/session"),
    ("POST", "/api/v1/setup"),
    ("POST", "/api/v1/setup/machine"),
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/session/code"),
    ("POST", "/api/v1/session/demo"),
    ("POST", "/api/v1/session/forgotten"),
    ("POST", "/api/v1/session/password"),
    ("POST", "/api/v1/visitor/session"),
    ("OPTIONS", "/api/v1/uploads"),
    ("OPTIONS", "/api/v1/visitor/uploads"),
    ("GET", "/api/openapi.json"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
}
# Everything else: what the agent of another team (south), the observer and an ordinary agent (north) are answered when
# they ask for what is Ann's, who belongs to team north; for visitors' routes, what Ben is answered.
ADMINISTRATORS_ONLY = {"north": 403, "south": 403, "observer": 403}
READ = {"north": 200, "south": 404, "observer": 200}
WRITE = {"north": 200, "south": 404, "observer": 403}
EVERY_AGENT = {"north": 200, "south": 200, "observer": 200}
WRITERS = {"north": 200, "south": 200, "observer": 403}
HER_UPLOAD = {"north": 404, "south": 404, "observer": 403}  # what she has not sent yet is hers alone
HIS_OWN = {"ben": 200}
NOT_BENS = {"ben": 404}
EXPECTED: dict[tuple[str, str], dict[str, int]] = {
    ("DELETE", "/api/v1/session"): {"north": 204, "south": 204, "observer": 204},
    ("GET", "/api/v1/me"): EVERY_AGENT,
    ("PATCH", "/api/v1/me"): EVERY_AGENT,
    ("GET", "/api/v1/me/sessions"): EVERY_AGENT,
    ("DELETE", "/api/v1/me/sessions"): {"north": 204, "south": 204, "observer": 204},
    ("DELETE", "/api/v1/me/sessions/{id}"): {"north": 404, "south": 404, "observer": 404},
    ("GET", "/api/v1/me/second-step"): EVERY_AGENT,
    ("POST", "/api/v1/me/second-step"): EVERY_AGENT,
    ("POST", "/api/v1/me/second-step/confirm"): {"north": 400, "south": 400, "observer": 400},
    ("POST", "/api/v1/me/second-step/codes"): {"north": 409, "south": 409, "observer": 409},
    ("POST", "/api/v1/me/second-step/off"): {"north": 409, "south": 409, "observer": 409},
    ("GET", "/api/v1/health"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/agents"): EVERY_AGENT,
    ("POST", "/api/v1/agents"): ADMINISTRATORS_ONLY,
    ("PATCH", "/api/v1/agents/{id}"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/agents/{id}/link"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/agents/{id}/second-step"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/mail"): ADMINISTRATORS_ONLY,
    ("PUT", "/api/v1/mail/relay"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/mail/relay"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/mail/test"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/agents/{id}/sessions"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/agents/{id}/sessions"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/sessions/{id}"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/roles"): EVERY_AGENT,
    ("POST", "/api/v1/roles"): ADMINISTRATORS_ONLY,
    ("PATCH", "/api/v1/roles/{id}"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/roles/{id}"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/tokens"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/tokens"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/tokens/{id}"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/mail/mailboxes"): ADMINISTRATORS_ONLY,
    ("PUT", "/api/v1/mail/mailboxes/{id}"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/mail/mailboxes/{id}/test"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/conversations/{id}/mail"): READ,
    ("POST", "/api/v1/conversations/{id}/transcript"): {"north": 400, "south": 404, "observer": 403},
    ("GET", "/api/v1/teams"): EVERY_AGENT,
    ("POST", "/api/v1/teams"): ADMINISTRATORS_ONLY,
    ("PATCH", "/api/v1/teams/{id}"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/inboxes"): EVERY_AGENT,
    ("POST", "/api/v1/inboxes"): ADMINISTRATORS_ONLY,
    ("PATCH", "/api/v1/inboxes/{id}"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/inboxes/{id}/identity-keys"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/inboxes/{id}/identity-keys"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/identity-keys/{id}"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/audit"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/visitors"): EVERY_AGENT,
    ("POST", "/api/v1/contacts/{id}/conversations"): {"north": 400, "south": 400, "observer": 403},
    ("GET", "/api/v1/blocks"): EVERY_AGENT,
    ("POST", "/api/v1/blocks"): {"north": 400, "south": 400, "observer": 403},
    ("DELETE", "/api/v1/blocks/{id}"): {"north": 404, "south": 404, "observer": 403},
    ("GET", "/api/v1/inboxes/{id}/invitations"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/schedules"): EVERY_AGENT,
    ("POST", "/api/v1/schedules"): ADMINISTRATORS_ONLY,
    ("PATCH", "/api/v1/schedules/{id}"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/schedules/{id}"): ADMINISTRATORS_ONLY,
    ("PUT", "/api/v1/teams/{id}/hours"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/server"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/server/backups"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/canned-replies"): WRITERS,
    ("POST", "/api/v1/canned-replies"): WRITERS,
    ("PATCH", "/api/v1/canned-replies/{id}"): {"north": 404, "south": 404, "observer": 403},
    ("DELETE", "/api/v1/canned-replies/{id}"): {"north": 404, "south": 404, "observer": 403},
    ("GET", "/api/v1/tags"): EVERY_AGENT,
    ("POST", "/api/v1/tags"): ADMINISTRATORS_ONLY,
    ("PATCH", "/api/v1/tags/{id}"): ADMINISTRATORS_ONLY,
    ("PATCH", "/api/v1/conversations/{id}"): WRITE,
    ("POST", "/api/v1/conversations/{id}/snooze"): {"north": 409, "south": 404, "observer": 403},
    ("POST", "/api/v1/conversations/{id}/wake"): WRITE,
    ("POST", "/api/v1/conversations/bulk"): WRITERS,
    ("GET", "/api/v1/conversations/{id}/related"): READ,
    ("GET", "/api/v1/conversations/{id}/versions"): READ,
    ("POST", "/api/v1/conversations/{id}/merge"): {"north": 409, "south": 404, "observer": 403},
    ("POST", "/api/v1/conversations/{id}/unmerge"): {"north": 409, "south": 404, "observer": 403},
    ("POST", "/api/v1/conversations/{id}/links"): {"north": 409, "south": 404, "observer": 403},
    ("POST", "/api/v1/conversations/{id}/links/remove"): {"north": 409, "south": 404, "observer": 403},
    ("GET", "/api/v1/conversations/{id}/scheduled"): EVERY_AGENT,
    ("POST", "/api/v1/conversations/{id}/scheduled"): WRITE,
    ("GET", "/api/v1/scheduled"): EVERY_AGENT,
    ("DELETE", "/api/v1/scheduled/{id}"): {"north": 404, "south": 404, "observer": 403},
    ("GET", "/api/v1/me/undo-send"): EVERY_AGENT,
    ("PATCH", "/api/v1/me/undo-send"): WRITERS,
    ("GET", "/api/v1/macros"): WRITERS,
    ("POST", "/api/v1/macros"): WRITERS,
    ("PATCH", "/api/v1/macros/{id}"): {"north": 404, "south": 404, "observer": 403},
    ("DELETE", "/api/v1/macros/{id}"): {"north": 404, "south": 404, "observer": 403},
    ("POST", "/api/v1/conversations/{id}/macros/preview"): {"north": 404, "south": 404, "observer": 403},
    ("POST", "/api/v1/conversations/{id}/macros"): {"north": 404, "south": 404, "observer": 403},
    ("POST", "/api/v1/canned-replies/{id}/used"): {"north": 404, "south": 404, "observer": 403},
    ("GET", "/api/v1/mentions"): EVERY_AGENT,
    ("GET", "/api/v1/conversations"): EVERY_AGENT,
    ("GET", "/api/v1/conversations/{id}"): READ,
    ("GET", "/api/v1/conversations/{id}/messages"): READ,
    ("POST", "/api/v1/conversations/{id}/messages"): WRITE,
    ("GET", "/api/v1/conversations/{id}/search"): READ,
    ("GET", "/api/v1/conversations/{id}/draft"): WRITE,
    ("PATCH", "/api/v1/conversations/{id}/draft"): WRITE,
    ("POST", "/api/v1/conversations/{id}/take"): WRITE,
    ("POST", "/api/v1/conversations/{id}/assign"): WRITE,
    ("POST", "/api/v1/conversations/{id}/resolve"): WRITE,
    ("POST", "/api/v1/conversations/{id}/reopen"): WRITE,
    ("POST", "/api/v1/conversations/{id}/transfer"): WRITE,
    ("GET", "/api/v1/conversations/{id}/why"): READ,
    ("GET", "/api/v1/routing"): EVERY_AGENT,
    ("PUT", "/api/v1/routing"): ADMINISTRATORS_ONLY,
    ("PUT", "/api/v1/teams/{id}/routing"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/teams/{id}/routing"): ADMINISTRATORS_ONLY,
    ("PUT", "/api/v1/inboxes/{id}/routing"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/inboxes/{id}/routing"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/offers"): EVERY_AGENT,
    ("POST", "/api/v1/offers/{id}/accept"): {"north": 404, "south": 404, "observer": 403},
    ("POST", "/api/v1/offers/{id}/refuse"): {"north": 404, "south": 404, "observer": 403},
    ("DELETE", "/api/v1/offers/{id}"): {"north": 404, "south": 404, "observer": 403},
    ("GET", "/api/v1/ratings"): EVERY_AGENT,
    ("GET", "/api/v1/contacts/{id}"): EVERY_AGENT,
    ("GET", "/api/v1/contacts/{id}/records"): EVERY_AGENT,
    ("GET", "/api/v1/records/{id}"): EVERY_AGENT,
    ("GET", "/api/v1/sources"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/sources/check"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/sources/preview"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/sources/{name}"): ADMINISTRATORS_ONLY,
    ("PUT", "/api/v1/sources/{name}"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/sources/{name}"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/sources/{name}/enabled"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/sources/{name}/run"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/sources/{name}/samples"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/sources/{name}/runs"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/sources/{name}/letters"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/letters/{id}"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/sources/{name}/letters"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/sources/{name}/letters/replay"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/presets"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/automations"): ADMINISTRATORS_ONLY,
    ("PUT", "/api/v1/automations/{name}"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/automations/{name}"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/contacts/{id}/merge"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/contacts/{id}/unmerge"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/imports"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/exports/contacts"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/exports/conversations"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/exports/tickets"): ADMINISTRATORS_ONLY,
    ("PATCH", "/api/v1/contacts/{id}"): {"north": 200, "south": 200, "observer": 403},
    ("GET", "/api/v1/tickets"): EVERY_AGENT,
    ("POST", "/api/v1/tickets"): WRITERS,
    ("POST", "/api/v1/conversations/{id}/tickets"): WRITE,
    ("GET", "/api/v1/tickets/{id}"): READ,
    ("PATCH", "/api/v1/tickets/{id}"): WRITE,
    ("GET", "/api/v1/tickets/{id}/entries"): READ,
    ("POST", "/api/v1/tickets/{id}/notes"): WRITE,
    ("POST", "/api/v1/tickets/{id}/conversations"): WRITE,
    ("POST", "/api/v1/tickets/{id}/conversations/remove"): WRITE,
    ("POST", "/api/v1/tickets/{id}/references"): WRITE,
    ("POST", "/api/v1/tickets/{id}/references/remove"): WRITE,
    ("PUT", "/api/v1/tickets/{id}/watch"): {"north": 204, "south": 404, "observer": 204},
    ("DELETE", "/api/v1/tickets/{id}/watch"): {"north": 204, "south": 404, "observer": 204},
    ("POST", "/api/v1/tickets/bulk"): WRITERS,
    ("POST", "/api/v1/tickets/{id}/merge"): {"north": 409, "south": 404, "observer": 403},
    ("POST", "/api/v1/tickets/{id}/unmerge"): {"north": 409, "south": 404, "observer": 403},
    ("GET", "/api/v1/organisations"): EVERY_AGENT,
    ("POST", "/api/v1/organisations"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/organisations/{id}"): EVERY_AGENT,
    ("PATCH", "/api/v1/organisations/{id}"): ADMINISTRATORS_ONLY,
    ("DELETE", "/api/v1/organisations/{id}"): ADMINISTRATORS_ONLY,
    **{("GET", f"/api/v1/{noun}-fields"): EVERY_AGENT for noun in Noun},
    **{("POST", f"/api/v1/{noun}-fields"): ADMINISTRATORS_ONLY for noun in Noun},
    **{("POST", f"/api/v1/{noun}-fields/order"): ADMINISTRATORS_ONLY for noun in Noun},
    **{("PATCH", f"/api/v1/{noun}-fields/{{id}}"): ADMINISTRATORS_ONLY for noun in Noun},
    ("GET", "/api/v1/ticket-statuses"): EVERY_AGENT,
    ("POST", "/api/v1/ticket-statuses"): ADMINISTRATORS_ONLY,
    ("POST", "/api/v1/ticket-statuses/order"): ADMINISTRATORS_ONLY,
    ("PATCH", "/api/v1/ticket-statuses/{id}"): ADMINISTRATORS_ONLY,
    ("GET", "/api/v1/ticket-notices"): EVERY_AGENT,
    ("POST", "/api/v1/ticket-notices/seen"): {"north": 204, "south": 204, "observer": 204},
    ("GET", "/api/v1/ticket-notices/choice"): EVERY_AGENT,
    ("PUT", "/api/v1/ticket-notices/choice"): EVERY_AGENT,
    ("GET", "/api/v1/ticket-views"): EVERY_AGENT,
    ("POST", "/api/v1/ticket-views"): EVERY_AGENT,
    ("DELETE", "/api/v1/ticket-views/{id}"): {"north": 404, "south": 404, "observer": 404},
    ("GET", "/api/v1/search"): EVERY_AGENT,
    ("GET", "/api/v1/contacts"): EVERY_AGENT,
    ("POST", "/api/v1/files"): {"north": 200, "south": 200, "observer": 403},
    ("GET", "/api/v1/files/{id}"): READ,
    ("POST", "/api/v1/uploads"): {"north": 201, "south": 201, "observer": 403},
    ("GET", "/api/v1/uploads/{id}"): HER_UPLOAD,
    ("PATCH", "/api/v1/uploads/{id}"): HER_UPLOAD,
    ("DELETE", "/api/v1/uploads/{id}"): HER_UPLOAD,
    ("POST", "/api/v1/frames"): WRITE,
    ("POST", "/api/v1/poll"): EVERY_AGENT,
    ("DELETE", "/api/v1/visitor/session"): {"ben": 204},
    ("GET", "/api/v1/visitor/reception"): HIS_OWN,
    ("POST", "/api/v1/visitor/introduction"): HIS_OWN,
    ("PATCH", "/api/v1/visitor/contact"): HIS_OWN,
    ("POST", "/api/v1/visitor/identity"): {"ben": 400},
    ("POST", "/api/v1/visitor/events"): {"ben": 204},
    ("POST", "/api/v1/visitor/offline-messages"): NOT_BENS,
    ("PUT", "/api/v1/visitor/conversations/{id}/rating"): NOT_BENS,
    ("GET", "/api/v1/visitor/conversations/{id}/transcript"): NOT_BENS,
    ("POST", "/api/v1/visitor/conversations/{id}/transcript"): NOT_BENS,
    ("POST", "/api/v1/visitor/messages"): NOT_BENS,
    ("GET", "/api/v1/visitor/conversations/{id}/messages"): NOT_BENS,
    ("POST", "/api/v1/visitor/files"): HIS_OWN,
    ("GET", "/api/v1/visitor/files/{id}"): NOT_BENS,
    ("POST", "/api/v1/visitor/uploads"): {"ben": 201},
    ("GET", "/api/v1/visitor/uploads/{id}"): NOT_BENS,
    ("PATCH", "/api/v1/visitor/uploads/{id}"): NOT_BENS,
    ("DELETE", "/api/v1/visitor/uploads/{id}"): NOT_BENS,
    ("POST", "/api/v1/visitor/frames"): NOT_BENS,
    ("POST", "/api/v1/visitor/poll"): HIS_OWN,
}


# What somebody may whose role holds nothing. A route that joins them must be named here on purpose.
OF_NOTHING = {
    ("DELETE", "/api/v1/session"),
    ("GET", "/api/v1/me"),
    ("PATCH", "/api/v1/me"),
    ("GET", "/api/v1/me/sessions"),
    ("DELETE", "/api/v1/me/sessions"),
    ("GET", "/api/v1/me/second-step"),
    ("POST", "/api/v1/me/second-step"),
    ("GET", "/api/v1/agents"),
    ("GET", "/api/v1/roles"),
    ("GET", "/api/v1/teams"),
    ("GET", "/api/v1/inboxes"),
    ("GET", "/api/v1/schedules"),
    ("GET", "/api/v1/tags"),
    ("GET", "/api/v1/conversation-fields"),
    ("GET", "/api/v1/offers"),
    ("GET", "/api/v1/routing"),
    ("GET", "/api/v1/mentions"),
    ("GET", "/api/v1/conversations/{id}/scheduled"),
    ("GET", "/api/v1/scheduled"),
    ("GET", "/api/v1/me/undo-send"),
    ("GET", "/api/v1/conversations"),
    ("GET", "/api/v1/search"),
    ("POST", "/api/v1/poll"),
}


async def test_the_table_is_all_that_is_served_and_all_of_it_is_expected_here(desk: Desk) -> None:
    application = desk.api.application
    assert isinstance(application, Starlette)
    assert all(isinstance(mounted, Mounted) for mounted in application.routes)
    served = {mounted.path for mounted in application.routes if isinstance(mounted, Mounted)}
    listed = {(route.method, route.path) for route in desk.api.routes}

    assert served == {path for _, path in listed}
    assert len(listed) == len(desk.api.routes)
    assert {(route.method, route.path) for route in desk.api.routes if route.kind is Kind.ANYONE} == OPEN
    assert listed - OPEN == EXPECTED.keys()


async def test_nobody_gets_in_anywhere(desk: Desk, world: World) -> None:
    for route in closed(desk):
        for who, proof in strangers(world, route.kind).items():
            answer = await ask(desk, world, route, proof)
            assert answer.status_code == 401, (route.method, route.path, who)
            assert answer.json()["code"] == "unauthenticated"


async def test_who_lacks_the_right_is_refused_and_who_has_it_is_not(desk: Desk, world: World) -> None:
    for route in sorted(closed(desk), key=lambda route: route.path.endswith("/session")):  # signing out comes last
        for who, status in EXPECTED[route.method, route.path].items():
            answer = await ask(desk, world, route, proof_of(world, who))
            assert answer.status_code == status, (route.method, route.path, who, answer.text)


async def test_a_desks_own_role_is_answered_as_the_one_that_it_was_copied_from(desk: Desk, world: World) -> None:
    """An agent of team north, whose own role holds what “agent” holds: another name must change no answer."""
    principal = await desk.sessions.principal(world.north)
    assert principal is not None
    copied = await desk.roles.create(SYSTEM, NewRole("Copied", tuple(ROLES["agent"])))
    await desk.agents.change(SYSTEM, principal.agent_id, AgentChange(role=copied.id))
    cookie = (await desk.sessions.begin(principal.agent_id, "", "")).secret
    for route in by_agents(desk):
        answer = await ask(desk, world, route, {"cookie": cookie})
        assert answer.status_code == EXPECTED[route.method, route.path]["north"], (
            route.method,
            route.path,
            answer.text,
        )


async def test_a_role_that_holds_nothing_opens_nothing(desk: Desk, world: World) -> None:
    """What it may is what everybody may who works here: know colleagues, see and change himself."""
    empty = await desk.roles.create(SYSTEM, NewRole("Empty"))
    new = NewAgent("Nil", "nil@desk.example", empty.id, PASSWORD, (world.team_id,))
    nil = await desk.agents.create(SYSTEM, new)
    cookie = (await desk.sessions.begin(nil.id, "", "")).secret
    opened = set()
    for route in by_agents(desk):
        answer = await ask(desk, world, route, {"cookie": cookie})
        if answer.status_code < 400:
            opened.add((route.method, route.path))
        else:
            assert answer.status_code in (400, 403, 404, 409), (route.method, route.path, answer.text)
    assert opened == OF_NOTHING


async def test_a_token_is_answered_as_its_agent_within_its_scopes(desk: Desk, world: World) -> None:
    """Everything that a role and a token allow both; nothing that takes a person."""
    principal = await desk.sessions.principal(world.owner)
    assert principal is not None
    whole = await desk.tokens.create(principal, NewToken("Whole", tuple(principal.permissions)))
    narrow = await desk.tokens.create(principal, NewToken("Narrow", ("audit.read",)))
    for route in by_agents(desk):
        answer = await ask(desk, world, route, {"bearer": narrow.secret, "own": False})
        if route.path == "/api/v1/audit" or ((route.method, route.path) in OF_NOTHING and not route.in_person):
            assert answer.status_code == 200, (route.method, route.path, answer.text)
        else:
            assert answer.status_code in (403, 404), (route.method, route.path, answer.text)
    for route in by_agents(desk):
        answer = await ask(desk, world, route, {"bearer": whole.secret, "own": False})
        refused = (answer.status_code, answer.json().get("code") if answer.content[:1] == b"{" else "")
        assert (refused == (403, "token_refused")) == route.in_person, (route.method, route.path, answer.text)
        assert answer.status_code != 401, (route.method, route.path)


async def test_what_takes_a_person_is_named(desk: Desk) -> None:
    """Whatever is about how people prove themselves; a route that joins or leaves is named here on purpose."""
    assert {route.path for route in desk.api.routes if route.in_person} == {
        "/api/v1/session", "/api/v1/me", "/api/v1/me/sessions", "/api/v1/me/sessions/{id}", "/api/v1/me/second-step",
        "/api/v1/me/second-step/confirm", "/api/v1/me/second-step/codes", "/api/v1/me/second-step/off",
        "/api/v1/agents/{id}/second-step", "/api/v1/agents/{id}/link", "/api/v1/agents/{id}/sessions",
        "/api/v1/sessions/{id}",
        "/api/v1/roles", "/api/v1/roles/{id}", "/api/v1/tokens", "/api/v1/tokens/{id}", "/api/v1/poll",
        "/api/v1/inboxes/{id}/identity-keys",
    }  # fmt: skip


async def test_absent_and_not_yours_are_the_same_answer(desk: Desk, world: World) -> None:
    compared = 0
    for route in closed(desk):
        for who, status in EXPECTED[route.method, route.path].items():
            if status != 404:
                continue
            theirs = await ask(desk, world, route, proof_of(world, who))
            absent = await ask(desk, world, route, proof_of(world, who), absent=True)
            assert without_request_id(theirs) == without_request_id(absent), (route.method, route.path, who)
            compared += 1
    assert compared >= 13


async def test_a_foreign_page_may_use_no_cookie_on_any_unsafe_route(desk: Desk, world: World) -> None:
    for route in closed(desk):
        if route.kind is Kind.AGENT and route.method != "GET":
            foreign = {**proof_of(world, "owner"), "headers": {"origin": "https://evil.example"}}
            answer = await ask(desk, world, route, foreign)
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin"), (route.method, route.path)


# --- frames ---------------------------------------------------------------------------------------------------------

# What south, the observer and Ben are answered when a frame names Ann's conversation; 0: 200 without anything of hers.
FRAMES: dict[str, dict[str, int]] = {
    "hello": {"south": 400, "observer": 400, "ben": 400},
    "resume": {"south": 0, "observer": 200, "ben": 0},
    "send": {"south": 404, "observer": 403, "ben": 404},
    "edit": {"south": 404, "observer": 403, "ben": 404},
    "delete": {"south": 404, "observer": 403, "ben": 404},
    "fetch": {"south": 404, "observer": 200, "ben": 404},
    "read": {"south": 404, "observer": 200, "ben": 404},
    "delivered": {"south": 404, "observer": 200, "ben": 404},
    "typing": {"south": 404, "observer": 404, "ben": 404},
    "viewing": {"south": 404, "observer": 200, "ben": 404},
    "page": {"south": 0, "observer": 0, "ben": 0},
    "pong": {"south": 400, "observer": 400, "ben": 400},
}


def test_every_frame_is_expected_here() -> None:
    assert {kind.__struct_config__.tag for kind in get_args(frames.ClientFrame)} == FRAMES.keys()


@pytest.mark.parametrize("tag", FRAMES)
async def test_a_frame_reaches_nothing_of_anybody_else(desk: Desk, world: World, tag: str) -> None:
    for who, status in FRAMES[tag].items():
        path = "/api/v1/visitor/frames" if who == "ben" else "/api/v1/frames"
        sent = frame(world, tag, await epoch_of(desk, world, who))
        answer = await desk.call("POST", path, json=sent, **proof_of(world, who))
        assert answer.status_code == (status or 200), (who, answer.text)
        if status == 0:
            assert world.ann.conversation_id not in answer.text
            assert "Where is order 1?" not in answer.text
        if status == 404:
            sent = {**sent, "conv": ABSENT}
            absent = await desk.call("POST", path, json=sent, **proof_of(world, who))
            assert without_request_id(answer) == without_request_id(absent)


async def test_a_poll_brings_nothing_of_anybody_else(desk: Desk, world: World) -> None:
    asked: dict[str, dict[str, Any]] = {"ben": {"convs": {world.ann.conversation_id: 0}}, "south": {"pos": 0}}
    for who, resume in asked.items():
        resume["epoch"] = await epoch_of(desk, world, who)
        path = "/api/v1/visitor/poll" if who == "ben" else "/api/v1/poll"
        answer = await desk.call("POST", path, json={"resume": resume}, **proof_of(world, who))
        assert answer.status_code == 200
        assert world.ann.conversation_id not in answer.text
        assert world.ben.conversation_id in answer.text


# --- how to ask -----------------------------------------------------------------------------------------------------


def closed(desk: Desk) -> list[Route]:
    return [route for route in desk.api.routes if route.kind is not Kind.ANYONE]


def by_agents(desk: Desk) -> list[Route]:
    """Every route for agents; signing out comes last."""
    routes = [route for route in desk.api.routes if route.kind is Kind.AGENT]
    return sorted(routes, key=lambda route: route.path.endswith("/session"))


def strangers(world: World, kind: Kind) -> dict[str, dict[str, Any]]:
    """Those who are nobody to a route: proofs that are missing, over, made up, or of the other kind."""
    nobody: dict[str, Any] = {"nobody": {}, "made up": {"cookie": "f" * 32, "bearer": "f" * 32}}
    if kind is Kind.AGENT:
        return {
            **nobody,
            "visitor": {"bearer": world.ann.token},
            "visitor's token as cookie": {"cookie": world.ann.token},
            "expired": {"cookie": world.expired},
            "disabled": {"cookie": world.disabled},
        }
    return {**nobody, "agent": {"cookie": world.owner}, "cookie as token": {"bearer": world.owner}}


def proof_of(world: World, who: str) -> dict[str, Any]:
    return {"bearer": getattr(world, who).token} if who in ("ann", "ben") else {"cookie": getattr(world, who)}


async def epoch_of(desk: Desk, world: World, who: str) -> str:
    """The generation of what he may hold: an agent's is his own."""
    if who in ("ann", "ben"):
        return desk.database.epoch
    epoch: str = (await desk.call("GET", "/api/v1/me", **proof_of(world, who))).json()["epoch"]
    return epoch


async def ask(desk: Desk, world: World, route: Route, proof: dict[str, Any], *, absent: bool = False) -> httpx.Response:
    """A request that would be right if it came from somebody who may, about what is Ann's (or, `absent`, nobody's)."""
    conversation = ABSENT if absent else world.ann.conversation_id
    path = route.path.replace("{id}", ABSENT if absent else _object(world, route.path)).replace("{name}", "mall")
    asked: dict[str, Any] = (
        {"json": _body(world, route, conversation)} if route.method in ("POST", "PATCH", "PUT") else {}
    )
    path += "?q=order" if route.path.endswith(("/search", "/contacts")) else ""
    path += "?kind=contacts" if route.path.endswith("/imports") else ""
    headers = {**proof.get("headers", {}), **({"idempotency-key": KEY} if route.keyed else {})}
    if route.upload:
        asked, headers = {"content": b"plain words"}, {**headers, "x-file-name": "words.txt"}
    if "/uploads" in route.path:
        tus = {"tus-resumable": "1.0.0", "upload-length": "11", "upload-offset": "0"}
        headers = {**headers, **tus, "content-type": "application/offset+octet-stream"}
    return await desk.call(route.method, path, **{**proof, **asked, "headers": headers})


def _object(world: World, path: str) -> str:
    if path.startswith("/api/v1/tickets/"):
        return world.ticket_id
    named = {
        "agents": world.owner_id, "teams": world.team_id, "sessions": world.owner_session_id,
        "inboxes": world.inbox_id, "contacts": world.ann.contact_id,
        "v1/records": world.record_id, "organisations": world.organisation_id,
        **{f"{noun}-fields": field_id for noun, field_id in world.own_field_ids.items()},
        "ticket-statuses": world.status_id, "ticket-views": world.view_id, "tags": world.tag_id,
        "v1/macros": world.macro_id,
        "canned-replies": world.canned_id, "uploads": world.ann.upload_id, "files": world.ann.file_id,
    }  # fmt: skip
    return next((one for noun, one in named.items() if f"/{noun}/" in path), world.ann.conversation_id)


def _body(world: World, route: Route, conversation: str) -> dict[str, Any]:
    bodies: dict[tuple[str, str], dict[str, Any]] = {
        ("POST", "/api/v1/me/second-step"): {"password": PASSWORD},
        ("POST", "/api/v1/me/second-step/confirm"): {"code": "000000"},
        ("POST", "/api/v1/me/second-step/codes"): {"password": PASSWORD},
        ("POST", "/api/v1/me/second-step/off"): {"password": PASSWORD},
        ("POST", "/api/v1/agents"): {
            "name": "New", "email": "new@desk.example", "role": "agent", "password": "some good long words",
        },
        ("POST", "/api/v1/contacts/{id}/merge"): {"into": world.ben.contact_id},
        ("POST", "/api/v1/roles"): {"name": "Night", "permissions": ["tickets.read"]},
        ("POST", "/api/v1/tokens"): {"name": "Sync", "scopes": ["tickets.read"]},
        ("POST", "/api/v1/teams"): {"name": "West"},
        ("PATCH", "/api/v1/teams/{id}"): {"name": "Renamed"},
        ("POST", "/api/v1/inboxes"): {"name": "West shop"},
        ("POST", "/api/v1/canned-replies"): {"shortcut": "hi", "title": "Greeting", "text_en": "Hello."},
        ("POST", "/api/v1/tags"): {"name": "Broken"},
        ("POST", "/api/v1/conversations/{id}/scheduled"): {"text": "Later.", "hold_seconds": 10},
        ("POST", "/api/v1/conversations/{id}/merge"): {"conversation_id": conversation},
        ("POST", "/api/v1/conversations/{id}/links"): {"conversation_id": conversation},
        ("POST", "/api/v1/conversations/{id}/links/remove"): {"conversation_id": conversation},
        ("POST", "/api/v1/conversations/bulk"): {"ids": [conversation], "actions": [{"do": "priority", "priority": 1}]},
        ("POST", "/api/v1/macros"): {"name": "Soon", "actions": [{"do": "note", "text": "Soon."}]},
        ("POST", "/api/v1/conversations/{id}/macros/preview"): {"macro_id": world.macro_id},
        ("POST", "/api/v1/conversations/{id}/macros"): {"macro_id": world.macro_id, "expected": 1},
        ("PATCH", "/api/v1/tags/{id}"): {"name": "Money back"},
        ("PATCH", "/api/v1/conversations/{id}"): {"priority": 3, "add_tags": [world.tag_id]},
        ("POST", "/api/v1/conversations/{id}/messages"): {"text": "Hello."},
        ("PATCH", "/api/v1/conversations/{id}/draft"): {"reply": "Hel"},
        ("POST", "/api/v1/conversations/{id}/assign"): {"agent_id": world.north_id},
        ("POST", "/api/v1/conversations/{id}/transfer"): {"agent_id": world.owner_id},
        ("POST", "/api/v1/tickets/bulk"): {"ids": [world.ticket_id], "change": {"priority": 3}},
        ("POST", "/api/v1/tickets/{id}/merge"): {"into": world.ticket_id},
        ("POST", "/api/v1/sources/check"): {"yaml": "source: mall"},
        ("POST", "/api/v1/sources/preview"): {"yaml": "source: mall", "sample": "{}"},
        ("POST", "/api/v1/sources/{name}/enabled"): {"enabled": False},
        ("POST", "/api/v1/sources/{name}/letters/replay"): {"all": True},
        ("POST", "/api/v1/organisations"): {"name": "Globex"},
        **{("POST", f"/api/v1/{noun}-fields"): {"kind": "text", "name_en": "Size"} for noun in Noun},
        **{("POST", f"/api/v1/{noun}-fields/order"): {"ids": [world.own_field_ids[noun]]} for noun in Noun},
        ("POST", "/api/v1/ticket-statuses"): {"category": "open", "name_en": "In the workshop"},
        ("POST", "/api/v1/ticket-statuses/order"): {"ids": ["new"]},
        ("POST", "/api/v1/ticket-views"): {"name": "Mine", "query": {"assignee": "me"}},
        ("POST", "/api/v1/tickets"): {"title": "A broken cup"},
        ("PATCH", "/api/v1/tickets/{id}"): {"status": "waiting"},
        ("POST", "/api/v1/tickets/{id}/notes"): {"text": "Asked the warehouse."},
        ("POST", "/api/v1/tickets/{id}/conversations"): {"conversation_id": conversation},
        ("POST", "/api/v1/tickets/{id}/conversations/remove"): {"conversation_id": conversation},
        ("POST", "/api/v1/tickets/{id}/references"): {"system": "shop", "reference": "1"},
        ("POST", "/api/v1/tickets/{id}/references/remove"): {"system": "shop", "reference": "1"},
        ("POST", "/api/v1/frames"): {"t": "send", "cid": KEY, "conv": conversation, "text": "Hello."},
        ("POST", "/api/v1/poll"): {"resume": {}},
        ("PATCH", "/api/v1/visitor/contact"): {"name": "Mei"},
        ("POST", "/api/v1/visitor/identity"): {"token": "a.b.c"},
        ("POST", "/api/v1/visitor/events"): {"name": "paid"},
        ("POST", "/api/v1/visitor/offline-messages"): {"conv": conversation, "email": "mei@example.com"},
        ("PUT", "/api/v1/visitor/conversations/{id}/rating"): {"score": 5},
        ("POST", "/api/v1/visitor/messages"): {"conv": conversation, "text": "Hello."},
        ("POST", "/api/v1/visitor/frames"): {"t": "fetch", "conv": conversation, "first": 1, "last": 1},
        ("POST", "/api/v1/visitor/poll"): {"resume": {}},
    }  # fmt: skip
    return bodies.get((route.method, route.path), {})


def frame(world: World, tag: str, epoch: str) -> dict[str, Any]:
    ann = world.ann
    body: dict[str, dict[str, Any]] = {
        "resume": {"epoch": epoch, "convs": {ann.conversation_id: 0}, "pos": 0},
        "send": {"cid": KEY, "conv": ann.conversation_id, "text": "Hello."},
        "edit": {"cid": KEY, "conv": ann.conversation_id, "id": ann.message_id, "text": "Changed."},
        "delete": {"cid": KEY, "conv": ann.conversation_id, "id": ann.message_id},
        "fetch": {"conv": ann.conversation_id, "first": 1, "last": 1},
        "read": {"conv": ann.conversation_id, "seq": 1},
        "delivered": {"conv": ann.conversation_id, "seq": 1},
        "typing": {"conv": ann.conversation_id, "on": True},
        "viewing": {"conv": ann.conversation_id, "on": True},
        "page": {"url": "https://shop.example/"},
    }
    return {"t": tag, **body.get(tag, {})}


def without_request_id(answer: httpx.Response) -> tuple[int, dict[str, Any]]:
    return answer.status_code, {**answer.json(), "request_id": ""}
