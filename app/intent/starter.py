"""The starter pack: 64 intents of an online shop in both languages, so that a desk answers on its first day.

Its files stand in `starter/`: `intents.json` (all but their phrases; a case is its own intent's), `phrases.txt`
(`# intent language`, then a phrase a line; `-` is out of scope), `facts.json` (what a shop is asked about itself). The
one file holds them packed.
"""

import bz2
from collections.abc import Iterator, Mapping
from importlib import resources

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.model.errors import Defect
from app.model.intents import Example, Intent, Name, Phrase, Reply, Texts

LANGUAGES = ("en", "zh")
ORIGIN = "starter"
_FOLDER = "starter"
_PACKED = ".bz2"
_HEAD = "# "
_OUT_OF_SCOPE = "-"


class Fact(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that only the shop knows: the owner is asked `question`; `otherwise` is said while he has not answered.

    It stands in replies as `{shop.name}` and is a whole sentence, so that any answer fits.
    """

    name: Name
    question: Texts
    otherwise: Texts


class Starter(Struct, frozen=True):
    """The pack: `intents` as they are stored, `examples` of everything, what is out of scope among them."""

    intents: tuple[Intent, ...]
    examples: tuple[Example, ...]


def load(known: Mapping[str, Texts] | None = None) -> Starter:
    """The pack, with what the shop says of itself (a sentence by language, by the fact's name) in the replies."""
    said = {fact.name: {**fact.otherwise, **_given(known or {}, fact.name)} for fact in facts()}
    examples = tuple(_examples(_read("phrases.txt").decode()))
    phrases: dict[str, list[Phrase]] = {}
    for one in examples:
        phrases.setdefault(one.intent, []).append(Phrase(one.text, one.language, ORIGIN))
    bare = msgspec.json.decode(_read("intents.json"), type=tuple[Intent, ...])
    return Starter(
        tuple(
            replace(
                intent,
                phrases=tuple(phrases[intent.name]),
                replies=tuple(_filled(reply, said) for reply in intent.replies),
                cases=tuple(replace(case, intent=intent.name) for case in intent.cases),
            )
            for intent in bare
        ),
        examples,
    )


def facts() -> tuple[Fact, ...]:
    """What a shop is asked about itself."""
    return msgspec.json.decode(_read("facts.json"), type=tuple[Fact, ...])


def out_of_scope(starter: Starter) -> tuple[Example, ...]:
    """What no intent is meant by; for calibration."""
    return tuple(one for one in starter.examples if not one.intent)


def _given(known: Mapping[str, Texts], name: str) -> Texts:
    return {language: text for language, text in known.get(name, {}).items() if text.strip()}


def _filled(reply: Reply, said: Mapping[str, Texts]) -> Reply:
    text = reply.text
    for name, texts in said.items():
        text = text.replace(f"{{shop.{name}}}", texts[reply.language])
    return replace(reply, text=text)


def _examples(text: str) -> Iterator[Example]:
    intent = language = ""
    for line in text.splitlines():
        if line.startswith(_HEAD):
            intent, language = line.removeprefix(_HEAD).split()
            intent = "" if intent == _OUT_OF_SCOPE else intent
        else:
            yield Example(line, intent, language)


def _read(name: str) -> bytes:
    """A file of the pack; raises `Defect` where it is not there."""
    folder = resources.files("app.intent").joinpath(_FOLDER)
    if (plain := folder.joinpath(name)).is_file():
        return plain.read_bytes()
    if (packed := folder.joinpath(name + _PACKED)).is_file():
        return bz2.decompress(packed.read_bytes())
    raise Defect(f"the starter pack has no {name}")
