"""Bot, people and visitors in every order: one answer a message, none once a person has the chat, and never a loop.

Tasks are handed over again as after a crash, between any two steps; a restart forgets all that is in memory; an agent
takes the chat while the bot is at work on it.
"""

import asyncio
import shutil
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from msgspec import Struct

from app.accounts.inboxes import InboxChange
from app.model.conversations import Conversation, Kind, Message, Status
from app.model.errors import Problem
from app.model.principals import Agent, Visitor
from app.model.widget import Bot, Widget
from app.settings import Limits, Settings
from tests.chat.understanding import Book
from tests.clock import ManualClock
from tests.domain import SYSTEM, Domain

LIMITS = Limits(bot_turns_max=6, bot_silence_minutes=10)
WORDS = (
    "hello", "how long does shipping take", "多久发货", "it arrived broken", "A-20251", "Cracked", "where is my order",
    "13800138000", "This helped", "没有帮助", "never mind", "转人工", "you liars!!!", "gibberish", "unsure", "Returns",
    "can i return it", "we want 500 pieces",
)  # fmt: skip
_EXAMPLES_MAX = 100
which = st.integers(0, 2)


class World(Struct, frozen=True):
    """An inbox with the bot, two visitors, two agents."""

    database: Path
    visitors: tuple[Visitor, ...]
    agents: tuple[Agent, ...]


async def make_world(path: Path) -> World:
    async with Domain(path, Settings(data=path.parent, limits=LIMITS), ManualClock()) as domain:
        inbox = await domain.inbox()
        await domain.inboxes.change(SYSTEM, inbox, InboxChange(widget=Widget(bot=Bot(on=True))))
        visitors = (await domain.visitor(inbox), await domain.visitor(inbox))
        return World(path, visitors, (await domain.agent("Ann"), await domain.agent("Ben")))


class Talking(RuleBasedStateMachine):
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = ManualClock()
        self.folder = Path(mkdtemp(prefix="bot-", dir=self.world.database.parent))
        shutil.copy(self.world.database, self.folder / "monodesk.db")
        self.seen: list[tuple[str, str]] = []  # every message that a bot may have been handed
        self.run(self._open())

    def run(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    async def _open(self) -> None:
        quick = Settings(data=self.folder, limits=LIMITS, durability="normal")
        self.domain = await Domain(self.folder / "monodesk.db", quick, self.clock).__aenter__()
        self.book = Book()
        self.book.unsure["unsure"] = ("return_policy", "shipping_time")
        self.bot = self.domain.bot(self.book)

    def teardown(self) -> None:
        self.run(self.domain.__aexit__(None, None, None))
        self.runner.close()
        shutil.rmtree(self.folder)

    # --- what happens -------------------------------------------------------------------------------------------------

    @rule(who=which, place=which, words=st.sampled_from(WORDS), answered=st.booleans())
    def visitor_writes(self, who: int, place: int, words: str, answered: bool) -> None:
        self.run(self._write(self.world.visitors[who % 2], place, words, answered=answered))

    async def _write(self, visitor: Visitor, place: int, words: str, *, answered: bool) -> None:
        conv = await self._one_of(visitor, place)
        ack = await self.domain.say(visitor, words, conv)
        self.seen.append((ack.conv, ack.id))
        if answered:
            await self.domain.outbox.drain()

    @rule()
    def bot_works(self) -> None:
        self.run(self.domain.outbox.drain())

    @rule(back=st.integers(0, 5))
    def a_task_comes_again(self, back: int) -> None:
        if self.seen:
            self.run(self.bot.answer(*self.seen[-1 - back % len(self.seen)]))

    @rule(who=which, place=which, deed=st.sampled_from(("take", "say", "resolve")))
    def agent_does(self, who: int, place: int, deed: str) -> None:
        self.run(self._act(self.world.agents[who % 2], place, deed))

    @rule(who=which, place=which, words=st.sampled_from(WORDS))
    def agent_takes_it_meanwhile(self, who: int, place: int, words: str) -> None:
        """The bot has read, thought and looked up; before it writes the chat is somebody's."""
        planned = self.bot._planned

        async def slowly(scene: Any) -> Any:
            plan = await planned(scene)
            await self._act(self.world.agents[who % 2], place, "take", scene.head.id)
            return plan

        self.bot._planned = slowly  # type: ignore[method-assign]
        self.run(self._write(self.world.visitors[who % 2], place, words, answered=True))
        self.bot._planned = planned  # type: ignore[method-assign]

    async def _act(self, agent: Agent, place: int, deed: str, conv: str = "") -> None:
        heads = await self._heads()
        if not heads:
            return
        conv = conv or heads[place % len(heads)].id
        try:
            if deed == "take":
                await self.domain.conversations.take(agent, conv)
            elif deed == "say":
                await self.domain.say(agent, "I am here", conv)
            else:
                await self.domain.conversations.resolve(agent, conv)
        except Problem:
            pass  # somebody was faster, or it is over

    @rule(seconds=st.sampled_from((1, 25, 700)))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.run(self.domain.tools.alarm.ring())

    @rule()
    def restart(self) -> None:
        cids = self.domain._cids
        self.run(self.domain.__aexit__(None, None, None))
        self.run(self._open())
        self.domain._cids = cids  # clients keep theirs

    # --- what holds ---------------------------------------------------------------------------------------------------

    @invariant()
    def each_message_has_one_answer_and_no_person_is_spoken_over(self) -> None:
        self.run(self._check())

    async def _check(self) -> None:
        for head in await self._heads():
            entries = await self.domain.entries(head.id)
            _answers_are_once(entries)
            _nobody_is_spoken_over(entries)
            _it_does_not_loop(entries)
            assert (head.status is not Status.BOT) or head.assignee_id is None

    def _quiet(self) -> None:
        """When all is done nobody waits for the bot."""
        self.run(self.domain.outbox.drain())
        self.clock.advance(LIMITS.bot_answer_seconds + 1)
        self.run(self.domain.tools.alarm.ring())
        for head in self.run(self._heads()):
            assert head.status is not Status.BOT or head.waiting_since is None

    @rule()
    def all_is_quiet(self) -> None:
        self._quiet()

    async def _heads(self) -> list[Conversation]:
        rows = await self.domain.database.read("SELECT id FROM conversations ORDER BY id")
        return [await self.domain.head(str(row[0])) for row in rows]

    async def _one_of(self, visitor: Visitor, place: int) -> str | None:
        own = [head.id for head in await self._heads() if head.contact_id == visitor.contact_id]
        return own[place % len(own)] if own and place else None


def _bot(entry: Message) -> bool:
    return entry.sender.kind == "bot" and entry.kind is Kind.MESSAGE


def _answers_are_once(entries: list[Message]) -> None:
    asked = {entry.id for entry in entries if entry.sender.kind == "visitor"}
    answers = Counter((entry.data or {}).get("of", "") for entry in entries if _bot(entry))
    del answers[""]  # a hand-over's own words
    assert all(count == 1 for count in answers.values()) and set(answers) <= asked
    handed = [entry for entry in entries if (entry.data or {}).get("event") == "bot_handoff"]
    told = [entry for entry in entries if (entry.data or {}).get("event") == "bot_summary"]
    assert len(handed) == len(told)
    assert sum(map(_bot, entries)) <= len(asked) + len(handed)


def _nobody_is_spoken_over(entries: list[Message]) -> None:
    """From the moment at which it is given to people until it is ended and begun anew, the bot says nothing."""
    ours = True
    for entry in entries:
        event = (entry.data or {}).get("event", "")
        if event in ("bot_handoff", "joined"):
            ours = False
        elif event in ("resolved", "reopened"):
            ours = True  # what it may say then is its own again, where no person had it: the head says so
        elif _bot(entry):
            assert ours, "the bot speaks where a person has the chat"


def _it_does_not_loop(entries: list[Message]) -> None:
    """Between two hands to people it says nothing the same more often than a greeting may be."""
    said: Counter[str] = Counter()
    for entry in entries:
        if (entry.data or {}).get("event") == "bot_handoff":
            said.clear()
        elif _bot(entry) and entry.text.startswith(("Two days", "两天", "Within 7", "Ticket", "已为")):
            said[(entry.data or {}).get("intent", "")] += 1
            assert said[(entry.data or {}).get("intent", "")] <= 1, "the same answer twice"
    assert all(count <= LIMITS.bot_turns_max + 1 for count in said.values())


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> World:
    path = Path(shutil.copy(migrated, tmp_path_factory.mktemp("bot") / "world.db"))
    with asyncio.Runner() as runner:
        return runner.run(make_world(path))


def test_one_answer_none_over_a_person_and_no_loop(world: World) -> None:
    machine = type("TalkingHere", (Talking,), {"world": world})
    examples = 6 if settings().max_examples <= 50 else _EXAMPLES_MAX
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=20))
