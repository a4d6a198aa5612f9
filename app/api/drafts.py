"""What an agent is writing."""

from app.api.call import Call, Nothing
from app.chat.drafts import DraftChange, Drafts
from app.model import drafts as model
from app.model.principals import Agent


class DraftRoutes:
    """The room `chat` decides who may."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts

    async def read(self, call: Call[Agent], _: Nothing) -> model.Drafts:
        return await self._drafts.of(call.principal, call.id)

    async def write(self, call: Call[Agent], asked: DraftChange) -> model.Drafts:
        return await self._drafts.write(call.principal, call.id, asked)
