"""`monodesk support-bundle` of a server that has secrets in every place where there can be one: none is in it."""

import base64
import json
import os
import sqlite3
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.totp import code_at
from app.commands.support.discretion import Discretion, own_texts
from app.commands.support.log_lines import told
from app.commands.support.parts import PARTS
from tests.commands.test_commands import run
from tests.journeys.appliance import ROOT, Appliance
from tests.machines.chat import Desk

EMAIL, PASSWORD = "qiu.yaling@kunde-geheim.example", "Drosselweg-Kran-4711-Mond"
STEP_SECONDS = 30
OWNER = "邱雅玲"
SETTING_USER, SETTING_PASSWORD = "mailversand-user", "smtp-Pa55wort-Xq9"
# What somebody has put in somewhere. None of it may be found, in no spelling and in no part of an archive.
PLANTED = {
    "mail of the owner": EMAIL,
    "mail of the owner, first half": "qiu.yaling",
    "name of the owner": OWNER,
    "password": PASSWORD,
    "agent": "Balthasar Vogelsang",
    "mail of the agent": "vogelsang@agentur-geheim.example",
    "team": "Sondergruppe Habicht",
    "inbox": "Postfach Nachtigall",
    "site": "laden-geheim.example",
    "name of the visitor": "Zhuge Mengde",
    "mail of the visitor": "mengde@privat-geheim.example",
    "phone of the visitor": "+86 139 1234 8765",
    "message": "Meine Diagnose ist Farbenblindheit",
    "Chinese message": "我的银行卡号是六二二二",
    "number in a message": "6222021234567890",
    "answer": "Wir schicken Ersatz an den Ahornweg",
    "note": "Kunde ist bonitaetsschwach",
    "canned reply": "Rabattcode SOMMERFUCHS",
    "file": "kontoauszug-mengde.txt",
    "text of the file": "IBAN DE02120300000000202051",
    "page": "wunschliste-geheim",
    "event of the visitor": "kuendigung-geplant",
    "browser": "Geheimbrowser/7.7",
    "address": "198.51.100.77",
    "address of IPv6": "2001:db8:77::beef",
    "header": "kopfzeile-7f3a9c",
    "query": "anfrage-5d1e88",
    "path": "pfad-geheimnis-33",
    "in the environment": "umgebung-8c1f2e",
    "user in a setting": SETTING_USER,
    "password in a setting": SETTING_PASSWORD,
    "name of a host in a setting": "mail-geheim.example",
    "authority of certificates": "ca-geheim.example",
    "contact of a certificate": "hostmaster@zert-geheim.example",
    "proxy": "203.0.113.45",
    "key": "schluessel-inhalt-0a1b2c",
    "file of the key": "schluessel-von-herbert",
    "adapter": "adapter-token-9988",
    "folder": "firma-geheim-gmbh",
    "text in a log line": "Herr Amsel rief an",
    "fact in a log line": "tok_live_AAbbCC123",
    "name of a fact": "feldname-geheim",
    "in an exception": "ausnahme-wert-55",
    "first word of an exception's second line": "Zeugenaussage",
    "in a source line": "quelltext-wert-66",
    "damaged log line": "halbe-zeile-77",
    "last word of the log": "letztes-wort-88",
    "journal": "journal-wort-97",
    "unit": "unit-passwort-99",
    "addition to the unit": "dropin-passwort-98",
    "table": "fremde_tabelle_xy",
}


def call(server: Appliance, method: str, path: str, body: object = None, **headers: str) -> Any:
    content = None if body is None else json.dumps(body).encode()
    given = {"Origin": server.url, "Idempotency-Key": os.urandom(16).hex(), **headers}
    status, answer = server.send(method, path, content, given)
    assert status < 300, f"{method} {path}: {status} {answer!r}"
    return json.loads(answer or b"{}")


def with_people(server: Appliance, desk: Desk) -> dict[str, str]:
    """What people leave on a server, and the secrets that it made for them."""
    desk.sign_in_as(EMAIL, PASSWORD)
    mine = {"Cookie": desk.cookie}
    team = call(server, "POST", "/api/v1/teams", {"name": PLANTED["team"]}, **mine)["team"]["id"]
    agent = {"name": PLANTED["agent"], "email": PLANTED["mail of the agent"], "role": "agent", "teams": [team]}
    call(server, "POST", "/api/v1/agents", {**agent, "password": PASSWORD[::-1]}, **mine)
    inbox = {"name": PLANTED["inbox"], "origins": [f"https://{PLANTED['site']}"], "color": "", "team_id": None}
    call(server, "PATCH", f"/api/v1/inboxes/{desk.inbox}", inbox, **mine)
    canned = {"shortcut": "rabatt", "title": "x", "text_en": PLANTED["canned reply"], "text_zh": "", "scope": "me"}
    call(server, "POST", "/api/v1/canned-replies", canned, **mine)

    token = desk.new_visitor()
    visitor = {"Authorization": f"Bearer {token}", "User-Agent": PLANTED["browser"]}
    visitor["X-Forwarded-For"] = f"{PLANTED['address']}, {PLANTED['address of IPv6']}"
    facts = {
        name: PLANTED[f"{what} of the visitor"] for name, what in (("name",) * 2, ("email", "mail"), ("phone",) * 2)
    }
    call(server, "PATCH", "/api/v1/visitor/contact", {**facts, "attributes": {"x": PLANTED["page"]}}, **visitor)
    call(server, "POST", "/api/v1/visitor/events", {"name": PLANTED["event of the visitor"], "data": {}}, **visitor)
    sent = {"Content-Type": "text/plain", "X-File-Name": quote(PLANTED["file"])}
    answer = server.send("POST", "/api/v1/visitor/files", PLANTED["text of the file"].encode(), {**visitor, **sent})
    file = json.loads(answer[1])["id"]
    words = {"text": f"{PLANTED['message']} {PLANTED['number in a message']}", "files": [file]}
    conversation = call(server, "POST", "/api/v1/visitor/messages", words, **visitor)["conv"]
    more = {"text": PLANTED["Chinese message"], "conv": conversation, "files": []}
    call(server, "POST", "/api/v1/visitor/messages", more, **visitor)
    thread = f"/api/v1/conversations/{conversation}"
    call(server, "POST", f"{thread}/take", {}, **mine)
    call(server, "POST", f"{thread}/messages", {"text": PLANTED["answer"]}, **mine)
    call(server, "POST", f"{thread}/messages", {"text": PLANTED["note"], "note": True}, **mine)
    for path in (f"/{PLANTED['path']}", f"/api/v1/search?q={PLANTED['query']}", f"/api/v1/{PLANTED['path']}"):
        server.send(
            "GET", path, headers={**mine, "X-Trace": PLANTED["header"], "Referer": f"http://x/{PLANTED['page']}"}
        )

    draft = call(server, "POST", "/api/v1/me/second-step", {"password": PASSWORD}, **mine)
    code = code_at(draft["secret"], int(time.time() // STEP_SECONDS))
    codes = call(server, "POST", "/api/v1/me/second-step/confirm", {"code": code}, **mine)["codes"]
    link = run("setup", "--link", "--reset", data=server.data).stdout.rpartition("#")[2].strip()
    made = {
        "second step": draft["secret"],
        "token of the visitor": token,
        "set-up link": link,
        "conversation": conversation,
    }
    cookies = {f"cookie {number}": one.partition("=")[2] for number, one in enumerate(desk.cookie.split("; "))}
    return made | cookies | {f"recovery code {number}": one for number, one in enumerate(codes)}


def spoil(data: Path) -> None:
    """What nobody should have put where it is, and what a crash leaves."""
    (data / "keys" / PLANTED["file of the key"]).write_text(PLANTED["key"])
    (data / "adapters" / "mail.yaml").write_text(f"token: {PLANTED['adapter']}\n")
    trace = (
        "Traceback (most recent call last):\n"
        f'  File "/srv/{PLANTED["folder"]}/app/chat/messages.py", line 7, in accept\n'
        f"    password = {PLANTED['in a source line']!r}\n"
        f'  File "/srv/{PLANTED["folder"]}/{PLANTED["folder"]}.py", line 9, in {PLANTED["folder"].replace("-", "_")}\n'
        f"ValueError: {PLANTED['in an exception']} for {PLANTED['name of the visitor']}\n"
        f"{PLANTED['message']}: {PLANTED['password in a setting']}\n"
        "Zeugenaussage: 17"
    )
    head = {"at": "2026-11-26T00:00:00+00:00", "level": "error", "room": "serve"}
    lines = [
        {**head, "text": PLANTED["text in a log line"], "reason": f"disk I/O error {PLANTED['fact in a log line']}"},
        {**head, "text": "serving", PLANTED["name of a fact"]: 1, "address": PLANTED["address"]},
        {
            **head,
            "text": "serving",
            "list": [PLANTED["mail of the visitor"], {"deep": PLANTED["phone of the visitor"]}],
        },
        {**head, "text": f"serving {PLANTED['password']}", "exception": trace},
        {**head, "level": PLANTED["header"], "room": PLANTED["team"], "text": f"https://u:{PASSWORD}@desk.example/"},
    ]
    with (data / "logs" / "monodesk.log").open("a") as file:
        file.write("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))
        file.write(f"{PLANTED['damaged log line']}\n")
        file.write(json.dumps({**head, "text": PLANTED["last word of the log"]}) + "\n")


def installation(folder: Path, data: Path) -> Path:
    """A record and a unit that somebody has edited; the program's path in it."""
    program = folder / "versions" / "0.9.9" / "monodesk"
    program.parent.mkdir(parents=True)
    unit = folder / "monodesk.service"
    unit.write_text(
        f"[Service]\nEnvironment=PASSWORD={PLANTED['unit']}\nNoNewPrivileges=yes\n# {PLANTED['name of the owner']}\n"
    )
    (folder / "monodesk.service.d").mkdir()
    (folder / "monodesk.service.d" / "x.conf").write_text(
        f"[Service]\nEnvironment=X={PLANTED['addition to the unit']}\n"
    )
    record = {
        "target": "systemd",
        "version": "0.9.9",
        "data": str(data),
        "source": "",
        "unit": str(unit),
        "user": EMAIL,
    }
    (folder / "install.json").write_text(json.dumps(record))
    said = {"at": "2026-11-26T00:00:00+00:00", "level": "error", "room": "serve", "text": PLANTED["journal"]}
    refused = f"monodesk: The data folder /srv/{PLANTED['folder']} cannot be used: {PLANTED['journal']}. "
    refused += "Mend that, or name another one with --data."
    fake = f"#!/bin/sh\ncat <<'EOF'\n{json.dumps(said)}\n{refused}\n-- Boot {PLANTED['journal']} --\nEOF\n"
    (folder / "journalctl").write_text(fake)
    (folder / "journalctl").chmod(0o700)
    return program


def bundled(target: Path, data: Path, program: Path, *more: str) -> dict[str, str]:
    """The parts of a bundle by name."""
    script = "import sys; sys.executable = sys.argv.pop(1)\nfrom app.storage.library import install; install()\n"
    script += "from app.cli import main\nsys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", script, str(program), "support-bundle", str(target), "--data", str(data), *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={
            **os.environ,
            "LC_ALL": "C.UTF-8",
            "MONODESK_BACKUPS_PASSPHRASE_FILE": f"/etc/{PLANTED['in the environment']}",
        }
        | {"PATH": f"{program.parents[2]}:{os.environ['PATH']}"}
        | {"MONODESK_TLS_ACME_CONTACT": PLANTED["contact of a certificate"], "USER": OWNER},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def spellings(secret: str) -> Iterator[str]:
    yield from (secret, secret.lower(), secret.upper(), quote(secret), json.dumps(secret)[1:-1])
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
    yield from (word for word in secret.split() if len(word) > 5)


def found(secrets: dict[str, str], parts: dict[str, str]) -> list[str]:
    return [
        f"{what} in {name}"
        for what, secret in secrets.items()
        for name, text in parts.items()
        if any(one in text or one in name for one in spellings(secret))
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    data = tmp_path_factory.mktemp("support") / PLANTED["folder"]
    authority = PLANTED["authority of certificates"]
    configuration = (
        f'trusted_proxies = ["127.0.0.1", "{PLANTED["proxy"]}"]\n'
        f'[tls]\nnames = ["{PLANTED["name of a host in a setting"]}"]\nacme_contact = "{EMAIL}"\n'
        f'acme_directory = "https://{SETTING_USER}:{SETTING_PASSWORD}@{authority}/{PLANTED["path"]}"\n'
        f'[backups]\nfolder = "{data}/backups/{PLANTED["folder"]}"\n'
    )
    data.mkdir()
    (data / "config.toml").write_text(configuration)
    server = Appliance(data, environment={"MONODESK_LOG_LEVEL": "debug"})
    server.start()
    owner = ("setup", "--email", EMAIL, "--name", OWNER)
    assert run(*owner, data=data, given=f"{PASSWORD}\n").returncode == 0
    yield server
    server.kill()


def test_nothing_that_somebody_put_in_is_told(server: Appliance, tmp_path: Path) -> None:
    made = with_people(server, Desk(server.port))
    spoil(server.data)
    program = installation(tmp_path / PLANTED["folder"], server.data)
    secrets = PLANTED | made
    running = bundled(tmp_path / "one.zip", server.data, program)
    assert found(secrets, running) == []
    assert stat.S_IMODE((tmp_path / "one.zip").stat().st_mode) == 0o600
    _is_of_use(running)

    assert server.stop() == 0
    with closing(sqlite3.connect(server.data / "monodesk.db")) as connection, connection:
        connection.execute(f"CREATE TABLE {PLANTED['table']} (x TEXT DEFAULT '{PLANTED['message']}')")
    stopped = bundled(tmp_path / "two.zip", server.data, program)
    assert found(secrets, stopped) == []
    assert json.loads(stopped["status.json"])["running"] is False
    assert json.loads(stopped["database.json"])["unknown"] == 1

    text = f'smtp_url = "smtp://{SETTING_USER}:{SETTING_PASSWORD}@{PLANTED["name of a host in a setting"]}"\n'
    (server.data / "config.toml").write_text(text)
    (server.data / "monodesk.db").write_bytes(b"SQLite format 3\0" + PLANTED["message"].encode() * 100)
    broken = bundled(tmp_path / "three.zip", server.data, program)
    assert found(secrets, broken) == []
    assert json.loads(broken["settings.json"])["refused"] and json.loads(broken["database.json"])["failed"]
    assert set(broken) == set(running) == {"README.txt", *(part.name for part in PARTS)}


def _is_of_use(parts: dict[str, str]) -> None:
    """A bundle that told nothing would pass as well."""
    told_of = {name: json.loads(text) for name, text in parts.items() if name.endswith(".json")}
    assert told_of["versions.json"]["installed"] == "0.9.9"
    assert told_of["status.json"]["messages_last_day"] == 4 and told_of["status.json"]["running"]
    numbers = told_of["settings.json"]
    assert len(numbers) > 150 and numbers["trusted_proxies"]["value"][0] == "127.0.0.1"
    assert numbers["tls.acme_directory"]["value"].startswith("https://host-")
    assert {"tuned", "file", "default"} <= {row["origin"] for row in numbers.values()}
    assert any(row.get("reason") for row in numbers.values())
    assert told_of["machine.json"]["facts"]["resources"]["processors"]["value"] >= 1
    database = told_of["database.json"]
    assert (database["rows"]["messages"], database["rows"]["two_step"], database["missing"]) == (5, 1, [])
    assert database["pragmas"]["journal_mode"] == "wal" and "CREATE TABLE" in database["objects"]["table messages"]
    assert told_of["folder.json"]["keys"]["files"] == 1
    findings = {one["id"]: one for one in told_of["doctor.json"]["findings"]}
    assert len(findings) > 15 and {one["state"] for one in findings.values()} <= {
        "fine",
        "wrong",
        "warning",
        "not_asked",
    }
    assert any(len(one["found"]) > 8 and "…" not in one["found"] for one in findings.values())
    assert numbers["log_level"] == {"value": "debug", "origin": "default", "at_the_next_start": "info"}
    said = [json.loads(line) for line in parts["journal.jsonl"].splitlines()]
    assert [line["text"] for line in said] == [
        "…",
        "monodesk: The data folder … cannot be used: … . Mend that, or name another one with --data.",
    ]
    assert 'monodesk_messages_stored_total{sender="visitor"} 2.0' in parts["metrics.txt"]
    assert 'route="/api/v1/teams"' in parts["metrics.txt"]
    assert "NoNewPrivileges=yes" in parts["unit.txt"] and "# 1 files in monodesk.service.d" in parts["unit.txt"]
    log = [json.loads(line) for line in parts["log.jsonl"].splitlines()]
    assert "serving" in [line.get("text") for line in log]
    (traced,) = [line for line in log if "exception" in line]
    assert traced["exception"] == ["app/chat/messages.py:7 accept", "…:9 …", "ValueError: …"]
    assert {"damaged_bytes": len(PLANTED["damaged log line"])} in log
    # beside what the server says of the file that is no spec, when it comes to it
    assert "disk I/O error …" in [line["reason"] for line in log if "reason" in line]


def test_what_is_there_is_not_written_over_and_a_place_that_cannot_be_is_told(tmp_path: Path) -> None:
    kept = tmp_path / "kept.zip"
    kept.write_text("mine")
    refused = run("support-bundle", str(kept), data=tmp_path / "data")
    assert (refused.returncode, kept.read_text(), "is there already" in refused.stderr) == (1, "mine", True)
    nowhere = run("support-bundle", str(tmp_path / "no" / "x.zip"), data=tmp_path / "data")
    assert (nowhere.returncode, "No such file" in nowhere.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == [kept]
    told_so = run("support-bundle", str(tmp_path / "x.zip"), data=tmp_path / "data", language="zh_CN.UTF-8")
    assert "仅您可读取" in told_so.stdout and "日志的最后部分" in told_so.stdout


def test_a_word_is_told_only_where_our_own_source_says_it() -> None:
    discretion = Discretion(b"x", own_texts())
    whole = "The data folder /srv/geheim cannot be used: No space left on device. Mend that, or name another one with "
    assert discretion.sentence(f"{whole}--data.") == (
        "The data folder … cannot be used: No space left on device. Mend that, or name another one with --data."
    )
    for secret in ("hunter2", "482913", "sk_live_Xx", "Li Lei", "李雷", "a@b.cn", "+86 139", "/home/li", "10.1.2.3"):
        assert secret not in discretion.sentence(secret)
        assert secret not in discretion.term(secret)
        assert secret not in discretion.sentence(f"Process {secret} already serves {secret}. Stop it first")
    assert discretion.address("10.1.2.3") == discretion.address("10.1.2.3") != discretion.address("10.1.2.4")
    assert discretion.address("10.1.2.3") != Discretion(b"y", ()).address("10.1.2.3")
    assert told(b"\xff\xfe no line", discretion) == b'{"damaged_bytes":10}'


DISCRETION = Discretion(b"x", own_texts())
SECRETS = st.from_regex(r"[A-Za-z0-9_@.+/-]{10,30}", fullmatch=True).filter(lambda text: not DISCRETION.knows(text))


def anywhere(secret: str) -> st.SearchStrategy[object]:
    """JSON with a secret in it, as a value, in a longer text or as a name."""
    texts = st.sampled_from((secret, f"Process 17 {secret} serves", f"serving {secret}", f"{secret}: 12"))
    leaves = texts | st.integers() | st.booleans() | st.none()
    names = st.sampled_from(("reason", "address", "exception", "request_id", "code", secret))
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=8)


@settings(deadline=None)
@given(data=st.data(), secret=SECRETS, cut=st.booleans())
def test_whatever_a_line_of_the_log_is_made_of(data: st.DataObject, secret: str, cut: bool) -> None:
    head = {"at": "2026-11-26T00:00:00+00:00", "level": "error", "room": "serve", "text": "serving"}
    names = st.sampled_from(("at", "level", "room", "text", "exception", "reason", "address", "peer", "list", secret))
    line = json.dumps({**head, **data.draw(st.dictionaries(names, anywhere(secret)))}).encode()
    line = line[: len(line) // 2] if cut else line
    for plain in (False, True):
        answer = told(line, DISCRETION, plain=plain)
        assert json.loads(answer)
        assert secret.encode() not in answer
