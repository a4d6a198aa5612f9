"""`monodesk logs` over the log of a real server: its old files, its rotation, what a crash has left in it."""

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.commands.logs import moment
from app.model.errors import Invalid
from app.telemetry.log_reader import LINE_BYTES_MAX, LogReader
from tests.journeys.appliance import ROOT, Appliance

_SECONDS_MAX = 60.0
ROTATING = {"MONODESK_LIMITS_LOG_BYTES_MAX": "100", "MONODESK_LOG_LEVEL": "debug"}


def command(data: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "app", "logs", "--data", str(data), *options]


def logs(data: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(data, *options),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_SECONDS_MAX,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **environment},
    )


def written(minutes_ago: float, level: str, text: str, **facts: object) -> str:
    at = datetime.now().astimezone() - timedelta(minutes=minutes_ago)
    return json.dumps(
        {"at": at.isoformat(timespec="milliseconds"), "level": level, "room": "test", "text": text, **facts}
    )


def a_log(data: Path, *files: Sequence[str]) -> Path:
    """The files of a log, the oldest first."""
    folder = data / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    for number, lines in enumerate(reversed(files)):
        name = "monodesk.log" + (f".{number}" if number else "")
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return folder / "monodesk.log"


def texts(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["text"] for line in done.stdout.splitlines()]


def test_a_servers_log_is_read_through_all_its_files(tmp_path: Path) -> None:
    server = Appliance(tmp_path / "data", environment=ROTATING)
    server.start()
    assert server.stop() == 0
    assert len(list((server.data / "logs").glob("monodesk.log.*"))) > 1, "it has turned over"
    told = [json.loads(line) for line in logs(server.data, "--json").stdout.splitlines()]
    assert [told[-1]["text"], "serving" in [line["text"] for line in told]] == ["stopping", True]
    assert [line["at"] for line in told] == sorted(line["at"] for line in told)
    assert {"at", "level", "room", "text"} <= set(told[0])
    (last,) = logs(server.data, "-n", "1").stdout.splitlines()
    assert last.split()[2:] == ["INFO", "appliance", "stopping"]


def test_what_is_wanted_is_told(tmp_path: Path) -> None:
    a_log(
        tmp_path,
        [written(3_000, "info", "long ago"), written(200, "error", "this morning", code="a b", reason="x=1")],
        [written(50, "info", "just now"), written(1, "warning", "a moment ago")],
    )
    assert texts(logs(tmp_path, "--json")) == ["long ago", "this morning", "just now", "a moment ago"]
    assert texts(logs(tmp_path, "--json", "--since", "4h")) == ["this morning", "just now", "a moment ago"]
    assert texts(logs(tmp_path, "--json", "--since", "60m", "--level", "warning")) == ["a moment ago"]
    assert texts(logs(tmp_path, "--json", "--level", "warning")) == ["this morning", "a moment ago"]
    assert texts(logs(tmp_path, "--json", "-n", "2")) == ["just now", "a moment ago"]
    assert texts(logs(tmp_path, "--json", "-n", "1", "--level", "error")) == ["this morning"]
    assert 'this morning code="a b" reason="x=1"' in logs(tmp_path).stdout
    assert "\x1b" not in logs(tmp_path).stdout


@pytest.mark.parametrize("wrong", [("--since", "soon"), ("--since", "99999999d"), ("-n", "0"), ("--level", "loud")])
def test_what_cannot_be_meant_is_refused(tmp_path: Path, wrong: tuple[str, str]) -> None:
    refused = logs(tmp_path, *wrong)
    assert refused.returncode in (1, 2)
    assert wrong[0].lstrip("-")[0] in refused.stderr and "Traceback" not in refused.stderr


def test_a_folder_without_a_log_says_so(tmp_path: Path) -> None:
    refused = logs(tmp_path / "nowhere")
    assert (refused.returncode, str(tmp_path / "nowhere") in refused.stderr) == (1, True)
    assert "没有日志" in logs(tmp_path / "nowhere", LC_ALL="zh_CN.UTF-8").stderr


def test_damaged_lines_are_told_and_harm_nothing(tmp_path: Path) -> None:
    path = a_log(tmp_path, [written(1, "info", "before"), '{"at": "2026', "", "\x1b[2J\x07 no JSON"])
    long = b"x" * (LINE_BYTES_MAX + 10)
    path.write_bytes(path.read_bytes() + b"\0" * 100 + b"\n\xff\xfe\n" + long + b"\n" + b'["a list"]\n')
    with path.open("a") as file:
        file.write(written(1, "info", "after\x1b[31m\nred") + "\n" + '{"at": "cut')
    plain = logs(tmp_path)
    assert plain.returncode == 0
    rows = plain.stdout.splitlines()
    assert "before" in rows[0]
    assert r"after\x1b[31m\nred" in rows[-2]
    assert rows[-1] == '? {"at": "cut'
    assert r"? \x1b[2J\x07 no JSON" in rows and '? ["a list"]' in rows
    assert not {"\x1b", "\x07", "\0"} & set(plain.stdout)
    assert sum(row.count("x" * 10) > 0 for row in rows) == 2, "an endless line comes in pieces"
    assert all(isinstance(json.loads(row), dict) for row in logs(tmp_path, "--json").stdout.splitlines())


@contextmanager
def following(data: Path) -> Iterator["Follower"]:
    follower = Follower(data)
    try:
        yield follower
    finally:
        follower.end()


class Follower:
    """A `monodesk logs --follow` that runs, writing to a file."""

    def __init__(self, data: Path) -> None:
        self._to = data.with_name(f"{data.name}.followed")
        with self._to.open("wb") as file:
            self._process = subprocess.Popen(command(data, "--follow", "--json"), cwd=ROOT, stdout=file)

    def texts(self) -> list[str]:
        whole = self._to.read_text().rpartition("\n")[0]  # the last line may still be on its way
        return [json.loads(line)["text"] for line in whole.splitlines()]

    def wait_for(self, text: str) -> list[str]:
        deadline = time.monotonic() + _SECONDS_MAX
        while text not in self.texts():
            assert time.monotonic() < deadline and self._process.poll() is None, self.texts()
            time.sleep(0.05)
        return self.texts()

    def end(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(_SECONDS_MAX)


def append(path: Path, *lines: str, end: str = "\n") -> None:
    with path.open("a") as file:
        file.writelines(f"{line}{end}" for line in lines)


def test_it_follows_over_everything_that_happens_to_a_file(tmp_path: Path) -> None:
    path = a_log(tmp_path / "data", [written(1, "info", "first")])
    with following(tmp_path / "data") as follower:
        follower.wait_for("first")
        parts = written(0, "info", "in two parts")
        append(path, parts[:20], end="")
        time.sleep(0.5)
        append(path, parts[20:])
        follower.wait_for("in two parts")
        append(path, written(0, "info", "just before it was renamed"))
        path.rename(path.with_name("monodesk.log.1"))
        append(path.with_name("monodesk.log.1"), written(0, "info", "by one who had it open"))
        append(path, written(0, "info", "second file"))
        follower.wait_for("second file")
        path.rename(path.with_name("elsewhere"))
        time.sleep(0.5)
        append(path, written(0, "info", "third file"))
        follower.wait_for("third file")
        path.write_text("")
        time.sleep(0.5)
        append(path, written(0, "info", "emptied"))
        told = follower.wait_for("emptied")
    assert told == [
        "first", "in two parts", "just before it was renamed", "by one who had it open", "second file", "third file",
        "emptied",
    ]  # fmt: skip


def test_it_follows_a_server_over_usr1_and_a_restart(tmp_path: Path) -> None:
    server = Appliance(tmp_path / "data")
    server.start()
    try:
        with following(server.data) as follower:
            follower.wait_for("serving")
            log = server.data / "logs" / "monodesk.log"
            log.rename(log.with_name("kept-by-logrotate"))
            os.kill(server.pid, signal.SIGUSR1)
            time.sleep(0.5)
            os.kill(server.pid, signal.SIGHUP)
            follower.wait_for("the configuration was read again")
            assert server.stop() == 0
            follower.wait_for("stopping")
            server.start()
            deadline = time.monotonic() + _SECONDS_MAX
            while follower.texts().count("serving") < 2:
                assert time.monotonic() < deadline
                time.sleep(0.05)
    finally:
        server.kill()


def test_a_reader_misses_nothing_of_many_turns(tmp_path: Path) -> None:
    path = a_log(tmp_path, ["0"])
    reader = LogReader(path.parent)
    told = list(reader.lines())
    for number in range(1, 60):
        append(path, str(number))
        if number % 7 == 0:
            for older in (3, 2, 1):
                if (moved := path.with_name(f"monodesk.log.{older}")).exists():
                    moved.rename(path.with_name(f"monodesk.log.{older + 1}"))
            path.rename(path.with_name("monodesk.log.1"))
        if number % 10 == 0:
            told += reader.more()
    for _ in range(8):
        told += reader.more()
    reader.close()
    assert told == [str(number).encode() for number in range(60)]


def test_a_follower_whose_reader_is_gone_ends(tmp_path: Path) -> None:
    a_log(tmp_path, [written(1, "info", "first")])
    follower = subprocess.Popen(command(tmp_path, "--follow"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert follower.stdout is not None and follower.stderr is not None
    assert b"first" in follower.stdout.readline()
    follower.stdout.close()
    assert (follower.wait(_SECONDS_MAX), follower.stderr.read()) == (141, b"")
    follower.stderr.close()


@pytest.mark.parametrize(
    ("environment", "painted"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_levels_have_colours_on_a_terminal_alone(tmp_path: Path, environment: dict[str, str], painted: bool) -> None:
    a_log(tmp_path, [written(1, "error", "it went wrong", exception="Traceback\n  line \x1b[0m")])
    leader, follower = pty.openpty()
    plain = {**os.environ, "TERM": "xterm", **environment}
    if "NO_COLOR" not in environment:
        plain.pop("NO_COLOR", None)
    subprocess.run(command(tmp_path), cwd=ROOT, stdout=follower, env=plain, timeout=_SECONDS_MAX, check=True)
    os.close(follower)
    shown = os.read(leader, 4_096).decode()
    os.close(leader)
    assert ("\x1b[31mERROR" in shown) == painted
    assert r"    \x1b" not in shown and r"      line \x1b[0m" in shown


def test_where_a_service_left_no_files_the_journal_is_asked(tmp_path: Path) -> None:
    """journalctl is other people's; the installation is known by its record."""
    data, prefix, programs = tmp_path / "data", tmp_path / "prefix", tmp_path / "bin"
    (prefix / "versions" / "1").mkdir(parents=True)
    programs.mkdir()
    record = {"target": "systemd", "version": "1", "data": str(data), "source": "", "unit": "/etc/x/monodesk.service"}
    (prefix / "install.json").write_text(json.dumps(record))
    asked = tmp_path / "asked"
    lines = "\n".join([written(1, "info", "from the journal"), "monodesk: a sentence to standard error"])
    fake = f"#!/bin/sh\necho \"$@\" >> {asked}\ncat <<'EOF'\n{lines}\nEOF\n"
    (programs / "journalctl").write_text(fake)
    (programs / "journalctl").chmod(stat.S_IRWXU)
    script = "import sys; sys.executable = sys.argv.pop(1)\nfrom app.cli import main\nsys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            script,
            str(prefix / "versions/1/monodesk"),
            "logs",
            "--data",
            str(data),
            "--since",
            "1h",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stderr
    assert "from the journal" in done.stdout and "? monodesk: a sentence" in done.stdout
    assert asked.read_text().startswith("--system --unit monodesk.service --output cat --no-pager --since @")


def test_moments() -> None:
    now = datetime.fromisoformat("2026-11-26T12:00:00+00:00")
    assert moment("90m", now) == now - timedelta(minutes=90)
    assert moment("2026-11-26T10:00+00:00", now) == now - timedelta(hours=2)
    today = moment("09:30", now)
    assert (today.hour, today.minute, today.tzinfo is not None) == (9, 30, True)
    for wrong in ("", "h", "1y", "24:61", "-1h", "１h"):
        with pytest.raises(Invalid):
            moment(wrong, now)
