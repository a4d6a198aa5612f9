"""Structured logs: one JSON object a line, with the request and the conversation it belongs to.

No message text, no secret and no raw URL goes into a log; who logs names what it was about by id.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from app.telemetry import traces
from app.telemetry.log_file import LogFile

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_conversation_id: ContextVar[str] = ContextVar("conversation_id", default="")
_MADE = "monodesk_line"
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def logger(room: str) -> logging.Logger:
    """The logger of a room; give facts as `extra={...}`, never inside the sentence."""
    return logging.getLogger(f"monodesk.{room}")


@contextmanager
def about(request_id: str = "", conversation_id: str = "") -> Iterator[None]:
    """Every line logged inside names this request and this conversation."""
    request_token = _request_id.set(request_id or _request_id.get())
    conversation_token = _conversation_id.set(conversation_id or _conversation_id.get())
    try:
        yield
    finally:
        _request_id.reset(request_token)
        _conversation_id.reset(conversation_token)


def request_id() -> str:
    """The request being served, or an empty string."""
    return _request_id.get()


def set_up(level: str, folder: Path | None = None, bytes_max: int = 0, kept: int = 0) -> None:
    """Send every line to standard error and, with a folder, to its `monodesk.log` (reopened when it is moved away).

    Beyond `bytes_max` the file is renamed to `monodesk.log.1`, the one before to `.2`, and so on up to `kept`. 0:
    never, for processes that write to a file which another one renames.
    """
    logging.raiseExceptions = False  # who cannot be told of something is not told of that either
    # Nobody shows these, and each costs a call a line (Python's logging HOWTO, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # nor the line of code: each log line would walk the stack for it
    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handlers.append(LogFile(folder / "monodesk.log", bytes_max, kept, _lost_line))
    formatter = _JsonLines()
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(logging.WARNING)  # other people's libraries speak only when something is wrong
    set_level(level)


def set_level(level: str) -> None:
    """From now on lines of this level and above."""
    logging.getLogger("monodesk").setLevel(level.upper())


def reopen() -> None:
    """Go on in the file that the name leads to now: another program has moved the old one away."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogFile):
            handler.reopen()


def lost_lines() -> int:
    """Lines that the disk has refused, until one can be written again and says so."""
    return sum(handler.lost for handler in logging.getLogger().handlers if isinstance(handler, LogFile))


def _lost_line(count: int) -> str:
    record = logging.makeLogRecord(
        {"name": "monodesk.log", "levelno": logging.WARNING, "levelname": "WARNING", "msg": "lines were lost"}
        | {"lines": count}
    )
    return _JsonLines().format(record)


class _JsonLines(logging.Formatter):
    """A record as one line of JSON: at, level, room, text, request, conversation, then the facts.

    It is made once for all handlers.
    """

    def format(self, record: logging.LogRecord) -> str:
        made: str | None = vars(record).get(_MADE)
        if made is None:
            made = vars(record)[_MADE] = self._line(record)
        return made

    def _line(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": record.name.removeprefix("monodesk."),
            "text": record.getMessage(),
        }
        if request := _request_id.get():
            line["request_id"] = request
        if conversation := _conversation_id.get():
            line["conversation_id"] = conversation
        if trace := traces.current():
            line["trace_id"] = traces.id_of(trace)
        line.update({key: value for key, value in vars(record).items() if key not in _PLAIN})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()
