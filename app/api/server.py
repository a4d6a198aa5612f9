"""How the server stands, for its administrators; a backup at the owner's word."""

from msgspec import Struct

from app.api.call import Call, Nothing
from app.model.principals import Agent
from app.model.server import BackupRun
from app.server.server import Server, ServerFacts


class BackupAnswer(Struct, frozen=True):
    """A backup that has begun; `server` frames tell how far it is."""

    run: BackupRun


class ServerRoutes:
    """The room `server` decides who may."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def facts(self, call: Call[Agent], _: Nothing) -> ServerFacts:
        return await self._server.facts(call.principal)

    async def back_up(self, call: Call[Agent], _: Nothing) -> BackupAnswer:
        return BackupAnswer(await self._server.back_up(call.principal))
