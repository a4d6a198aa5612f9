"""`monodesk status` of a server with people on it, and of a folder that nobody serves."""

import json
import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect

from app.commands.status import _rows, installed
from app.commands.voice import Voice
from app.folder import Folder
from tests.commands.test_commands import run
from tests.journeys.appliance import Appliance
from tests.machines.chat import EMAIL, PASSWORD, Desk

_SECONDS_MAX = 90.0
_MIB = 1_048_576
OWNER = ("setup", "--email", EMAIL)


@pytest.fixture(params=[0, 1], ids=["one process", "a gateway"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Appliance]:
    server = Appliance(
        tmp_path / "data",
        options=("--workers", str(request.param)),
        environment={
            "MONODESK_LIMITS_GATEWAY_FIGURES_SECONDS": "0.1",
            "MONODESK_LIMITS_MEMORY_BYTES_MAX": str(4_096 * _MIB),
        },
    )
    server.start()
    assert run(*OWNER, data=server.data, given=f"{PASSWORD}\n").returncode == 0
    yield server
    server.kill()


def told(server: Appliance) -> dict[str, object]:
    done = run("status", "--json", data=server.data)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@contextmanager
def visitor(desk: Desk, port: int) -> Iterator[None]:
    """One who is connected and has written a line that nobody answers."""
    with connect(f"ws://127.0.0.1:{port}/ws", open_timeout=_SECONDS_MAX) as socket:
        socket.send(json.dumps({"t": "hello", "inbox": desk.inbox, "token": desk.new_visitor()}))
        socket.send(json.dumps({"t": "resume"}))
        socket.send(json.dumps({"t": "send", "cid": secrets.token_hex(16), "text": "anybody there?"}))
        while json.loads(socket.recv(timeout=_SECONDS_MAX))["t"] != "ack":
            pass
        yield


def test_it_tells_of_people_and_of_what_waits(server: Appliance) -> None:
    before = told(server)
    assert [before[name] for name in ("messages_last_day", "conversations_waiting", "visitors_online")] == [0, 0, 0]
    desk = Desk(server.port)
    desk.sign_in()
    began = time.monotonic()
    desk.answered_chat("hello?", "here we are")
    files = [server.data / name for name in ("monodesk.db", "monodesk.db-wal")]
    with visitor(desk, server.port), visitor(desk, server.port):
        now, sizes = told(server), [0, 0]
        while now["sockets"] != 2 or now["outbox_waiting"] or [now["database_bytes"], now["wal_bytes"]] != sizes:
            assert time.monotonic() - began < _SECONDS_MAX, now  # a gateway tells of itself every so often
            now, sizes = told(server), [file.stat().st_size for file in files]
        in_a_minute = time.monotonic() - began < 60
    assert [now[name] for name in ("visitors_online", "agents_online", "connections")] == [2, 0, now["connections"]]
    assert now["messages_last_day"] == 4, "the appliance's own lines do not count"
    assert now["messages_last_minute"] == 4 or not in_a_minute
    assert [now["conversations_unassigned"], now["conversations_waiting"]] == [2, 2]
    assert [now["outbox_dead"], now["outbox_lag_seconds"], now["writes_waiting"], now["shed_level"]] == [0, 0, 0, 0]
    assert now["pid"] == server.pid and now["data"] == str(server.data)
    assert now["gateways"] == now["gateways_wanted"]
    assert now["listeners"] == [f"127.0.0.1:{server.port}"]
    free = os.statvfs(server.data)
    assert abs(int(str(now["disk_free_bytes"])) - free.f_bavail * free.f_frsize) < 1_024 * _MIB
    assert 10 * _MIB < int(str(now["memory_taken_bytes"])) <= int(str(now["memory_limit_bytes"]))
    assert str(now["next_backup_at"]) > str(now["started_at"])


def test_a_person_reads_the_same(server: Appliance) -> None:
    english, chinese = (
        run("status", data=server.data, language=language).stdout for language in ("C.UTF-8", "zh_CN.UTF-8")
    )
    for text in ("process  ", f"{server.pid}, for ", "0 visitors, 0 agents", "0 wait for an answer", "nothing waits"):
        assert text in english
    for text in ("进程", f"{server.pid}，已运行", "访客 0，客服 0", "无待处理任务", "下次备份"):
        assert text in chinese
    assert "next backup" in english and "of 4.0 GiB" in english
    assert len(english.splitlines()) == len(chinese.splitlines()) >= 14


def test_messages_of_another_day_do_not_count(server: Appliance) -> None:
    desk = Desk(server.port)
    desk.sign_in()
    for _ in range(3):
        desk.answered_chat("hello?", "here we are")
    assert server.stop() == 0
    with closing(sqlite3.connect(server.data / "monodesk.db")) as connection, connection:
        numbers = [row[0] for row in connection.execute("SELECT number FROM messages WHERE kind = 'message'")]
        connection.execute("UPDATE messages SET at = at - 86400000 - 1000 WHERE number <= ?", (numbers[1],))
        connection.execute("UPDATE messages SET at = at - 61000 WHERE number <= ?", (numbers[3],))
        later = "UPDATE messages SET at = at + 120000 WHERE number > ?"  # a slow start is not to make them old
        connection.execute(later, (numbers[3],))
    server.start()
    now = told(server)
    assert [now["messages_last_minute"], now["messages_last_day"]] == [2, 4]


def test_without_a_server_the_disk_is_asked(tmp_path: Path) -> None:
    nowhere = run("status", "--json", data=tmp_path / "nowhere")
    assert nowhere.returncode == 1
    assert set(json.loads(nowhere.stdout)) == {"running", "version", "data"}

    server = Appliance(tmp_path / "data")
    server.start()
    assert server.stop() == 0
    backups = server.data / "backups"
    for day in ("20261124", "20261125"):
        (backups / f"monodesk-{day}-030000.zip").write_bytes(b"not looked into")
    (backups / "zz.zip").touch()
    stopped = run("status", "--json", data=server.data)
    known = json.loads(stopped.stdout)
    assert (stopped.returncode, known["running"], known["last_log_text"]) == (1, False, "stopping")
    assert known["last_backup"] == str(backups / "monodesk-20261125-030000.zip")
    assert known["database_bytes"] == (server.data / "monodesk.db").stat().st_size
    plain = run("status", data=server.data)
    assert plain.stdout.startswith("No server runs on ") and "last word" in plain.stdout
    assert "最后日志" in run("status", data=server.data, language="zh_CN.UTF-8").stdout


def test_what_is_installed_over_the_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "opt" / "versions" / "0.9.0" / "monodesk"
    program.parent.mkdir(parents=True)
    program.touch()
    record = {"target": "portable", "version": "0.9.0", "data": str(tmp_path / "data"), "source": ""}
    (tmp_path / "opt" / "install.json").write_text(json.dumps(record))
    monkeypatch.setattr(sys, "executable", str(program))
    there = {"installed_version": "0.9.0", "target": "portable", "prefix": str(tmp_path / "opt")}
    assert installed(Folder(tmp_path / "data")) == there
    assert installed(Folder(tmp_path / "elsewhere")) == {}
    rows = dict(_rows({"version": "1.0.0", **there}, Voice("en")))
    assert rows["version"] == f"1.0.0; installed is 0.9.0 (portable, {tmp_path}/opt)"
    assert "已安装的是 0.9.0" in dict(_rows({"version": "1.0.0", **there}, Voice("zh")))["版本"]


def test_what_another_version_does_not_tell_is_left_out() -> None:
    known = {"version": "2.0.0", "memory_taken_bytes": 1, "shed_level": 3, "left_out": ["preview", "typing"]}
    assert dict(_rows(known, Voice("en"))) == {"version": "2.0.0"}
    more = {"memory_limit_bytes": 4_294_967_296, "memory_taken_percent": 92}
    assert dict(_rows({**known, **more}, Voice("en")))["memory"].endswith("(92 %); left out: preview, typing")
    ends = {"certificate_ends": "2027-01-01", "certificate_days_left": 36, "certificate_names": ["desk.lan\x1b[2J"]}
    assert dict(_rows(ends, Voice("en")))["certificate"] == r"until 2027-01-01, 36 more days (desk.lan\x1b[2J)"
