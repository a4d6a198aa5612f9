"""Automations and webhooks over REST, for who manages joined systems (`sources.manage`): each is one of the sources.

`PUT` answers as that of a source; `secret` is what calls are signed with, told this once where it was made. `form` is
null where a document says more than the form does: it opens as YAML, by the routes of sources. What is called gets
`POST`, JSON as `$event` of a spec, and the headers X-Monodesk-Event, X-Monodesk-Delivery (the same at every attempt),
X-Monodesk-Timestamp (Unix seconds) and X-Monodesk-Signature: `sha256=` and the HMAC of `{timestamp}.{body}`.
"""

from app.api.call import Call, Done, Nothing
from app.model.automations import AutomationList, AutomationSaved, NewAutomation
from app.model.principals import Agent
from app.model.sources import SourceDoor


class AutomationRoutes:
    """The door of the joined systems decides who may."""

    def __init__(self, door: SourceDoor) -> None:
        self._door = door

    async def listing(self, call: Call[Agent], _: Nothing) -> AutomationList:
        return await (await self._door.automate(call.principal)).listing()

    async def save(self, call: Call[Agent], asked: NewAutomation) -> AutomationSaved:
        return await (await self._door.automate(call.principal)).save(call.id, asked)

    async def remove(self, call: Call[Agent], _: Nothing) -> Done:
        await (await self._door.automate(call.principal)).remove(call.id)
        return Done()
