"""Upgrades and rollbacks of a real server under a visitor who writes all the time: nothing acknowledged is lost."""

import json
import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from installer import signature
from installer.layout import digest
from tests.commands.terminal import on_terminal
from tests.installer.installation import Installation, Visitor, installed
from tests.installer.source_files import write_file

NEXT = "-- one more table\nCREATE TABLE tomorrow (x INTEGER);\n"
READY = 'write_checked(self._house)\n        return {"version"'
NOT_READY = {"app/appliance.py": (READY, 'self._doors\n        return {"nothing"')}
OTHER_SCRIPT = {"installer/targets/portable.py": ("# Starts Monodesk", "# Runs Monodesk")}
DIES = 'if [ "$1" = serve ]; then echo "monodesk: no luck today" >&2; exit 3; fi'
HANGS = 'if [ "$1" = serve ]; then exec sleep 600; fi'
MIGRATES = 'if [ "$1" = serve ]; then "$0" rehearse --data "$3" >&2; echo "monodesk: migrated" >&2; exit 3; fi'
LACKS = 'if [ "$1" = rehearse ]; then echo "monodesk: libfoo is missing" >&2; exit 127; fi'


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path) as made:
        yield made


def step(installation: Installation, sql: str = NEXT) -> dict[str, str]:
    """A migration after the last one."""
    last = max((installation.layout.version("1.0.0") / "_internal/app/storage/migrations").glob("*.sql")).name
    return {f"{int(last[:4]) + 1:04}_tomorrow.sql": sql}


def stored_once(installation: Installation, visitor: Visitor) -> None:
    """Everything that was acknowledged is there, and once."""
    texts = [str(text) for (text,) in installation.rows("SELECT text FROM messages WHERE sender_kind = 'visitor'")]
    counts = [texts.count(text) for text in visitor.acknowledged]
    assert counts == [1] * len(counts)


def as_before(installation: Installation, trees: list[str] = ["1.0.0"]) -> None:
    """Nothing of an upgrade is left."""
    assert installation.layout.points_to() == installation.record.version == trees[0]
    assert installation.trees == trees
    left = {path.name for path in installation.prefix.iterdir()}
    assert left == {"versions", "current", "install.json", "data", "data.log", ".upgrade.lock", "start.sh"} & left
    assert not (installation.layout.data / "run" / "rehearsal").exists()
    assert not list((installation.layout.data / "backups").glob("*upgrade*"))
    assert not list(installation.layout.data.glob(".*.back"))


def test_a_newer_file_serves_within_seconds_and_everything_is_there(installation: Installation, tmp_path: Path) -> None:
    file = write_file(tmp_path / "desk", "1.1.0", steps=step(installation))
    installation.server.start()
    schema = installation.schema()
    with Visitor(installation.server) as visitor:
        planned = installation.run("upgrade", file, "--allow-unsigned", "--dry-run")
        assert (planned.returncode, "1.0.0 → 1.1.0" in planned.stdout) == (0, True)
        as_before(installation)
        done = installation.run("upgrade", file, "--allow-unsigned")
        assert done.returncode == 0, done.stderr
    assert "NOT CHECKED" in done.stdout
    assert re.search(r"Nobody was answered for \d+\.\d s", done.stdout)
    assert (installation.serves(), installation.schema()) == ("1.1.0", schema + 1)
    assert (installation.record.version, installation.record.previous) == ("1.1.0", "1.0.0")
    assert "monodesk" in installation.record.tree
    assert installation.trees == ["1.0.0", "1.1.0"]
    assert visitor.gap_seconds < 15, "three times what is promised"
    stored_once(installation, visitor)
    kept = [path.name for path in (installation.layout.data / "backups").glob("*upgrade*")]
    assert kept == ["before-upgrade-1.1.0.db"]
    again = installation.run("upgrade", file, "--allow-unsigned")
    assert (again.returncode, "1.1.0 is installed already" in again.stdout) == (0, True)


@pytest.mark.full
def test_back_without_a_loss_where_the_schema_has_not_changed(installation: Installation, tmp_path: Path) -> None:
    file = write_file(tmp_path / "desk", "1.1.0")
    installation.server.start()
    with Visitor(installation.server) as visitor:
        assert installation.run("upgrade", file, "--allow-unsigned").returncode == 0
        back = installation.run("rollback", "--json")
        assert back.returncode == 0, back.stderr
        told = json.loads(back.stdout)
        assert (told["source"], told["target"], told["done"]) == ("1.1.0", "1.0.0", True)
    assert installation.serves() == "1.0.0"
    stored_once(installation, visitor)
    as_before(installation)
    refused = installation.run("rollback")
    assert (refused.returncode, "no version before 1.0.0" in refused.stderr) == (1, True)


@pytest.mark.full
def test_back_behind_a_new_schema_says_what_it_costs_and_keeps_it(installation: Installation, tmp_path: Path) -> None:
    file = write_file(tmp_path / "desk", "1.1.0", steps=step(installation))
    installation.server.start()
    schema = installation.schema()
    with Visitor(installation.server) as before:
        pass
    assert installation.run("upgrade", file, "--allow-unsigned").returncode == 0
    with Visitor(installation.server) as after:
        pass
    epoch = installation.rows("SELECT value FROM meta WHERE key = 'epoch'")
    refused = installation.run("rollback")
    told = re.search(r"Since then (\d+) messages and (\d+) new", refused.stderr)
    assert refused.returncode == 1 and told is not None, refused.stderr
    counts = "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM conversations)"
    kept = installation.layout.data / "backups" / "before-upgrade-1.1.0.db"
    ((messages, conversations),), ((fewer, older),) = installation.rows(counts), installation.rows(counts, kept)
    assert told.groups() == (f"{int(str(messages)) - int(str(fewer))}", f"{int(str(conversations)) - int(str(older))}")
    assert int(told[1]) >= len(after.acknowledged)
    assert "--discard" in refused.stderr
    assert "--discard" in installation.run("rollback", language="zh_CN.UTF-8").stderr
    assert installation.serves() == "1.1.0", "and nothing has happened"
    done = installation.run("rollback", "--discard")
    assert done.returncode == 0, done.stderr
    assert (installation.serves(), installation.schema()) == ("1.0.0", schema)
    stored_once(installation, before)
    assert installation.rows("SELECT value FROM meta WHERE key = 'epoch'") != epoch, "clients must not go on from later"
    aside = installation.layout.data / "backups" / "discarded-upgrade-1.1.0.db"
    texts = {text for (text,) in installation.rows("SELECT text FROM messages", aside)}
    assert set(after.acknowledged) <= texts
    assert installation.trees == ["1.0.0"]


@pytest.mark.parametrize(
    ("steps", "before", "reason"),
    [
        ("INSERT INTO nowhere VALUES (1);", "", "nowhere"),
        (NEXT, LACKS, "libfoo is missing"),
    ],
)
def test_what_the_rehearsal_finds_costs_nobody_a_second(
    installation: Installation, tmp_path: Path, steps: str, before: str, reason: str
) -> None:
    file = write_file(tmp_path / "desk", "1.1.0", steps=step(installation, steps), before=before)
    installation.server.start()
    pid, schema = installation.pid, installation.schema()
    refused = installation.run("upgrade", file, "--allow-unsigned")
    assert refused.returncode == 1
    assert reason in refused.stderr and "Nothing was changed" in refused.stderr
    assert (installation.pid, installation.schema(), installation.serves()) == (pid, schema, "1.0.0")
    as_before(installation)


@pytest.mark.full
@pytest.mark.parametrize(
    ("before", "reason", "seconds"),
    [
        (DIES, "no luck today", "30"),
        (HANGS, "was not ready within", "2"),
        (MIGRATES, "migrated", "30"),
    ],
    ids=["dies", "hangs", "migrates and dies"],
)
def test_one_that_never_gets_ready_is_undone_and_nothing_is_lost(
    installation: Installation, tmp_path: Path, before: str, reason: str, seconds: str
) -> None:
    file = write_file(tmp_path / "desk", "1.1.0", steps=step(installation), before=before)
    installation.server.start()
    schema = installation.schema()
    with Visitor(installation.server) as visitor:
        refused = installation.run(
            "upgrade", file, "--allow-unsigned",
            environment={"MONODESK_LIMITS_UPGRADE_READY_SECONDS_MIN": seconds},
        )  # fmt: skip
    assert (refused.returncode, reason in refused.stderr) == (1, True), refused.stderr
    assert "Everything is back at 1.0.0" in refused.stderr
    assert (installation.serves(), installation.schema()) == ("1.0.0", schema)
    stored_once(installation, visitor)
    as_before(installation)


@pytest.mark.full
def test_an_upgrade_that_fails_leaves_the_way_back_of_the_one_before(
    installation: Installation, tmp_path: Path
) -> None:
    good = write_file(tmp_path / "good", "1.1.0", steps=step(installation))
    installation.server.start()
    schema = installation.schema()
    assert installation.run("upgrade", good, "--allow-unsigned").returncode == 0
    for name, before in (("dies", DIES), ("lacks", LACKS)):
        bad = write_file(tmp_path / name, "1.2.0", steps=step(installation), before=before)
        assert installation.run("upgrade", bad, "--allow-unsigned").returncode == 1
        assert installation.serves() == "1.1.0"
    back = installation.run("rollback", "--discard")
    assert back.returncode == 0, back.stderr
    assert (installation.serves(), installation.schema()) == ("1.0.0", schema)


@pytest.mark.full
def test_what_an_unready_version_has_stored_is_kept_and_told(installation: Installation, tmp_path: Path) -> None:
    """It opens its doors, takes messages, and fails at telling that it is ready: its schema is not ours to read."""
    file = write_file(tmp_path / "desk", "1.1.0", steps=step(installation), changes=NOT_READY)
    began = time.monotonic()
    installation.server.start()
    seconds = max(4, 4 * round(time.monotonic() - began))  # so long that it takes messages, however slow the machine
    with Visitor(installation.server) as visitor:
        refused = installation.run(
            "upgrade", file, "--allow-unsigned",
            environment={"MONODESK_LIMITS_UPGRADE_READY_SECONDS_MIN": str(seconds)},
        )  # fmt: skip
    assert refused.returncode == 1
    aside = installation.layout.data / "backups" / "failed-upgrade-1.1.0.db"
    assert str(aside) in refused.stderr
    here = {text for (text,) in installation.rows("SELECT text FROM messages")}
    there = {text for (text,) in installation.rows("SELECT text FROM messages", aside)}
    assert set(visitor.acknowledged) <= here | there
    assert installation.serves() == "1.0.0"


@pytest.mark.full
def test_one_that_did_not_run_is_not_started(installation: Installation, tmp_path: Path) -> None:
    file = write_file(tmp_path / "desk", "1.1.0", steps=step(installation))
    installation.server.start()
    assert installation.server.stop() == 0
    done = installation.run("upgrade", file, "--allow-unsigned")
    assert (done.returncode, installation.pid) == (0, 0), done.stderr
    installation.server.start()
    assert installation.serves() == "1.1.0"


@pytest.mark.full
def test_what_was_written_beside_the_programs_is_renewed_and_comes_back(
    installation: Installation, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "desk", "1.1.0", changes=OTHER_SCRIPT)
    installation.server.start()
    script, before = installation.script, installation.script.read_text()
    assert installation.run("upgrade", file, "--allow-unsigned").returncode == 0
    assert "# Runs Monodesk" in script.read_text() and os.access(script, os.X_OK)
    assert installation.record.files == {str(script): digest(script)}
    assert installation.run("rollback").returncode == 0
    assert script.read_text() == before
    assert installation.record.files == {str(script): digest(script)}


@pytest.mark.full
def test_what_the_administrator_has_changed_is_left_alone_with_a_word(
    installation: Installation, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "desk", "1.1.0", changes=OTHER_SCRIPT)
    own = installation.script.read_text() + "# mine\n"
    installation.script.write_text(own)
    done = installation.run("upgrade", file, "--allow-unsigned")
    assert (done.returncode, f"{installation.script} was changed by hand" in done.stdout) == (0, True), done
    assert installation.run("rollback").returncode == 0
    assert installation.script.read_text() == own


@pytest.mark.full
def test_the_way_back_of_a_version_that_does_not_come_up_brings_the_script_back(
    installation: Installation, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "desk", "1.1.0", changes=OTHER_SCRIPT, before=DIES)
    installation.server.start()
    before = installation.script.read_text()
    assert installation.run("upgrade", file, "--allow-unsigned").returncode == 1
    assert installation.script.read_text() == before
    as_before(installation)


def test_older_files_and_other_files_are_refused(installation: Installation, tmp_path: Path) -> None:
    older = installation.run("upgrade", write_file(tmp_path / "old", "0.9.0"), "--allow-unsigned")
    assert (older.returncode, "older version may not know the database" in older.stderr) == (1, True)
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho hello\n")
    refused = installation.run("upgrade", other, "--allow-unsigned")
    assert (refused.returncode, "does not run as a Monodesk" in refused.stderr) == (1, True)
    missing = installation.run("upgrade", tmp_path / "missing", "--allow-unsigned")
    assert (missing.returncode, "no file" in missing.stderr) == (1, True)
    as_before(installation)


def test_only_what_a_known_key_has_signed_is_run(installation: Installation, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    file = write_file(tmp_path / "desk", "1.1.0")
    file.write_text(file.read_text().replace("#!/bin/sh", f"#!/bin/sh\ntouch {ran}"))
    development = installation.run("upgrade", file)
    assert (development.returncode, "development file" in development.stderr) == (1, True)

    keys = [tmp_path / f"key{number}.pem" for number in range(3)]
    first, second, _ = (signature.generate(key) for key in keys)
    known = installation.layout.version("1.0.0") / "_internal" / "installer" / signature.KEYS
    known.write_text(f"{first}\n{second}\n")
    for prepare, words in (
        (lambda: None, "no signature"),
        (lambda: signature.sign(file, keys[2]), "not the signature of this file"),
        (lambda: signature.signature_of(file).write_text("not base64 at all"), "holds no signature"),
    ):
        prepare()
        refused = installation.run("upgrade", file)
        assert refused.returncode == 1 and words in refused.stderr
        assert not ran.exists(), "nothing of it may run before it is known who made it"
    signature.sign(file, keys[2])
    forced = installation.run("upgrade", file, "--allow-unsigned")
    assert forced.returncode == 1, "a wrong signature is worse than none"
    assert not ran.exists()
    signature.signature_of(file).unlink()
    unsigned = installation.run("upgrade", file, "--allow-unsigned")
    assert (unsigned.returncode, "is a release" in unsigned.stderr) == (1, True), "a flag in a script is not enough"
    assert not ran.exists()
    signature.sign(file, keys[1])
    done = installation.run("upgrade", file)
    assert (done.returncode, "The signature is good" in done.stdout, ran.exists()) == (0, True, True), done.stderr


def test_what_nobody_has_signed_replaces_a_release_only_by_a_typed_confirmation(
    installation: Installation, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "desk", "1.1.0")
    known = installation.layout.version("1.0.0") / "_internal" / "installer" / signature.KEYS
    known.write_text(f"{signature.generate(tmp_path / 'key.pem')}\n")
    words = ("upgrade", file, "--allow-unsigned", "--prefix", installation.prefix)
    program = (installation.layout.program,)
    wrong = on_terminal(*words, program=program, given=b"yes\n")
    assert (wrong.returncode, "is a release" in wrong.text, installation.layout.points_to()) == (1, True, "1.0.0")
    assert digest(file) in wrong.text
    asked = on_terminal(*words, "--json", program=program, given=digest(file)[:8].encode() + b"\n")
    assert asked.returncode == 1, "--json is for machines, and no machine may say it"
    typed = on_terminal(
        *words, program=program, given=digest(file)[:8].encode() + b"\n", environment={"LC_ALL": "zh_CN.UTF-8"}
    )
    assert (typed.returncode, "未校验该文件的来源" in typed.text) == (0, True), typed.text
    assert installation.layout.points_to() == "1.1.0"


@pytest.mark.full
def test_two_at_a_time_are_one_too_many(installation: Installation, tmp_path: Path) -> None:
    slow = write_file(tmp_path / "slow", "1.1.0")
    slow.write_text(slow.read_text().replace("#!/bin/sh", f"#!/bin/sh\ntouch {tmp_path}/began; sleep 20"))
    with subprocess.Popen(
        [installation.layout.program, "upgrade", slow, "--allow-unsigned", "--prefix", installation.prefix],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as first:
        while not (tmp_path / "began").exists():
            assert first.poll() is None
        second = installation.run("upgrade", slow, "--allow-unsigned")
        assert (second.returncode, "Another upgrade" in second.stderr) == (1, True)
        os.killpg(first.pid, 9)


def test_a_full_disk_is_foreseen(installation: Installation, tmp_path: Path) -> None:
    file = write_file(tmp_path / "desk", "1.1.0")
    installation.layout.data.mkdir()
    refused = installation.run(
        "upgrade", file, "--allow-unsigned", environment={"MONODESK_LIMITS_DISK_RESERVE_BYTES": str(1 << 60)}
    )
    assert (refused.returncode, "MiB free and the upgrade needs" in refused.stderr) == (1, True)
    as_before(installation)


def test_the_copy_that_is_put_back_has_no_foreign_log(tmp_path: Path) -> None:
    """A log beside another database would be replayed into it."""
    from app.storage import standstill

    database, kept, aside = (tmp_path / name for name in ("monodesk.db", "kept.db", "aside.db"))
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for sql in ("CREATE TABLE meta (key TEXT, value TEXT)", "INSERT INTO meta VALUES ('epoch', 'first')"):
            connection.execute(sql)
    standstill.keep(database, kept)
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("INSERT INTO meta VALUES ('later', 'x')")
    log = Path(f"{database}-wal").read_bytes()
    writer.close()
    database.write_bytes(b"what a failed version left" * 100)
    Path(f"{database}-wal").write_bytes(log)
    standstill.put_back(kept, database, aside, sign_out=False)
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT key, value FROM meta").fetchall()
    assert [key for key, _ in rows] == ["epoch"] and rows[0][1] != "first"
    assert aside.read_bytes().startswith(b"what a failed version left")
    assert Path(f"{aside}-wal").read_bytes() == log
