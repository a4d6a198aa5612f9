"""The first owner over HTTP, by the one-time link that the server printed."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from app.accounts.setup import Owner, Setup
from app.api.call import Call, Nothing
from app.api.session import AgentAnswer, Cookies
from app.model.frames import Line, Secret
from app.server.server import Machine, Server

Inbox = Annotated[str, Meta(max_length=80)]


class SetUpState(Struct, frozen=True):
    """Whether nobody owns the desk yet."""

    needed: bool


class SetUp(Struct, frozen=True, forbid_unknown_fields=True):
    """`token` is the part of the link after `#`."""

    token: Secret
    name: Line
    email: Line
    password: Line
    language: Annotated[str, Meta(max_length=20)] = ""
    inbox_name: Inbox = ""


class LinkProof(Struct, frozen=True, forbid_unknown_fields=True):
    """`token` is the part of the link after `#`; it stays good."""

    token: Secret


class SetUpRoutes:
    """Shows whether set-up is needed, and does it."""

    def __init__(self, setup: Setup, cookies: Cookies, server: Server) -> None:
        self._setup = setup
        self._cookies = cookies
        self._server = server

    async def state(self, _: Call[None], __: Nothing) -> SetUpState:
        return SetUpState(await self._setup.needed())

    async def machine(self, _: Call[None], asked: LinkProof) -> Machine:
        """What runs here is nobody's business but the owner's to be."""
        await self._setup.demand_link(asked.token)
        return await self._server.machine()

    async def make(self, call: Call[None], asked: SetUp) -> AgentAnswer | Response:
        owner = Owner(asked.name, asked.email, asked.password, asked.language, asked.inbox_name)
        signed_in = await self._setup.by_link(asked.token, owner, call.peer.address, call.peer.user_agent)
        return self._cookies.answer(signed_in, call.peer)
