"""A person who is wanted, anger, yes and no: heard where they are meant, and not in what customers ask every day."""

import pytest

from app.chat import moods
from app.intent import starter

_OF_PEOPLE = frozenset({"human_agent", "complaint"})


@pytest.mark.parametrize(
    "words",
    [
        "转人工", "我要找人工客服", "人工", "叫你们经理出来", "转接售后专员",
        "别自动回复了,叫个人来", "我不想跟自动回复聊",
        "A person, please", "human", "I want to talk to a real person", "can you connect me with an agent",
        "let me speak to your manager", "I need a human", "operator now!!", "hand me over to a colleague",
    ],
)  # fmt: skip
def test_a_person_is_wanted(words: str) -> None:
    assert moods.wants_human(words)


@pytest.mark.parametrize(
    "words",
    [
        "你是真人还是AI", "am I talking to a real person or AI", "are you a robot?", "人工客服工作时间是？",
        "不用转人工",
        "人工智能音箱有货吗", "no need for an agent", "公司号要交回去，账户换个人的号", "do you ship to Germany",
    ],
)  # fmt: skip
def test_no_person_is_wanted(words: str) -> None:
    assert not moods.wants_human(words)


@pytest.mark.parametrize(
    "words", ["你们就是骗子", "什么破店", "this is ridiculous", "WHERE IS MY MONEY", "why???!!", "worst service ever"]
)
def test_anger_is_heard(words: str) -> None:
    assert moods.is_angry(words)


@pytest.mark.parametrize(
    "words",
    [
        "太赞啦！！！", "I LOVE IT SO MUCH, THANKS!!!", "有骗子打电话给我", "My memory's terrible", "DHL or UPS?",
        "为什么还没发货？", "is the SHANLAN 600 ML in stock?",
    ],
)  # fmt: skip
def test_no_anger_where_there_is_none(words: str) -> None:
    assert not moods.is_angry(words)


def test_what_customers_ask_every_day_is_no_call_for_a_person() -> None:
    """Over all phrases of the starter pack: nobody seems to want a person, one in two hundred seems angry."""
    asked = [one.text for one in starter.load().examples if one.intent and one.intent not in _OF_PEOPLE]
    assert len(asked) > 1_000
    assert [text for text in asked if moods.wants_human(text)] == []
    assert sum(map(moods.is_angry, asked)) <= len(asked) / 200


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("This helped", True), ("谢谢！", True), ("Yes, thank you.", True), ("没有帮助", False), ("No", False),
        ("This did not help", False), ("no, where is my order", None), ("谢谢，那退货怎么办？", None), ("hello", None),
    ],
)  # fmt: skip
def test_yes_and_no(words: str, meant: bool | None) -> None:
    assert moods.judges(words) is meant


def test_only_giving_up_alone_is_giving_up() -> None:
    assert moods.gives_up("算了") and moods.gives_up("Never mind!")
    assert not moods.gives_up("cancel my order") and not moods.gives_up("取消订单")
