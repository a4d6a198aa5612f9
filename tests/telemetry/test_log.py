"""One JSON object a line, naming the request and the conversation it belongs to."""

import contextlib
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.telemetry import log
from tests.journeys.appliance import ROOT


@pytest.fixture
def folder(tmp_path: Path, alone: None) -> Path:
    log.set_up("info", tmp_path)
    return tmp_path


@pytest.fixture
def alone() -> Iterator[None]:
    """With the root logger to itself: pytest's handlers are put back afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    for handler in before[0]:
        root.removeHandler(handler)
    yield
    log.set_up("info")
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    for handler in before[0]:
        root.addHandler(handler)
    root.setLevel(before[1])


def _lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "monodesk.log").read_text().splitlines() if line]


def test_a_line_names_its_request_and_conversation(folder: Path) -> None:
    with log.about(request_id="r1"), log.about(conversation_id="c1"):
        log.logger("chat").info("stored", extra={"ms": 3})
    log.logger("chat").info("later")
    first, second = _lines(folder)
    assert (first["room"], first["request_id"], first["conversation_id"], first["ms"]) == ("chat", "r1", "c1", 3)
    assert "request_id" not in second
    assert "conversation_id" not in second


def test_a_moved_log_is_begun_anew(folder: Path) -> None:
    log.logger("chat").info("one")
    (folder / "monodesk.log").rename(folder / "monodesk.log.1")
    log.logger("chat").info("two")
    assert [line["text"] for line in _lines(folder)] == ["two"]


def test_an_exception_stays_on_one_line(folder: Path) -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        log.logger("chat").exception("failed")
    (line,) = _lines(folder)
    assert "first\nsecond" in str(line["exception"])


def test_a_log_that_has_grown_is_put_aside_and_the_oldest_goes(folder: Path) -> None:
    log.set_up("info", folder, bytes_max=1_000, kept=2)
    for number in range(40):
        log.logger("chat").info("line", extra={"number": number})
    assert sorted(path.name for path in folder.iterdir()) == ["monodesk.log", "monodesk.log.1", "monodesk.log.2"]
    assert all(path.stat().st_size < 1_200 for path in folder.iterdir())
    kept = [(folder / f"monodesk.log{end}").read_text().splitlines() for end in (".2", ".1", "")]
    numbers = [json.loads(line)["number"] for lines in kept for line in lines]
    assert numbers == list(range(numbers[0], 40)), "no line is lost or written twice"


def test_a_log_of_no_older_ones_is_begun_anew(folder: Path) -> None:
    log.set_up("info", folder, bytes_max=300, kept=0)
    for _ in range(20):
        log.logger("chat").info("line")
    assert all(path.stat().st_size < 400 for path in folder.iterdir())
    assert [path.name for path in folder.iterdir()] in (["monodesk.log"], [])


def test_a_log_that_cannot_be_put_aside_is_written_on(folder: Path) -> None:
    log.set_up("info", folder, bytes_max=300, kept=1)
    (folder / "monodesk.log.1").mkdir()
    (folder / "monodesk.log.1" / "in the way").touch()
    for _ in range(20):
        log.logger("chat").info("line")
    assert len(_lines(folder)) == 20


def test_processes_that_append_to_one_log_lose_no_line_when_it_is_moved_aside(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from app.telemetry import log
log.set_up("info", Path(sys.argv[1]), bytes_max=20_000, kept=100)
for number in range(1_000):
    log.logger("chat").info("said", extra={"by": sys.argv[2], "number": number})
"""
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(by)], cwd=ROOT, stderr=subprocess.DEVNULL)
        for by in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    lines = [json.loads(line) for file in tmp_path.iterdir() for line in file.read_text().splitlines()]
    assert len(list(tmp_path.iterdir())) > 5
    assert sorted((line["by"], line["number"]) for line in lines) == [
        (str(by), number) for by in range(3) for number in range(1_000)
    ]


def test_usr1s_reopen_goes_on_in_a_new_file(folder: Path) -> None:
    log.logger("chat").info("one")
    (folder / "monodesk.log").unlink()
    log.reopen()
    log.logger("chat").info("two")
    assert [line["text"] for line in _lines(folder)] == ["two"]


@pytest.mark.full
def test_a_full_disk_costs_lines_that_are_counted_and_nothing_else(tmp_path: Path, alone: None) -> None:
    """A real file system of 64 KiB, full of something else, then with room again."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=True)
    try:
        log.set_up("info", tmp_path)
        log.logger("chat").info("before")
        filler = tmp_path / "filler"
        with filler.open("wb", buffering=0) as full, contextlib.suppress(OSError):
            while True:
                full.write(bytes(1024))
        for number in range(500):
            log.logger("chat").info("while it is full", extra={"number": number, "what": "x" * 100})
        filler.unlink()
        log.logger("chat").info("after")
        whole = [line for line in (tmp_path / "monodesk.log").read_text().splitlines() if _whole(line)]
        lines = [json.loads(line) for line in whole]
        assert [line["text"] for line in lines if line["text"] != "while it is full"] == [
            "before",
            "lines were lost",
            "after",
        ]
        stored = sum(line["text"] == "while it is full" for line in lines)
        assert lines[-2]["lines"] == 500 - stored > 0
    finally:
        log.set_up("info")
        subprocess.run(["umount", str(tmp_path)], check=True)


def _whole(line: str) -> bool:
    return line.startswith("{") and line.endswith("}")


def test_a_folder_that_cannot_be_written_harms_nobody(tmp_path: Path, alone: None) -> None:
    (tmp_path / "monodesk.log").mkdir()
    log.set_up("info", tmp_path)
    log.logger("chat").info("nowhere")
    (tmp_path / "monodesk.log").rmdir()
    log.logger("chat").info("here")
    assert [line["text"] for line in _lines(tmp_path) if line] == ["lines were lost", "here"]
