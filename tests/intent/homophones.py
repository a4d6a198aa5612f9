"""Chinese texts with typing errors: characters of the same sound typed for those that were meant."""

import random
from collections import defaultdict

from app.intent.characters import readings

_SOUNDS: dict[str, list[str]] = defaultdict(list)
for _character, _sound in readings().items():
    _SOUNDS[_sound].append(_character)


def mistyped(text: str, dice: random.Random, errors: int = 1) -> str:
    """The text with so many of its characters typed wrong; with fewer where it has no more that could be."""
    letters = [*text]
    places = [at for at, letter in enumerate(letters) if len(_SOUNDS.get(readings().get(letter, ""), ())) > 1]
    for at in dice.sample(places, min(errors, len(places))):
        same = [other for other in _SOUNDS[readings()[letters[at]]] if other != letters[at]]
        letters[at] = dice.choice(same)
    return "".join(letters)
