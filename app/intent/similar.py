"""How like two texts are: 200 × their longest common subsequence ÷ the sum of their lengths, 0 to 100.

It is what rapidfuzz calls `ratio`. One text is laid down once as bits of an integer, each other one then costs a few
additions a character; so only a few dozen candidates are compared, never all phrases.
"""

from collections.abc import Sequence

Ranked = list[tuple[float, int]]


class Likeness:
    """Of one text to others."""

    __slots__ = ("_bits", "_length", "_whole")

    def __init__(self, text: str) -> None:
        bits: dict[str, int] = {}
        place = 1
        for character in text:
            bits[character] = bits.get(character, 0) | place
            place += place
        self._bits = bits
        self._length = len(text)
        self._whole = place - 1

    def ratio(self, other: str) -> float:
        """0 to 100; 100 where both are the same, or both are empty."""
        length = self._length + len(other)
        if not length:
            return 100.0
        row = whole = self._whole
        of = self._bits.get
        for character in other:
            known = of(character)
            if known is not None:
                shared = row & known
                row = ((row + shared) | (row - shared)) & whole
        return 200.0 * (self._length - row.bit_count()) / length

    def highest(self, other: str) -> float:
        """What the ratio cannot exceed, by the lengths alone."""
        length = self._length + len(other)
        return 200.0 * min(self._length, len(other)) / length if length else 100.0

    def best(self, others: Sequence[str], count: int) -> Ranked:
        """The `count` that are most like it, with their places in `others`, the most like first."""
        found: Ranked = []
        for at, other in enumerate(others):
            if len(found) >= count and self.highest(other) <= found[-1][0]:
                continue
            found.append((self.ratio(other), at))
            if len(found) > 1 and found[-1][0] > found[-2][0]:
                found.sort(key=_first)
            del found[count:]
        return found


def _first(one: tuple[float, int]) -> tuple[float, int]:
    return -one[0], one[1]
