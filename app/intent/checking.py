"""What is wrong with intents before they are at work: patterns that are refused, words that mean two things, cases.

A finding names the intent, the text, the place in it, and what to do. Errors keep a set of intents from being right;
warnings are to be looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.intent import patterns
from app.intent.normalise import normalise
from app.intent.patterns import BadPattern, Variant
from app.intent.rules import RuleBook
from app.model.intents import Classification, Intent, Outcome, Rule
from app.settings import Limits

ERROR = "error"
WARNING = "warning"

_FEW_PHRASES = 5  # fewer, and the model has nothing to go by
_BROAD_SHARE = 0.5  # of the other intents' phrases: a rule that matches so many matches nearly everything
_BROAD_FROM = 20  # phrases that tell


class Finding(Struct, frozen=True, gc=False):
    """Something wrong with an intent; `text` is the pattern or the phrase, `place` the character in it, 0 for all."""

    severity: str
    code: str
    intent: str
    text: str
    place: int
    en: str
    zh: str


class CaseResult(Struct, frozen=True, gc=False):
    """A case and what came of it; `wanted` is empty where it is to be out of scope."""

    text: str
    wanted: str
    said: Classification
    held: bool


class Report(Struct, frozen=True):
    """What was found, errors and missed cases first, as far as the limit goes; and how many there are in all."""

    findings: tuple[Finding, ...] = ()
    cases: tuple[CaseResult, ...] = ()
    errors: int = 0
    warnings: int = 0
    cases_in_all: int = 0
    cases_missed: int = 0

    @property
    def is_right(self) -> bool:
        """Whether there is no error and every case holds."""
        return not self.errors and not self.cases_missed


def reported(intents: Sequence[Intent], limits: Limits, classify: Callable[[str], Classification] | None) -> Report:
    """Everything that is wrong with intents, and every case as `classify` says it, where there is one."""
    findings = check(intents, limits)
    cases = sorted(run_cases(intents, classify) if classify else (), key=lambda case: case.held)
    most = limits.intent_findings_max
    errors = sum(one.severity == ERROR for one in findings)
    missed = sum(not case.held for case in cases)
    return Report(findings[:most], tuple(cases[:most]), errors, len(findings) - errors, len(cases), missed)


def check(intents: Sequence[Intent], limits: Limits) -> tuple[Finding, ...]:
    """Everything that is wrong with them, errors first."""
    found = [*_names(intents), *_patterns(intents, limits), *_phrases(intents, limits), *_few(intents)]
    found += [*_broad(intents, limits), *_cases(intents)]
    return tuple(sorted(found, key=lambda one: one.severity != ERROR))


def run_cases(intents: Iterable[Intent], classify: Callable[[str], Classification]) -> tuple[CaseResult, ...]:
    """Every case of enabled intents. It holds where its intent is the best; that of none, where nothing is answered."""
    found = []
    for intent in intents:
        for case in intent.cases if intent.enabled else ():
            said = classify(case.text)
            found.append(CaseResult(case.text, case.intent, said, _holds(case.intent, said)))
    return tuple(found)


def _holds(wanted: str, said: Classification) -> bool:
    if not wanted:
        return said.outcome != Outcome.ANSWER
    return said.intent == wanted


def _names(intents: Sequence[Intent]) -> Iterator[Finding]:
    seen: set[str] = set()
    for intent in intents:
        if intent.name in seen:
            yield Finding(
                ERROR, "intent_twice", intent.name, "", 0,
                f"There are two intents of the name {intent.name}. Name one otherwise.",
                f"有两个名为 {intent.name} 的意图。请给其中一个改名。",
            )  # fmt: skip
        seen.add(intent.name)


def _patterns(intents: Sequence[Intent], limits: Limits) -> Iterator[Finding]:
    """Patterns that are refused, and those that two intents have alike."""
    held: dict[tuple[Variant, int, str], list[tuple[Intent, Rule]]] = {}
    for intent in intents:
        for rule in intent.rules:
            try:
                ways = patterns.variants(rule.pattern, intent.slots, limits)
            except BadPattern as bad:
                yield Finding(ERROR, bad.code, intent.name, rule.pattern, bad.place, bad.en, bad.zh)
                continue
            for way in ways:
                held.setdefault((way, rule.priority, rule.language), []).append((intent, rule))
    yield from _alike(held.values())


def _alike(held: Iterable[list[tuple[Intent, Rule]]]) -> Iterator[Finding]:
    told: set[tuple[str, str, str]] = set()
    for ones in held:
        (first, rule), others = ones[0], ones[1:]
        for other, its in others:
            key = (first.name, other.name, its.pattern)
            if other.name == first.name or key in told or not _meet(first, rule.inbox_id, other, its.inbox_id):
                continue
            told.add(key)
            yield Finding(
                ERROR, "rules_contradict", other.name, its.pattern, 0,
                f"The rule “{its.pattern}” of {other.name} matches the same words as “{rule.pattern}” of {first.name}. "
                "Take one away, or give one of them a higher priority.",
                f"{other.name} 的规则“{its.pattern}”与 {first.name} 的“{rule.pattern}”匹配相同的话。"
                "请删除其中一条，或提高其中一条的优先级。",
            )  # fmt: skip


def _meet(one: Intent, its_inbox: str, other: Intent, others_inbox: str) -> bool:
    """Whether there is an inbox in which both hold."""
    here = set(one.inbox_ids) or None
    there = set(other.inbox_ids) or None
    for inbox in (its_inbox, others_inbox):
        if inbox:
            here = {inbox} if here is None else here & {inbox}
    return here is None or there is None or bool(here & there)


def _phrases(intents: Sequence[Intent], limits: Limits) -> Iterator[Finding]:
    """Phrases with nothing in them, and those that mean two intents."""
    held: dict[str, tuple[Intent, str]] = {}
    for intent in intents:
        for phrase in intent.phrases:
            normalised = normalise(phrase.text, limits)
            if not normalised:
                yield Finding(
                    ERROR, "phrase_empty", intent.name, phrase.text, 0,
                    f"The phrase “{phrase.text}” of {intent.name} has no word in it. Take it away.",
                    f"{intent.name} 的例句“{phrase.text}”没有任何词语。请删除。",
                )  # fmt: skip
                continue
            first, text = held.setdefault(normalised, (intent, phrase.text))
            if first.name != intent.name and _meet(first, "", intent, ""):
                yield Finding(
                    ERROR, "phrases_contradict", intent.name, phrase.text, 0,
                    f"The phrase “{phrase.text}” stands in {intent.name} and, as “{text}”, in {first.name}. "
                    "Keep it in the one that is meant.",
                    f"例句“{phrase.text}”同时属于 {intent.name} 和 {first.name}（“{text}”）。请只保留在正确的意图中。",
                )  # fmt: skip


def _few(intents: Sequence[Intent]) -> Iterator[Finding]:
    for intent in intents:
        count = len(intent.phrases)
        if intent.enabled and count < _FEW_PHRASES and not (count == 0 and intent.rules):
            yield Finding(
                WARNING, "few_phrases", intent.name, "", 0,
                f"{intent.name} has {count} phrases: other wordings will hardly be recognised. Add some, "
                f"{_FEW_PHRASES} at least.",
                f"{intent.name} 只有 {count} 条例句，换一种说法就难以识别。请至少添加到 {_FEW_PHRASES} 条。",
            )  # fmt: skip


def _broad(intents: Sequence[Intent], limits: Limits) -> Iterator[Finding]:
    """Rules that match what other intents' phrases say."""
    book = RuleBook.of([_everywhere(intent) for intent in intents], lambda text: "", limits)
    wrong: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for intent in intents:
        for phrase in intent.phrases:
            for rule in book.all(phrase.text):
                if rule.intent != intent.name:
                    wrong.setdefault((rule.intent, rule.text), []).append((intent.name, phrase.text))
    total = sum(len(intent.phrases) for intent in intents)
    for (name, pattern), matched in wrong.items():
        others = total - sum(len(intent.phrases) for intent in intents if intent.name == name)
        broad = others >= _BROAD_FROM and len(matched) >= _BROAD_SHARE * others
        yield _too_broad(name, pattern, matched, others, broad=broad)


def _everywhere(intent: Intent) -> Intent:
    rules = tuple(replace(rule, inbox_id="", language="") for rule in intent.rules)
    return replace(intent, inbox_ids=(), enabled=True, rules=rules)


def _too_broad(name: str, pattern: str, matched: Sequence[tuple[str, str]], of: int, *, broad: bool) -> Finding:
    other, text = matched[0]
    severity, code = (ERROR, "rule_matches_nearly_everything") if broad else (WARNING, "rule_matches_others")
    return Finding(
        severity, code, name, pattern, 0,
        f"The rule “{pattern}” of {name} matches {len(matched)} of the {of} phrases of other intents: “{text}” of "
        f"{other}. Add a word to it.",
        f"{name} 的规则“{pattern}”匹配了其他意图 {of} 条例句中的 {len(matched)} 条，如 {other} 的“{text}”。"
        "请再加一个词。",
    )  # fmt: skip


def _cases(intents: Sequence[Intent]) -> Iterator[Finding]:
    known = {intent.name for intent in intents}
    for intent in intents:
        for case in intent.cases:
            if case.intent and case.intent not in known:
                yield Finding(
                    ERROR, "case_unknown_intent", intent.name, case.text, 0,
                    f"The case “{case.text}” of {intent.name} wants {case.intent}, which is no intent. Correct it.",
                    f"{intent.name} 的用例“{case.text}”指向不存在的意图 {case.intent}。请更正名称。",
                )  # fmt: skip
