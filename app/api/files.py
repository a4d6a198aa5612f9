"""Files up and down. The front answers downloads itself, by the same decisions and headers (`gateway.download`)."""

from urllib.parse import unquote

from starlette.responses import FileResponse, Response

from app.api.call import Call, Nothing
from app.api.problems import malformed
from app.files.transfer import Files
from app.gateway.core import FileGrant
from app.gateway.download import Part, choose_part, describe
from app.model.conversations import Attachment
from app.model.principals import Agent, Visitor

_NAME_CHARACTERS_MAX = 1_000


class FileRoutes:
    """The room `files` decides what is taken and who may read, for each single reading."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def send_as_agent(self, call: Call[Agent], _: Nothing) -> Attachment:
        return await self._receive(call)

    async def send_as_visitor(self, call: Call[Visitor], _: Nothing) -> Attachment:
        return await self._receive(call)

    async def read_as_agent(self, call: Call[Agent], _: Nothing) -> Response:
        return await self._read(call)

    async def read_as_visitor(self, call: Call[Visitor], _: Nothing) -> Response:
        return await self._read(call)

    async def _receive(self, call: Call[Agent] | Call[Visitor]) -> Attachment:
        return await self._files.receive(call.principal, _name(call), call.chunks)

    async def _read(self, call: Call[Agent] | Call[Visitor]) -> Response:
        found = await self._files.grant(call.principal, call.id)
        grant = FileGrant(found.path, found.name, found.type, found.size, found.etag)
        if choose_part(grant, "", "", call.headers.get("if-none-match", "")).status == 304:
            return Response(None, 304, describe(grant, Part(304, 0, 0)))
        return FileResponse(grant.path, 200, describe(grant, Part(200, 0, grant.size)), grant.type)


def _name(call: Call[Agent] | Call[Visitor]) -> str:
    """The percent-encoded UTF-8 of X-File-Name."""
    encoded = call.headers.get("x-file-name", "")
    if len(encoded) > _NAME_CHARACTERS_MAX:
        raise malformed("the header X-File-Name is too long")
    return unquote(encoded, errors="replace")
