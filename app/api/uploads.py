"""Uploads in several goes: the tus protocol 1.0.0 (tus.io), its core with creation, creation-with-upload, termination
and expiration; and, beside it, the file that an upload became.
"""

import base64
import binascii
from contextlib import suppress
from email.utils import formatdate

import msgspec
from msgspec import Struct
from starlette.responses import Response

from app.api.call import HEADERS, Call, Nothing
from app.api.problems import malformed
from app.files.uploads import Progress, Uploads
from app.gateway.refusals import NotThisWay
from app.model.conversations import Attachment
from app.model.errors import NotFound, Unsupported
from app.model.principals import Agent, Visitor
from app.settings import Limits

VERSION = "1.0.0"
_RESUMABLE = {"tus-resumable": VERSION}
_EXTENSIONS = "creation,creation-with-upload,termination,expiration"
_BYTES = "application/offset+octet-stream"
_DIGITS_MAX = 15
_METADATA_CHARACTERS_MAX = 4_000

Caller = Call[Agent] | Call[Visitor]


class UploadState(Struct, frozen=True):
    """How far an upload is: `offset` of `size` bytes; `file` is what it became, null until all of it is here."""

    id: str
    offset: int
    size: int
    file: Attachment | None


class UploadRoutes:
    """Speaks tus; what is taken, of whom and how much is decided by the room `files`."""

    def __init__(self, uploads: Uploads, limits: Limits) -> None:
        self._uploads = uploads
        self._limits = limits

    async def abilities(self, call: Call[None], _: Nothing) -> Response:
        fields = {
            **_RESUMABLE,
            "tus-version": VERSION,
            "tus-extension": _EXTENSIONS,
            "tus-max-size": str(self._limits.file_bytes_max),
        }
        return Response(None, 204, {**HEADERS, **fields})

    async def begin_as_agent(self, call: Call[Agent], _: Nothing) -> Response:
        return await self._begin(call)

    async def begin_as_visitor(self, call: Call[Visitor], _: Nothing) -> Response:
        return await self._begin(call)

    async def state_for_agent(self, call: Call[Agent], _: Nothing) -> Response:
        return await self._state(call)

    async def state_for_visitor(self, call: Call[Visitor], _: Nothing) -> Response:
        return await self._state(call)

    async def append_as_agent(self, call: Call[Agent], _: Nothing) -> Response:
        return await self._append(call)

    async def append_as_visitor(self, call: Call[Visitor], _: Nothing) -> Response:
        return await self._append(call)

    async def end_as_agent(self, call: Call[Agent], _: Nothing) -> Response:
        return await self._end(call)

    async def end_as_visitor(self, call: Call[Visitor], _: Nothing) -> Response:
        return await self._end(call)

    async def _begin(self, call: Caller) -> Response:
        _demand_version(call)
        size = _number(call, "upload-length")
        name = _file_name(call.headers.get("upload-metadata", ""))
        progress = await self._uploads.begin(call.principal, name, size, call.peer.address)
        if call.headers.get("content-type", "") == _BYTES:
            try:
                progress = await self._uploads.append(call.principal, progress.id, 0, call.chunks, call.peer.address)
            except BaseException:
                with suppress(NotFound):  # its client never learns where it is
                    await self._uploads.end(call.principal, progress.id)
                raise
        return _told(201, progress, {"location": f"uploads/{progress.id}"})

    async def _state(self, call: Caller) -> Response:
        return _told(200, await self._uploads.progress(call.principal, call.id), {})

    async def _append(self, call: Caller) -> Response:
        _demand_version(call)
        if call.headers.get("content-type", "") != _BYTES:
            raise _not_bytes()
        offset = _number(call, "upload-offset")
        progress = await self._uploads.append(call.principal, call.id, offset, call.chunks, call.peer.address)
        return Response(None, 204, {**HEADERS, **_fields(progress)})

    async def _end(self, call: Caller) -> Response:
        _demand_version(call)
        await self._uploads.end(call.principal, call.id)
        return Response(None, 204, {**HEADERS, **_RESUMABLE})


def _told(status: int, progress: Progress, more: dict[str, str]) -> Response:
    state = UploadState(progress.id, progress.offset, progress.size, progress.file)
    fields = {**HEADERS, **_fields(progress), **more}
    return Response(msgspec.json.encode(state), status, fields, "application/json")


def _fields(progress: Progress) -> dict[str, str]:
    return {
        **_RESUMABLE,
        "upload-offset": str(progress.offset),
        "upload-length": str(progress.size),
        "upload-expires": formatdate(progress.expires_at // 1_000, usegmt=True),
    }


def _demand_version(call: Caller) -> None:
    if call.headers.get("tus-resumable", "") != VERSION:
        raise NotThisWay(412, {"tus-version": VERSION})


def _number(call: Caller, field: str) -> int:
    digits = call.headers.get(field, "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS_MAX):
        raise malformed(f"the header {field.title()} must be a number of bytes")
    return int(digits)


def _file_name(metadata: str) -> str:
    """What Upload-Metadata says the file is called: pairs of a key and its value in base64, joined by commas."""
    if len(metadata) > _METADATA_CHARACTERS_MAX:
        raise malformed("the header Upload-Metadata is too long")
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value.strip(), validate=True).decode("utf-8", errors="replace")
            except (binascii.Error, ValueError):
                raise malformed("the filename in Upload-Metadata must be base64") from None
    return ""


def _not_bytes() -> Unsupported:
    return Unsupported(
        "not_bytes",
        f"Send the bytes with the header Content-Type: {_BYTES}.",
        f"发送数据时请使用请求头 Content-Type: {_BYTES}。",
    )
