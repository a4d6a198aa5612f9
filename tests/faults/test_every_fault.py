"""One call after the other of send, upload, backup and migrate fails once, in the real server over a real disk.

SQLite's own method: fail the Nth write for N = 1, 2, … until the run passes without a fault. Each N: what was
acknowledged is there, what was not is refused in words, and the same command given again succeeds, after a restart
where the words ask for one. `make test-all` tries the first few, and the first and the last call of each kind on each
file, `make soak` every one.
"""

import http.client
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.control import Backup, ask
from app.folder import Folder
from app.model.errors import Problem
from app.storage import archive
from app.storage.migrations import migrate, migrations
from tests.faults.shim import Shim, chosen
from tests.journeys.appliance import ROOT, Appliance
from tests.journeys.desk import Desk

_SETTLE_SECONDS = 0.5  # the search index follows the message within this
_SECONDS_MAX = 90.0  # against hanging
_IN_WORDS = {"disk_full", "disk_failed", "disk_read_only", "file_not_stored", "disk_reserved"}
_ERRORS = ("ENOSPC", "EIO")

modes = pytest.mark.parametrize(
    "every", [pytest.param(False, marks=pytest.mark.full), pytest.param(True, marks=pytest.mark.soak)]
)
errors = pytest.mark.parametrize("error", _ERRORS)


class Refused(Exception):
    """The server said no: status and problem."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem}")
        self.status = status
        self.code = str(problem["code"])
        self.problem = problem


def in_words(refusal: Refused) -> None:
    """The disk is named, not the server's inside."""
    assert refusal.status in (503, 507), refusal
    assert refusal.code in _IN_WORDS, refusal


class Site:
    """A server under the shim, an owner, an inbox, a visitor."""

    def __init__(self, folder: Path, shim: Shim) -> None:
        quick = {"MONODESK_LIMITS_OUTBOX_GATHER_MS": "20"}
        self.server = Appliance(folder / "data", environment={**shim.environment, **quick})
        self.server.start()
        self.starts = 1
        with Desk.founded(self.server.data, self.server.port) as desk:
            self.inbox = desk.inbox()
            self.token, self.contact = desk.visitor(self.inbox)
            self.cookie = desk.sign_in()

    def visitors(self, method: str, path: str, body: bytes, headers: dict[str, str] = {}) -> Any:
        """A visitor's request; raises `Refused`."""
        status, answer = self.server.send(
            method, path, body, {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}", **headers}
        )
        if status >= 400:
            raise Refused(status, json.loads(answer))
        return json.loads(answer) if answer[:1] in (b"{", b"[") else answer

    def again(self) -> None:
        """As an administrator does whom the words ask for it."""
        self.server.stop()
        self.server.start()
        self.starts += 1

    def told_to_restart(self) -> bool:
        """Whether nothing can be written any more."""
        return self.server.send("GET", "/readyz")[0] != 200


@pytest.fixture
def shim(tmp_path: Path) -> Iterator[Shim]:
    with Shim(tmp_path / "data") as shim:
        yield shim


@pytest.fixture
def site(tmp_path: Path, shim: Shim) -> Iterator[Site]:
    site = Site(tmp_path, shim)
    yield site
    site.server.kill()


def counted(shim: Shim, act: Callable[[], object], *, every: bool) -> list[int]:
    """Which calls of this are to fail."""
    act()  # what is done for the first time alone is not counted
    time.sleep(_SETTLE_SECONDS)
    shim.arm(0, "EIO")
    act()
    time.sleep(_SETTLE_SECONDS)
    shim.rest()
    return chosen(shim.calls, every=every)


def tried(site: Site, shim: Shim, number: int, error: str, act: Callable[[], object]) -> bool:
    """Let that call fail while this is done, then do it again without; whether it failed at first."""
    shim.arm(number, error)
    refused = False
    try:
        act()
    except Refused as refusal:
        refused = True
        in_words(refusal)
    time.sleep(_SETTLE_SECONDS)
    shim.rest()
    if site.told_to_restart():
        what = shim.calls[number - 1].what
        assert error == "EIO" or "sync" in what, f"a full disk heals by itself, but for a failed sync: {what}"
        site.again()
    if refused:
        act()
    return refused


@modes
@errors
def test_no_fault_loses_an_acknowledged_message(site: Site, shim: Shim, error: str, every: bool) -> None:
    acknowledged: dict[str, str] = {}
    state: dict[str, str] = {}

    def send() -> None:
        cid = state.setdefault("cid", secrets.token_hex(16))
        conv = {"conv": state["conv"]} if "conv" in state else {}
        frame = {"t": "send", "cid": cid, "text": f"text of {cid}", **conv}
        (ack,) = site.visitors("POST", "/api/v1/visitor/frames", json.dumps(frame).encode())["frames"]
        assert (ack["t"], ack["cid"]) == ("ack", cid)
        acknowledged[cid] = ack["id"]
        state["conv"] = ack["conv"]
        del state["cid"]

    numbers = counted(shim, send, every=every)
    refused = sum(tried(site, shim, number, error, send) for number in numbers)
    print(f"{len(numbers)} faults, {refused} refusals, {site.starts - 1} restarts, {len(acknowledged)} acknowledged")
    assert refused > 0
    assert site.server.stop() == 0
    rows = _rows(site, "SELECT cid, id, text FROM messages WHERE kind = 'message'")
    assert sorted(row[:2] for row in rows) == sorted(acknowledged.items())
    assert all(text == f"text of {cid}" for cid, _, text in rows)
    assert len(acknowledged) == len(numbers) + 2


@modes
@errors
def test_no_fault_loses_an_acknowledged_file(site: Site, shim: Shim, error: str, every: bool) -> None:
    kept: dict[str, bytes] = {}
    content = [b""]

    def upload() -> None:
        content[0] = content[0] or secrets.token_hex(100_000).encode()
        fields = {"Content-Type": "text/plain", "X-File-Name": "notes.txt"}
        told = site.visitors("POST", "/api/v1/visitor/files", content[0], fields)
        kept[told["id"]], content[0] = content[0], b""

    numbers = counted(shim, upload, every=every)
    refused = sum(tried(site, shim, number, error, upload) for number in numbers)
    print(f"{len(numbers)} faults, {refused} refusals, {site.starts - 1} restarts, {len(kept)} kept")
    assert refused > 0
    assert len(kept) == len(numbers) + 2
    for number, (file, bytes_) in enumerate(kept.items()):
        if number % 20 == 0 or number == len(kept) - 1:
            assert _file(site, file) == bytes_
    assert site.server.stop() == 0
    stored = {path.read_bytes() for path in (site.server.data / "files").glob("??/*")}
    assert stored >= set(kept.values())
    _rows(site, "SELECT 1")


@modes
@errors
def test_no_fault_leaves_half_a_backup(site: Site, shim: Shim, tmp_path: Path, error: str, every: bool) -> None:
    target = site.server.data / "backups" / "desk.zip"

    def back_up() -> None:
        try:
            ask(Folder(site.server.data).control, Backup(str(target)), _SECONDS_MAX)
        except Problem as problem:
            raise Refused(503, {"code": problem.code, "title": problem.en, "detail": problem.zh}) from problem

    numbers = counted(shim, back_up, every=every)
    made = target.read_bytes()
    refused = 0
    for number in numbers:
        shim.arm(number, error)
        try:
            back_up()
        except Refused as refusal:
            refused += 1
            in_words(refusal)
        shim.rest()
        assert _left(target) == []
        _restored(target, tmp_path / f"restored-{number}")
        assert not site.told_to_restart(), "a backup's disk is not the server's"
    print(f"{len(numbers)} faults, {refused} refusals, {site.starts - 1} restarts")
    assert refused > 0
    assert made
    assert site.server.stop() == 0


@modes
@errors
def test_no_fault_while_migrating_harms_the_database(tmp_path: Path, shim: Shim, error: str, every: bool) -> None:
    data = tmp_path / "data"
    older = _older(tmp_path / "older.db")

    def fresh() -> None:
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        (data / "monodesk.db").write_bytes(older)

    with _opening(shim) as opened:
        fresh()
        shim.arm(0, error)
        assert opened(data / "monodesk.db") == "ok"
        shim.rest()
        numbers = chosen(shim.calls, every=every)
        refused = 0
        for number in numbers:
            fresh()
            shim.arm(number, error)
            told = opened(data / "monodesk.db")
            shim.rest()
            refused += told != "ok"
            assert told in {"ok", *_IN_WORDS}, told
            _whole(data / "monodesk.db")
            assert opened(data / "monodesk.db") == "ok"
            _whole(data / "monodesk.db", len(migrations()))
    print(f"{len(numbers)} faults, {refused} refusals")
    assert refused > 0


@pytest.mark.full
@errors
@pytest.mark.parametrize("turn", [1, 4])
def test_a_command_that_meets_a_fault_says_so_in_a_sentence(tmp_path: Path, shim: Shim, error: str, turn: int) -> None:
    """Its first calls, which are those before the database is open, in folders that are there already."""
    data = tmp_path / "data"
    assert _command(data, shim).returncode == 0
    shim.arm(0, error)
    assert _command(data, shim).returncode == 0
    opens = [call.number for call in shim.calls if not call.what.startswith("mkdir")]
    shim.arm(opens[turn - 1], error)
    done = _command(data, shim)
    shim.rest()
    print(shim.calls[opens[turn - 1] - 1].what, done.returncode, done.stderr)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or (done.returncode, done.stderr[:10]) == (1, "monodesk: ")


@contextmanager
def _opening(shim: Shim) -> Iterator[Callable[[Path], str]]:
    command = [sys.executable, "-m", "tests.faults.opening"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **shim.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def opened(path: Path) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    with process:
        yield opened
        assert process.stdin is not None
        process.stdin.close()


def _rows(site: Site, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(site.server.data / "monodesk.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def _file(site: Site, file: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=_SECONDS_MAX)
    connection.request("GET", f"/api/v1/visitor/files/{file}", headers={"Authorization": f"Bearer {site.token}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, body
    return body


def _left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir() if path != target and path.name.startswith("."))


def _restored(target: Path, folder: Path) -> None:
    archive.restore(target, folder)
    _whole(folder / "monodesk.db", len(migrations()), teams=0)


_TEAMS = 40


def _older(path: Path) -> bytes:
    """A database as it was three migrations ago, with something in it."""
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, path, migrations()[:-3])
    teams = [(str(number), f"{number} " * 1_000) for number in range(_TEAMS)]
    connection.executemany("INSERT INTO teams (id, name) VALUES (?, ?)", teams)
    connection.close()
    return path.read_bytes()


def _whole(path: Path, version: int | None = None, teams: int = _TEAMS) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("SELECT count(*) FROM teams").fetchone() == (teams,)
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    assert len(migrations()) - 3 <= found <= len(migrations())
    assert version in (None, found)
    connection.close()


def _command(data: Path, shim: Shim) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "app", "setup", "--link", "--data", str(data)]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **shim.environment}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=_SECONDS_MAX
    )
