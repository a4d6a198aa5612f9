"""From signals to an outcome: answered, offered, handed over."""

import math

import pytest

from app.intent.decision import (
    FUZZY_ALONE_RATIO,
    Feedback,
    Signals,
    Thresholds,
    confidence_of,
    decide,
    features,
    signals_of,
    tightened,
    wilson,
)
from app.model.intents import Near, Outcome, Tier

LABELS = ("order_status", "refund_status", "human", "greeting")
PLAIN = tuple(float(at == 1) * 8 for at in range(len(features(Signals(()))) + 1))  # 8 times the margin, nothing else
THRESHOLDS = Thresholds((-4.0, *PLAIN[1:]), answer=0.95, offer=0.3)


def of(*scores: float, near: tuple[Near, ...] = ()) -> Signals:
    return signals_of(scores, LABELS[: len(scores)], near, length=12)


def test_signals_are_the_best_three_with_their_margin() -> None:
    signals = of(-0.5, 0.75, 0.25, -1.0)
    assert [label for label, _ in signals.ranked] == ["refund_status", "human", "order_status"]
    assert (signals.maximum, signals.margin, signals.scope) == (0.75, 0.5, 0.875)
    assert signals_of([0.5], ["only"]).margin == 0.5
    assert (signals_of([], []).margin, signals_of([], []).ranked) == (0.0, ())


@pytest.mark.parametrize(("first", "outcome"), [(1.0, Outcome.ANSWER), (0.5, Outcome.OFFER), (0.1, Outcome.HAND_OVER)])
def test_the_margin_decides(first: float, outcome: Outcome) -> None:
    decision = decide(of(first, 0.0, -0.5, -0.5), THRESHOLDS)
    assert (decision.outcome, decision.tier, decision.intent) == (outcome, Tier.MODEL, "order_status")
    assert decision.confidence == pytest.approx(1 / (1 + math.exp(4 - 8 * first)))


def test_what_is_under_the_floor_is_out_of_scope_however_sure_the_rest_is() -> None:
    assert decide(of(1.0, 0.0), THRESHOLDS).outcome == Outcome.ANSWER
    low = Thresholds(THRESHOLDS.weights, 0.95, 0.3, floor=1.6)
    assert decide(of(1.0, 0.0), low).outcome == Outcome.HAND_OVER


def test_without_weights_only_a_phrase_nearly_the_same_is_answered() -> None:
    near = (Near("where is it", "human", FUZZY_ALONE_RATIO),)
    decision = decide(of(0.3, 0.0, 0.35, near=near), Thresholds())
    assert (decision.outcome, decision.tier, decision.intent) == (Outcome.ANSWER, Tier.FUZZY, "human")
    less = (Near("where is it", "human", FUZZY_ALONE_RATIO - 1),)
    assert decide(of(0.3, 0.0, 0.35, near=less), Thresholds()).outcome == Outcome.HAND_OVER


def test_the_model_may_speak_against_a_phrase_nearly_the_same_if_it_is_sure() -> None:
    near = (Near("do not cancel it", "human", FUZZY_ALONE_RATIO),)
    assert decide(of(0.25, 0.2, near=near), THRESHOLDS).intent == "human"
    decision = decide(of(0.5, 0.0, near=near), THRESHOLDS)
    assert (decision.outcome, decision.intent) == (Outcome.OFFER, "order_status")
    assert "human" in {one.intent for one in decision.candidates}


def test_phrases_nearly_the_same_that_contradict_each_other_answer_nothing() -> None:
    near = (Near("a", "human", 98.0), Near("b", "greeting", 96.0))
    assert decide(of(0.05, 0.0, near=near), THRESHOLDS).tier == Tier.MODEL
    assert decide(of(0.1, 0.0, near=near), THRESHOLDS).outcome == Outcome.HAND_OVER


def test_nothing_known_is_handed_over() -> None:
    decision = decide(Signals(()), THRESHOLDS)
    assert (decision.outcome, decision.tier, decision.intent, decision.candidates) == (
        Outcome.HAND_OVER, Tier.NONE, "", (),
    )  # fmt: skip


def test_candidates_are_three_and_share_what_the_best_leaves() -> None:
    near = (Near("hello", "greeting", 70.0),)
    candidates = decide(of(0.6, 0.2, 0.1, -0.9, near=near), THRESHOLDS).candidates
    assert [one.intent for one in candidates] == ["order_status", "refund_status", "human"]
    confidences = [one.confidence for one in candidates]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) < 1


def test_the_nearest_phrases_are_candidates_where_there_is_no_model() -> None:
    near = (Near("hello", "greeting", 70.0), Near("hi", "human", 60.0))
    decision = decide(Signals((), near), Thresholds())
    assert [one.intent for one in decision.candidates] == ["greeting", "human"]


def test_votes_of_near_phrases_are_features() -> None:
    weights = (0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0)
    agreeing = confidence_of(of(1.0, near=(Near("a", "order_status", 90.0),)), weights)
    against = confidence_of(of(1.0, near=(Near("a", "human", 90.0),)), weights)
    assert agreeing > 0.98 and against == 0.5


def test_votes_of_near_phrases_turn_what_the_model_is_unsure_of_and_nothing_else() -> None:
    near = (Near("a", "human", 90.0), Near("b", "unknown to the model", 99.0))
    assert of(0.2, 0.0, 0.1, near=near).ranked[0][0] == "human"
    assert of(0.5, 0.0, 0.1, near=near).ranked[0][0] == "order_status"
    little = (Near("a", "human", 50.0),)
    assert of(0.2, 0.0, 0.15, near=little).ranked[0][0] == "order_status"


def test_wilson_bounds() -> None:
    low, high = wilson(985, 1_000)
    assert 0.975 < low < 0.985 < high < 0.995
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(10, 10)[1] == 1.0 and wilson(0, 10)[0] == 0.0


def test_an_intent_that_is_often_wrong_in_live_chats_asks_for_more_confidence() -> None:
    seen = {"order_status": Feedback(60, 40), "refund_status": Feedback(99, 1), "human": Feedback(0, 1)}
    own = tightened(THRESHOLDS, seen, target=0.985).of_intent
    assert set(own) == {"order_status"}, "one wrong answer proves nothing"
    assert THRESHOLDS.answer < own["order_status"] < 1
    stricter = tightened(THRESHOLDS, seen, target=0.985)
    sure = of(0.9, 0.0)
    assert decide(sure, THRESHOLDS).outcome == Outcome.ANSWER
    assert decide(sure, stricter).outcome == Outcome.OFFER
    assert tightened(stricter, {}, target=0.985).of_intent == {}
