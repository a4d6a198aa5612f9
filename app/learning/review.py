"""The review list: what solved chats suggest, until somebody says.

A chat that is over and whose first question an agent gave an intent suggests a new phrase of it; questions that the
engine left to people and that are like each other suggest a new intent. A little of it is looked at every few minutes.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from app.accounts.audit import record
from app.accounts.policy import demand
from app.intent.features import features
from app.intent.normalise import normalise
from app.learning.intents import Intents, cleaned
from app.model.audit import Change, Subject
from app.model.clock import Clock
from app.model.conversations import Status
from app.model.errors import Conflict, Invalid, Problem, not_found
from app.model.events import IntentsChanged
from app.model.ids import Ids
from app.model.intents import PHRASE_CHARACTERS_MAX, Intent, Outcome, Phrase, PhraseText
from app.model.principals import Principal
from app.settings import Limits
from app.storage import intent_questions, intents
from app.storage.database import Database, Transaction
from app.storage.intent_questions import FirstQuestion, Suggestion
from app.telemetry.log import logger

_OVER = frozenset({Status.RESOLVED.value, Status.CLOSED.value})
_ALIKE = 0.3  # of their features two questions share, to be alike
_TEXTS_MAX = 20  # of one suggestion
_TURN = 20  # questions after which others have their turn
_ORIGIN = "review"
_log = logger("learning")


class SuggestionQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which: `state` open, accepted, rejected; `kind` phrase or intent, empty for both; `before` the last one seen."""

    state: Annotated[str, Meta(pattern=r"^(open|accepted|rejected)(?!\n)$")] = "open"
    kind: Annotated[str, Meta(pattern=r"^(phrase|intent)?(?!\n)$")] = ""
    before: Annotated[str, Meta(max_length=26)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class SuggestionPage(Struct, frozen=True):
    """Suggestions, the newest first; `next` is passed as `before`, None at the end."""

    suggestions: list[Suggestion]
    next: str | None


class SuggestionDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody says: whether it is taken, and with which words, of which intent, where he has edited it.

    An intent that does not exist yet is made; `title` by language is what people read then.
    """

    accept: bool
    intent: Annotated[str, Meta(pattern=r"^([a-z][a-z0-9_]{0,59})?(?!\n)$")] = ""
    texts: Annotated[tuple[PhraseText, ...], Meta(max_length=_TEXTS_MAX)] = ()
    title: dict[str, Annotated[str, Meta(max_length=200)]] = {}


class SuggestionAnswer(Struct, frozen=True):
    """The suggestion as it is now."""

    suggestion: Suggestion


class Review:
    """For who manages intents; `run` finds what there is to say."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits, room: Intents) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._intents = room

    async def page(self, principal: Principal, asked: SuggestionQuery) -> SuggestionPage:
        """A page of the list; raises `Forbidden`."""
        demand(principal, "intent.write")
        rows_max = min(asked.limit, self._limits.page_rows_max)
        rows = await intent_questions.page(self._database, asked.state, asked.kind, asked.before, rows_max + 1)
        shown = rows[:rows_max]
        return SuggestionPage(shown, shown[-1].id if len(rows) > rows_max else None)

    async def decide(
        self, principal: Principal, agent_id: str, suggestion_id: str, asked: SuggestionDecision
    ) -> SuggestionAnswer:
        """Take it or not; raises `Forbidden`, `NotFound`, `Conflict` (decided_already), `Invalid` (empty)."""
        demand(principal, "intent.write")

        def unit(tx: Transaction) -> SuggestionAnswer:
            found = intent_questions.suggestion(tx, suggestion_id)
            if found is None:
                raise not_found()
            state = "accepted" if asked.accept else "rejected"
            if not intent_questions.decide(tx, suggestion_id, state, self._clock.now_ms(), agent_id):
                raise Conflict(
                    "decided_already", "Somebody has decided this one already. Look at the list again.",
                    "该建议已被处理。请刷新列表。",
                )  # fmt: skip
            if asked.accept:
                self._take(tx, principal, found, asked)
            decided = intent_questions.suggestion(tx, suggestion_id)
            return SuggestionAnswer(decided or found)

        return await self._database.write(unit)

    def _take(self, tx: Transaction, principal: Principal, found: Suggestion, asked: SuggestionDecision) -> None:
        name = asked.intent or found.intent
        texts = [text for text in map(cleaned, asked.texts or found.texts) if text]
        if not texts or not name:
            raise Invalid("empty", "Say which phrases of which intent.", "请填写意图和示例问法。", field="texts")
        if intents.by_name(tx, name) is None:
            title = {language: cleaned(text) for language, text in asked.title.items() if cleaned(text)}
            made = Intent(name, title or {"en": name.replace("_", " ").capitalize()})
            intents.save(tx, made, 1, self._clock.now_ms())
            record(tx, principal, "intent.create", Subject("intent", "", name))
        for text in texts:
            self._intents.add(tx, name, Phrase(text, found.language, _ORIGIN))
        record(tx, principal, "intent.phrases", Subject("intent", "", name), Change(after={"added": len(texts)}))
        tx.announce(IntentsChanged((name,)))

    # --- finding ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look through what is new, for as long as the server runs."""
        while True:
            await asyncio.sleep(self._limits.intent_review_seconds)
            try:
                await self.look()
            except Problem as problem:
                _log.warning("the review list is not looked at now", extra={"code": problem.code})

    async def look(self) -> int:
        """Look at the newest questions that nobody has looked at; how many suggestions came of it."""
        room = self._limits.intent_suggestions_max - await intent_questions.open_count(self._database)
        questions = await intent_questions.open_questions(self._database, self._limits.intent_review_questions_max)
        over = [one for one in questions if one.status in _OVER and len(one.text) <= PHRASE_CHARACTERS_MAX]
        if not over or room <= 0:
            return 0
        known = await intents.where(self._database, [cleaned(one.text) for one in over])
        labelled = [one for one in over if one.labelled]
        unknown = [one for one in over if not one.labelled and one.outcome == Outcome.HAND_OVER]
        clusters = await self._clusters([one for one in unknown if not known[cleaned(one.text)]])
        names = {one.intent.name for one in await intents.listing(self._database, self._limits.intents_max)}
        made = [self._phrase(one) for one in labelled if one.labelled in names and not known[cleaned(one.text)]]
        made += [self._intent(cluster, names) for cluster in clusters]
        waiting = {one.conversation_id for one in unknown} - {one.conversation_id for each in clusters for one in each}
        looked = [one.conversation_id for one in over if one.conversation_id not in waiting or self._old(one)]
        kept = made[:room]

        def unit(tx: Transaction) -> None:
            for suggestion in kept:
                intent_questions.suggest(tx, suggestion)
            intent_questions.reviewed(tx, looked)

        await self._database.write(unit)
        return len(kept)

    def _old(self, question: FirstQuestion) -> bool:
        """A question that nothing was like for half of the time for which they are kept waits no longer."""
        days = self._limits.intent_questions_days / 2
        return question.at < self._clock.now_ms() - days * 86_400_000

    def _phrase(self, question: FirstQuestion) -> Suggestion:
        return Suggestion(
            self._ids.new(), self._clock.now_ms(), "phrase", question.labelled, (cleaned(question.text),),
            (question.conversation_id,), _language(question), "labelled",
        )  # fmt: skip

    def _intent(self, cluster: Sequence[FirstQuestion], names: set[str]) -> Suggestion:
        name = _named(names)
        names.add(name)
        texts = tuple(dict.fromkeys(cleaned(one.text) for one in cluster))[:_TEXTS_MAX]
        conversations = tuple(one.conversation_id for one in cluster)[:_TEXTS_MAX]
        return Suggestion(
            self._ids.new(), self._clock.now_ms(), "intent", name, texts, conversations, _language(cluster[0]), "alike"
        )

    async def _clusters(self, questions: Sequence[FirstQuestion]) -> list[list[FirstQuestion]]:
        """Questions that are like the first of their cluster, by the features that they share; bounded by the look."""
        leaders: list[tuple[frozenset[str], list[FirstQuestion]]] = []
        for number, question in enumerate(questions, 1):
            found = frozenset(features(normalise(question.text, self._limits), self._limits))
            if found:
                _join(leaders, found, question)
            if number % _TURN == 0:
                await asyncio.sleep(0)
        return [cluster for _, cluster in leaders if len(cluster) >= self._limits.intent_cluster_min]


def _join(
    leaders: list[tuple[frozenset[str], list[FirstQuestion]]], found: frozenset[str], question: FirstQuestion
) -> None:
    """To the cluster whose first question it is most like, or as the first of one of its own."""
    best, most = None, _ALIKE
    for leader, cluster in leaders:
        alike = len(found & leader) / len(found | leader)
        if alike >= most:
            best, most = cluster, alike
    if best is None:
        leaders.append((found, [question]))
    else:
        best.append(question)


def _named(names: set[str]) -> str:
    """A name that is free; whoever takes the suggestion gives it a better one."""
    number = 1
    while f"new_intent_{number}" in names:
        number += 1
    return f"new_intent_{number}"


def _language(question: FirstQuestion) -> str:
    return question.language if question.language in ("zh", "en") else ""
