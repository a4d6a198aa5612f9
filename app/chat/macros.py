"""Macros: who may use and change which, what one would do here, and doing it."""

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.policy import allowed, demand
from app.chat.actions import Actions, Done
from app.chat.messages import clean
from app.model.audit import Subject
from app.model.canned import VARIABLES, Scope, unknown_variables
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, not_found
from app.model.frames import Id, Number
from app.model.ids import Ids
from app.model.macros import Action, Assign, Macro, OpenTicket, SayReply, WriteNote
from app.model.macros import Actions as Listed
from app.model.principals import Agent
from app.settings import Limits
from app.storage import agents, macros
from app.storage.database import Database, Transaction

Name = Annotated[str, Meta(min_length=1, max_length=80)]


class NewMacro(Struct, frozen=True, forbid_unknown_fields=True):
    """One to be added; `team_id` under scope `team`."""

    name: Name
    actions: Listed
    scope: Scope = Scope.ME
    team_id: Id | None = None


class MacroChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays."""

    name: Name | UnsetType = UNSET
    actions: Listed | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    team_id: Id | UnsetType | None = UNSET


class MacroChoice(Struct, frozen=True, forbid_unknown_fields=True):
    """Which macro."""

    macro_id: Id


class MacroRun(Struct, frozen=True, forbid_unknown_fields=True):
    """Which macro, and the newest number of the thread that its preview told: another one is a conflict."""

    macro_id: Id
    expected: Number


class Macros:
    """Everybody has his own; a team's are its members' to change; everybody's need `macros.manage`."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits, actions: Actions) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._actions = actions

    async def listing(self, principal: Agent) -> list[Macro]:
        """Those he may use, by name."""
        demand(principal, "macro.read")
        found = await macros.of_agent(self._database, principal.agent_id)
        return [macro for macro in found if allowed(principal, "macro.read", macro)]

    async def create(self, principal: Agent, new: NewMacro) -> Macro:
        """Add one; raises `Invalid`, `Forbidden`, `Conflict` where there are too many."""
        at = self._clock.now_ms()
        made = Macro(
            self._ids.new(), new.name, new.scope, principal.agent_id, new.team_id, new.actions, at, at
        )  # fmt: skip
        return await self._save(principal, lambda tx: (None, made))

    async def change(self, principal: Agent, macro_id: str, change: MacroChange) -> Macro:
        """Change one that is his to change; raises `NotFound`, `Forbidden`, `Invalid`, `Conflict` as `create`."""

        def changed(tx: Transaction) -> tuple[Macro, Macro]:
            before = _his(tx, principal, macro_id, "macro.write")
            return before, replace(before, **_set(change), updated_at=self._clock.now_ms())

        return await self._save(principal, changed)

    async def delete(self, principal: Agent, macro_id: str) -> None:
        """Forget one that is his to change; raises `NotFound`, `Forbidden`."""

        def unit(tx: Transaction) -> None:
            found = _his(tx, principal, macro_id, "macro.write")
            macros.delete(tx, found.id)
            _noted(tx, principal, "macro.delete", found, found, None)

        await self._database.write(unit)

    async def preview(self, principal: Agent, conversation_id: str, choice: MacroChoice) -> tuple[Done, int]:
        """What it would do here, and the newest number of the thread now; raises what doing it would."""
        known = await self._known(principal, choice.macro_id)
        now = await self._actions.newest(principal, conversation_id)
        return await self._actions.rehearse(principal, conversation_id, known.actions), now

    async def run(self, principal: Agent, conversation_id: str, asked: MacroRun) -> Done:
        """Do all of it or nothing, and count it; the agent's drafts stay. Raises as `Actions.run`."""
        known = await self._known(principal, asked.macro_id)

        def counted(tx: Transaction) -> None:
            macros.use(tx, _his(tx, principal, asked.macro_id, "macro.read").id)

        return await self._actions.run(principal, conversation_id, known.actions, asked.expected, counted)

    async def _known(self, principal: Agent, macro_id: str) -> Macro:
        found = next((one for one in await self.listing(principal) if one.id == macro_id), None)
        if found is None:
            raise not_found()
        return found

    async def _save(self, principal: Agent, make: Callable[[Transaction], tuple[Macro | None, Macro]]) -> Macro:
        def unit(tx: Transaction) -> Macro:
            before, made = make(tx)
            macro = _checked(made)
            demand(principal, "macro.write", macro)
            if macro.team_id is not None and agents.team(tx, macro.team_id) is None:
                raise Invalid(
                    "team_unknown", "This team does not exist. Choose from the list.", "团队不存在。请从列表中选择。"
                )
            self._demand_room(tx, macro)
            macros.save(tx, macro)
            _noted(tx, principal, "macro.create" if before is None else "macro.change", macro, before, macro)
            return macro

        return await self._database.write(unit)

    def _demand_room(self, tx: Transaction, macro: Macro) -> None:
        limits = self._limits
        most = limits.macros_of_one_max if macro.scope is Scope.ME else limits.macros_max
        if macros.beside(tx, macro) >= most:
            raise Conflict(
                "limit_reached",
                f"There are already {most} macros, which is the most. Delete one that nobody uses.",
                f"宏已达上限 {most} 个。请先删除不再使用的。",
            )


def _noted(
    tx: Transaction, principal: Agent, action: str, macro: Macro, before: Macro | None, after: Macro | None
) -> None:  # fmt: skip
    """What is shared stands in the audit log; the words of its actions do not."""
    if any(one is not None and one.scope is not Scope.ME for one in (before, after)):
        record_change(tx, principal, action, Subject("macro", macro.id, macro.name), before, after, ("actions",))


def _his(tx: Transaction, principal: Agent, macro_id: str, action: str) -> Macro:
    """One that he may see, and do this with."""
    found = macros.by_id(tx, macro_id)
    if found is None or not allowed(principal, "macro.read", found):
        raise not_found()
    demand(principal, action, found)
    return found


def _set(change: MacroChange) -> dict[str, Any]:
    named = {name: getattr(change, name) for name in change.__struct_fields__}
    return {name: value for name, value in named.items() if value is not UNSET}


def _checked(macro: Macro) -> Macro:
    """Fit to be stored: a name, words that say something, known variables, a team only where it is a team's."""
    name = " ".join(clean(macro.name).split())
    if not name:
        raise Invalid("empty", "The macro has no name. Write one.", "宏没有名称。请填写。", field="name")
    for action in macro.actions:
        _demand_sense(action)
    if macro.scope is Scope.TEAM and macro.team_id is None:
        raise Invalid("team_missing", "Choose the team whose macro it is.", "请选择该宏所属的团队。", field="team_id")
    return replace(macro, name=name, team_id=macro.team_id if macro.scope is Scope.TEAM else None)


def _demand_sense(action: Action) -> None:
    match action:
        case SayReply():
            texts: tuple[str, ...] = (action.text_en, action.text_zh)
        case WriteNote():
            texts = (action.text,)
        case OpenTicket():
            texts = (action.title or "-",)
        case Assign() if not action.me and action.agent_id is None and action.team_id is None:
            raise Invalid(
                "nobody_named", "Say who is to have it: you, a colleague or a team.",
                "请指定由谁接待：自己、同事或团队。", field="actions",
            )  # fmt: skip
        case _:
            return
    if not any(clean(text).strip() for text in texts):
        raise Invalid(
            "empty", "A reply or note of the macro says nothing. Write it.", "宏中的回复或备注为空。请填写。",
            field="actions",
        )  # fmt: skip
    for name in unknown_variables(" ".join(texts)):
        known = ", ".join(f"{{{{{variable}}}}}" for variable in VARIABLES)
        raise Invalid(
            "variable_unknown",
            f"There is no variable {{{{{name}}}}}. Use one of {known}.",
            f"没有变量 {{{{{name}}}}}。可用的变量：{known}。",
            field="actions",
        )
