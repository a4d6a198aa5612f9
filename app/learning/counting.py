"""Counts what came of each message that the engine was asked about: in memory first, stored every few seconds.

What a kill takes away is a few seconds of counts; what agents say is counted in the commit of their correction.
"""

import asyncio

from app.model.clock import Clock
from app.model.errors import Problem
from app.model.intents import Classification, Correction, Outcome, Question
from app.settings import Limits
from app.storage import intent_counts, intent_questions
from app.storage.database import Database, Transaction
from app.storage.intent_counts import Count, Counted
from app.storage.intent_questions import FirstQuestion
from app.telemetry.log import logger

BUCKETS = 20
DAY_MS = 86_400_000
_TRIMMED = 500
_log = logger("learning")


class Counting:
    """Keeps counts and first questions until they are stored; what is too much is dropped and logged."""

    def __init__(self, database: Database, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._counts: dict[Counted, int] = {}
        self._questions: list[FirstQuestion] = []
        self._dropped = 0

    def asked(self, question: Question) -> None:
        """As `Understanding.asked`."""
        key = counted(question.at, question.classification)
        self._counts[key] = self._counts.get(key, 0) + 1
        if not question.first or not question.text.strip():
            return
        if len(self._questions) >= self._limits.intent_questions_waiting_max:
            self._dropped += 1
            return
        self._questions.append(_first(question))

    def told(self, tx: Transaction, correction: Correction, outcome: Outcome) -> None:
        """Count what an agent said, in the transaction of his correction."""
        key = Counted(
            correction.at // DAY_MS, correction.said, correction.tier.value, outcome.value,
            bucket(correction.confidence),
        )  # fmt: skip
        right = bool(correction.said) and correction.said == correction.intent
        intent_counts.add(tx, key, Count(told_right=int(right), told_wrong=int(not right)))

    async def run(self) -> None:
        """Store what was counted, for as long as the server runs."""
        trimmed_day = -1
        while True:
            await asyncio.sleep(self._limits.intent_count_seconds)
            try:
                await self.store()
                today = self._clock.now_ms() // DAY_MS
                if today != trimmed_day:
                    await self._trim(today)
                    trimmed_day = today
            except Problem as problem:  # the disk is full, say: it is tried again with the next
                _log.warning("what was counted is not stored yet", extra={"code": problem.code})

    async def store(self) -> None:
        """Store what was counted until now."""
        counts, questions = self._counts, self._questions
        if not counts and not questions:
            return
        self._counts, self._questions = {}, []

        def unit(tx: Transaction) -> None:
            for key, number in counts.items():
                intent_counts.add(tx, key, Count(asked=number))
            for question in questions:
                intent_questions.asked(tx, question)

        try:
            await self._database.write(unit)
        except Problem:
            for key, number in counts.items():
                self._counts[key] = self._counts.get(key, 0) + number
            room = self._limits.intent_questions_waiting_max - len(self._questions)
            self._questions = questions[:room] + self._questions
            raise
        if self._dropped:
            _log.warning("first questions came too fast for the review list", extra={"dropped": self._dropped})
            self._dropped = 0

    async def _trim(self, today: int) -> None:
        limits = self._limits
        before = (today - limits.intent_questions_days) * DAY_MS
        kept = limits.intent_questions_kept
        await self._database.write(lambda tx: intent_counts.forget(tx, today - limits.intent_counts_days))
        await self._database.write(lambda tx: intent_questions.trim(tx, before, kept, _TRIMMED))


def counted(at: int, said: Classification) -> Counted:
    """What a classification is counted under; `at` in milliseconds UTC."""
    return Counted(at // DAY_MS, said.intent, said.tier.value, said.outcome.value, bucket(said.confidence))


def bucket(confidence: float) -> int:
    """The twentieth that a confidence falls into, 0 to 19."""
    return max(0, min(int(confidence * BUCKETS), BUCKETS - 1))


def _first(question: Question) -> FirstQuestion:
    said = question.classification
    return FirstQuestion(
        question.conversation_id, question.message_id, question.at, question.text, question.language,
        question.inbox_id, said.intent, said.tier.value, said.outcome.value, said.confidence,
    )  # fmt: skip
