"""What is made of judged messages, and the command that judges files."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from app.cli import main
from app.intent.evaluation import Judged, calibration_error, curve, figures, judge
from app.model.intents import Candidate, Classification, Example, Outcome, Tier

PHRASES = {
    "order_status": ["where is my order", "我的订单到哪了", "order status please", "查一下订单状态"],
    "refund_status": ["when do I get my refund", "退款什么时候到账", "refund status", "我的退款呢"],
    "human": ["talk to a human", "转人工", "let me speak to an agent", "我要人工客服"],
}


def said(
    right: str, intent: str, confidence: float, outcome: Outcome = Outcome.ANSWER, seconds: float = 1e-4
) -> Judged:
    candidates = (Candidate(intent, confidence), Candidate("human", (1 - confidence) / 2))
    return Judged("text", right, Classification(outcome, Tier.MODEL, intent, confidence, candidates), seconds)


def test_figures_are_counted() -> None:
    found = figures(
        [
            said("a", "a", 0.9),
            said("a", "b", 0.8),
            said("human", "a", 0.4, Outcome.OFFER),
            said("b", "b", 0.3, Outcome.HAND_OVER),
            said("", "a", 0.9),
            said("", "a", 0.1, Outcome.HAND_OVER, 5e-4),
        ]
    )
    assert (found.queries, found.oos_queries, found.intents) == (6, 2, 3)
    assert (found.accuracy, found.coverage) == (0.5, 0.5)
    assert (found.answered, found.answered_right, found.precision) == (2, 1, 0.5)
    assert found.precision_all == pytest.approx(1 / 3)
    assert found.oos_recall == 0.5
    assert (found.offered, found.offered_right) == (0.25, 1.0)
    assert found.microseconds_per_query == pytest.approx(100)
    assert found.microseconds_p99 == pytest.approx(500)
    assert {(one.intent, one.taken_for, one.count) for one in found.confusion} == {
        ("a", "b", 1), ("human", "a", 1), ("", "a", 1),
    }  # fmt: skip
    (of_a,) = (one for one in found.per_intent if one.intent == "a")
    assert (of_a.support, of_a.accuracy, of_a.coverage, of_a.precision) == (2, 0.5, 1.0, 0.5)


def test_a_set_without_messages_out_of_scope_has_no_recall_of_them() -> None:
    assert figures([said("a", "a", 0.9)]).oos_recall is None


def test_calibration_error_is_how_far_confidence_and_right_ones_are_apart() -> None:
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == pytest.approx(0)
    assert calibration_error([(0.9, False)] * 2 + [(0.1, False)] * 2) == pytest.approx(0.5)
    assert calibration_error([]) == 0


def test_the_curve_falls_in_coverage() -> None:
    points = curve([said("a", "a", 0.95), said("a", "b", 0.5), said("", "b", 0.2)])
    assert (points[0].threshold, points[0].coverage) == (0, 1)
    assert points[0].precision == 0.5
    assert points[0].precision_all == pytest.approx(1 / 3)
    assert (points[-1].threshold, points[-1].coverage) == (1, 0)
    at_90 = min(points, key=lambda point: abs(point.threshold - 0.9))
    assert (at_90.coverage, at_90.precision) == (0.5, 1)


def test_every_message_is_timed_by_itself() -> None:
    ticks = iter([0.0, 1.0, 5.0, 5.5])
    judged = judge(
        lambda text: Classification(Outcome.ANSWER, Tier.MODEL, text, 1.0), EXAMPLES[:2], lambda: next(ticks)
    )
    assert [one.seconds for one in judged] == [1.0, 0.5]


EXAMPLES = [Example(text, intent) for intent, texts in PHRASES.items() for text in texts]


# ---- the command


def table(path: Path, rows: Sequence[tuple[str, ...]], header: str = "") -> Path:
    lines = [header] * bool(header) + ["\t".join(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*arguments: object, language: str = "C.UTF-8") -> Done:
        code = main(["intent", *map(str, arguments)], {"LC_ALL": language})
        return Done(code, *capsys.readouterr())

    return ran


def test_a_file_is_learned_from_and_another_one_judged(tmp_path: Path, run: Run) -> None:
    rows = [
        (split, intent, text) for intent, texts in PHRASES.items() for split, text in zip(SPLITS, texts, strict=True)
    ]
    data = table(tmp_path / "all.tsv", [*rows, ("test", "oos", "sing me a song")])
    done = run("evaluate", "--train", data, "--valid", data, "--test", data, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["train_examples"], told["valid_examples"], told["queries"], told["oos_queries"]) == (6, 3, 4, 1)
    assert set(told) >= {
        "accuracy", "coverage", "precision", "oos_recall", "ece", "microseconds_per_query", "train_seconds",
        "model_bytes",
        "tiers", "confusion", "curve", "per_intent",
    }  # fmt: skip
    assert told["oos_recall"] == 1.0


SPLITS = ("train", "train", "dev", "test")


def test_the_split_of_a_file_may_be_named_and_what_is_no_split_is_a_file(tmp_path: Path, run: Run) -> None:
    rows = [("train", intent, text) for intent, texts in PHRASES.items() for text in texts]
    odd = table(tmp_path / "odd:name.tsv", [*rows, ("hard", "human", "somebody alive?")])
    done = run("evaluate", "--train", odd, "--test", f"{odd}:hard", "--json")
    assert json.loads(done.stdout)["queries"] == 1
    done = run("evaluate", "--train", odd, "--test", odd, "--limit", 5, "--json")
    assert json.loads(done.stdout)["queries"] == 5, "without the split that is asked for all rows are taken"


@pytest.mark.parametrize(
    ("content", "english", "chinese"),
    [
        (b"intent\ttext\nhuman\thello\nhuman", "line 3: 1 columns where 2 are needed", "第 3 行：只有 1 列，需要 2 列"),
        (b"intent\ttext\nhuman\t ", "line 2: the text is empty", "第 2 行：文本为空"),
        (b"intent\ttext\nhuman\t\xff\xfe", "line 2: this is not UTF-8", "第 2 行：不是 UTF-8 编码"),
        (b'text,intent\n"never closed,human\n', "this is not CSV", "不是有效的 CSV"),
        (b"only one column\n", "no column is named text and none intent", "没有名为 text 和 intent 的列"),
        (b"", "line 1: there is no row", "第 1 行：没有任何行"),
        (b"intent\ttext\n", "there is no row for train", "没有用于 train 的行"),
    ],
)
def test_what_cannot_be_read_is_told_by_file_and_line(
    tmp_path: Path, run: Run, content: bytes, english: str, chinese: str
) -> None:
    bad = tmp_path / "bad.tsv"
    bad.write_bytes(content)
    for language, told in (("C.UTF-8", english), ("zh_CN.UTF-8", chinese)):
        done = run("evaluate", "--train", bad, "--test", bad, language=language)
        assert (done.returncode, done.stdout) == (1, "")
        assert told in done.stderr and "bad.tsv" in done.stderr


def test_files_that_are_not_named_or_not_there_are_told(tmp_path: Path, run: Run) -> None:
    assert run("evaluate").returncode == 2
    done = run("evaluate", "--train", tmp_path / "none.tsv", "--test", tmp_path / "none.tsv")
    assert (done.returncode, "none.tsv cannot be read" in done.stderr) == (1, True)


def test_a_file_is_learned_from_and_judged_by_what_of_it_was_held_out(tmp_path: Path, run: Run) -> None:
    rows = [
        ("train", intent, f"{text} {number}") for intent, texts in PHRASES.items() for text in texts for number in "ab"
    ]
    data = table(tmp_path / "all.tsv", rows)
    told = json.loads(run("train", data, "--json").stdout)
    assert (told["train_examples"], told["queries"]) == (21, 3)
    other = json.loads(run("train", data, "--json", "--seed", 2).stdout)
    assert other["per_intent"] != told["per_intent"], "the seed says which are held out"


def test_for_people_in_both_languages(tmp_path: Path, run: Run) -> None:
    data = table(
        tmp_path / "all.csv", [], "text,intent\n" + "\n".join(f'"{one.text}",{one.intent}' for one in EXAMPLES)
    )
    for language, words in (("C.UTF-8", ("accuracy", "by tier")), ("zh_CN.UTF-8", ("准确率", "各层"))):
        done = run("evaluate", "--train", data, "--test", data, language=language)
        assert done.returncode == 0, done.stderr
        assert all(word in done.stdout for word in words)
