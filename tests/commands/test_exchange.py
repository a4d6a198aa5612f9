"""Tables in and out by command: beside a running server, alone, and through a server that is killed over it."""

import csv
import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.test_commands import OWNER, PASSWORD, appliance, run  # noqa: F401 - a fixture
from tests.journeys.appliance import ROOT, Appliance


def file(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def contacts(data: Path, folder: Path) -> list[list[str]]:
    """Names and addresses, as an export has them."""
    told = run("export", "contacts", str(folder / "out.csv"), data=data)
    assert (told.returncode, told.stderr) == (0, "")
    assert (folder / "out.csv").stat().st_mode & 0o777 == 0o600
    with (folder / "out.csv").open(encoding="utf-8-sig", newline="") as table:
        return [row[1:3] for row in list(csv.reader(table))[1:]]


def passes(data: Path, folder: Path) -> None:
    """Check, import, refuse, export: alike beside a server and alone."""
    good = file(folder / "good.csv", "Kunde,Mail\nMei,mei@example.com\nBen,ben@example.com\n")
    checked = run("import", "contacts", good, "--check", "--map", "name,email", data=data)
    assert (checked.returncode, contacts(data, folder)) == (0, [])
    assert "Kunde: name" in checked.stdout and "2 would be new" in checked.stdout
    done = run("import", "contacts", good, "--map", "name,email", data=data, language="zh_CN.UTF-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "新增 2，更新 0。\n", "")
    bad = file(folder / "bad.csv", "name,email\nEve,eve@example.com\nJo,nowhere\n")
    refused = run("import", "contacts", bad, data=data)
    assert refused.returncode == 1
    assert refused.stderr.startswith("row 3, email: ") and "Nothing was imported" in refused.stdout
    told = json.loads(run("import", "contacts", bad, "--json", data=data).stdout)
    assert [(one["row"], one["column"]) for one in told["problems"]] == [(3, "email")]
    assert contacts(data, folder) == [["Mei", "mei@example.com"], ["Ben", "ben@example.com"]]
    words = file(folder / "words.csv", "shortcut,text\nhi,Good morning\n")
    assert run("import", "canned", words, data=data).returncode == 0
    people = file(folder / "people.csv", "name,email,role\nKim,kim@example.com,agent\n")
    assert run("import", "agents", people, data=data).returncode == 0
    for table in ("conversations", "tickets"):
        assert json.loads(run("export", table, str(folder / "t.csv"), "--json", data=data).stdout)["bytes"] > 0
    assert not list((data / "run").glob(".exchange-*"))


def test_beside_a_running_server(appliance: Appliance, tmp_path: Path) -> None:  # noqa: F811
    assert run(*OWNER, data=appliance.data, given=PASSWORD + "\n").returncode == 0
    passes(appliance.data, tmp_path)
    assert appliance.ready()


def test_where_no_server_runs(tmp_path: Path) -> None:
    assert run(*OWNER, data=tmp_path / "data", given=PASSWORD + "\n").returncode == 0
    passes(tmp_path / "data", tmp_path)


@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
def test_what_cannot_be_read_or_written_is_said(tmp_path: Path, language: str) -> None:
    data = tmp_path / "data"
    for line in (("import", "contacts", str(tmp_path / "none.csv")), ("export", "tickets", str(tmp_path / "no" / "t"))):
        done = run(*line, data=data, language=language)
        assert done.returncode == 1
        assert line[2] in done.stderr and ("Name a" in done.stderr or "请指定" in done.stderr)
    assert run("import", "tickets", "x.csv", data=data).returncode == 2


def test_a_server_that_is_killed_over_it_leaves_nothing(appliance: Appliance, tmp_path: Path) -> None:  # noqa: F811
    many = file(tmp_path / "many.csv", "name,email\n" + "".join(f"C{n},c{n}@example.com\n" for n in range(40_000)))
    command = [sys.executable, "-m", "app", "import", "contacts", many, "--data", str(appliance.data)]
    importing = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with closing(sqlite3.connect(f"file:{appliance.data / 'monodesk.db'}?mode=ro", uri=True)) as looker:
        deadline = time.monotonic() + 60
        while not looker.execute("SELECT count(*) FROM staged_contacts").fetchone()[0]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    appliance.kill()
    _, said = importing.communicate(timeout=60)
    assert importing.returncode == 1 and b"hung up before it answered" in said
    appliance.start()
    with closing(sqlite3.connect(f"file:{appliance.data / 'monodesk.db'}?mode=ro", uri=True)) as looker:
        rows = [looker.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in ("contacts", "staged_contacts")]
    assert rows == [0, 0]
