"""A data folder as the first version wrote it, opened by this one: everybody finds what he had."""

import asyncio
import hashlib
import json
import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.accounts.passwords import Passwords
from app.settings import Limits
from app.storage.migrations import migrate, migrations
from tests.journeys.appliance import Appliance

AT = 1_780_000_000_000
PASSWORD = "four unrelated words here"
TOKEN = "0123456789abcdef" * 2
PICTURE = b"\x89PNG not looked at again"
TICKETS = 11  # the schema that had the first tickets with all that belongs to them
FIELD, TICKET = f"{'F1ELD':0<26}", f"{'T1CKET1':0<26}"
INBOX, AGENT, CONTACT, CONVERSATION, FILE = (f"{name:0<26}" for name in ("INB0X", "AGENT", "C0NTACT", "C0NV", "F1LE"))


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def hashed(password: str) -> str:
    passwords = Passwords(Limits())
    try:
        return asyncio.run(passwords.hash(password))
    finally:
        passwords.close()


def write_folder(data: Path, schema: int) -> None:
    """What an office had after a day with the first `schema` migrations, written by their SQL alone."""
    stored_as = "ab" + "0" * 30
    (data / "files" / "ab").mkdir(parents=True)
    (data / "files" / "ab" / stored_as).write_bytes(PICTURE)
    (data / "config.toml").write_text('log_level = "info"\n')
    attachment = {"id": FILE, "name": "图.png", "type": "image/png", "size": len(PICTURE), "width": 1, "height": 1}
    rows: list[tuple[str, dict[str, object]]] = [
        ("meta", {"key": "epoch", "value": "e" * 32}),
        ("inboxes", {"id": INBOX, "name": "商店", "created_at": AT, "origins": '["https://shop.example"]'}),
        (
            "agents",
            {
                "id": AGENT, "email": "li@example.com", "name": "李雷", "password": hashed(PASSWORD), "role": "owner",
                "created_at": AT,
            },
        ),
        ("contacts", {"id": CONTACT, "number": 1, "created_at": AT, "seen_at": AT, "name": "韩梅梅"}),
        ("visitor_tokens", {"digest": digest(TOKEN), "contact_id": CONTACT, "inbox_id": INBOX, "created_at": AT}),
        (
            "conversations",
            {
                "id": CONVERSATION, "inbox_id": INBOX, "contact_id": CONTACT, "status": "open", "created_at": AT,
                "updated_at": AT + 2, "seq": 2, "staff_seq": 3, "assignee_id": AGENT, "last_text": "好的",
                "last_kind": "message", "last_at": AT + 2,
            },
        ),
        (
            "files",
            {
                "id": FILE, "name": "图.png", "type": "image/png", "size": len(PICTURE), "width": 1, "height": 1,
                "stored_as": stored_as, "sha256": hashlib.sha256(PICTURE).hexdigest(), "owner_kind": "visitor",
                "owner_id": CONTACT, "conversation_id": CONVERSATION, "visible": 1, "created_at": AT,
            },
        ),
    ]  # fmt: skip
    said = (
        (1, "message", "visitor", "退款吗 refund?"),
        (None, "note", "agent", "only us"),
        (2, "message", "agent", "好的"),
    )
    for number, (seq, kind, who, text) in enumerate(said):
        message = {
            "number": number + 1, "id": f"{'MESSAGE' + str(number):0<26}", "conversation_id": CONVERSATION,
            "staff_seq": number + 1, "seq": seq, "kind": kind, "sender_kind": who,
            "sender_id": CONTACT if who == "visitor" else AGENT, "sender_name": "", "cid": f"{number:032x}",
            "text": text, "at": AT + number,
            "attachments": json.dumps([attachment] if number == 0 else [], ensure_ascii=False),
        }  # fmt: skip
        rows.append(("messages", message))
    if schema >= TICKETS:
        rows += _of_tickets()
    with closing(sqlite3.connect(data / "monodesk.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection, data / "monodesk.db", migrations()[:schema])
        for table, row in rows:
            names = ", ".join(row)
            connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in row)})", row)


def _of_tickets() -> list[tuple[str, dict[str, object]]]:
    """What a desk had when tickets had come: every table since the first version holds something of its own."""
    ids = {"agent_id": AGENT, "conversation_id": CONVERSATION}
    ticket: dict[str, object] = {
        "version": 2, "description": "", "priority": 3, "type": "problem", "contact_id": CONTACT, "author_id": AGENT,
        "assignee_id": AGENT, "created_at": AT, "updated_at": AT, "entries": 1,
    }  # fmt: skip
    statuses = ("new", "open", "waiting", "done")
    return [
        *(
            (
                "tickets",
                {
                    **ticket, "id": f"{'T1CKET' + str(number):0<26}", "number": number, "title": f"杯子 {status}",
                    "status": status, "done_at": AT if status == "done" else None,
                    "fields": json.dumps({FIELD: "7"} if number == 1 else {}),
                },
            )
            for number, status in enumerate(statuses, 1)
        ),
        (
            "ticket_entries",
            {
                "ticket_id": TICKET, "seq": 1, "kind": "note", "actor_kind": "agent", "actor_id": AGENT,
                "actor_name": "李雷", "at": AT, "text": "问过仓库", "changes": "[]",
            },
        ),
        ("ticket_conversations", {"ticket_id": TICKET, "conversation_id": CONVERSATION, "at": AT}),
        ("ticket_references", {"system": "ERP", "reference": "SO-1", "ticket_id": TICKET, "at": AT}),
        ("ticket_watchers", {"ticket_id": TICKET, "agent_id": AGENT}),
        ("ticket_fields", {"id": FIELD, "name_en": "Batch", "name_zh": "批次", "kind": "number", "position": 1}),
        (
            "ticket_views",
            {
                "id": f"{'V1EW':0<26}", "name": "等待", "query": '{"category":"waiting"}', "owner_id": AGENT,
                "shared": 0, "created_at": AT,
            },
        ),
        (
            "ratings",
            {
                "conversation_id": CONVERSATION, "contact_id": CONTACT, "inbox_id": INBOX, "agent_id": AGENT,
                "score": 4, "tags": '["fast"]', "text": "谢谢", "created_at": AT, "updated_at": AT,
            },
        ),
        ("drafts", {**ids, "note": 0, "text": "稍等", "at": AT}),
        ("mentions", {**ids, "staff_seq": 2}),
        (
            "canned_replies",
            {
                "id": f"{'CANNED':0<26}", "shortcut": "hi", "title": "Hello", "text_en": "Hello", "scope": "all",
                "owner_id": AGENT, "created_at": AT, "updated_at": AT,
            },
        ),
        ("introductions", {"contact_id": CONTACT, "inbox_id": INBOX, "at": AT}),
        (
            "visitor_events",
            {"id": f"{'EVENT':0<26}", "contact_id": CONTACT, "inbox_id": INBOX, "name": "paid", "at": AT},
        ),
    ]  # fmt: skip


def check_tickets(server: Appliance, agent: dict[str, str]) -> None:
    """All of it is there, and each status means what it always meant."""

    def ask(path: str) -> Any:
        status, body = server.send("GET", f"/api/v1/{path}", headers=agent)
        assert status == 200, body
        return json.loads(body)

    page = ask("tickets?sort=created")
    assert [(one["ticket"]["status"], one["ticket"]["category"]) for one in page["tickets"]] == [
        ("done", "done"), ("waiting", "waiting"), ("open", "open"), ("new", "open"),
    ]  # fmt: skip
    assert page["categories"] == {"open": 2, "waiting": 1, "done": 1}
    assert len(ask(f"tickets?field={FIELD}&value=5..9")["tickets"]) == 1
    detail = ask(f"tickets/{TICKET}")
    assert [entry["text"] for entry in detail["entries"]] == ["问过仓库"]
    assert [one["id"] for one in detail["conversations"]] == [CONVERSATION]
    assert (detail["references"][0]["reference"], detail["watchers"]) == ("SO-1", [AGENT])
    assert [view["name"] for view in ask("ticket-views")["views"]] == ["等待"]
    assert [field["name_zh"] for field in ask("ticket-fields")["fields"]] == ["批次"]
    assert [one["rating"]["score"] for one in ask("ratings")["ratings"]] == [4]
    assert ask(f"conversations/{CONVERSATION}/draft")["reply"]["text"] == "稍等"
    assert [reply["shortcut"] for reply in ask("canned-replies")["canned_replies"]] == ["hi"]
    assert [event["name"] for event in ask(f"contacts/{CONTACT}")["events"]] == ["paid"]


def signed_in(server: Appliance) -> dict[str, str]:
    body = json.dumps({"email": "li@example.com", "password": PASSWORD}).encode()
    request = urllib.request.Request(f"{server.url}/api/v1/session", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        cookies: list[str] = answer.headers.get_all("set-cookie")
    return {"Cookie": next(one.partition(";")[0] for one in cookies if one.startswith("monodesk_session="))}


@pytest.mark.parametrize("schema", [1, 4, TICKETS])
def test_everybody_finds_what_he_had(tmp_path: Path, schema: int) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write_folder(data, schema)
    server = Appliance(data)
    server.start()
    try:
        visitor = {"Authorization": f"Bearer {TOKEN}"}
        path = f"/api/v1/visitor/conversations/{CONVERSATION}/messages"
        status, body = server.send("GET", path, headers=visitor)
        assert status == 200, body
        assert [one["text"] for one in json.loads(body)["messages"]] == ["退款吗 refund?", "好的"]
        assert server.send("GET", f"/api/v1/visitor/files/{FILE}", headers=visitor) == (200, PICTURE)

        agent = signed_in(server)
        status, body = server.send("GET", f"/api/v1/conversations/{CONVERSATION}/messages", headers=agent)
        assert [one["text"] for one in json.loads(body)["messages"]] == ["退款吗 refund?", "only us", "好的"]
        listed = json.loads(server.send("GET", "/api/v1/conversations?view=mine", headers=agent)[1])["conversations"]
        assert [one["contact"]["name"] for one in listed] == ["韩梅梅"]
        inbox = json.loads(server.send("GET", "/api/v1/inboxes", headers=agent)[1])["inboxes"][0]
        assert (inbox["name"], inbox["origins"]) == ("商店", ["https://shop.example"])

        if schema >= TICKETS:
            check_tickets(server, agent)

        key = {**visitor, "Idempotency-Key": "f" * 32, "Content-Type": "application/json"}
        sent = json.dumps({"conv": CONVERSATION, "text": "and a new one", "files": []}).encode()
        assert server.send("POST", "/api/v1/visitor/messages", sent, key)[0] == 200
    finally:
        server.kill()
    kept = data / "backups" / f"before-{migrations()[schema].name}.db"
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema,)
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (3,)
    with closing(sqlite3.connect(data / "monodesk.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone() == ("e" * 32,)
