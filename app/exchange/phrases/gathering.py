"""Phrases coming in, gathered to intents: what is new, what is there already, what contradicts what; nothing is stored.

Of each phrase that is known only a number is kept beside its text, so that a file of 10 MB costs tens of MB.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from app.exchange import sheets
from app.exchange.phrases import dialogflow, tables
from app.exchange.phrases.told import KEY, LEFT, OUT_OF_SCOPE, Broken, Item, Left, Told, Whole, language_of, name_of
from app.model.errors import Problem, TooLarge
from app.model.intents import PHRASE_CHARACTERS_MAX, Example, Intent, Phrase
from app.settings import Limits

ORIGIN = "own"
_ZIP = b"PK\x03\x04"
_BETWEEN_RESTS = 32  # phrases: about a millisecond
_LOOKED_AT_BYTES = 65_536
_LINE_FACTOR = 1 << 20  # a number holds a line and, below it, which intent


class Format(StrEnum):
    """How a file of phrases is written."""

    CSV = "csv"
    RASA = "rasa"
    DIALOGFLOW = "dialogflow"
    YAML = "yaml"


class Remark(Struct, frozen=True):
    """Something to be said of a line, from 1; 0 for the file as a whole."""

    line: int
    en: str
    zh: str


class Gathered(Struct, frozen=True, kw_only=True):
    """What a file brings. `done` only where all of it is stored; with a problem nothing is.

    `phrases` are new, `duplicates` were there or stood twice; `created` and `changed` count intents. `left` counts what
    is not taken over, by its kind.
    """

    format: Format
    done: bool = False
    phrases: int = 0
    duplicates: int = 0
    created: int = 0
    changed: int = 0
    left: dict[str, int] = {}
    warnings: list[Remark] = []
    problems: list[Remark] = []


def format_of(file: BinaryIO) -> Format:
    """What a file is, by its content; raises `Invalid` where it is neither YAML nor a table."""
    file.seek(0)
    head = file.read(_LOOKED_AT_BYTES)
    if head.startswith(_ZIP):
        return Format.DIALOGFLOW
    lines = [line for line in head.decode("utf-8", "ignore").removeprefix("\ufeff").splitlines() if line.strip()]
    keys = [line.partition(":")[0] for line in lines if ":" in line and line[0].isalpha()]
    if keys[:1] == [KEY]:
        return Format.YAML
    if keys[:1] in (["version"], ["nlu"]):
        return Format.RASA
    columns = sheets.opened(file).columns
    return Format.DIALOGFLOW if tables.is_dialogflow(columns) else Format.CSV


def written(form: Format, intents: Iterable[Intent]) -> Iterator[str]:
    """The rows of these intents, without a head; all but our own format hold their phrases alone."""
    if form is Format.YAML:
        from app.exchange.phrases import own  # loads YAML, which a server that is given no such file never needs

        yield from own.written(intents)
    elif form is Format.RASA:
        from app.exchange.phrases import rasa

        yield from rasa.written(intents)
    else:
        for intent in intents:
            yield from (sheets.written((intent.name, one.language, one.text)) for one in intent.phrases)


HEADS = {
    Format.YAML: f"{KEY}:\n",
    Format.RASA: 'version: "3.1"\nnlu:\n',
    Format.CSV: sheets.written(("intent", "language", "text")),
    Format.DIALOGFLOW: sheets.written(("Intent Display Name", "Language", "Phrase")),
}


class Gathering:
    """One file against what is known: learn everything, read the file, then ask."""

    def __init__(
        self,
        known: Mapping[str, tuple[Intent, int]],
        limits: Limits,
        same: Callable[[str], str],
        fit: Callable[[Intent], Intent],
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        """`known`: intents by name, each with the number of its phrases.

        `same` texts mean the same to the engine. `fit` gives a whole intent as it may be stored, or raises a `Problem`.
        `rest` is called between some phrases and the next, so that another thread gets its turn.
        """
        self._rest = rest
        self._fit = fit
        self._known = known
        self._limits = limits
        self._same = same
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._labels: dict[str, str] = {}  # an intent's name: what the file calls it
        self._meant: dict[int, int] = {}  # a phrase's hash: line and intent
        self._new: dict[str, list[Phrase]] = {}
        self._whole: dict[str, Intent] = {}
        self._left: Counter[str] = Counter()
        self._count = self._duplicates = self._rested = 0
        self._problems: list[Remark] = []

    def learn(self, examples: Iterable[Example]) -> None:
        """Phrases that are there already."""
        for one in examples:
            self._meant.setdefault(hash(self._same(one.text)), self._number(one.intent))

    def read(self, file: BinaryIO, form: Format) -> Gathered:
        """Read a whole file; raises `Invalid` where it is not of that format, `TooLarge`."""
        if form is Format.YAML:
            from app.exchange.phrases import own

            for whole in own.read(file):
                self._take_whole(whole)
        else:
            for item in self._items(file, form):
                self._take(item)
        return self._told(form)

    def take(self, intents: Iterable[Intent]) -> Gathered:
        """Whole intents that stand in no file."""
        for intent in intents:
            self._take_whole(Whole(0, intent))
        return self._told(Format.YAML)

    def intents(self) -> list[Intent]:
        """The intents that are to be stored before their phrases: new ones, and whole ones, without phrases."""
        return list(self._whole.values()) or [self._made(name) for name in self._new if name not in self._known]

    def portions(self, size: int) -> Iterator[list[tuple[str, Phrase]]]:
        """The new phrases with their intents, `size` at a time."""
        portion: list[tuple[str, Phrase]] = []
        for name, phrases in self._new.items():
            for phrase in phrases:
                portion.append((name, phrase))
                if len(portion) >= size:
                    yield portion
                    portion = []
        if portion:
            yield portion

    def _items(self, file: BinaryIO, form: Format) -> Iterator[Item]:
        if form is Format.RASA:
            from app.exchange.phrases import rasa

            return rasa.read(file)
        file.seek(0)
        if form is Format.DIALOGFLOW and file.read(len(_ZIP)) == _ZIP:
            return dialogflow.read(file, self._limits.intent_file_bytes_max)
        return tables.read(file)

    def _take(self, item: Item) -> None:
        """A phrase, something that is left out, or a line that is none."""
        if isinstance(item, Left):
            self._left[item.what] += 1
        elif isinstance(item, Broken):
            self._problem(item.line, item.en, item.zh)
        elif item.label.lower() in OUT_OF_SCOPE:
            self._left["out_of_scope"] += 1
        else:
            self._phrase(item)

    def _take_whole(self, item: Whole | Broken) -> None:
        """An intent as a whole: it takes the place of its namesake, whose phrases stay."""
        if isinstance(item, Broken):
            self._problem(item.line, item.en, item.zh)
            return
        name = item.intent.name
        if name in self._whole:
            self._problem(item.line, f"{name} stands twice in the file", f"{name} 在文件中出现两次")
            return
        try:
            intent = self._fit(item.intent)
        except Problem as problem:
            self._problem(item.line, f"{name}: {problem.en}", f"{name}：{problem.zh}")
            return
        self._whole[name] = replace(intent, phrases=())
        for phrase in intent.phrases:
            if self._means(item.line, name, phrase.text):
                self._new.setdefault(name, []).append(phrase)

    def _phrase(self, told: Told) -> None:
        if len(told.text) > PHRASE_CHARACTERS_MAX:
            most, length = PHRASE_CHARACTERS_MAX, len(told.text)
            en, zh = (
                f"the phrase has {length} characters, at most {most} are taken",
                f"短语有 {length} 个字符，最多 {most} 个",
            )
            self._problem(told.line, en, zh)
            return
        name = name_of(told.label)
        called = self._labels.setdefault(name, told.label)
        if called != told.label:
            self._problem(
                told.line,
                f"“{told.label[:60]}” and “{called[:60]}” would both be called {name}",
                f"“{told.label[:60]}”和“{called[:60]}”会得到相同的名称 {name}",
            )
        elif self._means(told.line, name, told.text):
            self._new.setdefault(name, []).append(Phrase(told.text, language_of(told), ORIGIN))

    def _means(self, line: int, name: str, text: str) -> bool:
        """Whether a phrase is new; one that means something else already is a problem."""
        self._rested += 1
        if self._rested % _BETWEEN_RESTS == 0:
            self._rest()
        key = hash(self._same(text))
        before = self._meant.get(key)
        if before is None:
            self._meant[key] = line * _LINE_FACTOR + self._number(name)
            self._count += 1
            if self._count > self._limits.intent_file_rows_max:
                raise _too_many(self._limits.intent_file_rows_max)
            return True
        other_line, other = before // _LINE_FACTOR, self._names[before % _LINE_FACTOR]
        if other == name:
            self._duplicates += 1
        else:
            where = f"line {other_line}" if other_line else "what this desk has"
            ort = f"第 {other_line} 行" if other_line else "现有意图"
            self._problem(
                line,
                f"“{text[:80]}” is to mean {name}, and means {other} in {where}",
                f"“{text[:80]}”在此处属于 {name}，在{ort}中属于 {other}",
            )
        return False

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
        return number

    def _made(self, name: str) -> Intent:
        label = self._labels[name]
        return Intent(name, {"zh" if not label.isascii() else "en": label})

    def _told(self, form: Format) -> Gathered:
        names = dict.fromkeys((*self._whole, *self._new))
        created = sum(name not in self._known for name in names)
        if not names and not self._problems and not self._duplicates:
            self._problem(0, "there is no phrase in it", "其中没有短语")
        if len(self._known) + created > self._limits.intents_max:
            most = self._limits.intents_max
            self._problem(0, f"there may be at most {most} intents", f"意图最多 {most} 个")
        room = self._limits.intent_phrases_max
        if self._count + sum(number for _, number in self._known.values()) > room:
            self._problem(0, f"there may be at most {room} phrases", f"短语最多 {room} 个")
        return Gathered(
            format=form,
            phrases=self._count,
            duplicates=self._duplicates,
            created=created,
            changed=len(names) - created,
            left=dict(self._left),
            warnings=self._warnings(names),
            problems=self._problems,
        )

    def _warnings(self, names: Iterable[str]) -> list[Remark]:
        """What may be stored and yet should be looked at; as many as problems are told."""
        lonely = [name for name in names if len(self._new.get(name, ())) + self._known_phrases(name) == 1]
        found = [Remark(0, *(text.format(count) for text in LEFT[what])) for what, count in self._left.items()]
        for name in lonely[: self._limits.import_problems_told]:
            en = f"{name} has one phrase only and will hardly be recognised: give it ten or more"
            found.append(Remark(0, en, f"{name} 只有一个短语，很难识别：建议至少十个"))
        return found

    def _known_phrases(self, name: str) -> int:
        return self._known[name][1] if name in self._known else 0

    def _problem(self, line: int, en: str, zh: str) -> None:
        if len(self._problems) < self._limits.import_problems_told:
            self._problems.append(Remark(line, en, zh))


def _too_many(rows_max: int) -> TooLarge:
    return TooLarge(
        "phrases_too_many",
        f"The file has more than {rows_max} phrases. Divide it.",
        f"文件超过 {rows_max} 个短语。请拆分。",
    )
