"""What a spec makes of a sample, record by record and step by step, as the console shows it. Pure, and bounded."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from app.adapters.errors import BadDocument, BadSpec
from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.managing.checking import mistake_of
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_map
from app.adapters.maps.recipes import Recipe
from app.adapters.maps.rules import Rule
from app.adapters.maps.times import moment
from app.adapters.maps.tracing import TracedField, trace
from app.adapters.origins.documents import decoded, options_of
from app.adapters.specs.model import NOWHERE, Source
from app.model.errors import Problem
from app.model.sources import FailureTold, Mistake, Preview, RecordTold, Sample, StepTold
from app.settings import Limits

_VALUE_CHARACTERS_MAX = 2_000
_UNTAKEN_MAX = 200


def preview(asked: Sample, read: Callable[[bytes, str], Sequence[Source]], now_ms: int, limits: Limits) -> Preview:
    """At most `adapter_preview_records_max` records, and as many steps in all as `adapter_preview_steps_max`."""
    try:
        source = _chosen(read(asked.yaml.encode(), "spec.yaml"), asked.source)
        previewing = _Previewing(source, now_ms, limits)
    except BadSpec as problem:
        return Preview(errors=(mistake_of(problem.mark, problem.en, problem.zh),))
    try:
        found = previewing.records(asked)
    except BadDocument as problem:
        return Preview(errors=(Mistake(0, 0, problem.en, problem.zh),))
    shown = found[: limits.adapter_preview_records_max]
    return Preview(records=tuple(previewing.told(record) for record in shown), total=len(found))


def _chosen(sources: Sequence[Source], name: str) -> Source:
    for source in sources:
        if name in ("", source.name):
            return source
    raise BadSpec(NOWHERE, "there is no such source in this spec.", "配置中没有该数据源。")


class _Previewing:
    def __init__(self, source: Source, now_ms: int, limits: Limits) -> None:
        self._source = source
        self._recipe = Recipe(source, limits)
        self._rule: Rule | None = None
        if (plain := source.map) is not None:
            self._rule = read_map(plain.value, lambda way: plain.mark(*way))
        self._now = moment(now_ms)
        self._limits = limits
        self._steps_left = limits.adapter_preview_steps_max

    def records(self, asked: Sample) -> Sequence[Tree]:
        """Those of the sample; raises `BadDocument`."""
        options = options_of(self._source.records.lists, self._limits)
        document = decoded(asked.format, "", asked.sample.encode(), options)
        return (document,) if asked.of == "record" else self._recipe.records_of(document)

    def told(self, record: Tree) -> RecordTold:
        """One record and what becomes of it."""
        context = self._context(record)
        try:
            if self._recipe.where is not None and self._recipe.where(record, context) is not True:
                return RecordTold(_shown(record), (), "", None, True, ())
        except BadDocument as problem:
            return RecordTold(_shown(record), (), "", FailureTold(problem.path, problem.en, problem.zh), False, ())
        if self._rule is None:
            return RecordTold(_shown(record), (), "{}", None, False, ())
        traced = trace(self._rule, record, context, self._limits)
        failed = traced.failed
        steps = tuple(self._steps(traced.fields))
        return RecordTold(
            _shown(record), steps, "" if failed else _shown(traced.result),
            FailureTold(failed.path, failed.en, failed.zh) if failed else None, False, traced.untaken[:_UNTAKEN_MAX],
        )  # fmt: skip

    def _steps(self, fields: Sequence[TracedField]) -> Iterator[StepTold]:
        for field in fields:
            for step in _steps_of(field):
                if self._steps_left <= 0:
                    return
                self._steps_left -= 1
                yield step

    def _context(self, record: Tree) -> Context:
        references: dict[str, Tree] = {
            "now": self._now, "source": self._source.name, "settings": dict(self._source.settings), "event": record,
            "headers": {}, "query": {},
        }  # fmt: skip
        return Context(references, limits=self._limits)


def _steps_of(field: TracedField) -> Iterator[StepTold]:
    for taken in field.took:
        yield StepTold(field.field, "from", _short(taken.value), taken.path)
    for done in field.steps:
        yield StepTold(field.field, done.word, _short(done.result))
    if field.failed is not None:
        yield StepTold(field.field, "failed", "", field.failed.path, field.failed.en, field.failed.zh)
    elif field.left_out:
        yield StepTold(field.field, "left_out", "")
    else:
        yield StepTold(field.field, "result", _short(field.result))


def _short(value: Tree) -> str:
    text = _encoded(value).decode("utf-8", "replace")
    return text if len(text) <= _VALUE_CHARACTERS_MAX else text[:_VALUE_CHARACTERS_MAX] + "…"


def _shown(value: Tree) -> str:
    """On lines of its own, numbers as they are."""
    return msgspec.json.format(_encoded(value), indent=2).decode("utf-8", "replace")


def _encoded(value: Tree) -> bytes:
    try:
        return json.encode(value)
    except Problem as problem:
        return msgspec.json.encode(f"({problem.en})")
