"""Training: what is learnt, the same each time, told while it goes on, and refused where there is nothing to learn."""

import random
import tracemalloc

import msgspec
import pytest

from app.intent.features import features
from app.intent.linear import Model
from app.intent.normalise import normalise
from app.intent.training import train
from app.model.errors import Invalid
from app.model.intents import Example
from app.settings import Limits
from tests.intent.homophones import mistyped

LIMITS = Limits()
QUICK = msgspec.structs.replace(LIMITS, intent_training_epochs=3)
WORDS = {"refund": "退款 退钱 refund money", "ship": "发货 快递 parcel deliver", "bill": "发票 抬头 invoice tax"}


def made(count: int, seed: int = 1) -> list[Example]:
    """Phrases of a few words, some of them the intent's own."""
    dice = random.Random(seed)
    found = []
    for number in range(count):
        intent = dice.choice([*WORDS])
        filler = ["".join(dice.choices("etaoinshr", k=dice.randint(2, 7))) for _ in range(4)]
        found.append(
            Example(" ".join([*filler[:2], dice.choice(WORDS[intent].split()), *filler[2:], str(number)]), intent)
        )
    return found


def share(model: Model, tests: list[Example]) -> float:
    right = 0
    for one in tests:
        scores = model.scores(features(normalise(one.text, LIMITS), LIMITS))
        right += model.labels[scores.index(max(scores))] == one.intent
    return right / len(tests)


def test_what_it_learns_holds_for_phrases_it_has_not_seen() -> None:
    assert share(train(made(300), seed=1, limits=QUICK), made(200, seed=2)) > 0.97


def test_the_same_seed_gives_the_same_model_and_another_one_another() -> None:
    first, again, other = (train(iter(made(60)), seed=seed, limits=QUICK).dump() for seed in (5, 5, 6))
    assert first == again != other


def test_what_is_out_of_scope_is_no_label() -> None:
    model = train([*made(30), Example("how old are you", "")], seed=1, limits=QUICK)
    assert sorted(model.labels) == ["bill", "refund", "ship"]


@pytest.mark.parametrize("examples", [[], [Example("hello", "")]])
def test_nothing_to_learn_from_is_refused(examples: list[Example]) -> None:
    with pytest.raises(Invalid, match="no phrase to learn from"):
        train(examples, seed=1, limits=LIMITS)


def test_more_intents_than_the_limit_are_refused_before_anything_is_learnt() -> None:
    few = msgspec.structs.replace(LIMITS, intent_labels_max=2)
    with pytest.raises(Invalid, match="more than 2 intents"):
        train(made(50), seed=1, limits=few, progress=lambda seen, of: pytest.fail("it began"))


def test_one_intent_with_one_phrase_that_has_no_words_is_learnt() -> None:
    model = train([Example("...", "dots")], seed=1, limits=LIMITS)
    assert (model.labels, model.scores([])) == (("dots",), [0.0])


def test_progress_rises_to_its_end() -> None:
    told: list[tuple[int, int]] = []
    train(made(1_100), seed=1, limits=QUICK, progress=lambda seen, of: told.append((seen, of)))
    assert told == [(0, 3_300), (1_024, 3_300), (2_048, 3_300), (3_072, 3_300), (3_300, 3_300)]


def test_the_vocabulary_keeps_within_its_limits_the_commonest_first() -> None:
    small = msgspec.structs.replace(QUICK, intent_vocabulary_max=200)
    narrow = msgspec.structs.replace(
        QUICK, intent_model_rows_bytes_max=150 * 2 * 4
    )  # lanes of three labels and a first
    assert len(train(made(300), seed=1, limits=small)) == 200
    assert len(train(made(300), seed=1, limits=narrow)) == 150
    assert train(made(300), seed=1, limits=small).known(["退款", "~tui~kuan"]) == 1.0


def test_many_examples_are_learnt_in_little_memory() -> None:
    tight = msgspec.structs.replace(LIMITS, intent_training_epochs=1, intent_vocabulary_max=5_000)
    train(made(10), seed=1, limits=tight)  # the tables are loaded
    tracemalloc.start()
    model = train((one for one in made(600)), seed=1, limits=tight)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert share(model, made(100, seed=2)) > 0.9
    assert peak < 20_000_000


def test_a_homophone_costs_little() -> None:
    dice = random.Random(1)
    chinese = {"refund": ["我要退款", "怎么退钱", "钱退给我"], "ship": ["什么时候发货", "快递到哪里了", "包裹还没寄出"]}
    examples = [Example(text, intent) for intent, texts in chinese.items() for text in texts]
    model = train(examples, seed=1, limits=LIMITS)
    wrong = [Example(mistyped(one.text, dice), one.intent) for one in examples for _ in range(20)]
    assert share(model, wrong) > 0.95
