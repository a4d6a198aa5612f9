"""Rules: what each sign of a pattern means, what it takes, who goes first, and that no message takes long."""

import tracemalloc
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.intent import patterns, tokens, values
from app.intent.patterns import BadPattern, Mark, Part, Star, Variant, Word
from app.intent.rules import Match, RuleBook
from app.model.intents import Intent, Phrase, Rule, Slot
from app.settings import Limits

LIMITS = Limits()


def book(*intents: Intent) -> RuleBook:
    return RuleBook.of(intents, tokens.fold, LIMITS)


def one_rule(pattern: str, *slots: Slot) -> RuleBook:
    return book(Intent("wanted", {}, rules=(Rule(pattern),), slots=slots))


def taken(pattern: str, text: str, *slots: Slot) -> dict[str, str] | None:
    match = one_rule(pattern, *slots).ruled(text)
    return None if match is None else match.slots


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("cancel my order", ["Cancel my order!", "cancel, my  ORDER", "ｃancel my order"], ["cancel my orders"]),
        ("[please] cancel", ["please cancel", "cancel"], ["please please cancel", "please"]),
        ("(refund|money back) now", ["refund now", "money back now"], ["money now", "refund money back now"]),
        ("how * return", ["how return", "how do I ever return"], ["how do I return it", "show return"]),
        ("*refund*", ["refund", "prerefunded", "I want a refund now"], ["fund", "re fund"]),
        ("refund*", ["refunds", "refund my shoes"], ["a refund", "prerefund"]),
        ("*refund", ["a refund", "prerefund"], ["refunds"]),
        ("don't ship", ["dont ship", "don’t ship"], ["do not ship"]),
        ("退款", ["退款", "退 款。", "退\u200b款"], ["要退款", "退"]),
        ("*退款*", ["我要退款啊", "退款"], ["退了款"]),
        ("（我要|我想）退［这件］货", ["我要退货", "我想退这件货"], ["我退货"]),
        ("订单*没到", ["订单没到", "订单到现在还没到"], ["订单没到呢"]),
        ("(訂單|单子)呢", ["订单呢", "訂單呢", "單子呢"], ["订单"]),
        ("[please] (track|[re] send) my parcel", ["please re-send my parcel", "send my parcel"], ["re my parcel"]),
        ("👍", ["👍", "👍🏽"[0]], ["👎"]),
    ],
)  # fmt: skip
def test_a_pattern_matches_what_it_says_and_nothing_else(pattern: str, matches: list[str], others: list[str]) -> None:
    rules = one_rule(pattern)
    assert [text for text in matches if rules.ruled(text) is None] == []
    assert [text for text in others if rules.ruled(text) is not None] == []


@pytest.mark.parametrize(
    ("pattern", "text", "slots"),
    [
        ("order {order_no} *", "Order SO-2024-00123 please", {"order_no": "SO-2024-00123"}),
        ("订单{order_no}到哪了", "订单 Ａ1234５ 到哪了", {"order_no": "Ａ1234５"}),
        ("my mail is {email}", "My mail is Bob.Smith+x@Example.co.uk.", {"email": "Bob.Smith+x@Example.co.uk"}),
        ("* {phone} *", "call +86 138-0013-8000 today", {"phone": "+86 138-0013-8000"}),
        ("{number} pieces", "1,299.50 pieces", {"number": "1,299.50"}),
        ("arrive {date}", "arrive 3rd May 2024", {"date": "3rd May 2024"}),
        ("{date}能到吗", "5月3日能到吗", {"date": "5月3日"}),
        ("from {old:email} to {new:email}", "from A@b.cd to C@d.ef", {"old": "A@b.cd", "new": "C@d.ef"}),
        ("my name is {text}", "my name is Ödön von Horváth!", {"text": "Ödön von Horváth"}),
        ("{what:text} is broken", "the blue LAMP is broken", {"what": "the blue LAMP"}),
        ("我叫{name:text}，电话{phone}", "我叫张三，电话13800138000", {"name": "张三", "phone": "13800138000"}),
    ],
)
def test_a_mark_gives_back_what_the_visitor_wrote(pattern: str, text: str, slots: dict[str, str]) -> None:
    assert taken(pattern, text) == slots


def test_a_mark_is_of_the_kind_of_the_intents_slot() -> None:
    assert taken("size {size}", "size Extra Large", Slot("size", "choice", choices=("small", "extra large"))) == {
        "size": "Extra Large"
    }
    assert taken("size {size}", "size huge", Slot("size", "choice", choices=("small", "extra large"))) is None
    assert taken("about {which}", "about 48213", Slot("which", "order_no")) == {"which": "48213"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("12", "order_no"),
        ("hello", "order_no"),
        ("123", "phone"),
        ("1.2.3", "number"),
        ("a@b", "email"),
        ("13", "date"),
    ],
)
def test_what_is_not_of_a_kind_is_not_taken(text: str, kind: str) -> None:
    assert taken(f"it is {{{kind}}}", f"it is {text}") is None


def test_the_highest_priority_goes_first_then_what_says_most() -> None:
    rules = book(
        Intent("broad", {}, rules=(Rule("*refund*"),)),
        Intent("whole", {}, rules=(Rule("my refund"),)),
        Intent("first", {}, rules=(Rule("* my refund", priority=3),)),
    )
    assert rules.ruled("my refund") == Match("first", "* my refund", others=("whole", "broad"))
    assert rules.ruled("what of my refunds") == Match("broad", "*refund*")
    assert [one.intent for one in rules.all("my refund")] == ["first", "whole", "broad"]


def test_a_rule_holds_in_its_inbox_and_language_alone() -> None:
    rules = book(
        Intent("here", {}, rules=(Rule("open", inbox_id="berlin"), Rule("öffnen", language="de"))),
        Intent("closed", {}, rules=(Rule("open", inbox_id="rome"),), inbox_ids=("paris",)),
    )
    assert rules.ruled("open", "berlin") is not None
    assert [rules.ruled("open", inbox) for inbox in ("", "paris", "rome")] == [None, None, None]
    assert rules.ruled("öffnen", language="de")
    assert rules.ruled("öffnen"), "a language that is not known may be it"
    assert rules.ruled("öffnen", language="en") is None


def test_a_phrase_of_two_intents_is_that_of_the_inbox() -> None:
    rules = book(
        Intent("a", {}, phrases=(Phrase("open"),), inbox_ids=("berlin",)),
        Intent("b", {}, phrases=(Phrase("open"),)),
    )
    found = [rules.match("open", "open", inbox) for inbox in ("berlin", "paris")]
    assert [one.intent if one else "" for one in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("pattern", "code", "place"),
    [
        ("  。！ ", "rule_empty", 1),
        ("*", "rule_everything", 1),
        ("(hi|*)", "rule_everything", 1),
        ("{text}", "rule_everything", 1),
        ("[a] *", "rule_everything", 1),
        ("[hello] [there]", "rule_optional", 1),
        ("say (hello", "rule_not_closed", 5),
        ("say hello]", "rule_not_opened", 10),
        ("say } hello", "rule_not_opened", 5),
        ("yes|no", "rule_bar", 4),
        ("say ( )", "rule_empty_group", 5),
        ("{Not A Name}", "rule_mark", 1),
        ("to {price}", "rule_kind", 4),
        ("{phone} {phone}", "rule_named_twice", 9),
        ("it* is", "rule_short_part", 1),
        ("(" * 9 + "x" + ")" * 9, "rule_too_deep", 9),
        ("(a|b)" * 9, "rule_too_many", 0),
        ("w " * 61, "rule_too_long", 0),
        (" ".join(f"{{n{at}:number}}" for at in range(11)), "rule_too_many_marks", 0),
    ],
)
def test_a_pattern_that_will_not_do_is_refused_at_its_place(pattern: str, code: str, place: int) -> None:
    with pytest.raises(BadPattern) as refused:
        patterns.variants(pattern, (), LIMITS)
    assert refused.value.code == code
    assert not place or refused.value.place == place
    assert pattern in refused.value.en
    assert pattern in refused.value.zh


def test_a_refused_pattern_is_told_and_the_others_hold() -> None:
    told: list[str] = []
    rules = RuleBook.of(
        [Intent("a", {}, rules=(Rule("*"), Rule("hello")))],
        tokens.fold,
        LIMITS,
        lambda name, bad: told.append(bad.code),
    )
    assert told == ["rule_everything"]
    assert rules.ruled("hello")


# ---- against a slow one that is surely right

_WORDS = ("a", "be", "see", "seen", "退", "款", "48213", "x@y.zz", "3")
_MARKS = st.sampled_from(("{order_no}", "{email}", "{number}", "{text}", "{t:text}"))
_ATOMS = st.one_of(st.sampled_from((*_WORDS, "*", "*", "see*", "*een", "*see*")), _MARKS)
_GROUPS = st.recursive(
    st.lists(_ATOMS, min_size=1, max_size=3).map(" ".join),
    lambda inner: st.one_of(
        inner.map("[{}]".format), st.lists(inner, min_size=1, max_size=3).map(lambda ways: f"({'|'.join(ways)})")
    ),
    max_leaves=3,
)
_PATTERNS = st.lists(_GROUPS, min_size=1, max_size=4).map(" ".join)
_TEXTS = st.lists(st.sampled_from((*_WORDS, "unseen", "?")), max_size=7).map(" ".join)


def _slow(variant: Variant, folded: str) -> bool:
    """Every way, one after the other."""
    words, spans = tokens.words(folded), tokens.spans(folded)
    starts = [span.start for span in spans]

    def from_here(elements: Variant, at: int) -> bool:
        if not elements:
            return at == len(words)
        first, rest = elements[0], elements[1:]
        return any(from_here(rest, end) for end in ends(first, at))

    def ends(element: object, at: int) -> list[int]:
        match element:
            case Star():
                return list(range(at, len(words) + 1))
            case Word(text):
                return [at + 1] if at < len(words) and words[at] == text else []
            case Part(text, left, right):
                if at == len(words) or text not in words[at]:
                    return []
                begins, finishes = words[at].startswith(text), words[at].endswith(text)
                return [at + 1] if (left or begins) and (right or finishes) else []
            case Mark(_, values.TEXT):
                return list(range(at + 1, min(at + LIMITS.intent_rule_text_words_max, len(words)) + 1))
            case Mark(_, kind):
                found = [end for start, end in values.find(kind, folded) if at < len(words) and start == starts[at]]
                return [next(number for number, span in enumerate(spans, 1) if span.end == end) for end in found]
        raise AssertionError(element)

    return from_here(variant, 0)


@settings(max_examples=150, deadline=None)
@given(st.lists(_PATTERNS, min_size=1, max_size=5), st.lists(_TEXTS, min_size=1, max_size=5))
def test_the_tree_finds_what_trying_every_way_finds(written: list[str], texts: list[str]) -> None:
    read: dict[str, tuple[Variant, ...]] = {}
    for pattern in written:
        try:
            read[pattern] = patterns.variants(pattern, (), LIMITS)
        except BadPattern:
            continue
    rules = book(Intent("all", {}, rules=tuple(Rule(pattern) for pattern in read)))
    for text in texts:
        expected = {pattern for pattern, ways in read.items() if any(_slow(way, tokens.fold(text)) for way in ways)}
        assert {one.text for one in rules.all(text)} == expected
        match = rules.ruled(text)
        assert (match is None) == (not expected)
        for value in match.slots.values() if match else ():
            assert value in text


@given(st.text(max_size=60))
def test_any_text_folds_to_words_that_stand_in_it(text: str) -> None:
    folded = tokens.fold(text)
    words, spans = tokens.words(folded), tokens.spans(folded)
    assert [folded[span.start : span.end] for span in spans] == words
    alignment = tokens.Alignment(text, folded)
    for span, word in zip(spans, words, strict=True):
        piece = alignment.original(span.start, span.end)
        assert piece in text or piece == word


@given(st.text(alphabet="ab*[](){}|： 退款{text}{order_no}＊（", max_size=40))
def test_any_pattern_is_read_or_refused_with_a_place_in_it(pattern: str) -> None:
    refused: BadPattern | None = None
    ways: tuple[Variant, ...] = ()
    try:
        ways = patterns.variants(pattern, (), LIMITS)
    except BadPattern as bad:
        refused = bad
    assert refused is None or 1 <= refused.place <= max(len(pattern), 1)
    assert all(patterns.solid(way) for way in ways)
    assert len(ways) <= LIMITS.intent_rule_variants_max


# ---- bad input


@pytest.mark.parametrize(
    "text",
    ["a" * 65_536, "a " * 32_768, "退" * 65_536, "1" * 65_536, "1-" * 32_768, "(1) " * 16_384, "a@" * 32_768,
     "a." * 32_768, "\u200b" * 65_536, "\u202e退款\u202d", "e\u0301" * 30_000, "ﷺ" * 20_000, "\ud800x",
     "refund退款возвратإرجاع환불"],
)  # fmt: skip
def test_no_message_takes_long_or_much_whatever_the_rules(text: str) -> None:
    """Steps are bounded by words × nodes, and by a limit; what is beyond the limit of characters is not looked at."""
    hard = ("* a * a * a * a * b", "*aaa* *aaa* *aaa* x", "{t:text} a {u:text} a {v:text} b", "*退*退*退*退*款",
            "* {order_no} * {phone} * {email} *", "* {number} {date} x", "[a] [a] [a] [a] [a] [a] [a] b")  # fmt: skip
    rules = book(Intent("hard", {}, rules=tuple(Rule(pattern) for pattern in hard)))
    tracemalloc.start()
    try:
        rules.ruled(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000
    assert rules.steps(text) <= LIMITS.intent_rule_steps_max
    assert rules.steps(text) <= 400 + 40 * LIMITS.intent_text_characters_max


def test_steps_grow_with_the_words_not_with_the_ways() -> None:
    rules = one_rule("* a * a * a * a * a * a * b")
    few, many = rules.steps("a " * 50), rules.steps("a " * 400)
    assert few < many < 10 * few


def test_a_hidden_sign_hides_no_word() -> None:
    assert one_rule("*refund*").ruled("re\u200bfu\u00adnd \u202eplease")
    assert one_rule("退款").ruled("退\ufe0f\u2060款")


def test_rules_that_begin_alike_share_their_way_and_take_little_room() -> None:
    """96,000 in a tree of dicts by characters take 485 MB."""
    letters = "abcdefghij"
    ways = product(letters, letters, letters)
    rules = tuple(Rule(f"where is my {a}{b} order * of {c} please") for a, b, c in ways)
    tracemalloc.start()
    try:
        made = book(Intent("many", {}, rules=rules))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(made) == 1_000
    assert kept / len(made) < 1_200, "bytes a rule"
    found = made.ruled("where is my ab order that I made of c please")
    assert found is not None
    assert found.pattern == "where is my ab order * of c please"
