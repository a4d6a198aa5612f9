"""Who may not come in."""

from msgspec import Struct

from app.api.call import Call, Done, Nothing
from app.chat.blocking import Blocking, NewBlock
from app.model.people import Block
from app.model.principals import Agent
from app.storage.blocks import Listed


class BlockList(Struct, frozen=True):
    """Those that hold now, newest first."""

    blocks: list[Listed]


class BlockAnswer(Struct, frozen=True):
    """One block."""

    block: Block


class BlockRoutes:
    """The room `chat` decides who may."""

    def __init__(self, blocking: Blocking) -> None:
        self._blocking = blocking

    async def listing(self, call: Call[Agent], _: Nothing) -> BlockList:
        return BlockList(await self._blocking.listing(call.principal))

    async def create(self, call: Call[Agent], asked: NewBlock) -> BlockAnswer:
        return BlockAnswer(await self._blocking.create(call.principal, asked))

    async def delete(self, call: Call[Agent], _: Nothing) -> Done:
        await self._blocking.delete(call.principal, call.id)
        return Done()
