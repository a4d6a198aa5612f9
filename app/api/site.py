"""Who is on the sites, and a conversation that an agent starts."""

from typing import Annotated

from msgspec import Meta, Struct

from app.api.call import Call, Nothing
from app.chat.messages import Messages
from app.chat.site import Site, SiteList
from app.model.frames import FILES_MAX, Ack, Id, Send, Text
from app.model.principals import Agent


class Opener(Struct, frozen=True, forbid_unknown_fields=True):
    """The first words to a visitor."""

    text: Text = ""
    files: Annotated[tuple[Id, ...], Meta(max_length=FILES_MAX)] = ()


class SiteRoutes:
    """The room `chat` decides who may."""

    def __init__(self, site: Site, messages: Messages) -> None:
        self._site = site
        self._messages = messages

    async def listing(self, call: Call[Agent], _: Nothing) -> SiteList:
        return await self._site.listing(call.principal)

    async def begin(self, call: Call[Agent], asked: Opener) -> Ack:
        return await self._messages.begin(call.principal, call.id, Send(call.key, None, asked.text, asked.files))
