"""The control socket: how the command line speaks with a running server (`run/control.sock`, 0600).

One request a connection: a line of JSON out of a closed union, a line of JSON back, before it, where a request asks for
that, lines that tell how far it is. The server side hands requests to the `carry` it was built with; the client side is
synchronous, because a command has nothing else to do.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from app.bus.unix_address import unix_address
from app.model.errors import Invalid, Problem, Unavailable
from app.telemetry.log import logger

_LINE_BYTES_MAX = 65_536
_ANSWER_BYTES_MAX = 1_048_576
_BETWEEN_FAR_SECONDS = 0.1
_log = logger("control")


class Status(Struct, tag="status", frozen=True):
    """How is the server?"""


class Backup(Struct, tag="backup", frozen=True):
    """Write an archive of the data folder to `file` (absolute); `passphrase` seals the keys into it.

    `watched`: the client reads how far it is.
    """

    file: str
    passphrase: str = ""
    watched: bool = False


class SetUpLink(Struct, tag="setup_link", frozen=True):
    """A new one-time set-up link; `reset` also where an owner exists (to get back in)."""

    reset: bool = False


class SetUpOwner(Struct, tag="setup_owner", frozen=True):
    """Create the owner, or with `reset` give the agent of this e-mail a new password."""

    email: str
    password: str
    name: str = ""
    reset: bool = False


class Ready(Struct, tag="ready", frozen=True):
    """Which version are you, once your doors are open and a write has reached the disk?"""


class Figures(Struct, tag="figures", frozen=True):
    """The page that `/metrics` shows."""


class RebuildSearch(Struct, tag="rebuild_search", frozen=True):
    """Build the search index anew, or with `begin` false only tell how far that is."""

    begin: bool = True


class Examine(Struct, tag="examine", frozen=True):
    """What only you know of yourself (`health.subject.Live`)."""


class ReplayOutbox(Struct, tag="replay_outbox", frozen=True):
    """Try again what the outbox has given up."""


class Import(Struct, tag="import", frozen=True):
    """Bring in the table in `file` (absolute, yours to read); the rest as the route's query (`api.exchange`).

    `watched`: the client reads how far it is.
    """

    kind: str
    file: str
    mapping: str = ""
    rehearse: bool = False
    watched: bool = False


class Export(Struct, tag="export", frozen=True):
    """Write a table to `file` (absolute), which must not be there. `watched` as in `Import`."""

    table: str
    file: str
    watched: bool = False


class ReadSource(Struct, tag="read_source", frozen=True):
    """Read the source of that name now; the answer comes when that round has ended."""

    name: str


class ReplayLetters(Struct, tag="replay_letters", frozen=True):
    """Deliver all dead letters of a source after all."""

    source: str


Request = (
    ReadSource
    | ReplayLetters
    | Import
    | Export
    | Examine
    | ReplayOutbox
    | Figures
    | RebuildSearch
    | Ready
    | Status
    | Backup
    | SetUpLink
    | SetUpOwner
)


Answer = dict[str, str | int | float | bool | list[str]]


class Far(Struct, frozen=True):
    """How far a request is: `done` of `total` of what `stage` works on, 0 where the whole is not known."""

    stage: str
    done: int
    total: int


Hear = Callable[[Far], None]


def nobody(far: Far) -> None:
    """Nobody wants to know."""


class _Line(Struct, frozen=True, omit_defaults=True):
    """`result` of a request, or the refusal's code and texts; a line with `far` is not the last one."""

    result: Answer | None = None
    far: Far | None = None
    code: str = ""
    en: str = ""
    zh: str = ""


Carry = Callable[[Request, Hear], Awaitable[Answer]]


class ControlServer:
    """Listens beside the server for as long as it runs."""

    def __init__(self, path: Path, carry: Carry) -> None:
        self._path = path
        self._carry = carry
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; a socket left behind by a killed server is replaced (the folder's lock proves that it is dead)."""
        self._path.unlink(missing_ok=True)
        with unix_address(self._path) as address:
            self._server = await asyncio.start_unix_server(self._serve, address, limit=_LINE_BYTES_MAX)
        self._path.chmod(0o600)

    async def stop(self) -> None:
        """Stop listening and remove the socket."""
        if self._server is not None:
            self._server.close()
        with suppress(OSError):  # on a disk that turned read-only it stays, and the next start replaces it
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            pace = _Pace(writer, lambda: answering.cancel())
            answering = asyncio.create_task(self._answer(line, pace.hear))
            writer.write(msgspec.json.encode(await answering) + b"\n")
            await writer.drain()
        except asyncio.CancelledError:
            if not writer.is_closing():
                raise
            _log.info("a command was stopped: what it had asked for is given up")
        except (ConnectionError, ValueError):
            _log.debug("a control client went away or sent an over-long line")
        finally:
            writer.close()

    async def _answer(self, line: bytes, hear: Hear) -> _Line:
        try:
            request = msgspec.json.decode(line, type=Request)
            return _Line(result=await self._carry(request, hear))
        except Problem as problem:
            return _Line(code=problem.code, en=problem.en, zh=problem.zh)
        except msgspec.MsgspecError:
            return _refused("control_unknown", "The command is not known to this server.", "服务器不认识该命令。")
        except Exception:  # noqa: BLE001 - one bad request must not end the server
            _log.exception("a control request failed")
            return _refused("internal", "The server failed; see its log.", "服务器出错，请查看日志。")


class _Pace:
    """Tells a client how far its request is: some lines a second, and none to one that does not read them.

    One that has gone is noticed by that: nobody wants any more what it had asked for.
    """

    def __init__(self, writer: asyncio.StreamWriter, give_up: Callable[[], object]) -> None:
        self._writer = writer
        self._give_up = give_up
        self._loop = asyncio.get_running_loop()
        self._last = ("", 0.0)

    def hear(self, far: Far) -> None:
        """To be called on the loop."""
        stage, when = self._last
        now = self._loop.time()
        if far.stage == stage and now - when < _BETWEEN_FAR_SECONDS:
            return
        if self._writer.is_closing():
            self._give_up()
            return
        if self._writer.transport.get_write_buffer_size():
            return
        self._last = (far.stage, now)
        self._writer.write(msgspec.json.encode(_Line(far=far)) + b"\n")


def ask(path: Path, request: Request, seconds: float = 300.0, hear: Hear = nobody) -> Answer | None:
    """Ask the server listening at `path`; None where nobody listens; raises the server's `Problem`, or that it went.

    `seconds` may pass without a word of it; `hear` is told how far it is.
    """
    if not path.exists():
        return None
    with socket.socket(socket.AF_UNIX) as connection, unix_address(path) as address:
        connection.settimeout(seconds)
        try:
            connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        try:
            answer = _asked(connection, request, hear)
        except TimeoutError as error:
            raise _silent(path, seconds) from error
        except ConnectionError as error:
            raise _gone(path) from error
    if answer is None:
        raise _gone(path)
    if answer.code:
        raise Invalid(answer.code, answer.en, answer.zh)
    return answer.result or {}


def _asked(connection: socket.socket, request: Request, hear: Hear) -> _Line | None:
    """The last line; None where the server goes before it."""
    connection.sendall(msgspec.json.encode(request) + b"\n")
    with connection.makefile("rb") as lines:
        while (line := lines.readline(_ANSWER_BYTES_MAX)).endswith(b"\n"):
            said = msgspec.json.decode(line, type=_Line)
            if said.far is None:
                return said
            hear(said.far)
    return None


def _silent(path: Path, seconds: float) -> Unavailable:
    """It listens and says nothing: stopped, or out of memory or disk."""
    return Unavailable(
        "server_silent",
        f"The server that holds {path.parent.parent} has not answered for {seconds:.0f} seconds. Its process may be "
        "stopped or overloaded: look at it, and end it if it stays so.",
        f"占用 {path.parent.parent} 的服务已 {seconds:.0f} 秒没有响应，其进程可能已暂停或过载：请检查，必要时结束它。",
    )


def _gone(path: Path) -> Unavailable:
    """It took the request and ended, or was ended, before it answered."""
    root = path.parent.parent
    return Unavailable(
        "server_gone",
        f"The server that holds {root} hung up before it answered: it may just be stopping. Look at it with "
        f"monodesk status --data {root}, and give the command again.",
        f"占用 {root} 的服务在答复前断开了连接，可能正在停止。请用 monodesk status --data {root} 查看后重试。",
    )


def _refused(code: str, en: str, zh: str) -> _Line:
    return _Line(code=code, en=en, zh=zh)
