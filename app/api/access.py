"""Links by which colleagues set a password: shown or mailed by an administrator, asked for at the sign-in, used."""

from msgspec import Struct

from app.accounts.access_links import AccessLinks
from app.api.call import Call
from app.mail.relay import RelayKeeper
from app.model.frames import Line, Secret
from app.model.principals import Agent


class AccessLinkAnswer(Struct, frozen=True):
    """`mailed`: it is on its way to the colleague; else `token` stands behind `/password#`, shown this once."""

    mailed: bool
    purpose: str
    token: str = ""
    expires_at: int | None = None


class AccessLinkAsk(Struct, frozen=True, forbid_unknown_fields=True):
    """`show`: not by mail, though letters can leave."""

    show: bool = False


class ForgottenPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose password it is, as he says."""

    email: Line


class Mailed(Struct, frozen=True):
    """Whether letters leave here at all; whether this one did is nobody's business."""

    mailed: bool


class LinkedPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """`token` is the part of the link behind `#`."""

    token: Secret
    password: Line


class Account(Struct, frozen=True):
    """Whose password was set: who has it signs in with it."""

    email: str


class AccessRoutes:
    """The room `accounts` decides who may."""

    def __init__(self, links: AccessLinks, relay: RelayKeeper) -> None:
        self._links = links
        self._relay = relay

    async def give(self, call: Call[Agent], asked: AccessLinkAsk) -> AccessLinkAnswer:
        if self._relay.on and not asked.show:
            return AccessLinkAnswer(True, await self._links.mail(call.principal, call.id))
        link = await self._links.show(call.principal, call.id)
        return AccessLinkAnswer(False, link.purpose, link.token, link.expires_at)

    async def forgotten(self, call: Call[None], asked: ForgottenPassword) -> Mailed:
        if not self._relay.on:
            return Mailed(False)
        await self._links.forgotten(asked.email, call.peer.address)
        return Mailed(True)

    async def use(self, call: Call[None], asked: LinkedPassword) -> Account:
        return Account((await self._links.use(asked.token, asked.password, call.peer.address)).email)
