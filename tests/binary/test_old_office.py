"""What a version of an older schema left, and the frozen file of today started on it: nobody misses anything.

`schema_11/` was written by the frozen file of the last version before the desk's new rooms (commit dc64361, packed with
`PYTHON_BUILD=host`), really run: see `office.py`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.storage.migrations import migrations
from tests.binary.later import BINARY
from tests.binary.office import BILL, COLLEAGUE, Told, as_folder, ask, send
from tests.journeys.appliance import Appliance
from tests.journeys.desk import PASSWORD, Desk

pytestmark = pytest.mark.full

KEPT = Path(__file__).with_name("schema_11")
SCHEMA = 11
# A conversation's normal priority: since migration 16 it has the number that a ticket's has.
RENUMBERED = {("priority", "0"): 2}


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return as_folder(KEPT, tmp_path / "data")


@pytest.fixture
def server(told: Told, tmp_path: Path) -> Iterator[Appliance]:
    assert BINARY.exists(), "run `make binary` first"
    server = Appliance(tmp_path / "data", command=(str(BINARY),))
    server.start()
    yield server
    server.kill()


def test_what_is_kept_is_what_that_schema_was(told: Told, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "monodesk.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        assert connection.execute("SELECT count(*) FROM messages").fetchone()[0] >= 6


def test_everybody_goes_on_where_the_older_file_stopped(server: Appliance, told: Told) -> None:
    with Desk(server.port) as desk:
        desk.sign_in()
        for path, answer in told.to_agent.items():
            assert missing(answer, desk.ask("GET", path)) == [], path
        assert desk.ask("GET", "/api/v1/search?q=refund")["results"], "what was said is found by its words"
    for path, answer in told.to_visitor.items():
        now = ask(server, path, told.visitor)
        assert missing(answer, now) == [], path
        (bill,) = (one for message in now["messages"] for one in message.get("files", ()))
        conversation = path.split("/")[-2]
        address = f"/api/v1/visitor/files/{bill['id']}"
        status, content = server.send("GET", address, headers={"Authorization": f"Bearer {told.visitor}"})
        assert (status, content) == (200, BILL)
        seq = send(server, told.visitor, {"conv": conversation, "text": "还在吗 still here"})["seq"]
        server.kill()
        server.start()
        last = ask(server, path, told.visitor)["messages"][-1]
        assert (last["text"], last["seq"]) == ("还在吗 still here", seq)
    with Desk(server.port) as colleague:
        colleague.ask("POST", "/api/v1/session", {"email": COLLEAGUE, "password": PASSWORD})
        assert [one["contact"] for one in colleague.ask("GET", "/api/v1/conversations?view=mine")["conversations"]]


def test_the_database_is_kept_as_it_was_and_brought_to_today(server: Appliance, tmp_path: Path) -> None:
    server.stop()
    data = tmp_path / "data"
    with closing(sqlite3.connect(data / "backups" / f"before-{migrations()[SCHEMA].name}.db")) as before:
        assert before.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        kept = _rows(before)
    with closing(sqlite3.connect(data / "monodesk.db")) as after:
        assert after.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
        assert after.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert after.execute("PRAGMA foreign_key_check").fetchall() == []
        for name, count in kept.items():
            assert _count(after, name) >= count, name


def missing(told: Any, now: Any, place: str = "") -> list[str]:
    """What was told once and is told otherwise now, by its place; more may be told."""
    told = RENUMBERED.get((place.rpartition(".")[2], str(told)), told)
    if isinstance(told, dict) and isinstance(now, dict):
        pairs = [(f"{place}.{key}", value, now.get(key)) for key, value in told.items()]
    elif isinstance(told, list) and isinstance(now, list) and len(told) == len(now):
        pairs = [(f"{place}[{at}]", *both) for at, both in enumerate(zip(told, now, strict=True))]
    else:
        return [] if told == now else [f"{place}: {told} became {now}"]
    return [line for at, one, other in pairs for line in missing(one, other, at)]


NOUNS = ("agents", "contacts", "conversations", "messages", "tickets", "ticket_entries", "files", "canned_replies")


def _rows(connection: sqlite3.Connection) -> dict[str, int]:
    found = {name: _count(connection, name) for name in NOUNS}
    assert all(found.values()), "an office with nothing in it proves nothing"
    return found


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
