"""A linear model whose scores of all labels stand in one Python integer.

Each feature has a row: one integer with a lane of 16 bits for each label, and a first one for the square of the
feature's own weight. A text's scores are the sum of its features' rows, one addition of integers a feature whatever the
number of labels, divided by the text's length, whose square the first lane has summed up beside them. No value in a
lane is more than `VALUE_MAX`, and no more than `CHUNK` rows are added before the lanes are read: so no lane ever runs
into the next.
"""

import zlib
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from itertools import islice
from math import isfinite, sqrt
from struct import Struct as Layout

import msgspec
from msgspec import Struct

from app.model.errors import Invalid
from app.settings import Limits

LANE_BITS = 16
BIAS = 1 << (LANE_BITS - 1)
CHUNK = 64
VALUE_MAX = BIAS // CHUNK - 1
SQUARES = 3  # what a squared weight of 1.0 is in its lane

_MASK = (1 << LANE_BITS) - 1
_MAGIC = b"MDINTENT\x01"  # the last byte is the version
_HEAD_BYTES = len(_MAGIC) + 4  # and a check sum
_SMALL = bytes({(BIAS + value) >> 8 for value in range(-VALUE_MAX, VALUE_MAX + 1)})  # upper halves of lanes within it
_NAMES_BYTES_MAX = 256  # of one feature, on average, when unpacked
_MARGIN = 0.6  # by how much a corrected label leads afterwards
_STEPS_MAX = 8


class _Stored(Struct, frozen=True, array_like=True):
    labels: list[str]
    unit: float
    newcomer: int
    features: str  # with line feeds between them
    lower: bytes  # halves of all lanes, row by row: apart they pack better
    upper: bytes


class Model:
    """What was learnt of which features speak for which label; never changed, so that any thread may read it.

    `rows` are by feature; `unit` is what 1 in a label's lane is worth; `newcomer` is the squared weight, as in a lane,
    of a feature that the training did not know. `overlay` holds the rows that corrections have made new.
    """

    def __init__(
        self,
        labels: Sequence[str],
        rows: Mapping[str, int],
        *,
        unit: float,
        newcomer: int,
        overlay: Mapping[str, int] = {},
    ) -> None:
        self.labels = tuple(labels)
        self.unit = unit
        self.newcomer = newcomer
        self._rows = rows
        self._overlay = overlay
        self._layout = Layout(f"<{len(self.labels) + 1}H")
        self._offset = offset(len(self.labels) + 1)

    @cached_property
    def index(self) -> dict[str, int]:
        """Where each label stands in `labels`."""
        return {label: number for number, label in enumerate(self.labels)}

    def __len__(self) -> int:
        """How many features it knows."""
        return len(self._rows.keys() | self._overlay.keys())

    def scores(self, features: Sequence[str]) -> list[float]:
        """One score for each of `labels`: about 1 and more for what the text is, about -1 for what it is not."""
        rows = self._known(features)
        return self._scored(rows, self._length(rows, len(features)))

    def known(self, features: Sequence[str]) -> float:
        """The share of the features that it knows, 0 to 1."""
        return len(self._known(features)) / max(len(features), 1)

    def corrected(self, features: Sequence[str], label: str) -> "Model":
        """The model after one more text of that label, which leads it from now on; a label never seen is added.

        A model of its own that shares all but the text's rows with this one: well under a millisecond. Passive-
        aggressive: no more is changed than puts the label ahead by a margin (Crammer and others, 2006).
        """
        labels = self.labels if label in self.index else (*self.labels, label)
        overlay = dict(self._overlay)
        for feature in features:
            if feature not in overlay:
                overlay[feature] = self._rows.get(feature, self.newcomer)
        model = Model(labels, self._rows, unit=self.unit, newcomer=self.newcomer, overlay=overlay)
        if len(labels) > 1:
            model._lead(features, model.index[label], overlay)
        return model

    def _lead(self, features: Sequence[str], right: int, overlay: dict[str, int]) -> None:
        """Moves the text's rows towards its label and away from whichever leads it, before anybody reads them."""
        for _ in range(_STEPS_MAX):
            rows = [overlay[feature] for feature in features]
            length = self._length(rows, len(rows))
            scores = self._scored(rows, length)
            lead, scores[right] = scores[right], float("-inf")
            wrong = max(range(len(scores)), key=scores.__getitem__)
            missing = _MARGIN - (lead - scores[wrong])
            if missing <= 0:
                return
            step = missing / 2 / (length * self.unit * SQUARES)
            for feature, row in zip(features, rows, strict=True):
                change = max(1, round(step * (row & _MASK)))
                overlay[feature] = moved(moved(row, right + 1, change), wrong + 1, -change)

    def _known(self, features: Sequence[str]) -> list[int]:
        found = [*map(self._rows.get, features)]
        if self._overlay:
            changed = map(self._overlay.get, features)
            found = [old if new is None else new for old, new in zip(found, changed, strict=True)]
        return [row for row in found if row is not None]

    def _scored(self, rows: Sequence[int], length: float) -> list[float]:
        sums = [self._sums(rows[at : at + CHUNK]) for at in range(0, len(rows) or 1, CHUNK)]
        worth, bias = self.unit / length, BIAS * len(sums)
        lanes = sums[0] if len(sums) == 1 else [*map(sum, zip(*sums, strict=True))]
        return [(lane - bias) * worth for lane in islice(lanes, 1, None)]

    def _sums(self, rows: Sequence[int]) -> tuple[int, ...]:
        return self._layout.unpack(sum(rows, self._offset).to_bytes(self._layout.size, "little"))

    def _length(self, rows: Sequence[int], features: int) -> float:
        """The root of the features' summed squares. What is not known counts: a text of strange words scores low."""
        squares = sum(row & _MASK for row in rows) + self.newcomer * (features - len(rows))
        return sqrt(max(squares, 1) / SQUARES)

    def dump(self) -> bytes:
        """The model, corrections included, as the content of a file: `load` reads it."""
        rows = {**self._rows, **self._overlay}
        lanes = b"".join((row + self._offset).to_bytes(self._layout.size, "little") for row in rows.values())
        stored = _Stored([*self.labels], self.unit, self.newcomer, "\n".join(rows), lanes[::2], lanes[1::2])
        body = zlib.compress(msgspec.msgpack.encode(stored))
        return _MAGIC + zlib.crc32(body).to_bytes(4, "little") + body

    @classmethod
    def load(cls, content: bytes, limits: Limits) -> "Model":
        """The model of a file's content. Invalid where that is none, damaged, of another version, or too large."""
        if len(content) > limits.intent_model_bytes_max:
            raise _refused("it is too large", "太大")
        if content[: len(_MAGIC)] != _MAGIC:
            raise _refused("it is not a model, or one of another version", "不是模型文件，或版本不同")
        body = content[_HEAD_BYTES:]
        if zlib.crc32(body) != int.from_bytes(content[len(_MAGIC) : _HEAD_BYTES], "little"):
            raise _refused("it is damaged", "已损坏")
        stored = _stored(body, limits)
        _check(stored, limits)
        size = 2 * (len(stored.labels) + 1)
        lanes = bytearray(2 * len(stored.lower))
        lanes[::2], lanes[1::2] = stored.lower, stored.upper
        features, bias = stored.features.split("\n") if lanes else [], offset(len(stored.labels) + 1)
        rows = {
            feature: int.from_bytes(lanes[at : at + size], "little") - bias
            for feature, at in zip(features, range(0, len(lanes), size), strict=True)
        }
        return cls(stored.labels, rows, unit=stored.unit, newcomer=stored.newcomer)


@cache
def offset(lanes: int, bits: int = LANE_BITS) -> int:
    """What is added to a sum of rows so that no lane is negative: half of what a lane can hold, in every lane."""
    return sum(1 << (bits * lane + bits - 1) for lane in range(lanes))


def moved(row: int, lane: int, change: int) -> int:
    """The row with so much more in one lane; a lane never holds more than `VALUE_MAX`, or less than its negative."""
    shift = LANE_BITS * lane
    value = ((row + offset(lane + 1)) >> shift & _MASK) - BIAS  # what the lanes below have lent is given back first
    return row + ((max(-VALUE_MAX, min(VALUE_MAX, value + change)) - value) << shift)


def _stored(body: bytes, limits: Limits) -> _Stored:
    """What was packed, unpacked no further than a model of the limits needs."""
    room = limits.intent_model_rows_bytes_max + limits.intent_vocabulary_max * _NAMES_BYTES_MAX
    try:
        unpacking = zlib.decompressobj()
        packed = unpacking.decompress(body, room)
        if unpacking.unconsumed_tail:
            raise _refused("it is too large when unpacked", "解包后太大")
        return msgspec.msgpack.decode(packed, type=_Stored)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise _refused("it is damaged", "已损坏") from error


def _check(stored: _Stored, limits: Limits) -> None:
    """Refuses what does not fit together, or would let a lane run into the next."""
    labels, size = stored.labels, len(stored.labels) + 1
    if len(set(labels)) != len(labels) or len(labels) > limits.intent_labels_max:
        raise _refused("its intents are too many or named twice", "意图太多或重名")
    features = stored.features.count("\n") + 1 if stored.features else 0
    if len(stored.lower) != len(stored.upper) or len(stored.lower) != features * size:
        raise _refused("its parts do not fit together", "各部分不一致")
    if not (isfinite(stored.unit) and stored.unit > 0 and 0 < stored.newcomer <= VALUE_MAX):
        raise _refused("its numbers are out of range", "数值超出范围")
    if stored.upper.translate(None, _SMALL):
        raise _refused("its numbers are out of range", "数值超出范围")


def _refused(en: str, zh: str) -> Invalid:
    again = "Train a new one, or go back to an earlier version.", "请重新训练，或恢复较早的版本。"
    return Invalid("intent_model", f"The model cannot be used: {en}. {again[0]}", f"模型无法使用：{zh}。{again[1]}")
