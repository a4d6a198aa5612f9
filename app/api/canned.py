"""Canned replies over REST."""

from msgspec import Struct

from app.api.call import Call, Done, Nothing
from app.chat.canned import CannedReplies, CannedReplyChange, NewCannedReply
from app.model.canned import CannedReply
from app.model.principals import Agent


class CannedReplyList(Struct, frozen=True):
    """Those I may use, oldest first."""

    canned_replies: list[CannedReply]


class CannedReplyAnswer(Struct, frozen=True):
    """One of them."""

    canned_reply: CannedReply


class CannedRoutes:
    """The room `chat` decides who may."""

    def __init__(self, canned: CannedReplies) -> None:
        self._canned = canned

    async def listing(self, call: Call[Agent], _: Nothing) -> CannedReplyList:
        return CannedReplyList(await self._canned.listing(call.principal))

    async def create(self, call: Call[Agent], asked: NewCannedReply) -> CannedReplyAnswer:
        return CannedReplyAnswer(await self._canned.create(call.principal, asked))

    async def change(self, call: Call[Agent], asked: CannedReplyChange) -> CannedReplyAnswer:
        return CannedReplyAnswer(await self._canned.change(call.principal, call.id, asked))

    async def delete(self, call: Call[Agent], _: Nothing) -> Done:
        await self._canned.delete(call.principal, call.id)
        return Done()

    async def used(self, call: Call[Agent], _: Nothing) -> Done:
        await self._canned.use(call.principal, call.id)
        return Done()
