"""Canned replies: who may use and change which."""

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.policy import allowed, demand
from app.chat.messages import clean
from app.model.audit import Subject
from app.model.canned import VARIABLES, CannedReply, Scope, unknown_variables
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, not_found
from app.model.ids import Ids
from app.model.principals import Agent, System
from app.settings import Limits
from app.storage import agents, canned
from app.storage.database import Database, Transaction

Shortcut = Annotated[str, Meta(pattern=r"^[^\s/]{1,40}(?!\n)$")]
Title = Annotated[str, Meta(min_length=1, max_length=120)]
Words = Annotated[str, Meta(max_length=4_000)]


class NewCannedReply(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be added; `team_id` under scope `team`."""

    shortcut: Shortcut
    title: Title
    text_en: Words = ""
    text_zh: Words = ""
    scope: Scope = Scope.ME
    team_id: str | None = None


class CannedReplyChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays."""

    shortcut: Shortcut | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    text_en: Words | UnsetType = UNSET
    text_zh: Words | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    team_id: str | UnsetType | None = UNSET


class CannedReplies:
    """Everybody has his own; a team's are its members' to change; everybody's need `canned_replies.manage`."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits

    async def listing(self, principal: Agent) -> list[CannedReply]:
        """Those he may use, oldest first."""
        demand(principal, "canned_reply.read")
        found = await canned.of_agent(self._database, principal.agent_id)
        return [reply for reply in found if allowed(principal, "canned_reply.read", reply)]

    async def create(self, principal: Agent, new: NewCannedReply) -> CannedReply:
        """Add one; raises `Invalid`, `Forbidden`, `Conflict` where there are too many."""
        reply = self._made(principal.agent_id, new)
        return await self._save(principal, lambda tx: (None, reply))

    async def change(self, principal: Agent, reply_id: str, change: CannedReplyChange) -> CannedReply:
        """Change one that is his to change; raises `NotFound`, `Forbidden`, `Invalid`, `Conflict` as `create`."""

        def changed(tx: Transaction) -> tuple[CannedReply, CannedReply]:
            before = _his(tx, principal, reply_id, "canned_reply.write")
            return before, replace(before, **_set(change), updated_at=self._clock.now_ms())

        return await self._save(principal, changed)

    async def delete(self, principal: Agent, reply_id: str) -> None:
        """Forget one that is his to change; raises `NotFound`, `Forbidden`."""

        def unit(tx: Transaction) -> None:
            reply = _his(tx, principal, reply_id, "canned_reply.write")
            canned.delete(tx, reply.id)
            _note(tx, principal, reply, None)

        await self._database.write(unit)

    async def use(self, principal: Agent, reply_id: str) -> None:
        """Count that he used it; raises `NotFound`."""

        def unit(tx: Transaction) -> None:
            canned.use(tx, _his(tx, principal, reply_id, "canned_reply.read").id)

        await self._database.write(unit)

    async def _save(
        self, principal: Agent, make: Callable[[Transaction], tuple[CannedReply | None, CannedReply]]
    ) -> CannedReply:
        def unit(tx: Transaction) -> CannedReply:
            return self._stored(tx, principal, *make(tx))

        return await self._database.write(unit)

    def bring(self, tx: Transaction, principal: Agent | System, new: NewCannedReply) -> CannedReply:
        """As `create`, in a transaction of the caller's; what a command brings is the desk's first owner's."""
        owner = principal.agent_id if isinstance(principal, Agent) else next(iter(agents.owners(tx)), "")
        if not owner:
            raise Conflict(
                "owner_missing",
                "Nobody owns this desk yet. Make its owner first: monodesk setup --email ADDRESS",
                "还没有所有者。请先创建：monodesk setup --email 邮箱",
            )
        return self._stored(tx, principal, None, self._made(owner, new))

    def _made(self, owner: str, new: NewCannedReply) -> CannedReply:
        at = self._clock.now_ms()
        return CannedReply(
            self._ids.new(), new.shortcut, new.title, new.text_en, new.text_zh, new.scope, owner,
            new.team_id, at, at,
        )  # fmt: skip

    def _stored(
        self, tx: Transaction, principal: Agent | System, before: CannedReply | None, made: CannedReply
    ) -> CannedReply:
        reply = _checked(made)
        demand(principal, "canned_reply.write", reply)
        if reply.team_id is not None and agents.team(tx, reply.team_id) is None:
            raise Invalid(
                "team_unknown", "This team does not exist. Choose from the list.", "团队不存在。请从列表中选择。"
            )
        self._demand_room(tx, reply)
        canned.save(tx, reply)
        _note(tx, principal, before, reply)
        return reply

    def _demand_room(self, tx: Transaction, reply: CannedReply) -> None:
        """His own take nobody else's room."""
        own, limits = reply.scope is Scope.ME, self._limits
        most = limits.canned_replies_of_one_max if own else limits.canned_replies_max
        if canned.beside(tx, reply) >= most:
            raise _too_many(most)


def _his(tx: Transaction, principal: Agent, reply_id: str, action: str) -> CannedReply:
    """One that he may see, and do this with."""
    found = canned.by_id(tx, reply_id)
    if found is None or not allowed(principal, "canned_reply.read", found):
        raise not_found()
    demand(principal, action, found)
    return found


def _note(tx: Transaction, principal: Agent | System, before: CannedReply | None, after: CannedReply | None) -> None:
    """What colleagues share is noted, without its words; one's own replies are one's own."""
    if all(reply is None or reply.scope is Scope.ME for reply in (before, after)):
        return
    verb = "create" if before is None else "delete" if after is None else "change"
    either = after or before
    thing = Subject("canned_reply", either.id, either.shortcut) if either else Subject("canned_reply")
    record_change(tx, principal, f"canned_reply.{verb}", thing, before, after, ("text_en", "text_zh"))


def _set(change: CannedReplyChange) -> dict[str, Any]:
    named = {name: getattr(change, name) for name in change.__struct_fields__}
    return {name: value for name, value in named.items() if value is not UNSET}


def _checked(reply: CannedReply) -> CannedReply:
    """Fit to be stored: words in a language at least, variables that are known, a team only where it is a team's."""
    texts = tuple(clean(text).strip() for text in (reply.text_en, reply.text_zh))
    if not any(texts):
        raise Invalid(
            "empty",
            "The reply has no text. Write it in one language at least.",
            "回复没有内容。请至少填写一种语言。",
            field="text_en",
        )
    for name in unknown_variables(" ".join(texts)):
        known = ", ".join(f"{{{{{variable}}}}}" for variable in VARIABLES)
        raise Invalid(
            "variable_unknown",
            f"There is no variable {{{{{name}}}}}. Use one of {known}.",
            f"没有变量 {{{{{name}}}}}。可用的变量：{known}。",
            field="text_zh" if name in unknown_variables(texts[1]) else "text_en",
        )
    if reply.scope is Scope.TEAM and reply.team_id is None:
        raise Invalid("team_missing", "Choose the team whose reply it is.", "请选择该回复所属的团队。", field="team_id")
    team_id = reply.team_id if reply.scope is Scope.TEAM else None
    return replace(
        reply, text_en=texts[0], text_zh=texts[1], team_id=team_id, title=clean(reply.title).strip() or reply.shortcut
    )


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} canned replies, which is the most. Delete one that nobody uses.",
        f"快捷回复已达上限 {most} 条。请先删除不再使用的。",
    )
