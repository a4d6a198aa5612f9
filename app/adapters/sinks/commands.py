"""The sink `conversations.act`: what is done with a conversation by a source, as a macro does it.

What is to be done is a task of the outbox, in the transaction of what asked for it, and is done in order of the
conversation: all of it or nothing, once, however often the task is handed over. The speaker is the source.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.origins.letters import Letters
from app.adapters.proving.secrets import Masker
from app.adapters.proving.signing import text_of
from app.adapters.sinks.sending import Parcel, opened
from app.adapters.sinks.sink import WRITTEN, Mapped, Outcome, Ready
from app.adapters.specs.model import Source
from app.chat.actions import Actions
from app.model.clock import Clock
from app.model.errors import Conflict, Problem, Unavailable
from app.model.ids import Ids
from app.model.macros import Action
from app.model.macros import Actions as ActionList
from app.model.principals import SOURCE, System
from app.settings import Limits
from app.storage import agents, channels, source_deliveries, tags
from app.storage.database import Database, Transaction
from app.storage.dead_letters import Kept
from app.storage.outbox import Task
from app.telemetry import traces

_ID_CHARACTERS, _DIGEST_BYTES = 26, 16
_HOUR_MS = 3_600_000
_LOST = "lock_lost"  # somebody else was at it: the next time


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """What the map makes. `conversation` by its id here, or `sender`: the one in which this customer wrote last.

    `actions` are those of macros, `{do: tags, add: [VIP]}`; tags, teams and agents by id or by name.
    """

    actions: list[dict[str, Any]]
    conversation: str = ""
    sender: str = ""


_TAKEN = frozenset(Asked.__struct_fields__)


class CommandSink:
    """Puts what is to be done into the outbox."""

    def __init__(self, source: Source, key: Sequence[str], ids: Ids, clock: Clock) -> None:
        self._topic = topic_of(source.name)
        self._key = tuple(key)
        self._ids = ids
        self._clock = clock

    def prepare(self, mapped: Mapped) -> Ready:
        """Checked as far as it can be without looking. What has the same `key` is the same, whenever it comes."""
        told = [text_of(mapped.fields.get(name)) for name in self._key]
        digest = hashlib.blake2b("\0".join(told).encode(), digest_size=_DIGEST_BYTES).hexdigest()
        return self.prepare_again(mapped, digest if self._key else self._ids.new())

    def prepare_again(self, mapped: Mapped, number: str) -> Ready:
        """The same once more, under the id that it had."""
        asked = _asked(
            {name: value for name, value in mapped.fields.items() if name in _TAKEN or name not in self._key}
        )
        key = asked.conversation or asked.sender
        told: Any = msgspec.to_builtins(asked)
        now, trace = self._clock.now_ms(), mapped.trace or traces.begun(number)
        return Ready(mapped, (key, Parcel(number, told, mapped.record, mapped.external_id, now, trace)))

    def write(self, tx: Transaction, ready: Sequence[Ready]) -> list[Outcome]:
        """Each is a task."""
        for one in ready:
            key, parcel = one.thing
            tx.enqueue(self._topic, key, parcel.encoded())
        return [Outcome(WRITTEN)] * len(ready)


class Commands:
    """The handler of a source's topic."""

    def __init__(
        self, source: Source, actions: Actions, masker: Masker, database: Database, ids: Ids, clock: Clock,
        limits: Limits,
    ) -> None:  # fmt: skip
        self._source = source
        self._principal = System(f"{SOURCE}{source.keeps_as}")
        self._actions = actions
        self._masker = masker
        self._letters = Letters(source, masker, ids, clock, limits)
        self._database = database
        self._clock = clock
        self._limits = limits

    async def carry_out(self, tasks: Sequence[Task]) -> None:
        """One after the other. Raises what goes away by itself; what is refused is kept aside."""
        for task in tasks:
            parcel = opened(task.payload)
            try:
                with traces.within(parcel.trace):
                    await self._one(parcel)
            except Unavailable:
                raise
            except Problem as problem:
                if problem.code == _LOST:
                    raise
                await self._set_aside(task, parcel, problem)

    async def _one(self, parcel: Parcel) -> None:
        asked = _asked(parcel.mapped if isinstance(parcel.mapped, dict) else {})
        conversation_id = asked.conversation or await self._database.write(lambda tx: self._talking(tx, asked.sender))
        wanted = _actions([await self._known(one) for one in asked.actions])

        def once(tx: Transaction) -> None:
            self._demand_first(tx, conversation_id, parcel.id)

        try:
            await self._actions.run(self._principal, conversation_id, wanted, also=once)
        except _Done:
            return

    def _talking(self, tx: Transaction, sender: str) -> str:
        found = channels.newest(tx, self._source.keeps_as, sender)
        if found is None:
            raise BadDocument(
                "sender_unknown",
                "sender",
                f"“{sender}” has never written by this source.",
                f"“{sender}”从未通过该数据源发送消息。",
            )
        return found

    def _demand_first(self, tx: Transaction, conversation_id: str, number: str) -> None:
        """Raises `_Done` where it is done, `Conflict` where automations answer each other without end."""
        now = self._clock.now_ms()
        kept = now + self._limits.source_deliveries_hours * _HOUR_MS
        name = f"act:{conversation_id}:"
        if source_deliveries.take(tx, self._source.name, name + number, "", kept) is not None:
            raise _Done
        most = self._limits.automation_runs_per_hour
        if source_deliveries.count(tx, self._source.name, name, kept - _HOUR_MS) > most:
            raise _endless(most)

    async def _known(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """With ids in the place of names."""
        match action.get("do"):
            case "tags":
                names = {tag.name: tag.id for tag in await tags.listing(self._database)}
                found = {
                    word: [_named(one, names, "tag") for one in action.get(word, [])] for word in ("add", "remove")
                }
                return {**action, **found}
            case "assign":
                teams = {team.name: team.id for team in await agents.teams(self._database)}
                people = await agents.all_of_them(self._database)
                known = {one.email: one.id for one in people} | {one.name: one.id for one in people}
                found_of = {"team_id": (teams, "team"), "agent_id": (known, "agent")}
                ids = {word: _named(action[word], *of) for word, of in found_of.items() if action.get(word)}
                return {**action, **ids}
            case _:
                return dict(action)

    async def _set_aside(self, task: Task, parcel: Parcel, problem: Problem) -> None:
        letter = self._letters.made("deliver", problem, "json", parcel.external_id, parcel.id)
        kept = Kept(replace(letter, attempts=task.attempts), self._masker.bytes(task.payload))
        await self._database.write(lambda tx: self._letters.keep(tx, [kept]))


class _Done(Exception):
    """It was done before."""


def topic_of(source: str) -> str:
    """Of the outbox."""
    return f"act:{source}"


def _asked(fields: Mapping[str, Any]) -> Asked:
    given = {
        name: value if name == "actions" else text_of(value) for name, value in fields.items() if value is not None
    }
    try:
        asked = msgspec.convert(given, Asked)
    except msgspec.ValidationError as error:
        raise _malformed(str(error)) from error
    if bool(asked.conversation) == bool(asked.sender):
        raise _malformed("it names either a `conversation` or a `sender`")
    return asked


def _actions(told: list[dict[str, Any]]) -> Sequence[Action]:
    try:
        return msgspec.convert(told, ActionList, strict=False)
    except msgspec.ValidationError as error:
        raise _malformed(str(error)) from error


def _named(given: object, names: Mapping[str, str], noun: str) -> str:
    """The id of who is called so; an id is one already."""
    text = text_of(given)  # type: ignore[arg-type] # of a document
    if text in names:
        return names[text]
    if len(text) == _ID_CHARACTERS and text in names.values():
        return text
    raise BadDocument(
        f"{noun}_unknown", "actions", f"There is no {noun} “{text}”.", f"不存在{_NOUNS_ZH[noun]}“{text}”。"
    )


_NOUNS_ZH = {"tag": "标签", "team": "团队", "agent": "客服"}


def _malformed(reason: str) -> BadDocument:
    return BadDocument(
        "actions_malformed",
        "actions",
        f"This says nothing that can be done: {reason}. Mend the map.",
        f"无法执行：{reason}。请修改映射。",
    )


def _endless(most: int) -> Conflict:
    return Conflict(
        "automation_endless",
        f"It ran {most} times in an hour for the same conversation, so it rests there. Look whether automations answer "
        "each other.",
        f"一小时内对同一会话已执行 {most} 次，已暂停。请检查自动化规则是否相互触发。",
    )
