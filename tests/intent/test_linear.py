"""The linear model: scores out of packed lanes, corrections, and the file it is kept in."""

import random
import zlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.intent.features import features
from app.intent.linear import _MAGIC, BIAS, CHUNK, LANE_BITS, SQUARES, VALUE_MAX, Model, moved, offset
from app.intent.normalise import normalise
from app.intent.training import train
from app.model.errors import Invalid
from app.model.intents import Example
from app.settings import Limits

LIMITS = Limits()
PHRASES = {
    "refund": ["我要退款", "钱什么时候退回来", "I want my money back", "refund please", "怎么退钱"],
    "shipping": ["快递到哪了", "什么时候发货", "where is my parcel", "when will it ship", "物流信息"],
    "invoice": ["开发票", "电子发票在哪下载", "I need an invoice", "send me the invoice", "发票抬头写错了"],
}


def seen(text: str) -> list[str]:
    return features(normalise(text, LIMITS), LIMITS)


def best(model: Model, text: str) -> str:
    scores = model.scores(seen(text))
    return model.labels[scores.index(max(scores))]


@pytest.fixture(scope="module")
def model() -> Model:
    examples = [Example(text, intent) for intent, texts in PHRASES.items() for text in texts]
    return train(examples, seed=1, limits=LIMITS)


def packed(lanes: list[int]) -> int:
    return sum(value << (LANE_BITS * lane) for lane, value in enumerate(lanes))


value = st.integers(-VALUE_MAX, VALUE_MAX)


@given(st.data(), st.integers(1, 9), st.integers(1, 3 * CHUNK))
@settings(max_examples=60)
def test_scores_are_the_sums_of_the_rows_whatever_their_values(data: st.DataObject, labels: int, count: int) -> None:
    seed = data.draw(st.integers(0, 2**32))
    dice = random.Random(seed)
    extreme = data.draw(st.booleans())
    rows = [
        [dice.randint(1, VALUE_MAX)]
        + [dice.choice((-VALUE_MAX, VALUE_MAX)) if extreme else dice.randint(-VALUE_MAX, VALUE_MAX)] * labels
        for _ in range(count)
    ]
    names = [f"f{number}" for number in range(count)]
    model = Model(
        [f"l{n}" for n in range(labels)], dict(zip(names, map(packed, rows), strict=True)), unit=0.5, newcomer=7
    )
    length = (sum(row[0] for row in rows) + 7) ** 0.5 / SQUARES**0.5
    expected = [0.5 * sum(row[lane] for row in rows) / length for lane in range(1, labels + 1)]
    assert model.scores([*names, "unknown"]) == pytest.approx(expected)


@given(st.lists(value, min_size=1, max_size=6), st.data())
def test_one_lane_is_moved_and_no_other(lanes: list[int], data: st.DataObject) -> None:
    lane = data.draw(st.integers(0, len(lanes) - 1))
    change = data.draw(st.integers(-2 * BIAS, 2 * BIAS))
    expected = [*lanes]
    expected[lane] = max(-VALUE_MAX, min(VALUE_MAX, lanes[lane] + change))
    assert moved(packed(lanes), lane, change) == packed(expected)


def test_what_it_was_taught_it_knows(model: Model) -> None:
    assert all(best(model, text) == intent for intent, texts in PHRASES.items() for text in texts)
    assert best(model, "我想要退钱") == "refund" and best(model, "where is the parcel?") == "shipping"


def test_of_a_text_it_knows_nothing_of_it_says_nothing(model: Model) -> None:
    assert model.scores([]) == model.scores(seen("zzz qqq")) == [0.0, 0.0, 0.0]
    assert (model.known([]), model.known(seen("zzz"))) == (0.0, 0.0)
    assert model.known(seen("我要退款")) == 1.0


def test_strange_words_beside_known_ones_make_it_less_sure(model: Model) -> None:
    assert max(model.scores(seen("refund please"))) > max(model.scores(seen("refund please xylophone quartz"))) > 0


def test_a_correction_holds_at_once_and_leaves_the_model_before_as_it_was(model: Model) -> None:
    text = "钱什么时候发货"
    before = model.scores(seen(text))
    for intent in ("invoice", "refund", "shipping"):
        corrected = model.corrected(seen(text), intent)
        assert best(corrected, text) == intent
        assert model.scores(seen(text)) == before
        assert sum(best(corrected, t) == i for i, texts in PHRASES.items() for t in texts) >= 13


def test_a_correction_may_bring_a_new_intent_and_new_words(model: Model) -> None:
    corrected = model.corrected(seen("do you sell zebras"), "zebra")
    assert corrected.labels == (*model.labels, "zebra") and "zebra" not in model.labels
    assert best(corrected, "sell me zebras") == "zebra" and best(corrected, "开发票") == "invoice"
    assert len(corrected) > len(model)


def test_the_first_correction_makes_a_model_out_of_nothing() -> None:
    model = (
        Model([], {}, unit=0.002, newcomer=100).corrected(seen("退款"), "refund").corrected(seen("发货"), "shipping")
    )
    assert best(model, "发货") == "shipping"
    assert best(model.corrected(seen("退款"), "refund"), "退款") == "refund"


def test_many_corrections_of_one_text_stay_within_the_lanes(model: Model) -> None:
    for _ in range(200):
        for intent in ("refund", "invoice"):
            model = model.corrected(seen("发票"), intent)
            assert best(model, "发票") == intent
    assert Model.load(model.dump(), LIMITS).scores(seen("发票")) == model.scores(seen("发票"))


def test_what_is_stored_scores_as_what_was_trained(model: Model) -> None:
    corrected = model.corrected(seen("do you sell zebras"), "zebra")
    for one in (model, corrected, Model([], {}, unit=1.0, newcomer=1)):
        loaded = Model.load(one.dump(), LIMITS)
        assert loaded.labels == one.labels and len(loaded) == len(one)
        for text in ("我要退款", "zebras please", ""):
            assert loaded.scores(seen(text)) == one.scores(seen(text))


def stored(body: object) -> bytes:
    content = zlib.compress(msgspec.msgpack.encode(body))
    return _MAGIC + zlib.crc32(content).to_bytes(4, "little") + content


HALF = bytes([128] * 2)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a model"),
        (b"MDINTENT\x02" + bytes(40), "another version"),
        (_MAGIC + bytes(40), "damaged"),
        (_MAGIC, "damaged"),
        (stored({"labels": []}), "damaged"),
        (stored([["a"], 1.0, 1, "f", b"\0\0", HALF[:1]]), "do not fit"),
        (stored([["a"], 1.0, 1, "f\ng", b"\0\0", HALF]), "do not fit"),
        (stored([["a"], 1.0, 1, "f", b"", b""]), "do not fit"),
        (stored([["a", "a"], 1.0, 1, "", b"", b""]), "named twice"),
        (stored([["a"], 0.0, 1, "f", b"\0\0", HALF]), "out of range"),
        (stored([["a"], float("nan"), 1, "f", b"\0\0", HALF]), "out of range"),
        (stored([["a"], 1.0, 1, "f", b"\0\0", b"\x80\xff"]), "out of range"),
        (stored([[f"l{n}" for n in range(LIMITS.intent_labels_max + 1)], 1.0, 1, "", b"", b""]), "too many"),
        (stored([["a"], 1.0, 1, "f", bytes(60_000_000), b""]), "too large when unpacked"),
        (bytes(LIMITS.intent_model_bytes_max + 1), "too large"),
    ],
)
def test_a_hostile_file_is_refused_with_a_reason(content: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refused:
        Model.load(content, LIMITS)
    assert refused.value.code == "intent_model" and refused.value.zh


def test_a_damaged_file_is_refused_wherever_it_is_hurt(model: Model) -> None:
    content = model.dump()
    for at in range(0, len(content), 97):
        hurt = bytearray(content)
        hurt[at] ^= 0x10
        with pytest.raises(Invalid):
            Model.load(bytes(hurt), LIMITS)
        with pytest.raises(Invalid):
            Model.load(content[:at], LIMITS)


def test_what_brings_no_lane_below_nothing() -> None:
    assert offset(2) == BIAS | BIAS << LANE_BITS
