"""`config explain`, and a real server that is tuned to what it is given."""

import contextlib
import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.abuse.cgroup import group
from tests.commands.test_commands import run
from tests.journeys.appliance import SOURCE, Appliance

TUNED = {"MONODESK_TUNE": "true"}
CONFIG = "log_level = 'debug'\n[limits]\nreaders = 5\n"
MIB = 1 << 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    (data / "config.toml").write_text(CONFIG)
    return data


def explained(folder: Path) -> dict[str, Any]:
    done = run("config", "explain", "--json", data=folder)
    assert (done.returncode, done.stderr) == (0, "")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_every_value_has_its_origin_and_its_reason(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONODESK_LIMITS_POLLS_MAX", "77")
    told = explained(folder)
    rows = {row["key"]: (row["value"], row["origin"], row["reason"]["en"]) for row in told["settings"]}
    assert rows["data"] == (str(folder), "flag", "--data")
    assert rows["limits.polls_max"] == (77, "environment", "MONODESK_LIMITS_POLLS_MAX")
    assert rows["limits.readers"] == (5, "file", "config.toml")
    assert rows["limits.agents_max"] == (2_000, "default", "")
    assert rows["limits.descriptors"][1] == "tuned"
    value, origin, _ = rows["limits.memory_bytes_max"]
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert origin == "tuned" and 0 < value <= physical
    assert all(row["reason"]["en"] and row["reason"]["zh"] for row in told["settings"] if row["origin"] == "tuned")
    assert told["fits"] and sum(part["bytes"] for part in told["budget"]) <= told["memory_bytes"]
    polls = next(part for part in told["budget"] if part["en"] == "long polls")
    assert polls["bytes"] == 77 * 65_536


def test_people_read_it_in_their_language(folder: Path) -> None:
    english = run("config", "explain", data=folder).stdout
    assert f'data = "{folder}"  [flag]  --data\n' in english
    assert re.search(r"^limits\.descriptors = \d+  \[tuned\]  connections of a process", english, re.MULTILINE)
    assert re.search(r"^all worst cases together: \d+ MiB$", english, re.MULTILINE)
    chinese = run("config", "explain", data=folder, language="zh_CN.UTF-8").stdout
    assert "limits.readers = 5  [配置文件]  config.toml" in chinese and "全部最坏情况合计" in chinese


def test_without_tuning_everything_else_is_a_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONODESK_TUNE", "false")
    told = explained(folder)
    assert {row["origin"] for row in told["settings"]} == {"flag", "file", "environment", "default"}
    assert (told["budget"], told["fits"]) == ([], None)


def test_what_does_not_fit_is_said_and_what_is_wrong_stops(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONODESK_LIMITS_POLLS_MAX", "100000000")
    assert "! More than there is" in run("config", "explain", data=folder).stdout
    monkeypatch.setenv("MONODESK_LIMITS_POLS_MAX", "1")
    refused = run("config", "explain", data=folder)
    assert (refused.returncode, "“pols_max”; allowed: polls_max" in refused.stderr) == (1, True)


def tuned_line(server: Appliance) -> dict[str, Any]:
    lines = (server.data / "logs" / "monodesk.log").read_text().splitlines()
    (line,) = [line for line in map(json.loads, lines) if line.get("text") == "tuned to this machine"]
    found: dict[str, Any] = line
    return found


@contextlib.contextmanager
def serving(server: Appliance) -> Iterator[None]:
    server.start()
    try:
        yield
    finally:
        server.kill()


def test_the_server_takes_the_descriptors_that_it_may_and_no_more_connections(tmp_path: Path) -> None:
    patient = {**TUNED, "MONODESK_LIMITS_HEAD_SECONDS_MAX": "100"}
    few = ("prlimit", "--nofile=256:650", *SOURCE)
    with serving(server := Appliance(tmp_path / "data", command=few, environment=patient)):
        line = tuned_line(server)
        assert (line["connections_max"], line["descriptors"]) == (250, 650)
        limits = Path(f"/proc/{server.pid}/limits").read_text()
        assert re.search(r"^Max open files +650 +650 ", limits, re.MULTILINE)
        with contextlib.ExitStack() as opened:
            address = ("127.0.0.1", server.port)
            entered = [opened.enter_context(socket.create_connection(address)) for _ in range(250)]
            refused = opened.enter_context(socket.create_connection(address))
            assert refused.recv(4_096) == b""
            entered[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: desk\r\n\r\n")
            assert entered[-1].recv(4_096).startswith(b"HTTP/1.1 200 ")


def test_what_is_set_stays_and_a_server_that_is_not_tuned_says_nothing(tmp_path: Path) -> None:
    own = {**TUNED, "MONODESK_LIMITS_CONNECTIONS_MAX": "3"}
    with serving(server := Appliance(tmp_path / "own", environment=own)):
        assert tuned_line(server)["connections_max"] == 3
    with serving(server := Appliance(tmp_path / "untuned")):
        assert "tuned to this machine" not in (server.data / "logs" / "monodesk.log").read_text()


@pytest.mark.full
def test_a_server_in_a_real_control_group_is_tuned_to_it(tmp_path: Path) -> None:
    with group("monodesk-tuned") as limited:
        limited.limit(256 * MIB)
        command = (*limited.around(SOURCE[0]), *SOURCE[1:])
        with serving(server := Appliance(tmp_path / "data", command=command, environment=TUNED)):
            line = tuned_line(server)
    assert (line["memory_bytes"], line["connections_max"]) == (int(0.95 * 256 * MIB), 3_800)
    assert line["reserved_bytes"] <= line["memory_bytes"]
