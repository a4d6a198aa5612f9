"""Files of phrases as other systems write them: found out, read with their lines, checked against what is there."""

import io
import json
import re
import zipfile
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from app.exchange.phrases import own, rasa
from app.exchange.phrases.gathering import HEADS, Format, Gathered, Gathering, format_of, written
from app.exchange.phrases.told import Whole, name_of
from app.intent import starter
from app.model.errors import Invalid, Problem, TooLarge
from app.model.intents import Case, Example, Intent, Phrase, Rule
from app.settings import Limits

RASA = """\
version: "3.1"
nlu:
- intent: track_order
  examples: |
    - where is my [parcel](thing)
    - 我的[快递]{"entity": "thing", "value": "包裹"}到哪了

    - track my parcel
- intent: greet
  examples:
  - text: |
      hello
    metadata: {sentiment: neutral}
  - good day
- synonym: parcel
  examples: |
    - package
- regex: order_no
  examples: |
    - \\d{8}
- lookup: colour
  examples: |
    - red
- intent: oos
  examples: |
    - tell me a joke
responses:
  utter_greet:
  - text: Hi
rules:
- rule: greet
  steps: [{intent: greet}]
"""
CSV = "intent,language,text\ngreet,en,hello\ngreet,,你好\ntrack_order,en,where is my parcel\n"


def gathered(
    raw: bytes | str, form: Format | None = None, known: Sequence[Intent] = (), limits: Limits | None = None
) -> tuple[Gathered, Gathering]:
    file = io.BytesIO(raw.encode() if isinstance(raw, str) else raw)
    found = {intent.name: (intent, len(intent.phrases)) for intent in known}
    gathering = Gathering(found, limits or Limits(), str.casefold, lambda intent: intent)
    gathering.learn(Example(phrase.text, intent.name) for intent in known for phrase in intent.phrases)
    return gathering.read(file, form or format_of(file)), gathering


def phrases(gathering: Gathering) -> list[tuple[str, str, str]]:
    return [(name, one.language, one.text) for portion in gathering.portions(2) for name, one in portion]


def test_csv_says_what_is_what_by_its_columns() -> None:
    told, gathering = gathered(CSV)
    assert (told.format, told.phrases, told.created, told.problems) == (Format.CSV, 3, 2, [])
    assert phrases(gathering) == [
        ("greet", "en", "hello"),
        ("greet", "zh", "你好"),
        ("track_order", "en", "where is my parcel"),
    ]
    assert [intent.title for intent in gathering.intents()] == [{"en": "greet"}, {"en": "track_order"}]


@pytest.mark.parametrize(
    "raw",
    [
        CSV.encode("utf-8-sig"),
        CSV.replace(",", ";").encode("gb18030"),
        CSV.replace("intent,language,text", "意图,语言,文本").encode(),
        CSV.replace(",", "\t").replace("intent", "label").encode(),
        b"split,intent,lang,text\n" + b"".join(b"train," + line for line in CSV.encode().splitlines(True)[1:]),
    ],
)
def test_csv_as_programs_write_it(raw: bytes) -> None:
    assert phrases(gathered(raw)[1]) == phrases(gathered(CSV)[1])


def test_a_tab_separated_file_is_never_quoted() -> None:
    _, gathering = gathered('intent\ttext\nstock\t"only 1 left", is that so\nstock\t"still there"\n')
    assert [text for _, _, text in phrases(gathering)] == ['"only 1 left", is that so', '"still there"']


def test_rasa_is_read_without_marks_and_what_is_left_is_counted() -> None:
    told, gathering = gathered(RASA)
    assert told.format is Format.RASA and not told.problems
    assert phrases(gathering) == [
        ("track_order", "en", "where is my parcel"),
        ("track_order", "zh", "我的快递到哪了"),
        ("track_order", "en", "track my parcel"),
        ("greet", "en", "hello"),
        ("greet", "en", "good day"),
    ]
    assert told.left == {
        "entity": 2, "synonym": 1, "regex": 1, "lookup": 1, "out_of_scope": 1, "response": 1, "story": 1,
    }  # fmt: skip
    assert any("regular expressions" in remark.en for remark in told.warnings)


def test_dialogflow_as_table_and_as_agent() -> None:
    table = 'Intent Display Name,Language,Phrase\nOrder status,en,"where is it, please"\nOrder status,zh-CN,到哪了\n'
    told, gathering = gathered(table)
    assert told.format is Format.DIALOGFLOW
    assert phrases(gathering) == [("order_status", "en", "where is it, please"), ("order_status", "zh", "到哪了")]
    assert gathering.intents()[0].title == {"en": "Order status"}
    said = [
        {"id": "1", "data": [{"text": "where is "}, {"text": "order 5", "alias": "n", "meta": "@sys.number"}]},
        {"id": "2", "data": [{"text": "@sys.number:n"}], "isTemplate": True},
    ]
    told, gathering = gathered(agent({"intents/Order status_usersays_en.json": said, "agent.json": {}}))
    assert told.format is Format.DIALOGFLOW and told.left == {"entity": 1, "template": 1}
    assert phrases(gathering) == [("order_status", "en", "where is order 5")]


def agent(files: dict[str, object]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, body in files.items():
            folder.writestr(name, json.dumps(body))
    return archive.getvalue()


def test_an_archive_that_would_fill_the_memory_is_refused() -> None:
    bomb = agent({"intents/a_usersays_en.json": [{"data": [{"text": "a" * 3_000_000}]}]})
    with pytest.raises(Invalid, match="phrases_zip"):
        gathered(bomb)
    with pytest.raises(Invalid, match="phrases_zip"):
        gathered(agent({"other.json": []}))
    with pytest.raises(Invalid, match="phrases_zip"):
        gathered(b"PK\x03\x04 and no more")


def test_the_same_words_for_two_intents_are_told_with_both_lines() -> None:
    told, _ = gathered(CSV + "track_order,en,Hello\ngreet,en,HELLO\n")
    assert told.duplicates == 1
    assert [(remark.line, "line 2" in remark.en, "第 2 行" in remark.zh) for remark in told.problems] == [
        (5, True, True)
    ]
    has = Intent("bye", {"en": "Bye"}, phrases=(Phrase("where is my parcel"),))
    (remark,) = gathered(CSV, known=[has])[0].problems
    assert remark.line == 4 and "bye in what this desk has" in remark.en


def test_what_is_there_already_is_no_problem_and_brings_nothing() -> None:
    has = Intent("greet", {"en": "Greeting"}, phrases=(Phrase("hello"), Phrase("你好")))
    told, gathering = gathered(CSV, known=[has])
    assert (told.phrases, told.duplicates, told.created, told.changed) == (1, 2, 1, 0)
    assert [intent.name for intent in gathering.intents()] == ["track_order"]
    told, gathering = gathered("intent,text\ngreet,hello\n", known=[has])
    assert (told.phrases, told.problems, list(gathering.portions(5))) == (0, [], [])


def test_a_label_with_one_example_is_warned_of() -> None:
    told, _ = gathered(CSV)
    assert [remark.en.split()[0] for remark in told.warnings] == ["track_order"]


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        ("intent,text\n,hello\n", 2, "intent is empty"),
        ("intent,text\na,b\ngreet,\n", 3, "text is empty"),
        (f"intent,text\na,{'x' * 501}\n", 2, "501 characters"),
        ("intent,text\nA b,x\na-b,y\n", 3, "both be called a_b"),
        ("intent,text\n", 0, "no phrase"),
        ("nlu:\n- intent: a\n  examples: |\n    - x\n    y\n", 5, "begins with"),
        ("nlu:\n- examples: |\n    - x\n", 2, "no intent"),
        ("nlu:\n- just words\n", 2, "no entry"),
        ("intents:\n- name: A\n", 2, "no intent"),
        ("intents:\n- {name: a, title: {en: A}}\n- {name: a, title: {en: A}}\n", 3, "twice"),
        ("intents: []\nmore: 1\n", 2, "not known"),
    ],
)
def test_a_line_that_is_wrong_is_told(raw: str, line: int, words: str) -> None:
    problems = gathered(raw)[0].problems
    assert line in [remark.line for remark in problems if words in remark.en], problems
    assert all(re.search("[\u4e00-\u9fff]", remark.zh) for remark in problems)


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe\x00\x01\x02",
        b"one,two\na,b\n",
        b"",
        b"nlu: [\n",
        b"nlu: &a [*a]\nx: *a\n- b",
        b"version: 3\nnlu: " + b"[" * 5_000,
        b"intents:\n- " + b"{a: " * 5_000,
        b"intents: &a\n- *a\n",
        b"nlu:\n- intent: a\n  examples: |\n    - \x01\n",
    ],
)
def test_what_cannot_be_read_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        gathered(raw)
    assert refused.value.zh


def test_there_is_a_limit_of_phrases() -> None:
    with pytest.raises(TooLarge):
        gathered(CSV, limits=Limits(intent_file_rows_max=2))
    many = "intent,text\n" + "".join(f",{number}\n" for number in range(1_000))
    assert len(gathered(many)[0].problems) == Limits().import_problems_told
    (room,) = gathered(CSV, limits=Limits(intent_phrases_max=2))[0].problems
    assert "at most 2 phrases" in room.en


@pytest.mark.parametrize("form", Format)
def test_what_is_written_is_read_back(form: Format) -> None:
    intents = (
        *starter.load().intents[:12],
        Intent("odd", {"en": "Odd"}, phrases=(Phrase("=1+1", "en"), Phrase("no", "en"), Phrase('"a", b: #c', "en"))),
    )
    text = HEADS[form] + "".join(written(form, intents))
    told, gathering = gathered(text)
    assert told.format is form and not told.problems
    assert phrases(gathering) == [(i.name, one.language, one.text) for i in intents for one in i.phrases]
    if form is Format.YAML:
        assert gathering.intents() == [replace(intent, phrases=()) for intent in intents]


def test_an_intent_that_is_switched_off_stays_so_and_words_stay_words() -> None:
    intent = Intent(
        "yes", {"en": "yes"}, (Phrase("null"),), (Rule("on", priority=3),), cases=(Case("1.0"),), enabled=False
    )
    (read,) = own.read(io.BytesIO((HEADS[Format.YAML] + "".join(own.written([intent]))).encode()))
    assert isinstance(read, Whole) and read.intent == intent


def test_a_whole_intent_that_may_not_be_stored_is_a_problem() -> None:
    def never(_: Intent) -> Intent:
        raise Problem("no", "It may not be.", "不可以。")

    gathering = Gathering({}, Limits(), str.casefold, never)
    told = gathering.take([Intent("a", {"en": "A"})])
    assert [remark.en for remark in told.problems] == ["a: It may not be."] and not gathering.intents()


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Default Welcome Intent", "default_welcome_intent"),
        ("faq/ask-Price", "faq_ask_price"),
        ("2fa", "i_2fa"),
        ("x" * 90, "x" * 60),
    ],
)
def test_names_are_made_of_what_it_is_called_elsewhere(label: str, name: str) -> None:
    assert name_of(label) == name
    assert re.fullmatch("[a-z][a-z0-9_]{0,59}", name_of(label))


def test_chinese_names_differ() -> None:
    assert name_of("查物流") != name_of("查订单")
    assert re.fullmatch("[a-z][a-z0-9_]{0,59}", name_of("查物流"))


def test_marks_are_taken_off() -> None:
    assert rasa.unmarked('to [Paris](city) by [air]{"entity": "way"} [x]') == ("to Paris by air [x]", 2)
    assert rasa.unmarked("[" * 50_000)[1] == 0
