"""Teaches a linear model its examples, in the memory that the limits name: meant for a process of its own."""

import math
import random
import zlib
from array import array
from collections.abc import Callable, Iterable, Sequence, Sized
from heapq import nlargest
from math import log, sqrt
from operator import itemgetter
from struct import Struct as Layout

from app.intent.features import features, weight
from app.intent.linear import BIAS, SQUARES, VALUE_MAX, Model, offset
from app.intent.normalise import normalise
from app.model.errors import Invalid
from app.model.intents import Example
from app.settings import Limits

Progress = Callable[[int, int], None]  # examples seen, and to be seen in all

_LANE_BITS = 32
_BIAS = 1 << (_LANE_BITS - 1)
_ONE = 1 << 20  # what 1.0 is in a lane while training
_SEEN_BITS = 22  # of the table that counts in how many examples a feature stands
_SEEN_MIN = 2  # what stands in one example alone says more of it than of its intent
_SEEN_FEW = 20_000  # examples, below which one is enough
_TOLD_EVERY = 1_024
_RARITY = 0.8  # how far a feature that few examples have outweighs a common one
_RATE = 0.5  # of learning, at the beginning; it falls to nothing
_EDGE = 1.0  # the right label's score is to be at least this, the others' at most its negative


def train(examples: Iterable[Example], *, seed: int, limits: Limits, progress: Progress | None = None) -> Model:
    """A model of the examples; those out of scope (of no intent) are left out. The same seed gives the same model.

    Each epoch goes once through all examples in an order of its own. `progress` is told after every 1,024 of them.
    Invalid where there is no example, or there are more intents than `intent_labels_max`.
    """
    course = _Course(_Lessons(examples, limits), limits)
    course.run(random.Random(seed), progress or (lambda seen, of: None))
    return course.model()


class _Lessons:
    """The examples as numbers: of each the numbers of its features, flat in one array."""

    def __init__(self, examples: Iterable[Example], limits: Limits) -> None:
        numbers: dict[str, int] = {}
        texts, self.answers = [], array("H")
        for example in examples:
            if example.intent:
                texts.append(normalise(example.text, limits))
                self.answers.append(numbers.setdefault(example.intent, len(numbers)))
                _check(numbers, limits)
        if not texts:
            raise Invalid(
                "intent_examples", "There is no phrase to learn from. Add some.", "没有可学习的说法。请添加。"
            )
        self.labels = [*numbers]
        self._limits = limits
        self.vocabulary = self._vocabulary(texts)
        self.squares = [self._square(count, weight(feature)) for feature, count in self.vocabulary.items()]
        self.newcomer = self._square(1)
        self.flat, self.starts, self.lengths = array("I"), array("I", [0]), array("f")
        for place, feature in enumerate(self.vocabulary):
            self.vocabulary[feature] = place
        for text in texts:
            self._learn(features(text, limits))

    def __len__(self) -> int:
        return len(self.answers)

    def _vocabulary(self, texts: Sequence[str]) -> dict[str, int]:
        """The commonest features with the number of examples they stand in.

        They are first counted by their hash alone, in a table of a fixed size: most features stand in one example only,
        and never come into the dictionary.
        """
        least = _SEEN_MIN if len(texts) >= _SEEN_FEW else 1
        seen, mask = bytearray(1 << _SEEN_BITS), (1 << _SEEN_BITS) - 1
        counts: dict[str, int] = {}
        for text in texts:
            for feature in features(text, self._limits):
                place = zlib.crc32(feature.encode()) & mask
                if seen[place] + 1 >= least:
                    counts[feature] = counts.get(feature, least - 1) + 1
                else:
                    seen[place] += 1
        return dict(nlargest(self._room(), counts.items(), key=itemgetter(1)))

    def _room(self) -> int:
        """How many features there may be, so that the rows of so many labels stay within their bytes."""
        return min(
            self._limits.intent_vocabulary_max, self._limits.intent_model_rows_bytes_max // (2 * len(self.labels) + 2)
        )

    def _square(self, count: int, kind: float = 1.0) -> int:
        """The squared weight, as it stands in a lane, of a feature in so many examples: rare ones weigh more."""
        counts = kind * math.pow(log((1 + len(self)) / (1 + count)) + 1, _RARITY)
        return max(1, min(VALUE_MAX, round(counts * counts * SQUARES)))

    def _learn(self, found: Sequence[str]) -> None:
        known = [place for place in map(self.vocabulary.get, found) if place is not None]
        squares = sum(self.squares[place] for place in known) + self.newcomer * (len(found) - len(known))
        self.flat.extend(known)
        self.starts.append(len(self.flat))
        self.lengths.append(sqrt(max(squares, 1) / SQUARES))


def _check(labels: Sized, limits: Limits) -> None:
    if len(labels) > limits.intent_labels_max:
        most = limits.intent_labels_max
        raise Invalid(
            "intent_labels", f"There are more than {most} intents. Join some.", f"意图超过 {most} 个。请合并。"
        )


class _Course:
    """Rows of 32-bit lanes, one lane a label, moved by each example against the slope of its loss."""

    def __init__(self, lessons: _Lessons, limits: Limits) -> None:
        self._lessons = lessons
        self._epochs = limits.intent_training_epochs
        lanes = len(lessons.labels)
        self._rows = [0] * len(lessons.vocabulary)
        self._layout = Layout(f"<{lanes}I")
        self._offset = offset(lanes, _LANE_BITS)

    def run(self, order: random.Random, progress: Progress) -> None:
        total, places, seen = self._epochs * len(self._lessons), [*range(len(self._lessons))], 0
        for _ in range(self._epochs):
            order.shuffle(places)
            for place in places:
                if seen % _TOLD_EVERY == 0:
                    progress(seen, total)
                self._step(place, _RATE * (1 - seen / total))
                seen += 1
        progress(total, total)

    def _step(self, place: int, rate: float) -> None:
        lessons = self._lessons
        known = lessons.flat[lessons.starts[place] : lessons.starts[place + 1]]
        length, rows = lessons.lengths[place], self._rows
        lanes = self._layout.unpack(sum([rows[at] for at in known], self._offset).to_bytes(self._layout.size, "little"))
        change = self._change(lanes, lessons.answers[place], length, rate)
        if change:
            squares = lessons.squares
            for at in known:
                rows[at] += squares[at] * change

    def _change(self, lanes: Sequence[int], right: int, length: float, rate: float) -> int:
        """What each label's lane moves by, as one integer: the slope of the squared hinge, label against the rest."""
        edge = round(_EDGE * _ONE * length)
        low, step = _BIAS - edge, rate / (length * length * SQUARES)
        change = 0
        for label, lane in enumerate(lanes):
            if lane > low and label != right:
                change -= int((lane - low) * step) << (_LANE_BITS * label)
        if lanes[right] < _BIAS + edge:
            change += int((_BIAS + edge - lanes[right]) * step) << (_LANE_BITS * right)
        return change

    def model(self) -> Model:
        """The model of what was learnt, its lanes made narrow: the largest value is the most that one holds."""
        lessons, layout, whole = self._lessons, self._layout, self._offset
        unpacked = (layout.unpack((row + whole).to_bytes(layout.size, "little")) for row in self._rows)
        most = max((max(max(lanes) - _BIAS, _BIAS - min(lanes)) for lanes in unpacked), default=0) or 1
        rows, narrow, bias = {}, Layout(f"<{len(lessons.labels) + 1}H"), offset(len(lessons.labels) + 1)
        for feature, place in lessons.vocabulary.items():
            lanes = layout.unpack((self._rows[place] + whole).to_bytes(layout.size, "little"))
            values = (BIAS + round((lane - _BIAS) * VALUE_MAX / most) for lane in lanes)
            packed = narrow.pack(BIAS + lessons.squares[place], *values)
            rows[feature] = int.from_bytes(packed, "little") - bias
        return Model(lessons.labels, rows, unit=most / VALUE_MAX / _ONE, newcomer=lessons.newcomer)
