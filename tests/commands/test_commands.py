"""The command line as a person at a terminal meets it: real processes over a real data folder."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.journeys.appliance import ROOT, Appliance

PASSWORD = "four unrelated words here"
OWNER = ("setup", "--email", "li@example.com", "--name", "李雷")


def run(*arguments: str, data: Path, given: str = "", language: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments, "--data", str(data)],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "LC_ALL": language},
        check=False,
    )


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    server = Appliance(tmp_path / "data")
    server.start()
    yield server
    server.kill()


def sign_in(server: Appliance, password: str = PASSWORD) -> int:
    body = json.dumps({"email": "li@example.com", "password": password}).encode()
    return server.send("POST", "/api/v1/session", body)[0]


def test_the_owner_is_made_beside_the_server_and_signs_in(appliance: Appliance) -> None:
    made = run(*OWNER, data=appliance.data, given=PASSWORD + "\n")
    assert (made.returncode, made.stderr) == (0, "")
    assert sign_in(appliance) == 200
    again = run(*OWNER, data=appliance.data, given="another long password\n")
    assert again.returncode == 1
    assert "monodesk setup --reset" in again.stderr
    assert run(*OWNER, "--reset", data=appliance.data, given="another long password\n").returncode == 0
    assert (sign_in(appliance), sign_in(appliance, "another long password")) == (401, 200)


def test_the_owner_is_made_before_the_first_start(tmp_path: Path) -> None:
    assert run(*OWNER, data=tmp_path / "data", given=PASSWORD + "\n").returncode == 0
    server = Appliance(tmp_path / "data")
    server.start()
    try:
        assert sign_in(server) == 200
        assert server.stop() == 0
        assert "/setup#" not in server.output(), "who has an owner is offered no link"
    finally:
        server.kill()


def test_the_printed_link_makes_the_owner_once(appliance: Appliance) -> None:
    links = appliance.printed(r"/setup#(\w+)")
    printed = run("setup", "--link", data=appliance.data)
    (token,) = re.findall(rf"{re.escape(appliance.url)}/setup#(\w+)", printed.stdout)
    owner = {"name": "Li Lei", "email": "li@example.com", "password": PASSWORD}
    for given, status in ((links[-1], 400), (token, 200), (token, 400)):
        body = json.dumps({**owner, "token": given}).encode()
        assert appliance.send("POST", "/api/v1/setup", body)[0] == status, "only the newest link, and once"
    assert run("setup", "--link", data=appliance.data).returncode == 1


def test_no_password_says_how_to_give_one(tmp_path: Path) -> None:
    refused = run(*OWNER, data=tmp_path / "data")
    assert refused.returncode == 1
    assert "standard input" in refused.stderr
    assert "标准输入" in run(*OWNER, data=tmp_path / "data", language="zh_CN.UTF-8").stderr


def test_status_tells_whether_it_runs(appliance: Appliance) -> None:
    told = json.loads(run("status", "--json", data=appliance.data).stdout)
    assert (told["running"], told["urls"]) == (True, [appliance.url])
    assert appliance.stop() == 0
    after = run("status", "--json", data=appliance.data)
    assert (after.returncode, json.loads(after.stdout)["running"]) == (1, False)
    assert "monodesk serve" in run("status", data=appliance.data).stdout
    assert "没有正在运行" in run("status", data=appliance.data, language="zh_CN.UTF-8").stdout


def test_a_second_server_on_the_same_data_names_the_first(appliance: Appliance) -> None:
    second = run("serve", "--listen", "127.0.0.1:0", data=appliance.data)
    assert second.returncode == 1
    assert f"Process {appliance.pid} " in second.stderr
    assert appliance.ready()


def test_the_lock_of_a_killed_server_is_free(appliance: Appliance) -> None:
    appliance.kill()
    appliance.start()
    assert appliance.ready()


def test_a_backup_of_the_running_server_comes_back_under_a_new_epoch(appliance: Appliance, tmp_path: Path) -> None:
    assert run(*OWNER, data=appliance.data, given=PASSWORD + "\n").returncode == 0
    archive = tmp_path / "desk.zip"
    made = json.loads(run("backup", str(archive), "--json", data=appliance.data).stdout)
    assert made == {"file": str(archive), "bytes": archive.stat().st_size, "keys": False}
    epoch = json.loads(run("status", "--json", data=appliance.data).stdout)["epoch"]

    in_use = run("restore", str(archive), "--replace", data=appliance.data)
    assert (in_use.returncode, "Stop the server" in in_use.stderr) == (1, True)

    other = Appliance(tmp_path / "elsewhere")
    assert run("restore", str(archive), data=other.data).returncode == 0
    assert run("restore", str(archive), data=other.data).returncode == 1, "a folder with data is not overwritten"
    other.start()
    try:
        assert sign_in(other) == 200
        assert json.loads(run("status", "--json", data=other.data).stdout)["epoch"] != epoch
    finally:
        other.kill()


def session_of(server: Appliance) -> str:
    """A cookie that signs the owner in."""
    body = json.dumps({"email": "li@example.com", "password": PASSWORD}).encode()
    request = urllib.request.Request(
        f"{server.url}/api/v1/session", body, {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        cookies: list[str] = answer.headers.get_all("set-cookie")
    return next(one.partition(";")[0] for one in cookies if one.startswith("monodesk_session="))


def test_who_was_signed_out_since_the_backup_stays_out(appliance: Appliance, tmp_path: Path) -> None:
    assert run(*OWNER, data=appliance.data, given=PASSWORD + "\n").returncode == 0
    cookie = {"Cookie": session_of(appliance), "Origin": appliance.url}
    link = re.findall(r"/setup#(\w+)", run("setup", "--link", "--reset", data=appliance.data).stdout)[-1]
    archive = tmp_path / "desk.zip"
    assert run("backup", str(archive), data=appliance.data).returncode == 0
    assert appliance.send("DELETE", "/api/v1/session", headers=cookie)[0] == 204
    assert appliance.stop() == 0
    restored = run("restore", str(archive), "--replace", data=appliance.data)
    assert (restored.returncode, "Everybody is signed out" in restored.stdout) == (0, True)
    appliance.start()
    assert appliance.send("GET", "/api/v1/me", headers=cookie)[0] == 401
    owner = {"name": "Li Lei", "email": "li@example.com", "password": PASSWORD, "token": link}
    assert appliance.send("POST", "/api/v1/setup", json.dumps(owner).encode())[0] == 400
    assert sign_in(appliance) == 200


def test_keys_are_sealed_into_an_archive_and_those_that_are_missing_are_named(
    appliance: Appliance, tmp_path: Path
) -> None:
    archive, passphrase = tmp_path / "desk.zip", "four unrelated words here\n"
    (appliance.data / "keys" / "authority.key").write_bytes(b"canary")
    short = run("backup", str(archive), "--keys", data=appliance.data, given="short\n")
    assert (short.returncode, "at least 12" in short.stderr, archive.exists()) == (1, True, False)
    assert "standard input" in run("backup", str(archive), "--keys", data=appliance.data).stderr
    assert run("backup", str(archive), "--keys", data=appliance.data, given=passphrase).returncode == 0
    told = run("restore", str(archive), data=tmp_path / "plain").stdout
    assert "authority.key" in told and "--replace --keys" in told
    again = run("restore", str(archive), "--replace", "--keys", data=tmp_path / "plain", given=passphrase)
    assert (again.returncode, "authority.key" in again.stdout) == (0, False)
    assert (tmp_path / "plain" / "keys" / "authority.key").read_bytes() == b"canary"
    without = tmp_path / "without.zip"
    assert "--keys" in run("backup", str(without), data=appliance.data).stdout
    told = run("restore", str(without), data=tmp_path / "third", language="zh_CN.UTF-8").stdout
    assert "缺少原有的密钥：authority.key" in told and "keys/" in told


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "desk.zip"
    archive.write_bytes(b"PK\x03\x04 and then nothing")
    refused = run("restore", str(archive), data=tmp_path / "data")
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
    assert not (tmp_path / "data" / "monodesk.db").exists()


def test_a_demo_is_never_served_as_real_nor_real_data_as_a_demo(tmp_path: Path) -> None:
    real, demo = tmp_path / "real", tmp_path / "demo"
    assert run(*OWNER, data=real, given=PASSWORD + "\n").returncode == 0
    mixed = run("serve", "--demo", "--listen", "127.0.0.1:0", data=real)
    assert (mixed.returncode, "--demo" in mixed.stderr) == (1, True)
    server = Appliance(demo, options=("--demo",))
    server.start()
    assert len(server.printed("/sign-in#demo=", 3)) == 3
    server.kill()
    plain = run("serve", "--listen", "127.0.0.1:0", data=demo)
    assert (plain.returncode, "--demo" in plain.stderr) == (1, True)


def test_term_and_int_end_it_in_order(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        server = Appliance(tmp_path / "data")
        server.start()
        os.kill(server.pid, number)
        assert server.stop() == 0
        assert not (server.data / "run" / "control.sock").exists()


def test_a_taken_port_is_told(appliance: Appliance, tmp_path: Path) -> None:
    for workers in ("0", "2"):
        address = f"127.0.0.1:{appliance.port}"
        taken = run("serve", "--listen", address, "--workers", workers, data=tmp_path / workers)
        assert (taken.returncode, address in taken.stderr) == (1, True)
        assert "--listen" in taken.stderr
        assert "Traceback" not in taken.stderr and "never awaited" not in taken.stderr


def test_version_and_usage() -> None:
    def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "app", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert re.fullmatch(r"monodesk \d+\.\d+\.\d+\n", bare("version").stdout)
    assert set(json.loads(bare("version", "--json").stdout)) == {"version"}
    for wrong in ((), ("fly",), ("serve", "--prot", "1"), ("backup",)):
        refused = bare(*wrong)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "usage: monodesk" in refused.stderr


def test_a_folder_too_deep_for_a_socket_address_is_served(tmp_path: Path) -> None:
    server = Appliance(tmp_path / ("deep-" * 20) / ("deeper-" * 10), options=("--workers", "1"))
    server.data.parent.mkdir(parents=True)
    server.start()
    try:
        assert json.loads(run("status", "--json", data=server.data).stdout)["running"]
    finally:
        server.kill()


@pytest.mark.parametrize("workers", ["0", "1"])
def test_whoever_finds_the_door_open_may_give_commands(tmp_path: Path, workers: str) -> None:
    """Again and again, because the moment between the two is short."""
    for attempt in range(3):
        server = Appliance(tmp_path / f"data{attempt}", options=("--workers", workers))
        listening = threading.Event()
        watch = threading.Thread(target=_await_port, args=(server, listening))
        watch.start()
        try:
            server.start()
            watch.join(60)
            assert listening.is_set()
        finally:
            server.kill()


def _await_port(server: Appliance, listening: threading.Event) -> None:
    """Sets the event where the control socket was there when the port first took a connection."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", server.port)) == 0:
                if (server.data / "run" / "control.sock").exists():
                    listening.set()
                return
        time.sleep(0.0005)


def found(server: Appliance, words: str) -> int:
    """How many messages of the demo an agent finds."""
    token = server.demo_link("Hannah Reed").rpartition("=")[2]
    request = urllib.request.Request(
        f"{server.url}/api/v1/session/demo", json.dumps({"token": token}).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        cookies: list[str] = answer.headers.get_all("set-cookie")
    cookie = next(one.partition(";")[0] for one in cookies if one.startswith("monodesk_session="))
    status, body = server.send("GET", f"/api/v1/search?q={quote(words)}", headers={"Cookie": cookie})
    assert status == 200, body
    return len(json.loads(body)["results"])


@pytest.mark.parametrize("beside", [True, False], ids=["beside a server", "alone"])
def test_a_damaged_search_index_is_built_anew(tmp_path: Path, beside: bool) -> None:
    server = Appliance(tmp_path / "data", options=("--demo",))
    server.start()
    try:
        while json.loads(run("status", "--json", data=server.data).stdout)["outbox_waiting"]:
            pass  # the demo's own index is still being fed
        whole = found(server, "退款")
        assert whole > 5
        assert server.stop() == 0
        with closing(sqlite3.connect(server.data / "monodesk.db")) as connection, connection:
            connection.execute("INSERT INTO search (search) VALUES ('delete-all')")
        if beside:
            server.start()
            assert found(server, "退款") == 0
        rebuilt = run("search", "rebuild", "--json", data=server.data)
        assert (rebuilt.returncode, rebuilt.stderr) == (0, ""), "how far it is goes to terminals alone"
        how = json.loads(rebuilt.stdout)
        assert how["done"] and how["reached"] == how["newest"] > 100
        if not beside:
            server.start()
        assert found(server, "退款") == whole
        told = run("search", "rebuild", data=server.data, language="zh_CN.UTF-8")
        assert ("搜索索引已重建" in told.stdout, told.stderr) == (True, "")
        assert found(server, "退款") == whole
    finally:
        server.kill()
