"""An agent's tools over REST: what is done with a conversation beside talking."""

from app.api.call import Call, Nothing
from app.api.conversations import ConversationAnswer
from app.chat.snoozing import Snooze
from app.chat.tools import Tools
from app.model.principals import Agent


class ToolRoutes:
    """The room `chat` decides who may."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def snooze(self, call: Call[Agent], asked: Snooze) -> ConversationAnswer:
        return ConversationAnswer(await self._tools.snoozing.snooze(call.principal, call.id, asked))

    async def wake(self, call: Call[Agent], _: Nothing) -> ConversationAnswer:
        return ConversationAnswer(await self._tools.snoozing.wake(call.principal, call.id))
