"""Roles over REST: everybody sees them, who manages them changes the desk's own."""

from msgspec import Struct

from app.accounts.permissions import PERMISSIONS, Permission
from app.accounts.roles import NewRole, RoleChange, Roles
from app.api.call import Call, Done, Nothing
from app.model.people import Role
from app.model.principals import Agent


class RoleList(Struct, frozen=True):
    """Every role, the product's own first; and every permission that there is, in the order of the screen."""

    roles: list[Role]
    permissions: tuple[Permission, ...]


class RoleAnswer(Struct, frozen=True):
    """One of them."""

    role: Role


class RoleRoutes:
    """The room `accounts` decides who may."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    async def listing(self, call: Call[Agent], _: Nothing) -> RoleList:
        return RoleList(await self._roles.listing(call.principal), PERMISSIONS)

    async def create(self, call: Call[Agent], asked: NewRole) -> RoleAnswer:
        return RoleAnswer(await self._roles.create(call.principal, asked))

    async def change(self, call: Call[Agent], asked: RoleChange) -> RoleAnswer:
        return RoleAnswer(await self._roles.change(call.principal, call.id, asked))

    async def delete(self, call: Call[Agent], _: Nothing) -> Done:
        await self._roles.delete(call.principal, call.id)
        return Done()
