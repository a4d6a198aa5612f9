"""Our own file of intents (YAML): each whole, with phrases, rules, replies, slots, actions and cases.

It is read intent by intent; scalars stay texts until the Struct says what they are, so that the phrase `no` is a word.
"""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import msgspec
import yaml

from app.exchange.phrases.rasa import DEPTH_MAX, LOADER, line_of, no_yaml
from app.exchange.phrases.told import KEY, Broken, Whole
from app.model.intents import Intent

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WIDTH = 110


def read(file: BinaryIO) -> Iterator[Whole | Broken]:
    """Every intent; raises `Invalid` (phrases_yaml) with the line where it is no YAML."""
    file.seek(0)
    try:
        yield from _document(yaml.parse(file, Loader=LOADER))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise no_yaml(f"line {line}: {error.problem}", f"第 {line} 行：{error.problem}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise no_yaml(str(error)[:200], str(error)[:200]) from error


def written(intents: Iterable[Intent]) -> Iterator[str]:
    """The entries of these intents, what has its default left out, without `HEAD`."""
    for intent in intents:
        yield yaml.dump(
            [_bare(msgspec.to_builtins(intent))], Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=_WIDTH
        )


def _bare(value: Any) -> Any:
    """Without what is empty: it is so by itself. `enabled: false` stays."""
    if isinstance(value, dict):
        return {key: _bare(one) for key, one in value.items() if one is not None and one not in ("", (), [], {})}
    return [_bare(one) for one in value] if isinstance(value, list | tuple) else value


def _document(events: Iterator[Any]) -> Iterator[Whole | Broken]:
    for event in events:
        if isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            continue
        if not isinstance(event, yaml.MappingStartEvent):
            return
        while isinstance(key := next(events), yaml.ScalarEvent):
            value = next(events)
            if key.value == KEY and isinstance(value, yaml.SequenceStartEvent):
                yield from _intents(events)
            else:
                _built(value, events, 0)
                yield Broken(line_of(key), f"“{key.value[:60]}” is not known here", f"不认识“{key.value[:60]}”")


def _intents(events: Iterator[Any]) -> Iterator[Whole | Broken]:
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        line = line_of(event)
        built = _built(event, events, 0)
        try:
            yield Whole(line, msgspec.convert(built, Intent, strict=False))
        except msgspec.ValidationError as error:
            yield Broken(line, f"this is no intent: {error}", f"不是有效的意图：{error}")


def _built(event: Any, events: Iterator[Any], depth: int) -> Any:
    """What an event begins, as dicts, lists and texts."""
    if depth > DEPTH_MAX:
        raise no_yaml(f"line {line_of(event)}: it is too deep", f"第 {line_of(event)} 行：层级过深")
    if isinstance(event, yaml.ScalarEvent):
        return event.value
    if isinstance(event, yaml.SequenceStartEvent):
        found = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            found.append(_built(inner, events, depth + 1))
        return found
    if isinstance(event, yaml.MappingStartEvent):
        told: dict[str, Any] = {}
        while not isinstance(key := next(events), yaml.MappingEndEvent):
            told[str(_built(key, events, depth + 1))] = _built(next(events), events, depth + 1)
        return told
    raise no_yaml(f"line {line_of(event)}: references are not taken", f"第 {line_of(event)} 行：不支持引用")
