"""An office that an older version wrote, kept as text: how it was made, and how it becomes a data folder again.

    python -m tests.binary.office FILE FOLDER

FILE, the frozen file of another schema, is really started, given a day's work over REST and stopped. FOLDER then has
`database.sql`, the files that people sent, and `told.json`: what that version answered to whom, address by address.
"""

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from app.storage import library

library.install()  # before anything imports sqlite3

import sqlite3  # noqa: E402

from tests.journeys.appliance import Appliance  # noqa: E402
from tests.journeys.desk import EMAIL, PASSWORD, Desk  # noqa: E402

BILL = "Rechnung 第 7 号: 3 cups\n".encode()
COLLEAGUE = "li@example.com"
_DATABASE, _TOLD, _FILES = "database.sql", "told.json", "files"
_PLAIN = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
_REST = "SELECT sql FROM sqlite_schema WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL ORDER BY name"
_PRAGMAS = ("user_version", "application_id")


class Told(NamedTuple):
    """What the older version answered: by address, to its agent and to its visitor with the token."""

    visitor: str
    to_agent: dict[str, Any]
    to_visitor: dict[str, Any]


def as_folder(kept: Path, data: Path) -> Told:
    """Write the data folder out of the text; what its version told."""
    data.mkdir(mode=0o700)
    shutil.copytree(kept / _FILES, data / _FILES)
    with closing(sqlite3.connect(data / "monodesk.db")) as connection:
        connection.executescript((kept / _DATABASE).read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    return Told(**json.loads((kept / _TOLD).read_text(encoding="utf-8")))


def ask(server: Appliance, path: str, token: str) -> Any:
    """What a visitor is told at this address."""
    status, body = server.send("GET", path, headers={"Authorization": f"Bearer {token}"})
    assert status == 200, body
    return json.loads(body)


def send(server: Appliance, token: str, value: dict[str, Any]) -> dict[str, Any]:
    """A visitor writes; what is acknowledged."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(16)}
    status, body = server.send("POST", "/api/v1/visitor/messages", json.dumps(value).encode(), headers | _JSON)
    assert status == 200, body
    said: dict[str, Any] = json.loads(body)
    return said


_JSON = {"Content-Type": "application/json"}


def _write(file: Path, kept: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        server = Appliance(data, command=(str(file),))
        server.start()
        try:
            command = (file, "setup", "--data", data, "--email", EMAIL)
            subprocess.run(command, input=PASSWORD, text=True, check=True, capture_output=True)
            with Desk(server.port) as desk:
                desk.sign_in()
                told = _day(server, desk)
        finally:
            server.stop()
        kept.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(data / "monodesk.db")) as connection:
            (kept / _DATABASE).write_text("\n".join(_statements(connection)), encoding="utf-8")
        shutil.rmtree(kept / _FILES, ignore_errors=True)
        shutil.copytree(data / _FILES, kept / _FILES)
        text = json.dumps(told._asdict(), ensure_ascii=False, indent=1, sort_keys=True)
        (kept / _TOLD).write_text(f"{text}\n", encoding="utf-8")


def _day(server: Appliance, desk: Desk) -> Told:
    """Two colleagues, two visitors, three conversations with all that hangs on them, tickets."""
    li = {"name": "李雷", "email": COLLEAGUE, "role": "agent", "password": PASSWORD}
    colleague = desk.ask("POST", "/api/v1/agents", li)["agent"]["id"]
    inbox = desk.ask("POST", "/api/v1/inboxes", {"name": "商店", "origins": ["https://shop.example"]})["inbox"]["id"]
    token, contact = desk.visitor(inbox)
    bearer = {"Authorization": f"Bearer {token}"}
    claim = {"name": "韩梅梅", "email": "han@example.com", "attributes": {"plan": "gold"}}
    assert server.send("PATCH", "/api/v1/visitor/contact", json.dumps(claim).encode(), bearer | _JSON)[0] == 200
    name = {"X-File-Name": quote("账单.txt"), "Content-Type": "application/octet-stream"}
    status, body = server.send("POST", "/api/v1/visitor/files", BILL, bearer | name)
    assert status < 400, body
    bill = json.loads(body)["id"]
    first = send(server, token, {"text": "退款吗 refund?", "files": [bill]})["conv"]
    desk.ask("POST", f"/api/v1/conversations/{first}/take")
    desk.say(first, "好的, at once")
    _note(desk, first, "only us: 金牌客户")
    send(server, token, {"conv": first, "text": "谢谢 <b>thanks</b>"})
    desk.ask("PATCH", f"/api/v1/conversations/{first}/draft", {"reply": "稍等"})
    other_token, _ = desk.visitor(inbox)
    second = send(server, other_token, {"text": "Where is my parcel?"})["conv"]
    desk.ask("POST", f"/api/v1/conversations/{second}/assign", {"agent_id": colleague, "note": "yours"})
    third = send(server, desk.visitor(inbox)[0], {"text": "done soon"})["conv"]
    desk.say(third, "It is.")
    desk.ask("POST", f"/api/v1/conversations/{third}/resolve", {"reason": "answered"})
    tickets = _tickets(desk, contact, first, colleague)
    reply = {"shortcut": "hi", "title": "Hello", "text_en": "Hello {{contact.name}}", "text_zh": "您好", "scope": "all"}
    desk.ask("POST", "/api/v1/canned-replies", reply)
    asked = [
        "inboxes", "agents", "canned-replies", "conversations?view=all&limit=200", f"conversations/{first}/draft",
        *(f"conversations/{one}/messages" for one in (first, second, third)),
        f"contacts/{contact}", "tickets?sort=created", *(f"tickets/{one}" for one in tickets),
    ]  # fmt: skip
    to_agent = {path: desk.ask("GET", path) for path in (f"/api/v1/{one}" for one in asked)}
    path = f"/api/v1/visitor/conversations/{first}/messages"
    return Told(token, to_agent, {path: ask(server, path, token)})


def _note(desk: Desk, conversation: str, text: str) -> None:
    key = {"Idempotency-Key": secrets.token_hex(16)}
    said = {"text": text, "files": [], "note": True}
    desk.ask("POST", f"/api/v1/conversations/{conversation}/messages", said, key)


def _tickets(desk: Desk, contact: str, conversation: str, colleague: str) -> list[str]:
    field = {"name_en": "Batch", "name_zh": "批次", "kind": "number"}
    desk.ask("POST", "/api/v1/ticket-fields", field)
    asked: list[dict[str, Any]] = [
        {"title": "杯子碎了", "contact_id": contact, "conversation_ids": [conversation], "priority": 3},
        {"title": "Invoice again", "status": "waiting", "assignee_id": colleague},
        {"title": "Old matter", "status": "done"},
    ]
    made = []
    for ticket in asked:
        key = {"Idempotency-Key": secrets.token_hex(16)}
        made.append(str(desk.ask("POST", "/api/v1/tickets", ticket, key)["ticket"]["id"]))
    key = {"Idempotency-Key": secrets.token_hex(16)}
    desk.ask("POST", f"/api/v1/tickets/{made[0]}/notes", {"text": "问过仓库"}, key)
    return made


def _statements(connection: sqlite3.Connection) -> list[str]:
    """The database as SQL. A full-text table makes its own tables anew; their rows replace what it put into them."""
    tables = connection.execute(_PLAIN).fetchall()
    virtual = [name for name, sql in tables if sql.startswith("CREATE VIRTUAL TABLE")]
    shadows = [name for name, _ in tables if any(name.startswith(f"{one}_") for one in virtual)]
    made = [f"{sql};" for name, sql in tables if name not in shadows]
    rows: list[str] = []
    for name, _ in tables:
        if name not in virtual:
            rows += [f"DELETE FROM {name};"] * (name in shadows)
            rows += [f"INSERT INTO {name} VALUES ({', '.join(map(_quoted, row))});" for row in _rows(connection, name)]
    rest = [f"{sql};" for (sql,) in connection.execute(_REST)]
    pragmas = [f"PRAGMA {name} = {connection.execute(f'PRAGMA {name}').fetchone()[0]};" for name in _PRAGMAS]
    return ["PRAGMA foreign_keys = OFF;", "BEGIN;", *made, *rows, *rest, *pragmas, "COMMIT;", ""]


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    return connection.execute(f"SELECT * FROM {table}").fetchall()


def _quoted(value: object) -> str:
    if value is None or isinstance(value, int | float):
        return "NULL" if value is None else repr(value)
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    text = str(value).replace("'", "''")
    return f"'{text}'" if "\n" not in text else "'" + text.replace("\n", "'||char(10)||'") + "'"


if __name__ == "__main__":
    _write(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
