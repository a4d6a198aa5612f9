"""The small language: what it means, and what it refuses, with the place."""

from decimal import Decimal
from typing import Any

import pytest

from app.adapters.errors import BadDocument, BadSpec
from app.adapters.maps.functions import FUNCTIONS
from tests.adapters.maps import found, holds

ORDER = {
    "price": "39.99", "count": 2, "status": "1", "paid": True, "memo": "", "none": None, "tags": ["a", "b"],
    "id": 9_223_372_036_854_775_807, "odd-name": 7, "in": 8, "订单号": "D1", "@id": "a", "#text": "t",
    "items": [{"qty": 1}, {"qty": "2"}, {}], "buyer": {"name": "Ann"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * 3", 9),
        ("10 - 2 - 3", 5),
        ("-3 + 5", 2),
        ("--count", 2),
        ("0.1 + 0.2", Decimal("0.3")),
        ("price * count", Decimal("79.98")),
        ("7 / 2", Decimal("3.5")),
        ("6 / 2", Decimal(3)),
        ("7 % 3", 1),
        ("-7 % 3", 2),
        ("7.5 % -2", Decimal("-0.5")),
        ("id + 1", 9_223_372_036_854_775_808),
        ("none * 2", None),
        ("missing - 1", None),
        ("count == 2 and price > 30", True),
        ("status == 1", True),
        ("status == '1'", True),
        ("count == '2'", True),
        ("count != 2", False),
        ("paid == 1", False),
        ("paid == true", True),
        ("none == null", True),
        ("memo == null", False),
        ("none < 1", False),
        ("'b' > 'a'", True),
        ("'10' < 9", False),
        ("status in [1, 2]", True),
        ("status in ['1', 'x']", True),
        ("status in ['x', 'y']", False),
        ("count not in [3]", True),
        ("'a' in tags", True),
        ("'c' not in tags", True),
        ("memo or buyer.name", "Ann"),
        ("count and none", None),
        ("not memo", True),
        ("not 0 and not none", True),
        ("if paid then 'yes' else 'no'", "yes"),
        ("if memo then 1 else if count > 1 then 2 else 3", 2),
        ('buyer."name"', "Ann"),
        ("$item.\"odd-name\" + $item.in", 15),
        ("订单号", "D1"),
        ("concat(@id, #text)", "at"),
        ("tags[0]", "a"),
        ("tags[-1]", "b"),
        ("tags[9]", None),
        ("sum(items[].qty)", 3),
        ("len(items)", 3),
        ("$settings.shop", "main"),
        ("now()", "2024-01-02T02:11:12.123Z"),
        ("$now.unix - 1704161472", 0),
        ('"a\\"b\\u00e9\\n"', 'a"bé\n'),
    ],
)  # fmt: skip
def test_what_an_expression_gives(text: str, result: Any) -> None:
    given = found(text, ORDER)
    assert (given, type(given)) == (result, type(result))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("lower('ÄB')", "äb"),
        ("upper('a')", "A"),
        ("trim(' a ')", "a"),
        ("digits('+86 138-0013')", "861380013"),
        ("len('你好')", 2),
        ("len(null)", 0),
        ("substring('hello', 1, 3)", "ell"),
        ("substring('hello', 3)", "lo"),
        ("replace('a-b-c', '-', '')", "abc"),
        ("pad(7, 3)", "007"),
        ("pad('x', 3, ' ')", "  x"),
        ("concat('a', 1, null, 2.50)", "a12.50"),
        ("join(tags, '+')", "a+b"),
        ("split('a, b,,c', ',')", ["a", "b", "c"]),
        ("contains('hello', 'ell')", True),
        ("contains(tags, 'b')", True),
        ("contains(null, 'b')", False),
        ("starts_with('hello', 'he')", True),
        ("ends_with('hello', 'he')", False),
        ("text(2.50)", "2.50"),
        ("text(true)", "true"),
        ("int('2.00')", 2),
        ("decimal('1')", Decimal(1)),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(1.005, 2)", Decimal("1.01")),
        ("abs(-3)", 3),
        ("min(3, '2', null)", "2"),
        ("max(items[].qty)", "2"),
        ("sum(tags_of_none)", 0),
        ("first(tags)", "a"),
        ("last(tags)", "b"),
        ("default(memo, none, 'x')", "x"),
        ("default(0, 1)", 0),
        ("unix('2024-01-02T10:11:12+08:00')", 1_704_161_472),
        ("unix_ms('2024-01-02T02:11:12.5Z')", 1_704_161_472_500),
        ("hash('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("json(buyer)", '{"name":"Ann"}'),
        ("json(9007199254740993)", "9007199254740993"),
        ("url('a b/ü')", "a%20b%2F%C3%BC"),
        ("lower(null)", None),
        ("round(none)", None),
    ],
)  # fmt: skip
def test_what_a_function_gives(text: str, result: Any) -> None:
    given = found(text, ORDER)
    assert (given, type(given)) == (result, type(result))


def test_every_function_is_tried_here_and_explained() -> None:
    texts = [case[0] for case in test_what_a_function_gives.pytestmark[0].args[1]]
    tried = {text.partition("(")[0] for text in texts}
    assert tried == FUNCTIONS.keys()
    for function in FUNCTIONS.values():
        assert function.en.endswith(".") and function.zh.endswith("。"), function.name


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "a value is expected"),
        ("1 +", 4, "a value is expected"),
        ("price count", 7, "“count” follows"),
        ("a = 1", 3, "`==`"),
        ("a && b", 3, "`and`"),
        ("'open", 1, "closing quote"),
        ("a ^ b", 3, "“^” has no meaning"),
        ("lowr(a)", 1, "Did you mean “lower”"),
        ("round()", 1, "round(number, places?)"),
        ("round(1, 2, 3)", 1, "round(number, places?)"),
        ("round('x')", 7, "takes a number"),
        ("pad(a, 2.5)", 8, "takes a whole"),
        ("1 < 2 < 3", 7, "joined by `and`"),
        ("if a then b", 12, "`else` is expected"),
        ("a in [1", 8, "`,` is expected"),
        ("a[x]", 3, "`[0]`"),
        ("'it''s'", 5, "“'s'” follows"),
        ("a.", 3, "a name is expected"),
        ("$nwo.unix", 1, "Did you mean “$now”"),
        ("$now.unixx", 1, "Did you mean “unix”"),
        ("$parent.a", 1, "nothing around"),
        ("$app_key", 1, "not known here"),
        ("__import__('os')", 1, "there is no function “__import__”"),
        ("a.__class__()", 12, "“(” follows"),
        ("'\\x'", 1, "is not known"),
        ("'\\ud800'", 1, "half of a character"),
        ("1" * 41, 1, "at most 40 digits"),
        ("(" * 30 + "1" + ")" * 30, 25, "nested more than 24"),
        ("not " * 30 + "1", 97, "nested more than 24"),
        ("-" * 30 + "a", 25, "nested more than 24"),
        ("1" + "+1" * 1_000, 2_000, "at most 2000"),
        ("and", 1, "written `$item.name`"),
        ("a[]." + "b." * 40 + "c", 1, "more than 32 steps"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_place(text: str, column: int, said: str) -> None:
    with pytest.raises(BadSpec) as refused:
        found(text, ORDER)
    assert refused.value.en.startswith("shop.yaml:1:3: x.expr: ")
    assert f"at character {column} of" in refused.value.en
    assert said in refused.value.en
    assert f"第 {column} 个字符" in refused.value.zh


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("price / (count - 2)", "count", "divides by zero"),
        ("1 % 0 + count", "", "divides by zero"),
        ("buyer + 1", "buyer", "this is an object, and a number is expected"),
        ("count * buyer.name", "buyer.name", "this is a text, and a number"),
        ("paid + 1", "paid", "this is true or false"),
        ("tags < 1", "tags", "this is a list"),
        ("'a' in buyer", "buyer", "a list is expected"),
        ("buyer.name.first", "buyer.name", "an object is expected"),
        ("sum(items[].qty[].x)", "items[0].qty", "a list is expected"),
        ("pad(count, 2000000)", "count", "more than 1000000 characters"),
        ("lower(items)", "items", "single value"),
        ("unix(price)", "price", "no time written like"),
        ("id * id * id * id", "id", "more than 60 digits"),
    ],
)  # fmt: skip
def test_what_cannot_be_reckoned_is_told_with_the_path(text: str, path: str, said: str) -> None:
    with pytest.raises(BadDocument) as refused:
        found(text, ORDER)
    assert (refused.value.path, said in refused.value.en) == (path, True), refused.value.en


def test_a_text_cannot_grow_beyond_its_limit() -> None:
    many = "a" * 1_000
    assert len(found("replace(many, 'a', '0123456789')", {"many": many})) == 10_000
    with pytest.raises(BadDocument, match="more than 1000000 characters"):
        found("replace(replace(many, 'a', many), 'a', many)", {"many": many})
    with pytest.raises(BadDocument, match="more than 1000000 characters"):
        found("concat(" + "many, " * 200 + "many)", {"many": many * 5})


@pytest.mark.parametrize(
    ("text", "told"),
    [("memo", False), ("buyer.name", True), ("count", True), ("none", False), ("tags", True), ("1 in [1]", True)],
)
def test_a_condition_is_true_or_false(text: str, told: bool) -> None:
    assert holds(text, ORDER) is told
    assert holds(f"not ({text})", ORDER) is not told
