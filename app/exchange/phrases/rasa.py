"""Rasa's NLU training data (YAML): intents with their examples, marks of entities taken off; the rest is told as left.

It is read event by event, so that its size costs no tree.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import yaml

from app.exchange.phrases.told import Broken, Item, Left, Told
from app.model.errors import Invalid
from app.model.intents import Intent

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARK = re.compile(r"\[([^\[\]]+)\](?:\([^()]*\)|\{[^{}]*\})")
DEPTH_MAX = 20
_LEFT = ("regex", "lookup", "synonym")
_PARTS = ("version", "nlu")


def read(file: BinaryIO) -> Iterator[Item]:
    """Every phrase with its line; raises `Invalid` (phrases_yaml) with the line where it is no YAML."""
    file.seek(0)
    try:
        yield from _Reader(yaml.parse(file, Loader=LOADER)).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise no_yaml(f"line {line}: {error.problem}", f"第 {line} 行：{error.problem}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise no_yaml(str(error)[:200], str(error)[:200]) from error


def unmarked(text: str) -> tuple[str, int]:
    """A phrase without the marks of its entities, `to [Paris](city)` is `to Paris`, and how many there were."""
    return _MARK.subn(r"\1", text)


def written(intents: Iterable[Intent]) -> Iterator[str]:
    """The phrases of intents as Rasa reads them, without `HEAD`."""
    for intent in intents:
        if intent.phrases:
            yield f"- intent: {intent.name}\n  examples: |\n"
            yield from (f"    - {' '.join(phrase.text.split())}\n" for phrase in intent.phrases)


class _Reader:
    """Goes through the events once."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events

    def document(self) -> Iterator[Item]:
        for event in self._events:
            if isinstance(event, yaml.MappingStartEvent):
                yield from self._parts()
            elif isinstance(event, yaml.SequenceStartEvent | yaml.ScalarEvent | yaml.AliasEvent):
                raise no_yaml("it is no file of Rasa's: nlu is not there", "不是 Rasa 文件：没有 nlu")

    def _parts(self) -> Iterator[Item]:
        while isinstance(key := next(self._events), yaml.ScalarEvent):
            value = next(self._events)
            if key.value == "nlu" and isinstance(value, yaml.SequenceStartEvent):
                yield from self._entries()
            else:
                self._skip(value)
                if key.value not in _PARTS:
                    yield Left(line_of(key), "response" if key.value == "responses" else "story")

    def _entries(self) -> Iterator[Item]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            if isinstance(event, yaml.MappingStartEvent):
                yield from self._entry(event)
            else:
                self._skip(event)
                yield Broken(line_of(event), "this is no entry of nlu", "这不是 nlu 条目")

    def _entry(self, start: Any) -> Iterator[Item]:
        """One intent, or one of what is not taken; examples may stand before their intent's name."""
        label, held = "", []
        while isinstance(key := next(self._events), yaml.ScalarEvent):
            value = next(self._events)
            if key.value == "intent" and isinstance(value, yaml.ScalarEvent):
                label = value.value.strip()
            elif key.value == "examples":
                held.append((value, self._examples(value)))
            else:
                self._skip(value)
                if key.value in _LEFT:
                    yield Left(line_of(key), key.value)
                    label = ""
                    held.clear()
                    self._rest()
                    return
        if not label:
            yield Broken(line_of(start), "the entry has no intent", "该条目没有 intent")
            return
        for _, examples in held:
            for item in examples:
                yield from _phrase(label, item)

    def _rest(self) -> None:
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            self._skip(event)

    def _examples(self, value: Any) -> list[tuple[int, str] | Broken]:
        """One block of lines that begin with `- `, or a list of texts or of entries with a `text`."""
        if isinstance(value, yaml.ScalarEvent):
            return list(_lines(value))
        if not isinstance(value, yaml.SequenceStartEvent):
            self._skip(value)
            return [Broken(line_of(value), "examples are no list", "examples 不是列表")]
        found: list[tuple[int, str] | Broken] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            if isinstance(event, yaml.ScalarEvent):
                found.append((line_of(event), event.value))
            elif isinstance(event, yaml.MappingStartEvent):
                found += self._texts()
            else:
                self._skip(event)
        return found

    def _texts(self) -> Iterator[tuple[int, str]]:
        while isinstance(key := next(self._events), yaml.ScalarEvent):
            value = next(self._events)
            if key.value == "text" and isinstance(value, yaml.ScalarEvent):
                yield line_of(value), value.value.strip().removeprefix("- ")
            else:
                self._skip(value)

    def _skip(self, event: Any) -> None:
        depth = 0
        while True:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEPTH_MAX:
                raise no_yaml(f"line {line_of(event)}: it is too deep", f"第 {line_of(event)} 行：层级过深")
            if not depth:
                return
            event = next(self._events)


def _phrase(label: str, item: tuple[int, str] | Broken) -> Iterator[Item]:
    if isinstance(item, Broken):
        yield item
        return
    line, marked = item
    text, marks = unmarked(marked)
    yield Told(line, label, text.strip()) if text.strip() else Broken(line, "the text is empty", "文本为空")
    yield from (Left(line, "entity") for _ in range(marks))


def _lines(block: Any) -> Iterator[tuple[int, str] | Broken]:
    first = line_of(block) + (block.style == "|")
    for number, line in enumerate(block.value.split("\n"), first):
        bare = line.strip()
        if bare.startswith("- "):
            yield number, bare[2:].strip()
        elif bare and bare != "-" and not bare.startswith("#"):
            yield Broken(number, "an example begins with “- ”", "例句应以“- ”开头")


def line_of(event: Any) -> int:
    """Where an event begins, from 1."""
    return int(event.start_mark.line) + 1


def no_yaml(en: str, zh: str) -> Invalid:
    """What is said of a file that is no YAML, or not such one."""
    return Invalid("phrases_yaml", f"The file is not read as YAML: {en}.", f"无法按 YAML 读取文件：{zh}。")
