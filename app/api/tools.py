"""An agent's tools over REST: what is done with a conversation beside talking."""

from typing import Annotated

from msgspec import Meta, Struct

from app.api.call import Call, Done, Nothing
from app.api.conversations import ConversationAnswer
from app.chat.actions import ChangedConversations, Step
from app.chat.macros import MacroChange, MacroChoice, MacroRun, NewMacro
from app.chat.merging import Other, Related
from app.chat.scheduling import NewScheduled, UndoSend
from app.chat.snoozing import Snooze
from app.chat.tools import Tools
from app.model.frames import Id
from app.model.macros import Actions, Macro
from app.model.principals import Agent
from app.storage.scheduled import Scheduled


class ConversationBulk(Struct, frozen=True, forbid_unknown_fields=True):
    """The same for several: all kinds of actions but words and tickets."""

    ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=1_000)]
    actions: Actions


class MacroList(Struct, frozen=True):
    """Those I may use, by name."""

    macros: list[Macro]


class MacroAnswer(Struct, frozen=True):
    """One of them."""

    macro: Macro


class ScheduledAnswer(Struct, frozen=True):
    """An answer that goes later."""

    scheduled: Scheduled


class ScheduledList(Struct, frozen=True):
    """Answers that go later, the next to go first."""

    scheduled: list[Scheduled]


class Preview(Struct, frozen=True):
    """What a macro would do here: words as they would be said; `expected` is for running it."""

    steps: tuple[Step, ...]
    expected: int


class ToolRoutes:
    """The room `chat` decides who may."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def snooze(self, call: Call[Agent], asked: Snooze) -> ConversationAnswer:
        return ConversationAnswer(await self._tools.snoozing.snooze(call.principal, call.id, asked))

    async def wake(self, call: Call[Agent], _: Nothing) -> ConversationAnswer:
        return ConversationAnswer(await self._tools.snoozing.wake(call.principal, call.id))

    async def change_all(self, call: Call[Agent], asked: ConversationBulk) -> ChangedConversations:
        return await self._tools.actions.change_all(call.principal, asked.ids, asked.actions)

    async def macros(self, call: Call[Agent], _: Nothing) -> MacroList:
        return MacroList(await self._tools.macros.listing(call.principal))

    async def create_macro(self, call: Call[Agent], asked: NewMacro) -> MacroAnswer:
        return MacroAnswer(await self._tools.macros.create(call.principal, asked))

    async def change_macro(self, call: Call[Agent], asked: MacroChange) -> MacroAnswer:
        return MacroAnswer(await self._tools.macros.change(call.principal, call.id, asked))

    async def delete_macro(self, call: Call[Agent], _: Nothing) -> Done:
        await self._tools.macros.delete(call.principal, call.id)
        return Done()

    async def preview(self, call: Call[Agent], asked: MacroChoice) -> Preview:
        done, newest = await self._tools.macros.preview(call.principal, call.id, asked)
        return Preview(done.steps, newest)

    async def run(self, call: Call[Agent], asked: MacroRun) -> ConversationAnswer:
        return ConversationAnswer((await self._tools.macros.run(call.principal, call.id, asked)).conversation)

    async def related(self, call: Call[Agent], _: Nothing) -> Related:
        return await self._tools.merging.related(call.principal, call.id)

    async def merge(self, call: Call[Agent], asked: Other) -> ConversationAnswer:
        return ConversationAnswer(await self._tools.merging.merge(call.principal, call.id, asked))

    async def unmerge(self, call: Call[Agent], _: Nothing) -> ConversationAnswer:
        return ConversationAnswer(await self._tools.merging.unmerge(call.principal, call.id))

    async def link(self, call: Call[Agent], asked: Other) -> ConversationAnswer:
        return ConversationAnswer(await self._tools.merging.link(call.principal, call.id, asked, on=True))

    async def unlink(self, call: Call[Agent], asked: Other) -> ConversationAnswer:
        return ConversationAnswer(await self._tools.merging.link(call.principal, call.id, asked, on=False))

    async def scheduled(self, call: Call[Agent], _: Nothing) -> ScheduledList:
        return ScheduledList(await self._tools.scheduling.listing(call.principal))

    async def scheduled_here(self, call: Call[Agent], _: Nothing) -> ScheduledList:
        return ScheduledList(await self._tools.scheduling.listing(call.principal, call.id))

    async def schedule(self, call: Call[Agent], asked: NewScheduled) -> ScheduledAnswer:
        return ScheduledAnswer(await self._tools.scheduling.schedule(call.principal, call.id, call.key, asked))

    async def cancel(self, call: Call[Agent], _: Nothing) -> ScheduledAnswer:
        return ScheduledAnswer(await self._tools.scheduling.cancel(call.principal, call.id))

    async def undo_send(self, call: Call[Agent], _: Nothing) -> UndoSend:
        return await self._tools.scheduling.undo_send(call.principal)

    async def set_undo_send(self, call: Call[Agent], asked: UndoSend) -> UndoSend:
        return await self._tools.scheduling.set_undo_send(call.principal, asked)
