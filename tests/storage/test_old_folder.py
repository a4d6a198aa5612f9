"""A data folder as the first version wrote it, opened by this one: everybody finds what he had."""

import asyncio
import hashlib
import json
import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from app.accounts.passwords import Passwords
from app.settings import Limits
from app.storage.migrations import migrate, migrations
from tests.journeys.appliance import Appliance

AT = 1_780_000_000_000
PASSWORD = "four unrelated words here"
TOKEN = "0123456789abcdef" * 2
PICTURE = b"\x89PNG not looked at again"
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
    with closing(sqlite3.connect(data / "monodesk.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection, data / "monodesk.db", migrations()[:schema])
        for table, row in rows:
            names = ", ".join(row)
            connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in row)})", row)


def signed_in(server: Appliance) -> dict[str, str]:
    body = json.dumps({"email": "li@example.com", "password": PASSWORD}).encode()
    request = urllib.request.Request(f"{server.url}/api/v1/session", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        cookies: list[str] = answer.headers.get_all("set-cookie")
    return {"Cookie": next(one.partition(";")[0] for one in cookies if one.startswith("monodesk_session="))}


@pytest.mark.parametrize("schema", [1, 4])
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
