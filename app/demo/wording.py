"""Fills the braces of a written dialogue, so that the same dialogue told of two customers reads as two."""

from collections.abc import Mapping
from random import Random

from app.demo.dialogues import BRACES


class Wording:
    """The words of one conversation: its places, and choices that fall the same way wherever they stand in it."""

    def __init__(self, places: Mapping[str, str], random: Random) -> None:
        self._places = places
        self._random = random
        self._chosen: dict[str, str] = {}

    def fill(self, text: str) -> str:
        """The text without braces."""
        return BRACES.sub(lambda found: self._value(found[1]), text)

    def _value(self, inside: str) -> str:
        if "|" not in inside:
            return self._places[inside]
        if inside not in self._chosen:
            self._chosen[inside] = self._random.choice(inside.split("|"))
        return self._chosen[inside]
