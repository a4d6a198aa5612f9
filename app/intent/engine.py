"""The engine: what a visitor's message means, why, and what is done with it.

An immutable value: `learning` swaps it whole. The first that knows answers: a confirmed phrase, a rule, a phrase nearly
the same (95 or more), the model with the votes of the nearest phrases. A correction makes another engine that shares
everything but what is new, so it is at work at once.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from msgspec import Struct

from app.intent.decision import Decision, Signals, Thresholds, decide, signals_of
from app.intent.features import features
from app.intent.fuzzy import FuzzyIndex
from app.intent.linear import Model
from app.intent.normalise import normalise
from app.intent.patterns import BadPattern
from app.intent.rules import Match, RuleBook
from app.model.intents import Candidate, Classification, Intent, Near, Outcome, Tier
from app.settings import Limits

SURE = 0.99  # the confidence of what a person wrote or confirmed


class _Overlay(Struct, frozen=True):
    """What was learned since the engine was built: the intent of words, and pairs that are wrong."""

    meant: dict[str, tuple[str, str]] = {}  # by normalised words: the text, its intent
    wrong: frozenset[tuple[str, str]] = frozenset()


class Engine:
    """Classifies messages. `Engine.of` builds one, `corrected` and `rejected` make another."""

    __slots__ = ("_book", "_fuzzy", "_inboxes", "_limits", "_model", "_overlay", "_thresholds")

    def __init__(
        self,
        book: RuleBook,
        fuzzy: FuzzyIndex,
        model: Model | None,
        thresholds: Thresholds,
        limits: Limits,
        inboxes: Mapping[str, tuple[str, ...]],
        overlay: _Overlay,
    ) -> None:
        self._book = book
        self._fuzzy = fuzzy
        self._model = model
        self._thresholds = thresholds
        self._limits = limits
        self._inboxes = inboxes
        self._overlay = overlay

    @classmethod
    def of(
        cls,
        intents: Iterable[Intent],
        model: Model | None = None,
        thresholds: Thresholds | None = None,
        limits: Limits | None = None,
        wrong: Callable[[str, BadPattern], None] | None = None,
    ) -> "Engine":
        """Out of intents, those that are enabled. Patterns that are refused are left out and told to `wrong`."""
        limits = limits or Limits()
        enabled = [intent for intent in intents if intent.enabled]
        read = partial(normalise, limits=limits)
        book = RuleBook.of(enabled, read, limits, wrong)
        phrases = ((read(phrase.text), phrase.text, intent.name) for intent in enabled for phrase in intent.phrases)
        inboxes = {intent.name: intent.inbox_ids for intent in enabled}
        index = FuzzyIndex.of(phrases, limits)
        return cls(book, index, model, thresholds or Thresholds(), limits, inboxes, _Overlay())

    def classify(self, text: str, *, inbox_id: str = "", language: str = "", explain: bool = False) -> Classification:
        """What a message means. `explain`: the nearest phrases and the model are asked even behind a rule."""
        normalised = normalise(text, self._limits)
        if not normalised:
            return Classification(Outcome.HAND_OVER, Tier.NONE, "", 0.0)
        match = self._matched(normalised, text, inbox_id, language)
        if match is None:
            return self._judged(normalised, inbox_id)
        judged = self._judged(normalised, inbox_id) if explain else None
        return _surely(match, normalised, judged)

    def corrected(self, text: str, intent: str) -> "Engine":
        """With a text that means an intent from now on, whatever a rule says, and a model that has learned it."""
        normalised = normalise(text, self._limits)
        if not normalised or intent not in self._inboxes:
            return self
        overlay = _Overlay(
            self._overlay.meant | {normalised: (text, intent)}, self._overlay.wrong - {(normalised, intent)}
        )
        model = self._model
        if model is not None:
            model = model.corrected(features(normalised, self._limits), intent)
        return self._with(overlay, self._fuzzy.added(normalised, text, intent), model)

    def rejected(self, text: str, intent: str) -> "Engine":
        """Without that intent for that text: a correction to it is taken back, and no tier gives it for these words."""
        normalised = normalise(text, self._limits)
        if not normalised:
            return self
        meant = self._overlay.meant
        if meant.get(normalised, ("", ""))[1] == intent:
            meant = {words: one for words, one in meant.items() if words != normalised}
        overlay = _Overlay(meant, self._overlay.wrong | {(normalised, intent)})
        return self._with(overlay, self._fuzzy.without(normalised, intent), self._model)

    def _with(self, overlay: _Overlay, fuzzy: FuzzyIndex, model: Model | None) -> "Engine":
        return Engine(self._book, fuzzy, model, self._thresholds, self._limits, self._inboxes, overlay)

    # ---- tiers

    def _matched(self, normalised: str, text: str, inbox_id: str, language: str) -> Match | None:
        """A correction, a confirmed phrase, or a rule; none that was said to be wrong for these words."""
        said, intent = self._overlay.meant.get(normalised, ("", ""))
        if intent and self._holds(intent, inbox_id):
            return Match(intent, said, confirmed=True)
        match = self._book.match(normalised, text, inbox_id, language)
        if match is not None and (normalised, match.intent) in self._overlay.wrong:
            match = self._book.ruled(text, inbox_id, language) if match.confirmed else None
            if match is not None and (normalised, match.intent) in self._overlay.wrong:
                return None
        return match

    def _judged(self, normalised: str, inbox_id: str) -> Classification:
        """By the nearest phrases and the model."""
        near = self._near(normalised, inbox_id)
        signals = self._signals(normalised, near, inbox_id)
        decision = decide(signals, self._thresholds)
        return _told(decision, near, signals.margin, signals.maximum, normalised)

    def signals(self, text: str, *, inbox_id: str = "") -> Signals:
        """What the nearest phrases and the model say of a message, before it is decided: calibration goes by it."""
        normalised = normalise(text, self._limits)
        return self._signals(normalised, self._near(normalised, inbox_id), inbox_id)

    def _signals(self, normalised: str, near: tuple[Near, ...], inbox_id: str) -> Signals:
        """The model's scores are those of intents that hold in the inbox and are not wrong for these words."""
        if self._model is None:
            return Signals((), near, length=len(normalised))
        found = features(normalised, self._limits)
        labels, scores = self._model.labels, self._model.scores(found)
        wrong = self._overlay.wrong
        kept = [
            at
            for at, label in enumerate(labels)
            if self._holds(label, inbox_id) and not (wrong and (normalised, label) in wrong)
        ]
        if len(kept) < len(labels):
            labels, scores = tuple(labels[at] for at in kept), [scores[at] for at in kept]
        return signals_of(scores, labels, near, known=self._model.known(found), length=len(normalised))

    def _near(self, normalised: str, inbox_id: str) -> tuple[Near, ...]:
        near = self._fuzzy.best(normalised)
        return tuple(one for one in near if self._holds(one.intent, inbox_id))

    def _holds(self, intent: str, inbox_id: str) -> bool:
        """Whether there is such an intent in this inbox."""
        inboxes = self._inboxes.get(intent)
        return inboxes is not None and (not inboxes or inbox_id in inboxes)


def _surely(match: Match, normalised: str, judged: Classification | None) -> Classification:
    """What a person wrote or confirmed, with what else it might have been."""
    others = (*match.others, *(one.intent for one in judged.candidates)) if judged is not None else match.others
    rest = tuple(Candidate(intent, 0.0) for intent in dict.fromkeys(others) if intent != match.intent)[:2]
    near = judged.near if judged else ()
    if match.confirmed and not near:
        near = (Near(match.pattern, match.intent, 100.0),)
    return Classification(
        Outcome.ANSWER,
        Tier.CONFIRMED if match.confirmed else Tier.RULE,
        match.intent,
        SURE,
        candidates=(Candidate(match.intent, SURE), *rest),
        rule="" if match.confirmed else match.pattern,
        near=near,
        margin=judged.margin if judged else 0.0,
        maximum=judged.maximum if judged else 0.0,
        slots=match.slots,
        normalised=normalised,
    )


def _told(decision: Decision, near: tuple[Near, ...], margin: float, maximum: float, normalised: str) -> Classification:
    return Classification(
        decision.outcome,
        decision.tier,
        decision.intent,
        decision.confidence,
        candidates=decision.candidates,
        near=near,
        margin=margin,
        maximum=maximum,
        normalised=normalised,
    )
