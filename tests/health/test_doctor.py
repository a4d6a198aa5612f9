"""`monodesk doctor` as people and machines call it, and the same findings over the API."""

import json
import os
import pty
import sqlite3
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.control import Examine, ask
from app.folder import Folder
from app.health.checks import CHECKS
from app.model.health import State
from app.storage.migrations import migrate, migrations
from tests.health import manual
from tests.health.cases import certify, forwarded, migrated, with_a_message
from tests.health.patient import Patient
from tests.journeys.appliance import ROOT, SOURCE, Appliance
from tests.journeys.desk import Desk


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Patient]:
    made = Patient(tmp_path)
    yield made
    made.end()


def doctor(patient: Patient, *words: str, language: str = "C.UTF-8") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*SOURCE, "doctor", "--data", str(patient.data), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **patient.environment, "LC_ALL": language},
    )


def told(patient: Patient, *words: str) -> Any:
    return json.loads(doctor(patient, "--json", *words).stdout)


def test_every_check_answers_beside_a_server_and_alone(patient: Patient) -> None:
    patient.configure("[limits]", "connections_max = 1000", "descriptors = 2000")
    patient.start()
    beside = told(patient, "--deep")
    patient.stop()
    alone = told(patient)
    assert (beside["running"], beside["deep"], alone["running"], alone["deep"]) == (True, True, False, False)
    for report in (beside, alone):
        assert {one["id"] for one in report["findings"]} == {check.id for check in CHECKS}
    states = {one["id"]: one["state"] for one in beside["findings"]}
    live = ("server", "settings_changed", "writes", "backup_last", "proxies", "clock_steady", "port", "descriptors")
    assert {states[name] for name in live} == {"fine"}
    unasked = {one["id"] for one in alone["findings"] if one["state"] == "not_asked"}
    assert {"server", "writes", "files_missing", "backup_readable"} <= unasked
    assert "files_missing" not in {one["id"] for one in beside["findings"] if "long" in one["found"]["en"]}


def test_the_worst_comes_first_and_makes_the_exit_code(patient: Patient) -> None:
    migrated(patient)
    patient.configure("[limits]", "connections_max = 500000000")
    warned = doctor(patient)
    assert warned.returncode == 0, "a warning is none"
    assert "config explain" in warned.stdout
    patient.data.chmod(0o755)
    broken = doctor(patient)
    assert (broken.returncode, broken.stderr) == (1, "")
    first, *rest = broken.stdout.splitlines()
    assert first.startswith("wrong")
    assert any(line.strip().startswith("$ chmod -R go= ") for line in rest[:3]), "what mends it stands below"
    states = [one["state"] for one in told(patient)["findings"]]
    order = [state.value for state in State]
    assert states == sorted(states, key=order.index)


def test_it_speaks_chinese_and_its_columns_stand(patient: Patient) -> None:
    migrated(patient)
    patient.data.chmod(0o755)
    lines = doctor(patient, language="zh_CN.UTF-8").stdout.splitlines()
    assert lines[0].startswith("错误")
    assert "其他用户可访问" in lines[0]
    assert not [line for line in lines if "Check" in line]


def test_colour_is_for_a_terminal_that_wants_it(patient: Patient) -> None:
    migrated(patient)
    for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        ours, theirs = pty.openpty()
        environment = {**os.environ, **patient.environment, "TERM": "xterm", **variables}
        if coloured:
            environment.pop("NO_COLOR", None)
        command = [*SOURCE, "doctor", "--data", str(patient.data)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, env=environment)
        os.close(theirs)
        printed = b""
        while chunk := read(ours):
            printed += chunk
        os.close(ours)
        process.wait(60)
        assert (b"\x1b[32m" in printed) == coloured
    assert "\x1b" not in doctor(patient).stdout


def test_a_name_steers_no_terminal(patient: Patient) -> None:
    migrated(patient)
    evil = patient.data / "keys" / "\x1b]0;evil\x07.key"
    evil.touch(mode=0o644)
    evil.chmod(0o644)
    printed = doctor(patient).stdout
    assert "evil" in printed
    assert "\x1b" not in printed


def read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # as a terminal ends
        return b""


def test_a_wrong_configuration_stops_nothing_else(patient: Patient) -> None:
    migrated(patient)
    patient.configure("no_such_key = 1")
    findings = {one["id"]: one for one in told(patient)["findings"]}
    assert findings["configuration"]["state"] == "wrong"
    assert findings["database"]["state"] == "fine"


def test_the_owner_reads_the_same_over_the_api_and_an_agent_does_not(patient: Patient) -> None:
    server = patient.start()
    with Desk.founded(patient.data, server.port) as desk:
        report = desk.ask("GET", "/api/v1/health")
        assert {one["id"] for one in report["findings"]} == {check.id for check in CHECKS}
        assert (report["running"], report["deep"]) == (True, False)
        by_command = {one["id"]: one["state"] for one in told(patient)["findings"]}
        by_api = {one["id"]: one["state"] for one in report["findings"]}
        assert by_api == by_command
        assert desk.ask("GET", "/api/v1/health")["at"] == report["at"], "who asks again soon is told the same"
        agent = {"name": "Han", "email": "han@example.com", "role": "agent", "password": "another long sentence"}
        desk.ask("POST", "/api/v1/agents", agent)
    with Desk(server.port) as other:
        other.ask("POST", "/api/v1/session", {"email": agent["email"], "password": agent["password"]})
        status, answer = server.send("GET", "/api/v1/health", headers={"Cookie": other.cookie})
        assert (status, json.loads(answer)["code"]) == (403, "forbidden")
    assert server.get("/api/v1/health")[0] == 401


def test_a_desk_of_three_days_without_a_backup(patient: Patient) -> None:
    with_a_message(patient)
    assert patient.found("backup_age").state == State.FINE, "the first one comes by itself"
    with closing(sqlite3.connect(patient.database)) as connection, connection:
        connection.execute("UPDATE agents SET created_at = created_at - 3 * 86400000")
    assert patient.found("backup_age").state == State.WRONG
    patient.mend("backup_age")


def test_a_server_that_was_killed_is_told_and_started_by_the_command(patient: Patient) -> None:
    server = patient.start()
    server.kill()
    assert patient.found("server").state == State.WARNING
    patient.mend("server")
    assert patient.found("server").found.en.startswith("process")


def test_an_older_schema_is_brought_up_by_the_command(patient: Patient) -> None:
    migrated(patient)
    patient.database.unlink()
    with closing(sqlite3.connect(patient.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection, patient.database, migrations()[:-1])
    assert patient.found("database_schema").state == State.WARNING
    patient.mend("database_schema")


def test_our_own_certificate_is_renewed_by_the_command(patient: Patient) -> None:
    patient.environment["MONODESK_TLS_MODE"] = "own"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server = Appliance(patient.data, environment=patient.environment, secure=lambda: context)
    patient.adopt(server)
    server.start()
    own = patient.data / "keys" / "own.pem"
    assert patient.found("certificate").state == State.FINE
    key = patient.folder / "old.key"
    certify(patient.folder / "old.crt", key, days=-2)
    own.write_bytes((patient.folder / "old.crt").read_bytes() + key.read_bytes())
    assert patient.found("certificate").state == State.WRONG
    patient.mend("certificate")


def test_a_visitor_cannot_make_himself_a_proxy(patient: Patient) -> None:
    server = patient.start()
    forwarded(patient, 15)
    for _ in range(40):
        server.get("/api/v1/setup")
    assert patient.found("proxies").state == State.FINE, "it is not most of the traffic"


def test_a_trusted_proxy_that_never_comes_is_told_after_a_while(patient: Patient) -> None:
    patient.configure('trusted_proxies = ["10.9.9.9"]')
    server = patient.start()
    for _ in range(210):
        server.get("/api/v1/setup")
    found = patient.found("proxies")
    assert (found.state, "10.9.9.9" in found.found.en) == (State.WARNING, True)


def test_the_control_socket_tells_no_secret(patient: Patient) -> None:
    patient.start()
    answer = ask(Folder(patient.data).control, Examine())
    assert answer is not None
    assert "BEGIN" not in json.dumps(answer)


def test_root_leaves_a_folder_as_it_was(patient: Patient) -> None:
    """The doctor looks: nothing is made, changed or given away by him."""
    migrated(patient)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in patient.data.rglob("*")}
    doctor(patient, "--deep")
    after = {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in patient.data.rglob("*")}
    assert {path: after.get(path) for path in before if path.is_file()} == {
        path: what for path, what in before.items() if path.is_file()
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_manual_has_every_check_as_the_doctor_words_it(language: str) -> None:
    assert manual.place(language).read_text(encoding="utf-8") == manual.page(language), "python -m tests.health.manual"
