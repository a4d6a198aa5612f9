"""Automations and webhooks by their form: what is written, what is read back, and what the receiver gets."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.adapters.proving.secrets import Vault
from tests.adapters.far import Far
from tests.api.desk import Desk, World
from tests.api.test_sources import an_admin, asked

TAG = "0123456789abcdefghjkmnpqrs"
WEBHOOK: dict[str, Any] = {
    "title": {"en": "Tickets to the ERP", "zh": "工单推送"},
    "when": {"on": "event", "events": ["ticket.created"]},
    "match": "all",
    "conditions": [{"field": "ticket.title", "test": "contains", "value": "broken"}],
    "call": {"url": "https://erp.example/hook"},
}
AUTOMATION: dict[str, Any] = {
    "title": {"en": "Refunds first", "zh": "退款优先"},
    "when": {"on": "event", "events": ["message.created"]},
    "match": "any",
    "conditions": [
        {"field": "message.text", "test": "contains", "value": 're"fund\\'},
        {"field": "conversation.tags", "test": "has", "value": TAG},
        {"field": "conversation.priority", "test": "above", "value": "2"},
        {"field": "contact.email", "test": "known"},
        {"field": "conversation.team_id", "test": "is_not", "value": TAG},
    ],
    "actions": [{"do": "priority", "priority": 4}, {"do": "tags", "add": [TAG]}, {"do": "note", "text": "Look!\nNow."}],
}


class Receiver:
    """Takes webhooks; answers what `says` has first."""

    def __init__(self) -> None:
        self.far = Far(self._say)
        self.says: list[str] = []

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        status = self.says.pop(0) if self.says else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())


@asynccontextmanager
async def leaving(desk: Desk) -> AsyncIterator[None]:
    task = asyncio.create_task(desk.outbox.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_form_comes_back_as_it_was_given_and_is_a_document_like_any_other(desk: Desk, world: World) -> None:
    for name, form in (("refunds", AUTOMATION), ("erp", WEBHOOK)):
        saved = await asked(desk, world.owner, "PUT", f"automations/{name}", form)
        assert (saved["saved"], saved["errors"]) == (True, [])
    told = await asked(desk, world.owner, "GET", "automations")
    refunds, erp = told["automations"]
    assert (refunds["name"], refunds["calls"], erp["name"], erp["calls"]) == ("refunds", False, "erp", True)
    for facts, form in ((refunds, AUTOMATION), (erp, WEBHOOK)):
        for word in ("title", "match"):
            assert facts["form"][word] == form[word]
        assert [one["value"] for one in facts["form"]["conditions"]] == [
            one.get("value", "") for one in form["conditions"]
        ]
        assert [one["test"] for one in facts["form"]["conditions"]] == [one["test"] for one in form["conditions"]]
        assert facts["form"]["when"]["events"] == form["when"]["events"]
    assert [one["do"] for one in refunds["form"]["actions"]] == ["priority", "tags", "note"]
    assert refunds["form"]["actions"][2]["text"] == "Look!\nNow."
    assert "ticket.created" in told["events"]
    assert {"path": "ticket.title", "kind": "text"}.items() <= next(
        one for one in told["fields"] if one["path"] == "ticket.title"
    ).items()
    detail = await asked(desk, world.owner, "GET", "sources/refunds")
    assert (detail["origin"], detail["to"], detail["editable"]) == ("events", "conversations.act", True)
    off = await asked(desk, world.owner, "POST", "sources/refunds/enabled", {"enabled": False})
    assert off["state"] == "off"
    on = await asked(desk, world.owner, "POST", "sources/refunds/enabled", {"enabled": True})
    assert "enabled: true" in on["yaml"]
    (again, _) = (await asked(desk, world.owner, "GET", "automations"))["automations"]
    assert again["form"] == refunds["form"]


async def test_a_document_that_says_more_opens_as_yaml_and_no_form_writes_over_it(desk: Desk, world: World) -> None:
    await asked(desk, world.owner, "PUT", "automations/refunds", AUTOMATION)
    text = (await asked(desk, world.owner, "GET", "sources/refunds"))["yaml"]
    changed = text.replace('contains(lower(message.text), "re', 'contains(upper(message.text), "re')
    assert changed != text
    assert (await asked(desk, world.owner, "PUT", "sources/refunds", {"yaml": changed}))["saved"]
    (told,) = (await asked(desk, world.owner, "GET", "automations"))["automations"]
    assert told["form"] is None
    refused = await asked(desk, world.owner, "PUT", "automations/refunds", AUTOMATION, 409)
    assert refused["code"] == "automation_by_hand"
    await asked(desk, world.owner, "DELETE", "automations/refunds", None, 204)
    assert (await asked(desk, world.owner, "GET", "automations"))["automations"] == []
    await asked(desk, world.owner, "PUT", "automations/erp", WEBHOOK)
    text = (await asked(desk, world.owner, "GET", "sources/erp"))["yaml"]
    assert (await asked(desk, world.owner, "PUT", "sources/erp", {"yaml": f"{text}  timeout: 5s\n"}))["saved"]
    (told,) = (await asked(desk, world.owner, "GET", "automations"))["automations"]
    assert told["form"] is None


async def test_a_webhook_is_signed_with_a_secret_that_is_told_once(desk: Desk, world: World) -> None:
    receiver = Receiver()
    async with receiver.far.serving() as far, leaving(desk):
        form = {**WEBHOOK, "call": {"url": f"http://127.0.0.1:{far.port}/hook?a=${{b}}", "private": True}}
        secret = (await asked(desk, world.owner, "PUT", "automations/erp", form))["secret"]
        assert len(secret) > 60
        assert (await asked(desk, world.owner, "PUT", "automations/erp", form))["secret"] == ""
        assert Vault(desk.folder / "keys" / "adapters").read("erp.secret") == secret
        async with asyncio.timeout(30):
            while (await asked(desk, world.owner, "GET", "sources/erp"))["state"] != "waiting":
                await asyncio.sleep(0.02)
        for title in ("A broken cup", "A fine cup"):
            answer = await desk.call(
                "POST", "/api/v1/tickets", cookie=world.owner, json={"title": title},
                headers={"idempotency-key": hashlib.md5(title.encode(), usedforsecurity=False).hexdigest()},
            )  # fmt: skip
            assert answer.status_code == 200
        async with asyncio.timeout(30):
            while not far.heard:
                await asyncio.sleep(0.02)
        heard = far.heard[0]
        body = json.loads(heard.body)
        assert heard.line.split()[:2] == ["POST", "/hook?a=$%7Bb%7D"]
        assert (body["type"], body["ticket"]["title"]) == ("ticket.created", "A broken cup")
        headers = {name.lower(): value for name, value in heard.headers.items()}
        signed = f"{headers['x-monodesk-timestamp']}.".encode() + heard.body
        made = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        assert headers["x-monodesk-signature"] == f"sha256={made}"
        assert headers["x-monodesk-event"] == "ticket.created"
        assert headers["x-monodesk-delivery"]
        renewed = (await asked(desk, world.owner, "PUT", "automations/erp", {**form, "renew_secret": True}))["secret"]
        assert renewed not in ("", secret)


async def test_an_address_of_the_own_network_is_the_owners_to_call(desk: Desk, world: World) -> None:
    admin = await an_admin(desk, world)
    form = {**WEBHOOK, "call": {"url": "http://10.0.0.5:8080/hook", "private": True}}
    assert (await asked(desk, admin, "PUT", "automations/erp", form, 403))["code"] == "source_allow"
    assert (await asked(desk, admin, "PUT", "automations/erp", WEBHOOK))["saved"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"call": None}, "actions"),
        ({"actions": [{"do": "priority", "priority": 4}]}, "actions"),
        ({"call": None, "actions": [{"do": "priority", "priority": 4}]}, "when"),
        ({"call": None, "actions": [{"do": "resolve"}], "when": {"on": "time", "every": "5m"}}, "when"),
        ({"when": {"on": "time", "every": "5m", "at": "09:00"}}, "when"),
        ({"when": {"on": "time"}}, "when"),
        ({"call": {"url": "ftp://erp.example/"}}, "url"),
        ({"call": {"url": "https://user@erp.example/"}}, "url"),
        ({"call": {"url": "https://erp.example:port/"}}, "url"),
        ({"call": {"url": "https://erp .example/"}}, "url"),
        ({"conditions": [{"field": "ticket.priority", "test": "above", "value": "much"}]}, "value"),
        ({"conditions": [{"field": "ticket.priority", "test": "known", "value": "much"}]}, "value"),
    ],
)
async def test_a_form_that_says_nonsense_is_refused_by_its_field(
    desk: Desk, world: World, change: dict[str, Any], field: str
) -> None:
    refused = await asked(desk, world.owner, "PUT", "automations/erp", {**WEBHOOK, **change}, 400)
    assert refused["field"] == field
    assert not list(desk.folder.glob("adapters/*"))


async def test_an_event_that_there_is_not_is_told_as_an_error_of_the_document(desk: Desk, world: World) -> None:
    form = {**WEBHOOK, "when": {"on": "event", "events": ["ticket.creatd"]}}
    told = await asked(desk, world.owner, "PUT", "automations/erp", form)
    assert not told["saved"]
    assert "ticket.created" in told["errors"][0]["en"]


async def test_what_a_form_says_is_done_with_the_conversation(desk: Desk, world: World) -> None:
    form = {
        **AUTOMATION,
        "conditions": [{"field": "message.text", "test": "contains", "value": "REFUND"}],
        "actions": [{"do": "priority", "priority": 4}, {"do": "tags", "add": [world.tag_id]}],
    }
    async with leaving(desk):
        assert (await asked(desk, world.owner, "PUT", "automations/refunds", form))["saved"]
        async with asyncio.timeout(30):
            while (await asked(desk, world.owner, "GET", "sources/refunds"))["state"] != "waiting":
                await asyncio.sleep(0.02)
        for number, text in enumerate(("Thank you.", "I want a Refund now.")):
            sent = {"conv": world.ann.conversation_id, "text": text}
            headers = {"idempotency-key": f"{number:032x}"}
            answer = await desk.call(
                "POST", "/api/v1/visitor/messages", bearer=world.ann.token, json=sent, headers=headers
            )
            assert answer.status_code == 200, answer.text
        path = f"conversations/{world.ann.conversation_id}"
        async with asyncio.timeout(30):
            while (await asked(desk, world.owner, "GET", path))["conversation"]["priority"] != 4:
                await asyncio.sleep(0.02)
        head = (await asked(desk, world.owner, "GET", path))["conversation"]
        assert world.tag_id in head["tags"]


async def test_the_clock_calls_an_address_too(desk: Desk, world: World) -> None:
    receiver = Receiver()
    async with receiver.far.serving() as far, leaving(desk):
        form = {
            **WEBHOOK,
            "when": {"on": "time", "at": "09:00", "zone": "Asia/Shanghai", "days": ["mon", "tue"]},
            "conditions": [],
            "call": {"url": f"http://127.0.0.1:{far.port}/daily", "private": True},
        }
        assert (await asked(desk, world.owner, "PUT", "automations/daily", form))["saved"]
        (told,) = (await asked(desk, world.owner, "GET", "automations"))["automations"]
        assert told["form"]["when"] == {**form["when"], "every": ""}
        async with asyncio.timeout(30):
            while (await asked(desk, world.owner, "GET", "sources/daily"))["state"] != "waiting":
                await asyncio.sleep(0.02)
        await asked(desk, world.owner, "POST", "sources/daily/run", None, 204)
        async with asyncio.timeout(30):
            while not far.heard:
                await asyncio.sleep(0.02)
        assert far.heard[0].headers["x-monodesk-event"] == "time"
        assert json.loads(far.heard[0].body)["before"] is None
