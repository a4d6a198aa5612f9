"""What is written down about a request, and what never is."""

import asyncio
import logging
import re

import pytest

from app.model.errors import Defect
from app.model.fields import Noun
from tests.adapters.shop import Shop
from tests.api.desk import PASSWORD, Desk, World
from tests.api.test_sources import KEY as SOURCE_KEY
from tests.api.test_sources import SPEC, asked

KEY = "c" * 32


def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "monodesk.api"]


async def test_a_request_leaves_one_line_with_its_template(
    desk: Desk, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monodesk")
    await desk.call("GET", f"/api/v1/conversations/{world.ann.conversation_id}", cookie=world.north)

    (line,) = lines(caplog)
    assert (line.__dict__["method"], line.__dict__["route"]) == ("GET", "/api/v1/conversations/{id}")
    assert (line.__dict__["status"], line.__dict__["ms"]) == (200, 0.0)


async def test_no_secret_and_no_address_stands_in_a_line(
    desk: Desk, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "monodesk")
    await desk.call("GET", "/api/v1/search?q=privatewords", cookie=world.north)
    await desk.call("GET", "/setup/privatepath")
    await desk.call("POST", "/api/v1/session", json={"email": "north@desk.example", "password": PASSWORD})
    await desk.call("POST", "/api/v1/visitor/poll", json={"resume": {}}, bearer=world.ann.token)

    written = " ".join(str(record.__dict__) for record in lines(caplog))
    for secret in ("privatewords", "privatepath", PASSWORD, "north@desk.example", world.north, world.ann.token):
        assert secret not in written


async def test_what_nobody_expected_is_logged_and_answered_with_its_number_alone(
    desk: Desk, world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise Defect("the inside of the house")

    monkeypatch.setattr(desk.agents, "find", broken)
    answer = await desk.call("GET", "/api/v1/me", cookie=world.north, headers={"accept-language": "zh"})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    assert "house" not in answer.text
    assert "the inside of the house" in caplog.text


async def a_letter(desk: Desk, world: World, port: int) -> str:
    """A source with a secret, and what it could not take."""
    new = {"yaml": SPEC % {"port": port}, "secrets": {"key": SOURCE_KEY}}
    await asked(desk, world.owner, "PUT", "sources/store", new)
    async with asyncio.timeout(30):
        while not (page := await asked(desk, world.owner, "GET", "sources/store/letters"))["letters"]:
            await asyncio.sleep(0.02)
    letter: str = page["letters"][0]["id"]
    return letter


async def test_no_answer_holds_a_secret(desk: Desk, world: World) -> None:
    """Everything that an owner can read, and not one hash, session, visitor's token or source's secret in it."""
    shop = Shop(1)
    shop.orders.append({"sn": "odd", "state": 1, "pay": f"much, by {SOURCE_KEY}"})
    async with shop.far.serving() as far:
        letter = await a_letter(desk, world, far.port)
        await _hold_none(desk, world, letter)


async def _hold_none(desk: Desk, world: World, letter: str) -> None:
    rows = await desk.database.read("SELECT password FROM agents UNION SELECT digest FROM sessions")
    rows += await desk.database.read("SELECT digest FROM visitor_tokens UNION SELECT stored_as FROM files")
    begun = await desk.call(
        "POST", "/api/v1/uploads", cookie=world.owner, headers={"tus-resumable": "1.0.0", "upload-length": "5"}
    )
    rows += await desk.database.read("SELECT stored_as FROM uploads")
    secrets = [str(row[0]) for row in rows] + [world.owner, world.north, world.ann.token, world.ben.token]
    secrets.append(SOURCE_KEY)
    assert len(secrets) >= 16
    paths = [
        "/api/v1/session", "/api/v1/me", "/api/v1/me/sessions", "/api/v1/me/second-step",
        "/api/v1/agents", "/api/v1/teams", "/api/v1/inboxes", "/api/v1/server", "/api/v1/mail",
        f"/api/v1/conversations/{world.ann.conversation_id}/scheduled", "/api/v1/me/undo-send", "/api/v1/scheduled",
        f"/api/v1/inboxes/{world.inbox_id}/invitations",
        "/api/v1/visitors", f"/api/v1/conversations/{world.ann.conversation_id}/related",
        "/api/v1/exports/contacts", "/api/v1/exports/conversations", "/api/v1/exports/tickets",
        "/api/v1/roles", "/api/v1/tokens", "/api/v1/blocks", "/api/v1/macros",
        f"/api/v1/inboxes/{world.inbox_id}/identity-keys", f"/api/v1/inboxes/{world.inbox_id}/invitations",
        f"/api/v1/agents/{world.owner_id}/sessions",
        f"/api/v1/conversations/{world.ann.conversation_id}/mail",
        f"/api/v1/conversations/{world.ann.conversation_id}/versions",
        "/api/v1/conversations?view=all",
        f"/api/v1/conversations/{world.ann.conversation_id}",
        f"/api/v1/conversations/{world.ann.conversation_id}/messages", f"/api/v1/contacts/{world.ann.contact_id}",
        f"/api/v1/conversations/{world.ann.conversation_id}/draft", "/api/v1/mentions", "/api/v1/canned-replies",
        f"/api/v1/conversations/{world.ann.conversation_id}/search?q=order", "/api/v1/contacts?q=a",
        "/api/v1/search?q=order", "/metrics", "/healthz", "/readyz", "/api/v1/health", "/api/v1/setup",
        "/api/openapi.json",
        f"/api/v1/uploads/{begun.json()['id']}", "/api/v1/tickets", f"/api/v1/tickets/{world.ticket_id}",
        f"/api/v1/tickets/{world.ticket_id}/entries", *(f"/api/v1/{noun}-fields" for noun in Noun),
        "/api/v1/ticket-statuses", "/api/v1/organisations", f"/api/v1/organisations/{world.organisation_id}",
        "/api/v1/ticket-views", "/api/v1/audit", "/api/v1/schedules", "/api/v1/tags",
        "/api/v1/routing", "/api/v1/offers", f"/api/v1/conversations/{world.ann.conversation_id}/why",
        "/api/v1/ratings", "/api/v1/ticket-notices", "/api/v1/ticket-notices/choice",
        f"/api/v1/contacts/{world.ann.contact_id}/records", f"/api/v1/records/{world.record_id}", "/api/v1/presets",
        "/api/v1/sources", *(f"/api/v1/sources/store{rest}" for rest in ("", "/runs", "/letters", "/samples")),
        f"/api/v1/letters/{letter}", "/api/v1/automations",
    ]  # fmt: skip
    reads = {route.path for route in desk.api.routes if route.method == "GET"}
    told = {re.sub(r"/[0-9a-z]{26}(?=/|$)", "/{id}", path.partition("?")[0]) for path in paths}
    wanted = {path for path in reads if "/files/" not in path and "/visitor/" not in path}
    assert {path.replace("/store", "/{name}") for path in told} == wanted
    for path in paths:
        answer = await desk.call("GET", path, cookie=world.owner)
        assert answer.status_code == 200
        for secret in secrets:
            assert secret not in answer.text, path
            assert secret not in str(answer.headers), path
