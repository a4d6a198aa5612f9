"""One JSON object a line, naming the request and the conversation it belongs to."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.telemetry import log


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    for handler in before[0]:
        root.removeHandler(handler)
    log.set_up("info", tmp_path)
    yield tmp_path
    log.set_up("info")
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    for handler in before[0]:
        root.addHandler(handler)
    root.setLevel(before[1])


def _lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "monodesk.log").read_text().splitlines()]


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
