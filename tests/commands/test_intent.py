"""`monodesk intent` with files: beside a running server and alone."""

import json
from pathlib import Path

import pytest

from tests.commands.test_commands import appliance, run  # noqa: F401 - a fixture
from tests.journeys.appliance import Appliance

CSV = "intent,language,text\ngreet,en,hello\ngreet,en,good day\nbye,zh,再见\n"


def passes(data: Path, folder: Path) -> None:
    """Check, import, refuse, export: alike beside a server and alone."""
    good, bad = folder / "good.csv", folder / "bad.csv"
    good.write_text(CSV, encoding="utf-8")
    bad.write_text(CSV + "bye,en,Hello!\n", encoding="utf-8")
    refused = run("intent", "import", str(bad), data=data)
    assert refused.returncode == 1 and "nothing was imported" in refused.stdout
    assert refused.stderr.startswith(f"{bad}:5: “Hello!” is to mean bye, and means greet in line 2")
    checked = run("intent", "import", str(good), "--check", data=data)
    assert (checked.returncode, checked.stdout) == (
        0, f"{good} (csv): 3 phrases would be new, 0 were known; 2 intents would be new, 0 would be changed.\n",
    )  # fmt: skip
    assert "bye has one phrase only" in checked.stderr
    done = run("intent", "import", str(good), str(good), data=data, language="zh_CN.UTF-8")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"{good}（csv）：新增短语 3，已有 0；新增意图 2，更新 0。",
        f"{good}（csv）：新增短语 0，已有 3；新增意图 0，更新 0。",
    ]
    told = json.loads(run("intent", "export", str(folder / "out.csv"), "--json", data=data).stdout)
    assert told["format"] == "csv" and (folder / "out.csv").stat().st_mode & 0o777 == 0o600
    head, *rows = (folder / "out.csv").read_text(encoding="utf-8").splitlines()
    assert head == "intent,language,text"
    assert sorted(rows) == ["bye,zh,再见", "greet,en,good day", "greet,en,hello"]
    starter = json.loads(run("intent", "starter", "--json", data=data).stdout)
    assert (starter["done"], starter["created"]) == (True, 64)
    again = json.loads(run("intent", "import", str(folder / "out.csv"), "--json", data=data).stdout)
    assert again["files"][0]["duplicates"] == 3
    assert not list((data / "run").glob(".exchange-*"))


def test_beside_a_running_server(appliance: Appliance, tmp_path: Path) -> None:  # noqa: F811
    passes(appliance.data, tmp_path)
    assert appliance.ready()


def test_where_no_server_runs(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(CSV, encoding="utf-8")
    assert run("intent", "import", str(tmp_path / "good.csv"), data=tmp_path / "data").returncode == 0
    assert run("intent", "export", str(tmp_path / "out.yaml"), data=tmp_path / "data").returncode == 0
    assert "text: good day" in (tmp_path / "out.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
def test_what_cannot_be_done_is_said(tmp_path: Path, language: str) -> None:
    data = tmp_path / "data"
    for line in (("import",), ("export",), ("export", "a", "b")):
        assert run("intent", *line, data=data, language=language).returncode == 2
    gone = run("intent", "import", str(tmp_path / "none.csv"), data=data, language=language)
    assert gone.returncode == 1 and str(tmp_path / "none.csv") in gone.stderr


def test_the_desks_phrases_are_trained_beside_a_running_server(appliance: Appliance) -> None:  # noqa: F811
    nothing = run("intent", "train", data=appliance.data)
    assert nothing.returncode == 1 and "Nothing was trained" in nothing.stdout
    good = appliance.data / "good.csv"
    good.write_text(CSV, encoding="utf-8")
    assert run("intent", "import", str(good), data=appliance.data).returncode == 0
    told = json.loads(run("intent", "train", "--json", data=appliance.data).stdout)
    assert (told["training"]["state"], told["version"]["at_work"]) == ("done", True)
    assert (told["version"]["measured"]["phrases"], told["version"]["measured"]["intents"]) == (3, 2)
    done = run("intent", "train", data=appliance.data, language="zh_CN.UTF-8")
    assert done.returncode == 0 and done.stdout.startswith("版本 2 已启用。")


def test_training_the_desks_phrases_needs_a_server(tmp_path: Path) -> None:
    refused = run("intent", "train", data=tmp_path / "data")
    assert refused.returncode == 1 and "No server runs" in refused.stderr
