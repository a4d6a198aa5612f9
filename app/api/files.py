"""Files up and down. The front answers downloads itself, by the same decisions and headers (`gateway.download`)."""

import asyncio
import os
from urllib.parse import unquote

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.call import Call, Nothing
from app.api.problems import malformed
from app.files.transfer import Files
from app.gateway.core import FileGrant
from app.gateway.download import Downloads, Part, choose_part, describe, pieces
from app.model.conversations import Attachment
from app.model.errors import not_found
from app.model.principals import Agent, Visitor

_NAME_CHARACTERS_MAX = 1_000
_PIECE_BYTES = 65_536  # of each download one waits for its client's window: a connection has up to a hundred


class FileRoutes:
    """The room `files` decides what is taken and who may read, for each single reading."""

    def __init__(self, files: Files, downloads: Downloads) -> None:
        self._files = files
        self._downloads = downloads

    async def send_as_agent(self, call: Call[Agent], _: Nothing) -> Attachment:
        return await self._receive(call)

    async def send_as_visitor(self, call: Call[Visitor], _: Nothing) -> Attachment:
        return await self._receive(call)

    async def read_as_agent(self, call: Call[Agent], _: Nothing) -> Response:
        return await self._read(call)

    async def read_as_visitor(self, call: Call[Visitor], _: Nothing) -> Response:
        return await self._read(call)

    async def _receive(self, call: Call[Agent] | Call[Visitor]) -> Attachment:
        return await self._files.receive(call.principal, _name(call), call.chunks, _size(call), call.peer.address)

    async def _read(self, call: Call[Agent] | Call[Visitor]) -> Response:
        found = await self._files.grant(call.principal, call.id)
        grant = FileGrant(found.path, found.name, found.type, found.size, found.etag)
        part = choose_part(grant, "GET", lambda name: call.headers.get(name, ""))
        return FilePart(grant, part, self._downloads)


class FilePart(Response):
    """A file, or a part of it, as an ASGI answer: for requests that the front does not answer itself (HTTP/2)."""

    def __init__(self, grant: FileGrant, part: Part, downloads: Downloads) -> None:
        super().__init__(None, part.status)
        self._downloads = downloads
        self._grant = grant
        self._part = part
        self.raw_headers = [(name.encode(), value.encode()) for name, value in describe(grant, part).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD" or self._part.length == 0:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": b""})
            return
        self._downloads.enter()
        try:
            await self._send_bytes(send)
        finally:
            self._downloads.leave()

    async def _send_bytes(self, send: Send) -> None:
        file = await asyncio.to_thread(_open, self._grant.path)
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for piece in pieces(file, self._part, _PIECE_BYTES):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            os.close(file)


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise not_found() from None


def _size(call: Call[Agent] | Call[Visitor]) -> int:
    """How many bytes come, 0 where the client does not know it (chunked)."""
    declared = call.headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdecimal() else 0


def _name(call: Call[Agent] | Call[Visitor]) -> str:
    """The percent-encoded UTF-8 of X-File-Name."""
    encoded = call.headers.get("x-file-name", "")
    if len(encoded) > _NAME_CHARACTERS_MAX:
        raise malformed("the header X-File-Name is too long")
    return unquote(encoded, errors="replace")
