"""Letters in (RFC 3501, IDLE of RFC 2177): the few commands that a mailbox is read with, every answer bounded.

A client of our own: the maintained one for asyncio is under the GPL, the standard library's blocks and reads literals
of any size.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from msgspec import Struct

from app.mail import refusals
from app.mail.smtp import words
from app.model.mail import Security, Server

Told = TypeVar("Told")

_LINE_MAX = 65_536
_LINES_MAX = 100_000  # of the answer to one command
_LITERAL = re.compile(rb"\{([0-9]{1,10})\}\r?\n?(?!\n)\Z")
_VALIDITY = re.compile(rb"UIDVALIDITY ([0-9]{1,10})")
_NEXT = re.compile(rb"UIDNEXT ([0-9]{1,10})")
_SIZE = re.compile(rb"RFC822\.SIZE ([0-9]{1,12})")
_COUNTED = re.compile(rb"\* ([0-9]{1,10}) (EXISTS|EXPUNGE)\b", re.IGNORECASE)
_SEARCH = re.compile(rb"\* SEARCH((?: [0-9]{1,10})*)")
_QUOTABLE = re.compile(r"[\x20-\x7e]*")


class Selected(Struct, frozen=True):
    """A folder that is open: the generation of its numbers, and the one that the next mail gets (0: not said)."""

    validity: int
    next_uid: int


class Imap:
    """A line to a mailbox. Each command has `seconds`; raises `Undelivered` for whatever goes wrong."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server, seconds: float
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._server = server
        self._seconds = seconds
        self._tags = 0
        self._count = 0  # of mails in the folder, as last told
        self._told = False  # of new mail, since the folder was opened
        self.capabilities: frozenset[str] = frozenset()

    async def greet(self) -> None:
        """What the server says first, and what it can."""
        line = await self._timed(self._line())
        if not line.startswith(b"* OK") and not line.startswith(b"* PREAUTH"):
            raise refusals.refused(words(line.decode(errors="replace")), permanent=False)
        await self._ask_capabilities()

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """STARTTLS; nothing that was said before counts after it."""
        if "STARTTLS" not in self.capabilities:
            raise refusals.no_encryption(self._server.host)
        await self._command("STARTTLS")
        if self._reader._buffer:  # type: ignore[attr-defined]
            raise refusals.untrusted(self._server.host, "data before TLS")
        await self._timed(self._writer.start_tls(context, server_hostname=self._server.host))
        await self._ask_capabilities()

    async def sign_in(self, password: str) -> None:
        """By LOGIN; then who we are, which some providers want to know (RFC 2971)."""
        try:
            await self._command(f"LOGIN {_quoted(self._server.username)} ", _literal(password))
        except refusals.Undelivered as refusal:
            if refusal.code == "mail_refused":
                raise refusals.sign_in_refused(self._server.host, refusal.said) from refusal
            raise
        await self._ask_capabilities()
        if "ID" in self.capabilities:
            with suppress(refusals.Undelivered):
                await self._command('ID ("name" "Monodesk" "vendor" "Monodesk")')

    async def select(self, folder: str) -> Selected:
        """Open a folder; `wait` tells of what comes after it."""
        answer = b"\n".join(await self._command(f"SELECT {_quoted(folder)}"))
        self._told = False
        validity, following = _VALIDITY.search(answer), _NEXT.search(answer)
        if validity is None:
            raise refusals.refused("no UIDVALIDITY", permanent=False)
        return Selected(int(validity[1]), int(following[1]) if following else 0)

    async def search(self, asked: str) -> list[int]:
        """Numbers of the mails that fit, ascending."""
        found: set[int] = set()
        for line in await self._command(f"UID SEARCH {asked}"):
            match = _SEARCH.match(line)
            if match:
                found.update(int(number) for number in match[1].split())
        return sorted(found)

    async def size(self, uid: int) -> int:
        """How many bytes a mail has; 0 where it is gone."""
        for line in await self._command(f"UID FETCH {uid} (RFC822.SIZE)"):
            match = _SIZE.search(line)
            if match:
                return int(match[1])
        return 0

    async def fetch(self, uid: int, most: int) -> bytes:
        """The first `most` bytes of a mail, which stays as unseen as it is; empty where it is gone."""
        answer = await self._command(f"UID FETCH {uid} (BODY.PEEK[]<0.{most}>)", literal_max=most + 1_024)
        return max(answer, key=len) if any(b"FETCH" in line for line in answer) else b""

    async def mark_seen(self, uid: int) -> None:
        """It was taken."""
        await self._command(f"UID STORE {uid} +FLAGS.SILENT (\\Seen)")

    async def wait(self, seconds: float) -> None:
        """Until something is new, at most so long; by IDLE where the server can, else it is just waited.

        A server tells once, in the answer to whatever command runs then: what was told before is not waited for.
        """
        if self._told:
            return
        if "IDLE" not in self.capabilities:
            await asyncio.sleep(seconds)
            await self._command("NOOP")
            return
        tag = self._tag()
        await self._send(f"{tag} IDLE\r\n".encode())
        await self._timed(self._idling())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._told:
                    await self._line()
        await self._send(b"DONE\r\n")
        await self._timed(self._answer(tag, 0))

    async def _idling(self) -> None:
        """What may stand before the server's yes, and the yes."""
        line = await self._line()
        while line.startswith(b"* "):
            line = await self._line()
        if not line.startswith(b"+"):
            raise refusals.refused("IDLE", permanent=False)

    async def leave(self) -> None:
        """Goodbye; whatever comes of it."""
        with suppress(refusals.Undelivered):
            await self._command("LOGOUT")

    async def _ask_capabilities(self) -> None:
        said = b" ".join(line for line in await self._command("CAPABILITY") if line.startswith(b"* CAPABILITY"))
        self.capabilities = frozenset(said.decode("ascii", "replace").upper().split())

    async def _command(self, text: str, literal: bytes | None = None, *, literal_max: int = _LINE_MAX) -> list[bytes]:
        """What the server says to a command before it says OK: lines, and literals between them."""
        tag = self._tag()
        if literal is None:
            await self._send(f"{tag} {text}\r\n".encode())
        else:
            await self._send(f"{tag} {text}{{{len(literal)}}}\r\n".encode())
            going_on = await self._timed(self._line())
            if not going_on.startswith(b"+"):
                raise refusals.refused(words(going_on.decode(errors="replace")), permanent=False)
            await self._send(literal + b"\r\n")
        return await self._timed(self._answer(tag, literal_max))

    async def _answer(self, tag: str, literal_max: int) -> list[bytes]:
        said: list[bytes] = []
        while len(said) < _LINES_MAX:
            line = await self._line()
            if line.startswith(tag.encode() + b" "):
                if line[len(tag) + 1 :].upper().startswith(b"OK"):
                    return said
                raise refusals.refused(words(line[len(tag) + 1 :].decode(errors="replace")), permanent=False)
            said.append(line)
            literal = _LITERAL.search(line)
            if literal:
                size = int(literal[1])
                if size > literal_max:
                    raise refusals.refused(f"{size} bytes where {literal_max} were asked for", permanent=False)
                said.append(await self._reader.readexactly(size))
        raise refusals.refused("too many lines", permanent=False)

    async def _line(self) -> bytes:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise asyncio.IncompleteReadError(line, None)
        counted = _COUNTED.match(line)
        if counted is not None:
            self._counted(int(counted[1]), counted[2].upper() == b"EXISTS")
        return line

    def _counted(self, number: int, there: bool) -> None:
        """More than before are new; the same count again, which a server may say whenever it likes, is no news."""
        count = number if there else self._count - 1
        self._told = self._told or count > self._count
        self._count = count

    async def _send(self, what: bytes) -> None:
        self._writer.write(what)
        await self._timed(self._writer.drain())

    async def _timed(self, coming: Awaitable[Told]) -> Told:
        async with asyncio.timeout(self._seconds):
            return await coming

    def _tag(self) -> str:
        self._tags += 1
        return f"m{self._tags}"


@asynccontextmanager
async def opened(server: Server, password: str, context: ssl.SSLContext, seconds: float) -> AsyncIterator[Imap]:
    """A line on which we are signed in; closed at the end. Raises `Undelivered`."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(seconds):
            implicit = server.security is Security.TLS
            reader, writer = await asyncio.open_connection(
                server.host,
                server.port,
                limit=_LINE_MAX,
                ssl=context if implicit else None,
                server_hostname=server.host if implicit else None,
            )
        line = Imap(reader, writer, server, seconds)
        await line.greet()
        if server.security is Security.STARTTLS:
            await line.encrypt(context)
        await line.sign_in(password)
        yield line
        await line.leave()
    except ssl.SSLCertVerificationError as error:
        raise refusals.untrusted(server.host, words(error.verify_message)) from error
    except TimeoutError as error:
        raise refusals.too_slow(server.host, server.port) from error
    except (OSError, EOFError, ValueError) as error:
        raise refusals.unreachable(server.host, server.port, words(str(error))) from error
    finally:
        if writer is not None:
            writer.close()


def _quoted(text: str) -> str:
    """A string as IMAP quotes it; what cannot be quoted becomes a question mark."""
    safe = text if _QUOTABLE.fullmatch(text) else text.encode("ascii", "replace").decode()
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "") + '"'


def _literal(text: str) -> bytes:
    return text.encode()
