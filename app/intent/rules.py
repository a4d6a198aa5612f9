"""Confirmed phrases and rules, matched to a message: what a person wrote or confirmed answers alone.

Rules stand in one radix tree over words (`tokens.Vocabulary` makes them code points, so that a run of words is one
string): rules that begin alike share a path, and a message walks only where it agrees. Without backtracking: a node is
reached at most once at each word, so time is bounded by words times nodes, whatever the visitor wrote.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from app.intent import patterns, tokens, values
from app.intent.patterns import BadPattern, Mark, Part, Star, Variant, Word
from app.intent.tokens import Vocabulary
from app.model.intents import Intent, Rule
from app.settings import Limits

_FEW = 4  # runs behind a star that are looked for one by one; more are looked up at each word


class Match(Struct, frozen=True, gc=False):
    """What matched: the pattern, or the phrase where it was confirmed; `others` are further intents with such rules."""

    intent: str
    pattern: str
    confirmed: bool = False
    slots: dict[str, str] = {}
    others: tuple[str, ...] = ()


class Scoped(Struct, frozen=True, gc=False):
    """An intent where it holds: in these inboxes (none: everywhere) and this language (empty: any)."""

    intent: str
    text: str
    language: str = ""
    inbox_ids: tuple[str, ...] = ()

    def holds(self, inbox_id: str, language: str) -> bool:
        """For a message of that inbox and language; an empty language is not known, so that any may be it."""
        in_language = not self.language or not language or self.language == language
        return in_language and (not self.inbox_ids or inbox_id in self.inbox_ids)


class _Taken(NamedTuple):
    """A value that a mark took, on the way to where the walk is: words from `start` to before `end`.

    `character` is where it begins, -1 for where its first word does: `+86` begins before.
    """

    before: "_Taken | None"
    name: str
    start: int
    end: int
    character: int = -1


class _Node:
    """A place in the tree. Empty fields are None: most nodes are leaves."""

    __slots__ = ("ends", "marks", "parts", "runs", "star")

    def __init__(self) -> None:
        self.runs: tuple[str, _Node] | dict[str, tuple[str, _Node]] | None = (
            None  # the only one, or several by their first word
        )
        self.parts: dict[str, _Node] | None = None
        self.marks: dict[Mark, _Node] | None = None
        self.star: _Node | None = None
        self.ends: tuple[int, ...] = ()  # rules that end here


_Run = tuple[str, _Node]  # words, and the node behind them


class RuleBook:
    """Rules and confirmed phrases, read once; immutable afterwards."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._vocabulary = Vocabulary()
        self._root = _Node()
        self._whole: dict[str, tuple[int, ...]] = {}  # rules without a star, part or mark: looked up at once
        self._rules: list[Scoped] = []
        self._parts: dict[str, list[tuple[Part, str]]] = {}  # by their first characters
        self._part_codes: dict[Part, str] = {}
        self._piece = limits.intent_rule_part_characters_min
        self._words: dict[str, tuple[str, ...]] = {}  # parts of words that were asked for: most come again
        self._phrases: dict[str, Scoped | tuple[Scoped, ...]] = {}

    @classmethod
    def of(
        cls,
        intents: Iterable[Intent],
        normalise: Callable[[str], str],
        limits: Limits,
        wrong: Callable[[str, BadPattern], None] | None = None,
    ) -> "RuleBook":
        """Read what is enabled of them. A pattern that is refused is left out and told to `wrong` with its intent."""
        book = cls(limits)
        enabled = [intent for intent in intents if intent.enabled]
        for intent in enabled:
            book._confirm(intent, normalise)
        for intent, rule in sorted(_rules_of(enabled), key=_rank):
            try:
                book._add(intent, rule)
            except BadPattern as bad:
                if wrong is not None:
                    wrong(intent.name, bad)
        return book

    def __len__(self) -> int:
        return len(self._rules)

    def confirmed(self, normalised: str, inbox_id: str = "", language: str = "") -> Scoped | None:
        """The confirmed phrase that a message is, word for word."""
        found = self._phrases.get(normalised)
        if found is None or isinstance(found, Scoped):
            return found if found is not None and found.holds(inbox_id, language) else None
        return next((one for one in found if one.holds(inbox_id, language)), None)

    def match(self, normalised: str, original: str, inbox_id: str = "", language: str = "") -> Match | None:
        """The confirmed phrase that a message is, else the first of the rules that match it; None where none does."""
        phrase = self.confirmed(normalised, inbox_id, language)
        if phrase is not None:
            return Match(phrase.intent, phrase.text, confirmed=True)
        return self.ruled(original, inbox_id, language)

    def ruled(self, original: str, inbox_id: str = "", language: str = "") -> Match | None:
        """The first of the rules that match a message: highest priority, then what says most."""
        if not self._rules:
            return None
        folded = tokens.fold(original[: self._limits.intent_text_characters_max])
        walk = _Walk(self, folded, inbox_id, language)
        best = walk.best()
        return self._matched(best, walk, original, folded) if best is not None else None

    def all(self, original: str, inbox_id: str = "", language: str = "") -> list[Scoped]:
        """Every rule that matches a message, the first first."""
        walk = _Walk(self, tokens.fold(original[: self._limits.intent_text_characters_max]), inbox_id, language)
        walk.best()
        return [self._rules[number] for number in sorted(walk.found)]

    def steps(self, original: str) -> int:
        """At how many nodes of the tree a message is: what it costs."""
        walk = _Walk(self, tokens.fold(original[: self._limits.intent_text_characters_max]), "", "")
        walk.best()
        return walk.steps

    # ---- a match

    def _matched(self, best: int, walk: "_Walk", original: str, folded: str) -> Match:
        rule = self._rules[best]
        slots: dict[str, str] = {}
        taken = walk.found[best]
        if taken is not None:
            alignment = tokens.Alignment(original[: self._limits.intent_text_characters_max], folded)
            while taken is not None:
                slots[taken.name] = alignment.original(*walk.characters(taken))
                taken = taken.before
        others = dict.fromkeys(self._rules[one].intent for one in sorted(walk.found))
        others.pop(rule.intent, None)
        return Match(rule.intent, rule.text, slots=slots, others=tuple(others))

    # ---- reading

    def _confirm(self, intent: Intent, normalise: Callable[[str], str]) -> None:
        for phrase in intent.phrases:
            key = normalise(phrase.text)
            one = Scoped(intent.name, phrase.text, "", intent.inbox_ids)
            had = self._phrases.get(key)
            if not key:
                continue
            if had is None:
                self._phrases[key] = one
            else:
                self._phrases[key] = (*((had,) if isinstance(had, Scoped) else had), one)

    def _add(self, intent: Intent, rule: Rule) -> None:
        ways = patterns.variants(rule.pattern, intent.slots, self._limits)
        number = len(self._rules)
        inboxes = _narrowed(intent.inbox_ids, rule.inbox_id)
        if inboxes is None:
            return
        self._rules.append(Scoped(intent.name, rule.pattern, rule.language, inboxes))
        for way in ways:
            self._insert(way, number)

    def _insert(self, way: Variant, number: int) -> None:
        if all(isinstance(element, Word) for element in way):
            key = "".join(self._vocabulary.add(element.text) for element in way if isinstance(element, Word))
            self._whole[key] = (*self._whole.get(key, ()), number)
            return
        node, run = self._root, ""
        for element in way:
            if isinstance(element, Word):
                run += self._vocabulary.add(element.text)
                continue
            node, run = self._next(_along(node, run), element), ""
        node = _along(node, run)
        node.ends = (*node.ends, number)

    def _next(self, node: _Node, element: Part | Star | Mark) -> _Node:
        if isinstance(element, Star):
            node.star = node.star or _Node()
            return node.star
        if isinstance(element, Mark):
            node.marks = node.marks or {}
            return node.marks.setdefault(element, _Node())
        node.parts = node.parts or {}
        return node.parts.setdefault(self._part_code(element), _Node())

    def _part_code(self, part: Part) -> str:
        code = self._part_codes.get(part)
        if code is None:
            code = self._part_codes[part] = self._vocabulary.new()
            self._parts.setdefault(part.text[: self._piece], []).append((part, code))
        return code

    def _parts_in(self, folded: str) -> dict[int, tuple[str, ...]]:
        """By the number of a word: of which parts it is, as code points."""
        found: dict[int, tuple[str, ...]] = {}
        known = self._words
        for number, word in enumerate(tokens.words(folded)):
            parts = known.get(word)
            if parts is None:
                parts = self._parts_of(word)
                if len(known) < self._limits.intent_rule_words_kept:
                    known[word] = parts
            if parts:
                found[number] = parts
        return found

    def _parts_of(self, word: str) -> tuple[str, ...]:
        """Of which parts a word is."""
        ways = (
            code
            for at in range(len(word) - self._piece + 1)
            for part, code in self._parts.get(word[at : at + self._piece], ())
            if _is_part(part, word, at)
        )
        return tuple(dict.fromkeys(ways))


def _is_part(part: Part, word: str, at: int) -> bool:
    if not word.startswith(part.text, at) or (at and not part.open_left):
        return False
    return part.open_right or at + len(part.text) == len(word)


def _rules_of(intents: Sequence[Intent]) -> list[tuple[Intent, Rule]]:
    return [(intent, rule) for intent in intents for rule in intent.rules]


def _rank(one: tuple[Intent, Rule]) -> tuple[int, bool, int, int]:
    """Which goes first: priority, then whole texts before those with gaps, then the longer one, then the narrower."""
    _, rule = one
    return -rule.priority, "*" in rule.pattern, -len(rule.pattern), -len(rule.inbox_id)


def _narrowed(of_intent: tuple[str, ...], of_rule: str) -> tuple[str, ...] | None:
    """Where both hold; None for nowhere."""
    if not of_rule:
        return of_intent
    return (of_rule,) if not of_intent or of_rule in of_intent else None


def _along(node: _Node, run: str) -> _Node:
    """The node behind a run of words, made where it is not; a run that agrees only at first is divided."""
    while run:
        had = _run_from(node, run[0])
        if had is None:
            leaf = _Node()
            _keep(node, (run, leaf))
            return leaf
        theirs, child = had
        shared = _shared(run, theirs)
        if shared < len(theirs):
            between = _Node()
            between.runs = (theirs[shared:], child)
            _keep(node, (theirs[:shared], between))
            child = between
        node, run = child, run[shared:]
    return node


def _run_from(node: _Node, first: str) -> _Run | None:
    """The run that begins with that word."""
    runs = node.runs
    if isinstance(runs, tuple):
        return runs if runs[0][0] == first else None
    return runs.get(first) if runs is not None else None


def _keep(node: _Node, run: _Run) -> None:
    """Put a run to a node, in the place of one that begins alike. Most nodes have one: a dict would be 180 bytes."""
    runs = node.runs
    if isinstance(runs, dict):
        runs[run[0][0]] = run
    elif runs is None or runs[0][0] == run[0][0]:
        node.runs = run
    else:
        node.runs = {runs[0][0]: runs, run[0][0]: run}


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    for at in range(min(len(one), len(other))):
        if one[at] != other[at]:
            return at
    return min(len(one), len(other))


class _Walk:
    """One message on its way through the tree. `found`: rules that match, with what their marks took."""

    def __init__(self, book: RuleBook, folded: str, inbox_id: str, language: str) -> None:
        self._book = book
        self._folded = folded
        self._inbox_id = inbox_id
        self._language = language
        self._codes = book._vocabulary.encode(folded)
        self.found: dict[int, _Taken | None] = {}
        self._spans: list[tokens.Span] = []
        self._values: dict[Mark, dict[int, tuple[int, int]]] = {}
        self._stars: dict[int, int] = {}  # the word from which on a star's node was looked through, by its id
        self._texts: set[tuple[int, int]] = set()  # nodes behind a mark of text, and where they were reached
        self._stack: list[tuple[_Node, int, _Taken | None]] = []
        self.steps = 0
        self._parts: dict[int, tuple[str, ...]] | None = None

    def best(self) -> int | None:
        """The first of the rules that match, by their numbers."""
        codes, stack, end = self._codes, self._stack, len(self._codes)
        self._accept(self._book._whole.get(codes, ()), None)
        stack.append((self._book._root, 0, None))
        steps_max = self._book._limits.intent_rule_steps_max
        while stack and self.steps < steps_max:
            self.steps += 1
            node, at, taken = stack.pop()
            if at == end:
                self._accept(node.ends, taken)
            else:
                runs = node.runs
                if runs is not None:
                    hit = runs if isinstance(runs, tuple) else runs.get(codes[at])
                    if hit is not None and codes.startswith(hit[0], at):
                        stack.append((hit[1], at + len(hit[0]), taken))
                if node.parts is not None:
                    self._along_parts(node.parts, at, at + 1, taken)
                if node.marks is not None:
                    self._along_marks(node.marks, at, at + 1, taken)
            if node.star is not None:
                self._along_star(node.star, at, taken)
        return min(self.found) if self.found else None

    def spans(self) -> list[tokens.Span]:
        """Where each word stands in the folded text."""
        if not self._spans:
            self._spans = tokens.spans(self._folded)
        return self._spans

    def characters(self, taken: _Taken) -> tuple[int, int]:
        """Where a value stands in the folded text: from, to before."""
        spans = self.spans()
        start = spans[taken.start].start if taken.character < 0 else taken.character
        return start, spans[taken.end - 1].end

    def _accept(self, numbers: tuple[int, ...], taken: _Taken | None) -> None:
        for number in numbers:
            if number not in self.found and self._book._rules[number].holds(self._inbox_id, self._language):
                self.found[number] = taken

    def _along_parts(self, nodes: Mapping[str, _Node], at: int, until: int, taken: _Taken | None) -> None:
        """Words from `at` to before `until` of which a part is known."""
        if self._parts is None:
            self._parts = self._book._parts_in(self._folded)
        for place, known in self._parts.items():
            if at <= place < until:
                for code in known:
                    child = nodes.get(code)
                    if child is not None:
                        self._stack.append((child, place + 1, taken))

    def _along_marks(self, nodes: Mapping[Mark, _Node], at: int, until: int, taken: _Taken | None) -> None:
        """Values that begin from `at` to before `until`."""
        for mark, child in nodes.items():
            if mark.kind == values.TEXT:
                for place in range(at, until):
                    self._along_text(mark, child, place, taken)
                continue
            for place, (end, character) in self._values_of(mark).items():
                if at <= place < until:
                    self._stack.append((child, end, _Taken(taken, mark.name, place, end, character)))

    def _along_text(self, mark: Mark, child: _Node, at: int, taken: _Taken | None) -> None:
        """A mark of text takes as many words as it may; what stands behind it is tried after each."""
        last = min(len(self._codes), at + self._book._limits.intent_rule_text_words_max)
        for end in range(last, at, -1):  # pushed last, tried first: as few words as will do
            if (id(child), end) not in self._texts:
                self._texts.add((id(child), end))
                self._stack.append((child, end, _Taken(taken, mark.name, at, end)))

    def _values_of(self, mark: Mark) -> Mapping[int, tuple[int, int]]:
        """By the word where a value of a mark begins: the word before which it ends, and its first character."""
        found = self._values.get(mark)
        if found is None:
            found = self._values[mark] = self._choices(mark) if mark.choices else self._typed(mark.kind)
        return found

    def _typed(self, kind: str) -> dict[int, tuple[int, int]]:
        found: dict[int, tuple[int, int]] = {}
        places = values.find(kind, self._folded)
        if not places:
            return found
        starts = {span.start: number for number, span in enumerate(self.spans())}
        ends = {span.end: number + 1 for number, span in enumerate(self.spans())}
        for start, end in places:
            first, last = _first_word(starts, start, end), ends.get(end)
            if first is not None and last is not None:
                found[first] = last, start
        return found

    def _choices(self, mark: Mark) -> dict[int, tuple[int, int]]:
        """A choice is known by all of its words, which rules need not name elsewhere."""
        said = tokens.words(self._folded)
        found: dict[int, tuple[int, int]] = {}
        for choice in sorted((tokens.words(choice) for choice in mark.choices), key=len):
            for at in range(len(said) - len(choice) + 1):
                if choice and said[at : at + len(choice)] == choice:
                    found[at] = at + len(choice), -1
        return found

    def _along_star(self, star: _Node, at: int, taken: _Taken | None) -> None:
        """What stands behind a star, at any word from `at` on; where that was done from later on, only before it."""
        self._accept(star.ends, taken)
        until = self._stars.get(id(star), len(self._codes) + 1)
        if at >= until:
            return
        self._stars[id(star)] = at
        if star.runs is not None:
            self._seek(star.runs, at, until, taken)
        until = min(until, len(self._codes))
        if star.parts is not None:
            self._along_parts(star.parts, at, until, taken)
        if star.marks is not None:
            self._along_marks(star.marks, at, until, taken)

    def _seek(self, runs: _Run | dict[str, _Run], at: int, until: int, taken: _Taken | None) -> None:
        """Every place of these runs that begins from `at` to before `until`."""
        codes, stack = self._codes, self._stack
        if isinstance(runs, tuple) or len(runs) <= _FEW:
            for run, child in (runs,) if isinstance(runs, tuple) else runs.values():
                place = codes.find(run, at)
                while 0 <= place < until:
                    stack.append((child, place + len(run), taken))
                    place = codes.find(run, place + 1)
            return
        for place in range(at, min(until, len(codes))):
            hit = runs.get(codes[place])
            if hit is not None and codes.startswith(hit[0], place):
                stack.append((hit[1], place + len(hit[0]), taken))
        self.steps += len(codes) - at


def _first_word(starts: Mapping[int, int], start: int, end: int) -> int | None:
    """The word that a value begins with; signs before it, as in `+86` or `(021)`, are part of no word."""
    for at in range(start, min(end, start + 3)):
        if at in starts:
            return starts[at]
    return None
