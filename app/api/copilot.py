"""The copilot over REST: whether there is one, how it is set, and what an agent asks it."""

from msgspec import Struct

from app.api.call import Call, Done, Nothing
from app.model.copilot import Copilot, CopilotAnswer, CopilotQuestion, CopilotTried, Endpoint, NewEndpoint
from app.model.principals import Agent


class CopilotState(Struct, frozen=True):
    """Whether agents may ask one."""

    on: bool


class CopilotSetting(Struct, frozen=True):
    """How it is set, without its key; None: it is off."""

    endpoint: Endpoint | None


class CopilotRoutes:
    """The copilot decides who may."""

    def __init__(self, copilot: Copilot) -> None:
        self._copilot = copilot

    async def state(self, call: Call[Agent], asked: Nothing) -> CopilotState:
        return CopilotState(self._copilot.on)

    async def read(self, call: Call[Agent], asked: Nothing) -> CopilotSetting:
        return CopilotSetting(await self._copilot.endpoint(call.principal))

    async def change(self, call: Call[Agent], asked: NewEndpoint) -> CopilotSetting:
        return CopilotSetting(await self._copilot.change(call.principal, asked))

    async def remove(self, call: Call[Agent], asked: Nothing) -> Done:
        await self._copilot.remove(call.principal)
        return Done()

    async def test(self, call: Call[Agent], asked: Nothing) -> CopilotTried:
        return await self._copilot.test(call.principal)

    async def ask(self, call: Call[Agent], asked: CopilotQuestion) -> CopilotAnswer:
        return await self._copilot.ask(call.principal, call.id, asked)
