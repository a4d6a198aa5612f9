"""What `intent check` finds, in files and over a desk, and what `intent ask` says."""

import json
from pathlib import Path

import pytest

from app.cli import main
from app.intent.checking import ERROR, check
from app.intent.starter import load
from app.model.intents import Case, Intent, Phrase, Rule
from app.settings import Limits

LIMITS = Limits()


def phrases(*texts: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(text) for text in texts)


def codes(*intents: Intent) -> list[tuple[str, str, str, int]]:
    return [(one.severity, one.code, one.text, one.place) for one in check(intents, LIMITS)]


FIVE = phrases("one of five", "two of five", "three of five", "four of five", "five of five")


def test_what_is_right_has_no_finding() -> None:
    assert not codes(Intent("a", {}, phrases=FIVE, rules=(Rule("*refund*"),)))


def test_the_starter_pack_is_right() -> None:
    assert [one for one in check(load().intents, LIMITS) if one.severity == ERROR] == []


def test_a_pattern_that_is_refused_is_told_with_its_place_in_both_languages() -> None:
    (found,) = check([Intent("a", {}, phrases=FIVE, rules=(Rule("track (my|your order"),))], LIMITS)
    assert (found.severity, found.code, found.place) == (ERROR, "rule_not_closed", 7)
    assert "character 7" in found.en
    assert "第 7 个字符" in found.zh


def test_words_that_mean_two_intents_are_told() -> None:
    one, other = Intent("a", {}, phrases=(*FIVE, Phrase("Hello!"))), Intent("b", {}, phrases=phrases("hello", "x y"))
    assert (ERROR, "phrases_contradict", "hello", 0) in codes(one, other)
    apart = Intent("b", {}, phrases=phrases("hello", "x y"), inbox_ids=("paris",))
    berlin = Intent("a", {}, phrases=(*FIVE, Phrase("Hello!")), inbox_ids=("berlin",))
    assert "phrases_contradict" not in {one[1] for one in codes(berlin, apart)}, "they never meet"


def test_rules_that_match_the_same_are_told_unless_one_goes_first() -> None:
    first = Intent("a", {}, phrases=FIVE, rules=(Rule("(cancel|stop) it"),))
    assert (ERROR, "rules_contradict", "[please] stop it", 0) in codes(
        first, Intent("b", {}, FIVE[:0], (Rule("[please] stop it"),))
    )
    assert not codes(first, Intent("b", {}, (), (Rule("[please] stop it", priority=1),)))


def test_a_rule_that_matches_what_others_say_is_told_and_one_that_matches_nearly_everything_is_an_error() -> None:
    many = phrases(*(f"number {word} of many" for word in "abcdefghijklmnopqrstuvwxyz"))
    assert ("warning", "rule_matches_others", "number b *", 0) in codes(
        Intent("a", {}, many), Intent("b", {}, (), (Rule("number b *"),))
    )
    assert (ERROR, "rule_matches_nearly_everything", "* of *", 0) in codes(
        Intent("a", {}, many), Intent("b", {}, (), (Rule("* of *"),))
    )


def test_too_few_phrases_empty_ones_and_cases_of_nothing_are_told() -> None:
    found = codes(Intent("a", {}, phrases=phrases("alone", "?!"), cases=(Case("x", "nowhere"),)), Intent("a", {}, FIVE))
    assert {one[1] for one in found} == {"few_phrases", "phrase_empty", "case_unknown_intent", "intent_twice"}


LETTERS = str.maketrans("0123456789", "ghijklmnop")  # numbers would all be the same one


# ---- the command


def _written(folder: Path, name: str, content: object) -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return str(path)


GOOD = [
    {
        "name": "refund",
        "title": {"en": "Refund"},
        "rules": [{"pattern": "*refund*"}],
        "phrases": [{"text": text} for text in ("my money back", "退款", "退钱给我", "I want it back", "money back")],
        "cases": [{"text": "a refund please", "intent": "refund"}, {"text": "what a lovely day"}],
    },
    {
        "name": "parcel",
        "title": {"en": "Parcel"},
        "phrases": [{"text": text} for text in ("where is it", "track it", "到哪了", "物流", "has it been sent")],
        "cases": [{"text": "到哪里了呀", "intent": "parcel"}],
    },
]


def test_files_that_are_right_are_said_to_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["intent", "check", _written(tmp_path, "good.json", GOOD)]) == 0
    assert "0 errors, 0 warnings; 3 of 3 cases hold." in capsys.readouterr().out
    yaml = "intents:\n- name: hello\n  title: {en: Hello}\n  rules: [{pattern: 'hello [there]'}]\n"
    assert main(["intent", "check", "--json", _written(tmp_path, "hello.yaml", yaml)]) == 0
    assert json.loads(capsys.readouterr().out)["right"]


def test_a_case_that_does_not_hold_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [{**GOOD[0], "cases": [{"text": "the refund", "intent": "parcel"}, {"text": "refund"}]}, GOOD[1]]
    assert main(["intent", "check", "--json", _written(tmp_path, "wrong.json", wrong)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["cases_missed"], told["cases_in_all"], told["errors"]) == (2, 3, 0)
    assert told["cases"][0]["said"]["rule"] == "*refund*"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "{", "it is no JSON"),
        ("a.json", [{"name": "A b", "title": {}}], "$[0].name"),
        ("a.json", [{"name": "a", "title": {}, "phrases": [{"text": "x" * 501}]}], "500"),
        ("a.yaml", "a: &a [1]\nb: [*a, *a]\n", "aliases"),
        ("a.yaml", "a: [", "it is no YAML"),
        ("a.tsv", "", "there is no row"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: object, said: str
) -> None:
    assert main(["intent", "check", _written(tmp_path, name, content)]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert name in told


@pytest.mark.full
def test_ten_megabytes_of_phrases_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bounded by the phrases that a desk may have, not by patience: what is said twice is found among them."""
    line = (
        "train\tintent_{0}\tphrase number {1} of a very long file of phrases that somebody has brought from elsewhere\n"
    )
    rows = [line.format(number % 50, f"w{number:x}".translate(LETTERS)) for number in range(100_000)]
    rows.append(line.format(1, "wg"))
    assert sum(map(len, rows)) > 10_000_000
    assert (
        main(["intent", "check", "--json", _written(tmp_path, "long.tsv", "split\tintent\ttext\n" + "".join(rows))])
        == 1
    )
    told = json.loads(capsys.readouterr().out)
    assert told["errors"]
    assert {one["code"] for one in told["findings"]} == {"phrases_contradict"}


def test_over_a_folder_the_desk_is_checked_and_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["intent", "check", "--data", str(tmp_path / "data")]) == 0
    assert "0 of 0 cases hold" in capsys.readouterr().out
    assert main(["intent", "ask", "--data", str(tmp_path / "data"), "--json", "where", "is", "it"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["outcome"], said["normalised"]) == ("hand_over", "where is it")
    assert main(["intent", "ask", "--data", str(tmp_path / "data")]) == 2
