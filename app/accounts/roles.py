"""Roles: the product's own four, and those that a desk makes; nobody gives what he has not."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.names import named
from app.accounts.permissions import PERMISSIONS
from app.accounts.policy import ROLES, demand
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Forbidden, Invalid, not_found
from app.model.events import SessionsRevoked
from app.model.ids import Ids
from app.model.people import Role
from app.model.principals import Agent, Principal
from app.settings import Limits
from app.storage import roles
from app.storage.database import Database, Transaction

_KNOWN = {permission.key for permission in PERMISSIONS}
_BUILT_IN = tuple(Role(key, key, tuple(sorted(rights)), built_in=True) for key, rights in ROLES.items())

Permissions = Annotated[tuple[Annotated[str, Meta(max_length=60)], ...], Meta(max_length=100)]


class NewRole(Struct, frozen=True, forbid_unknown_fields=True):
    """A role to be added; what it does not name it does not allow."""

    name: str
    permissions: Permissions = ()


class RoleChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays."""

    name: str | UnsetType = UNSET
    permissions: Permissions | UnsetType = UNSET


class Roles:
    """Makes and changes a desk's own roles; a change takes effect at once, on open sockets too."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._own_rights: dict[str, frozenset[str]] = {}  # of the desk's own ones, by id

    async def load(self) -> None:
        """Know them, once, at start: `rights_known` answers from memory."""
        known = await roles.all_of_them(self._database)
        self._own_rights = {role.id: frozenset(role.permissions) for role in known}

    def rights_known(self, role: str) -> frozenset[str]:
        """What a role allows, from memory: for what is decided many times a second, such as who is offered what."""
        return ROLES.get(role) or self._own_rights.get(role, frozenset())

    async def listing(self, principal: Principal) -> list[Role]:
        """The product's own, then the desk's by name."""
        demand(principal, "role.read")
        return [*_BUILT_IN, *await roles.all_of_them(self._database)]

    async def create(self, principal: Principal, new: NewRole) -> Role:
        """Add one; raises `Forbidden` (rights_beyond), `Invalid`, `Conflict` (role_exists, limit_reached)."""
        demand(principal, "role.manage")
        role = Role(self._ids.new(), named(new.name), _known(new.permissions), self._clock.now_ms())
        demand_within(principal, role.permissions)

        def unit(tx: Transaction) -> Role:
            if roles.count(tx) >= self._limits.roles_max:
                raise _full(self._limits.roles_max)
            return _saved(tx, principal, None, role)

        return self._noted(await self._database.write(unit))

    async def change(self, principal: Principal, role_id: str, change: RoleChange) -> Role:
        """Change one; whoever has it has the new rights at once. Raises `NotFound`, and as `create`."""
        demand(principal, "role.manage")

        def unit(tx: Transaction) -> Role:
            before = _own(tx, role_id)
            after = replace(
                before,
                name=before.name if change.name is UNSET else named(change.name),
                permissions=before.permissions if change.permissions is UNSET else _known(change.permissions),
            )
            demand_within(principal, (*before.permissions, *after.permissions))
            if before.permissions != after.permissions:
                _refresh(tx, role_id)
            return _saved(tx, principal, before, after)

        return self._noted(await self._database.write(unit))

    async def delete(self, principal: Principal, role_id: str) -> None:
        """Forget one that nobody has; raises `NotFound`, `Conflict` (role_in_use), `Forbidden`."""
        demand(principal, "role.manage")

        def unit(tx: Transaction) -> None:
            before = _own(tx, role_id)
            demand_within(principal, before.permissions)
            if roles.holders(tx, role_id):
                raise Conflict(
                    "role_in_use",
                    "Agents have this role. Give them another one first.",
                    "仍有客服使用该角色。请先为他们更换角色。",
                )
            roles.delete(tx, role_id)
            record_change(tx, principal, "role.delete", Subject("role", role_id, before.name), before, None)

        await self._database.write(unit)

    def _noted(self, role: Role) -> Role:
        self._own_rights[role.id] = frozenset(role.permissions)
        return role


async def rights(database: Database) -> Mapping[str, frozenset[str]]:
    """What each role allows, the desk's own ones too."""
    return {**ROLES, **{role.id: frozenset(role.permissions) for role in await roles.all_of_them(database)}}


async def rights_now(database: Database, role: str) -> frozenset[str]:
    """What one role allows, as committed; nothing where there is no such role."""
    found = None if role in ROLES else await roles.find(database, role)
    return ROLES.get(role, frozenset()) if found is None else frozenset(found.permissions)


def rights_of(tx: Transaction, role: str) -> frozenset[str]:
    """The same inside a transaction."""
    found = None if role in ROLES else roles.by_id(tx, role)
    return ROLES.get(role, frozenset()) if found is None else frozenset(found.permissions)


def role_called(tx: Transaction, name: str) -> str:
    """The id of the role of a name, or of an id that is one already; another name is given back as it is."""
    return name.strip() if name.strip() in ROLES else roles.named(tx, name.strip()) or name.strip()


def demand_role(tx: Transaction, role: str) -> None:
    """Raise `Invalid` (role_unknown) unless there is such a role."""
    if role not in ROLES and roles.by_id(tx, role) is None:
        raise Invalid(
            "role_unknown",
            f"The role must be one of {', '.join(ROLES)}, or one of the desk's own. Choose from the list.",
            f"角色须为 {'、'.join(ROLES)} 或本客服台的自定义角色。请从列表中选择。",
            field="role",
        )


def demand_within(principal: Principal, permissions: Iterable[str], field: str = "permissions") -> None:
    """Raise `Forbidden` (rights_beyond) where these are more than he has himself: nobody gives what he has not."""
    if isinstance(principal, Agent) and not principal.permissions.issuperset(permissions):
        raise Forbidden(
            "rights_beyond",
            "This goes beyond what you may do yourself. Ask somebody who has these rights.",
            "这超出了你自己的权限。请联系拥有这些权限的人。",
            field=field,
        )


def _own(tx: Transaction, role_id: str) -> Role:
    found = roles.by_id(tx, role_id)
    if found is None:
        raise not_found()
    return found


def _known(permissions: Iterable[str]) -> tuple[str, ...]:
    """Sorted, each once; raises `Invalid` (permission_unknown)."""
    wanted = set(permissions)
    for key in sorted(wanted - _KNOWN):
        raise Invalid(
            "permission_unknown",
            f"There is no permission “{key[:60]}”. Take one from GET /api/v1/roles.",
            f"没有权限“{key[:60]}”。可用的权限见 GET /api/v1/roles。",
            field="permissions",
        )
    return tuple(sorted(wanted))


def _saved(tx: Transaction, principal: Principal, before: Role | None, role: Role) -> Role:
    if role.name in ROLES or roles.named(tx, role.name) not in (None, role.id):
        raise Conflict(
            "role_exists",
            "There is a role of this name. Choose another name.",
            "该角色名称已存在。请换一个。",
            field="name",
        )
    roles.save(tx, role)
    action = "role.create" if before is None else "role.change"
    record_change(tx, principal, action, Subject("role", role.id, role.name), before, role)
    return role


def _refresh(tx: Transaction, role_id: str) -> None:
    """Whoever has it is looked at anew: his sockets close and come back with other rights; nobody is signed out."""
    proofs = roles.proofs(tx, role_id)
    if proofs:
        tx.announce(SessionsRevoked(proofs))


def _full(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} roles, which is the most. Change one that exists.",
        f"角色数量已达上限 {most}。请修改现有的角色。",
    )
