"""Writes `app/intent/characters.txt`, the flat table of Chinese characters, anew.

Run it where `pypinyin` and `opencc-python-reimplemented` are installed (the tests do not need them):
`python tests/intent/make_characters.py app/intent/characters.txt`.
"""

import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

FIRST, LAST = 0x4E00, 0x9FFF  # the block of common ideographs
KEPT = "么"  # a simplified character of its own, whatever it is in a traditional text
COMMON = "gbk"  # traditional characters that it cannot write are too rare to carry their weight in the file
READ = "gb2312"  # the 6,763 simplified ones in use; a rarer one has no reading here and stands for itself
# What neither table has: pronouns of Taiwan, and the polite one, which means the same to an intent; 〇 is a number.
OWN = {"擡": "抬", "妳": "你", "祢": "你", "您": "你", "牠": "它", "著": "着", "甚": "什", "裏": "里", "〇": "零"}
HEAD = """\
# Chinese characters: traditional to simplified, and each one's commonest reading without its tone.
# Written by tests/intent/make_characters.py, not by hand. Readings: pypinyin {pinyin} (MIT licence, Copyright (c) 2016
# mozillazg and contributors). Simplified forms: OpenCC's tables by opencc-python-reimplemented {opencc} (Apache-2.0).
# A line "> …" holds pairs: a character, then what it is written as. Every other line: a reading, then its characters.
"""


def simplified(folder: Path) -> dict[str, str]:
    """From traditional characters, those of Taiwan and Hong Kong included, to the commonest simplified one."""
    standard = {one: several[0] for one, several in _pairs(folder / "TSCharacters.txt")}
    found = dict(standard)
    for name in ("HKVariantsRev.txt", "TWVariantsRev.txt"):
        for variant, several in _pairs(folder / name):
            found.setdefault(variant, standard.get(several[0], several[0]))
    found |= OWN
    found = {one: other for one, other in found.items() if one not in KEPT and (_is_read(other) or not _is_read(one))}
    final = {one: found.get(other, other) for one, other in sorted(found.items())}
    return {one: other for one, other in final.items() if one != other and _is_common(one) and _is_common(other)}


def _is_read(character: str) -> bool:
    return character.encode(READ, "ignore") != b""


def _is_common(character: str) -> bool:
    return character.encode(COMMON, "ignore") != b""


def _pairs(path: Path) -> Iterator[tuple[str, list[str]]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        one, _, several = line.partition("\t")
        if len(one) == 1 and several and all(len(other) == 1 and ord(other) <= 0xFFFF for other in several.split()):
            yield one, several.split()


def readings(written: dict[int, str]) -> dict[str, list[str]]:
    """The characters of each reading without its tone: "shi" has 是, 时, 事 and so on; ü is v."""
    found = defaultdict(list)
    for code in range(FIRST, LAST + 1):
        reading = _toneless(written.get(code, "").split(",")[0])
        if reading and _is_read(chr(code)):
            found[reading].append(chr(code))
    return dict(sorted(found.items()))


def _toneless(reading: str) -> str:
    parts = unicodedata.normalize("NFD", reading.lower().replace("ê", "e"))
    plain = parts.replace("u\u0308", "v")
    return "".join(letter for letter in plain if "a" <= letter <= "z")


def main() -> None:
    from importlib.metadata import version

    import opencc  # type: ignore[import-not-found, unused-ignore]
    from pypinyin import pinyin_dict  # type: ignore[import-not-found, unused-ignore]

    pairs = simplified(Path(opencc.__file__).parent / "dictionary")
    lines = ["> " + "".join(one + other for one, other in pairs.items())]
    lines += [f"{reading} {''.join(found)}" for reading, found in readings(pinyin_dict.pinyin_dict).items()]
    head = HEAD.format(pinyin=version("pypinyin"), opencc=version("opencc-python-reimplemented"))
    Path(sys.argv[1]).write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
