"""A file's name as people see it: what an uploader wrote, made harmless."""

import unicodedata

_CHARACTERS_MAX = 120
_ENDING_MAX = 10
_FORBIDDEN = frozenset('<>:"|?*\\/')
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # controls, bidi marks, halves, private, line ends


def display_name(given: str, endings: tuple[str, ...]) -> str:
    """`given` without path, control and bidi characters, ending as its kind does."""
    last = given.replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", last)
        if character not in _FORBIDDEN and unicodedata.category(character) not in _REFUSED
    )
    tidy = " ".join(kept.split()).strip(". ") or "file"
    if not tidy.lower().endswith(endings):
        tidy += endings[0]
    return tidy if len(tidy) <= _CHARACTERS_MAX else _shortened(tidy)


def _shortened(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    kept = ending[:_ENDING_MAX]
    return f"{stem[: _CHARACTERS_MAX - len(kept) - 1]}.{kept}"
