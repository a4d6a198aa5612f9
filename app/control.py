"""The control socket: how the command line speaks with a running server (`run/control.sock`, 0600).

One request a connection: a line of JSON out of a closed union, a line of JSON back. The server side hands requests to
the `answer` it was built with; the client side is synchronous, because a command has nothing else to do.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from app.bus.unix_address import unix_address
from app.model.errors import Invalid, Problem
from app.telemetry.log import logger

_LINE_BYTES_MAX = 65_536
_ANSWER_BYTES_MAX = 1_048_576
_log = logger("control")


class Status(Struct, tag="status", frozen=True):
    """How is the server?"""


class Backup(Struct, tag="backup", frozen=True):
    """Write an archive of the data folder to `file` (absolute)."""

    file: str


class SetUpLink(Struct, tag="setup_link", frozen=True):
    """A new one-time set-up link; `reset` also where an owner exists (to get back in)."""

    reset: bool = False


class SetUpOwner(Struct, tag="setup_owner", frozen=True):
    """Create the owner, or with `reset` give the agent of this e-mail a new password."""

    email: str
    password: str
    name: str = ""
    reset: bool = False


Request = Status | Backup | SetUpLink | SetUpOwner


Answer = dict[str, str | int | float | bool | list[str]]


class _Line(Struct, frozen=True, omit_defaults=True):
    """`result` of a request, or the refusal's code and texts."""

    result: Answer | None = None
    code: str = ""
    en: str = ""
    zh: str = ""


Carry = Callable[[Request], Awaitable[Answer]]


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
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            writer.write(msgspec.json.encode(await self._answer(line)) + b"\n")
            await writer.drain()
        except (ConnectionError, ValueError):
            _log.debug("a control client went away or sent an over-long line")
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> _Line:
        try:
            request = msgspec.json.decode(line, type=Request)
            return _Line(result=await self._carry(request))
        except Problem as problem:
            return _Line(code=problem.code, en=problem.en, zh=problem.zh)
        except msgspec.MsgspecError:
            return _refused("control_unknown", "The command is not known to this server.", "服务器不认识该命令。")
        except Exception:  # noqa: BLE001 - one bad request must not end the server
            _log.exception("a control request failed")
            return _refused("internal", "The server failed; see its log.", "服务器出错，请查看日志。")


def ask(path: Path, request: Request, seconds: float = 300.0) -> Answer | None:
    """Ask the server listening at `path`; None where nobody listens; raises the server's `Problem`."""
    if not path.exists():
        return None
    with socket.socket(socket.AF_UNIX) as connection, unix_address(path) as address:
        connection.settimeout(seconds)
        try:
            connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        connection.sendall(msgspec.json.encode(request) + b"\n")
        received = bytearray()
        while not received.endswith(b"\n") and len(received) < _ANSWER_BYTES_MAX:
            chunk = connection.recv(_LINE_BYTES_MAX)
            if not chunk:
                break
            received += chunk
    answer = msgspec.json.decode(bytes(received), type=_Line)
    if answer.code:
        raise Invalid(answer.code, answer.en, answer.zh)
    return answer.result or {}


def _refused(code: str, en: str, zh: str) -> _Line:
    return _Line(code=code, en=en, zh=zh)
