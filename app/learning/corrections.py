"""What agents say of classifications: a durable row first, then at work in the engine before the answer leaves."""

from typing import Annotated

from msgspec import Meta, Struct

from app.accounts.policy import demand
from app.learning.counting import Counting
from app.learning.intents import cleaned
from app.model.clock import Clock
from app.model.errors import Invalid, not_found
from app.model.events import IntentCorrected
from app.model.frames import Id
from app.model.ids import Ids
from app.model.intents import (
    PHRASE_CHARACTERS_MAX,
    Classification,
    Correction,
    Outcome,
    Phrase,
    Tier,
    Understanding,
    Verdict,
)
from app.model.principals import Agent, Principal
from app.settings import Limits
from app.storage import bot, conversations, intent_corrections, intent_questions, intents, messages
from app.storage.database import Database, Transaction

CORRECTION = "correction"  # the origin of phrases that agents gave
_NOTHING = Classification(Outcome.HAND_OVER, Tier.NONE, "", 0.0)


class NewCorrection(Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent says: of a visitor's message, of a conversation's first one (no `message_id`), or of a `text`.

    `intent` is what it is (this, chosen; with wrong what it is instead, empty for none of them; with right what the
    engine said then, where that is to be sure).
    """

    verdict: Verdict
    conversation_id: Id | None = None
    message_id: Id | None = None
    text: Annotated[str, Meta(max_length=4_000)] = ""
    intent: Annotated[str, Meta(max_length=60)] = ""


class CorrectionQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`before`: the id of the last one seen."""

    before: Annotated[str, Meta(max_length=26)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class CorrectionPage(Struct, frozen=True):
    """Corrections, the newest first; `next` is passed as `before`, None at the end."""

    corrections: list[Correction]
    next: str | None


class _Subject(Struct, frozen=True):
    """What is corrected, and what the engine said of it."""

    text: str
    said: Classification
    inbox_id: str = ""
    conversation_id: str = ""
    message_id: str = ""


class Corrections:
    """Who answers in a conversation may correct there; of texts alone, who manages intents."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, limits: Limits, engine: Understanding, counting: Counting
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._engine = engine
        self._counting = counting

    async def correct(self, agent: Agent, new: NewCorrection) -> Correction:
        """Store one; it is at work when this returns.

        Raises `Forbidden`, `NotFound`, `Invalid` (nothing_said, intent_unknown, intent_missing).
        """
        subject = await self._subject(agent, new)
        intent = _meant(new, subject.said)
        at = self._clock.now_ms()
        correction = Correction(
            self._ids.new(), at, subject.conversation_id, subject.message_id, subject.text, subject.said.intent,
            subject.said.tier, subject.said.confidence, new.verdict, intent, agent.agent_id,
        )  # fmt: skip

        def unit(tx: Transaction) -> Correction:
            if intent and intents.by_name(tx, intent) is None:
                raise _unknown(intent)
            intent_corrections.insert(tx, correction)
            self._learn(tx, correction)
            self._counting.told(tx, correction, subject.said.outcome)
            tx.announce(IntentCorrected(correction))
            return correction

        return await self._database.write(unit)

    async def page(self, principal: Principal, asked: CorrectionQuery) -> CorrectionPage:
        """What agents said, newest first; raises `Forbidden`."""
        demand(principal, "intent.write")
        rows_max = min(asked.limit, self._limits.page_rows_max)
        rows = await intent_corrections.page(self._database, asked.before, rows_max + 1)
        shown = rows[:rows_max]
        return CorrectionPage(shown, shown[-1].id if len(rows) > rows_max else None)

    def _learn(self, tx: Transaction, correction: Correction) -> None:
        """The words are a phrase of their intent from now on, and no other's that had only learnt them."""
        if len(correction.text) > PHRASE_CHARACTERS_MAX:
            return
        intents.take_away(tx, correction.text, correction.intent)
        if correction.intent:
            phrase = Phrase(correction.text, origin=CORRECTION)
            intents.confirm_phrase(tx, self._ids.new(), correction.intent, phrase, correction.at)

    async def _subject(self, agent: Agent, new: NewCorrection) -> _Subject:
        if new.conversation_id is None:
            demand(agent, "intent.write")
            text = cleaned(new.text)
            if not text:
                raise _nothing_said()
            return _Subject(text, self._engine.classify(text) or _NOTHING)
        return await self._in_conversation(agent, new.conversation_id, new.message_id)

    async def _in_conversation(self, agent: Agent, conversation_id: str, message_id: str | None) -> _Subject:
        demand(agent, "intent.correct")
        head = await conversations.find(self._database, conversation_id)
        if head is None:
            raise not_found()
        demand(agent, "conversation.write", head)
        first = await intent_questions.of_conversation(self._database, conversation_id)
        wanted = message_id or (first.message_id if first else "")
        found = await messages.words_of_visitor(self._database, conversation_id, wanted)
        if found is None:
            raise not_found()
        message_id, text = found[0], cleaned(found[1])
        if not text:
            raise _nothing_said()
        said = await self._said(message_id) or self._engine.classify(text, inbox_id=head.inbox_id) or _NOTHING
        return _Subject(text, said, head.inbox_id, conversation_id, message_id)

    async def _said(self, message_id: str) -> Classification | None:
        """What the bot acted on: a correction before may have changed what the engine says by now."""
        turn = await bot.turn(self._database, message_id)
        if turn is None:
            return None
        return Classification(Outcome(turn.outcome), Tier(turn.tier), turn.intent, turn.confidence)


def _meant(new: NewCorrection, said: Classification) -> str:
    """The intent that the verdict gives the message; empty for none of them."""
    if new.verdict is Verdict.WRONG:
        return "" if new.intent == said.intent else new.intent
    intent = new.intent or (said.intent if new.verdict is Verdict.RIGHT else "")
    if not intent:
        raise Invalid(
            "intent_missing", "Say which intent it is.", "请选择正确的意图。", field="intent"
        )  # fmt: skip
    return intent


def _unknown(intent: str) -> Invalid:
    return Invalid(
        "intent_unknown", f"There is no intent {intent}. Choose from the list.",
        f"没有意图 {intent}。请从列表中选择。", field="intent",
    )  # fmt: skip


def _nothing_said() -> Invalid:
    return Invalid(
        "nothing_said", "The message has no words that could mean something. Choose another one.",
        "该消息没有可识别的文字。请选择其他消息。",
    )  # fmt: skip
